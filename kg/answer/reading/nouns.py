"""Nouns with what describes them: a head and its properties, lists of names, relations and their arguments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kg.answer.reading.narrow import either, followed, narrowed, narrowings
from kg.answer.reading.parts import (
    AnswerPart,
    Feature,
    Part,
    PropPart,
    Rel,
    RelPart,
    SetPart,
    altered,
    modifiers,
)
from kg.answer.reading.rules import MAX_WAYS, Grammar, rule
from kg.domain.plan import Entities, Minus, Rank, SetPlan, Test, UnionOf


@rule(SetPart, PropPart)
def described(grammar: Grammar, head: SetPart, by: PropPart) -> Iterator[Part]:
    """``techniques`` ``used by APT29``."""
    if by.left and by.argument is not None and head.plan is not None and by.argument.plan == head.plan:
        return
    if head.pending and by.argument is not None and not by.conditions and not by.negative:
        # "Carry an indication" "for asthma": the argument that the relation still lacked.
        rels = tuple(rel for rel in head.pending if not by.rels or _same((rel,), by.rels))
        if rels:
            yield from grammar.narrow(altered(head, pending=()), altered(by, rels=rels))
    # "Which plants …": the question word is of the noun behind it, not of what is told of that noun.
    passed = head.wh and by.left and by.argument is not None and not by.argument.named
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
        # "Used by APT29 is T1059": a claim said backwards.
        yield from grammar.narrow(head, by, ("inverted", 1.0))
        return
    if by.ranked:
        yield from grammar.narrow(head, by)
        return
    if by.negative and by.argument is not None and by.argument.named and not by.rels:
        # "No organic certificate" has no such certificate, not one that is not organic.
        return
    described = by.argument is not None and (bool(by.rels) or not by.argument.named)
    yield from grammar.narrow(altered(head, late=head.late or described), by, ("premodified", 1.0))


@rule(SetPart, SetPart)
def side_by_side(grammar: Grammar, left: SetPart, right: SetPart) -> Iterator[Part]:  # noqa: C901, PLR0911, PLR0912 (one way to stand side by side each)
    """A name with its type, a list, or a relation nobody said."""
    plain_right, plain_left = not modifiers(right), not modifiers(left)
    if left.named and not left.options and right.plan is not None and _bare_type(right) and plain_right:
        if left.types <= right.types:
            yield grammar.made(left, left, right, features=(("apposition", 1.0),))
            return
        if left.several is False and right.types & left.types:
            yield grammar.made(left, left, right, features=(("apposition", 1.0),))
    if right.named and not right.options and _bare_type(left) and right.types <= left.types and plain_left:
        yield grammar.made(right, left, right, features=(("apposition", 1.0),))
        return
    if left.wh:
        if not right.named and not right.wh and not right.late and not left.pending:
            yield grammar.made(altered(right, focus=True), left, right, features=(("focus", 1.0),))
        return
    if right.wh:
        return
    if (
        left.joined in ("or", "and")
        and not left.named
        and not right.named
        and _is_bare(left.plan)
        and _is_bare(right.plan)
    ):
        yield from _types_joined(grammar, left, right)
    if left.named and right.named:
        yield from _listed(grammar, left, right)
        yield from _of_implied(grammar, left, right)
        return
    if right.popular and not right.named and not left.named:
        # "Those flaws, top three weaknesses": the noun that is ranked stands behind.
        yield from grammar.narrow(right, grammar.made(PropPart(argument=left, left=True), left))
        return
    if left.order and not left.named and right.named and right.options:
        # "Which has more suppliers, A or B": the list is what is compared.
        yield from grammar.narrow(
            altered(right, focus=False), grammar.made(PropPart(argument=altered(left, focus=False)), left)
        )
        return
    if left.named and left.quantifier == "none" and not right.named:
        return
    if right.quantifier == "none":
        if left.named and right.other and left.joined in ("and", "both") and left.types <= right.types:
            # "By X and by no other group".
            yield grammar.made(altered(left, quantifier="only"), left, right, features=(("only_other", 1.0),))
            return
        if _bare_set(right) and not left.named and _siblings(grammar, left, right):
            # "Malware, not tools": a contrast that takes nothing away.
            yield grammar.made(left, left, right)
            return
    if not left.named and not right.named and left.types == right.types and _bare_type(left) and _bare_type(right):
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
    if head is right and not left.named and not _bare_type(left):
        head = altered(head, late=True)
    restriction = PropPart(argument=argument, left=argument is left)
    lost = grammar.argument(argument)
    yield from grammar.narrow(head, grammar.made(restriction, argument), *_compound(head, argument, left), *lost)
    if left.named and not right.named and right.quantifier:
        yield from grammar.narrow(left, grammar.made(PropPart(argument=right), right))


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
    """``Glenn Ford`` ``Westerns``: the films of both."""
    if not left.types & right.types:
        for made, features in implied(grammar, left, right):
            yield grammar.made(made, left, right, features=features)


def _bare_set(part: SetPart) -> bool:
    return isinstance(part.plan, Entities) and part.plan.type is not None


def _siblings(grammar: Grammar, left: SetPart, right: SetPart) -> bool:
    """Whether the two are of different kinds of one thing."""
    if left.types & right.types:
        return False
    above = [name for name in grammar.ontology.types if left.types | right.types <= grammar.ontology.family(name)]
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


def _bare_type(part: SetPart) -> bool:
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


@rule(RelPart, SetPart)
def relation_to(grammar: Grammar, relation: RelPart, argument: SetPart) -> Iterator[Part]:
    """``used by`` ``APT29``; ``director`` ``of the film``; ``mapped`` ``controls``."""
    if relation.noun:
        yield from _role_of(grammar, relation, argument)
    if argument.wh:
        return
    if not relation.rels and not argument.named:
        # An unknown word right before a noun is an adjective, and may say anything.
        return
    made = PropPart(rels=relation.rels, argument=argument, negative=relation.negative)
    yield grammar.made(made, relation, argument, features=grammar.argument(argument))
    if not argument.named and argument.plan is not None and not relation.noun and not relation.weak:
        bare = grammar.made(PropPart(rels=relation.rels, bare=True, negative=relation.negative), relation)
        yield from grammar.narrow(argument, bare, ("premodified", 1.0))
        # "No mapped control" leaves open what it is mapped to: the head of all that.
        if relation.negative:
            return
        yield grammar.made(
            altered(argument, pending=relation.rels), relation, argument, features=(("said_relation", 1.0),)
        )


def _role_of(grammar: Grammar, relation: RelPart, argument: SetPart) -> Iterator[Part]:
    if relation.negative:
        return
    for rel in relation.rels:
        near, far = grammar.ontology.ends(rel.predicate, rel.direction)
        if argument.plan is None or not argument.types & near or (modifiers(argument) and argument.quantifier != "any"):
            continue

        def change(plan: SetPlan, rel: Rel = rel) -> SetPlan:
            return followed(plan, rel)

        found = argument.each(change)
        yield grammar.made(
            altered(found, types=far, named=False, several=False, role=rel, quantifier="", wider=None),
            relation,
            argument,
            features=(("role_of", 1.0), ("unlikely", rel.cost), ("role_bare", float(_bare_type(argument)))),
        )


@rule(SetPart, RelPart)
def related_before(grammar: Grammar, argument: SetPart, relation: RelPart) -> Iterator[Part]:
    """``(techniques) APT29`` ``uses``; ``the film's`` ``director``; ``techniques`` ``covered``."""
    if relation.noun and (argument.named or argument.wider is not None):
        yield from _role_of(grammar, relation, argument)
    if argument.pending and _same(argument.pending, relation.rels):
        # Two phrases for one relation: "tables downstream affected".
        kept = tuple(
            rel for rel in argument.pending if any(rel.predicate == other.predicate for other in relation.rels)
        )
        yield grammar.made(altered(argument, pending=kept), argument, relation)
    if argument.unsaid and not relation.negative and not relation.noun and _same(argument.unsaid, relation.rels):
        # "By Turla, which malware" "is used": the phrase for the relation that was taken for granted.
        yield grammar.made(altered(argument, unsaid=()), argument, relation, features=(("said_late", 1.0),))
    if not argument.wh and (relation.rels or argument.named):
        prop = PropPart(rels=relation.rels, argument=argument, left=True, negative=relation.negative)
        yield grammar.made(prop, argument, relation, features=grammar.argument(argument))
    if relation.weak or not relation.rels:
        return
    if not argument.named and argument.plan is not None:
        bare = grammar.made(PropPart(rels=relation.rels, bare=True, negative=relation.negative), relation)
        yield from grammar.narrow(argument, bare)
    if relation.negative:
        return
    if argument.plan is not None and not argument.named and not argument.pending:
        yield grammar.made(altered(argument, pending=relation.rels), argument, relation, features=(("pending", 1.0),))
    if argument.wh:
        yield grammar.made(altered(argument, pending=relation.rels), argument, relation, features=(("pending", 1.0),))


