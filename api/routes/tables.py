"""Decision tables that are saved: their versions, what changed, and the labels that say which one is used."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from api.access import ACTOR, CallerDep, acting
from api.deps import ReachDep, ServicesDep
from api.documented import refusals
from api.errors import problem
from api.reach import Reach
from api.strict import StrictRoute
from api.wire_reviews import RuleMoveOut, RulesOut, RuleVersionOut
from kg.answer.prompts import MAX_ACTOR, MAX_MESSAGE
from kg.bootstrap import Services
from kg.decisions.rule_files import diff, move, not_there, overview, resolve, whole
from kg.decisions.table_file import table_content
from kg.decisions.tables import classification_of, save
from kg.errors import InvalidInput, TableInvalid
from kg.ports.prompts import UNSEEN

router = APIRouter(prefix="/v1/tables", tags=["tables"], route_class=StrictRoute)
Name = Annotated[str, Path(title="Table", max_length=100)]
Wanted = Annotated[str, Path(title="Version", description="A number, a label, `latest` or `sha256:…`.", max_length=100)]
IfMatch = Annotated[
    str | None,
    Header(title="If-Match", description='`"3"` where the label points at version 3; `*`: anywhere.', max_length=100),
]
IfNoneMatch = Annotated[
    str | None, Header(title="If-None-Match", description="`*`: only if it is not set.", max_length=100)
]
_NUMBERED = re.compile(r'"([0-9]{1,9})"')


class TableIn(BaseModel):
    """A decision table to save."""

    model_config = ConfigDict(extra="forbid", title="New decision table")

    content: dict[str, Any] = Field(title="Content", description="What a file of a table with its rows says, as JSON.")
    message: str = Field(title="Message", description="What is new, and why.", min_length=1, max_length=MAX_MESSAGE)
    actor: str | None = Field(default=None, title="Actor", description=ACTOR, min_length=1, max_length=MAX_ACTOR)


class TableLabelIn(BaseModel):
    """Where a label shall point."""

    model_config = ConfigDict(extra="forbid", title="Table label move")

    number: int | None = Field(
        title="Number", description="Number of a version; null removes the label.", ge=1, le=999_999_999
    )
    reason: str = Field(title="Reason", description="Why.", min_length=1, max_length=MAX_MESSAGE)
    actor: str | None = Field(default=None, title="Actor", description=ACTOR, min_length=1, max_length=MAX_ACTOR)


class TableList(BaseModel):
    """The saved tables."""

    tables: list[RulesOut] = Field(title="Tables")


class TableDiff(BaseModel):
    """What changed from one version to another."""

    before: str = Field(title="Before")
    after: str = Field(title="After")
    diff: str = Field(title="Diff", description="Unified diff; empty if nothing differs.")


@router.get("", responses=refusals(400, 422, 503, 504))
def list_tables(services: ServicesDep, reach: ReachDep) -> TableList:
    """The saved decision tables, each with its versions, its labels and how they moved."""
    names = [one for one in services.prompts.rule_names("table") if _seen(one, services, reach)]
    return TableList(tables=[RulesOut.model_validate(overview("table", one, services.prompts)) for one in names])


def _seen(name: str, services: Services, reach: Reach) -> bool:
    return classification_of(name, services.prompts) <= reach.ceiling


def _seen_name(name: Name, services: ServicesDep, reach: ReachDep) -> str:
    """A table above the caller's ceiling is as if it were not there. Raises RulesNotFound."""
    if not _seen(name, services, reach):
        raise not_there("table", name)
    return name


SeenName = Annotated[str, Depends(_seen_name)]


@router.get("/{name}", responses=refusals(400, 404, 422, 503, 504))
def read_table(name: SeenName, services: ServicesDep) -> RulesOut:
    """One table with its versions, its labels and how they moved."""
    return RulesOut.model_validate(overview("table", name, services.prompts))


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
) -> TableDiff:
    """What changed from one version to another, line by line."""
    old, new = (resolve("table", f"{name}@{one}", services.prompts) for one in (before, after))
    return TableDiff(before=old.ref, after=new.ref, diff=diff(old.content, new.content, (old.ref, new.ref)))


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


@router.put(
    "/{name}/labels/{label}",
    response_model=RuleMoveOut,
    responses=refusals(400, 403, 404, 408, 409, 412, 413, 422, 428, 503, 504),
)
def put_table_label(  # noqa: PLR0913, PLR0917 (what a request is made of)
    name: SeenName,
    label: Annotated[str, Path(title="Label", description="`production`, `staging` or `canary`.", max_length=100)],
    body: TableLabelIn,
    services: ServicesDep,
    caller: CallerDep,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Point a label at a version, or remove it, if it still points where it was seen. Decisions use `production`.

    It is refused with `load_in_progress` while a load is at work. Approvals that rest on another version lapse.
    """
    if if_match is None and if_none_match is None:
        return problem(
            428,
            "precondition_required",
            f"say where {name}@{label} was seen to point: If-Match with its number, or If-None-Match: *",
        )
    done = move(
        "table",
        name,
        label,
        body.number,
        actor=acting(caller, body.actor),
        reason=body.reason,
        registry=services.prompts,
        expected=_expected(if_match, if_none_match),
    )
    services.reviews.check()
    return JSONResponse(asdict(done), headers={} if done.number is None else {"ETag": f'"{done.number}"'})


def _expected(if_match: str | None, if_none_match: str | None) -> int | None:
    """Where the label was seen to point. Raises InvalidInput."""
    if if_match is None and if_none_match == "*":
        return None
    if if_none_match is None and if_match == "*":
        return UNSEEN
    numbered = _NUMBERED.fullmatch(if_match or "")
    if if_none_match is not None or numbered is None:
        raise InvalidInput('expected If-Match with the version that the label points at, like "3", or If-None-Match: *')
    return int(numbered[1])
