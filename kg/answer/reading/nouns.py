"""Nouns with what describes them: a head and its properties, lists of names, relations and their arguments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kg.answer.reading.narrow import narrowed, narrowings
from kg.answer.reading.parts import (
    AnswerPart,
    Feature,
    Part,
    PropPart,
    SetPart,
    altered,
    modifiers,
)
from kg.answer.reading.plans import either, players
from kg.answer.reading.rules import MAX_WAYS, Grammar, rule
from kg.domain.ontology import back
from kg.domain.plan import Entities, Intersect, Minus, Rank, SetPlan, UnionOf

MAX_KINDS = 5
"""Kinds of one thing, itself counted, that a question may set against each other: "malware, not tools"."""


@rule(SetPart, PropPart)
def described(grammar: Grammar, head: SetPart, by: PropPart) -> Iterator[Part]:
    """``techniques`` ``used by X``."""
    if by.left and by.argument is not None and head.plan is not None and by.argument.plan == head.plan:
        return
    # "Which plants …": the question word is of the noun behind it, not of what is told of that noun.
    passed = head.wh and by.left and by.argument is not None and not (by.argument.named or by.argument.anaphor)
    yield from grammar.narrow(head, by, *((("wh_passed", 1.0),) if passed else ()))


@rule(PropPart, SetPart)
def premodified(grammar: Grammar, by: PropPart, head: SetPart) -> Iterator[Part]:
    """``unmapped`` ``techniques``; ``in the moderate baseline,`` ``which controls …``."""
    if head.named and not head.several:
        if by.argument is None or by.left:
            return
        if by.argument.named:
            # "Attribute X to Y": the two ends behind their phrase.
            yield from grammar.narrow(by.argument, altered(by, argument=head), ("ends_behind", 1.0))
        # "Used by X is Y": a claim said backwards.
        yield from grammar.narrow(head, by, ("inverted", 1.0))
        return
    if by.ranked:
        if by.bare and by.close:
            # "The most depended-on table" is what others depend on.
            by = altered(by, rels=tuple(replace(rel, direction=back(rel.direction)) for rel in by.rels))
        yield from grammar.narrow(head, by)
        return
    if head.ask in ("count_of", "share") and by.point is None:
        # What stands in front of "controls, how many …" is of what they are counted among, too.
        return
    if by.negative and by.argument is not None and by.argument.named and not by.rels:
        # "No organic certificate" has no such certificate, not one that is not organic.
        return
    described = by.argument is not None and (bool(by.rels) or not by.argument.named)
    # "Jobs with no input" tables: what is asked for stands in front, rather than behind what it does.
    kind = by.left and by.argument is not None and not (by.argument.named or by.argument.anaphor or by.argument.wh)
    told = ("premodified", 1.0), ("late_wh", float(head.wh)), ("kind_before", float(kind and not head.focus))
    yield from grammar.narrow(altered(head, late=head.late or described), by, *told)


@rule(SetPart, SetPart)
def side_by_side(grammar: Grammar, left: SetPart, right: SetPart) -> Iterator[Part]:  # noqa: C901, PLR0911, PLR0912, PLR0915 (one way to stand side by side each)
    """A name with its type, a list, or a relation nobody said."""
    plain_right, plain_left = not modifiers(right), not modifiers(left)
    if left.named and not left.options and right.plan is not None and bare_type(right) and plain_right:
        if left.types <= right.types:
            yield grammar.made(left, left, right, features=(("apposition", 1.0),))
            return
        if left.several is False and right.types & left.types:
            yield grammar.made(left, left, right, features=(("apposition", 1.0),))
    kind = bare_type(left) or _players(grammar, left)
    if right.named and not right.options and kind and right.types <= left.types and plain_left:
        yield grammar.made(altered(right, focus=left.focus), left, right, features=(("apposition", 1.0),))
        return
    if left.wh:
        asked = not (right.named or right.wh or right.late) and left.types & right.types
        if asked and not left.pending:
            yield grammar.made(altered(right, focus=True), left, right, features=(("focus", 1.0),))
        elif right.named and len(right.options) > 1 and plain_right and not left.pending:
            # "Which of A, B and C": one of them.
            yield grammar.made(right, left, right)
        return
    if right.wh:
        if not (left.named or left.focus or right.pending or modifiers(left)) and left.plan is not None:
            # "Of those techniques, which" …: the question word is of what stands in front.
            yield grammar.made(altered(left, focus=True), left, right, features=(("which_of", 1.0),))
        return
    if (
        left.joined in ("or", "and")
        and left.quantifier == right.quantifier
        and not left.named
        and not right.named
        and _is_bare(left.plan)
        and _is_bare(right.plan)
    ):
        yield from _types_joined(grammar, left, right)
    if left.named and right.named:
        yield from _listed(grammar, left, right)
        yield from _of_implied(grammar, left, right)
        yield from _told_apart(grammar, left, right)
        return
    if right.popular and not right.named and not left.named:
        # "Those flaws, top three weaknesses": the noun that is ranked stands behind.
        yield from grammar.narrow(
            right, grammar.made(PropPart(argument=left, left=True), left), *grammar.argument(left)
        )
        return
    if left.named and left.options and right.order and right.focus:
        # "A or B: which has more suppliers": the question word is of the list.
        yield from grammar.narrow(left, grammar.made(PropPart(argument=altered(right, focus=False)), right))
        return
    if left.order and not left.named and right.named and right.options:
        # "Which has more suppliers, A or B": the list is what is compared.
        yield from grammar.narrow(
            altered(right, focus=False), grammar.made(PropPart(argument=altered(left, focus=False)), left)
        )
        return
    if left.named and left.quantifier == "none" and not right.named:
        return
    if left.quantifier == right.quantifier == "none" and _is_bare(left.plan) and _is_bare(right.plan):
        # "Neither book nor paper book".
        yield from _types_joined(grammar, left, right)
        return
    if right.quantifier == "none" and left.joined in ("and", "vs") and not left.named:
        # "Software but no technique": said of what has the software.
        return
    if right.quantifier == "none":
        if left.named and right.other and left.joined in ("and", "both") and left.types <= right.types:
            # "By X and by no other".
            yield grammar.made(altered(left, quantifier="only"), left, right, features=(("only_other", 1.0),))
            return
        if _bare_set(right) and not left.named and _siblings(grammar, left, right):
            # "Malware, not tools": a contrast that takes nothing away.
            yield grammar.made(left, left, right, features=(("contrast", 1.0),))
            return
    twice = left.types == right.types and bare_type(left) and bare_type(right) and not (left.pending or right.pending)
    if not left.named and not right.named and twice:
        # "Threat actor groups": two nouns for one thing.
        yield grammar.made(altered(right, ask=left.ask or right.ask), left, right, features=(("noun_noun", 1.0),))
        return
    head, argument = (right, left) if left.named and not right.named and not right.order else (left, right)
    if (
        head.quantifier in ("none", "only", "at_least", "at_most", "exactly")
        and not argument.quantifier
        and argument is not left
    ):
        head, argument = argument, head
    if head is right and head.ask in ("count_of", "share"):
        return
    if head is right and not left.named and not bare_type(left):
        head = altered(head, late=True)
    restriction = PropPart(argument=argument, left=argument is left)
    lost = (
        *grammar.argument(argument),
        *((("bare_argument", 1.0),) if bare_type(argument) or _players(grammar, argument) else ()),
    )
    yield from grammar.narrow(head, grammar.made(restriction, argument), *_compound(head, argument, left), *lost)
    if left.named and not right.named and right.quantifier:
        yield from grammar.narrow(left, grammar.made(PropPart(argument=right), right))


@rule(PropPart, PropPart)
def told_of_the_usual(grammar: Grammar, left: PropPart, right: PropPart) -> Iterator[Part]:
    """``(genres) X has`` ``on loan``: of those things of X that questions are about."""
    argument = left.argument
    if argument is None or not argument.named or not (right.conditions or right.concept):
        return
    if left.negative or left.ranked or left.through is not None or left.exclude or left.losing is not None:
        return
    for name in (name for name, spec in grammar.ontology.types.items() if spec.default):
        things = SetPart(plan=Entities(type=name), types=grammar.ontology.family(name))
        for way in list(narrowings(grammar.ontology, things, left))[:MAX_WAYS]:
            kept = narrowed(things, way, grammar.ontology)
            for last in list(narrowings(grammar.ontology, kept, right))[:1] if kept is not None else ():
                these = narrowed(kept, last, grammar.ontology)  # type: ignore[arg-type]
                features = (*way.features, *last.features, ("implied", 1.0))
                yield grammar.made(PropPart(argument=these), left, right, features=features)


@rule(SetPart, SetPart)
def part_it_plays(grammar: Grammar, left: SetPart, right: SetPart) -> Iterator[Part]:
    """``which growers`` ``are models of X``: the head noun and the part are one thing."""
    told = right.role is not None and right.role == right.told
    if not told or right.plan is None or not left.types & right.types or modifiers(right):
        return
    if left.plan is not None and bare_type(left) and not left.pending:
        plan = right.plan if right.types <= left.types else Intersect((right.plan, left.plan))
        made = altered(right, plan=plan, ask=left.ask, focus=left.focus, types=left.types & right.types)
        yield grammar.made(made, left, right, features=(("apposition", 1.0),))


def implied(grammar: Grammar, *arguments: SetPart) -> Iterator[tuple[SetPart, tuple[Feature, ...]]]:
    """Things of a type that questions are about by default, related to all of these, where no noun says so."""
    for name, spec in grammar.ontology.types.items():
        if not spec.default or any(argument.plan is None or modifiers(argument) for argument in arguments):
            continue
        heads: list[tuple[SetPart, tuple[Feature, ...]]] = [
            (SetPart(plan=Entities(type=name), types=grammar.ontology.family(name)), (("implied", 1.0),))
        ]
        for argument in arguments:
            heads = [
                (kept, (*features, *way.features))
                for head, features in heads
                for way in list(narrowings(grammar.ontology, head, PropPart(argument=argument)))[:MAX_WAYS]
                if (kept := narrowed(head, way, grammar.ontology)) is not None
            ]
        yield from heads


def _of_implied(grammar: Grammar, left: SetPart, right: SetPart) -> Iterator[Part]:
    """``X`` ``Y things``: the things of both."""
    if not left.types & right.types:
        for made, features in implied(grammar, left, right):
            yield grammar.made(made, left, right, features=features)


def _told_apart(grammar: Grammar, left: SetPart, right: SetPart) -> Iterator[Part]:
    """``column X`` ``of table Y``: the one that belongs there."""
    if modifiers(left) or modifiers(right) or left.several or left.options:
        return
    for way in list(narrowings(grammar.ontology, left, PropPart(argument=right)))[:MAX_WAYS]:
        kept = narrowed(left, way, grammar.ontology)
        if kept is not None and way.features[0][0] == "inserted_default":
            yield grammar.made(altered(kept, named=True), left, right, features=(*way.features, ("belongs", 1.0)))


def _players(grammar: Grammar, part: SetPart) -> bool:
    """Whether these are all who play a part: ``directors``."""
    return part.role is not None and not part.quantifier and part.plan == players(part.role, grammar.ontology)


def _bare_set(part: SetPart) -> bool:
    return isinstance(part.plan, Entities) and part.plan.type is not None


def _siblings(grammar: Grammar, left: SetPart, right: SetPart) -> bool:
    """Whether the two are of different kinds of one thing."""
    if left.types & right.types:
        return False
    families = (grammar.ontology.family(name) for name in grammar.ontology.types)
    above = [family for family in families if left.types | right.types <= family and len(family) <= MAX_KINDS]
    return bool(above)


def _is_bare(plan: SetPlan | None) -> bool:
    if isinstance(plan, UnionOf):
        return all(_is_bare(part) for part in plan.plans)
    return isinstance(plan, Entities) and plan.type is not None


def _types_joined(grammar: Grammar, left: SetPart, right: SetPart) -> Iterator[Part]:
    """``tools or malware``: the supertype that is exactly these, or both."""
    types = left.types | right.types
    exact = [name for name in grammar.ontology.types if grammar.ontology.family(name) - {name} == types]
    plans = [*(left.plan.plans if isinstance(left.plan, UnionOf) else (left.plan,)), right.plan]
    plan = Entities(type=exact[0]) if exact else UnionOf(tuple(dict.fromkeys(one for one in plans if one is not None)))
    made = altered(left, plan=plan, types=types, joined=right.joined, wider=None)
    yield grammar.made(made, left, right, features=(("types_joined", 1.0),))


def _compound(head: SetPart, argument: SetPart, left: SetPart) -> tuple[Feature, ...]:
    del head
    return (("compound_left", 1.0),) if argument is left else ()


def bare_type(part: SetPart) -> bool:
    return isinstance(part.plan, Entities) and part.plan.type is not None and not part.quantifier


def _listed(grammar: Grammar, left: SetPart, right: SetPart) -> Iterator[Part]:
    """Two names side by side are a list, if they are of one kind."""
    alike = left.types & right.types or _siblings(grammar, left, right)
    if alike and left.plan != right.plan and not right.options and not left.several and not modifiers(right):
        made = _append(left, right, left.joined or "and")
        if made is not None:
            yield grammar.made(made, left, right, features=() if left.joined else (("list_bare", 1.0),))


def _append(left: SetPart, right: SetPart, joined: str) -> SetPart | None:
    options = left.options or (((_label(left), left.plan),) if left.plan is not None else ())
    more = right.options or (((_label(right), right.plan),) if right.plan is not None else ())
    everyone = tuple(dict.fromkeys((*options, *more)))
    if len(everyone) < 2 or len(everyone) > 12:
        return None
    return SetPart(
        plan=either([plan for _, plan in everyone]),
        types=left.types | right.types,
        named=True,
        options=everyone,
        joined=joined,  # type: ignore[arg-type]
        quantifier=left.quantifier,
        ask=left.ask,
    )


def _label(part: SetPart) -> str:
    plan = part.plan
    return plan.ids[0] if isinstance(plan, Entities) and plan.ids else ""


@rule(AnswerPart, PropPart)
def ranked_then_described(grammar: Grammar, answer: AnswerPart, prop: PropPart) -> Iterator[Part]:
    """``the group that uses the most techniques`` ``in the wild``: the description is of what is ordered."""
    plan = answer.plan
    if answer.kind != "rank" or not isinstance(plan, Rank) or answer.head is None:
        return
    yield from _counted_otherwise(grammar, answer, plan, prop)
    for way in list(narrowings(grammar.ontology, answer.head, prop))[:2]:
        changed = replace(plan, source=way.change(plan.source))
        yield grammar.made(
            altered(answer, plan=changed), answer, prop, features=(*way.features, ("described_late", 1.0))
        )


def _counted_otherwise(grammar: Grammar, answer: AnswerPart, plan: Rank, prop: PropPart) -> Iterator[Part]:
    """``on which model do most tests depend,`` ``unit tests excluded``: what is counted is kept to that."""
    counted, without = answer.argument, prop.argument
    if (
        prop.exclude
        and counted is not None
        and without is not None
        and plan.by is not None
        and without.plan is not None
    ) and counted.types & without.types:
        changed = replace(plan, by=Minus(plan.by, without.plan))
        yield grammar.made(altered(answer, plan=changed), answer, prop)


@rule(PropPart, AnswerPart)
def property_before_answer(grammar: Grammar, prop: PropPart, answer: AnswerPart) -> Iterator[Part]:
    """``paper books excluded,`` ``which rack holds most books``."""
    if answer.kind == "rank" and isinstance(answer.plan, Rank):
        yield from _counted_otherwise(grammar, answer, answer.plan, prop)
