"""The difference that a run made: entities and facts that came and went, withdrawals and replacements. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kg.domain.fact import NAME, REPLACED_BY, STATUS, TYPE, EntityId, Fact, Literal
from kg.domain.lineage import GraphProfile


@dataclass(frozen=True, slots=True)
class FactChange:
    """A fact that a run made a dataset version say, or no longer say."""

    fact: Fact
    gained: bool


@dataclass(frozen=True, slots=True)
class FactsOf:
    """Facts of one predicate that were gained and lost, in order of their ids."""

    gained: tuple[Fact, ...]
    lost: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What one dataset version says and another, or the same one before, does not; and the other way round."""

    came: tuple[EntityId, ...]
    went: tuple[EntityId, ...]
    withdrawn: tuple[tuple[EntityId, str], ...]
    """Entities that got a status, with it."""
    replaced: tuple[tuple[EntityId, EntityId], ...]
    """Entities that got a replacement, with it."""
    facts: dict[str, FactsOf]
    """By predicate."""
    names: dict[EntityId, str]
    """Of entities that came or went, as far as the changes say one."""


def difference(changes: Iterable[FactChange]) -> Difference:
    """Put the changes of one run in order."""
    held = list(changes)
    gained = [one.fact for one in held if one.gained]
    lost = [one.fact for one in held if not one.gained]
    came, went = _subjects(gained, TYPE), _subjects(lost, TYPE)
    facts = {
        predicate: FactsOf(_of(gained, predicate), _of(lost, predicate))
        for predicate in sorted({one.fact.predicate for one in held})
    }
    return Difference(
        came=tuple(sorted(came - went)),
        went=tuple(sorted(went - came)),
        withdrawn=tuple(sorted((f.subject, _text(f)) for f in gained if f.predicate == STATUS)),
        replaced=tuple(sorted((f.subject, _text(f)) for f in gained if f.predicate == REPLACED_BY)),
        facts=facts,
        names={f.subject: _text(f) for f in (*lost, *gained) if f.predicate == NAME},
    )


@dataclass(frozen=True, slots=True)
class Summary:
    """A difference in counts."""

    came: int
    went: int
    withdrawn: int
    replaced: int
    gained: int
    lost: int


def summary(found: Difference) -> Summary:
    """How many of each there are."""
    return Summary(
        len(found.came),
        len(found.went),
        len(found.withdrawn),
        len(found.replaced),
        sum(len(of.gained) for of in found.facts.values()),
        sum(len(of.lost) for of in found.facts.values()),
    )


def _subjects(facts: Iterable[Fact], predicate: str) -> set[EntityId]:
    return {fact.subject for fact in facts if fact.predicate == predicate}


def _of(facts: Iterable[Fact], predicate: str) -> tuple[Fact, ...]:
    return tuple(sorted((fact for fact in facts if fact.predicate == predicate), key=lambda fact: fact.id))


def _text(fact: Fact) -> str:
    return fact.object.value if isinstance(fact.object, Literal) else fact.object


def profile_after(profile: GraphProfile, changes: Iterable[FactChange]) -> GraphProfile:
    """The counts of a dataset version after these changes."""
    entities, facts = Counter(profile.entities), Counter(profile.facts)
    for one in changes:
        step = 1 if one.gained else -1
        facts[one.fact.predicate] += step
        if one.fact.predicate == TYPE:
            entities[_text(one.fact)] += step
    return GraphProfile(profile.engine, _positive(entities), _positive(facts))


def _positive(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in sorted(counts.items()) if count > 0}
