"""``whence impact``, and what a load and a retirement say of the decisions they touched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from api.options import AsJson, AsOf, Ceiling, Datasets, KnownAsOf, Store, opened, print_json, scope_of_options
from api.terminal import progress, shown
from kg.bootstrap import Services
from kg.domain.lineage import GraphProfile, Run

if TYPE_CHECKING:
    from kg.decisions.impact import Impact, Looking, Touch
    from loaders.check import Checked
    from loaders.reading import Progress

MOST_SHOWN = 25
SHORT = 160


def impact(
    ctx: typer.Context,
    ref: Annotated[
        str,
        typer.Argument(
            help="Dataset, NAME@VERSION, source, run, fact or entity as for lineage; or row:SOURCE#RECORD, "
            "prompt:NAME@VERSION, model:NAME, adapter:ID, table:NAME."
        ),
    ],
    what_if: Annotated[
        bool, typer.Option("--what-if", help="Say what the decisions would say if it were retired; nothing changes.")
    ] = False,
    as_of: AsOf = None,
    known_as_of: KnownAsOf = None,
    dataset: Datasets = None,
    ceiling: Ceiling = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Show which decisions a thing touches: those whose claims it carried, and those that only looked at it."""
    from kg.decisions.impact import report

    with opened(ctx, store) as (services, settings), progress(quiet=as_json) as (told, screen):
        scope = scope_of_options(settings, dataset, as_of, known_as_of, ceiling)
        found = services.impacts.of(
            ref, scope, what_if=what_if, tell=lambda done, total: told("running decisions again", done, total)
        )
    if as_json:
        print_json(report(found))
    else:
        show_impact(found, screen)


def show_impact(found: Impact, screen: Console) -> None:
    """Carried ones with old and new, then how many only looked at it."""
    if (ended := found.ended) is not None:
        screen.print(shown(f"not seen any more since {ended.at}: {ended.job}, {ended.run}", "yellow"), soft_wrap=True)
    carried = [one for one in found.touches if one.carried]
    verb = "would carry" if found.what_if else "carried"
    screen.print(shown(f"{found.ref}: {verb} a claim of {_decisions(len(carried))}"), soft_wrap=True)
    for one in carried[:MOST_SHOWN]:
        _show(one, screen)
    if len(carried) > MOST_SHOWN:
        screen.print(shown(f"  and {len(carried) - MOST_SHOWN} more (--json shows all)", "dim"))
    looked = len(found.touches) - len(carried)
    screen.print(shown(f"only looked at by {_decisions(looked)}" + (" or more" if found.more else "")))
    if found.not_run:
        screen.print(shown(f"{found.not_run} of them not run again", "yellow"))


def _show(one: Touch, screen: Console) -> None:
    head = shown(f"  {one.decision}  {one.question}")
    screen.print(head.append_text(shown(f"  {one.review}", "bold") if one.review else Text()), soft_wrap=True)
    if one.note:
        screen.print(shown(f"      {one.note}", "dim"), soft_wrap=True)
    if not one.changed:
        return
    screen.print(shown(f"      was: {_short(one.before.text)}", "dim"), soft_wrap=True)
    if one.after is not None:
        same = one.after.text == one.before.text
        text = "the same, on other evidence" if same else _short(one.after.text)
        screen.print(shown(f"      now: {text}"), soft_wrap=True)


def _short(text: str) -> str:
    return text if len(text) <= SHORT else f"{text[:SHORT]} …"


def _decisions(count: int) -> str:
    return f"{count:,} decision{'s' if count != 1 else ''}"


def touched_by(
    runs: Sequence[Run], services: Services, screen: Console | None, told: Progress = lambda *_: None
) -> list[dict[str, Any]]:
    """The decisions that each run touched, as the report of the last ends with them; shown where there are any."""
    from kg.decisions.impact import AFTER_A_LOAD, report, together

    found = services.impacts.of_runs(
        runs, AFTER_A_LOAD, lambda done, total: told("running decisions again", done, total)
    )
    touching = [one for one in found if one.touches]
    if screen is not None and touching:
        ref = touching[0].ref if len(touching) == 1 else f"{len(touching)} loads"
        show_impact(together(touching, ref), screen)
    return [report(one) for one in found]


def looking_ahead(services: Services) -> Looking:
    """What the checks of several loads share: no decision is run again, and each is read once."""
    from kg.decisions.impact import Looking

    return Looking.at(services.store, 0)


def may_touch(checked: Checked, services: Services, looking: Looking, screen: Console | None) -> dict[str, Any]:
    """The decisions that a load would touch: those that read what it would say."""
    from kg.decisions.impact import report

    profile = GraphProfile("", checked.entities, checked.facts)
    found = services.impacts.of_load(checked.dataset, profile, looking)
    if screen is not None and found.touches:
        approved = sum(one.review in ("approved", "overridden", "excepted") for one in found.touches)
        text = f"  {_decisions(len(found.touches))} read what it would say, {approved:,} of them approved"
        screen.print(shown(text + (", and there are more" if found.more else "")), soft_wrap=True)
    return report(found)
