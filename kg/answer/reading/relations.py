"""Phrases for relations: with what they relate, in two pieces, and two for one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kg.answer.reading.narrow import narrowed, narrowings
from kg.answer.reading.nouns import bare_type
from kg.answer.reading.parts import (
    AnswerPart,
    OpPart,
    Part,
    PropPart,
    Rel,
    RelPart,
    SetPart,
    altered,
    modifiers,
)
from kg.answer.reading.plans import followed
from kg.answer.reading.rules import Grammar, rule
from kg.domain.ontology import back
from kg.domain.plan import Intersect, Minus, SetPlan, Test


@rule(RelPart, SetPart)
def relation_to(grammar: Grammar, relation: RelPart, argument: SetPart) -> Iterator[Part]:
    """``used by`` ``X``; ``director`` ``of the film``; ``mapped`` ``controls``."""
    if relation.noun:
        yield from _role_of(grammar, relation, argument)
    if argument.wh:
        return
    if not relation.rels and not argument.named:
        # An unknown word right before a noun is an adjective, and may say anything.
        return
    rels = tuple(_of_part(grammar, rel) for rel in relation.rels) if relation.noun else relation.rels
    made = PropPart(
        rels=rels,
        argument=argument,
        negative=relation.negative,
        weak=relation.weak,
        again=relation.again,
        tied="and" if relation.also and not relation.noun else "",
        close=not (relation.noun or relation.weak or relation.leads),
    )
    title = (("title", 1.0),) if relation.typed and argument.named else ()
    verbal = (("noun_or_verb", 1.0),) if relation.verbal else ()
    yield grammar.made(made, relation, argument, features=(*title, *verbal, *grammar.argument(argument)))
    before = not (relation.noun or relation.weak or relation.leads)
    if not argument.named and argument.plan is not None and before:
        bare = grammar.made(PropPart(rels=relation.rels, bare=True, negative=relation.negative), relation)
        yield from grammar.narrow(argument, bare, ("premodified", 1.0))
        # "No mapped control" leaves open what it is mapped to: the head of all that.
        if relation.negative or argument.pending or argument.quantifier == "none":
            return
        told = (("said_relation", 1.0), ("joint_lost", float(relation.joint)))
        yield grammar.made(altered(argument, pending=relation.rels), relation, argument, features=told)


def _of_part(grammar: Grammar, rel: Rel) -> Rel:
    """The relation as a head has it that is itself the part: growers that are models of X."""
    near, far = grammar.ontology.ends(rel.predicate, rel.direction)
    return replace(rel, direction=back(rel.direction)) if near & far else rel


def _role_of(grammar: Grammar, relation: RelPart, argument: SetPart) -> Iterator[Part]:
    if relation.negative:
        return
    for rel in relation.rels:
        near, far = grammar.ontology.ends(rel.predicate, rel.direction)
        kind = bare_type(argument) and argument.types <= far and argument.role is None
        if kind and not (relation.typed or relation.verbal):
            # "Staff of growers" are growers on a staff.
            yield grammar.made(altered(argument, role=rel), relation, argument, features=(("role_kind", 1.0),))
        if argument.plan is None or not argument.types & near or (modifiers(argument) and argument.quantifier != "any"):
            continue

        def change(plan: SetPlan, rel: Rel = rel) -> SetPlan:
            return followed(plan, rel)

        found = argument.each(change)
        if argument.joined == "both":
            found = altered(found, plan=Intersect(tuple(plan for _, plan in found.options)), joined="and")
        told = rel if argument.named else None
        yield grammar.made(
            altered(found, types=far, named=False, several=False, role=rel, quantifier="", wider=None, told=told),
            relation,
            argument,
            features=(
                ("role_of", 1.0),
                ("unlikely", rel.cost),
                ("role_bare", float(bare_type(argument))),
                ("noun_or_verb", float(relation.verbal)),
            ),
        )


@rule(SetPart, RelPart)
def related_before(grammar: Grammar, argument: SetPart, relation: RelPart) -> Iterator[Part]:
    """``(techniques) X`` ``uses``; ``the film's`` ``director``; ``techniques`` ``covered``."""
    if relation.noun and (argument.named or argument.wider is not None):
        yield from _role_of(grammar, relation, argument)
    if argument.pending and same(argument.pending, relation.rels) and not relation.negative:
        # Two phrases for one relation: "tables downstream affected".
        kept = tuple(
            rel for rel in argument.pending if any(rel.predicate == other.predicate for other in relation.rels)
        )
        yield grammar.made(altered(argument, pending=kept), argument, relation)
    if argument.unsaid and not relation.negative and not relation.noun and same(argument.unsaid, relation.rels):
        # "By X, which malware" "is used": the phrase for the relation that was taken for granted.
        unsaid = {(rel.predicate, rel.direction) for rel in argument.unsaid}
        said = (rel.cost for rel in relation.rels if (rel.predicate, rel.direction) in unsaid)
        late = (("said_late", 1.0), ("unlikely", max(said, default=-1.0)))
        yield grammar.made(altered(argument, unsaid=()), argument, relation, features=late)
    if not argument.wh and (relation.rels or argument.named):
        prop = PropPart(
            rels=relation.rels,
            argument=argument,
            left=True,
            negative=relation.negative,
            again=relation.again,
        )
        yield grammar.made(prop, argument, relation, features=grammar.argument(argument))
    if relation.weak or not relation.rels:
        return
    if not argument.named and argument.plan is not None:
        bare = grammar.made(PropPart(rels=relation.rels, bare=True, negative=relation.negative), relation)
        yield from grammar.narrow(argument, bare)
    if relation.negative:
        return
    if argument.plan is not None and not argument.named and not argument.pending:
        told = (("pending", 1.0), ("noun_or_verb", float(relation.verbal)))
        waiting = altered(argument, pending=relation.rels, again=relation.again or argument.again)
        yield grammar.made(waiting, argument, relation, features=told)
    if argument.wh:
        yield grammar.made(altered(argument, pending=relation.rels), argument, relation, features=(("pending", 1.0),))


