"""Runs: what loads did, and how far the one at work has come."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import StreamingResponse

from api.deps import ContextDep, Limit, ReachDep, ServicesDep
from api.documented import refusals
from api.newest import runs_after
from api.reach import Reach
from api.streaming import EVENT_STREAM
from api.strict import StrictRoute
from api.watching import Watched, events_of
from api.wire_impact import untold
from api.wire_runs import ChangedFactOut, LiveOut, RejectionOut, RunDetail, RunFactsOut, RunList, RunOut
from kg.answer.run_facts import Change, run_facts
from kg.bootstrap import Services
from kg.domain.lineage import Classification, LiveRun, Run
from kg.domain.scope import Scope
from kg.errors import DatasetNotFound, KgError, RunNotFound
from loaders.lineage import told

After = Annotated[int, Query(title="After", description="Go on after so many, as `next` says.", ge=0, le=2**53)]
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events: `progress` at most once a second, then one `end`. Their data are a run "
        "and its `live` numbers; of `end` also the `difference` that it made, in counts. After it, of a run that is "
        "complete, one `decisions`: those that it touched, as the run itself has them",
        "content": {EVENT_STREAM: {"schema": {"type": "string"}}},
    }
}
RunId = Annotated[str, Path(title="Run id", max_length=100)]

router = APIRouter(prefix="/v1", tags=["runs"], route_class=StrictRoute)


class EventStream(Response):
    """Documents the endpoint that streams."""

    media_type = EVENT_STREAM


@router.get("/runs", responses=refusals(400, 404, 422, 503, 504))
def runs(
    services: ServicesDep,
    reach: ReachDep,
    after: Annotated[
        str | None, Query(title="After", description="Go on after this run, as `next` names it.", max_length=100)
    ] = None,
    limit: Limit = 20,
) -> RunList:
    """Runs, newest first, page by page; a load at work comes before them."""
    live = services.runs.live()
    if live is not None and after == live.run.id:
        live, after = None, None
    at_work = readable_runs([live.run], services, reach) if live is not None and after is None else []
    found = runs_after(services.runs, after, limit, lambda some: readable_runs(some, services, reach))
    shown = {run.id: run for run in (*at_work, *found.runs)}
    kept = list(shown.values())[:limit]
    return RunList(runs=[RunOut.of(run) for run in kept], next=kept[-1].id if len(shown) > len(kept) else found.next)


@router.get("/runs/{run_id}", responses=refusals(400, 404, 422, 503, 504))
def run(
    run_id: RunId,
    context: ContextDep,
    reach: ReachDep,
    after: After = 0,
    limit: Limit = 100,
) -> RunDetail:
    """A run and the records it rejected, each with its place and the reason; of a load at work its live numbers.

    Of one that is complete also the decisions that it touched.
    """
    services = context.services
    live, named = _find(run_id, services, reach)
    rejections = services.runs.rejections(run_id)
    more = len(rejections) > after + limit
    decisions, why = None, ""
    try:
        decisions = context.touched.by(named, reach)
    except KgError as exc:
        why = untold(exc)
    return RunDetail(
        run=RunOut.of(named),
        live=LiveOut.of(live) if live else None,
        rejections=[RejectionOut.of(one) for one in rejections[after : after + limit]],
        cut=more,
        next=after + limit if more else None,
        openlineage=told(named, services.runs),
        decisions=decisions,
        note=why,
    )


@router.get("/runs/{run_id}/facts", responses=refusals(400, 404, 422, 503, 504))
def facts_of_run(  # noqa: PLR0913, PLR0917 (its parameters are the query's)
    run_id: RunId,
    services: ServicesDep,
    reach: ReachDep,
    change: Annotated[
        Change,
        Query(title="Change", description="What it said for the first time, what it no longer said, what it kept."),
    ] = "gained",
    after: After = 0,
    limit: Limit = 50,
) -> RunFactsOut:
    """The facts that a run gained, lost or kept of what it is compared with, in words, page by page.

    A first load gained all it says. Types, names and keys are not among what it gained then, nor among what was kept.
    """
    _, named = _find(run_id, services, reach)
    if named.state != "complete":
        return RunFactsOut(facts=[], next=None, cut=False)
    earlier = runs_after(services.runs, run_id, 1, lambda some: committed(some, services, reach, and_also=run_id))
    before = earlier.runs[0] if earlier.runs else None
    scope = reach.whole()
    found = run_facts(services.recorded, services.runs, scope, named, change, before=before, after=after, limit=limit)
    return RunFactsOut(facts=[ChangedFactOut.of(one) for one in found.facts], next=found.next, cut=found.cut)


@router.get("/runs/{run_id}/events", response_class=EventStream, responses=STREAM | refusals(400, 404, 422, 503, 504))
def run_events(run_id: RunId, context: ContextDep, reach: ReachDep) -> StreamingResponse:
    """Follow a run to its end, as server-sent events."""
    live, named = _find(run_id, context.services, reach)
    events = events_of(Watched(live, named), context.watch, lambda run: context.touched.told(run, reach))
    return StreamingResponse(events, media_type=EVENT_STREAM)


def _find(run_id: str, services: Services, reach: Reach) -> tuple[LiveRun | None, Run]:
    """The run, live or recorded. Raises RunNotFound."""
    live = services.runs.live()  # first: what ends meanwhile is recorded by then
    if live is not None and live.run.id != run_id:
        live = None
    named = live.run if live is not None else services.runs.run(run_id)
    if named is None or not readable_runs([named], services, reach):
        raise RunNotFound(f"no run {run_id!r}")
    return live, named


def committed(some: list[Run], services: Services, reach: Reach, *, and_also: str = "") -> list[Run]:
    """Those within reach that changed the graph."""
    changed = [
        one
        for one in some
        if one.id == and_also or (one.state == "complete" and (one.changes.added or one.changes.retired))
    ]
    return readable_runs(changed, services, reach)


def readable_runs(found: list[Run], services: Services, reach: Reach) -> list[Run]:
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
