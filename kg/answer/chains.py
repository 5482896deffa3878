"""Chains of facts between two sets: the shortest ones, or those of the records that explain a fact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kg.answer.graph import shortest_paths
from kg.answer.sets import Sets
from kg.answer.steps import MAX_EACH, MAX_SET, Reader, order
from kg.domain.fact import EntityId, Fact, FactId
from kg.domain.plan import (
    Entities,
    Follow,
    Paths,
)
from kg.domain.result import Chain, Result


def chains(plan: Paths, sets: Sets) -> Result:
    """The shortest chains; with ``along``, what the records of that predicate say between the ends."""
    starts, ends = set(sets.ids(plan.start)), set(sets.ids(plan.end))
    if plan.along is not None:
        return _explained(plan.along, starts, ends, sets)
    reader, book = sets.reader, sets.book
    facts: dict[FactId, Fact] = {}
    found: tuple[Chain, ...] = ()
    more = False
    reached, frontier = set(starts), set(starts)
    for hops in range(1, plan.max_hops + 1):
        touching = _touching(frontier, starts | ends, reader)
        facts |= touching
        # Every chain of so many steps is among these facts by now, so the first found are the shortest.
        found, more = shortest_paths(facts.values(), starts, ends, hops)
        frontier = {one for one in _ends(touching.values()) - reached if reader.active(one, None)}
        reached |= frontier
        if len(reached) > MAX_SET:
            book.cut.append(f"more than {MAX_SET:,} entities within reach: farther ones were not looked at")
        if found or not frontier or len(reached) > MAX_SET:
            break
    if more:
        book.cut.append(f"there are more chains as short as these {len(found)}")
    if not found:
        book.absent((), plan)
    used = frozenset(fact for chain in found for fact in chain.facts)
    reader.keep(facts[fact] for fact in used)
    return replace(book.result("path", (), used), paths=found, value=len(found[0].facts) if found else None)


def _touching(near: set[EntityId], named: set[EntityId], reader: Reader) -> dict[FactId, Fact]:
    """Facts between these and anything that is active or ``named``, in either direction."""
    facts: dict[FactId, Fact] = {}
    for direction in ("out", "in"):
        expansion = reader.view.follow(near, (), direction, MAX_EACH)
        reader.book.count(len(expansion.facts))
        reader.take(expansion.entities)
        reader.note_cut(expansion.cut, "facts")
        for fact in expansion.facts:
            if all(end in named or reader.active(end, None) for end in (fact.subject, fact.target or "")):
                facts[fact.id] = fact
    return facts


def _ends(facts: Iterable[Fact]) -> set[EntityId]:
    return {end for fact in facts for end in (fact.subject, fact.target) if end is not None}


def _explained(predicate: str, starts: set[EntityId], ends: set[EntityId], sets: Sets) -> Result:
    """The chains of the records that say the predicate of a start and an end; it is refuted where none does."""
    reader = sets.reader
    said = [fact for fact in reader.facts(starts, predicate, "out") if fact.target in ends]
    if not said:
        start, end = sorted(starts, key=order), sorted(ends, key=order)
        sought = Follow(Entities(ids=tuple(start)), predicate, "out")
        sets.book.absent(end, sought, among=True)
        return replace(sets.book.result("path", ()), refuted=True)
    beside = reader.view.recorded_with([fact.id for fact in said])
    facts = {fact.id: fact for found in beside.values() for fact in found if fact.target is not None}
    facts = {key: fact for key, fact in facts.items() if fact.predicate != predicate}
    reader.meet({end for fact in facts.values() for end in (fact.subject, fact.target or "")})
    found, _ = shortest_paths(facts.values(), starts, ends, len(facts))
    reader.keep(facts.values() if found else said)
    used = frozenset(facts) if found else frozenset()
    if not found:
        found = tuple(Chain((fact.subject, fact.target or ""), (fact.id,)) for fact in said)
    used |= {fact for chain in found for fact in chain.facts}
    return replace(sets.book.result("path", (), used), paths=found, value=len(found[0].facts))
