"""What executing a plan gives: rows with their witnesses, what was found absent, what was cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

from kg.domain.fact import Entity, EntityId, Fact, FactId
from kg.domain.ontology import Direction
from kg.domain.plan import SetPlan

AnswerType = OneOf["list", "count", "ranking", "path"]


@dataclass(frozen=True, slots=True)
class Row:
    """One member of the answer and the facts that made it one."""

    entity: EntityId
    witness: tuple[FactId, ...]
    value: int | None = None
    """For a ranking: how many the sub-plan found."""


@dataclass(frozen=True, slots=True)
class Absence:
    """A search that found nothing: for these entities, no fact of this predicate into the searched set."""

    predicate: str
    direction: Direction
    entities: tuple[EntityId, ...]
    looked_at: int
    """Facts that were read in the search."""
    sought: SetPlan | None = None
    """What was searched for each entity; ``None`` means any fact of the predicate."""


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
    value: int | None = None
    of: int | None = None
    absences: tuple[Absence, ...] = ()
    paths: tuple[Chain, ...] = ()
    cut: tuple[str, ...] = ()
    """What a limit kept out, in words."""
