"""What a graph holds, as it stands on the wire: its types, relations and dataset versions."""

from __future__ import annotations

from typing import Literal as OneOf

from pydantic import BaseModel, Field

from kg.domain.lineage import DatasetVersion, GraphProfile
from kg.domain.ontology import EntityType, Predicate


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
        )


class SchemaOut(BaseModel):
    """What can be asked about."""

    types: list[TypeOut] = Field(title="Types")
    predicates: list[PredicateOut] = Field(title="Predicates")
    datasets: list[DatasetOut] = Field(title="Datasets", description="Every version that a scope may name.")
    known_at: str = Field(title="Known at", description="The newest state that is read.")


class ExamplesOut(BaseModel):
    """Questions to begin with."""

    questions: list[str] = Field(title="Questions", description="Each is read as it is meant.")