@rule(SetPart, RelPart)
def role_for_kind(grammar: Grammar, kind: SetPart, relation: RelPart) -> Iterator[Part]:
    """``book`` ``co-authors``: who plays the part for things of the kind."""
    if relation.noun and relation.joint and bare_type(kind) and not modifiers(kind):
        ends = {rel: grammar.ontology.ends(rel.predicate, rel.direction)[0] for rel in relation.rels}
        kept = tuple(rel for rel, near in ends.items() if kind.types & near)
        if kept:
            yield grammar.made(altered(relation, rels=kept), kind, relation, features=(("noun_noun", 1.0),))


@rule(SetPart, RelPart)
def that_one(grammar: Grammar, found: SetPart, relation: RelPart) -> Iterator[Part]:
    """``(in films of) that`` ``director``: who was found before, and plays the part."""
    ends = [grammar.ontology.ends(rel.predicate, rel.direction) for rel in relation.rels]
    if found.anaphor and relation.noun and any(found.types & far and not found.types & near for near, far in ends):
        yield grammar.made(found, found, relation)


def same(one: tuple[Rel, ...], other: tuple[Rel, ...]) -> bool:
    return bool({rel.predicate for rel in one} & {rel.predicate for rel in other})


@rule(RelPart, PropPart)
def relation_before_property(grammar: Grammar, relation: RelPart, prop: PropPart) -> Iterator[Part]:
    """``used`` ``against X``: a property without a phrase of its own takes this one; or one said twice."""
    if prop.conditions or prop.concept or prop.either or prop.bare:
        return
    if not prop.rels and not prop.left:
        yield grammar.made(
            altered(prop, rels=relation.rels, negative=prop.negative or relation.negative), relation, prop
        )
    elif kept := _alike(prop, relation):
        yield grammar.made(altered(prop, rels=kept), relation, prop)


