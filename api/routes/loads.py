"""Files that are sent in to be loaded: first a look at what that would do, then the load."""

from __future__ import annotations

import base64
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import ReachDep, ServicesDep, SettingsDep
from api.documented import refusals
from api.strict import StrictRoute
from api.wire_impact import ImpactOut, untold
from api.wire_runs import RejectionOut, RunOut
from kg.decisions.impact import AFTER_A_LOAD, Impact, Looking
from kg.domain.fact import Literal
from kg.domain.lineage import GraphProfile, Run
from kg.errors import InvalidInput, KgError
from kg.telemetry.log import note
from loaders.check import Checked
from loaders.sending import sender
from loaders.upload import check_upload, load_upload

MAX_FILES = 100
SAMPLE = 40

router = APIRouter(prefix="/v1/loads", tags=["runs"], route_class=StrictRoute)


class FileIn(BaseModel):
    """A file: its text, or its bytes."""

    model_config = ConfigDict(extra="forbid", title="File")

    name: str = Field(title="Name", description="As dataset files name it: `data/suppliers.csv`.", min_length=1)
    text: str | None = Field(default=None, title="Text", description="Of a text file, in UTF-8.")
    base64: str | None = Field(default=None, title="Base64", description="Of any file.")

    def content(self) -> bytes:
        """Raises InvalidInput."""
        if (self.text is None) == (self.base64 is None):
            raise InvalidInput(f"files: {self.name[:80]!r} needs either text or base64")
        if self.text is not None:
            return self.text.encode("utf-8")
        try:
            return base64.b64decode(self.base64 or "", validate=True)
        except ValueError as exc:
            raise InvalidInput(f"files: {self.name[:80]!r} is not base64") from exc


class LoadIn(BaseModel):
    """Files, and which of them to load."""

    model_config = ConfigDict(extra="forbid", title="Load")

    files: Annotated[list[FileIn], Field(min_length=1, max_length=MAX_FILES)] = Field(
        title="Files", description="Dataset files, ontology files and the data they name. 1 MB in all."
    )
    load: Annotated[list[str], Field(min_length=1, max_length=MAX_FILES)] = Field(
        title="Load", description="Names of the dataset and ontology files among them."
    )
    check: bool = Field(default=False, title="Check", description="Only say what a load would do, and change nothing.")


class CheckedOut(BaseModel):
    """What loading a dataset file would do."""

    dataset: str = Field(title="Dataset")
    version: str = Field(title="Version")
    records: int = Field(title="Records")
    skipped: int = Field(title="Skipped")
    rejected: int = Field(title="Rejected")
    entities: dict[str, int] = Field(title="Entities", description="Of each type.")
    facts: dict[str, int] = Field(title="Facts", description="Of each predicate.")
    left_over: list[str] = Field(title="Left over", description="Fields that no mapping used.")
    sample: list[dict[str, Any]] = Field(title="Sample", description="The first facts of each predicate.")
    rejections: list[RejectionOut] = Field(title="Rejections", description="The first of them.")
    problem: str = Field(title="Problem", description="Why the load would fail; empty where it would not.")
    decisions: ImpactOut = Field(title="Decisions", description="Those that read what it would say; none is run again.")

    @staticmethod
    def of(found: Checked, touched: Impact) -> CheckedOut:
        return CheckedOut(
            dataset=found.dataset,
            version=found.version,
            records=found.records,
            skipped=found.skipped,
            rejected=found.rejected,
            entities=found.entities,
            facts=found.facts,
            left_over=list(found.left_over),
            sample=[
                {
                    "subject": one.fact.subject,
                    "predicate": one.fact.predicate,
                    "object": one.fact.object.value if isinstance(one.fact.object, Literal) else one.fact.object,
                    "locator": one.locator,
                }
                for one in found.sample[:SAMPLE]
            ],
            rejections=[RejectionOut.of(one) for one in found.rejections],
            problem=found.problem,
            decisions=ImpactOut.of(touched),
        )


class LoadedRunOut(RunOut):
    """A run, and the decisions that it touched."""

    decisions: ImpactOut | None = Field(
        title="Decisions",
        description="Those that it touched, with what they say after all of the loads. Null where they could not be "
        "looked for: the load stands all the same.",
    )

    @staticmethod
    def touching(run: Run, touched: Impact | None) -> LoadedRunOut:
        decisions = None if touched is None else ImpactOut.of(touched)
        return LoadedRunOut(**RunOut.of(run).model_dump(), decisions=decisions)


class LoadedOut(BaseModel):
    """What became of the files."""

    runs: list[LoadedRunOut] = Field(title="Runs", description="Of a load, in their order; empty after a check.")
    checked: list[CheckedOut] = Field(title="Checked", description="Of a check; empty after a load.")
    note: str = Field(title="Note", description="Why the decisions are not told; empty where they are.")


CHECKED: dict[int | str, dict[str, Any]] = {
    200: {"description": "What a load would do; nothing was changed", "model": LoadedOut}
}


@router.post(
    "",
    status_code=201,
    response_model=LoadedOut,
    responses=CHECKED | refusals(400, 403, 408, 409, 413, 422, 503, 504),
)
def load(body: LoadIn, services: ServicesDep, settings: SettingsDep, reach: ReachDep) -> Response:
    """Load dataset files that are sent with their data, or with `check` only say what that would do.

    Every file is checked before the first is loaded; each dataset is loaded as a whole or not at all. Each run, and
    each check, ends with the decisions that it touches.
    """
    # Whether a thing is declared elsewhere decides what is rejected, and would tell of hidden data.
    reach.check_everything("files are not loaded by you")
    impacts = replace(services.impacts, may_read=reach.may_read)
    files = {one.name: one.content() for one in body.files}
    if len(files) < len(body.files):
        raise InvalidInput("files: two have the same name")
    if body.check:
        looking = Looking.at(services.store, 0)
        checked = []
        for one in check_upload(files, body.load, services):
            profile = GraphProfile("", one.entities, one.facts)
            checked.append(CheckedOut.of(one, impacts.of_load(one.dataset, profile, looking)))
        return JSONResponse(LoadedOut(runs=[], checked=checked, note="").model_dump(), 200)
    send = sender(settings.openlineage_url, _not_sent)
    done = load_upload(files, body.load, services, send, actor=reach.caller.name)
    touched: Sequence[Impact | None] = [None] * len(done)
    why = ""
    try:
        services.reviews.check()
        touched = impacts.of_runs(done, AFTER_A_LOAD)
    except KgError as exc:
        # What was loaded stands: sent again it would change nothing, and tell nothing either.
        why = untold(exc)
    runs = [LoadedRunOut.touching(run, one) for run, one in zip(done, touched, strict=True)]
    return JSONResponse(LoadedOut(runs=runs, checked=[], note=why).model_dump(), 201)


def _not_sent(reason: str) -> None:
    note("lineage not sent", level=logging.WARNING, message=reason)
