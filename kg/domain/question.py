"""A question, and what was recognised in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal as OneOf

from kg.domain.fact import Entity, EntityId, Fact
from kg.domain.ontology import Direction
from kg.domain.scope import Scope

MAX_QUESTION = 4_000
"""Characters. Longer than any question people ask; linking cost grows with the length."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, within which scope."""

    text: str
    scope: Scope = field(default_factory=Scope)


MentionKind = OneOf["entity", "type", "predicate", "cue", "number", "dataset"]


@dataclass(frozen=True, slots=True)
class Mention:
    """What tokens ``start`` to ``end`` (exclusive) of the question may stand for."""

    start: int
    end: int
    kind: MentionKind
    value: str
    """Entity id, type, predicate, cue or dataset reference."""
    direction: Direction | None = None
    """For a predicate: ``out`` when the phrase reads subject first."""
    fact: Fact | None = None
    """For an entity found by alias: the fact that says so."""


@dataclass(frozen=True, slots=True)
class Word:
    """One token: its text and whether a plan has to explain it."""

    text: str
    needed: bool


@dataclass(frozen=True, slots=True)
class Linked:
    """A question with everything recognised in it."""

    words: tuple[Word, ...]
    mentions: tuple[Mention, ...]
    entities: dict[EntityId, Entity]
