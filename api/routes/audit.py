"""The audit log."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.deps import Limit, ReachDep, ServicesDep
from api.documented import refusals
from api.strict import StrictRoute
from kg.decisions.audit import read_log

router = APIRouter(prefix="/v1/audit", tags=["audit"], route_class=StrictRoute)


class EntryOut(BaseModel):
    """One entry. Its hash is over the RFC 8785 JSON of all but the names and `hash`, with digests in their place."""

    seq: int = Field(title="Number", description="From 1 on, without a gap; it is the order.")
    at: str = Field(title="At", description="What the clock said.")
    kind: str = Field(title="Kind", description="What was done.")
    subject: str = Field(title="Subject", description="Id of what it was done to.")
    detail: str = Field(title="Detail")
    content: str = Field(title="Content", description="Digest of the record that tells the whole of it.")
    actor: str | None = Field(title="Actor", description="Who did it; null where the name was erased, or is not known.")
    reason: str | None = Field(title="Reason", description="Why; null where none was given, or it was erased.")
    prev: str = Field(title="Previous", description="Hash of the entry before.")
    hash: str = Field(title="Hash")


class EntryList(BaseModel):
    """Entries, oldest first."""

    entries: list[EntryOut] = Field(title="Entries")
    last: int = Field(title="Last", description="Number of the last entry of the log.")


@router.get("", responses=refusals(400, 403, 422, 503, 504))
def audit_log(
    services: ServicesDep,
    reach: ReachDep,
    after: Annotated[int, Query(title="After", description="Number of an entry.", ge=0, le=2**53)] = 0,
    limit: Limit = 100,
) -> EntryList:
    """What was changed and decided, and by whom: the entries after a number.

    They tell of all datasets, so whoever reads them has to be granted all.
    """
    reach.check_everything("the audit log is not shown to you")
    entries = [EntryOut(**asdict(one)) for one in read_log(services.audit, after, limit)]
    return EntryList(entries=entries, last=services.audit.audit_head().seq)
