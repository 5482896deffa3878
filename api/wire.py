"""Requests and replies as they stand on the wire; a decision document is described here and passed on whole."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any
from typing import Literal as OneOf

from pydantic import BaseModel, ConfigDict, Field

from api.wire_impact import ImpactOut
from kg.answer.explore import Statement, Way
from kg.answer.lineage import CutBy, Walk
from kg.domain.decision import Document
from kg.domain.fact import Assertion, Entity
from kg.domain.lineage import Source
from kg.domain.openlineage import NodeKind, Toward
from kg.domain.question import MAX_QUESTION

Ceiling = OneOf["public", "internal", "confidential", "restricted"]


class ScopeIn(BaseModel):
    """What the answer may be made from."""

    model_config = ConfigDict(extra="forbid", title="Scope")

    datasets: list[Annotated[str, Field(max_length=200)]] = Field(
        default=[],
        title="Datasets",
        description="`NAME` or `NAME@VERSION`; empty means every current one.",
        max_length=50,
    )
    ceiling: Ceiling | None = Field(default=None, title="Ceiling", description="Highest classification to read.")
    valid_as_of: str | None = Field(
        default=None, title="True on", description="Day on which facts must be true, like 2026-03-31.", max_length=40
    )
    known_as_of: str | None = Field(
        default=None,
        title="Known at",
        description="Read the graph as it was known then: 2026-03-31T09:00:00Z, or a day for its end.",
        max_length=40,
    )


class QuestionIn(BaseModel):
    """A question, its scope, and, to skip the reading of it, a plan."""

    model_config = ConfigDict(
        extra="forbid",
        title="Question",
        json_schema_extra={"examples": [{"question": "Which suppliers deliver sunflower oil?", "scope": {}}]},
    )

    question: str = Field(
        title="Question",
        description="The question in plain words.",
        # The domain refuses others itself, with a code of their own; this tells callers beforehand.
        json_schema_extra={"minLength": 1, "maxLength": MAX_QUESTION, "pattern": r"\S"},
    )
    scope: ScopeIn = Field(default_factory=ScopeIn, title="Scope", description="What the answer may be made from.")
    plan: dict[str, Any] | None = Field(
        default=None,
        title="Plan",
        description="Run this plan, in the form decisions carry it, instead of reading the question.",
    )
    model: str | None = Field(
        default=None,
        title="Model",
        description="The language model to use, by its name here; `none` to answer without one.",
        max_length=200,
    )
    tier: OneOf["low", "medium", "high", "critical"] | None = Field(
        default=None,
        title="Tier",
        description="How much depends on the answer; review rules may ask more of a higher one.",
    )
    prompts: dict[str, Annotated[str, Field(max_length=200)]] = Field(
        default={},
        title="Prompts",
        description="By name of a prompt, the version to use: `answer@3`, `answer@staging`, `answer@sha256:…`.",
        max_length=10,
    )
    tables: list[Annotated[str, Field(max_length=200)]] = Field(
        default=[],
        title="Decision tables",
        description="Versions of saved decision tables to use in place of `production`: `fixing@3`, `fixing@staging`.",
        max_length=10,
    )
    supersedes: str | None = Field(
        default=None,
        title="Supersedes",
        description="The decision that this one takes the place of.",
        max_length=100,
    )


class Problem(BaseModel):
    """A refusal (RFC 9457)."""

    type: str = Field(title="Type", description="`urn:whence:error:` and the code.")
    title: str = Field(title="Title", description="The status in words.")
    status: int = Field(title="Status", description="The HTTP status.")
    detail: str = Field(title="Detail", description="What is wrong, for a person.")
    code: str = Field(title="Code", description="What is wrong, for a program; see docs/errors.md.")
    retryable: bool | None = Field(
        default=None, title="Retryable", description="Whether the same request may succeed later."
    )
    errors: list[dict[str, str]] | None = Field(
        default=None, title="Errors", description="Each field or parameter of the wrong form."
    )
    choices: list[dict[str, str]] | None = Field(
        default=None, title="Choices", description="What an ambiguous name can be: id, name and type of each."
    )
    dependencies: dict[str, Any] | None = Field(
        default=None, title="Dependencies", description="State of each dependency, when the service is not ready."
    )


class DecisionOut(BaseModel):
    """An answer with everything it stands on. Keys are fixed: they may be added to, not renamed."""

    model_config = ConfigDict(extra="allow", title="Decision")

    decision_id: str = Field(title="Decision id", description="Made from the content of the decision.")
    outcome: OneOf["answered", "abstained", "ambiguous", "false_premise", "pending_review"] = Field(title="Outcome")
    question: str = Field(title="Question")
    interpretation: str | None = Field(title="Interpretation", description="How the question was read, in words.")
    plan: dict[str, Any] | None = Field(title="Plan", description="How it was read, as a typed expression.")
    answer: dict[str, Any] = Field(title="Answer", description="Text, type, entities, value, rows, choices, reason.")
    claims: list[dict[str, Any]] = Field(title="Claims", description="Sentences with verdict and cited evidence.")
    evidence: list[dict[str, Any]] = Field(title="Evidence", description="Numbered; each with facts and sources.")
    explanation: dict[str, Any] = Field(title="Explanation", description="The part of the graph the answer leans on.")
    confidence: dict[str, Any] = Field(title="Confidence", description="Calibrated value, or null with the reason.")
    reader: dict[str, Any] = Field(title="Reader", description="Who read the question, and why that reading was taken.")
    writer: dict[str, Any] = Field(title="Writer", description="Who wrote the sentences, and what did not stand.")
    calls: list[dict[str, Any]] = Field(title="Calls", description="What a language model was asked and answered.")
    attribution: list[dict[str, Any]] = Field(title="Attribution", description="Effect of each fact and source.")
    review: dict[str, Any] = Field(title="Review", description="Whether a person has to approve, and the state.")
    versions: dict[str, Any] = Field(title="Versions", description="All that took part, and the data that were read.")
    scope: dict[str, Any] = Field(title="Scope", description="What the answer was made from.")
    usage: dict[str, Any] = Field(title="Usage", description="Model calls, tokens, cost.")
    trace: dict[str, Any] = Field(title="Trace", description="When it was asked, and how long each step took.")
    as_of: dict[str, Any] = Field(title="As of", description="The day and the state of knowledge it speaks of.")
    evidence_hash: str = Field(title="Evidence hash", description="Hash of evidence and answer in comparable form.")


class DecisionLine(BaseModel):
    """A decision in a list."""

    decision_id: str = Field(title="Decision id")
    outcome: str = Field(title="Outcome")
    question: str = Field(title="Question")
    text: str = Field(title="Text", description="The answer in a sentence.")
    asked_at: str | None = Field(title="Asked at")
    actor: str | None = Field(title="Actor", description="Who asked.")
    superseded_by: str | None = Field(title="Superseded by")

    @staticmethod
    def of(document: Document) -> DecisionLine:
        return DecisionLine(
            decision_id=document["decision_id"],
            outcome=document["outcome"],
            question=document["question"],
            text=document["answer"]["text"],
            asked_at=document["trace"].get("asked_at"),
            actor=document["trace"].get("actor"),
            superseded_by=document["ledger"]["superseded_by"],
        )


class DecisionList(BaseModel):
    """Decisions, newest first."""

    decisions: list[DecisionLine] = Field(title="Decisions")
    next: str | None = Field(title="Next", description="Where there may be more: give this as `after`.")


class EntityOut(BaseModel):
    """A thing in the graph."""

    id: str = Field(title="Id")
    type: str = Field(title="Type")
    name: str = Field(title="Name")
    aliases: list[str] = Field(title="Aliases", description="Other names that sources give it.")
    keys: list[str] = Field(title="Keys", description="Canonical keys, the one the id is made of first.")
    status: str | None = Field(title="Status", description="Set when a source says it was withdrawn.")

    @staticmethod
    def of(entity: Entity) -> EntityOut:
        return EntityOut.model_validate(asdict(entity))


class EntityList(BaseModel):
    """Entities that were found."""

    entities: list[EntityOut] = Field(title="Entities")
    cut: bool = Field(title="Cut", description="Whether there are more than the limit.")


class StatementOut(BaseModel):
    """A fact as it is read from one entity."""

    fact: str = Field(title="Fact id")
    predicate: str = Field(title="Predicate")
    direction: OneOf["out", "in"] = Field(title="Direction", description="`out` when the entity is the subject.")
    text: str = Field(title="Text")
    other: EntityOut | None = Field(title="Other", description="The far end, unless the fact is a plain value.")
    value: str | None = Field(title="Value", description="The plain value.")
    valid_from: str | None = Field(title="Valid from")
    valid_to: str | None = Field(title="Valid to")

    @staticmethod
    def of(statement: Statement) -> StatementOut:
        return StatementOut.model_validate(asdict(statement))


class CardOut(BaseModel):
    """An entity and what is said of it."""

    entity: EntityOut = Field(title="Entity")
    facts: list[StatementOut] = Field(title="Facts", description="Some of every kind, up to the limit.")
    left_out: int = Field(title="Left out", description="Facts read and not listed.")
    cut: list[str] = Field(title="Cut", description="Kinds of fact of which there are more than were read.")


class WayOut(BaseModel):
    """A chain of facts."""

    entities: list[EntityOut] = Field(title="Entities")
    facts: list[StatementOut] = Field(title="Facts")

    @staticmethod
    def of(way: Way) -> WayOut:
        return WayOut.model_validate(asdict(way))


class WaysOut(BaseModel):
    """The shortest chains between two entities."""

    start: EntityOut = Field(title="Start")
    end: EntityOut = Field(title="End")
    max_hops: int = Field(title="Most hops")
    paths: list[WayOut] = Field(title="Paths", description="Empty when there is none within the hops.")
    cut: list[str] = Field(title="Cut", description="What a limit kept out of the search, in words.")
    text: str = Field(title="Text", description="The same in words.")


class SourceOut(BaseModel):
    """One thing that was read."""

    id: str = Field(title="Id")
    dataset: str = Field(title="Dataset")
    version: str = Field(title="Version")
    name: str = Field(title="Name", description="Path as the dataset file gives it.")
    checksum: str = Field(title="Checksum")
    classification: Ceiling = Field(title="Classification")
    title: str = Field(title="Title")
    publisher: str = Field(title="Publisher")
    licence: str = Field(title="Licence")
    issued: str | None = Field(title="Issued")

    @staticmethod
    def of(source: Source) -> SourceOut:
        return SourceOut.model_validate(asdict(source) | {"classification": source.classification.label})


class SourceList(BaseModel):
    """Sources in use."""

    sources: list[SourceOut] = Field(title="Sources")
    cut: bool = Field(title="Cut", description="Whether there are more than the limit.")


class AssertionOut(BaseModel):
    """One source saying the fact, at one place."""

    source: SourceOut = Field(title="Source")
    locator: str = Field(title="Locator", description="Record and fields, like `line 17#Name`.")
    run: str = Field(title="Run", description="The run that read it.")
    recorded_at: str = Field(title="Recorded at")
    confidence: float | None = Field(title="Confidence")

    @staticmethod
    def of(assertion: Assertion, source: Source) -> AssertionOut:
        return AssertionOut(
            source=SourceOut.of(source),
            locator=assertion.locator,
            run=assertion.run,
            recorded_at=assertion.recorded_at,
            confidence=assertion.confidence,
        )


class BesideOut(BaseModel):
    """Another fact of a record."""

    fact: str = Field(title="Fact id")
    text: str = Field(title="Text")


class FactOut(BaseModel):
    """A fact with everything that says it."""

    id: str = Field(title="Id")
    subject: EntityOut = Field(title="Subject")
    predicate: str = Field(title="Predicate")
    object: EntityOut | None = Field(title="Object", description="The entity at its end, unless it is a plain value.")
    value: str | None = Field(title="Value", description="The plain value.")
    datatype: str | None = Field(title="Datatype", description="Of the plain value.")
    text: str = Field(title="Text")
    valid_from: str | None = Field(title="Valid from")
    valid_to: str | None = Field(title="Valid to")
    assertions: list[AssertionOut] = Field(title="Assertions")
    besides: list[BesideOut] = Field(title="Besides", description="What else the records say that say it.")
    cut: bool = Field(title="Cut", description="Whether there are more assertions, or more besides, than the limit.")


class EventsOut(BaseModel):
    """What became of the events that were sent."""

    events: list[str] = Field(title="Events", description="Their ids, made of what they say.")
    recorded: int = Field(title="Recorded", description="How many were not recorded before.")
    decisions: ImpactOut | None = Field(
        title="Decisions",
        description="Those that rest on what comes of them, 100 at most; none is run again. Null where they could not "
        "be looked for: the events are recorded all the same.",
    )
    note: str = Field(title="Note", description="Why the decisions are not told; empty where they are.")


class LineageNodeOut(BaseModel):
    """One thing on the way."""

    id: str = Field(title="Id", description="Can be walked from.")
    kind: NodeKind = Field(title="Kind")
    namespace: str | None = Field(title="Namespace", description="As in OpenLineage; of a row its source.")
    name: str = Field(title="Name")
    text: str = Field(title="Text")
    dataset: str | None = Field(title="Dataset", description="`NAME@VERSION`, of a source or row.")
    run: str | None = Field(title="Run", description="Of a row: the run that read it.")
    carried: bool | None = Field(
        title="Carried", description="Of a decision: whether a claim of it was carried; else it was only looked at."
    )


class LineageLinkOut(BaseModel):
    """From one thing to the next on the way."""

    start: str = Field(title="Start")
    end: str = Field(title="End")


class LineageCutOut(BaseModel):
    """Where a limit kept something out."""

    node: str = Field(title="Node")
    by: CutBy = Field(title="By", description="`width`: more neighbours; `depth`: deeper ones; `size`: of the whole.")


class LineageOut(BaseModel):
    """A walk up to where something comes from, or down to what comes of it."""

    ref: str = Field(title="Ref")
    toward: Toward = Field(title="Toward")
    depth: int = Field(title="Depth")
    width: int = Field(title="Width")
    root: str = Field(title="Root", description="The node that the ref names.")
    nodes: list[LineageNodeOut] = Field(title="Nodes", description="Nearest first; the root is the first.")
    links: list[LineageLinkOut] = Field(title="Links", description="They lead away from the root.")
    cut: list[LineageCutOut] = Field(title="Cut")
    more_decisions: bool = Field(title="More decisions", description="Whether there are more than are told.")

    @staticmethod
    def of(walk: Walk) -> LineageOut:
        links = [{"start": start, "end": end} for start, end in walk.links]
        return LineageOut.model_validate(asdict(walk) | {"links": links})


class Health(BaseModel):
    """The process answers."""

    status: OneOf["ok"] = Field(title="Status")
    version: str = Field(title="Version", description="Of the installed package.")


class Ready(BaseModel):
    """Everything needed answers."""

    status: OneOf["ready"] = Field(title="Status")
    dependencies: dict[str, Any] = Field(title="Dependencies")
