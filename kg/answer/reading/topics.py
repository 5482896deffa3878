"""What a question is about: if something fails, for something, from one thing to another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kg.answer.reading.narrow import narrowed, narrowings, steps
from kg.answer.reading.parts import AnswerPart, OpPart, Part, PropPart, RelPart, SetPart, TopicPart, altered
from kg.answer.reading.plans import met, reached, type_of
from kg.answer.reading.rules import MAX_WAYS, Grammar, rule
from kg.domain.plan import (
    Each,
    Follow,
    Having,
    Intersect,
    Minus,
    Only,
    Rank,
    SetPlan,
    Suppose,
    walk,
)


@rule(TopicPart, SetPart)
def topic_first(grammar: Grammar, topic: TopicPart, main: SetPart) -> Iterator[Part]:
    """``if X closes,`` ``which authors lose their only shop``."""
    yield from about(grammar, topic, main, (topic, main))


@rule(SetPart, TopicPart)
def topic_last(grammar: Grammar, main: SetPart, topic: TopicPart) -> Iterator[Part]:
    """``which tables are affected`` ``if X is wrong``."""
    yield from about(grammar, topic, main, (main, topic))


def about(grammar: Grammar, topic: TopicPart, main: SetPart, of: tuple[Part, ...]) -> Iterator[Part]:
    """What is said, of the topic: it is the argument of what still lacks one, or is taken away."""
    if topic.shift is not None:
        yield from _shifted(grammar, topic.shift, main, of)
    argument = topic.argument
    if argument is None or argument.plan is None or main.named:
        return
    if main.plan is not None and anchored_on(main.plan, argument.plan) and not (main.pending or main.losing):
        yield grammar.made(main, *of)
        return
    if main.losing is not None:
        yield from _lost(grammar, main, argument, of)
        return
    if main.pending:
        prop = PropPart(rels=main.pending, argument=argument)
        for way in list(narrowings(grammar.ontology, main, prop))[:MAX_WAYS]:
            kept = narrowed(altered(main, pending=()), way, grammar.ontology)
            if kept is not None:
                yield grammar.made(altered(kept, pending=()), *of, features=(*way.features, ("topic", 1.0)))
        return
    yield from _without_topic(grammar, argument, argument.plan, main, of)


def _without_topic(
    grammar: Grammar, argument: SetPart, gone: SetPlan, main: SetPart, of: tuple[Part, ...]
) -> Iterator[Part]:
    """What the whole loses with the topic; or what is of the topic, where nothing else is said."""
    if main.wider is not None and main.plan is not None and not anchored_on(main.plan, gone):
        lost = Minus(Suppose(main.plan, without=gone), main.plan)
        if argument.types & main.types and not isinstance(main.plan, Having):
            # "If X and Y were withdrawn, which goods would still …": those that are left.
            left = altered(main, plan=Minus(main.plan, gone), options=())
            yield grammar.made(left, *of, features=(("left_over_of", 1.0),))
            return
        yield grammar.made(
            altered(main, plan=_sole(main.plan, gone) or lost, options=()), *of, features=(("supposed", 1.0),)
        )
    else:
        prop = PropPart(argument=argument)
        for way in list(narrowings(grammar.ontology, main, prop))[:2]:
            kept = narrowed(main, way, grammar.ontology)
            if kept is not None:
                yield grammar.made(kept, *of, features=(*way.features, ("topic", 1.0), ("topic_bare", 1.0)))


def anchored_on(plan: SetPlan, argument: SetPlan) -> bool:
    """Whether the plan already speaks of the argument."""
    return any(part == argument for part in walk(plan))


def _sole(plan: SetPlan, argument: SetPlan) -> SetPlan | None:
    """What comes to have none without the argument: what has nothing else."""
    if isinstance(plan, Having) and plan.quantifier == "none":
        return Only(plan.source, plan.plan, argument)
    return None


def _lost(grammar: Grammar, main: SetPart, argument: SetPart, of: tuple[Part, ...]) -> Iterator[Part]:
    """``lose their only control``, if the argument is that control: all they have is the argument."""
    lost = main.losing
    if lost is None or main.plan is None or argument.plan is None:
        return
    rels = lost.pending or main.pending
    for rel, features in steps(grammar.ontology, rels, main.types, argument.types & lost.types, left=False)[:MAX_WAYS]:
        step: SetPlan = (
            Intersect((Follow(Each(), rel.predicate, rel.direction), lost.plan))
            if lost.wider is not None and lost.plan is not None
            else Follow(Each(), rel.predicate, rel.direction, type_of(lost.plan))
        )
        only = lost.quantifier in ("only", "exactly", "every") or lost.joined in ("and", "both")
        kept = Only(main.plan, step, argument.plan) if only else met(main.plan, rel, argument.plan)
        made = altered(main, plan=kept, losing=None, pending=(), wider=main.plan)
        yield grammar.made(made, *of, features=(*features, ("topic", 1.0)))


def _shifted(grammar: Grammar, shift: tuple[SetPart, SetPart], main: SetPart, of: tuple[Part, ...]) -> Iterator[Part]:
    """``moving from A to B``, ``which extra controls``: those of B that are not of A."""
    before, after = shift
    if main.plan is None or main.named or before is after:
        return
    rels = main.pending
    old = list(narrowings(grammar.ontology, main, PropPart(rels=rels, argument=before)))[:MAX_WAYS]
    new = list(narrowings(grammar.ontology, main, PropPart(rels=rels, argument=after)))[:MAX_WAYS]
    for one in old:
        for other in new:
            if one.rel == other.rel:
                gone, come = (other, one) if main.change == "removed" else (one, other)
                plan = Minus(come.change(main.plan), gone.change(main.plan))
                yield grammar.made(
                    altered(main, plan=plan, pending=(), change=None, wider=main.plan, types=one.types, extra=False),
                    *of,
                    features=(*one.features, ("shift", 1.0)),
                )


@rule(("if", "fail", "present", "negation"), TopicPart)
def cue_before_topic(grammar: Grammar, op: OpPart, topic: TopicPart) -> Iterator[Part]:
    """``what if`` ``X fails``."""
    yield grammar.made(topic, op, topic)


@rule(TopicPart, ("fail", "to", "present"))
def cue_after_topic(grammar: Grammar, topic: TopicPart, op: OpPart) -> Iterator[Part]:
    """``without X`` ``going down``."""
    yield grammar.made(topic, topic, op)


@rule(TopicPart, AnswerPart)
def topic_and_answer(grammar: Grammar, topic: TopicPart, answer: AnswerPart) -> Iterator[Part]:
    """``for X,`` ``which shop sells the most books``: what is counted is that of the topic."""
    plan = answer.plan
    if topic.argument is None or not isinstance(plan, Rank) or answer.argument is None:
        return
    counted = answer.argument
    for way in list(narrowings(grammar.ontology, counted, PropPart(argument=topic.argument)))[:2]:
        kept = narrowed(counted, way, grammar.ontology)
        if kept is not None and answer.rels:
            changed = replace(plan, by=reached(answer.rels[0], kept.plan))
            yield grammar.made(altered(answer, plan=changed), topic, answer, features=(*way.features, ("topic", 1.0)))


@rule(TopicPart, SetPart)
def from_to(grammar: Grammar, topic: TopicPart, end: SetPart) -> Iterator[Part]:
    """``from low`` ``to moderate``."""
    start = topic.shift[0] if topic.shift is not None and topic.shift[0] is topic.shift[1] else None
    if start is not None and end.named and end.plan != start.plan and start.types & end.types:
        yield grammar.made(TopicPart(shift=(start, end)), topic, end)


@rule("lose", SetPart)
def losing(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``lose`` ``their only control``."""
    if not right.named and not right.late:
        yield grammar.made(PropPart(losing=right), op, right)


