"""Not, any, every, only, both, or, except: how the cues of logic join with sets, properties and relations."""

from __future__ import annotations

from collections.abc import Iterator

from kg.answer.reading.parts import (
    AnswerPart,
    NumberPart,
    OpPart,
    Part,
    PropPart,
    RelPart,
    SetPart,
    TopicPart,
    altered,
    modifiers,
)
from kg.answer.reading.rules import Grammar, others_of, rule
from kg.domain.plan import Entities, Group, Test, UnionOf

# --- not ---------------------------------------------------------------------------------------------------------


@rule(("negation", "neither"), SetPart)
def no_set(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``no`` ``campaign``; ``not`` ``by X``; ``without`` ``X``."""
    if right.late or right.quantifier not in ("", "any"):
        return
    yield grammar.made(altered(right, quantifier="none"), op, right)
    if right.named:
        yield grammar.made(PropPart(argument=right, negative=True), op, right, features=(("negated_name", 1.0),))
        if op.op == "negation":
            yield grammar.made(TopicPart(argument=right), op, right, features=(("without", 1.0),))


@rule(SetPart, "negation")
def set_not(grammar: Grammar, left: SetPart, op: OpPart) -> Iterator[Part]:
    """``X`` ``does not`` …."""
    if left.named:
        made = PropPart(argument=left, negative=True, left=True)
        yield grammar.made(made, left, op, features=(("late_negation", 1.0),))


@rule(("negation", "neither"), PropPart)
def no_property(grammar: Grammar, op: OpPart, prop: PropPart) -> Iterator[Part]:
    """``not`` ``used by X``."""
    if not prop.ranked and not prop.negative:
        yield grammar.made(altered(prop, negative=True), op, prop)


@rule(("negation", "neither"), RelPart)
def not_related(grammar: Grammar, op: OpPart, relation: RelPart) -> Iterator[Part]:
    """``not`` ``use``."""
    if not relation.negative:
        yield grammar.made(altered(relation, negative=True), op, relation)


@rule("neither", PropPart)
def nor_property(grammar: Grammar, op: OpPart, prop: PropPart) -> Iterator[Part]:
    """``(neither tended)`` ``nor watered by X``: a second relation to the same."""
    if prop.ready and prop.rels and prop.argument is not None and not (prop.negative or prop.tied):
        yield grammar.made(altered(prop, negative=True, tied="nor"), op, prop)


@rule(RelPart, PropPart)
def neither_relation(grammar: Grammar, relation: RelPart, prop: PropPart) -> Iterator[Part]:
    """``neither tended`` ``nor watered by X``: neither relation to the same argument."""
    if prop.tied == "nor" and relation.negative and relation.rels and not relation.noun:
        second = altered(prop, tied="", score=0.0, features=())
        yield grammar.made(PropPart(every=(altered(second, rels=relation.rels), second)), relation, prop)


@rule(RelPart, "negation")
def related_not(grammar: Grammar, relation: RelPart, op: OpPart) -> Iterator[Part]:
    """``mapped to`` ``nothing``."""
    if not relation.negative:
        yield grammar.made(altered(relation, negative=True), relation, op, features=(("late_negation", 1.0),))


# --- any, every, only ----------------------------------------------------------------------------------------------


def _plain(part: SetPart) -> bool:
    return not (part.named or part.order or part.quantifier or part.late)


@rule(("any", "some", "every"), SetPart)
def quantified(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``every`` ``control``."""
    if _plain(right):
        yield grammar.made(altered(right, quantifier=op.op), op, right)
    elif op.op == "every" and len(right.options) > 1:
        yield from both_of(grammar, op, right)


@rule("each", SetPart)
def each_of(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``each`` ``control``; ``each of`` ``A, B and C``: of a list, one by one."""
    if _plain(right):
        yield grammar.made(altered(right, quantifier="every", joined="each"), op, right)
    elif len(right.options) > 1 and not right.late:
        yield grammar.made(altered(right, joined="each"), op, right, features=(("each_of", 1.0),))
        yield grammar.made(altered(right, joined="both"), op, right)


@rule(SetPart, ("every", "all_of_them"))
def all_behind(grammar: Grammar, left: SetPart, op: OpPart) -> Iterator[Part]:
    """``A, B and C`` ``all``."""
    if len(left.options) > 1 and left.named:
        yield grammar.made(altered(left, joined="both"), left, op)


@rule(SetPart, "each")
def each_behind(grammar: Grammar, left: SetPart, op: OpPart) -> Iterator[Part]:
    """``how many techniques of A and B`` ``each``."""
    if len(left.options) > 1:
        yield grammar.made(altered(left, joined="each"), left, op, features=(("each_of", 1.0),))


@rule(("single", "exactly_one"), SetPart)
def one_of(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``exactly one`` ``control``; ``which single`` ``control``."""
    if _plain(right):
        yield grammar.made(altered(right, quantifier="exactly", number=1), op, right)
        if op.op == "single":
            yield grammar.made(altered(right, pick=1), op, right, features=(("picked", 1.0),))


@rule("only", SetPart)
def only_set(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``only`` ``X``; ``their only`` ``control``."""
    if not right.quantifier and not right.late:
        yield grammar.made(altered(right, quantifier="only"), op, right)


@rule("only", PropPart)
def only_property(grammar: Grammar, op: OpPart, prop: PropPart) -> Iterator[Part]:
    """``only`` ``used by X``."""
    if prop.argument is not None and not prop.argument.quantifier:
        yield grammar.made(altered(prop, argument=altered(prop.argument, quantifier="only")), op, prop)


@rule(PropPart, "only")
def only_behind(grammar: Grammar, prop: PropPart, op: OpPart) -> Iterator[Part]:
    """``written by X`` ``alone``."""
    if prop.argument is not None and prop.argument.named and not prop.argument.quantifier and not prop.negative:
        yield grammar.made(altered(prop, argument=altered(prop.argument, quantifier="only")), prop, op)


@rule(("only", "exactly"), NumberPart)
def only_number(grammar: Grammar, op: OpPart, number: NumberPart) -> Iterator[Part]:
    """``only`` ``one``."""
    if not number.comparator:
        yield grammar.made(altered(number, comparator="exactly"), op, number)


@rule(("only", "single", "exactly"), ("only", "single"))
def only_one(grammar: Grammar, left: OpPart, right: OpPart) -> Iterator[Part]:
    """``only a`` ``single``."""
    if left.op != right.op:
        yield grammar.made(OpPart(op="exactly_one"), left, right)


@rule("other", SetPart)
def other_set(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``other`` ``films``: not those that they are described by."""
    if right.named or right.late:
        return
    others = others_of(right.plan, right.types, grammar.ontology) if right.plan is not None else right.plan
    made = altered(right, other=True) if others == right.plan else altered(right, plan=others)
    yield grammar.made(made, op, right)


@rule("negation", "other")
def no_other(grammar: Grammar, left: OpPart, right: OpPart) -> Iterator[Part]:
    """``no`` ``other``."""
    yield grammar.made(OpPart(op="no_other"), left, right)


@rule("and", "no_other")
def and_no_other(grammar: Grammar, left: OpPart, right: OpPart) -> Iterator[Part]:
    """``and`` ``no other language``."""
    yield grammar.made(right, left, right)


@rule("other", RelPart)
def other_relation(grammar: Grammar, op: OpPart, relation: RelPart) -> Iterator[Part]:
    """``else`` ``uses``."""
    yield grammar.made(relation, op, relation, features=(("skip_cue", 0.5),))


# --- except --------------------------------------------------------------------------------------------------------


@rule("except", SetPart)
def except_set(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``other than`` ``X``."""
    if right.plan is not None and not right.late:
        yield grammar.made(PropPart(argument=right, exclude=True), op, right)


@rule(AnswerPart, PropPart)
def groups_alone(grammar: Grammar, answer: AnswerPart, prop: PropPart) -> Iterator[Part]:
    """``books by language`` ``leaving out those with no language``: these are in no group anyway."""
    plan, left = answer.plan, prop.argument
    if not isinstance(plan, Group) or not prop.exclude or left is None or left.quantifier != "none":
        return
    if any(set(grammar.ontology.ends(rel.predicate, rel.direction)[1]) & left.types for rel in answer.rels):
        yield grammar.made(answer, answer, prop)


@rule(SetPart, "excepted")
def set_excepted(grammar: Grammar, left: SetPart, op: OpPart) -> Iterator[Part]:
    """``unit tests`` ``excluded``."""
    if left.plan is not None:
        yield grammar.made(PropPart(argument=left, exclude=True), left, op)


@rule("except", PropPart)
def except_property(grammar: Grammar, op: OpPart, prop: PropPart) -> Iterator[Part]:
    """``except`` ``used by X``."""
    yield grammar.made(altered(prop, negative=True), op, prop)


@rule(SetPart, PropPart)
def every_one_is(grammar: Grammar, head: SetPart, prop: PropPart) -> Iterator[Part]:
    """``every control mapped to X`` ``is in B``: what holds, or not, of B."""
    argument = prop.argument
    if head.quantifier == "every" and not head.named and argument is None and head.plan is not None:
        # "Every flaw of X" "is in the list": whether all of them are.
        for kept in grammar.narrow(altered(head, quantifier=""), prop):
            if isinstance(kept, SetPart) and kept.plan is not None:
                whether = AnswerPart(plan=Test(kept.plan, of=head.plan), kind="every", head=head)
                yield altered(whether, score=kept.score, features=kept.features)
        return
    if head.quantifier != "every" or head.named or argument is None or not argument.named or argument.options:
        return
    if not prop.negative and not argument.quantifier:
        of = grammar.made(PropPart(rels=prop.rels, argument=head, left=not prop.left), head, prop)
        for claim in grammar.narrow(altered(argument, score=0.0, features=()), of):
            yield altered(claim, kind="every") if isinstance(claim, AnswerPart) else claim


# --- both, and, or ---------------------------------------------------------------------------------------------------


@rule("both", SetPart)
def both_of(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``both`` ``A and B``, or two kinds."""
    plans = right.plan.plans if isinstance(right.plan, UnionOf) else ()
    kinds = tuple((plan.type, plan) for plan in plans if isinstance(plan, Entities) and plan.type is not None)
    options = right.options or kinds
    if len(options) > 1:
        made = altered(right, joined="both", options=options)
        yield grammar.made(made, op, right, features=(("both", 1.0),))


@rule(SetPart, ("both", "together"))
def both_behind(grammar: Grammar, left: SetPart, op: OpPart) -> Iterator[Part]:
    """``A and B`` ``both``."""
    if len(left.options) > 1 and (op.op != "both" or left.joined != "or"):
        yield grammar.made(altered(left, joined="both"), left, op, features=(("both", 1.0),))


@rule("common", SetPart)
def common_to(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``common to`` ``A and B``."""
    if len(right.options) > 1:
        made = PropPart(argument=altered(right, joined="both"))
        yield grammar.made(made, op, right, features=(("both", 1.0),))


@rule(SetPart, ("common", "share_with"))
def in_common(grammar: Grammar, left: SetPart, op: OpPart) -> Iterator[Part]:
    """``(techniques) A and B`` ``have in common``."""
    if len(left.options) > 1:
        together = altered(left, joined="both")
        yield grammar.made(together, left, op, features=(("both", 1.0),))
        yield grammar.made(PropPart(argument=together, left=True), left, op, features=(("both", 1.0),))


@rule(PropPart, ("common", "both"))
def related_to_both(grammar: Grammar, prop: PropPart, op: OpPart) -> Iterator[Part]:
    """``used by A and B`` ``both``."""
    if prop.argument is not None and len(prop.argument.options) > 1:
        argument = altered(prop.argument, joined="both")
        yield grammar.made(altered(prop, argument=argument), prop, op, features=(("both", 1.0),))


@rule(SetPart, ("and", "or", "vs", "but", "to"))
def list_goes_on(grammar: Grammar, left: SetPart, op: OpPart) -> Iterator[Part]:
    """``A`` ``and`` …: what stands behind is joined to it as its next member."""
    if left.named or (isinstance(left.plan, Entities) and left.plan.type is not None):
        mark = {"but": "and", "to": "and"}.get(op.op, op.op)
        features = ("list_open", 1.0), ("list_to", float(op.op == "to"))
        yield grammar.made(altered(left, joined=mark), left, op, features=features)


@rule(SetPart, "and_also")
def list_of_both(grammar: Grammar, left: SetPart, op: OpPart) -> Iterator[Part]:
    """``A`` ``and also`` …: of both of them."""
    if left.named:
        yield grammar.made(altered(left, joined="both"), left, op, features=(("both", 1.0),))


@rule(SetPart, "beyond")
def list_less(grammar: Grammar, left: SetPart, op: OpPart) -> Iterator[Part]:
    """``(what does) A`` ``add over`` …: what is A's and not that of what stands behind."""
    if left.named and not left.options and not left.several:
        yield grammar.made(altered(left, joined="less"), left, op)


@rule(SetPart, "comma")
def list_after_comma(grammar: Grammar, left: SetPart, op: OpPart) -> Iterator[Part]:
    """``A`` ``,`` …."""
    if left.named or (isinstance(left.plan, Entities) and left.plan.type is not None and not modifiers(left)):
        yield grammar.made(altered(left, joined=left.joined or "and"), left, op)


@rule(PropPart, "or")
def property_or(grammar: Grammar, prop: PropPart, op: OpPart) -> Iterator[Part]:
    """``used by A`` ``or`` …."""
    yield grammar.made(altered(prop, ready=False), prop, op)


@rule("or", PropPart)
def or_property(grammar: Grammar, op: OpPart, prop: PropPart) -> Iterator[Part]:
    """``or`` ``written by X``: one of two relations to the same."""
    if prop.ready and prop.rels and prop.argument is not None and not prop.negative and not prop.tied:
        yield grammar.made(altered(prop, ready=False, tied="or"), op, prop)


@rule(PropPart, PropPart)
def either_property(grammar: Grammar, left: PropPart, right: PropPart) -> Iterator[Part]:
    """``used by A or`` ``mapped to B``."""
    if not (left.ready or left.tied) and right.ready and left.rels != right.rels and not (left.ranked or right.ranked):
        first = altered(left, ready=True)
        yield grammar.made(PropPart(either=(*(first.either or (first,)), right)), left, right)


@rule(SetPart, "present")
def still_behind(grammar: Grammar, left: SetPart, op: OpPart) -> Iterator[Part]:
    """``techniques`` ``any more``."""
    yield grammar.made(left, left, op)


# --- cues that change nothing ----------------------------------------------------------------------------------------


@rule(("during", "present"), SetPart)
@rule(("and", "and_also", "but", "present", "both", "held"), PropPart)
@rule(("but", "present", "if", "during", "both"), RelPart)
@rule(("present", "both", "exactly"), OpPart)
def passed_over(grammar: Grammar, op: OpPart, right: Part) -> Iterator[Part]:
    """A cue before something that is the same without it."""
    yield grammar.made(right, op, right)


@rule(("and", "but"), SetPart)
def and_which(grammar: Grammar, _: OpPart, right: SetPart) -> Iterator[Part]:
    """``and`` ``which books did she write``: a question of its own, tied to the one before."""
    if right.focus and not isinstance(right.plan, Entities) and not modifiers(right):
        yield grammar.made(right, right, features=(("skip_light", 1.0),))


@rule(SetPart, "present")
@rule(PropPart, ("present", "extra_value"))
@rule(RelPart, ("present", "exactly"))
@rule(OpPart, "present")
def passed_over_behind(grammar: Grammar, left: Part, op: OpPart) -> Iterator[Part]:
    """A cue behind something that is the same without it."""
    yield grammar.made(left, left, op)
