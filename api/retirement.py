"""``whence retire`` and ``whence purge``."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer
from rich.console import Console

from api.impact import touched_by
from api.options import AsJson, Store, opened, print_json, sends_to
from api.show_reviews import tell_ended
from api.terminal import shown
from kg.bootstrap import Services
from kg.domain.lineage import Run
from kg.errors import InvalidInput

Reference = Annotated[str, typer.Argument(metavar="REF", help="NAME, NAME@VERSION, or a source id: NAME@VERSION/FILE.")]
By = Annotated[str | None, typer.Option("--by", help="Who does it (default: the user signed in).")]


def retire(ctx: typer.Context, ref: Reference, by: By = None, store: Store = None, as_json: AsJson = False) -> None:
    """End what a dataset, a version or a source says. What others say stays, and the past is read as it was."""
    from loaders.retirement import retire as end
    from loaders.retirement import this_person

    with opened(ctx, store) as (services, settings):
        _say(end(ref, services, by or this_person(), sends_to(settings)), services, as_json=as_json)


def purge(
    ctx: typer.Context,
    ref: Reference,
    yes: Annotated[bool, typer.Option("--yes", help="Erase it: there is no way back.")] = False,
    by: By = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Erase a dataset, a version or a source for good: also from the past, and from decisions that quote it."""
    from loaders.retirement import purge as erase
    from loaders.retirement import this_person

    if not yes:
        raise InvalidInput(f"a purge of {ref!r} cannot be undone: say --yes, or `whence retire` to keep the past")
    with opened(ctx, store) as (services, settings):
        _say(erase(ref, services, by or this_person(), sends_to(settings)), services, as_json=as_json)


def _say(run: Run, services: Services, *, as_json: bool) -> None:
    screen = Console(highlight=False)
    [touched] = touched_by([run], services, None if as_json else screen)
    tell_ended(services, None if as_json else screen)
    if as_json:
        print_json(dataclasses.asdict(run) | {"decisions": touched})
        return
    screen.print(shown(f"{run.job}: {run.changes.retired:,} assertions retired; {run.message}"), soft_wrap=True)
    screen.print(shown(f"run {run.id}", style="dim"))