@rule("left_none", SetPart)
def left_with_none(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``left without`` ``any control``: all they have is lost."""
    if not right.named and not right.late and right.quantifier in ("", "any", "none"):
        yield grammar.made(PropPart(losing=altered(right, quantifier="only")), op, right)


@rule(("lose", "left_none"), RelPart)
def losing_all(grammar: Grammar, op: OpPart, relation: RelPart) -> Iterator[Part]:
    """``left with nothing`` ``indicated``: what is lost is all there is of the relation."""
    anything = SetPart(types=frozenset(grammar.ontology.types), pending=relation.rels, quantifier="only")
    yield grammar.made(PropPart(losing=anything), op, relation)


@rule("if", SetPart)
def if_set(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``if`` ``X``."""
    if not right.late:
        yield grammar.made(TopicPart(argument=right), op, right, features=(("if_bare", 1.0),))


@rule("fail", SetPart)
def failing_set(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``dropping`` ``X``."""
    if right.named:
        yield grammar.made(TopicPart(argument=_whichever(right)), op, right)


def _whichever(part: SetPart) -> SetPart:
    """Of several that fail, any: what is touched by one of them is touched."""
    return altered(part, options=(), joined="") if part.named and part.joined in ("", "and", "both") else part


@rule(SetPart, "fail")
def set_fails(grammar: Grammar, left: SetPart, op: OpPart) -> Iterator[Part]:
    """``X`` ``fails``."""
    if left.plan is not None:
        features = () if left.named else (("fail_type", 1.0),)
        yield grammar.made(TopicPart(argument=_whichever(left)), left, op, features=features)


@rule(("if", "fail"), ("fail", "if"))
@rule("present", "fail")
def if_fails(grammar: Grammar, left: OpPart, right: OpPart) -> Iterator[Part]:
    """``what if`` ``fails``."""
    if left.op != right.op:
        yield grammar.made(OpPart(op="fail"), left, right)


@rule(("between", "since"), SetPart)
def from_set(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``from`` ``low`` …."""
    if right.named:
        yield grammar.made(TopicPart(shift=(right, right)), op, right)
        yield grammar.made(right, op, right, features=(("skip_cue", 0.3),))
