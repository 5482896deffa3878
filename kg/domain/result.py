"""What executing a plan gives: rows with their witnesses, what was found absent, what was cut."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from typing import Literal as OneOf

from kg.domain.fact import Entity, EntityId, Fact, FactId
from kg.domain.plan import Plan, Point

AnswerType = OneOf[
    "list", "count", "ranking", "comparison", "path", "yes_no", "value", "pairs", "partition", "decision", "conflict",
    "passages",
]  # fmt: skip
HERE = Point()
"""The point that the question's own scope reads at."""


@dataclass(frozen=True, slots=True)
class Flip:
    """Another value of one input that would give another outcome, or other outcomes, all else being as it is."""

    input: str
    value: str
    outcomes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """How a decision table came to a decision."""

    rule: str
    """Key of the row that fired."""
    inputs: tuple[tuple[str, str], ...]
    flips: tuple[Flip, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One member of the answer and the facts that made it one."""

    entity: EntityId
    witness: tuple[FactId, ...]
    value: int | float | str | None = None
    """For a ranking how many, for a value its text, for a decision what is decided."""
    of: int | None = None
    group: str | None = None
    """For a partition: what the member stands under; for a comparison: the label of the option."""
    other: EntityId | None = None
    """For a pair: its second member; for a partition: the entity that the group is named after."""
    decided: Decided | None = None
    """For a decision: which row of the table fired, on what."""


@dataclass(frozen=True, slots=True)
class Absence:
    """A search that found nothing: what was sought for each of these entities, or they among what was sought."""

    entities: tuple[EntityId, ...]
    sought: Plan
    looked_at: int
    """Facts that had been read for the answer when the search ended."""
    point: Point = HERE
    among: bool = False
    """Whether the entities were looked for among what was sought, rather than it for each of them."""


@dataclass(frozen=True, slots=True)
class Chain:
    """One path: entities and the facts between them."""

    entities: tuple[EntityId, ...]
    facts: tuple[FactId, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What a plan found."""

    type: AnswerType
    rows: tuple[Row, ...]
    facts: dict[FactId, Fact]
    entities: dict[EntityId, Entity]
    value: Any = None
    of: int | None = None
    absences: tuple[Absence, ...] = ()
    paths: tuple[Chain, ...] = ()
    cut: tuple[str, ...] = ()
    """What a limit kept out, in words."""
    points: dict[Point, frozenset[FactId]] = field(default_factory=dict)
    """At which points facts were read."""
    sides: tuple[tuple[FactId, ...], ...] = ()
    """For a conflict: the facts that say one thing, and those that say the other."""
    refuted: bool = False
    """Whether the question takes for granted what does not hold."""
    notes: tuple[str, ...] = ()
    """What a reader should know beside the answer."""
    alternatives: tuple[tuple[EntityId, ...], ...] = ()
    """Other choices that are as good."""
    beside: tuple[tuple[FactId, ...], ...] = ()
    """What became of each withdrawn entity that the plan names: its status, and what replaced it."""
