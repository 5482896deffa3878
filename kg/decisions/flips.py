"""What would flip an answer: one fact that is not there, says something else, or is there besides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from typing import Literal as OneOf

from kg.answer.literals import number
from kg.decisions.ablated import Change
from kg.decisions.ablation import Ablation, Found, row_key
from kg.domain.fact import IDENTITY, PASSAGE, Fact, FactId, Literal
from kg.domain.ontology import Ontology, Predicate
from kg.domain.plan import Decide, Where, walk
from kg.domain.words import natural

MAX_FLIPS = 20
MAX_TRIED = 40
"""Values that are tried in place of what literal facts say."""
MAX_VALUES = 4
"""Of one fact, those nearest to what it says."""


@dataclass(frozen=True, slots=True)
class Flip:
    """One change of one fact, and what the answer is then."""

    change: OneOf["without", "instead"]
    fact: FactId
    says: str
    instead: str | None
    """What it would say; None where it would not be there."""
    value: Any
    """The value of the answer then."""
    lost: tuple[str, ...]
    """Entities of rows that it would lose, and that it would gain."""
    gained: tuple[str, ...]


def flips(ablation: Ablation, whole: Found, needed: Sequence[Fact], supporting: Sequence[Fact]) -> tuple[Flip, ...]:
    """The changes that flip it, those first after which the answer has another value."""
    found = [_flip(fact, None, ablation.found(Change(frozenset({fact.id}))), whole) for fact in needed]
    ontology = ablation.kept(ablation.scope).ontology()
    tried = 0
    for fact in supporting:
        without = ablation.found(Change(frozenset({fact.id})))
        for value in _others(fact, ablation, ontology):
            if tried >= MAX_TRIED:
                break
            tried += 1
            other = Fact.of(fact.subject, fact.predicate, value, fact.valid)
            would = ablation.found(Change(frozenset({fact.id}), added=(other,)))
            if not would.same(whole) and not would.same(without):
                found.append(_flip(fact, value.value, would, whole))
    values = [result.value for result in whole.results[:1]]
    found.sort(key=lambda one: [one.value] == values)
    return tuple(found[:MAX_FLIPS])


def _flip(fact: Fact, instead: str | None, would: Found, whole: Found) -> Flip:
    old = {row_key(row): row.entity for result in whole.results for row in result.rows}
    new = {row_key(row): row.entity for result in would.results for row in result.rows}
    return Flip(
        "without" if instead is None else "instead",
        fact.id,
        fact.object.value if isinstance(fact.object, Literal) else fact.object,
        instead,
        would.results[0].value if would.results else None,
        tuple(dict.fromkeys(entity for key, entity in old.items() if key not in new)),
        tuple(dict.fromkeys(entity for key, entity in new.items() if key not in old)),
    )


def _others(fact: Fact, ablation: Ablation, ontology: Ontology) -> Iterator[Literal]:
    """What the fact might say in place of what it says: the values around which its plan decides, nearest first."""
    if not isinstance(fact.object, Literal) or fact.predicate in (*IDENTITY, PASSAGE):
        return
    spec = ontology.predicates.get(fact.predicate)
    if spec is None:
        return
    own = fact.object.value
    told = {value for value in _decisive(fact.predicate, spec, ablation, ontology) if value != own}
    for value in sorted(told, key=lambda one: _distance(own, one, spec))[:MAX_VALUES]:
        yield Literal(value, fact.object.datatype)


def _decisive(predicate: str, spec: Predicate, ablation: Ablation, ontology: Ontology) -> Iterator[str]:
    """Values that were read along it, that the plan compares with, that the ontology or a decision table names."""
    yield from ablation.values_of(predicate)
    yield from (name for name, _ in spec.values)
    for part in walk(ablation.plan):
        if isinstance(part, Where) and part.predicate == predicate:
            yield from _around(filter(None, (part.value, part.upper)), spec)
        if isinstance(part, Decide):
            for item in ontology.tables[part.table].inputs:
                if item.predicate == predicate:
                    yield from ablation.values_of(item.column)


def _around(values: Iterable[str], spec: Predicate) -> Iterator[str]:
    for value in values:
        yield value
        if spec.value == "number":
            exact = number(value, spec.name)
            yield from (f"{one:g}" for one in (exact - 1, exact + 1))


def _distance(own: str, other: str, spec: Predicate) -> Any:
    if spec.value == "number":
        return (abs(number(own, spec.name) - number(other, spec.name)), other)
    return natural(other)
