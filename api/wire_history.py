"""What was said before, as it stands on the wire."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, Field

from api.wire import AssertionOut, EntityOut, StatementOut
from kg.answer.history import EntityStep, FactStep
from kg.domain.lineage import Run

NEXT = Field(title="Next", description="Give it as `after` for older runs; null at the end.")


class ByRun(BaseModel):
    """What ran, and when."""

    id: str = Field(title="Run id")
    job: str = Field(title="Job")
    ended_at: str = Field(title="Ended at")
    actor: str = Field(title="Actor")

    @staticmethod
    def of(run: Run) -> ByRun:
        return ByRun(id=run.id, job=run.job, ended_at=run.ended_at or run.started_at, actor=run.actor)


class EntityStepOut(BaseModel):
    """What one run changed of an entity."""

    run: ByRun = Field(title="Run")
    before: EntityOut | None = Field(title="Before", description="As it was called before; null: it was not known.")
    after: EntityOut | None = Field(title="After")
    came: list[StatementOut] = Field(title="Came", description="Facts that are said of it since.")
    went: list[StatementOut] = Field(title="Went", description="Facts that are not said of it any more.")
    cut: bool = Field(title="Cut", description="Whether it has more facts of one kind than were compared.")


class EntityHistoryOut(BaseModel):
    """What was said of an entity, run by run."""

    entity: str = Field(title="Entity id")
    steps: list[EntityStepOut] = Field(title="Steps", description="Newest first; runs that changed nothing left out.")
    next: str | None = NEXT

    @staticmethod
    def of(entity: str, steps: Sequence[EntityStep], following: str | None) -> EntityHistoryOut:
        told = [
            EntityStepOut(
                run=ByRun.of(one.run),
                before=EntityOut.of(one.before) if one.before else None,
                after=EntityOut.of(one.after) if one.after else None,
                came=[StatementOut.of(said) for said in one.came],
                went=[StatementOut.of(said) for said in one.went],
                cut=one.cut,
            )
            for one in steps
        ]
        return EntityHistoryOut(entity=entity, steps=told, next=following)


class FactStepOut(BaseModel):
    """The assertions of a fact that one run added and ended."""

    run: ByRun = Field(title="Run")
    text: str = Field(title="Text")
    came: list[AssertionOut] = Field(title="Came")
    went: list[AssertionOut] = Field(title="Went")


class FactHistoryOut(BaseModel):
    """Who said a fact, run by run."""

    fact: str = Field(title="Fact id")
    steps: list[FactStepOut] = Field(title="Steps", description="Newest first; runs that changed nothing left out.")
    next: str | None = NEXT

    @staticmethod
    def of(fact: str, steps: Sequence[FactStep], following: str | None) -> FactHistoryOut:
        told = [
            FactStepOut(
                run=ByRun.of(one.run),
                text=one.text,
                came=[AssertionOut.of(said.assertion, said.source) for said in one.came],
                went=[AssertionOut.of(said.assertion, said.source) for said in one.went],
            )
            for one in steps
        ]
        return FactHistoryOut(fact=fact, steps=told, next=following)
