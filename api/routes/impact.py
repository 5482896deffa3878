"""Which decisions a thing touches."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import ReachDep, ScopeDep, ServicesDep
from api.documented import refusals
from api.strict import StrictRoute
from api.wire_impact import ImpactOut
from kg.answer.lineage_start import MAX_REF

router = APIRouter(prefix="/v1", tags=["decisions"], route_class=StrictRoute)


@router.get("/impact", responses=refusals(400, 404, 409, 422, 503, 504))
def impact(
    ref: Annotated[str, Query(title="Ref", description="What touches them.", max_length=MAX_REF)],
    services: ServicesDep,
    scope: ScopeDep,
    reach: ReachDep,
    what_if: Annotated[bool, Query(title="What if", description="As if it were retired.")] = False,  # noqa: FBT002
) -> ImpactOut:
    """The decisions whose claims a thing carried, and those that only looked at it, with what they say today.

    `ref` is a dataset, `NAME@VERSION`, source, run, fact, entity, or job or dataset of others, as for lineage; or
    `row:SOURCE#RECORD`, `prompt:NAME@VERSION`, `model:NAME`, `adapter:ID`, `table:NAME`. With `what_if`, what they
    would say without it.
    """
    return ImpactOut.of(replace(services.impacts, may_read=reach.may_read).of(ref, scope, what_if=what_if))
