"""``whence matches``: which entities are one, and which may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from api.options import AsJson, Limit, Store, opened, print_json
from api.retirement import By
from api.show_reviews import tell_ended
from api.terminal import progress, show_table, shown

if TYPE_CHECKING:
    from kg.bootstrap import Services
    from kg.domain.fact import EntityId
    from kg.domain.lineage import Run
    from loaders.duplicates import Candidate, Reason
    from loaders.matches import Verdict

matches = typer.Typer(
    help="Say which entities are one, find those that may be, and take it back.", no_args_is_help=True
)
One = Annotated[str, typer.Argument(metavar="ENTITY", help="An id, key or name.")]
Why = Annotated[str, typer.Option("--reason", help="Why; it is shown wherever the match is used.")]
RULE = "rule"
TOLD = 4
"""Reasons shown of a pair."""


@matches.command("list")
def listed(ctx: typer.Context, limit: Limit = 100, store: Store = None, as_json: AsJson = False) -> None:
    """What was said of pairs of entities, newest first."""
    from loaders.matches import matches as all_matches

    with opened(ctx, store) as (services, _):
        found = all_matches(services)[:limit]
    if as_json:
        print_json(found)
    else:
        rows = [(one.first, one.verdict, one.second, one.actor, one.reason, one.recorded_at[:19]) for one in found]
        show_table(("entity", "is", "entity", "by", "reason", "recorded"), rows, Console(highlight=False))


@matches.command()
def find(
    ctx: typer.Context,
    kind: Annotated[str, typer.Option("--type", help="The type of the entities to compare.")],
    least: Annotated[float, typer.Option("--least", help="Lowest probability that two are one.")] = 0.5,
    same_from: Annotated[
        float | None,
        typer.Option("--same-from", help="A rule: say of all pairs from this probability on that they are the same."),
    ] = None,
    limit: Limit = 50,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Find entities that may be one, with the reasons for and against it (needs the extra matching)."""
    from loaders.duplicates import candidates
    from loaders.matches import EVERYTHING

    with opened(ctx, store) as (services, _), progress(quiet=as_json) as (told, screen):
        found = candidates(services.recorded.view(EVERYTHING), kind, least, told)
        run = None if same_from is None else _by_rule(found, same_from, services)
        if run is not None:
            tell_ended(services, None if as_json else screen)
    if as_json:
        print_json({"candidates": found[:limit], "found": len(found), "run": run})
        return
    rows = [
        (f"{one.probability:.4f}", one.first.label, one.second.label, "; ".join(map(_said, one.reasons[:TOLD])))
        for one in found[:limit]
    ]
    show_table(("probability", "entity", "entity", "because"), rows, screen)
    if len(found) > limit:
        screen.print(f"{len(found):,} pairs; the first {limit} are shown")
    if run is not None:
        _tell(run, screen)


def _by_rule(found: list[Candidate], least: float, services: Services) -> Run | None:
    from loaders.matches import decide

    pairs = [(one.first.id, one.second.id) for one in found if one.probability >= least]
    if not pairs:
        return None
    return decide(pairs, "same", services, RULE, f"the probability that they are one is at least {least}")


def _said(reason: Reason) -> str:
    if reason.weight is None:
        return f"{reason.what}: {reason.first}"
    values = reason.first if reason.first == reason.second else f"{reason.first} / {reason.second}"
    return f"{reason.what}: {values} ({reason.weight:+.1f})"


@matches.command()
def same(
    ctx: typer.Context,
    first: One,
    second: One,
    reason: Why,
    by: By = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Say that two entities are one: the first is read as the second from now on."""
    _decide(ctx, first, second, "same", reason, by, store, as_json=as_json)


@matches.command()
def different(
    ctx: typer.Context,
    first: One,
    second: One,
    reason: Why,
    by: By = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Say that two entities are not one, whatever they look like."""
    _decide(ctx, first, second, "different", reason, by, store, as_json=as_json)


@matches.command("open")
def open_again(
    ctx: typer.Context,
    first: One,
    second: One,
    reason: Why,
    by: By = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Take back what was said of two entities; both are again as the sources have them."""
    _decide(ctx, first, second, "open", reason, by, store, as_json=as_json)


def _decide(
    ctx: typer.Context,
    first: str,
    second: str,
    verdict: Verdict,
    reason: str,
    by: str | None,
    store: str | None,
    *,
    as_json: bool,
) -> None:
    from kg.answer.explore import resolve
    from loaders.matches import EVERYTHING, decide
    from loaders.retirement import this_person

    with opened(ctx, store) as (services, _):
        view = services.recorded.view(EVERYTHING)
        pair: tuple[EntityId, EntityId] = (resolve(view, first).id, resolve(view, second).id)
        run = decide([pair], verdict, services, by or this_person(), reason)
        screen = None if as_json else Console(highlight=False)
        if screen is not None:
            _tell(run, screen)
        tell_ended(services, screen)
    if as_json:
        print_json(run)


def _tell(run: Run, screen: Console) -> None:
    screen.print(shown(run.message), soft_wrap=True)
    screen.print(shown(f"run {run.id}", style="dim"))
