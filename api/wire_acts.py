"""Who does something and why, as requests say it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from kg.decisions.ledger import MAX_REASON
from kg.domain.access import MAX_NAME

WHO = "Who does it, where access is off; else it is the caller, and can be left out."

Actor = Annotated[str | None, Field(title="Actor", description=WHO, min_length=1, max_length=MAX_NAME, pattern=r"\S")]
Reason = Annotated[str, Field(title="Reason", description="Why.", min_length=1, max_length=MAX_REASON, pattern=r"\S")]
Message = Annotated[
    str, Field(title="Message", description="What is new, and why.", min_length=1, max_length=MAX_REASON)
]
