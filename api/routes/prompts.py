"""Prompts: their versions, the labels that say which one is used, and what is sent with them."""

from __future__ import annotations

from typing import Annotated, Any
from typing import Literal as OneOf

from fastapi import APIRouter, Header, Path, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from api.access import CallerDep, acting
from api.deps import ServicesDep
from api.documented import refusals
from api.strict import StrictRoute
from api.wire_acts import Actor, Message
from api.wire_versions import (
    DiffOut,
    IfMatch,
    IfNoneMatch,
    LabelIn,
    LabelName,
    LabelOut,
    MoveOut,
    RemovalIn,
    VersionLine,
    VersionsOut,
    label_reply,
    move_reply,
    seen_at,
)
from kg.answer.prompts import (
    all_versions,
    check_label,
    diff,
    move,
    names,
    overview,
    rendered_example,
    resolve,
    save,
    whole,
)
from kg.answer.templates import MAX_TEXT
from kg.domain.prompt import PromptVersion, Template

router = APIRouter(prefix="/v1/prompts", tags=["prompts"], route_class=StrictRoute)
Name = Annotated[str, Path(title="Prompt", description="`plan`, `answer` or `repair`.", max_length=100)]
WANTED = "A number (0 is the released version), a label, `latest` or `sha256:…`."
Wanted = Annotated[str, Path(title="Version", description=WANTED, max_length=100)]
IfChanged = Annotated[
    str | None, Header(title="If-None-Match", description="ETags of versions that are at hand.", max_length=4000)
]


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

    message: Message
    actor: Actor = None


class VersionOut(VersionLine):
    """A version with its texts."""

    name: str = Field(title="Prompt")
    system: str = Field(title="System")
    user: str = Field(title="User")
    schema_: dict[str, Any] = Field(alias="schema", title="Schema")
    parameters: dict[str, Any] = Field(title="Parameters")


class PromptList(BaseModel):
    """The prompts there are."""

    prompts: list[VersionsOut] = Field(title="Prompts")


class RenderedOut(BaseModel):
    """What would be sent to a model for the fixed example."""

    ref: str = Field(title="Reference")
    hash: str = Field(title="Hash")
    system: str = Field(title="System")
    user: str = Field(title="User")


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
    return PromptList(prompts=[VersionsOut(**overview(name, services.prompts)) for name in names()])


@router.get("/{name}", responses=refusals(400, 404, 422, 503, 504))
def read_prompt(name: Name, services: ServicesDep) -> VersionsOut:
    """One prompt with its versions, its labels and how they moved."""
    return VersionsOut(**overview(name, services.prompts))


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
    return label_reply(name, label, resolve(f"{name}@{label}", services.prompts).version.number)


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
    """Point a label at a version, if it still points where it was seen.

    Say where with `If-Match` and the label's ETag, or with `If-None-Match: *` that it is not set. `If-Match: *`
    moves it wherever it points.
    """
    expected = seen_at(if_match, if_none_match)
    who = acting(caller, body.actor)
    return move_reply(
        move(name, label, body.number, actor=who, reason=body.reason, registry=services.prompts, expected=expected)
    )


@router.delete("/{name}/labels/{label}", response_model=MoveOut, responses=refusals(400, 404, 412, 422, 428, 503, 504))
def remove_label(  # noqa: PLR0913, PLR0917 (what a request is made of)
    name: Name,
    label: LabelName,
    why: Annotated[RemovalIn, Query()],
    services: ServicesDep,
    caller: CallerDep,
    if_match: IfMatch = None,
) -> Response:
    """Remove a label, if it still points where `If-Match` says. Without `production` the released version is used."""
    expected = seen_at(if_match)
    who = acting(caller, why.actor)
    return move_reply(
        move(name, label, None, actor=who, reason=why.reason, registry=services.prompts, expected=expected)
    )


def _reply(version: PromptVersion, services: ServicesDep, status: int) -> Response:
    headers = {"ETag": f'"{version.hash}"'}
    if status == 201:
        headers["Location"] = f"/v1/prompts/{version.name}/versions/{version.number}"
    return JSONResponse(whole(version, services.prompts), status, headers)
