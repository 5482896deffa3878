"""Runs as they stand on the wire."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from typing import Literal as OneOf

from pydantic import BaseModel, Field

from api.wire_impact import ImpactOut
from kg.answer.run_facts import ChangedFact
from kg.domain.difference import Summary
from kg.domain.lineage import LiveRun, Rejection, Run, RunState, Stage


class ChangesOut(BaseModel):
    """What a run did to the assertions of its dataset version."""

    added: int = Field(title="Added")
    kept: int = Field(title="Kept")
    retired: int = Field(title="Retired")
    gained: int = Field(title="Gained", description="Facts it says that what it is compared with did not say.")
    lost: int = Field(title="Lost", description="Facts it no longer says.")


class RunOut(BaseModel):
    """One execution of a load, a retirement or a purge."""

    id: str = Field(title="Id")
    job: str = Field(title="Job")
    dataset: str = Field(title="Dataset")
    version: str = Field(title="Version")
    state: RunState = Field(title="State", description="`lost`: its process ended, or fell silent, before it did.")
    started_at: str = Field(title="Started at")
    ended_at: str | None = Field(title="Ended at", description="Null while it is running.")
    fingerprint: str = Field(title="Fingerprint")
    changes: ChangesOut = Field(title="Changes")
    records: int = Field(title="Records")
    rejected: int = Field(title="Rejected")
    skipped: int = Field(title="Skipped")
    left_over: list[str] = Field(title="Left over", description="Fields that no mapping used.")
    message: str = Field(title="Message")
    compared: str = Field(title="Compared", description="The dataset version that gained and lost are told against.")
    actor: str = Field(title="Actor", description="Who did it; empty where that is not known.")
    classification: OneOf["", "public", "internal", "confidential", "restricted"] = Field(
        title="Classification", description="Of what it loads; empty of retirements and purges."
    )

    @staticmethod
    def of(run: Run) -> RunOut:
        return RunOut.model_validate(asdict(run))


class RunList(BaseModel):
    """Runs, newest first."""

    runs: list[RunOut] = Field(title="Runs")
    next: str | None = Field(title="Next", description="Give it as `after` for those that come next; null at the end.")


class RejectionOut(BaseModel):
    """A record that was not loaded, and why."""

    source: str = Field(title="Source")
    locator: str = Field(title="Locator")
    reason: str = Field(title="Reason")
    record: Any = Field(title="Record", description="The record as it was read.")

    @staticmethod
    def of(rejection: Rejection) -> RejectionOut:
        return RejectionOut.model_validate(asdict(rejection))


class LiveOut(BaseModel):
    """How far a load has come that is not recorded yet."""

    stage: Stage = Field(title="Stage", description="`load` while it reads and stages, `commit` at its end.")
    told_at: str = Field(title="Told at", description="When it told so; it does at most once a second.")
    records: int = Field(title="Records", description="Read so far.")
    rejected: int = Field(title="Rejected", description="Rejections so far.")
    staged: int = Field(title="Staged", description="Assertions given to the store so far.")
    expected_records: int | None = Field(
        title="Expected records", description="How many there are, as far as the part of the bytes read lets expect."
    )
    bytes_read: int = Field(title="Bytes read")
    bytes: int = Field(title="Bytes", description="Of all files, as they are stored.")
    seconds: float = Field(title="Seconds", description="Since its start.")
    rate: float | None = Field(title="Rate", description="Records a second since its start.")

    @staticmethod
    def of(live: LiveRun) -> LiveOut:
        return LiveOut(
            stage=live.stage,
            told_at=live.told_at,
            records=live.run.records,
            rejected=live.run.rejected,
            staged=live.staged,
            expected_records=live.expected_records,
            bytes_read=live.bytes_read,
            bytes=live.bytes,
            seconds=live.seconds,
            rate=live.rate,
        )


class SummaryOut(BaseModel):
    """The difference that a run made, in counts."""

    compared: str = Field(title="Compared", description="What it is told against; empty when there is nothing.")
    came: int = Field(title="Came", description="Entities.")
    went: int = Field(title="Went", description="Entities.")
    withdrawn: int = Field(title="Withdrawn", description="Entities that got a status.")
    replaced: int = Field(title="Replaced", description="Entities that got a replacement.")
    gained: int = Field(title="Gained", description="Facts.")
    lost: int = Field(title="Lost", description="Facts.")

    @staticmethod
    def of(made: Summary, run: Run) -> SummaryOut:
        return SummaryOut(compared=run.compared, **asdict(made))


class RunDetail(BaseModel):
    """A run with the records it rejected, its OpenLineage events and the decisions it touched."""

    run: RunOut = Field(title="Run")
    live: LiveOut | None = Field(title="Live", description="How far it has come; null once it is recorded.")
    rejections: list[RejectionOut] = Field(title="Rejections")
    cut: bool = Field(title="Cut", description="Whether there are more than the limit.")
    next: int | None = Field(title="Next", description="Give it as `after` for the rejections that come next.")
    openlineage: list[dict[str, Any]] = Field(
        title="OpenLineage", description="Its events as OpenLineage has them: START, then COMPLETE or FAIL."
    )
    decisions: ImpactOut | None = Field(
        title="Decisions",
        description="Those that it touched, 200 at most, with what they say today, 20 of them run again; null unless "
        "it is complete. Only decisions that you may read. `GET /v1/impact?ref=run:ID` has more.",
    )
    note: str = Field(title="Note", description="Why the decisions of a complete run are not told; else empty.")


class ChangedFactOut(BaseModel):
    """A fact that a run gained, lost or kept."""

    fact: str = Field(title="Fact id")
    subject: str = Field(title="Subject", description="Entity id.")
    predicate: str = Field(title="Predicate")
    text: str = Field(title="Text")

    @staticmethod
    def of(one: ChangedFact) -> ChangedFactOut:
        return ChangedFactOut(fact=one.fact.id, subject=one.fact.subject, predicate=one.fact.predicate, text=one.text)


class RunFactsOut(BaseModel):
    """Facts of a run, page by page."""

    facts: list[ChangedFactOut] = Field(title="Facts")
    next: int | None = Field(title="Next", description="Give it as `after` for those that come next; null at the end.")
    cut: bool = Field(title="Cut", description="Whether a source says more than is read for this.")