def _alike(prop: PropPart, relation: RelPart) -> tuple[Rel, ...]:
    """The relations of the property that the phrase may mean too, read the same way round."""
    said = {(rel.predicate, rel.direction) for rel in relation.rels}
    return tuple(rel for rel in prop.rels if (rel.predicate, rel.direction) in said)


@rule(PropPart, RelPart)
def property_before_relation(grammar: Grammar, prop: PropPart, relation: RelPart) -> Iterator[Part]:
    """``X relies`` ``on``: a phrase in two pieces."""
    kept = _alike(prop, relation)
    if kept and prop.argument is not None and not relation.negative and not (prop.left and relation.noun):
        yield grammar.made(
            altered(prop, rels=kept), prop, relation, features=(("in_two_pieces", float(not relation.typed)),)
        )


@rule(PropPart, RelPart)
def either_relation(grammar: Grammar, prop: PropPart, relation: RelPart) -> Iterator[Part]:
    """``(tables) X reads or`` ``writes``: either relation to the same argument."""
    open_ = not (prop.ready or prop.tied)
    if open_ and prop.argument is not None and prop.rels and not same(prop.rels, relation.rels):
        first = altered(prop, ready=True)
        second = PropPart(rels=relation.rels, argument=prop.argument, left=prop.left)
        yield grammar.made(PropPart(either=(first, second)), prop, relation)


@rule("also", RelPart)
def also_related(grammar: Grammar, op: OpPart, relation: RelPart) -> Iterator[Part]:
    """``(whose authors)`` ``also`` ``wrote X``: other books than X."""
    yield grammar.made(altered(relation, again=True), op, relation)


@rule("and", RelPart)
def and_relation(grammar: Grammar, op: OpPart, relation: RelPart) -> Iterator[Part]:
    """``and`` ``act in``: a second relation to the same."""
    yield grammar.made(altered(relation, also=True), op, relation)


@rule(PropPart, RelPart)
def both_relations(grammar: Grammar, prop: PropPart, relation: RelPart) -> Iterator[Part]:
    """``(films) X directed`` ``and acted in``: both relations to the same argument."""
    if (
        relation.also
        and prop.rels
        and prop.argument is not None
        and not modifiers(prop.argument)
        and not (prop.negative or relation.negative or relation.noun)
        and not same(prop.rels, relation.rels)
    ):
        second = PropPart(rels=relation.rels, argument=prop.argument, left=prop.left)
        yield grammar.made(PropPart(every=(prop, second)), prop, relation)


@rule(RelPart, PropPart)
def tied_before(grammar: Grammar, relation: RelPart, prop: PropPart) -> Iterator[Part]:
    """``directed`` ``and written by X``: both relations to the same argument, or with "or" either."""
    plain = not (relation.negative or relation.noun or relation.weak or prop.negative)
    if prop.tied in ("and", "or") and plain and prop.rels and relation.rels and not same(prop.rels, relation.rels):
        second = altered(prop, tied="", ready=True, score=0.0, features=())
        two = (altered(second, rels=relation.rels), second)
        yield grammar.made(PropPart(every=two) if prop.tied == "and" else PropPart(either=two), relation, prop)


@rule(RelPart, RelPart)
def relation_carried(grammar: Grammar, left: RelPart, right: RelPart) -> Iterator[Part]:
    """``located`` ``upstream of``: the first only leads to the second."""
    if not (left.noun or left.negative or right.noun or right.also or same(left.rels, right.rels)):
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
    if kept and not (right.noun and not left.weak):
        best: dict[tuple[str, str], Rel] = {}
        for rel in kept:
            key = (rel.predicate, rel.direction)
            if key not in best or best[key].cost < rel.cost:
                best[key] = rel
        negative = left.negative or right.negative
        yield grammar.made(
            RelPart(rels=tuple(best.values()), negative=negative, noun=left.noun or right.noun), left, right
        )


