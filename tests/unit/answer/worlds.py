"""Small graphs as plain values, how they are asked by brute force, and how they are put into a store."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from kg.answer.views import Views
from kg.backends.sqlite.store import SqliteStore
from kg.bootstrap import core_ontology
from kg.domain.fact import STATUS, Fact, Literal
from kg.domain.plan import (
    At,
    Diff,
    Each,
    Entities,
    Follow,
    Having,
    Intersect,
    Only,
    Point,
    SetPlan,
    Suppose,
    Top,
    UnionOf,
    Where,
)
from kg.domain.scope import Scope
from tests.builders import Store, TickingClock, entity, load, target
from tests.unit.domain.plans import Names

CORE = core_ontology()
KNOWN = {"op": "follow", "source": {"op": "each"}, "predicate": "knows", "direction": "out"}
KNOWS_NOBODY = {"op": "having", "source": {"op": "each"}, "quantifier": "none", "plan": KNOWN}
KNOWS_SOMEBODY = KNOWS_NOBODY | {"quantifier": "some"}
ONTOLOGY: dict[str, Any] = {
    "ontology": "town",
    "version": "1",
    "keys": {"person": {}, "firm": {}},
    "types": {
        "Party": {"nouns": ["party"]},
        "Person": {"is": "Party", "key": "person", "nouns": ["person"]},
        "Firm": {"is": "Party", "key": "firm", "nouns": ["firm"]},
    },
    "predicates": {
        "knows": {"subject": "Party", "object": "Party", "phrases": ["knows"]},
        "owns": {"subject": "Party", "object": "Party", "phrases": ["owns"]},
        "married": {"subject": "Party", "object": "Party", "symmetric": True},
        "introduces": {"subject": "Party", "object": "Party", "along": ["knows", "^owns"]},
        "reaches": {"subject": "Party", "object": "Party", "along": ["knows"], "repeat": True},
        "size": {"subject": "Party", "value": "number", "phrases": ["has the size"]},
        "sociable": {"subject": "Party", "value": "boolean", "holds": [KNOWS_SOMEBODY], "fails": [KNOWS_NOBODY]},
    },
}
PERSONS = tuple(f"person:p{n}" for n in range(4))
FIRMS = tuple(f"firm:f{n}" for n in range(3))
IDS = (*PERSONS, *FIRMS)
EARLIER, LATER = Point(("people@1",)), Point(("people@2",))
NAMES = Names(
    ("Person", "Firm", "Party"), ("knows", "owns", "married", "introduces"), ("size",), IDS, ("1", "2", "3"),
    (EARLIER, LATER),
)  # fmt: skip
FAMILIES = {"Person": {"Person"}, "Firm": {"Firm"}, "Party": {"Person", "Firm"}}
COMPARES: dict[str, Callable[[int, int], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
Said = tuple[frozenset[tuple[str, str, str]], frozenset[tuple[str, int]]]
"""Edges, and sizes."""


@dataclass(frozen=True)
class World:
    """Seven entities, who of them is withdrawn, what is said between them, and what an earlier version said."""

    withdrawn: frozenset[str]
    edges: frozenset[tuple[str, str, str]]
    sizes: frozenset[tuple[str, int]]
    earlier: Said = (frozenset(), frozenset())
    young: frozenset[str] = frozenset()
    """Not there yet in the earlier version."""
    hidden: frozenset[str] = frozenset()
    """Supposed not to be."""
    is_earlier: bool = False

    def exists(self, one: str) -> bool:
        return one not in self.hidden and not (self.is_earlier and one in self.young)

    def active(self, one: str, type_name: str | None) -> bool:
        return self.exists(one) and one not in self.withdrawn and (type_name is None or of_type(one, type_name))

    def said(self) -> Said:
        edges, sizes = self.earlier if self.is_earlier else (self.edges, self.sizes)
        return edges, frozenset((one, size) for one, size in sizes if self.exists(one))

    def at(self, point: Point) -> World:
        return replace(self, is_earlier=point == EARLIER)

    def without(self, hidden: set[str]) -> World:
        return replace(self, hidden=self.hidden | hidden)

    def steps(self, predicate: str, direction: str) -> set[tuple[str, str]]:
        """Near and far end of everything said of a predicate, recorded or derived, over active far ends."""
        if predicate == "introduces":
            first, then = ("knows", "out"), ("owns", "in")
            if direction == "in":
                first, then = ("owns", "out"), ("knows", "in")
            far = self.steps(*then)
            return {(a, c) for a, b in self.steps(*first) for near, c in far if b == near}
        edges, _ = self.said()
        pairs = {(s, o) if direction == "out" else (o, s) for s, name, o in edges if name == predicate}
        if predicate == "married":
            pairs |= {(b, a) for a, b in pairs}
        return {(near, far) for near, far in pairs if self.exists(near) and self.active(far, None)}

    def facts(self, *, earlier: bool = False) -> list[Fact]:
        edges, sizes = self.earlier if earlier else (self.edges, self.sizes)
        there = [one for one in IDS if not (earlier and one in self.young)]
        said = [fact for one in there for fact in entity(one, "Firm" if one in FIRMS else "Person", name=one[-2:])]
        said += [Fact.of(one, STATUS, Literal("closed")) for one in self.withdrawn if one in there]
        said += [Fact.of(subject, predicate, other) for subject, predicate, other in edges]
        return said + [Fact.of(one, "size", Literal(str(size), "number")) for one, size in sizes]

    def views(self, store: Store | None = None) -> Views:
        """Both versions in a store, the later one current."""
        held = store or SqliteStore(":memory:", CORE, TickingClock())
        for version in ("1", "2"):
            into = target(version=version, current=version, ontology=json.dumps(ONTOLOGY))
            load(held, into, self.facts(earlier=version == "1"))
        return Views(held.view(Scope()), held.view)

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


def of_type(one: str, type_name: str) -> bool:
    return ("Firm" if one in FIRMS else "Person") in FAMILIES[type_name]


def worlds() -> st.SearchStrategy[World]:
    names = st.sampled_from(["knows", "owns", "married"])
    edges = st.frozensets(st.tuples(st.sampled_from(IDS), names, st.sampled_from(IDS)), max_size=20)
    sizes = st.frozensets(st.tuples(st.sampled_from(IDS), st.integers(1, 3)), max_size=6)
    few = st.frozensets(st.sampled_from(IDS), max_size=2)
    return st.builds(World, few, edges, sizes, st.tuples(edges, sizes), few)


def members(plan: SetPlan, world: World, each: str | None = None) -> set[str]:  # noqa: C901, PLR0911, PLR0912 (one an operator)
    """The set, found by trying every entity."""
    if isinstance(plan, Each):
        return {each} if each is not None and world.exists(each) else set()
    if isinstance(plan, Entities):
        if plan.withdrawn:
            return {one for one in world.withdrawn if world.exists(one) and of_type(one, plan.type or "Party")}
        ids = plan.ids or [one for one in IDS if world.active(one, plan.type)]
        return {one for one in ids if world.exists(one)}
    if isinstance(plan, UnionOf):
        return set().union(*(members(part, world, each) for part in plan.plans))
    if isinstance(plan, Intersect):
        return set.intersection(*(members(part, world, each) for part in plan.plans))
    if isinstance(plan, At):
        return members(plan.source, world.at(plan.point), each)
    if isinstance(plan, Diff):
        before, after = (members(plan.source, world.at(point), each) for point in (plan.before, plan.after))
        return {"added": after - before, "removed": before - after, "kept": after & before}[plan.change]
    if isinstance(plan, Suppose):
        return members(plan.source, supposed(plan, world), each)
    source = members(plan.source, world, each)
    if isinstance(plan, Follow):
        return followed(plan, source, world)
    if isinstance(plan, Where):
        return {one for one in source if compares(plan, [size for o, size in world.said()[1] if o == one])}
    if isinstance(plan, Having):
        wanted = members(plan.of, world, each) if plan.of is not None else set()
        return {one for one in source if holds(plan, members(plan.plan, world, one), wanted)}
    if isinstance(plan, Only):
        within = members(plan.within, world, each)
        return {one for one in source if (found := members(plan.plan, world, one)) and found <= within}
    if isinstance(plan, Top):
        return set(ranked(plan, source, world))
    return source - members(plan.without, world, each)


def supposed(plan: Suppose, world: World) -> World:
    if plan.without is not None:
        return world.without(members(plan.without, world))
    stay = members(plan.only, world) if plan.only is not None else set()
    types = {"Firm" if one in FIRMS else "Person" for one in stay}
    return world.without({one for one in IDS if one not in stay and any(of_type(one, name) for name in types)})


def followed(plan: Follow, source: set[str], world: World) -> set[str]:
    steps = world.steps(plan.predicate, plan.direction)
    found = {far for near, far in steps if near in source}
    if plan.repeat:
        while more := {far for near, far in steps if near in found} - found:
            found |= more
        found -= source
    return {far for far in found if world.active(far, plan.type)}


def compares(plan: Where, sizes: list[int]) -> bool:
    if plan.comparator in ("known", "unknown"):
        return bool(sizes) == (plan.comparator == "known")
    if plan.comparator == "between":
        return any(int(plan.value) <= size <= int(plan.upper) for size in sizes)
    return any(COMPARES[plan.comparator](size, int(plan.value)) for size in sizes)


def holds(plan: Having, found: set[str], wanted: set[str]) -> bool:
    number = len(found)
    return {
        "some": number >= 1,
        "none": number == 0,
        "at_least": number >= plan.number,
        "at_most": number <= plan.number,
        "exactly": number == plan.number,
        "every": bool(wanted) and wanted <= found,
    }[plan.quantifier]


def ranked(plan: Top, source: set[str], world: World) -> dict[str, int]:
    """The first so many and their ties, with what ranks them."""
    if plan.by is not None:
        scores = {one: len(members(plan.by, world, one)) for one in source}
        if plan.order == "most":
            scores = {one: score for one, score in scores.items() if score > 0}
    else:
        best = max if plan.order == "most" else min
        held = {one: [size for o, size in world.said()[1] if o == one] for one in source}
        scores = {one: best(sizes) for one, sizes in held.items() if sizes}
    ordered = sorted(scores.values(), reverse=plan.order == "most")
    worst = ordered[min(plan.number, len(ordered)) - 1] if ordered else 0
    return {one: s for one, s in scores.items() if (s >= worst if plan.order == "most" else s <= worst)}


def distance(world: World, start: str, end: str) -> int | None:
    """Steps between two entities, over entities that are not withdrawn."""
    edges, _ = world.said()
    reached, steps = {start}, 0
    while reached:
        if end in reached:
            return steps
        open_ends = {one for one in reached if one == start or world.active(one, None)}
        near = {o for s, _, o in edges if s in open_ends} | {s for s, _, o in edges if o in open_ends}
        if near <= reached:
            return None
        reached, steps = reached | near, steps + 1
    return None
