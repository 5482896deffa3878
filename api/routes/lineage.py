"""Where the graph comes from: sources in use, runs, what others tell of their jobs, and the walk through all."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query

from api.deps import Limit, ScopeDep, ServicesDep, SettingsDep, ViewDep
from api.documented import refusals
from api.newest import newest, run_of
from api.strict import StrictRoute
from api.wire import EventsOut, LineageOut, RejectionOut, RunDetail, RunList, RunOut, SourceList, SourceOut
from kg.answer.lineage import walk
from kg.answer.lineage_start import MAX_REF
from kg.bootstrap import Services
from kg.domain.lineage import Classification, Run
from kg.domain.openlineage import MAX_DEPTH, MAX_WIDTH, LineageEvent, Toward, received
from kg.domain.scope import Scope
from kg.errors import DatasetNotFound, LineageInvalid, NotFound, RunNotFound
from kg.settings import Settings
from loaders.lineage import told

MAX_LOOKED_AT = 1_000
"""Newest runs that a list is made from."""

MAX_EVENTS = 1_000
"""Events in a batch."""
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


@router.get("/runs", responses=refusals(400, 422, 503, 504))
def runs(services: ServicesDep, settings: SettingsDep, limit: Limit = 20) -> RunList:
    """Load runs, newest first, out of the newest 1,000 recorded."""
    found = newest(services.runs.runs, lambda some: _readable(some, services, settings), limit, MAX_LOOKED_AT)
    return RunList(runs=[RunOut.of(run) for run in found])


@router.get("/runs/{run_id}", responses=refusals(400, 404, 422, 503, 504))
def run(
    run_id: Annotated[str, Path(title="Run id", max_length=100)],
    services: ServicesDep,
    settings: SettingsDep,
    limit: Limit = 100,
) -> RunDetail:
    """A load run and the records it rejected, each with its place and the reason."""
    named = run_of(services.runs, run_id)
    if named is None or not _readable([named], services, settings):
        raise RunNotFound(f"no run {run_id!r}")
    rejections = services.runs.rejections(run_id)
    shown = [RejectionOut.of(one) for one in rejections[:limit]]
    events = told(named, services.runs)
    return RunDetail(run=RunOut.of(named), rejections=shown, cut=len(rejections) > limit, openlineage=events)


def _readable(found: list[Run], services: Services, settings: Settings) -> list[Run]:
    """Runs of dataset versions this server may read: messages and rejected records quote the data.

    A run of a version that was never committed has no known classification, so it is shown only where all may be read.
    """
    if settings.ceiling == max(Classification):
        return found
    seen = {f"{one.dataset}@{one.version}" for one in found}
    shown = {ref for ref in seen if _visible(ref, services, settings)}
    return [one for one in found if f"{one.dataset}@{one.version}" in shown]


def _visible(ref: str, services: Services, settings: Settings) -> bool:
    try:
        services.store.view(Scope(datasets=(ref,), ceiling=settings.ceiling))
    except DatasetNotFound:
        return False
    return True


@router.post("/lineage", status_code=201, responses=refusals(400, 413, 422, 503, 504))
def receive(event: Event, services: ServicesDep) -> EventsOut:
    """Record an OpenLineage event: of a run, a job or a dataset. Sent again, it is recorded once."""
    return _record([received(event)], services)


@router.post("/lineage/batch", status_code=201, responses=refusals(400, 413, 422, 503, 504))
def receive_batch(events: Events, services: ServicesDep) -> EventsOut:
    """Record several events, all of them or none."""
    found = []
    for number, event in enumerate(events):
        try:
            found.append(received(event))
        except LineageInvalid as exc:
            raise LineageInvalid(f"{number}.{exc}") from exc
    return _record(found, services)


def _record(events: list[LineageEvent], services: Services) -> EventsOut:
    recorded = services.runs.append_events(events)
    return EventsOut(events=[event.id for event in events], recorded=recorded)


@router.get("/lineage/{ref:path}", responses=refusals(400, 404, 409, 422, 503, 504))
def lineage(  # noqa: PLR0913, PLR0917 (its parameters are the query's)
    ref: Annotated[str, Path(title="Ref", description="What to walk from.", max_length=MAX_REF)],
    services: ServicesDep,
    scope: ScopeDep,
    toward: Annotated[Toward, Query(title="Toward", description="Where it comes from, or what comes of it.")] = "up",
    depth: Annotated[int, Query(title="Depth", description="Steps at most.", ge=1, le=MAX_DEPTH)] = 6,
    width: Annotated[int, Query(title="Width", description="Neighbours of each at most.", ge=1, le=MAX_WIDTH)] = 20,
) -> LineageOut:
    """Walk from a dataset, `NAME@VERSION`, source, run, job, outside dataset `NAMESPACE/NAME`, fact or entity."""
    return LineageOut.of(walk(services.store, services.runs, scope, ref, toward, depth=depth, width=width))
