"""How long decisions are kept: legal holds, and the end of those that are old."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from api.access import acting
from api.deps import ReachDep, ServicesDep
from api.documented import refusals
from api.strict import StrictRoute
from api.wire_acts import Actor, Reason
from kg.decisions.ledger import AT_ONCE, LEAST_DAYS, expire, move_hold

MOST_EXPIRED = 10 * AT_ONCE
"""Decisions that one request expires."""

router = APIRouter(prefix="/v1/decisions", tags=["decisions"], route_class=StrictRoute)
DecisionId = Annotated[str, Path(title="Decision id", max_length=100)]


class HoldIn(BaseModel):
    """Whether a decision shall be under legal hold."""

    model_config = ConfigDict(extra="forbid", title="Hold move")

    held: bool = Field(title="Held", description="false ends the hold.")
    reason: Reason
    actor: Actor = None


class HoldOut(BaseModel):
    """That a decision was put under legal hold, or no longer is."""

    decision: str = Field(title="Decision id")
    held: bool = Field(title="Held")
    actor: str = Field(title="Actor")
    reason: str = Field(title="Reason")
    at: str = Field(title="At")


class HoldList(BaseModel):
    """How the hold of a decision moved, oldest first."""

    holds: list[HoldOut] = Field(title="Holds")


class ExpireIn(BaseModel):
    """Which decisions are expired."""

    model_config = ConfigDict(extra="forbid", title="Expiry")

    older_than: int = Field(title="Older than", description="Days since they were asked.", ge=LEAST_DAYS, le=100_000)
    actor: Actor = None


class ExpiredOut(BaseModel):
    """Decisions that were expired."""

    expired: list[str] = Field(title="Expired", description="Their ids, oldest first.")
    more: bool = Field(title="More", description="Whether there may be more: send it again.")


@router.get("/{decision_id}/hold", responses=refusals(400, 404, 422, 503, 504))
def read_holds(decision_id: DecisionId, services: ServicesDep, reach: ReachDep) -> HoldList:
    """How the legal hold of a decision moved; it is held if the last one says so."""
    reach.decision(decision_id, services.decisions)
    return HoldList(holds=[HoldOut(**asdict(one)) for one in services.decisions.holds(decision_id)])


@router.put("/{decision_id}/hold", responses=refusals(400, 403, 404, 408, 409, 413, 422, 503, 504))
def put_hold(decision_id: DecisionId, body: HoldIn, services: ServicesDep, reach: ReachDep) -> HoldOut:
    """Put a decision under legal hold, or end that. While held it is not expired, and nothing it quotes is purged."""
    reach.decision(decision_id, services.decisions)
    who = acting(reach.caller, body.actor)
    move = move_hold(services.decisions, services.clock, decision_id, held=body.held, actor=who, reason=body.reason)
    return HoldOut(**asdict(move))


@router.post("/expire", responses=refusals(400, 403, 408, 413, 422, 503, 504))
def expire_decisions(body: ExpireIn, services: ServicesDep, reach: ReachDep) -> ExpiredOut:
    """Erase the oldest decisions that are older than so many days, but for those under legal hold: no way back."""
    reach.check_everything("decisions are not expired by you")
    who = acting(reach.caller, body.actor)
    gone = expire(services.decisions, services.clock, body.older_than, who, lambda _: None, most=MOST_EXPIRED)
    return ExpiredOut(expired=list(gone), more=len(gone) == MOST_EXPIRED)
