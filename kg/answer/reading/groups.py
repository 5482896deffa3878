"""By group, in pairs, side by side: partitions, comparisons and what is shared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kg.answer.reading.narrow import steps
from kg.answer.reading.nouns import bare_type
from kg.answer.reading.parts import (
    AnswerPart,
    GroupPart,
    LiteralPart,
    OpPart,
    Part,
    PropPart,
    RelPart,
    SetPart,
    VersionPart,
    altered,
)
from kg.answer.reading.plans import of_each, reached, type_of
from kg.answer.reading.rules import MAX_WAYS, Grammar, rule
from kg.domain.ontology import back
from kg.domain.plan import At, Compare, Each, Entities, Follow, Group, Minus, Pairs, Rank, SetPlan, UnionOf, walk

SAID_TWICE = ("path", "mechanism", "common", "compare", "group", "most", "together")


@rule(PropPart, SetPart)
def shared_with(grammar: Grammar, prop: PropPart, other: SetPart) -> Iterator[Part]:
    """``share beds`` ``with X``; ``tends the same plants with`` ``X``."""
    told = other.wh or (other.plan is not None and not bare_type(other))
    if prop.through is not None and not prop.ready and prop.argument is None and told:
        yield grammar.made(altered(prop, argument=other, ready=True), prop, other)


@rule(RelPart, PropPart)
def using_the_same(grammar: Grammar, relation: RelPart, prop: PropPart) -> Iterator[Part]:
    """``use`` ``the same techniques as X``."""
    if prop.through is not None and not prop.rels:
        yield grammar.made(altered(prop, rels=relation.rels), relation, prop)


@rule("share_with", ("both", "any", "some", "same"))
def sharing_cues(grammar: Grammar, left: OpPart, right: OpPart) -> Iterator[Part]:
    """``share`` ``some``."""
    yield grammar.made(left, left, right)


@rule(("group", "until"), LiteralPart)
def group_by_literal(grammar: Grammar, op: OpPart, phrase: LiteralPart) -> Iterator[Part]:
    """``by`` ``platform``."""
    for name in phrase.predicates:
        yield grammar.made(GroupPart(predicate=name), op, phrase)


@rule("grouping", SetPart)
def grouping_verb(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``group`` ``the techniques`` by …."""
    yield grammar.made(right, op, right, features=(("grouping_open", 1.0),))


@rule("grouping", AnswerPart)
@rule("grouping", GroupPart)
def grouping_answer(grammar: Grammar, op: OpPart, right: Part) -> Iterator[Part]:
    """``group`` ``the techniques by tactic``."""
    if not isinstance(right, AnswerPart) or right.kind == "group":
        yield grammar.made(right, op, right)


@rule(AnswerPart, "grouping")
@rule(GroupPart, "grouping")
def grouping_behind(grammar: Grammar, left: Part, op: OpPart) -> Iterator[Part]:
    """``for each tactic,`` ``set out`` …."""
    if not isinstance(left, AnswerPart) or left.kind == "group":
        yield grammar.made(left, left, op)


@rule(SetPart, GroupPart)
def one_by_one(grammar: Grammar, left: SetPart, group: GroupPart) -> Iterator[Part]:
    """``tactic`` ``by tactic``."""
    by = group.by
    if by is not None and bare_type(left) and bare_type(by) and left.types == by.types and not (left.ask or left.focus):
        yield grammar.made(group, left, group)


@rule("group", RelPart)
def group_by_role(grammar: Grammar, op: OpPart, relation: RelPart) -> Iterator[Part]:
    """``by`` ``director``."""
    if relation.noun:
        yield grammar.made(GroupPart(rels=relation.rels), op, relation)


def _named_again(head: SetPart, by: SetPart) -> bool:
    """Whether a kind is what is grouped, alone or in a list, as well as what it is grouped by: ``beds, bed by bed``."""
    listed = head.plan is not None and any(isinstance(part, UnionOf) for part in walk(head.plan))
    return by.types <= head.types if listed else bare_type(head) and head.types == by.types


