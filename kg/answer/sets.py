"""Set expressions to members with witnesses, set-at-a-time: one read a step, never one an entity."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, cast

from kg.answer.literals import holds
from kg.answer.seeds import among, seeds, wide
from kg.answer.steps import MAX_READ, Book, Reader, TooMuchRead, join, order
from kg.answer.suppose import SupposedView
from kg.answer.views import Views
from kg.domain.fact import TYPE, EntityId, Fact, FactId, Literal
from kg.domain.ontology import ANY, Predicate
from kg.domain.plan import (
    At,
    Diff,
    Each,
    Entities,
    Follow,
    Having,
    Intersect,
    Minus,
    Only,
    Point,
    SetPlan,
    Suppose,
    Top,
    UnionOf,
    Where,
    uses_each,
)
from kg.domain.plan_json import plan_of
from kg.domain.result import HERE
from kg.errors import PlanInvalid

Origin = EntityId | None
"""The row at hand that a member belongs to; ``None`` outside of what binds ``each``."""
Members = dict[tuple[Origin, EntityId], tuple[FactId, ...]]
Rows = dict[EntityId, EntityId]
"""Rows at hand, each by itself."""


@dataclass
class Sets:
    """Runs set expressions at one point. What does not depend on the row at hand is run once."""

    views: Views
    reader: Reader
    done: dict[SetPlan, Members] = field(default_factory=dict)
    elsewhere: dict[Any, Sets] = field(default_factory=dict)

    @property
    def book(self) -> Book:
        return self.reader.book

    def run(self, plan: SetPlan, each: Rows | None = None) -> Members:
        """Members of the set, for each of the rows at hand if the plan speaks of them."""
        if uses_each(plan):
            return self._apply(plan, each or {})
        if plan not in self.done:
            self.done[plan] = self._apply(plan, {})
        return self.done[plan]

    def ids(self, plan: SetPlan) -> list[EntityId]:
        """Members in order."""
        return sorted({entity for _, entity in self.run(plan)}, key=order)

    def asked(self, plan: SetPlan) -> Members:
        """Members of the set that is asked for, each with a witness."""
        return self.declared(self.run(plan))

    def declared(self, found: Members) -> Members:
        """Members of which nothing else is needed (of a whole type, or what lacks something) stand on their type."""
        said = {
            entity: Fact.of(entity, TYPE, Literal(self.book.entities[entity].type))
            for (_, entity), witness in found.items()
            if not witness
        }
        self.reader.keep(said.values())
        return {key: witness or (said[key[1]].id,) for key, witness in found.items()}

    def for_each(
        self, plan: SetPlan, rows: Iterable[EntityId]
    ) -> dict[EntityId, list[tuple[EntityId, tuple[FactId, ...]]]]:
        """What a plan over ``each`` finds for each row, in order."""
        groups: dict[EntityId, list[tuple[EntityId, tuple[FactId, ...]]]] = {}
        for (origin, entity), witness in self.run(plan, {row: row for row in rows}).items():
            if origin is not None:
                groups.setdefault(origin, []).append((entity, witness))
        return {row: sorted(found, key=lambda pair: order(pair[0])) for row, found in groups.items()}

    def finding(self, source: SetPlan, plan: SetPlan, ends: SetPlan | None = None, each: Rows | None = None) -> Members:
        """Members of the source, perhaps less such for which the sub-plan finds nothing (in ``ends``)."""
        if each or source in self.done or not wide(source):
            return self.run(source, each)
        rows = seeds(plan, ends, self)
        if rows is None:
            return self.run(source)
        self.reader.meet(rows)
        kept = among(source, tuple(sorted(one for one in rows if self.reader.active(one, None))), self.reader)
        return {} if kept is None else self._apply(kept, {})

    def _apply(self, plan: SetPlan, each: Rows) -> Members:
        return self._HANDLERS[type(plan)](self, plan, each)

    # --- leaves and steps ---

    def _each(self, _: Each, each: Rows) -> Members:
        self.reader.meet(each)
        return {(row, row): () for row in each if row in self.reader.entities}

    def _entities(self, plan: Entities, _: Rows) -> Members:
        reader = self.reader
        if plan.ids:
            reader.meet(plan.ids)
            reader.tell_withdrawn(plan.ids)
            if self.reader.point == HERE and (unknown := [one for one in plan.ids if one not in reader.entities]):
                if isinstance(reader.view, SupposedView):
                    return {(None, reader.entities[one].id): () for one in plan.ids if one in reader.entities}
                raise PlanInvalid(f"no entity {unknown[0]!r} in this scope")
            # A named entity may be withdrawn: the question speaks of it.
            return {(None, reader.entities[one].id): () for one in plan.ids if one in reader.entities}
        ids = reader.scan(plan.type or ANY)
        if plan.withdrawn:
            return {
                (None, one): () for one in ids if one in reader.entities and reader.entities[one].status is not None
            }
        return {(None, one): () for one in ids if reader.active(one, plan.type)}

    def _follow(self, plan: Follow, each: Rows) -> Members:
        source = self.run(plan.source, each)
        nears = {entity for _, entity in source}
        reached = self.reader.reach(nears, plan.predicate, plan.direction, repeat=plan.repeat)
        repeated = plan.repeat or self.reader.ontology.predicates[plan.predicate].repeat
        found: Members = {}
        for (origin, near), witness in source.items():
            for far, facts in reached.get(near, ()):
                if self.reader.active(far, plan.type) and not (repeated and (origin, far) in source):
                    key = (origin, far)
                    found[key] = join(found.get(key, ()), witness, facts)
            if len(found) > MAX_READ:
                raise TooMuchRead(f"it would put together more than {MAX_READ:,} pairs: ask for something narrower")
        if not found and source and not each:
            self._nothing(plan, nears)
        return found

    def _nothing(self, plan: Follow, nears: set[EntityId]) -> None:
        self.reader.absent(sorted(nears, key=order), replace(plan, source=Each()))

    # --- conditions ---

    def _where(self, plan: Where, each: Rows) -> Members:
        source = self.run(plan.source, each)
        spec = self.reader.ontology.predicates[plan.predicate]
        if spec.holds:
            return self._judged(plan, spec, source)
        ids = {entity for _, entity in source}
        holding = holds(plan, spec, ids, self.reader)
        if plan.comparator == "unknown":
            kept = {key: witness for key, witness in source.items() if key[1] not in holding}
            if kept and not each:
                rows = sorted({entity for _, entity in kept}, key=order)
                self.reader.absent(rows, Where(Each(), plan.predicate, "known"))
            return kept
        return {key: join(w, holding[key[1]]) for key, w in source.items() if key[1] in holding}

    def _judged(self, plan: Where, spec: Predicate, source: Members) -> Members:
        """A derived predicate that holds where one of its plans finds something; unknown where none finds anything."""
        true = (plan.value.casefold() == "true") == (plan.comparator == "=") or plan.comparator == "known"
        wanted = (*spec.holds, *spec.fails) if plan.comparator == "unknown" else spec.holds if true else spec.fails
        rows = sorted({entity for _, entity in source})
        found: dict[EntityId, tuple[FactId, ...]] = {}
        for text in wanted:
            for row, members in self.for_each(plan_of(text), rows).items():
                found[row] = join(found.get(row, ()), *(witness for _, witness in members))
        if plan.comparator == "unknown":
            return {key: witness for key, witness in source.items() if key[1] not in found}
        return {key: join(witness, found[key[1]]) for key, witness in source.items() if key[1] in found}

    def _having(self, plan: Having, each: Rows) -> Members:
        some = plan.quantifier in ("some", "every") or (plan.quantifier in ("at_least", "exactly") and plan.number > 0)
        source = self.finding(plan.source, plan.plan, plan.of, each) if some else self.run(plan.source, each)
        groups = self.for_each(plan.plan, {entity for _, entity in source})
        wanted = set(self.ids(plan.of)) if plan.of is not None else set()
        kept: Members = {}
        for (origin, entity), witness in source.items():
            reached = groups.get(entity, [])
            if plan.quantifier == "every":
                reached = [pair for pair in reached if pair[0] in wanted]
            if _holds(plan, len(reached), len(wanted)):
                kept[origin, entity] = join(witness, *(w for _, w in _shown(plan, reached)))
        if lacking := {entity for _, entity in kept if not groups.get(entity)}:
            self.reader.absent(sorted(lacking, key=order), plan.plan)
        return kept

    def _only(self, plan: Only, each: Rows) -> Members:
        source = self.finding(plan.source, plan.plan, plan.within, each)
        groups = self.for_each(plan.plan, {entity for _, entity in source})
        within = {entity for _, entity in self.run(plan.within)}
        kept: Members = {}
        for (origin, entity), witness in source.items():
            reached = groups.get(entity, [])
            if reached and all(end in within for end, _ in reached):
                kept[origin, entity] = join(witness, *(w for _, w in reached))
        if kept:
            rows = sorted({entity for _, entity in kept}, key=order)
            self.reader.absent(rows, Minus(plan.plan, plan.within))
        return kept

    # --- sets of sets ---

    def _union(self, plan: UnionOf, each: Rows) -> Members:
        found: Members = {}
        for part in plan.plans:
            for key, witness in self.run(part, each).items():
                found[key] = join(found.get(key, ()), witness)
        return found

    def _intersect(self, plan: Intersect, each: Rows) -> Members:
        """Members of all parts; a part without origins (one that does not use ``each``) counts for every origin."""
        parts = [self.run(part, each) for part in plan.plans if not wide(part)]
        if any(not part for part in parts):
            return {}
        for wide_one in (part for part in plan.plans if wide(part)):
            parts.append(self._wide_part(wide_one, parts))
        if any(not part for part in parts):
            return {}
        tied: list[Members] = []
        loose: list[Members] = []
        for part in parts:
            (tied if any(origin is not None for origin, _ in part) else loose).append(part)
        found, *rest = tied or loose
        for other in rest:
            found = {key: join(witness, other[key]) for key, witness in found.items() if key in other}
        for other in loose if tied else ():
            found = {(o, e): join(w, other[None, e]) for (o, e), w in found.items() if (None, e) in other}
        return found

    def _wide_part(self, part: SetPlan, beside: list[Members]) -> Members:
        """Of a wide part, what the other parts have: it is not looked for among everything."""
        if not beside or part in self.done:
            return self.run(part)
        ids = set.intersection(*({entity for _, entity in members} for members in beside))
        self.reader.meet(ids)
        kept = among(part, tuple(sorted(one for one in ids if self.reader.active(one, None))), self.reader)
        return {} if kept is None else self._apply(kept, {})

    def _minus(self, plan: Minus, each: Rows) -> Members:
        found, without = self.run(plan.source, each), self.run(plan.without, each)
        loose = {entity for origin, entity in without if origin is None}
        kept = {key: witness for key, witness in found.items() if key not in without and key[1] not in loose}
        if kept and not each:
            rows = sorted({entity for _, entity in kept}, key=order)
            self.reader.absent(rows, plan.without, among=True)
        return kept

    def _top(self, plan: Top, each: Rows) -> Members:
        some = plan.by is not None and plan.order == "most"
        source = self.finding(plan.source, plan.by, each=each) if some and plan.by else self.run(plan.source, each)
        kept: Members = {}
        by_origin: dict[Origin, dict[EntityId, tuple[FactId, ...]]] = {}
        for (origin, entity), witness in source.items():
            by_origin.setdefault(origin, {})[entity] = witness
        for origin, witnesses in by_origin.items():
            for entity, _, facts in self.ranked(list(witnesses), plan):
                kept[origin, entity] = join(witnesses[entity], facts)
        return kept

    def ranked(self, ids: list[EntityId], plan: Top) -> list[tuple[EntityId, int | float | str, tuple[FactId, ...]]]:
        """The first so many and their ties, each with what ranks it and the facts behind that."""
        scored: list[tuple[Any, EntityId, int | float | str, tuple[FactId, ...]]] = []
        if plan.by is not None:
            groups = self.for_each(plan.by, ids)
            for entity in ids:
                reached = groups.get(entity, [])
                if reached or plan.order == "fewest":
                    facts = join(*(witness for _, witness in reached))
                    scored.append((len(reached), entity, len(reached), facts))
        elif plan.value is not None:
            scored = list(self._scored_by_value(ids, plan.value, plan.order))
        sign = -1 if plan.order == "most" else 1
        numbers = isinstance(scored[0][0], int | float) if scored else True
        if numbers:
            scored.sort(key=lambda item: (sign * item[0], order(item[1])))
        else:
            scored.sort(key=lambda item: order(item[1]))
            scored.sort(key=lambda item: item[0], reverse=sign < 0)
        last = scored[plan.number - 1][0] if len(scored) > plan.number else None
        return [
            (entity, value, facts)
            for i, (score, entity, value, facts) in enumerate(scored)
            if i < plan.number or score == last
        ]

    def _scored_by_value(
        self, ids: list[EntityId], predicate: str, best: str
    ) -> Iterator[tuple[Any, EntityId, int | float | str, tuple[FactId, ...]]]:
        """An entity with several values stands by the best of them."""
        numeric = self.reader.ontology.predicates[predicate].value == "number"
        held: dict[EntityId, list[tuple[Any, Fact]]] = {}
        for fact in self.reader.facts(set(ids), predicate, "out"):
            if isinstance(fact.object, Literal):
                value = float(fact.object.value) if numeric else fact.object.value
                held.setdefault(fact.subject, []).append((value, fact))
        pick = max if best == "most" else min
        for entity, values in held.items():
            score, fact = pick(values, key=lambda pair: pair[0])
            self.reader.keep([fact])
            shown = int(score) if numeric and score == int(score) else score
            yield score, entity, shown, (fact.id,)

    # --- elsewhere ---

    def _at(self, plan: At, each: Rows) -> Members:
        there = self.at(plan.point)
        return there.declared(there.run(plan.source, each))

    def at(self, point: Point) -> Sets:
        """The same at another point."""
        if point not in self.elsewhere:
            view = self.views.at(point)
            reader = Reader(view, self.reader.ontology, self.book, point, supposed=self.reader.supposed)
            self.elsewhere[point] = Sets(self.views, reader)
        return self.elsewhere[point]

    def _diff(self, plan: Diff, each: Rows) -> Members:
        before, after = (self.at(point) if point != HERE else self for point in (plan.before, plan.after))
        old, new = before.run(plan.source, each), after.run(plan.source, each)
        if plan.change == "kept":
            had = before.declared({key: witness for key, witness in old.items() if key in new})
            has = after.declared({key: witness for key, witness in new.items() if key in old})
            return {key: join(witness, had[key]) for key, witness in has.items()}
        had, has, holding, lacking = (old, new, after, before) if plan.change == "added" else (new, old, before, after)
        kept = holding.declared({key: witness for key, witness in has.items() if key not in had})
        if kept:
            rows = sorted({entity for _, entity in kept}, key=order)
            lacking.reader.absent(rows, plan.source, among=True)
            lacking.reader.meet(rows)
            lacking.reader.tell_withdrawn(rows)
        return kept

    def _suppose(self, plan: Suppose, each: Rows) -> Members:
        return self.supposing(plan).run(plan.source, each)

    def supposing(self, plan: Suppose) -> Sets:
        """The same in the world that a plan supposes."""
        key = (plan.without, plan.only)
        if key not in self.elsewhere:
            named = frozenset(self.ids(plan.without if plan.without is not None else cast("SetPlan", plan.only)))
            types = frozenset(self.book.entities[one].type for one in named) if plan.only is not None else frozenset()
            reader = Reader(
                SupposedView(self.reader.view, named, types),
                self.reader.ontology,
                self.book,
                self.reader.point,
                supposed=(*self.reader.supposed, plan),
            )
            views = self.views.seen_through(lambda view: SupposedView(view, named, types))
            self.elsewhere[key] = Sets(views, reader)
        return self.elsewhere[key]

    _HANDLERS: ClassVar[dict[type, Callable[..., Members]]] = {
        Each: _each,
        Entities: _entities,
        Follow: _follow,
        Where: _where,
        Having: _having,
        Only: _only,
        UnionOf: _union,
        Intersect: _intersect,
        Minus: _minus,
        Top: _top,
        At: _at,
        Diff: _diff,
        Suppose: _suppose,
    }


def _holds(plan: Having, number: int, of: int) -> bool:
    return {
        "some": number > 0,
        "none": number == 0,
        "at_least": number >= plan.number,
        "at_most": number <= plan.number,
        "exactly": number == plan.number,
        "every": number == of > 0,
    }[plan.quantifier]


def _shown(
    plan: Having, reached: list[tuple[EntityId, tuple[FactId, ...]]]
) -> list[tuple[EntityId, tuple[FactId, ...]]]:
    """How much of what was found is told: as much as makes the row true."""
    if plan.quantifier == "some":
        return reached[:1]
    return reached[: plan.number] if plan.quantifier == "at_least" else reached
