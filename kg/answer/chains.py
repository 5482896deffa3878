"""Chains of facts between two sets: the shortest ones, or those of the records that explain a fact."""

from __future__ import annotations

from dataclasses import replace

from kg.answer.graph import shortest_paths
from kg.answer.sets import Sets
from kg.answer.steps import MAX_EACH, MAX_SET, order
from kg.domain.fact import EntityId
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
    facts = {}
    reached, frontier = set(starts), set(starts)
    for _ in range(plan.max_hops):
        if not frontier or reached & ends - starts:
            break
        step: set[EntityId] = set()
        for direction in ("out", "in"):
            expansion = reader.view.follow(frontier, (), direction, MAX_EACH)
            book.count(len(expansion.facts))
            reader.take(expansion.entities)
            reader.note_cut(expansion.cut, "facts")
            for fact in expansion.facts:
                pair = {fact.subject, fact.target or ""}
                if all(end in starts or end in ends or reader.active(end, None) for end in pair):
                    facts[fact.id] = fact
                    step |= pair
        frontier = {e for e in step - reached if reader.active(e, None)}
        reached |= frontier
        if len(reached) > MAX_SET:
            book.cut.append(f"more than {MAX_SET:,} entities within reach: farther ones were not looked at")
            break
    found, more = shortest_paths(facts.values(), starts, ends, plan.max_hops)
    if more:
        book.cut.append(f"there are more chains as short as these {len(found)}")
    if not found:
        book.absent((), plan)
    used = frozenset(fact for chain in found for fact in chain.facts)
    reader.keep(facts[fact] for fact in used)
    return replace(book.result("path", (), used), paths=found, value=len(found[0].facts) if found else None)


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
