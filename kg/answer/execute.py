"""Plan to rows with witnesses: what is asked of sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from kg.answer.chains import chains
from kg.answer.cover import Choice, cover
from kg.answer.decide import decide
from kg.answer.fit import validate
from kg.answer.quoted import passages
from kg.answer.sets import Members, Sets
from kg.answer.steps import MAX_EACH, MAX_SET, Book, Reader, TooMuchRead, join, order
from kg.answer.views import Views
from kg.domain.fact import Entity, EntityId, FactId, Literal
from kg.domain.ontology import Ontology
from kg.domain.plan import (
    Compare,
    Count,
    Cover,
    Decide,
    Diff,
    Each,
    Entities,
    Follow,
    Group,
    Pairs,
    Passages,
    Paths,
    Plan,
    Rank,
    SetPlan,
    Test,
    Top,
    Value,
    Where,
    as_set,
)
from kg.domain.plan_json import plan_of
from kg.domain.result import HERE, Result, Row
from kg.domain.words import natural

MAX_PAIRS = 10_000
"""Rows of pairs: more is no answer that anybody reads."""

__all__ = ["MAX_EACH", "MAX_SET", "TooMuchRead", "execute"]


def execute(plan: Plan, views: Views, met: Mapping[EntityId, Entity] | None = None) -> Result:
    """Run the plan; entities already ``met`` are not read again.

    Raises PlanInvalid when the plan does not fit the ontology, TooMuchRead and DecisionInputMissing.
    """
    ontology = views.own.ontology()
    validate(plan, ontology)
    book = Book(entities=dict(met or {}))
    sets = Sets(views, Reader(views.own, ontology, book, entities=dict(met or {})))
    run = _ASKED.get(type(plan))
    if run is not None:
        return run(plan, sets)
    if isinstance(plan, Diff) and plan.change == "both":
        return _both(plan, sets)
    rows = _rows(sets.asked(as_set(plan)))
    if not rows:
        _nothing(as_set(plan), sets)
    found = sets.book.result("list", rows)
    return (
        replace(found, type="conflict", sides=tuple(row.witness for row in rows))
        if _disputed(plan, rows, ontology)
        else found
    )


def _disputed(plan: Plan, rows: tuple[Row, ...], ontology: Ontology) -> bool:
    """Whether what is asked for can be one thing only, and several are said."""
    return (
        len(rows) > 1
        and isinstance(plan, Follow)
        and isinstance(plan.source, Entities)
        and len(plan.source.ids) == 1
        and plan.direction == "out"
        and ontology.predicates[plan.predicate].functional
    )


def _rows(members: Members) -> tuple[Row, ...]:
    return tuple(
        Row(entity, witness) for (_, entity), witness in sorted(members.items(), key=lambda item: order(item[0][1]))
    )


def _nothing(plan: SetPlan, sets: Sets) -> None:
    """An empty set says what was searched; where a step from somewhere led nowhere, that is said already."""
    sought = replace(plan, source=Each()) if isinstance(plan, Follow) else None
    if not any(one.sought == sought and one.point == HERE for one in sets.book.absences):
        sets.book.absent((), plan)


# --- numbers ------------------------------------------------------------------------------------------------------


def _count(plan: Count, sets: Sets) -> Result:
    rows = _rows(sets.asked(plan.source))
    of = None if plan.of is None else len(sets.ids(plan.of))
    if not rows:
        _nothing(plan.source, sets)
    return replace(sets.book.result("count", rows), value=len(rows), of=of)


def _rank(plan: Rank, sets: Sets) -> Result:
    some = plan.by is not None and plan.of is None and plan.order == "most"
    source = sets.finding(plan.source, plan.by) if some and plan.by else sets.run(plan.source)
    ids = [entity for _, entity in source]
    by = Top(plan.source, plan.by, plan.value, plan.order, plan.top)
    if plan.of is not None:
        return _rank_shares(plan, sets, ids)
    first = sets.ranked(ids, by)
    source = sets.declared({(None, one): join(source[None, one], facts) for one, _, facts in first})
    rows = tuple(Row(one, source[None, one], value) for one, value, _ in first)
    if plan.by is not None and (without := [row.entity for row in rows if row.value == 0]):
        sets.book.absent(without, plan.by)
    elif not rows:
        _nothing(plan.by if plan.by is not None else plan.source, sets)
    return replace(sets.book.result("ranking", rows), value=rows[0].value if rows else None)


def _rank_shares(plan: Rank, sets: Sets, ids: list[EntityId]) -> Result:
    """By how much of what ``of`` finds for a member ``by`` finds too; members without any are left out."""
    assert plan.by is not None  # noqa: S101 (checked where plans are read)
    assert plan.of is not None  # noqa: S101
    part, whole = sets.for_each(plan.by, ids), sets.for_each(plan.of, ids)
    shares = {one: len(part.get(one, ())) / len(whole[one]) for one in ids if whole.get(one)}
    ordered = sorted(shares, key=lambda one: (-shares[one] if plan.order == "most" else shares[one], order(one)))
    last = shares[ordered[plan.top - 1]] if len(ordered) > plan.top else None
    first = [one for i, one in enumerate(ordered) if i < plan.top or shares[one] == last]
    rows = tuple(
        Row(one, join(*(w for _, w in (*part.get(one, ()), *whole[one]))), len(part.get(one, ())), len(whole[one]))
        for one in first
    )
    if without := [row.entity for row in rows if row.value == 0]:
        sets.book.absent(without, plan.by)
    elif not rows:
        _nothing(plan.source, sets)
    best = rows[0] if rows else None
    return replace(sets.book.result("ranking", rows), value=best.value if best else None, of=best.of if best else None)


def _compare(plan: Compare, sets: Sets) -> Result:
    """One row a member of an option, the options in order; the value says the sizes by label."""
    value: dict[str, Any] = {}
    sizes: list[float] = []
    rows: list[Row] = []
    named: list[EntityId] = []
    for i, (label, option) in enumerate(zip(plan.labels, plan.options, strict=True)):
        members = _rows(sets.asked(option))
        if not members:
            _nothing(option, sets)
        rows += [replace(row, group=label) for row in members]
        whole = sets.ids(plan.of[i]) if plan.of else None
        value[label] = len(members) if whole is None else [len(members), len(whole)]
        sizes.append(len(members) if whole is None else len(members) / len(whole) if whole else 0.0)
    if plan.order is not None:
        best = (max if plan.order == "most" else min)(sizes)
        named = [plan.labels[i] for i, size in enumerate(sizes) if size == best]
    found = sets.book.result("comparison", tuple(rows))
    return replace(found, value=value, alternatives=(tuple(named),) if named else ())


def _group(plan: Group, sets: Sets) -> Result:
    source = sets.asked(plan.source)
    ids = sorted({entity for _, entity in source}, key=order)
    places: dict[EntityId, list[tuple[str, EntityId | None, tuple[FactId, ...]]]] = {}
    if plan.by is not None:
        for entity, found in sets.for_each(plan.by, ids).items():
            places[entity] = [(_label(end, sets), end, facts) for end, facts in found]
    elif plan.value is not None:
        for fact in sets.reader.facts(ids, plan.value, "out"):
            if isinstance(fact.object, Literal):
                sets.reader.keep([fact])
                places.setdefault(fact.subject, []).append((fact.object.value, None, (fact.id,)))
    rows = [
        Row(entity, join(source[None, entity], facts), group=group, other=other)
        for entity in ids
        for group, other, facts in places.get(entity, ())
    ]
    rows.sort(key=lambda row: (natural(row.group or ""), order(row.entity)))
    if alone := [one for one in ids if one not in places]:
        sets.book.absent(alone, plan.by if plan.by is not None else Where(Each(), str(plan.value), "known"))
    groups: dict[str, list[str]] = {}
    for row in rows:
        groups.setdefault(row.group or "", []).append(_key(row.entity, sets))
    value = {group: len(members) if plan.counted else members for group, members in groups.items()}
    if not rows:
        _nothing(plan.source, sets)
    return replace(sets.book.result("partition", tuple(rows)), value=value)


def _label(entity: EntityId, sets: Sets) -> str:
    return sets.book.entities[entity].name


def _key(entity: EntityId, sets: Sets) -> str:
    return sets.book.entities[entity].keys[0]


def _pairs(plan: Pairs, sets: Sets) -> Result:
    source = sets.asked(plan.source)
    ids = sorted({entity for _, entity in source}, key=order)
    groups = sets.for_each(plan.by, ids)
    rows = tuple(
        Row(entity, join(source[None, entity], facts), other=end)
        for entity in ids
        for end, facts in groups.get(entity, ())
        if not plan.unordered or _first_of(entity, end, groups)
    )
    if len(rows) > MAX_PAIRS:
        raise TooMuchRead(f"it would give more than {MAX_PAIRS:,} pairs: ask for something narrower")
    value = [[_key(row.entity, sets), _key(row.other, sets)] for row in rows if row.other is not None]
    if not rows:
        _nothing(plan.by, sets)
    return replace(sets.book.result("pairs", rows), value=value)


def _first_of(one: EntityId, other: EntityId, groups: Mapping[EntityId, list[tuple[EntityId, Any]]]) -> bool:
    """Whether the two stand in this order, or were found in this order alone."""
    return order(one) <= order(other) or all(end != one for end, _ in groups.get(other, ()))


def _both(plan: Diff, sets: Sets) -> Result:
    """What was gained and what was lost, side by side."""
    rows: list[Row] = []
    value: dict[str, list[str]] = {}
    for change in ("added", "removed"):
        found = _rows(sets.asked(replace(plan, change=change)))
        rows += [replace(row, group=change) for row in found]
        value[change] = [_key(row.entity, sets) for row in found]
        if not found:
            _nothing(replace(plan, change=change), sets)
    return replace(sets.book.result("partition", tuple(rows)), value=value)


# --- choices ------------------------------------------------------------------------------------------------------


def _cover(plan: Cover, sets: Sets) -> Result:
    targets = sets.run(plan.targets)
    wanted = {entity for _, entity in targets}
    ids = sorted({entity for _, entity in sets.finding(plan.source, plan.by, plan.targets)}, key=order)
    groups = sets.for_each(plan.by, ids)
    reach = {one: frozenset(end for end, _ in groups.get(one, ()) if end in wanted) for one in ids}
    choice = cover(reach, ids, plan.number)
    sets.book.notes += _told(choice)
    covered: set[EntityId] = set()
    rows = []
    for one in choice.chosen:
        facts = join(*(w for end, w in groups[one] if end in wanted))
        rows.append(Row(one, facts, len(reach[one] - covered)))
        covered |= reach[one]
    used = frozenset(join(*(targets[None, end] for end in sorted(covered))))
    if not rows:
        _nothing(plan.by if wanted else plan.targets, sets)
    found = sets.book.result("ranking", tuple(rows), used)
    return replace(found, value=choice.reached, of=len(wanted), alternatives=choice.ties)


def _told(choice: Choice) -> Iterator[str]:
    """How good the choice is, and how many are as good."""
    if choice.chosen and not choice.exact:
        yield "Too many choices to try all: these were chosen one by one, which reaches at least 63 % of the most"
    elif choice.chosen:
        yield f"No other choice of {len(choice.chosen)} reaches more"
    if choice.as_good:
        listed = f", {len(choice.ties)} of them listed" if choice.as_good > len(choice.ties) else ""
        yield f"{choice.as_good} other choices reach as many{listed}"


# --- values and claims --------------------------------------------------------------------------------------------


def _value(plan: Value, sets: Sets) -> Result:
    source = sets.run(plan.source)
    ids = sets.ids(plan.source)
    spec = sets.reader.ontology.predicates[plan.predicate]
    facts = []
    for name in spec.during or (plan.predicate,):
        facts += [fact for fact in sets.reader.facts(ids, name, "out") if isinstance(fact.object, Literal)]
    sets.reader.keep(facts)
    rows = [
        Row(fact.subject, join(source[None, fact.subject], (fact.id,)), fact.object.value)
        for fact in sorted(facts, key=lambda fact: (order(fact.subject), fact.object.value, fact.id))  # type: ignore[union-attr]
        if isinstance(fact.object, Literal)
    ]
    told = {row.entity for row in rows}
    if without := [one for one in ids if one not in told]:
        sets.book.absent(without, Where(Each(), plan.predicate, "known"))
    elif not rows:
        _nothing(plan.source, sets)
    values = list(dict.fromkeys(_typed(row.value, spec.value) for row in rows))
    found = replace(sets.book.result("value", tuple(rows)), value=values[0] if len(values) == 1 else values or None)
    distinct = {fact.object.value: fact.id for fact in facts if isinstance(fact.object, Literal)}
    if spec.functional and len(ids) == 1 and len(distinct) > 1:
        return replace(found, type="conflict", sides=tuple((fact,) for fact in distinct.values()))
    # Who asks when something happened takes for granted that it did; where all of it is recorded, it did not.
    return replace(found, refuted=bool(ids) and not rows and spec.world == "closed")


def _typed(value: Any, datatype: str | None) -> Any:
    if datatype == "number" and isinstance(value, str):
        parsed = float(value)
        return int(parsed) if parsed.is_integer() else parsed
    return {"true": True, "false": False}.get(str(value), value) if datatype == "boolean" else value


def _test(plan: Test, sets: Sets) -> Result:
    found = _rows(sets.asked(plan.source))
    if plan.of is not None:
        members = {row.entity for row in found}
        lacking = [one for one in sets.ids(plan.of) if one not in members]
        holds = not lacking and bool(found)
        if lacking:
            sets.book.absent(lacking, plan.source, among=True)
        elif not found:
            _nothing(plan.source, sets)
    else:
        holds = bool(found)
        if not holds:
            _nothing(plan.source, sets)
    against = _against(plan.source, sets)
    if against and holds:
        sides = (tuple(join(*(row.witness for row in found))), tuple(join(*(row.witness for row in against))))
        both = tuple(replace(row, group=side) for side, rows in (("for", found), ("against", against)) for row in rows)
        return replace(sets.book.result("conflict", both), value=holds, sides=sides)
    rows = found if holds else against
    return replace(sets.book.result("yes_no", rows), value=holds, refuted=plan.presumed and not holds)


def _against(plan: SetPlan, sets: Sets) -> tuple[Row, ...]:
    """What speaks against a judged predicate, where that is what is tested."""
    if isinstance(plan, Where) and (spec := sets.reader.ontology.predicates[plan.predicate]).holds:
        rows = sets.ids(plan.source)
        other = spec.fails if plan.value.casefold() == "true" else spec.holds
        found = [sets.for_each(plan_of(text), rows) for text in other]
        return tuple(
            Row(row, join(*(w for _, w in members))) for groups in found for row, members in sorted(groups.items())
        )
    return ()


def _decide(plan: Decide, sets: Sets) -> Result:
    table = sets.reader.ontology.tables[plan.table]
    rows = decide(plan, table, sets)
    if not rows:
        _nothing(plan.source, sets)
    outcomes: dict[str, Any] = {}
    for row in rows:
        name = row.group or _key(row.entity, sets)
        outcomes[name] = [*outcomes.get(name, ()), row.value] if table.hit == "collect" else row.value
    distinct = [one for number, one in enumerate(outcomes.values()) if one not in list(outcomes.values())[:number]]
    single = len(outcomes) == 1 or (len(distinct) == 1 and not any(row.group for row in rows))
    found = sets.book.result("decision", tuple(rows))
    value = distinct[0] if single and distinct else outcomes or None
    return replace(found, value=value, notes=(*found.notes, *_flips(rows)))


def _flips(rows: list[Row]) -> list[str]:
    """What would flip the decision, where one thing alone is decided."""
    told = [row.decided for row in rows if row.decided is not None]
    if len(told) != 1:
        return []
    return [f"With {one.input} {one.value} it would be “{'”, “'.join(one.outcomes)}”" for one in told[0].flips]


_ASKED: dict[type, Callable[[Any, Sets], Result]] = {
    Count: _count,
    Rank: _rank,
    Compare: _compare,
    Group: _group,
    Pairs: _pairs,
    Cover: _cover,
    Paths: chains,
    Value: _value,
    Test: _test,
    Decide: _decide,
    Passages: passages,
}
