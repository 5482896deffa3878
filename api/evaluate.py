"""Questions with gold answers, asked and graded."""

from __future__ import annotations

import json
import statistics
import time
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from api.terminal import show_table
from kg.answer.grading import grade
from kg.answer.pipeline import answer
from kg.bootstrap import Services
from kg.domain.question import Question
from kg.domain.scope import Scope
from kg.errors import InvalidInput

COLOURS = {"right": "green", "wrong": "red", "abstained": "yellow"}


def evaluate_file(path: Path, services: Services, scope: Scope) -> dict[str, Any]:
    """Ask every question of the file. Raises InvalidInput naming the line that is not a question."""
    golds = _read(path)
    ontology = services.store.view(scope).ontology()
    questions, took, precisions, recalls = [], [], [], []
    for gold in golds:
        started = time.perf_counter()
        document = answer(Question(gold["question"], scope), services.store, services.decisions, services.clock)
        took.append((time.perf_counter() - started) * 1000)
        graded = grade(gold, document, ontology)
        if graded.grade == "right" and graded.precision is not None and graded.recall is not None:
            precisions.append(graded.precision)
            recalls.append(graded.recall)
        questions.append(
            {
                "id": gold["id"],
                "kind": gold["kind"],
                "question": gold["question"],
                "outcome": document["outcome"],
                "grade": graded.grade,
                "precision": graded.precision,
                "recall": graded.recall,
                "decision": document,
            }
        )
    return {
        "total": len(questions),
        **{name: sum(q["grade"] == name for q in questions) for name in COLOURS},
        "by_kind": _by_kind(questions),
        "explanation": {"precision": _mean(precisions), "recall": _mean(recalls)},
        "latency_ms": {"p50": _percentile(took, 50), "p95": _percentile(took, 95)},
        "questions": questions,
    }


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise InvalidInput(f"cannot read {str(path)!r}: {exc}") from exc
    golds = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            gold = json.loads(line)
        except ValueError as exc:
            raise InvalidInput(f"{path}:{number}: not JSON: {exc}") from exc
        if not isinstance(gold, dict) or not {"id", "kind", "question", "answer"} <= set(gold):
            raise InvalidInput(f"{path}:{number}: a question needs id, kind, question and answer")
        golds.append(gold)
    return golds


def _by_kind(questions: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for question in questions:
        found.setdefault(question["kind"], Counter())[question["grade"]] += 1
    return {kind: {name: counts[name] for name in COLOURS} for kind, counts in sorted(found.items())}


def _mean(values: list[float]) -> float | None:
    return round(statistics.fmean(values), 4) if values else None


def _percentile(values: list[float], percent: int) -> float | None:
    if not values:
        return None
    return round(sorted(values)[min(len(values) - 1, len(values) * percent // 100)], 1)


def show_report(report: dict[str, Any], console: Console) -> None:
    """One line a question, then the totals."""
    for question in report["questions"]:
        line = Text(f"{question['id']:<6}").append(f"{question['grade']:<10}", style=COLOURS[question["grade"]])
        console.print(
            line.append(f"{question['kind']:<18}").append(question["question"], style="dim"),
            overflow="ellipsis",
            no_wrap=True,
        )
    rows = [(kind, *(counts[name] for name in COLOURS)) for kind, counts in report["by_kind"].items()]
    console.print()
    show_table(("kind", *COLOURS), rows, console)
    console.print(
        Text(
            f"\n{report['right']} right, {report['wrong']} wrong, {report['abstained']} abstained of {report['total']}",
            style="bold",
        )
    )
    quality, took = report["explanation"], report["latency_ms"]
    console.print(f"explanation precision {quality['precision']}, recall {quality['recall']}")
    console.print(f"latency p50 {took['p50']} ms, p95 {took['p95']} ms")