@rule(SetPart, PropPart)
def argument_behind(grammar: Grammar, head: SetPart, by: PropPart) -> Iterator[Part]:
    """``have a licence`` ``for X``: the argument that the relation still lacked."""
    if by.argument is not None and not by.conditions and not by.negative:
        rels = tuple(rel for rel in head.pending if not by.rels or same((rel,), by.rels))
        if rels:
            yield from grammar.narrow(altered(head, pending=()), altered(by, rels=rels))


@rule(SetPart, SetPart)
def only_one_of_a_kind(grammar: Grammar, left: SetPart, right: SetPart) -> Iterator[Part]:
    """``(is) X`` ``the only mitigation``; ``their only mitigation`` ``(is) X``: all they have of the kind is it."""
    for one, kind in ((left, right), (right, left)):
        said = altered(kind, quantifier="", pending=())
        if one.named and kind.quantifier == "only" and not kind.named and not modifiers(said):
            rels = (kind.role,) if kind.role is not None else kind.pending
            if one.types & kind.types and not modifiers(one):
                # "The only tending grower": the relation is told from the kind's end.
                told = altered(one, quantifier="only")
                only = PropPart(rels=rels, argument=told, left=bool(kind.pending))
                yield grammar.made(only, left, right, features=(("only_kind", 1.0),))


@rule(SetPart, PropPart)
def less_of_another(grammar: Grammar, head: SetPart, by: PropPart) -> Iterator[Part]:
    """``weaknesses of X's flaws`` ``but not of Y``: the same of another, taken away at the end."""
    argument = by.argument
    if head.told is None or head.options or head.wider is None or argument is None or not argument.named:
        return
    if by.rels and not by.weak and not same((head.told,), by.rels):
        return
    if not (by.negative or by.exclude) or argument.options or modifiers(altered(argument, quantifier="")):
        return
    if by.exclude and head.types & argument.types:
        # "Their mitigations besides X": without X itself.
        return
    wide = altered(head, plan=head.wider)
    argument = altered(argument, quantifier="")
    for way in list(narrowings(grammar.ontology, wide, PropPart(rels=(head.told,), argument=argument)))[:1]:
        other = narrowed(wide, way, grammar.ontology)
        if other is not None and other.plan is not None and head.plan is not None:
            options = (("", head.plan), ("but not", other.plan))
            made = altered(head, plan=Minus(head.plan, other.plan), options=options, joined="less", told=None)
            yield grammar.made(made, head, by, features=(("again", 1.0),))


@rule("whose", SetPart)
def whose_set(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``whose`` ``directors directed X``: said of what stands before."""
    if not right.named and right.plan is not None and right.wider is not None:
        rels = (Rel(right.role.predicate, right.role.direction),) if right.role is not None else ()
        made = PropPart(rels=rels, argument=right)
        yield grammar.made(made, op, right, features=(("whose", 1.0), *grammar.argument(right)))


@rule("whose", PropPart)
def whose_property(grammar: Grammar, op: OpPart, prop: PropPart) -> Iterator[Part]:
    """``whose`` ``score is above 9``."""
    if prop.ready:
        yield grammar.made(prop, op, prop, features=(("whose", 1.0),) if prop.conditions else ())


@rule(SetPart, PropPart)
def asked_last(grammar: Grammar, head: SetPart, by: PropPart) -> Iterator[Part]:
    """``the films X wrote`` ``were in which genres``: what is asked for stands behind."""
    asked = by.argument
    if asked is None or not (asked.focus or asked.wh) or head.wh or head.focus or head.plan is None or modifiers(head):
        return
    if by.rels and by.through is None and not by.negative and not modifiers(asked):
        of = grammar.made(PropPart(rels=by.rels, argument=head, left=not by.left), head, by)
        yield from grammar.narrow(altered(asked, score=0.0, features=()), of)


@rule(AnswerPart, RelPart)
def claim_then_relation(grammar: Grammar, claim: AnswerPart, relation: RelPart) -> Iterator[Part]:
    """A claim whose phrase comes in two pieces."""
    if claim.kind in ("claim", "rank") and claim.rels and same(claim.rels, relation.rels):
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
