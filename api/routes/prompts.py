"""Prompts: their versions, the labels that say which one is used, and what is sent with them."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Annotated, Any
from typing import Literal as OneOf

from fastapi import APIRouter, Header, Path, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from api.access import ACTOR, CallerDep, acting
from api.deps import ServicesDep
from api.documented import refusals
from api.errors import problem
from api.strict import StrictRoute
from kg.answer.prompts import (
    MAX_ACTOR,
    MAX_MESSAGE,
    all_versions,
    check_label,
    diff,
    names,
    overview,
    rendered_example,
    resolve,
    save,
    whole,
)
from kg.answer.prompts import move as move_label
from kg.answer.templates import MAX_TEXT
from kg.domain.prompt import PromptVersion, Template
from kg.errors import InvalidInput
from kg.ports.prompts import UNSEEN

router = APIRouter(prefix="/v1/prompts", tags=["prompts"], route_class=StrictRoute)
Name = Annotated[str, Path(title="Prompt", description="`plan`, `answer` or `repair`.", max_length=100)]
WANTED = "A number (0 is the released version), a label, `latest` or `sha256:…`."
Wanted = Annotated[str, Path(title="Version", description=WANTED, max_length=100)]
LabelName = Annotated[str, Path(title="Label", description="`production`, `staging` or `canary`.", max_length=100)]
IfMatch = Annotated[
    str | None,
    Header(title="If-Match", description="The ETag of the label as it was seen, or `*`.", max_length=100),
]
IfNoneMatch = Annotated[
    str | None, Header(title="If-None-Match", description="`*`: only if it is not set.", max_length=100)
]
IfChanged = Annotated[
    str | None, Header(title="If-None-Match", description="ETags of versions that are at hand.", max_length=4000)
]
_NUMBERED = re.compile(r'"([0-9]{1,9})"')


class TemplateIn(BaseModel):
    """What is said to a model, and what it has to answer."""

    model_config = ConfigDict(extra="forbid", title="Template")

    system: str = Field(
        default="", title="System", description="Jinja: who the model is and what it holds to.", max_length=MAX_TEXT
    )
    user: str = Field(
        title="User", description="Jinja: the question with its context.", min_length=1, max_length=MAX_TEXT
    )
    schema_: dict[str, Any] = Field(alias="schema", title="Schema", description="JSON Schema of the reply.")
    parameters: dict[str, Any] = Field(
        default={}, title="Parameters", description="`temperature`, `max_tokens`, `seed`."
    )


class VersionIn(TemplateIn):
    """A version to save."""

    model_config = ConfigDict(extra="forbid", title="New prompt version")

    message: str = Field(title="Message", description="What is new.", min_length=1, max_length=MAX_MESSAGE)
    actor: str | None = Field(default=None, title="Actor", description=ACTOR, min_length=1, max_length=MAX_ACTOR)


class VersionLine(BaseModel):
    """A version without its texts."""

    ref: str = Field(title="Reference", description="`NAME@NUMBER`.")
    number: int = Field(title="Number", description="From 1 on; 0 is the released version.")
    hash: str = Field(title="Hash", description="SHA-256 of texts, schema and parameters.")
    labels: list[str] = Field(title="Labels", description="Labels that point at it.")
    message: str = Field(title="Message")
    actor: str = Field(title="Actor")
    created_at: str = Field(title="Created at")


class VersionOut(VersionLine):
    """A version with its texts."""

    name: str = Field(title="Prompt")
    system: str = Field(title="System")
    user: str = Field(title="User")
    schema_: dict[str, Any] = Field(alias="schema", title="Schema")
    parameters: dict[str, Any] = Field(title="Parameters")


class MoveOut(BaseModel):
    """A label that was set, moved or removed."""

    name: str = Field(title="Prompt")
    label: str = Field(title="Label")
    number: int | None = Field(title="Number", description="Where it points since; null where it was removed.")
    before: int | None = Field(title="Before", description="Where it pointed before; null where it was not set.")
    actor: str = Field(title="Actor")
    reason: str = Field(title="Reason")
    moved_at: str = Field(title="Moved at")


class PromptOut(BaseModel):
    """A prompt."""

    name: str = Field(title="Prompt")
    used: str = Field(title="Used", description="The version that decisions use now.")
    latest: str = Field(title="Latest", description="The newest version.")
    labels: dict[str, int] = Field(title="Labels", description="By label, the number it points at.")
    versions: list[VersionLine] = Field(title="Versions", description="Oldest first.")
    history: list[MoveOut] = Field(title="History", description="Moves of labels, newest first.")


class PromptList(BaseModel):
    """The prompts there are."""

    prompts: list[PromptOut] = Field(title="Prompts")


class LabelIn(BaseModel):
    """Where a label shall point."""

    model_config = ConfigDict(extra="forbid", title="Label move")

    number: int | None = Field(
        title="Number", description="Number of a version; null removes the label.", ge=0, le=999_999_999
    )
    reason: str = Field(title="Reason", description="Why.", min_length=1, max_length=MAX_MESSAGE)
    actor: str | None = Field(default=None, title="Actor", description=ACTOR, min_length=1, max_length=MAX_ACTOR)


class LabelOut(BaseModel):
    """Where a label points."""

    name: str = Field(title="Prompt")
    label: str = Field(title="Label")
    number: int = Field(title="Number")


class RenderedOut(BaseModel):
    """What would be sent to a model for the fixed example."""

    ref: str = Field(title="Reference")
    hash: str = Field(title="Hash")
    system: str = Field(title="System")
    user: str = Field(title="User")


class DiffOut(BaseModel):
    """What changed from one version to another."""

    before: str = Field(title="Before")
    after: str = Field(title="After")
    diff: str = Field(title="Diff", description="Unified diff; empty if nothing differs.")


def _tagged(description: str) -> dict[str, Any]:
    return {"description": description, "headers": {"ETag": {"description": "The hash", "schema": {"type": "string"}}}}


SAVED: dict[int | str, dict[str, Any]] = {
    201: _tagged("The version; it is saved"),
    200: {**_tagged("The version that has this content already"), "model": VersionOut},
}
READ: dict[int | str, dict[str, Any]] = {
    200: _tagged("The version"),
    304: {"description": "One of the versions at hand is the one asked for"},
}


@router.get("", responses=refusals(400, 422, 503, 504))
def list_prompts(services: ServicesDep) -> PromptList:
    """The prompts there are, each with its versions, its labels and how they moved."""
    return PromptList(prompts=[PromptOut(**overview(name, services.prompts)) for name in names()])


@router.get("/{name}", responses=refusals(400, 404, 422, 503, 504))
def read_prompt(name: Name, services: ServicesDep) -> PromptOut:
    """One prompt with its versions, its labels and how they moved."""
    return PromptOut(**overview(name, services.prompts))


@router.post(
    "/{name}/versions",
    status_code=201,
    response_model=VersionOut,
    responses=SAVED | refusals(400, 404, 408, 413, 422, 503, 504),
)
def save_version(name: Name, body: VersionIn, services: ServicesDep, caller: CallerDep) -> Response:
    """Check a version and save it. What would fail when it is used is refused now, with its line.

    The same content again is the version that it is already. No label moves.
    """
    known = {one.hash for one in all_versions(name, services.prompts) if one.number}
    template = Template(body.system, body.user, body.schema_, body.parameters)
    version = save(name, template, body.message, acting(caller, body.actor), services.prompts)
    return _reply(version, services, 200 if version.hash in known else 201)


@router.get(
    "/{name}/versions/{wanted}",
    response_model=VersionOut,
    responses=READ | refusals(400, 404, 422, 503, 504),
)
def read_version(name: Name, wanted: Wanted, services: ServicesDep, if_none_match: IfChanged = None) -> Response:
    """One version with its texts. Its ETag is its hash."""
    version = resolve(f"{name}@{wanted}", services.prompts).version
    if if_none_match is not None and f'"{version.hash}"' in if_none_match:
        return Response(status_code=304, headers={"ETag": f'"{version.hash}"'})
    return _reply(version, services, 200)


@router.get("/{name}/versions/{wanted}/rendered", responses=refusals(400, 404, 422, 503, 504))
def read_rendered(name: Name, wanted: Wanted, services: ServicesDep) -> RenderedOut:
    """What would be sent to a model with this version, for the fixed example of the prompt."""
    version = resolve(f"{name}@{wanted}", services.prompts).version
    system, user = rendered_example(version)
    return RenderedOut(ref=version.ref, hash=version.hash, system=system, user=user)


@router.get("/{name}/diff", responses=refusals(400, 404, 422, 503, 504))
def read_diff(
    name: Name,
    services: ServicesDep,
    before: Annotated[str, Query(title="Before", description=WANTED, max_length=100)],
    after: Annotated[str, Query(title="After", description=WANTED, max_length=100)],
    of: Annotated[
        OneOf["content", "rendered"],
        Query(title="Of", description="Of the versions, or of what would be sent for the fixed example."),
    ] = "content",
) -> DiffOut:
    """What changed from one version to another, line by line."""
    old, new = (resolve(f"{name}@{one}", services.prompts).version for one in (before, after))
    return DiffOut(before=old.ref, after=new.ref, diff=diff(old, new, rendered=of == "rendered"))


@router.get("/{name}/labels/{label}", response_model=LabelOut, responses=refusals(400, 404, 422, 503, 504))
def read_label(name: Name, label: LabelName, services: ServicesDep) -> Response:
    """Where a label points. Its ETag is what a move of it takes as If-Match."""
    check_label(label)
    number = resolve(f"{name}@{label}", services.prompts).version.number
    return JSONResponse({"name": name, "label": label, "number": number}, headers=_etag(number))


@router.put(
    "/{name}/labels/{label}",
    response_model=MoveOut,
    responses=refusals(400, 404, 408, 412, 413, 422, 428, 503, 504),
)
def put_label(  # noqa: PLR0913, PLR0917 (what a request is made of)
    name: Name,
    label: LabelName,
    body: LabelIn,
    services: ServicesDep,
    caller: CallerDep,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Point a label at a version, or remove it, if it still points where it was seen.

    Say where with `If-Match` and the label's ETag, or with `If-None-Match: *` that it is not set. `If-Match: *`
    moves it wherever it points.
    """
    if if_match is None and if_none_match is None:
        return problem(
            428,
            "precondition_required",
            f"say where {name}@{label} was seen to point: If-Match with its ETag, or If-None-Match: * if it is not set",
        )
    done = move_label(
        name,
        label,
        body.number,
        actor=acting(caller, body.actor),
        reason=body.reason,
        registry=services.prompts,
        expected=_expected(if_match, if_none_match),
    )
    return JSONResponse(asdict(done), headers={} if done.number is None else _etag(done.number))


def _expected(if_match: str | None, if_none_match: str | None) -> int | None:
    """Where the label was seen to point. Raises InvalidInput."""
    if if_match is None and if_none_match == "*":
        return None
    if if_none_match is None and if_match == "*":
        return UNSEEN
    numbered = _NUMBERED.fullmatch(if_match or "")
    if if_none_match is not None or numbered is None:
        raise InvalidInput('expected If-Match with the ETag of the label, like "3", or If-None-Match: *')
    return int(numbered[1])


def _etag(number: int) -> dict[str, str]:
    return {"ETag": f'"{number}"'}


def _reply(version: PromptVersion, services: ServicesDep, status: int) -> Response:
    headers = {"ETag": f'"{version.hash}"'}
    if status == 201:
        headers["Location"] = f"/v1/prompts/{version.name}/versions/{version.number}"
    return JSONResponse(whole(version, services.prompts), status, headers)
