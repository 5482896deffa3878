"""Small graphs as plain values, how they are asked by brute force, and how they are put into a store."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from kg.backends.sqlite.store import SqliteStore
from kg.bootstrap import core_ontology
from kg.domain.fact import STATUS, Fact, Literal
from kg.domain.plan import Each, Entities, Follow, Having, Intersect, SetPlan, UnionOf, Where
from kg.domain.scope import Scope
from kg.ports.store import GraphView
from tests.builders import TickingClock, entity, load, target
from tests.unit.domain.plans import Names

CORE = core_ontology()
PERSONS = tuple(f"person:p{n}" for n in range(4))
FIRMS = tuple(f"firm:f{n}" for n in range(3))
IDS = (*PERSONS, *FIRMS)
NAMES = Names(("Person", "Firm", "Party"), ("knows", "owns"), ("size",), IDS, ("1", "2", "3"))
FAMILIES = {"Person": {"Person"}, "Firm": {"Firm"}, "Party": {"Person", "Firm"}}
COMPARES: dict[str, Callable[[int, int], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class World:
    """All seven entities, who of them is withdrawn, and what is said between them."""

    withdrawn: frozenset[str]
    edges: frozenset[tuple[str, str, str]]
    sizes: frozenset[tuple[str, int]]

    def active(self, one: str, type_name: str | None) -> bool:
        own = "Firm" if one in FIRMS else "Person"
        return one not in self.withdrawn and (type_name is None or own in FAMILIES[type_name])

    def facts(self) -> list[Fact]:
        said = [fact for one in IDS for fact in entity(one, "Firm" if one in FIRMS else "Person", name=one[-2:])]
        said += [Fact.of(one, STATUS, Literal("closed")) for one in self.withdrawn]
        said += [Fact.of(subject, predicate, other) for subject, predicate, other in self.edges]
        return said + [Fact.of(one, "size", Literal(str(size), "number")) for one, size in self.sizes]

    def view(self) -> GraphView:
        store = SqliteStore(":memory:", CORE, TickingClock())
        load(store, target(), self.facts())
        return store.view(Scope())

    def only(self, facts: list[Fact]) -> World:
        """The same entities with nothing said but these facts."""
        said = {(fact.subject, fact.predicate, fact.object) for fact in facts}
        return replace(
            self,
            edges=frozenset(edge for edge in self.edges if edge in said),
            sizes=frozenset(
                (one, size) for one, size in self.sizes if (one, "size", Literal(str(size), "number")) in said
            ),
        )


def worlds() -> st.SearchStrategy[World]:
    knows = st.tuples(st.sampled_from(IDS), st.just("knows"), st.sampled_from(IDS))
    owns = st.tuples(st.sampled_from(IDS), st.just("owns"), st.sampled_from(FIRMS))
    return st.builds(
        World,
        st.frozensets(st.sampled_from(IDS), max_size=2),
        st.frozensets(st.one_of(knows, owns), max_size=16),
        st.frozensets(st.tuples(st.sampled_from(FIRMS), st.integers(1, 3)), max_size=4),
    )


def members(plan: SetPlan, world: World, each: str | None = None) -> set[str]:  # noqa: PLR0911 (one an operator)
    """The set, found by trying every entity."""
    if isinstance(plan, Each):
        return {each} if each is not None else set()
    if isinstance(plan, Entities):
        return set(plan.ids) or {one for one in IDS if world.active(one, plan.type)}
    if isinstance(plan, UnionOf):
        return set().union(*(members(part, world, each) for part in plan.plans))
    if isinstance(plan, Intersect):
        return set.intersection(*(members(part, world, each) for part in plan.plans))
    source = members(plan.source, world, each)
    if isinstance(plan, Follow):
        steps = [(s, o) if plan.direction == "out" else (o, s) for s, name, o in world.edges if name == plan.predicate]
        return {far for near, far in steps if near in source and world.active(far, plan.type)}
    if isinstance(plan, Where):
        compare = COMPARES[plan.comparator]
        return {one for one in source if any(o == one and compare(size, int(plan.value)) for o, size in world.sizes)}
    if isinstance(plan, Having):
        return {one for one in source if holds(plan, len(members(plan.plan, world, one)))}
    return source - members(plan.without, world, each)


def holds(plan: Having, number: int) -> bool:
    return {
        "some": number >= 1,
        "none": number == 0,
        "at_least": number >= plan.number,
        "at_most": number <= plan.number,
        "exactly": number == plan.number,
    }[plan.quantifier]


def distance(world: World, start: str, end: str) -> int | None:
    """Steps between two entities, over entities that are not withdrawn."""
    reached, steps = {start}, 0
    while reached:
        if end in reached:
            return steps
        open_ends = {one for one in reached if one == start or world.active(one, None)}
        near = {o for s, _, o in world.edges if s in open_ends} | {s for s, _, o in world.edges if o in open_ends}
        if near <= reached:
            return None
        reached, steps = reached | near, steps + 1
    return None
