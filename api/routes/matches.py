"""Which entities are one: what was said of it, and saying it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.access import acting
from api.deps import Limit, ReachDep, ServicesDep
from api.documented import refusals
from api.strict import StrictRoute
from api.wire_acts import Actor, Reason
from kg.answer.explore import MAX_TEXT, resolve
from kg.domain.lineage import Run
from loaders.matches import Match, Verdict, decide, matches

router = APIRouter(prefix="/v1/matches", tags=["matches"], route_class=StrictRoute)
Named = Annotated[str, Field(title="Entity", description="Id, key or name.", min_length=1, max_length=MAX_TEXT)]


class MatchIn(BaseModel):
    """What somebody says of two entities."""

    model_config = ConfigDict(extra="forbid", title="Match")

    first: Named
    second: Named
    verdict: Verdict = Field(
        title="Verdict",
        description="`same`: the first is read as the second. `different`: they are two. `open`: what was said is "
        "taken back.",
    )
    reason: Reason
    actor: Actor = None


class MatchOut(BaseModel):
    """What was said of two entities."""

    first: str = Field(title="Entity", description="Id.")
    second: str = Field(title="Entity", description="Id; it stands for both where they are the same.")
    verdict: Verdict = Field(title="Verdict")
    actor: str = Field(title="Actor")
    reason: str = Field(title="Reason")
    recorded_at: str = Field(title="Recorded at")

    @staticmethod
    def of(match: Match) -> MatchOut:
        return MatchOut(
            first=match.first,
            second=match.second,
            verdict=match.verdict,
            actor=match.actor,
            reason=match.reason,
            recorded_at=match.recorded_at,
        )


class MatchList(BaseModel):
    """Matches, newest first."""

    matches: list[MatchOut] = Field(title="Matches")
    cut: bool = Field(title="Cut", description="Whether there are more.")


class MatchDone(BaseModel):
    """The run that recorded a match."""

    run: str = Field(title="Run", description="Id of the run.")
    message: str = Field(title="Message", description="What was recorded, in words.")

    @staticmethod
    def of(run: Run) -> MatchDone:
        return MatchDone(run=run.id, message=run.message)


@router.get("", responses=refusals(400, 422, 503, 504))
def list_matches(services: ServicesDep, reach: ReachDep, limit: Limit = 100) -> MatchList:
    """What was said of pairs of entities, newest first."""
    found = matches(services, reach.whole())
    return MatchList(matches=[MatchOut.of(one) for one in found[:limit]], cut=len(found) > limit)


@router.post("", status_code=201, responses=refusals(400, 404, 408, 409, 413, 422, 503, 504))
def say(body: MatchIn, services: ServicesDep, reach: ReachDep) -> MatchDone:
    """Say that two entities are one, or are not, or take it back. Answers follow from then on, and cite it."""
    view = services.recorded.view(reach.whole())
    pair = resolve(view, body.first).id, resolve(view, body.second).id
    run = decide([pair], body.verdict, services, acting(reach.caller, body.actor), body.reason)
    services.reviews.check()
    return MatchDone.of(run)