def _same(one: tuple[Rel, ...], other: tuple[Rel, ...]) -> bool:
    return bool({rel.predicate for rel in one} & {rel.predicate for rel in other})


@rule(RelPart, PropPart)
def relation_before_property(grammar: Grammar, relation: RelPart, prop: PropPart) -> Iterator[Part]:
    """``used`` ``against APT29``: a property without a phrase of its own takes this one; or one said twice."""
    if prop.conditions or prop.concept or prop.either or prop.bare:
        return
    if not prop.rels and not prop.left:
        yield grammar.made(
            altered(prop, rels=relation.rels, negative=prop.negative or relation.negative), relation, prop
        )
    elif _same(prop.rels, relation.rels):
        kept = tuple(rel for rel in prop.rels if any(rel.predicate == other.predicate for other in relation.rels))
        yield grammar.made(altered(prop, rels=kept), relation, prop)


@rule(PropPart, RelPart)
def property_before_relation(grammar: Grammar, prop: PropPart, relation: RelPart) -> Iterator[Part]:
    """``APT29 relies`` ``on``: a phrase in two pieces."""
    if prop.rels and prop.argument is not None and _same(prop.rels, relation.rels):
        kept = tuple(rel for rel in prop.rels if any(rel.predicate == other.predicate for other in relation.rels))
        yield grammar.made(altered(prop, rels=kept), prop, relation, features=(("in_two_pieces", 1.0),))


