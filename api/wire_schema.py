"""What a graph holds, as it stands on the wire: its types, relations and dataset versions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal as OneOf

from pydantic import BaseModel, Field

from kg.domain.fact import Instant
from kg.domain.lineage import REFRESH_DAYS, DatasetVersion, GraphProfile, Refresh, Run
from kg.domain.ontology import EntityType, Predicate
from kg.ports.clock import instant


class TypeOut(BaseModel):
    """A kind of entity."""

    name: str = Field(title="Name")
    parent: str | None = Field(title="Parent", description="The type above it.")
    nouns: list[str] = Field(title="Nouns", description="What people call it.")
    count: int = Field(title="Count", description="Entities of exactly this type.")

    @staticmethod
    def of(spec: EntityType, profile: GraphProfile) -> TypeOut:
        return TypeOut(
            name=spec.name, parent=spec.parent, nouns=list(spec.nouns), count=profile.entities.get(spec.name, 0)
        )


class PredicateOut(BaseModel):
    """A kind of fact."""

    name: str = Field(title="Name")
    subjects: list[str] = Field(title="Subjects", description="Types it starts from.")
    objects: list[str] = Field(title="Objects", description="Types it leads to; empty for plain values.")
    value: str | None = Field(title="Value", description="Datatype of a plain value.")
    phrases: list[str] = Field(title="Phrases", description="How people say it, subject first.")
    count: int = Field(title="Count", description="Facts of it.")
    derived: bool = Field(title="Derived", description="Whether it is read off others and has no facts of its own.")

    @staticmethod
    def of(spec: Predicate, profile: GraphProfile) -> PredicateOut:
        return PredicateOut(
            name=spec.name,
            subjects=list(spec.subjects),
            objects=list(spec.objects),
            value=spec.value,
            phrases=list(spec.phrases),
            count=profile.facts.get(spec.name, 0),
            derived=spec.derived,
        )


class DatasetOut(BaseModel):
    """A version of a dataset."""

    ref: str = Field(title="Ref", description="`NAME@VERSION`, as a scope names it.")
    dataset: str = Field(title="Dataset")
    version: str = Field(title="Version")
    title: str = Field(title="Title")
    publisher: str = Field(title="Publisher")
    licence: str = Field(title="Licence")
    classification: OneOf["public", "internal", "confidential", "restricted"] = Field(title="Classification")
    ontology: str = Field(title="Ontology")
    issued: str | None = Field(title="Issued", description="The day it was published.")
    current: bool = Field(title="Current", description="Whether it is read here: named, or current where none is.")
    refresh: Refresh | None = Field(title="Refresh", description="How often its publisher renews it.")

    @staticmethod
    def of(version: DatasetVersion, *, current: bool) -> DatasetOut:
        return DatasetOut(
            ref=version.ref,
            dataset=version.dataset,
            version=version.version,
            title=version.title,
            publisher=version.publisher,
            licence=version.licence,
            classification=version.classification.label,  # type: ignore[arg-type]  # one of the four
            ontology=version.ontology,
            issued=version.issued,
            current=current,
            refresh=version.refresh,
        )


class FreshOut(DatasetOut):
    """A version of a dataset, and how fresh it is."""

    run: str | None = Field(title="Run id", description="That loaded it last, or found it as it was.")
    loaded_at: str | None = Field(title="Loaded at", description="When that run ended.")
    due_at: str | None = Field(title="Due at", description="When it ought to be loaded again; null where nothing says.")
    overdue: bool = Field(title="Overdue", description="Whether that time is over, of a version that is current.")

    @staticmethod
    def told(version: DatasetVersion, run: Run | None, now: Instant, *, current: bool) -> FreshOut:
        at = None if run is None else run.ended_at
        days = None if version.refresh is None else REFRESH_DAYS[version.refresh]
        due = None if at is None or days is None else instant(datetime.fromisoformat(at) + timedelta(days=days))
        return FreshOut(
            **DatasetOut.of(version, current=current).model_dump(),
            run=None if run is None else run.id,
            loaded_at=at,
            due_at=due,
            overdue=current and due is not None and due < now,
        )


class DatasetList(BaseModel):
    """Dataset versions, in order of their names."""

    datasets: list[FreshOut] = Field(title="Datasets")


class SchemaOut(BaseModel):
    """What can be asked about."""

    types: list[TypeOut] = Field(title="Types")
    predicates: list[PredicateOut] = Field(title="Predicates")
    datasets: list[DatasetOut] = Field(title="Datasets", description="Every version that a scope may name.")
    known_at: str = Field(title="Known at", description="The newest state that is read.")


class ExamplesOut(BaseModel):
    """Questions to begin with."""

    questions: list[str] = Field(title="Questions", description="Each is read as it is meant.")
