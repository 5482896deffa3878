"""Entities, facts and the assertions that support them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal as OneOf

EntityId = str
FactId = str
Instant = str
"""UTC time, ISO 8601 with microseconds (``2026-03-31T09:00:00.000000Z``): text order is time order."""

FOREVER: Instant = "9999-12-31T23:59:59.999999Z"
Datatype = OneOf["text", "number", "date", "boolean"]

TYPE, NAME, ALIAS, KEY, STATUS, REPLACED_BY = "type", "name", "alias", "key", "status", "replaced_by"
PASSAGE = "passage"
"""Says the exact text of a span of its source."""
SAME_AS, DIFFERENT_FROM = "same_as", "different_from"
"""Ties: facts that say whether two entities are one."""
IDENTITY = (TYPE, NAME, ALIAS, KEY, STATUS)
"""Predicates whose facts say what an entity is; an entity is what the visible ones say of it."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A plain value; ``value`` is its canonical text (dates as ISO 8601, numbers without padding)."""

    value: str
    datatype: Datatype = "text"


@dataclass(frozen=True, slots=True)
class Interval:
    """When a fact is true in the world: whole days, both ends included, ``None`` is open."""

    start: str | None = None
    end: str | None = None


ALWAYS = Interval()


@dataclass(frozen=True, slots=True)
class Fact:
    """Subject, predicate, object and valid time. True while at least one live assertion supports it."""

    id: FactId
    subject: EntityId
    predicate: str
    object: EntityId | Literal
    valid: Interval = ALWAYS

    @staticmethod
    def of(subject: EntityId, predicate: str, obj: EntityId | Literal, valid: Interval = ALWAYS) -> Fact:
        """Make the fact with its content-derived id."""
        end = obj if isinstance(obj, str) else f"{obj.datatype}\x1e{obj.value}"
        # \x1f and \x1e cannot stand in a key or a value: loaders refuse control characters.
        content = f"{subject}\x1f{predicate}\x1f{end}\x1f{valid.start or ''}\x1f{valid.end or ''}"
        return Fact(f"f-{hashlib.sha256(content.encode()).hexdigest()[:24]}", subject, predicate, obj, valid)

    @property
    def target(self) -> EntityId | None:
        """The object if it is an entity."""
        return self.object if isinstance(self.object, str) else None


@dataclass(frozen=True, slots=True)
class Assertion:
    """One source saying one fact, at one place."""

    fact: FactId
    source: str
    locator: str
    """Record and fields, e.g. ``line 17#Name`` or ``/objects/17#source_ref,target_ref``."""
    run: str
    recorded_at: Instant
    retired_at: Instant | None = None
    confidence: float | None = None


def record_of(locator: str) -> str:
    """The record of a place, less its fields; of a passage of a document, its characters."""
    record, _, rest = locator.partition("#")
    return record or rest


@dataclass(frozen=True, slots=True)
class Entity:
    """What the visible identity facts say of one id."""

    id: EntityId
    type: str
    name: str
    aliases: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    """Canonical keys without their scheme, the one the id is made of first."""
    status: str | None = None
    """Set when a source says the entity was withdrawn (revoked, deprecated, closed)."""

    @property
    def label(self) -> str:
        """Key and name, as a person would cite it."""
        return self.name if self.name == self.keys[0] else f"{self.keys[0]} {self.name}"


def assemble(entity: EntityId, facts: list[Fact]) -> Entity | None:
    """Build the entity from its identity facts; ``None`` without a type, since then nothing declares it."""
    said: dict[str, list[str]] = {predicate: [] for predicate in IDENTITY}
    for fact in facts:
        if isinstance(fact.object, Literal):
            said[fact.predicate].append(fact.object.value)
    if not said[TYPE]:
        return None
    own_key = entity.partition(":")[2]
    names = sorted(said[NAME]) or [own_key]
    return Entity(
        id=entity,
        type=min(said[TYPE]),
        name=names[0],
        aliases=tuple(sorted({*names[1:], *said[ALIAS]} - {names[0]})),
        keys=(own_key, *sorted(key.partition(":")[2] for key in said[KEY])),
        status=min(said[STATUS], default=None),
    )