@rule(PropPart, RelPart)
def either_relation(grammar: Grammar, prop: PropPart, relation: RelPart) -> Iterator[Part]:
    """``(tables) X reads or`` ``writes``: either relation to the same argument."""
    if not prop.ready and prop.argument is not None and prop.rels and not _same(prop.rels, relation.rels):
        first = altered(prop, ready=True)
        second = PropPart(rels=relation.rels, argument=prop.argument, left=prop.left)
        yield grammar.made(PropPart(either=(first, second)), prop, relation)


@rule(RelPart, RelPart)
def relation_carried(grammar: Grammar, left: RelPart, right: RelPart) -> Iterator[Part]:
    """``located`` ``upstream of``: the first only leads to the second."""
    if not (left.noun or left.negative or right.noun or _same(left.rels, right.rels)):
        yield grammar.made(right, left, right, features=(("carried", 1.0),))


@rule(RelPart, RelPart)
def relation_twice(grammar: Grammar, left: RelPart, right: RelPart) -> Iterator[Part]:
    """Two phrases that may mean one predicate: ``used`` ``in``."""
    kept = tuple(
        replace(rel, cost=min(0.0, max(rel.cost, other.cost)))
        for rel in left.rels
        for other in right.rels
        if rel.predicate == other.predicate and rel.direction == other.direction
    )
    if kept and not (left.noun and right.noun):
        best: dict[tuple[str, str], Rel] = {}
        for rel in kept:
            key = (rel.predicate, rel.direction)
            if key not in best or best[key].cost < rel.cost:
                best[key] = rel
        negative = left.negative or right.negative
        yield grammar.made(
            RelPart(rels=tuple(best.values()), negative=negative, noun=left.noun or right.noun), left, right
        )


@rule(AnswerPart, RelPart)
def claim_then_relation(grammar: Grammar, claim: AnswerPart, relation: RelPart) -> Iterator[Part]:
    """A claim whose phrase comes in two pieces."""
    if claim.kind in ("claim", "rank") and claim.rels and _same(claim.rels, relation.rels):
        yield grammar.made(claim, claim, relation)


@rule(AnswerPart, PropPart)
def claim_then_property(grammar: Grammar, claim: AnswerPart, prop: PropPart) -> Iterator[Part]:
    """``X, which uses Y,`` ``is mapped to Z``: both are said of X."""
    plan, head = claim.plan, claim.head
    if claim.kind not in ("claim", "yes_no") or not isinstance(plan, Test) or head is None or not prop.ready:
        return
    for way in list(narrowings(grammar.ontology, head, prop))[:2]:
        both = altered(claim, plan=replace(plan, source=way.change(plan.source)), rels=(), argument=None)
        yield grammar.made(both, claim, prop, features=(*way.features, ("claimed_too", 1.0)))


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
    """``unit tests excluded,`` ``on which model do most tests depend``."""
    if answer.kind == "rank" and isinstance(answer.plan, Rank):
        yield from _counted_otherwise(grammar, answer, answer.plan, prop)
