"""Plan to rows with witnesses, set-at-a-time through the View: one read per step, never one per entity."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from kg.answer.fit import compares, validate
from kg.answer.graph import shortest_paths
from kg.domain.fact import TYPE, Entity, EntityId, Fact, FactId, Literal
from kg.domain.ontology import Direction, Ontology
from kg.domain.plan import (
    Count,
    Each,
    Entities,
    Follow,
    Having,
    Intersect,
    Paths,
    Plan,
    Rank,
    SetPlan,
    UnionOf,
    Where,
    children,
    walk,
)
from kg.domain.result import Absence, Result, Row
from kg.domain.words import natural
from kg.errors import PlanInvalid
from kg.ports.store import GraphView

MAX_SET = 50_000
"""Entities in one set of a plan; more is cut and said."""
MAX_EACH = 5_000
"""Facts of one predicate followed from one entity; more is cut and said."""

MAX_READ = 200_000
"""Facts read for one plan: a few seconds. A question that needs more is asked too widely to be answered at once."""


class TooMuchRead(Exception):
    """The plan would read more than MAX_READ facts."""


Origin = EntityId | None
"""The row of an enclosing ``having`` or ``rank`` that a member belongs to; ``None`` outside."""
Members = dict[tuple[Origin, EntityId], tuple[FactId, ...]]


@dataclass
class _State:
    """What execution has read so far; every entity and fact is read once."""

    view: GraphView
    ontology: Ontology
    entities: dict[EntityId, Entity] = field(default_factory=dict)
    unknown: set[EntityId] = field(default_factory=set)
    facts: dict[FactId, Fact] = field(default_factory=dict)
    absences: list[Absence] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    done: dict[SetPlan, Members] = field(default_factory=dict)
    read: int = 0

    def meet(self, ids: Collection[EntityId]) -> None:
        """Read the entities not met yet."""
        new = set(ids) - set(self.entities) - self.unknown
        if new:
            found = self.view.entities(new)
            self.entities |= found
            self.unknown |= new - set(found)

    def active(self, entity: EntityId, type_name: str | None) -> bool:
        """Whether the entity is visible, not withdrawn and of the type."""
        met = self.entities.get(entity)
        return (
            met is not None
            and met.status is None
            and (type_name is None or met.type in self.ontology.family(type_name))
        )


def execute(plan: Plan, view: GraphView, met: Mapping[EntityId, Entity] | None = None) -> Result:
    """Run the plan; entities already ``met`` are not read again.

    Raises PlanInvalid when the plan does not fit the ontology.
    """
    ontology = view.ontology()
    validate(plan, ontology)
    state = _State(view, ontology, dict(met or {}))
    if isinstance(plan, Count):
        return _count(plan, state)
    if isinstance(plan, Rank):
        return _rank(plan, state)
    if isinstance(plan, Paths):
        return _paths(plan, state)
    rows = _rows(_members(plan, state))
    if not rows:
        _nothing(plan, state)
    return _result(state, "list", rows)


# --- operators on top -----------------------------------------------------------------------------------------


def _count(plan: Count, state: _State) -> Result:
    rows = _rows(_members(plan.source, state))
    of = None if plan.of is None else len({entity for _, entity in _run(plan.of, state, {})})
    if not rows:
        _nothing(plan.source, state)
    return replace(_result(state, "count", rows), value=len(rows), of=of)


def _rank(plan: Rank, state: _State) -> Result:
    source = _run(plan.source, state, {})
    found = _run(plan.by, state, {entity: entity for _, entity in source})
    groups = _by_origin(found)
    scored = sorted(
        ((len(groups.get(entity, ())), entity) for _, entity in source),
        key=lambda pair: (-pair[0] if plan.order == "most" else pair[0], _order(pair[1])),
    )
    scored = [pair for pair in scored if pair[0] > 0 or plan.order == "fewest"]
    if len(scored) > plan.top:
        last = scored[plan.top - 1][0]
        scored = [pair for i, pair in enumerate(scored) if i < plan.top or pair[0] == last]
    rows = tuple(
        Row(
            entity,
            _join(source[None, entity], *(witness for _, witness in sorted(groups.get(entity, ())))),
            value,
        )
        for value, entity in scored
    )
    if without := tuple(row.entity for row in rows if not row.value):
        state.absences.append(Absence("", "out", without, state.read, plan.by))
    elif not rows:
        _nothing(plan.by, state)
    return replace(_result(state, "ranking", rows), value=rows[0].value if rows else None)


def _paths(plan: Paths, state: _State) -> Result:
    starts = {entity for _, entity in _run(plan.start, state, {})}
    ends = {entity for _, entity in _run(plan.end, state, {})}
    facts: dict[FactId, Fact] = {}
    reached, frontier = set(starts), set(starts)
    for _ in range(plan.max_hops):
        if not frontier or reached & ends - starts:
            break
        step: set[EntityId] = set()
        for direction in ("out", "in"):
            expansion = state.view.follow(frontier, (), direction, MAX_EACH)
            state.entities |= expansion.entities
            _note_cut(state, expansion.cut, "facts")
            for fact in expansion.facts:
                pair = {fact.subject, fact.target or ""}
                if all(end in starts or end in ends or state.active(end, None) for end in pair):
                    facts[fact.id] = fact
                    step |= pair
        frontier = {e for e in step - reached if state.active(e, None)}
        reached |= frontier
        if len(reached) > MAX_SET:
            state.cut.append(f"more than {MAX_SET:,} entities within reach: farther ones were not looked at")
            break
    chains, more = shortest_paths(facts.values(), starts, ends, plan.max_hops)
    if more:
        state.cut.append(f"there are more chains as short as these {len(chains)}")
    state.facts |= {fact: facts[fact] for chain in chains for fact in chain.facts}
    return replace(_result(state, "path", ()), paths=chains, value=len(chains[0].facts) if chains else None)


def _result(state: _State, kind: str, rows: tuple[Row, ...]) -> Result:
    used = {fact for row in rows for fact in row.witness} | set(state.facts if kind == "path" else ())
    return Result(
        type=kind,  # type: ignore[arg-type]
        rows=rows,
        facts={fact: state.facts[fact] for fact in sorted(used)},
        entities=state.entities,
        absences=tuple(state.absences),
        cut=tuple(dict.fromkeys(state.cut)),
    )


def _rows(members: Members) -> tuple[Row, ...]:
    return tuple(
        Row(entity, witness) for (_, entity), witness in sorted(members.items(), key=lambda item: _order(item[0][1]))
    )


def _nothing(plan: SetPlan, state: _State) -> None:
    """An empty answer says what was searched."""
    if not state.absences:
        state.absences.append(Absence("", "out", (), state.read, plan))


def _members(plan: SetPlan, state: _State) -> Members:
    """Members of the set that is asked for. Where it is a whole type, what makes them members is their type."""
    found = _run(plan, state, {})
    if not isinstance(plan, Entities) or plan.type is None:
        return found
    said = {entity: Fact.of(entity, TYPE, Literal(state.entities[entity].type)) for _, entity in found}
    state.facts |= {fact.id: fact for fact in said.values()}
    return {(origin, entity): (said[entity].id,) for origin, entity in found}


# --- set expressions --------------------------------------------------------------------------------------------


def _run(plan: SetPlan, state: _State, each: dict[EntityId, EntityId]) -> Members:
    """Members of the set. What does not depend on the row at hand is run once, however often it stands in the plan."""
    if any(isinstance(part, Each) for part in walk(plan)):
        return _apply(plan, state, each)
    if plan not in state.done:
        state.done[plan] = _apply(plan, state, {})
    return state.done[plan]


def _apply(plan: SetPlan, state: _State, each: dict[EntityId, EntityId]) -> Members:  # noqa: PLR0911
    if isinstance(plan, Each):
        return {(origin, origin): () for origin in each}
    if isinstance(plan, Entities):
        return _entities(plan, state)
    if isinstance(plan, Follow):
        return _follow(plan, state, each)
    if isinstance(plan, Where):
        return _where(plan, state, each)
    if isinstance(plan, Having):
        return _having(plan, state, each)
    if isinstance(plan, UnionOf):
        return _union([_run(part, state, each) for part in plan.plans])
    if isinstance(plan, Intersect):
        return _intersect([_run(part, state, each) for part in plan.plans])
    found, without = _run(plan.source, state, each), _run(plan.without, state, each)
    gone = _spread(found, without)
    return {key: witness for key, witness in found.items() if key not in gone}


def _entities(plan: Entities, state: _State) -> Members:
    if plan.ids:
        state.meet(plan.ids)
        if unknown := [entity for entity in plan.ids if entity not in state.entities]:
            raise PlanInvalid(f"no entity {unknown[0]!r} in this scope")
        # A named entity may be withdrawn: the question speaks of it.
        return {(None, entity): () for entity in plan.ids}
    listing = state.view.scan(state.ontology.family(plan.type or ""), MAX_SET)
    if listing.cut:
        state.cut.append(f"more than {MAX_SET:,} entities of {plan.type}: the rest was not looked at")
    state.meet(listing.ids)
    return {(None, entity): () for entity in listing.ids if state.active(entity, plan.type)}


def _follow(plan: Follow, state: _State, each: dict[EntityId, EntityId]) -> Members:
    source = _run(plan.source, state, each)
    facts = _step({entity for _, entity in source}, plan.predicate, plan.direction, state)
    by_near: dict[EntityId, list[Fact]] = {}
    for fact in facts:
        if state.active(_far(fact, plan.direction), plan.type):
            by_near.setdefault(_near(fact, plan.direction), []).append(fact)
    found: Members = {}
    for (origin, near), witness in source.items():
        for fact in by_near.get(near, ()):
            state.facts[fact.id] = fact
            key = (origin, _far(fact, plan.direction))
            found[key] = _join(found.get(key, ()), witness, (fact.id,))
    if not found and source and not each:
        nears = tuple(sorted({entity for _, entity in source}, key=_order))
        state.absences.append(Absence(plan.predicate, plan.direction, nears, len(facts)))
    return found


def _where(plan: Where, state: _State, each: dict[EntityId, EntityId]) -> Members:
    source = _run(plan.source, state, each)
    facts = _step({entity for _, entity in source}, plan.predicate, "out", state)
    datatype = state.ontology.predicates[plan.predicate].value or "text"
    holding: dict[EntityId, list[FactId]] = {}
    for fact in facts:
        if not isinstance(fact.object, str) and compares(fact.object.value, plan, datatype):
            state.facts[fact.id] = fact
            holding.setdefault(fact.subject, []).append(fact.id)
    return {key: _join(w, tuple(holding[key[1]])) for key, w in source.items() if key[1] in holding}


def _having(plan: Having, state: _State, each: dict[EntityId, EntityId]) -> Members:
    source = _run(plan.source, state, each)
    before = state.read
    found = _run(plan.plan, state, {entity: entity for _, entity in source})
    groups = _by_origin(found)
    kept: Members = {}
    for (origin, entity), witness in source.items():
        reached = sorted(groups.get(entity, ()))
        if _holds(plan, len(reached)):
            shown = reached[: plan.number if plan.quantifier in ("at_least", "exactly") else 1]
            if plan.quantifier in ("none", "at_most"):
                shown = reached
            kept[origin, entity] = _join(witness, *(w for _, w in shown))
    if (step := _searched(plan.plan)) is not None:
        empty = tuple(sorted({entity for _, entity in kept if not groups.get(entity)}, key=_order))
        if empty:
            state.absences.append(Absence(step.predicate, step.direction, empty, state.read - before, plan.plan))
    return kept


def _holds(plan: Having, number: int) -> bool:
    return {
        "some": number > 0,
        "none": number == 0,
        "at_least": number >= plan.number,
        "at_most": number <= plan.number,
        "exactly": number == plan.number,
    }[plan.quantifier]


def _searched(plan: SetPlan) -> Follow | None:
    """The step from the row at hand that a sub-plan takes first."""
    if isinstance(plan, Follow) and isinstance(plan.source, Each):
        return plan
    return next((found for child in children(plan) if (found := _searched(child)) is not None), None)


def _order(entity: EntityId) -> tuple[tuple[tuple[int, int, str], ...], EntityId]:
    return natural(entity.partition(":")[2]), entity


# --- helpers -------------------------------------------------------------------------------------------------------


def _step(ids: set[EntityId], predicate: str, direction: Direction, state: _State) -> tuple[Fact, ...]:
    if not ids:
        return ()
    expansion = state.view.follow(ids, (predicate,), direction, MAX_EACH)
    state.read += len(expansion.facts)
    if state.read > MAX_READ:
        raise TooMuchRead(f"it would read more than {MAX_READ:,} facts: ask for something narrower")
    state.entities |= expansion.entities
    _note_cut(state, expansion.cut, predicate)
    return expansion.facts


def _note_cut(state: _State, cut: tuple[EntityId, ...], what: str) -> None:
    for entity in cut:
        state.cut.append(f"{entity} has more than {MAX_EACH:,} {what}: the rest was not looked at")


def _by_origin(found: Members) -> dict[EntityId, list[tuple[EntityId, tuple[FactId, ...]]]]:
    """What a sub-plan found, for each row at hand."""
    groups: dict[EntityId, list[tuple[EntityId, tuple[FactId, ...]]]] = {}
    for (origin, entity), witness in found.items():
        if origin is not None:
            groups.setdefault(origin, []).append((entity, witness))
    return groups


def _near(fact: Fact, direction: Direction) -> EntityId:
    return fact.subject if direction == "out" else str(fact.object)


def _far(fact: Fact, direction: Direction) -> EntityId:
    return str(fact.object) if direction == "out" else fact.subject


def _union(parts: list[Members]) -> Members:
    found: Members = {}
    for part in parts:
        for key, witness in part.items():
            found[key] = _join(found.get(key, ()), witness)
    return found


def _intersect(parts: list[Members]) -> Members:
    """Members of all parts; a part without origins (one that does not use ``each``) counts for every origin."""
    if any(not part for part in parts):
        return {}
    tied: list[Members] = []
    loose: list[Members] = []
    for part in parts:
        (tied if any(origin is not None for origin, _ in part) else loose).append(part)
    found, *rest = tied or loose
    for other in rest:
        found = {key: _join(witness, other[key]) for key, witness in found.items() if key in other}
    for other in loose if tied else ():
        found = {(o, e): _join(w, other[None, e]) for (o, e), w in found.items() if (None, e) in other}
    return found


def _spread(found: Members, without: Members) -> set[tuple[Origin, EntityId]]:
    loose = {entity for origin, entity in without if origin is None}
    return {key for key in found if key in without or key[1] in loose}


def _join(*witnesses: Iterable[FactId]) -> tuple[FactId, ...]:
    return tuple(dict.fromkeys(fact for witness in witnesses for fact in witness))
