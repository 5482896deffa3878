"""Runs: what loads did, and how far the one at work has come."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from fastapi.responses import StreamingResponse

from api.deps import ContextDep, Limit, ReachDep, ServicesDep
from api.documented import refusals
from api.newest import newest, run_of
from api.reach import Reach
from api.streaming import EVENT_STREAM
from api.strict import StrictRoute
from api.watching import Watched, events_of
from api.wire_runs import LiveOut, RejectionOut, RunDetail, RunList, RunOut
from kg.bootstrap import Services
from kg.domain.lineage import Classification, LiveRun, Run
from kg.domain.scope import Scope
from kg.errors import DatasetNotFound, RunNotFound
from loaders.lineage import told

MAX_LOOKED_AT = 1_000
"""Newest runs that a list is made from."""
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events: `progress` at most once a second, then one `end`. Their data are a run "
        "and its `live` numbers; of `end` also the `difference` that it made, in counts",
        "content": {EVENT_STREAM: {"schema": {"type": "string"}}},
    }
}
RunId = Annotated[str, Path(title="Run id", max_length=100)]

router = APIRouter(prefix="/v1", tags=["runs"], route_class=StrictRoute)


class EventStream(Response):
    """Documents the endpoint that streams."""

    media_type = EVENT_STREAM


@router.get("/runs", responses=refusals(400, 422, 503, 504))
def runs(services: ServicesDep, reach: ReachDep, limit: Limit = 20) -> RunList:
    """Runs, newest first, out of the newest 1,000 recorded; a load at work comes before them."""
    live = services.runs.live()
    at_work = _readable([live.run], services, reach) if live else []
    found = newest(services.runs.runs, lambda some: _readable(some, services, reach), limit, MAX_LOOKED_AT)
    shown = {run.id: run for run in (*at_work, *found)}
    return RunList(runs=[RunOut.of(run) for run in list(shown.values())[:limit]])


@router.get("/runs/{run_id}", responses=refusals(400, 404, 422, 503, 504))
def run(run_id: RunId, services: ServicesDep, reach: ReachDep, limit: Limit = 100) -> RunDetail:
    """A run and the records it rejected, each with its place and the reason; of a load at work its live numbers."""
    live, named = _find(run_id, services, reach)
    rejections = services.runs.rejections(run_id)
    return RunDetail(
        run=RunOut.of(named),
        live=LiveOut.of(live) if live else None,
        rejections=[RejectionOut.of(one) for one in rejections[:limit]],
        cut=len(rejections) > limit,
        openlineage=told(named, services.runs),
    )


@router.get("/runs/{run_id}/events", response_class=EventStream, responses=STREAM | refusals(400, 404, 422, 503, 504))
def run_events(run_id: RunId, context: ContextDep, reach: ReachDep) -> StreamingResponse:
    """Follow a run to its end, as server-sent events."""
    live, named = _find(run_id, context.services, reach)
    return StreamingResponse(events_of(Watched(live, named), context.watch), media_type=EVENT_STREAM)


def _find(run_id: str, services: Services, reach: Reach) -> tuple[LiveRun | None, Run]:
    """The run, live or recorded. Raises RunNotFound."""
    live = services.runs.live()  # first: what ends meanwhile is recorded by then
    if live is not None and live.run.id != run_id:
        live = None
    named = live.run if live is not None else run_of(services.runs, run_id)
    if named is None or not _readable([named], services, reach):
        raise RunNotFound(f"no run {run_id!r}")
    return live, named


def _readable(found: list[Run], services: Services, reach: Reach) -> list[Run]:
    """Runs of dataset versions within reach: messages and rejected records quote the data.

    The classification is that of the version as it is loaded; of one that was never committed, that of its dataset
    file. A run of which neither is known is shown only where all may be read.
    """
    granted = reach.caller.datasets
    found = [one for one in found if granted is None or one.dataset in granted]
    if reach.ceiling == max(Classification):
        return found
    held = {ref: _held(ref, services) for ref in {f"{one.dataset}@{one.version}" for one in found}}
    return [one for one in found if _classification(one, held[f"{one.dataset}@{one.version}"]) <= reach.ceiling]


def _held(ref: str, services: Services) -> Classification | None:
    try:
        view = services.store.view(Scope(datasets=(ref,), ceiling=max(Classification)))
    except DatasetNotFound:
        return None
    return max(version.classification for version in view.datasets())


def _classification(run: Run, held: Classification | None) -> Classification:
    if held is None:
        return Classification[run.classification.upper()] if run.classification else max(Classification)
    # A load may be about to raise it.
    return max(held, Classification[run.classification.upper()]) if run.state == "running" else held
