"""Look around in the graph: entities, what is said of one, ways between two, one fact with all that says it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.deps import Limit, ViewDep
from api.documented import refusals
from api.strict import StrictRoute
from api.wire import (
    AssertionOut,
    BesideOut,
    CardOut,
    EntityList,
    EntityOut,
    FactOut,
    StatementOut,
    WayOut,
    WaysOut,
)
from kg.answer.explore import MAX_TEXT, entity_card, find_entities, paths_between
from kg.answer.wording import Wording
from kg.domain.fact import Literal
from kg.domain.plan import MAX_HOPS
from kg.errors import FactNotFound

MAX_ASSERTIONS = 200
MAX_BESIDES = 50
"""Other facts of the records that say a fact; a record that people write has a dozen."""

router = APIRouter(prefix="/v1", tags=["graph"], route_class=StrictRoute)


@router.get("/entities", responses=refusals(400, 404, 409, 422, 503, 504))
def entities(
    view: ViewDep,
    q: Annotated[str, Query(title="Text", description="Id, key, name or its beginning.", max_length=MAX_TEXT)] = "",
    kinds: Annotated[
        list[str] | None, Query(alias="type", title="Types", description="Only these types.", max_length=20)
    ] = None,
    limit: Limit = 20,
) -> EntityList:
    """Entities by id, key or name; without a text, those of the types."""
    found = find_entities(view, q, kinds or (), limit)
    return EntityList(entities=[EntityOut.of(entity) for entity in found.entities], cut=found.cut)


@router.get("/entities/{entity_id:path}", responses=refusals(400, 404, 409, 422, 503, 504))
def entity(
    entity_id: Annotated[str, Path(title="Entity id", max_length=2_000)],
    view: ViewDep,
    predicate: Annotated[
        list[str] | None, Query(title="Predicates", description="Only these; unknown ones say nothing.", max_length=20)
    ] = None,
    limit: Limit = 50,
) -> CardOut:
    """An entity and what is said of it: some facts of every kind, up to the limit."""
    card = entity_card(view, entity_id, limit, predicate or ())
    return CardOut(
        entity=EntityOut.of(card.entity),
        facts=[StatementOut.of(fact) for fact in card.facts],
        left_out=card.left_out,
        cut=list(card.cut),
    )


@router.get("/paths", responses=refusals(400, 404, 409, 422, 503, 504))
def paths(
    view: ViewDep,
    start: Annotated[
        str, Query(alias="from", title="From", description="Id, key or name.", min_length=1, max_length=MAX_TEXT)
    ],
    end: Annotated[
        str, Query(alias="to", title="To", description="Id, key or name.", min_length=1, max_length=MAX_TEXT)
    ],
    max_hops: Annotated[int, Query(title="Most hops", description="Facts in a chain.", ge=1, le=MAX_HOPS)] = 4,
) -> WaysOut:
    """The shortest chains of facts between two entities."""
    found = paths_between(view, start, end, max_hops)
    return WaysOut(
        start=EntityOut.of(found.start),
        end=EntityOut.of(found.end),
        max_hops=found.max_hops,
        paths=[WayOut.of(way) for way in found.ways],
        cut=list(found.cut),
        text=found.text,
    )


@router.get("/facts/{fact_id}", responses=refusals(400, 404, 409, 422, 503, 504))
def fact(fact_id: Annotated[str, Path(title="Fact id", max_length=100)], view: ViewDep) -> FactOut:
    """A fact with every assertion that says it: source, place, run."""
    found = view.facts([fact_id]).get(fact_id)
    assertions = view.assertions([fact_id]).get(fact_id, ())
    if found is None or not assertions:
        raise FactNotFound(f"no fact {fact_id!r} in this view")
    recorded = view.recorded_with([fact_id]).get(fact_id, ())
    besides = recorded[:MAX_BESIDES]
    ends = [end for one in (found, *besides) for end in (one.subject, one.target) if end is not None]
    met = view.entities(ends)
    wording = Wording(view.ontology(), met)
    shown = assertions[:MAX_ASSERTIONS]
    sources = view.sources({one.source for one in shown})
    literal = found.object if isinstance(found.object, Literal) else None
    return FactOut(
        id=found.id,
        subject=EntityOut.of(met[found.subject]),
        predicate=found.predicate,
        object=EntityOut.of(met[found.target]) if found.target is not None else None,
        value=literal.value if literal else None,
        datatype=literal.datatype if literal else None,
        text=wording.fact(found),
        valid_from=found.valid.start,
        valid_to=found.valid.end,
        assertions=[AssertionOut.of(one, sources[one.source]) for one in shown if one.source in sources],
        besides=[BesideOut(fact=one.id, text=wording.fact(one)) for one in besides],
        cut=len(assertions) > MAX_ASSERTIONS or len(recorded) > MAX_BESIDES,
    )
