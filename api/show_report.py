"""How a report of graded questions looks on a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from api.terminal import show_table, shown

COLOURS = {"right": "green", "wrong": "red", "abstained": "yellow"}


def show_report(report: dict[str, Any], console: Console) -> None:
    """One line a question, then the totals."""
    for question in report["questions"]:
        line = shown(f"{question['id']:<6}").append(f"{question['grade']:<10}", style=COLOURS[question["grade"]])
        console.print(
            line.append_text(shown(f"{question['kind']:<18}")).append_text(shown(question["question"], "dim")),
            overflow="ellipsis",
            no_wrap=True,
        )
    console.print()
    rows = [_row(kind, counts) for kind, counts in report["by_kind"].items()]
    show_table(("kind", *COLOURS, "right, 95 % interval"), [*rows, _row("all", report)] if rows else [], console)
    console.print(
        Text(
            f"\n{report['right']} right, {report['wrong']} wrong, {report['abstained']} abstained of {report['total']}",
            style="bold",
        )
    )
    if report["total"]:
        console.print(f"wrong, 95 % interval: {_percent(report['interval']['wrong'])}")
    quality = report["explanation"]
    console.print(
        f"explanation precision {quality['precision']}, recall {quality['recall']}"
        f" (mean of {quality['answers']} right answers with gold facts)"
    )
    _show_latency(report["latency_ms"], console)
    _show_calibration(report["calibration"], console)
    if (recall := report["recall_at_10"]) is not None:
        console.print(
            f"right reading among the first ten: {recall['found']} of {recall['of']}"
            f" ({_percent(recall['interval'])}); first: {recall['first']}"
        )
    if report["against"] is not None:
        _show_difference(report["against"], console)


def _row(name: str, counts: dict[str, Any]) -> tuple[object, ...]:
    return (name, *(counts[grade] for grade in COLOURS), _percent(counts["interval"]["right"]))


def _percent(interval: list[float] | None) -> str:
    return "" if interval is None else f"{interval[0] * 100:.0f} to {interval[1] * 100:.0f} %"


def _show_latency(took: dict[str, Any], console: Console) -> None:
    steps = ", ".join(f"{name} {spread['p50']} / {spread['p95']}" for name, spread in took["steps"].items())
    console.print(shown(f"latency p50 {took['p50']} ms, p95 {took['p95']} ms; by step p50 / p95: {steps or 'none'}"))


def _show_calibration(found: dict[str, Any], console: Console) -> None:
    if found["ece"] is None:
        console.print(shown(f"confidence: no calibration error, since {found['reason']}"))
        return
    console.print(f"confidence: expected calibration error {found['ece']} over {found['answers']} answers")
    show_table(
        ("said", "answers", "mean said", "right"),
        [(f"{b['from']:.1f} to {b['to']:.1f}", b["answers"], b["confidence"], b["right"]) for b in found["bins"]],
        console,
    )


def _show_difference(found: dict[str, Any], console: Console) -> None:
    console.print(Text("\nAgainst the other report", style="bold"))
    for flip in found["flips"]:
        line = shown(f"{flip['id']:<6}").append(f"{flip['before']} → ", style="dim")
        console.print(
            line.append(f"{flip['after']} ", style=COLOURS[flip["after"]]).append_text(shown(flip["question"], "dim")),
            overflow="ellipsis",
            no_wrap=True,
        )
    for name in ("right", "wrong"):
        one = found[name]
        between = "" if one["interval"] is None else f", 95 % {one['interval'][0]:+.1%} to {one['interval'][1]:+.1%}"
        counts = f"{one['gained']} gained, {one['lost']} lost, p {one['p']}"
        line = shown(f"{name}: {one['difference']:+.1%}{between}; {counts}: ")
        console.print(line.append_text(shown(one["says"], "bold")))
    console.print(shown(found["test"], "dim"))