@rule(SetPart, GroupPart)
def grouped(grammar: Grammar, head: SetPart, group: GroupPart) -> Iterator[Part]:
    """``techniques of X`` ``by tactic``."""
    if head.plan is None or (head.named and not head.options):
        return
    if group.by is not None and bare_type(group.by) and _named_again(head, group.by):
        return
    if head.options and head.named and group.by is not None and group.by.ask in ("count", "share"):
        # "Compare A and B by number of techniques", "by share of techniques".
        asked = "share" if group.by.ask == "share" else ""
        by_most = PropPart(argument=altered(group.by, order="most", ask=asked))
        yield from grammar.narrow(head, grammar.made(by_most, group))
        return
    counted = head.ask in ("count", "count_of")
    if group.predicate:
        if head.types & grammar.ontology.ends(group.predicate)[0]:
            made = AnswerPart(plan=Group(head.plan, value=group.predicate, counted=counted), kind="group", head=head)
            yield grammar.made(made, head, group)
        return
    by = group.by
    if (by is not None and by.ask in ("count", "count_of")) or (head.popular and (by is None or not by.named)):
        # "Top five techniques by number of groups", "top five techniques by groups".
        counted_by = by if by is not None else SetPart(types=frozenset(grammar.ontology.types), pending=group.rels)
        for rel, features in steps(grammar.ontology, counted_by.pending, head.types, counted_by.types, left=False)[
            :MAX_WAYS
        ]:
            rank = Rank(head.plan, reached(rel, counted_by.plan), order=head.popular or "most", top=max(1, head.pick))
            yield grammar.made(
                AnswerPart(plan=rank, kind="rank", head=head, rels=(rel,)), head, group, features=features
            )
        return
    types = by.types if by is not None else frozenset(grammar.ontology.types)
    rels = (
        group.rels
        or (by.pending if by is not None else ())
        or ((by.role,) if by is not None and by.role is not None else ())
    )
    for rel, features in steps(grammar.ontology, rels, head.types, types, left=False)[:MAX_WAYS]:
        plan = Group(head.plan, by=reached(rel, by.plan if by is not None else None), counted=counted)
        lost = (("modifier_lost", float(head.pick > 1) + bool(head.popular)),)
        made = AnswerPart(plan=plan, kind="group", head=head, rels=(rel,))
        yield grammar.made(made, head, group, features=(*features, *lost))


@rule(AnswerPart, SetPart)
def ranked_among(grammar: Grammar, answer: AnswerPart, among: SetPart) -> Iterator[Part]:
    """``Which shop sells more goods,`` ``A or B``: each with what it has."""
    plan, head = answer.plan, answer.head
    if not isinstance(plan, Rank) or plan.by is None or plan.of is not None or head is None or not among.named:
        return
    if (
        len(among.options) > 1
        and head.types & among.types
        and isinstance(plan.source, Entities)
        and not plan.source.ids
    ):
        options = tuple(of_each(plan.by, one) for _, one in among.options)
        labels = tuple(label for label, _ in among.options)
        compare = Compare(options, labels, order=plan.order)
        yield grammar.made(AnswerPart(plan=compare, kind="compare", head=among), answer, among)


@rule(AnswerPart, GroupPart)
def ranked_by(grammar: Grammar, answer: AnswerPart, group: GroupPart) -> Iterator[Part]:
    """``the oldest campaign`` ``by first seen``."""
    plan, head = answer.plan, answer.head
    if not isinstance(plan, Rank) or plan.value is None or not group.predicate or head is None:
        return
    if head.types & grammar.ontology.ends(group.predicate)[0]:
        yield grammar.made(altered(answer, plan=replace(plan, value=group.predicate)), answer, group)


@rule(GroupPart, SetPart)
def group_first(grammar: Grammar, group: GroupPart, head: SetPart) -> Iterator[Part]:
    """``for each tactic,`` ``how many techniques``."""
    yield from grouped(grammar, head, group)


@rule(VersionPart, GroupPart)
def versions_by_count(grammar: Grammar, version: VersionPart, group: GroupPart) -> Iterator[Part]:
    """``compare May with June`` ``by the number of books``."""
    counted = group.by
    if counted is not None and counted.ask == "count" and counted.plan is not None and len(version.points) > 1:
        options = tuple(At(counted.plan, point) for point in version.points)
        yield grammar.made(AnswerPart(plan=Compare(options, version.labels), kind="compare"), version, group)


