"""What was said of an entity or a fact before: what each run made come and go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.deps import ReachDep, ScopeDep, ServicesDep
from api.documented import refusals
from api.newest import RunPage, runs_after
from api.reach import Reach
from api.routes.runs import committed
from api.strict import StrictRoute
from api.wire_history import EntityHistoryOut, FactHistoryOut
from kg.answer.history import entity_history, fact_history
from kg.bootstrap import Services
from kg.domain.lineage import Run
from kg.domain.scope import Scope
from kg.errors import EntityNotFound, FactNotFound

MOST_RUNS = 50
"""Each is a reading of the graph as it was known then."""
Runs = Annotated[int, Query(title="Limit", description="Runs to look at, at most.", ge=1, le=MOST_RUNS)]
After = Annotated[
    str | None, Query(title="After", description="Go on after this run, as `next` names it.", max_length=100)
]

router = APIRouter(prefix="/v1/history", tags=["graph"], route_class=StrictRoute)


@router.get("/entities/{entity_id:path}", responses=refusals(400, 404, 409, 422, 503, 504))
def history_of_entity(  # noqa: PLR0913, PLR0917 (its parameters are the query's)
    entity_id: Annotated[str, Path(title="Entity id", max_length=2_000)],
    services: ServicesDep,
    scope: ScopeDep,
    reach: ReachDep,
    after: After = None,
    limit: Runs = 20,
) -> EntityHistoryOut:
    """What each load, retirement and match made come and go of an entity, newest first, also of one that is gone."""
    page, before = _page(services, reach, after, limit)
    steps = entity_history(services.store, _of_any_day(scope), page.runs, before, entity_id)
    if not steps and after is None and page.next is None:
        raise EntityNotFound(f"no entity {entity_id!r} in this view, nor before")
    return EntityHistoryOut.of(entity_id, steps, page.next)


@router.get("/facts/{fact_id}", responses=refusals(400, 404, 409, 422, 503, 504))
def history_of_fact(  # noqa: PLR0913, PLR0917 (its parameters are the query's)
    fact_id: Annotated[str, Path(title="Fact id", max_length=100)],
    services: ServicesDep,
    scope: ScopeDep,
    reach: ReachDep,
    after: After = None,
    limit: Runs = 20,
) -> FactHistoryOut:
    """The assertions of a fact that each run added and ended, newest first, also of one that nothing says any more."""
    page, before = _page(services, reach, after, limit)
    steps = fact_history(services.store, _of_any_day(scope), page.runs, before, fact_id)
    if not steps and after is None and page.next is None:
        raise FactNotFound(f"no fact {fact_id!r} in this view, nor before")
    return FactHistoryOut.of(fact_id, steps, page.next)


def _of_any_day(scope: Scope) -> Scope:
    """That the time for which a fact was true is over does not end it."""
    return scope if scope.valid_as_of else replace(scope, any_day=True)


def _page(services: Services, reach: Reach, after: str | None, limit: int) -> tuple[RunPage, Run | None]:
    """The runs to look at, and the one before them."""

    def shown(some: Sequence[Run]) -> list[Run]:
        return committed(list(some), services, reach)

    found = runs_after(services.runs, after, limit, shown)
    earlier = runs_after(services.runs, found.next, 1, shown).runs if found.next is not None else []
    return found, next(iter(earlier), None)
