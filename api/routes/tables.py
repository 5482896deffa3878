"""Decision tables that are saved: their versions, what changed, and the labels that say which one is used."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import CallerDep, acting
from api.deps import ReachDep, ServicesDep
from api.documented import refusals
from api.reach import Reach
from api.strict import StrictRoute
from api.wire_acts import Actor, Message
from api.wire_reviews import RuleVersionOut
from api.wire_versions import (
    WANTED,
    DiffOut,
    IfMatch,
    IfNoneMatch,
    LabelIn,
    LabelName,
    LabelOut,
    MoveOut,
    RemovalIn,
    VersionsOut,
    label_reply,
    move_reply,
    seen_at,
)
from kg.bootstrap import Services
from kg.decisions.rule_files import check_label, diff, move, not_there, overview, resolve, whole
from kg.decisions.table_file import table_content
from kg.decisions.tables import classification_of, save
from kg.errors import TableInvalid

router = APIRouter(prefix="/v1/tables", tags=["tables"], route_class=StrictRoute)
Name = Annotated[str, Path(title="Table", max_length=100)]
Wanted = Annotated[str, Path(title="Version", description=WANTED, max_length=100)]


class TableIn(BaseModel):
    """A decision table to save."""

    model_config = ConfigDict(extra="forbid", title="New decision table")

    content: dict[str, Any] = Field(title="Content", description="What a file of a table with its rows says, as JSON.")
    message: Message
    actor: Actor = None


class TableList(BaseModel):
    """The saved tables."""

    tables: list[VersionsOut] = Field(title="Tables")


@router.get("", responses=refusals(400, 422, 503, 504))
def list_tables(services: ServicesDep, reach: ReachDep) -> TableList:
    """The saved decision tables, each with its versions, its labels and how they moved."""
    names = [one for one in services.prompts.rule_names("table") if _seen(one, services, reach)]
    return TableList(tables=[VersionsOut.model_validate(overview("table", one, services.prompts)) for one in names])


def _seen(name: str, services: Services, reach: Reach) -> bool:
    return classification_of(name, services.prompts) <= reach.ceiling


def _seen_name(name: Name, services: ServicesDep, reach: ReachDep) -> str:
    """A table above the caller's ceiling is as if it were not there. Raises RulesNotFound."""
    if not _seen(name, services, reach):
        raise not_there("table", name)
    return name


SeenName = Annotated[str, Depends(_seen_name)]


@router.get("/{name}", responses=refusals(400, 404, 422, 503, 504))
def read_table(name: SeenName, services: ServicesDep) -> VersionsOut:
    """One table with its versions, its labels and how they moved."""
    return VersionsOut.model_validate(overview("table", name, services.prompts))


@router.get("/{name}/versions/{wanted}", responses=refusals(400, 404, 422, 503, 504))
def read_table_version(name: SeenName, wanted: Wanted, services: ServicesDep) -> RuleVersionOut:
    """One version with its inputs and rows."""
    version = resolve("table", f"{name}@{wanted}", services.prompts)
    return RuleVersionOut.model_validate(whole(version, services.prompts))


@router.get("/{name}/diff", responses=refusals(400, 404, 422, 503, 504))
def read_table_diff(
    name: SeenName,
    services: ServicesDep,
    before: Annotated[str, Query(title="Before", description="A version.", max_length=100)],
    after: Annotated[str, Query(title="After", description="A version.", max_length=100)],
) -> DiffOut:
    """What changed from one version to another, line by line."""
    old, new = (resolve("table", f"{name}@{one}", services.prompts) for one in (before, after))
    return DiffOut(before=old.ref, after=new.ref, diff=diff(old.content, new.content, (old.ref, new.ref)))


@router.post("", status_code=201, responses=refusals(400, 403, 408, 413, 422, 503, 504))
def save_table(body: TableIn, services: ServicesDep, reach: ReachDep) -> RuleVersionOut:
    """Check a table and save it: every case needs a row, and no two may claim one. No label moves.

    The same content again is the version that it is already. It is held against all of the graph, so whoever saves
    one has to be granted all datasets.
    """
    reach.check_everything("decision tables are not saved by you")
    _, content = table_content(body.content, "content", _no_file)
    version = save(content, body.message, acting(reach.caller, body.actor), services.store, services.prompts)
    return RuleVersionOut.model_validate(whole(version, services.prompts))


def _no_file(name: str) -> str:
    raise TableInvalid(f"csv: {name!r}: a request has its rows under rows")


@router.get("/{name}/labels/{label}", response_model=LabelOut, responses=refusals(400, 404, 422, 503, 504))
def read_table_label(name: SeenName, label: LabelName, services: ServicesDep) -> Response:
    """Where a label points. Its ETag is what a move of it takes as If-Match."""
    check_label("table", label)
    return label_reply(name, label, resolve("table", f"{name}@{label}", services.prompts).number)


@router.put(
    "/{name}/labels/{label}",
    response_model=MoveOut,
    responses=refusals(400, 403, 404, 408, 409, 412, 413, 422, 428, 503, 504),
)
def put_table_label(  # noqa: PLR0913, PLR0917 (what a request is made of)
    name: SeenName,
    label: LabelName,
    body: LabelIn,
    services: ServicesDep,
    caller: CallerDep,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Point a label at a version, if it still points where it was seen. Decisions use `production`.

    It is refused with `load_in_progress` while a load is at work. Approvals that rest on another version lapse.
    """
    expected = seen_at(if_match, if_none_match)
    return _moved(name, label, body.number, body.reason, acting(caller, body.actor), expected, services)


@router.delete(
    "/{name}/labels/{label}",
    response_model=MoveOut,
    responses=refusals(400, 403, 404, 409, 412, 422, 428, 503, 504),
)
def remove_table_label(  # noqa: PLR0913, PLR0917 (what a request is made of)
    name: SeenName,
    label: LabelName,
    why: Annotated[RemovalIn, Query()],
    services: ServicesDep,
    caller: CallerDep,
    if_match: IfMatch = None,
) -> Response:
    """Remove a label, if it still points where `If-Match` says; without `production` the table decides nothing.

    It is refused with `load_in_progress` while a load is at work. Approvals that rest on the table lapse.
    """
    expected = seen_at(if_match)
    return _moved(name, label, None, why.reason, acting(caller, why.actor), expected, services)


def _moved(  # noqa: PLR0913, PLR0917 (as the port has it)
    name: str, label: str, number: int | None, reason: str, actor: str, expected: int | None, services: Services
) -> Response:
    prompts = services.prompts
    done = move("table", name, label, number, actor=actor, reason=reason, registry=prompts, expected=expected)
    services.reviews.check()
    return move_reply(done)