@rule("group", SetPart)
def group_by(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``by`` ``tactic``."""
    if (
        not right.late
        and (not right.named or right.several)
        and right.quantifier in ("", "any", "every")
        and not right.pick
    ):
        yield grammar.made(GroupPart(by=altered(right, quantifier="")), op, right)


@rule(SetPart, "pairs")
def set_in_pairs(grammar: Grammar, left: SetPart, op: OpPart) -> Iterator[Part]:
    """``each group`` ``with its`` …; ``job`` ``pairs``."""
    if not left.named and left.plan is not None:
        yield grammar.made(GroupPart(by=left), left, op, features=(("pairs_open", 1.0),))
        yield grammar.made(altered(left, together=True), left, op)


@rule("pairs", SetPart)
def pairs_of(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``pairs of`` ``jobs``; ``which pair of`` ``controls``."""
    if not right.named and right.plan is not None:
        yield grammar.made(altered(right, together=True), op, right)
        if not right.pick and not right.quantifier:
            yield grammar.made(altered(right, together=True, pick=2), op, right, features=(("picked", 1.0),))


@rule(SetPart, PropPart)
def sharing_pairs(grammar: Grammar, head: SetPart, prop: PropPart) -> Iterator[Part]:
    """``author pairs`` ``sharing a book``: each two that have one in common."""
    through = prop.through
    if not head.together or through is None or prop.argument is not None or head.plan is None:
        return
    rels = (through.role,) if through.role is not None else prop.rels
    for rel, features in steps(grammar.ontology, rels, head.types, through.types, left=False)[:MAX_WAYS]:
        shared: SetPlan = reached(rel, None if through.role is not None else through.plan)
        by = Minus(Follow(shared, rel.predicate, back(rel.direction), type_of(head.plan)), Each())
        plan = Pairs(head.plan, by, unordered=True)
        yield grammar.made(AnswerPart(plan=plan, kind="pairs", head=head, rels=(rel,)), head, prop, features=features)


@rule(("same", "share_with"), SetPart)
def sharing(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``share`` ``techniques`` …; ``the same`` ``techniques`` …."""
    if not right.named and not right.late:
        yield grammar.made(PropPart(through=right, ready=False), op, right)


@rule("with_them", RelPart)
def together_with(grammar: Grammar, op: OpPart, relation: RelPart) -> Iterator[Part]:
    """``together with`` ``acted``; ``co`` ``author``."""
    yield grammar.made(altered(relation, joint=True), op, relation)


@rule(RelPart, "with_them")
def related_together(grammar: Grammar, relation: RelPart, op: OpPart) -> Iterator[Part]:
    """``acted`` ``together with``."""
    yield from together_with(grammar, op, relation)


@rule(RelPart, SetPart)
def joint_with(grammar: Grammar, relation: RelPart, other: SetPart) -> Iterator[Part]:
    """``co-authored`` ``with X``; ``co-authors`` ``of X``; ``co-authored`` ``books`` with X."""
    if not relation.joint or relation.negative:
        return
    rels = (
        tuple(replace(rel, direction=back(rel.direction)) for rel in relation.rels) if relation.noun else relation.rels
    )
    if other.named or other.wh:
        anything = SetPart(types=frozenset(grammar.ontology.types))
        made = PropPart(rels=rels, through=anything, argument=other)
        yield grammar.made(made, relation, other)
        if relation.noun:
            yield from grammar.narrow(SetPart(types=other.types), grammar.made(made, relation, other))
    elif bare_type(other):
        yield grammar.made(PropPart(rels=rels, through=other, ready=False), relation, other)


@rule(SetPart, RelPart)
def joint_of(grammar: Grammar, other: SetPart, relation: RelPart) -> Iterator[Part]:
    """``X's`` ``co-authors``."""
    if relation.noun and other.named:
        yield from joint_with(grammar, relation, other)


@rule("with_them", SetPart)
def with_another(grammar: Grammar, op: OpPart, other: SetPart) -> Iterator[Part]:
    """``together with`` ``X``: what is shared stands before it."""
    if other.named or other.wh:
        anything = SetPart(types=frozenset(grammar.ontology.types))
        yield grammar.made(PropPart(through=anything, argument=other), op, other)


@rule(PropPart, PropPart)
def related_with_another(grammar: Grammar, prop: PropPart, joint: PropPart) -> Iterator[Part]:
    """``wrote books`` ``together with X``."""
    through = prop.argument
    if joint.through is None or joint.rels or joint.argument is None or through is None or not prop.rels:
        return
    if bare_type(through) and not (prop.negative or prop.left):
        yield grammar.made(altered(joint, rels=prop.rels, through=through), prop, joint)


@rule("together", SetPart)
def together_set(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``together`` ``two controls``."""
    if right.pick > 1 and not right.late:
        yield grammar.made(altered(right, together=True), op, right)


@rule(SetPart, "together")
def set_together(grammar: Grammar, left: SetPart, op: OpPart) -> Iterator[Part]:
    """``two controls`` ``together``."""
    if left.pick > 1:
        yield grammar.made(altered(left, together=True), left, op)


@rule("compare", OpPart)
@rule(OpPart, "compare")
def compare_cue(grammar: Grammar, left: OpPart, right: OpPart) -> Iterator[Part]:
    """``compare`` beside another cue."""
    yield grammar.made(OpPart(op="compare"), left, right)


@rule("compare", SetPart)
def compare_numbers(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``compare`` ``the number of techniques of A and B``: each one's number."""
    if len(right.options) > 1 and right.ask == "count" and not right.named:
        yield grammar.made(altered(right, joined="each"), op, right, features=(("each_of", 1.0),))


@rule("compare", AnswerPart)
def compare_compared(grammar: Grammar, op: OpPart, answer: AnswerPart) -> Iterator[Part]:
    """``compare`` ``A and B by share of techniques``."""
    if answer.kind == "compare":
        yield grammar.made(answer, op, answer)


@rule(SAID_TWICE, SAID_TWICE)
def cue_twice(grammar: Grammar, left: OpPart, right: OpPart) -> Iterator[Part]:
    """One cue said in two ways."""
    if left.op == right.op:
        yield grammar.made(left, left, right)
