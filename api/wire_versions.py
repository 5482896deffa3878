"""What requests and replies over prompts, decision tables and review rules share: versions, and labels that move."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Annotated

from fastapi import Header, Path
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from api.wire_acts import Actor, Reason
from kg.domain.prompt import LabelMove
from kg.errors import InvalidInput
from kg.ports.prompts import UNSEEN

WANTED = "A number, a label, `latest` or `sha256:…`."
LabelName = Annotated[str, Path(title="Label", description="`production`, `staging` or `canary`.", max_length=100)]
IfMatch = Annotated[
    str | None,
    Header(title="If-Match", description="The ETag of the label as it was seen, or `*`: wherever.", max_length=100),
]
IfNoneMatch = Annotated[
    str | None, Header(title="If-None-Match", description="`*`: only if it is not set.", max_length=100)
]
_NUMBERED = re.compile(r'"([0-9]{1,9})"')


class VersionLine(BaseModel):
    """A version without what it says."""

    ref: str = Field(title="Reference", description="`NAME@NUMBER`.")
    number: int = Field(title="Number", description="From 1 on; 0 is a prompt's released version.")
    hash: str = Field(title="Hash", description="SHA-256 of what it says.")
    labels: list[str] = Field(title="Labels", description="Labels that point at it.")
    message: str = Field(title="Message")
    actor: str = Field(title="Actor")
    created_at: str = Field(title="Created at")


class RemovalIn(BaseModel):
    """Why a label is removed."""

    model_config = ConfigDict(extra="forbid", title="Label removal")

    reason: Reason
    actor: Actor = None


class LabelIn(RemovalIn):
    """Where a label shall point."""

    model_config = ConfigDict(extra="forbid", title="Label move")

    number: int = Field(title="Number", description="Number of a version.", ge=0, le=999_999_999)


class LabelOut(BaseModel):
    """Where a label points."""

    name: str = Field(title="Name")
    label: str = Field(title="Label")
    number: int = Field(title="Number")


class MoveOut(BaseModel):
    """A label that was set, moved or removed."""

    name: str = Field(title="Name")
    label: str = Field(title="Label")
    number: int | None = Field(title="Number", description="Where it points since; null where it was removed.")
    before: int | None = Field(title="Before", description="Where it pointed before; null where it was not set.")
    actor: str = Field(title="Actor")
    reason: str = Field(title="Reason")
    moved_at: str = Field(title="Moved at")


class VersionsOut(BaseModel):
    """Versions of one name, and how their labels moved."""

    name: str = Field(title="Name")
    used: str | None = Field(title="Used", description="The version that decisions use now.")
    latest: str = Field(title="Latest", description="The newest version.")
    labels: dict[str, int] = Field(title="Labels", description="By label, the number it points at.")
    versions: list[VersionLine] = Field(title="Versions", description="Oldest first.")
    history: list[MoveOut] = Field(title="History", description="Moves of labels, newest first.")


class DiffOut(BaseModel):
    """What changed from one version to another."""

    before: str = Field(title="Before")
    after: str = Field(title="After")
    diff: str = Field(title="Diff", description="Unified diff; empty if nothing differs.")


def seen_at(if_match: str | None, if_none_match: str | None = None) -> int | None:
    """Where the label was seen to point, by the headers of a request to move it. Raises InvalidInput, HTTPException."""
    if if_match is None and if_none_match is None:
        raise HTTPException(
            428, "say where the label was seen to point: If-Match with its ETag, or If-None-Match: * if it is not set"
        )
    if if_match is None and if_none_match == "*":
        return None
    if if_none_match is None and if_match == "*":
        return UNSEEN
    numbered = _NUMBERED.fullmatch(if_match or "")
    if if_none_match is not None or numbered is None:
        raise InvalidInput('expected If-Match with the ETag of the label, like "3", or If-None-Match: *')
    return int(numbered[1])


def label_reply(name: str, label: str, number: int) -> JSONResponse:
    """Where a label points; its ETag is what a move takes as If-Match."""
    return JSONResponse({"name": name, "label": label, "number": number}, headers={"ETag": f'"{number}"'})


def move_reply(move: LabelMove) -> JSONResponse:
    """A move that was made, with the label's new ETag."""
    return JSONResponse(asdict(move), headers={} if move.number is None else {"ETag": f'"{move.number}"'})
