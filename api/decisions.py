"""``whence replay``: a recorded decision run again; and what ``whence explain --attribution`` shows."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console

from api.options import AdapterFile, AsJson, Store, opened, print_json
from api.terminal import shown
from kg.bootstrap import Services
from kg.domain.decision import Document
from kg.errors import AttributionRefused, DecisionNotFound

DecisionId = Annotated[str, typer.Argument(help="A decision id, as `ask` prints it.")]
MOST_SHOWN = 20
"""Facts, rows and claims of each kind that are shown; --json shows all."""
SIGNS = {"came": "+", "went": "-", "changed": "~"}


def recorded(services: Services, decision: str) -> Document:
    """The decision. Raises DecisionNotFound, and AnswerWithheld where its answer is withheld for a review."""
    document = services.decisions.decision(decision)
    if document is None:
        raise DecisionNotFound(f"no decision {decision!r}")
    return services.reviews.readable(document)


def replay(
    ctx: typer.Context,
    decision: DecisionId,
    live: Annotated[bool, typer.Option("--live", help="Run it on the graph of today, and say what changed.")] = False,
    adapter: AdapterFile = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Run a recorded decision again as the graph was known then: the same evidence, or every fact that differs."""
    from kg.decisions.replay_report import replay as run

    with opened(ctx, store, adapter) as (services, _):
        told = run(recorded(services, decision), services.store, services.prompts, services.adapter, live=live)
    if as_json:
        print_json(told)
    else:
        show_replay(told, Console(highlight=False))


def show_replay(told: dict[str, Any], screen: Console) -> None:
    """Same or not, then what differs."""
    when = "today" if told["live"] else "as it was known then"
    said = {
        "same": ("green", f"the same {when}"),
        "differs": ("yellow", f"not the same {when}"),
        "erased": ("yellow", "what it quoted was purged"),
    }
    colour, text = said[told["state"]]
    screen.print(shown(f"{told['decision_id']}: {text}", style=colour), soft_wrap=True)
    for note in told["notes"]:
        screen.print(shown(f"  {note}"), soft_wrap=True)
    for mark in told["erased"]:
        screen.print(shown(f"  {mark['ref']} was purged by run {mark['run']} at {mark['at']}"), soft_wrap=True)
    if "facts" not in told:
        return
    for name in ("outcome", "text", "value"):
        one, two = told[name]["before"], told[name]["after"]
        if one != two:
            screen.print(shown(f"{name}: {one}\n    now: {two}", lines=True), soft_wrap=True)
    for what in ("facts", "rows", "claims"):
        _show_difference(what, told[what], screen)
    screen.print(shown(f"evidence {told['evidence_hash']['after']}", style="dim"), soft_wrap=True)


def _show_difference(what: str, found: dict[str, list[dict[str, Any]]], screen: Console) -> None:
    for kind, sign in SIGNS.items():
        for one in found[kind][:MOST_SHOWN]:
            words = _words(one)
            said = "" if words in ("", one["id"]) else f": {words}"
            screen.print(shown(f"  {sign} {what[:-1]} {one['id']}{said}"), soft_wrap=True)
        if (more := len(found[kind]) - MOST_SHOWN) > 0:
            screen.print(shown(f"  {sign} and {more} more {what} (--json shows all)", style="dim"))


def _words(one: dict[str, Any]) -> str:
    told = [_said(one[side]) for side in ("before", "after") if side in one]
    return " → ".join(dict.fromkeys(told)) + (" (from other places)" if len(told) > len(set(told)) else "")


def _said(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(str(item["text"]) for item in value)
    return str(value["text"]) if "text" in value else ", ".join(str(v) for v in value.values() if v is not None)


def told_attribution(services: Services, document: Document) -> dict[str, Any]:
    """What the answer hangs on. Raises AttributionRefused, DecisionErased."""
    from kg.decisions.attribution import attribute, report

    return report(document, attribute(document, services.recorded))


def attributed(services: Services, document: Document) -> dict[str, Any] | None:
    """The same; None where there is no answer to attribute, or it is withheld for a review."""
    if document["outcome"] == "pending_review":
        return None
    try:
        return told_attribution(services, document)
    except AttributionRefused:
        return None


def show_attribution(document: Document, told: dict[str, Any], screen: Console) -> None:
    """What the answer hangs on: what is needed, what it could do without, what would flip it."""
    words = {fact: item["text"] for item in document["evidence"] for fact in item["facts"]}
    for kind in ("fact", "path", "source"):
        for one in [entry for entry in told["attribution"] if kind in entry][:MOST_SHOWN]:
            text = words.get(one[kind], "")
            screen.print(shown(f"{one['effect']:>10}  {kind} {one[kind]}  {text}".rstrip()), soft_wrap=True)
    if told["sufficient"] is not None:
        fewer = "" if told["sufficient"]["exact"] else ", perhaps fewer"
        screen.print(shown(f"{len(told['sufficient']['facts'])} of these facts are enough for it{fewer}"))
    for one in told["single_source"]:
        screen.print(shown(f"{one['claim']} does not stand without {' or without '.join(one['sources'])}"))
    for one in told["flips"][:MOST_SHOWN]:
        screen.print(shown(f"flips: {_flip(one, words)}"), soft_wrap=True)
    if told["left_out"]:
        screen.print(shown(f"Left out: {told['left_out']} more facts, paths and sources", style="yellow"))


def _flip(one: dict[str, Any], words: dict[str, str]) -> str:
    fact = words.get(one["fact"], one["fact"])
    change = f"without “{fact}”" if one["instead"] is None else f"{one['instead']} instead of {one['says']} in “{fact}”"
    changes = [f"{sign}{', '.join(one[what])}" for what, sign in (("lost", "-"), ("gained", "+")) if one[what]]
    return f"{change}: {one['value'] if one['value'] is not None else ''} {' '.join(changes)}".rstrip()
