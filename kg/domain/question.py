"""A question, and what was recognised in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal as OneOf

from kg.domain.fact import Entity, EntityId, Fact
from kg.domain.lineage import DatasetVersion
from kg.domain.ontology import Direction
from kg.domain.scope import Scope

MAX_QUESTION = 4_000
"""Characters. Longer than any question people ask; linking cost grows with the length."""
SURE = 0.8
"""Score from which on words are the name of a thing."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, within which scope."""

    text: str
    scope: Scope = field(default_factory=Scope)


MentionKind = OneOf[
    "entity", "type", "predicate", "role", "concept", "value", "cue", "number", "date", "version", "dataset",
    "table", "input", "choice",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mention:
    """What tokens ``start`` to ``end`` (exclusive) of the question may stand for."""

    start: int
    end: int
    kind: MentionKind
    value: str
    """Entity id, type, predicate, concept, value, cue, number, first day, table."""
    direction: Direction | None = None
    """For a predicate: ``out`` when the phrase reads subject first. For a role: the way to who has it."""
    fact: Fact | None = None
    """For an entity found by alias: the fact that says so."""
    score: float = 1.0
    """How sure the words mean this: 1 as written, less for a part of a name or a near spelling."""
    negative: bool = False
    """Whether the phrase says that there is none."""
    more: tuple[str, ...] = ()
    """For a value: its predicates; for a date: its last day; for a version: its references; for an entity: all who
    have the name; for an input or a choice: which."""


@dataclass(frozen=True, slots=True)
class Word:
    """One token: its text and what it is to a reading."""

    text: str
    weight: OneOf["content", "filler", "light", "drop", "mark"]
    """Content has to be explained; filler is talk around the question; light words and marks may be left over."""
    folded: str = ""


@dataclass(frozen=True, slots=True)
class Linked:
    """A question with everything recognised in it."""

    words: tuple[Word, ...]
    mentions: tuple[Mention, ...]
    entities: dict[EntityId, Entity]
    versions: tuple[DatasetVersion, ...] = ()
    """The dataset versions that may be meant, where the question speaks of one."""
    text: str = ""
