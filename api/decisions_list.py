"""``whence decisions``: what is recorded, holds on it, and how long it is kept."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console

from api.decisions import DecisionId
from api.options import AsJson, Limit, Store, opened, print_json
from api.retirement import By
from api.terminal import progress, show_decision, show_table, shown
from kg.errors import DecisionNotFound, InvalidInput

decisions = typer.Typer(help="Recorded decisions: list them, hold them, expire old ones.", no_args_is_help=True)
Reason = Annotated[str, typer.Option("--reason", help="Why, for the audit log.")]


@decisions.command("list")
def list_decisions(
    ctx: typer.Context,
    words: Annotated[str, typer.Option("--words", help="Only those with each of these words in the question.")] = "",
    outcome: Annotated[str | None, typer.Option("--outcome", help="Only these: answered, abstained …")] = None,
    actor: Annotated[str | None, typer.Option("--actor", help="Only those asked by this one.")] = None,
    since: Annotated[str | None, typer.Option("--since", help="Asked at this time or later, or on this day.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Asked before this time, or up to this day.")] = None,
    current: Annotated[bool, typer.Option("--current", help="Only those that none supersedes.")] = False,
    after: Annotated[str | None, typer.Option("--after", help="Go on after this decision, as `next` names it.")] = None,
    limit: Limit = 20,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """List decisions, newest first."""
    from kg.decisions.ledger import page, wanted_of

    wanted = wanted_of(outcome=outcome, actor=actor, since=since, until=until, current=current)
    with opened(ctx, store) as (services, _):
        found = page(services.decisions, wanted, after, limit, services.reviews.all_told, words=words)
    if as_json:
        print_json({"decisions": [_line(one) for one in found.decisions], "next": found.next})
        return
    screen = Console(highlight=False)
    lines = map(_line, found.decisions)
    rows = [(d["decision_id"], (d["asked_at"] or "")[:19], d["outcome"], d["question"]) for d in lines]
    show_table(("decision", "asked at", "outcome", "question"), rows, screen)
    if found.next is not None:
        screen.print(shown(f"there are more: --after {found.next}", style="dim"))


def _line(document: dict[str, Any]) -> dict[str, Any]:
    trace = document["trace"]
    return {
        "decision_id": document["decision_id"],
        "outcome": document["outcome"],
        "question": document["question"],
        "text": document["answer"]["text"],
        "asked_at": trace.get("asked_at"),
        "actor": trace.get("actor"),
        "supersedes": trace.get("supersedes"),
        **document["ledger"],
    }


@decisions.command()
def show(ctx: typer.Context, decision: DecisionId, store: Store = None, as_json: AsJson = False) -> None:
    """Show a decision, where it stands now, and whether its record is the one it was."""
    with opened(ctx, store) as (services, _):
        kept = services.decisions.kept(decision)
        holds = services.decisions.holds(decision)
        if kept is None:
            raise DecisionNotFound(f"no decision {decision!r}")
        document = services.reviews.told(kept.document)
    if as_json:
        print_json(document | {"intact": kept.intact, "holds": [one.document() for one in holds]})
        return
    screen = Console(highlight=False)
    show_decision(document, screen)
    for text in (
        document["trace"].get("supersedes") and f"supersedes {document['trace']['supersedes']}",
        kept.superseded_by and f"superseded by {kept.superseded_by}",
        *(f"{'held' if one.held else 'released'} by {one.actor} at {one.at}: {one.reason}" for one in holds),
        *(f"words erased: {one['ref']} was purged by run {one['run']} at {one['at']}" for one in kept.purged),
        "the record is the one its id was made of" if kept.intact else "THE RECORD IS NOT THE ONE ITS ID WAS MADE OF",
    ):
        if text:
            screen.print(shown(text, style="dim" if kept.intact else "yellow"), soft_wrap=True)


@decisions.command()
def hold(
    ctx: typer.Context,
    decision: DecisionId,
    reason: Reason,
    by: By = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Put a decision under legal hold: it is not expired, and nothing that it quotes is purged."""
    _move(ctx, decision, reason, by, store, held=True, as_json=as_json)


@decisions.command()
def release(
    ctx: typer.Context,
    decision: DecisionId,
    reason: Reason,
    by: By = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """End the legal hold on a decision."""
    _move(ctx, decision, reason, by, store, held=False, as_json=as_json)


def _move(
    ctx: typer.Context, decision: str, reason: str, by: str | None, store: str | None, *, held: bool, as_json: bool
) -> None:
    from kg.decisions.ledger import move_hold
    from loaders.retirement import this_person

    with opened(ctx, store) as (services, _):
        who = by or this_person()
        move = move_hold(services.decisions, services.clock, decision, held=held, actor=who, reason=reason)
    if as_json:
        print_json(asdict(move))
    else:
        Console(highlight=False).print(shown(f"{decision} is {'held' if held else 'no longer held'}"))


@decisions.command()
def expire(
    ctx: typer.Context,
    older_than: Annotated[int, typer.Option("--older-than", min=1, help="Days; 183 at the least.")],
    yes: Annotated[bool, typer.Option("--yes", help="Erase them: there is no way back.")] = False,
    by: By = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Erase decisions older than so many days, but for those under legal hold."""
    from kg.decisions.ledger import expire as erase
    from loaders.retirement import this_person

    if not yes:
        raise InvalidInput("what is expired cannot be brought back: say --yes")
    with opened(ctx, store) as (services, _), progress(quiet=as_json) as (told, screen):
        gone = erase(
            services.decisions,
            services.clock,
            older_than,
            by or this_person(),
            lambda count: told("expiring", count, None),
        )
    if as_json:
        print_json({"expired": gone})
    else:
        screen.print(shown(f"{len(gone):,} decisions expired"))
