"""Sets kept to what is said of them: the plans that a head and a property make, by the types of the ontology."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from kg.answer.reading.parts import Condition, Feature, PropPart, Rel, SetPart, altered
from kg.answer.reading.plans import all_of, anchored, at, either, players, related
from kg.domain.ontology import Depth, Direction, Ontology, back
from kg.domain.plan import (
    Each,
    Entities,
    Follow,
    Having,
    Intersect,
    Minus,
    SetPlan,
    UnionOf,
    Where,
)
from kg.domain.plan_json import plan_of

MAX_INSERTED = 6
"""Predicates that may join two types where none is meant by default; of more, nobody could tell which is meant."""
DIRECTIONS: tuple[Direction, ...] = ("out", "in")
Change = Callable[[SetPlan], SetPlan]


@dataclass(frozen=True, slots=True)
class Narrowing:
    """One way in which a property narrows a head: what becomes of the set, and for each option of a list."""

    change: Change
    types: frozenset[str]
    features: tuple[Feature, ...] = ()
    options: tuple[tuple[str, Change], ...] = ()
    joined: str = ""
    rel: Rel | None = None
    reached: SetPlan | None = None
    """What the relation leads to from its argument, for a head that is anything."""


Way = tuple[Rel, tuple[Feature, ...]]


@functools.lru_cache(maxsize=16_384)
def steps(
    ontology: Ontology, rels: tuple[Rel, ...], head: frozenset[str], argument: frozenset[str], *, left: bool
) -> tuple[Way, ...]:
    """Predicates that may join a head and an argument, each in the direction away from the head.

    A phrase reads from the near end. After its head, the head is what it starts from; where the argument stands before
    the phrase ("goods the shop sells"), the argument is. Read against its direction it costs more.
    """
    if not rels:
        return _inserted(ontology, head, argument)
    found = []
    for rel in rels:
        way = back(rel.direction) if left else rel.direction
        spec = ontology.predicates[rel.predicate]
        for direction, features in ((way, ()), (back(way), (("flipped", 1.0),))):
            if features and spec.symmetric:
                continue
            joins = functools.partial(ontology.may_join, rel.predicate, near=head, far=argument)
            if joins(direction) or (spec.symmetric and joins(back(direction))):
                found.append((Rel(rel.predicate, direction), (("unlikely", rel.cost), *features)))
    return tuple(found)


@functools.lru_cache(maxsize=4096)
def _inserted(ontology: Ontology, head: frozenset[str], argument: frozenset[str]) -> tuple[Way, ...]:
    """Predicates that nobody said but that join these types; those that are meant by default cost less."""
    found = []
    for name, spec in ontology.predicates.items():
        if spec.value is None and spec.objects and "*" not in spec.objects:
            for direction in DIRECTIONS:
                if ontology.may_join(name, direction, head, argument):
                    near, far = ontology.ends(name, direction)
                    features = [("inserted_default" if spec.default else "inserted", 1.0)]
                    if not (head <= near and argument <= far):
                        features.append(("inserted_loose", 1.0))
                    found.append((Rel(name, direction), tuple(features)))
    default = [way for way in found if way[1][0][0] == "inserted_default"]
    default = [way for way in default if not any(_closer(ontology, other[0], way[0]) for other in default)]
    return tuple(default or (found if len(found) <= MAX_INSERTED else ()))


def _closer(ontology: Ontology, one: Rel, other: Rel) -> bool:
    """Whether the ends of one predicate lie within those of the other, so that it says more."""
    near, far = ontology.ends(one.predicate, one.direction)
    wide, wider = ontology.ends(other.predicate, other.direction)
    return near <= wide and far <= wider and (near, far) != (wide, wider)


def narrowings(ontology: Ontology, head: SetPart, by: PropPart) -> Iterator[Narrowing]:
    """Every way in which the property narrows the head."""
    if by.either or by.every:
        yield from _either(ontology, head, by)
    elif by.conditions:
        yield from _conditions(ontology, head, by)
    elif by.concept:
        yield from _concept(ontology, head, by)
    elif by.bare:
        yield from _bare(ontology, head, by)
    elif by.argument is not None:
        direct = tuple(_related(ontology, head, by, by.argument))
        if not direct:
            direct = (*_through_default(ontology, head, by, by.argument), *_by_members(ontology, head, by))
        yield from direct


def _either(ontology: Ontology, head: SetPart, by: PropPart) -> Iterator[Narrowing]:
    ways = [list(narrowings(ontology, head, part))[:2] for part in by.either or by.every]
    if not all(ways):
        return
    first = [way[0] for way in ways]
    types = frozenset().union(*(one.types for one in first))
    features = tuple(feature for one in first for feature in one.features)

    def change(plan: SetPlan) -> SetPlan:
        if any(part.negative and part.rels for part in by.every):
            # What is neither one nor the other is what is left without both.
            return functools.reduce(lambda left, one: one.change(left), first, plan)
        sets = tuple(one.change(plan) for one in first)
        return UnionOf(sets) if by.either else Intersect(sets)

    yield Narrowing(change, types, features)


def _conditions(ontology: Ontology, head: SetPart, by: PropPart) -> Iterator[Narrowing]:
    for condition in by.conditions:
        near, _ = ontology.ends(condition.predicate)
        if types := head.types & near:

            def change(plan: SetPlan, test: Condition = condition) -> SetPlan:
                kept = Where(plan, test.predicate, test.comparator, test.value, test.upper)
                return at(Minus(plan, kept) if by.negative else kept, by.point)

            yield Narrowing(change, types)


def _concept(ontology: Ontology, head: SetPart, by: PropPart) -> Iterator[Narrowing]:
    concept = ontology.concepts[by.concept]
    if types := head.types & ontology.family(concept.of):
        none = concept.none != by.negative

        def change(plan: SetPlan) -> SetPlan:
            return at(Having(plan, "none" if none else "some", plan_of(concept.plan)), by.point)

        yield Narrowing(change, types)


def _bare(ontology: Ontology, head: SetPart, by: PropPart) -> Iterator[Narrowing]:
    """A relation without its argument: that there is one, or none."""
    for rel in by.rels:
        # "Mapped controls" and "controls that map to something": the head is what the phrase starts from.
        near, _ = ontology.ends(rel.predicate, rel.direction)
        types = head.types & near
        if not types:
            continue

        def change(plan: SetPlan, rel: Rel = rel) -> SetPlan:
            return at(
                Having(plan, "none" if by.negative else "some", Follow(Each(), rel.predicate, rel.direction)), by.point
            )

        feature = "bare_none" if by.negative else "bare"
        yield Narrowing(change, types, ((feature, 1.0), ("unlikely", rel.cost)), rel=rel)


def at_depth(ontology: Ontology, rels: tuple[Rel, ...], depth: Depth) -> tuple[Rel, ...]:
    """These relations over one step, or over as many as there are; without those that cannot be meant so."""
    found: dict[Rel, None] = {}
    for rel in rels:
        name = ontology.at_depth(rel.predicate, depth)
        if name is not None:
            found.setdefault(replace(rel, predicate=name))
    return tuple(found)


def _ways(ontology: Ontology, head: SetPart, by: PropPart, argument: SetPart, rels: tuple[Rel, ...]) -> Iterator[Way]:
    """Relations that may join the two, as deep as is said."""
    for rel, how in steps(ontology, rels, head.types, argument.types, left=by.left):
        if not by.depth:
            yield rel, how
        elif deep := at_depth(ontology, (rel,), by.depth):
            yield deep[0], how


def _related(ontology: Ontology, head: SetPart, by: PropPart, argument: SetPart) -> Iterator[Narrowing]:
    quantifier = argument.quantifier
    rels = by.rels or _roles(ontology, head, argument, left=by.left)
    members = argument.options if len(argument.options) > 1 else ()
    # "Both an X and a Y book" are two books, rather than one that is both.
    apart = bool(members) and argument.joined == "both" and not argument.named
    signs = (("only_unsaid", quantifier == "only" and not rels), ("both_apart", apart))
    odd = tuple((name, 1.0) for name, holds in signs if holds)
    for rel, how in _ways(ontology, head, by, argument, rels):
        near, far = ontology.ends(rel.predicate, rel.direction)
        # "Only diseases" says nothing of what leads to diseases alone.
        vain = quantifier == "only" and not argument.named and argument.types >= far
        features = (*how, *odd, *((("only_vain", 1.0),) if vain else ()))
        if ontology.predicates[rel.predicate].symmetric:
            near = near | ontology.ends(rel.predicate, back(rel.direction))[0]
        types = head.types & near

        def change(plan: SetPlan, to: SetPlan, rel: Rel = rel, *, negative: bool = by.negative) -> SetPlan:
            others = _kind(ontology, rel, argument.types) if quantifier == "only" else None
            return at(related(plan, rel, to, quantifier, argument.number, negative=negative, others=others), by.point)

        options = tuple((label, functools.partial(_to, change, to)) for label, to in members)
        if (argument.plan is None and not options) or (by.negative and quantifier == "none"):
            continue
        if by.negative and quantifier == "some" and argument.plan is not None:
            # "Not by some" may be by none, or not by all.
            for wanted, negative in (("none", False), ("every", True)):
                told = functools.partial(
                    related, rel=rel, argument=argument.plan, quantifier=wanted, number=1, negative=negative
                )
                yield Narrowing(told, types, features, options, argument.joined, rel)
            continue
        if members and argument.joined == "both" and by.negative:
            each = functools.partial(change, negative=False)
            every = _all([functools.partial(_to, each, to) for _, to in members])
            yield Narrowing(functools.partial(_less, every), types, features, options, "and", rel)
            continue
        if members and argument.joined in ("and", "both") and not by.negative and quantifier in ("", "any", "some"):
            yield Narrowing(
                _all([one for _, one in options]), types, (*features, ("list_all", 1.0)), options, "and", rel
            )
            if argument.joined == "both":
                continue
            whole = either([plan for _, plan in members])
            yield Narrowing(
                functools.partial(_to, change, whole),
                types,
                (*features, ("list_any", 1.0)),
                options,
                "and",
                rel,
            )
        else:
            target = plain(argument, rel, ontology) or either([plan for _, plan in members])
            yield Narrowing(
                functools.partial(_to, change, target),
                types,
                features,
                options,
                argument.joined,
                rel,
                _reached_from(target, rel, quantifier, by),
            )


def _through_default(ontology: Ontology, head: SetPart, by: PropPart, argument: SetPart) -> Iterator[Narrowing]:
    """``genres that X has``, where neither knows the other: those of the things that questions are about."""
    said = argument.named and not (by.negative or by.ranked) and argument.quantifier in ("", "any", "some")
    if not said or head.named or head.types & argument.types:
        return
    for name, spec in ontology.types.items():
        family = ontology.family(name)
        if not spec.default or family & (head.types | argument.types):
            continue
        things = SetPart(plan=Entities(type=name), types=family)
        for way in _related(ontology, things, by, argument):
            if (kept := narrowed(things, way, ontology)) is not None:
                for last in _related(ontology, head, PropPart(argument=kept), kept):
                    yield replace(last, features=(*way.features, *last.features, ("implied_step", 1.0)))


def _by_members(ontology: Ontology, head: SetPart, by: PropPart) -> Iterator[Narrowing]:
    """``covered by the baseline``: by what is in it, where it cannot be covered by the baseline itself."""
    whole = by.argument
    if whole is None or not whole.named or head.named or by.ranked or by.exclude:
        return
    for rel in by.rels:
        way = back(rel.direction) if by.left else rel.direction
        near, far = ontology.ends(rel.predicate, way)
        if not head.types & near or far & whole.types:
            continue
        members = SetPart(plan=all_of(far, ontology), types=far)
        for step in _related(ontology, members, PropPart(), replace(whole, quantifier="")):
            kept = narrowed(members, step, ontology) if ("inserted_default", 1.0) in step.features else None
            if kept is not None:
                told = altered(by, rels=(rel,))
                for last in _related(ontology, head, told, altered(kept, quantifier=whole.quantifier)):
                    yield replace(last, features=(*step.features, *last.features, ("implied_step", 1.0)))


def _roles(ontology: Ontology, head: SetPart, argument: SetPart, *, left: bool) -> tuple[Rel, ...]:
    """Where no relation is said, that of the part which one of the two plays: the directors of those films."""
    found = []
    for role, near, far in ((head.role, head, argument), (argument.role, argument, head)):
        if role is not None and role != near.told:
            # A role is seen from those it is played for.
            way = back(role.direction) if (near is head) != left else role.direction
            ends = ontology.ends(role.predicate, back(role.direction))
            if near.types & ends[0] and far.types & ends[1]:
                found.append(Rel(role.predicate, way))
    return tuple(dict.fromkeys(found))


def _to(change: Callable[[SetPlan, SetPlan], SetPlan], to: SetPlan, plan: SetPlan) -> SetPlan:
    return change(plan, to)


def _less(gone: Change, plan: SetPlan) -> SetPlan:
    return Minus(plan, gone(plan))


def _kind(ontology: Ontology, rel: Rel, types: frozenset[str]) -> str | None:
    """The kind of thing that "only" counts others among: the widest type around the argument within reach."""
    _, far = ontology.ends(rel.predicate, rel.direction)
    if not far or (len({ontology.family(name) & far for name in types}) > 1 and far == types):
        return None
    wide = [name for name in ontology.types if types <= ontology.family(name) <= far]
    return max(wide, key=lambda name: len(ontology.family(name)), default=None)


def _reached_from(argument: SetPlan, rel: Rel, quantifier: str, by: PropPart) -> SetPlan | None:
    meant = by.argument is not None and by.argument.anaphor
    if quantifier not in ("", "any", "some") or by.negative or not (anchored(argument) or meant):
        return None
    return at(Follow(argument, rel.predicate, back(rel.direction)), by.point)


def _all(changes: list[Change]) -> Change:
    return lambda plan: Intersect(tuple(change(plan) for change in changes))


LEAST_OPTIONS = 2


def narrowed(head: SetPart, way: Narrowing, ontology: Ontology) -> SetPart | None:
    """The head, narrowed; ``None`` where two lists meet."""
    if head.plan is None and way.reached is not None and not way.options:
        return altered(head, plan=way.reached, types=way.types, wh=False, focus=True)
    plan = head.plan if way.rel is None else plain(head, way.rel, ontology)
    plan = plan if plan is not None else all_of(way.types, ontology)
    focus = head.focus or head.wh
    plain_now = altered(head, several=False, wh=False, told=None, anaphor=False)
    kept = altered(plain_now, plan=way.change(plan), types=way.types, wider=plan, focus=focus)
    if way.options and head.options:
        return None
    if way.options:
        joined = way.joined if way.joined in ("and", "each", "or", "vs", "less") else ""
        return _of_options(altered(kept, options=tuple((n, change(plan)) for n, change in way.options), joined=joined))
    return _of_options(altered(kept, options=tuple((label, way.change(option)) for label, option in head.options)))


def _of_options(part: SetPart) -> SetPart:
    """Those of the first that are not of the second, where that is how the options are meant."""
    if part.joined != "less" or len(part.options) < LEAST_OPTIONS:
        return part
    (_, first), (_, second) = part.options
    return altered(part, plan=Minus(first, second))


def plain(part: SetPart, rel: Rel, ontology: Ontology) -> SetPlan | None:
    """The set, where the relation is said of it; who plays that part need not be looked for among all who play it."""
    role = part.role
    if role is not None and role.predicate == rel.predicate and part.plan == players(role, ontology):
        return all_of(part.types, ontology)
    return part.plan
