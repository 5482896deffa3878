"""Who the caller is, and what they may."""

from __future__ import annotations

from typing import Literal as OneOf

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.access import CallerDep
from api.deps import ReachDep, SettingsDep
from api.documented import refusals
from api.strict import StrictRoute

router = APIRouter(prefix="/v1/me", tags=["access"], route_class=StrictRoute)


class Me(BaseModel):
    """The caller."""

    access: bool = Field(title="Access", description="Whether this server asks who calls.")
    name: str = Field(title="Name", description="Decisions, reviews and changes are told of under it.")
    kind: OneOf["human", "service", "advisory"] = Field(title="Kind", description="What the caller is.")
    roles: list[str] = Field(title="Roles")
    may: list[str] = Field(title="May", description="What the roles allow; see docs/access.md.")
    datasets: list[str] | None = Field(title="Datasets", description="That are there for them; null is all.")
    ceiling: str = Field(title="Ceiling", description="Highest classification that they read here.")
    expires_at: str | None = Field(title="Expires at", description="Of the key or token.")


@router.get("", responses=refusals(400, 422, 503, 504))
def me(caller: CallerDep, reach: ReachDep, settings: SettingsDep) -> Me:
    """Who I am, and what I may."""
    return Me(
        access=settings.access,
        name=caller.name,
        kind=caller.kind,
        roles=list(caller.roles),
        may=list(caller.permissions),
        datasets=None if caller.datasets is None else list(caller.datasets),
        ceiling=reach.ceiling.label,
        expires_at=caller.expires_at,
    )
