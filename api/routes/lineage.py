"""Where the graph comes from: sources in use, what others tell of their jobs, and the walk through all."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query

from api.deps import ReachDep, ScopeDep, ServicesDep, ViewDep
from api.documented import refusals
from api.reach import Reach
from api.strict import StrictRoute
from api.wire import EventsOut, LineageOut, SourceList, SourceOut
from api.wire_impact import ImpactOut, untold
from kg.answer.lineage import walk
from kg.answer.lineage_decisions import with_decisions
from kg.answer.lineage_start import MAX_REF
from kg.bootstrap import Services
from kg.domain.decision import Document
from kg.domain.openlineage import MAX_DEPTH, MAX_WIDTH, LineageEvent, Toward, is_decision, received
from kg.errors import AnswerWithheld, DecisionNotFound, KgError, LineageInvalid, NotFound

MAX_EVENTS = 1_000
"""Events in a batch."""
MAX_TOLD = 100
"""Decisions that a reply names: jobs send events all the time, and wait for it."""
EVENT: dict[str, Any] = {
    "required": ["eventTime", "producer", "schemaURL"],
    "externalDocs": {"url": "https://openlineage.io/spec/2-0-2/OpenLineage.json"},
}
Event = Annotated[dict[str, Any], Body(title="Event", json_schema_extra=EVENT)]
Events = Annotated[list[dict[str, Any]], Body(title="Events", min_length=1, max_length=MAX_EVENTS)]

router = APIRouter(prefix="/v1", tags=["lineage"], route_class=StrictRoute)


@router.get("/sources", responses=refusals(400, 404, 409, 422, 503, 504))
def sources(
    view: ViewDep,
    limit: Annotated[int, Query(title="Limit", description="Most items to return.", ge=1, le=1000)] = 200,
) -> SourceList:
    """The files that were read, in order of their ids."""
    found = [source for _, source in sorted(view.sources().items())]
    return SourceList(sources=[SourceOut.of(one) for one in found[:limit]], cut=len(found) > limit)


@router.get("/sources/{source_id:path}", responses=refusals(400, 404, 409, 422, 503, 504))
def source(source_id: Annotated[str, Path(title="Source id", max_length=2_000)], view: ViewDep) -> SourceOut:
    """One file that was read."""
    found = view.sources([source_id]).get(source_id)
    if found is None:
        raise NotFound(f"no source {source_id!r} in this view")
    return SourceOut.of(found)


@router.post("/lineage", status_code=201, responses=refusals(400, 408, 413, 422, 503, 504))
def receive(event: Event, services: ServicesDep, reach: ReachDep) -> EventsOut:
    """Record an OpenLineage event: of a run, a job or a dataset. Sent again, it is recorded once.

    The reply names the decisions that rest on what comes of it.
    """
    return _record([received(event)], services, reach)


@router.post("/lineage/batch", status_code=201, responses=refusals(400, 408, 413, 422, 503, 504))
def receive_batch(events: Events, services: ServicesDep, reach: ReachDep) -> EventsOut:
    """Record several events, all of them or none."""
    found = []
    for number, event in enumerate(events):
        try:
            found.append(received(event))
        except LineageInvalid as exc:
            raise LineageInvalid(f"{number}.{exc}") from exc
    return _record(found, services, reach)


def _record(events: list[LineageEvent], services: Services, reach: Reach) -> EventsOut:
    recorded = services.runs.append_events(events, reach.caller.name)
    impacts = replace(services.impacts, may_read=reach.may_read, most_touched=MAX_TOLD)
    touched, why = None, ""
    try:
        touched = ImpactOut.of(impacts.of_events(events, reach.whole()))
    except KgError as exc:
        why = untold(exc)
    return EventsOut(events=[event.id for event in events], recorded=recorded, decisions=touched, note=why)


@router.get("/lineage/{ref:path}", responses=refusals(400, 404, 409, 422, 503, 504))
def lineage(  # noqa: PLR0913, PLR0917 (its parameters are the query's)
    ref: Annotated[str, Path(title="Ref", description="What to walk from.", max_length=MAX_REF)],
    services: ServicesDep,
    scope: ScopeDep,
    reach: ReachDep,
    toward: Annotated[Toward, Query(title="Toward", description="Where it comes from, or what comes of it.")] = "up",
    depth: Annotated[
        int | None,
        Query(title="Depth", description="Steps at most: 6, from a decision 20, if not said.", ge=1, le=MAX_DEPTH),
    ] = None,
    width: Annotated[int, Query(title="Width", description="Neighbours of each at most.", ge=1, le=MAX_WIDTH)] = 20,
    decisions: Annotated[  # noqa: FBT002
        bool,
        Query(
            title="Decisions", description="With the decisions that what is met carried; up to the width, only down."
        ),
    ] = False,
) -> LineageOut:
    """Walk from a dataset, `NAME@VERSION`, source, row, run, job, outside dataset `NAMESPACE/NAME`, fact or entity.

    Or from a decision, by its id, as known then: up to the facts it cites and the sources that were searched, their
    rows and files, and the jobs and datasets these come from.
    """
    decision = services.reviews.readable(reach.decision(ref, services.decisions)) if is_decision(ref) else None
    found = walk(services.store, services.runs, scope, ref, toward, depth=depth, width=width, decision=decision)
    if decisions:
        found = with_decisions(found, services.decisions, lambda one: _readable(one, services, reach), width)
    return LineageOut.of(found)


def _readable(decision: str, services: Services, reach: Reach) -> Document | None:
    """A decision that is there for the caller and whose answer is."""
    try:
        return services.reviews.readable(reach.decision(decision, services.decisions))
    except (AnswerWithheld, DecisionNotFound):
        return None
