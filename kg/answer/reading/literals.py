"""How literals, numbers, dates and versions join with what they speak of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from kg.answer.reading.nouns import implied
from kg.answer.reading.parts import (
    AnswerPart,
    Condition,
    DatePart,
    Feature,
    LiteralPart,
    NumberPart,
    OpPart,
    Part,
    PropPart,
    RankPart,
    SetPart,
    altered,
    scored,
)
from kg.answer.reading.rules import Grammar, rule
from kg.domain.plan import Comparator, Rank, Test, Value, Where, walk

COMPARATORS: dict[str, Comparator] = {
    "at_least": ">=",
    "more_than": ">",
    "at_most": "<=",
    "fewer_than": "<",
    "exactly": "=",
    "": "=",
}


# --- literal phrases ---------------------------------------------------------------------------------------------


@rule(LiteralPart, PropPart)
def phrase_and_value(grammar: Grammar, phrase: LiteralPart, value: PropPart) -> Iterator[Part]:
    """``exploitation`` ``active``."""
    kept = tuple(one for one in value.conditions if one.predicate in phrase.predicates)
    if kept:
        yield grammar.made(altered(value, conditions=kept), phrase, value)


@rule(PropPart, LiteralPart)
def value_and_phrase(grammar: Grammar, value: PropPart, phrase: LiteralPart) -> Iterator[Part]:
    """``high`` ``severity``."""
    kept = tuple(one for one in value.conditions if one.predicate in phrase.predicates)
    if kept:
        yield grammar.made(altered(value, conditions=kept), value, phrase)


@rule(LiteralPart, LiteralPart)
def phrase_twice(grammar: Grammar, left: LiteralPart, right: LiteralPart) -> Iterator[Part]:
    """``platforms … run on``: two phrases for one predicate."""
    common = tuple(name for name in left.predicates if name in right.predicates)
    if common:
        both = LiteralPart(predicates=common, noun=left.noun or right.noun, asks=left.asks or right.asks)
        yield grammar.made(both, left, right)


@rule(LiteralPart, NumberPart)
def phrase_and_number(grammar: Grammar, phrase: LiteralPart, number: NumberPart) -> Iterator[Part]:
    """``score`` ``above 9``."""
    conditions = bounds(grammar, phrase.predicates, number)
    if conditions:
        yield grammar.made(PropPart(conditions=conditions), phrase, number)


def bounds(grammar: Grammar, names: Iterable[str], number: NumberPart) -> tuple[Condition, ...]:
    """A number as the test of each of these predicates that is of numbers."""
    value = int(number.number) if number.number == int(number.number) else number.number
    return tuple(
        Condition(name, COMPARATORS[number.comparator], str(value))
        for name in names
        if grammar.ontology.predicates[name].value == "number"
    )


@rule(LiteralPart, DatePart)
def phrase_and_date(grammar: Grammar, phrase: LiteralPart, date: DatePart) -> Iterator[Part]:
    """``published`` ``in March 2025``."""
    conditions = tuple(one for name in phrase.predicates for one in dated(grammar, name, date))
    if conditions:
        yield grammar.made(PropPart(conditions=conditions), phrase, date)


@rule(DatePart, LiteralPart)
def date_and_phrase(grammar: Grammar, date: DatePart, phrase: LiteralPart) -> Iterator[Part]:
    """``before 2018`` ``by last seen``."""
    for made in phrase_and_date(grammar, phrase, date):
        yield scored(made, grammar.weights, ("date_first", 1.0), of=(made,))


def dated(grammar: Grammar, name: str, date: DatePart) -> Iterator[Condition]:
    """A date as the test of one predicate: of days, or of years."""
    spec = grammar.ontology.predicates[name]
    first, last = date.first, date.last
    if first.startswith("--"):
        return
    if spec.value == "number" and spec.unit == "year":
        first, last = first[:4], last[:4]
    elif spec.value != "date":
        return
    bounds: dict[str, tuple[Comparator, str]] = {
        "before": ("<", first),
        "until": ("<=", last),
        "after": (">", last),
        "since": (">=", first),
    }
    if date.comparator in bounds:
        yield Condition(name, *bounds[date.comparator])
    elif spec.during:
        yield Condition(name, "overlaps", first, last)
    elif first == last:
        yield Condition(name, "=", first)
    else:
        yield Condition(name, "between", first, last)


@rule(LiteralPart, RankPart)
def phrase_and_order(grammar: Grammar, phrase: LiteralPart, order: RankPart) -> Iterator[Part]:
    """``first seen`` ``earliest``."""
    for name in phrase.predicates:
        if not order.value:
            yield grammar.made(RankPart(value=name, order=order.order), phrase, order)


@rule(RankPart, LiteralPart)
def order_and_phrase(grammar: Grammar, order: RankPart, phrase: LiteralPart) -> Iterator[Part]:
    """``highest`` ``score``."""
    yield from phrase_and_order(grammar, phrase, order)


@rule(SetPart, RankPart)
def set_by_order(grammar: Grammar, head: SetPart, order: RankPart) -> Iterator[Part]:
    """``vulnerability`` ``with the highest score``."""
    if head.named and not head.options:
        for made, features in implied(grammar, head):
            for part in set_by_order(grammar, grammar.made(made, head, features=features), altered(order, score=0.0)):
                yield grammar.made(part, part, order)
        return
    if head.plan is None:
        return
    for name in (order.value,) if order.value else dates_of(grammar, head):
        if head.types & grammar.ontology.ends(name)[0]:
            rank = Rank(head.plan, value=name, order=order.order, top=max(1, head.pick))
            features = () if order.value else (("inserted_date", 1.0),)
            yield grammar.made(AnswerPart(plan=rank, kind="rank", head=head), head, order, features=features)


@rule(RankPart, SetPart)
def order_of_set(grammar: Grammar, order: RankPart, head: SetPart) -> Iterator[Part]:
    """``latest`` ``campaign``."""
    yield from set_by_order(grammar, head, order)


@rule(SetPart, AnswerPart)
def which_is_first(grammar: Grammar, asked: SetPart, answer: AnswerPart) -> Iterator[Part]:
    """``what is`` ``the oldest book``."""
    head = answer.head
    bare = asked.wh and asked.plan is None and not asked.pending
    if bare and answer.kind == "rank" and head is not None and asked.types & head.types and not (head.focus or head.wh):
        yield grammar.made(answer, asked, answer)


@rule(AnswerPart, RankPart)
def described_then_ordered(grammar: Grammar, answer: AnswerPart, order: RankPart) -> Iterator[Part]:
    """A ranking whose literal is said last."""
    if (
        answer.kind == "rank"
        and isinstance(answer.plan, Rank)
        and answer.plan.value
        and answer.plan.value == order.value
    ):
        yield grammar.made(answer, answer, order)


def dates_of(grammar: Grammar, head: SetPart) -> list[str]:
    """Date predicates of the head: the one it is described by, or those meant by default, or all."""
    names = [
        name
        for name, spec in grammar.ontology.predicates.items()
        if (spec.value == "date" or spec.unit == "year")
        and not spec.derived
        and head.types & grammar.ontology.ends(name)[0]
    ]
    described = {part.predicate for part in walk(head.plan) if isinstance(part, Where)} if head.plan is not None else ()
    told = [name for name in names if name in described]
    default = [name for name in names if grammar.ontology.predicates[name].default]
    return (told if len(told) == 1 else []) or default or names


def _of_value(grammar: Grammar, head: SetPart, name: str) -> tuple[Feature, ...]:
    """That a value is asked for; one that the set was picked out by is known already."""
    parts = walk(head.plan) if head.plan is not None else ()
    picked = any(isinstance(part, Where) and (part.predicate, part.comparator) == (name, "=") for part in parts)
    known = (("value_known", 1.0),) if picked else ()
    known = (*known, ("value_focus", 1.0)) if head.focus else known
    return (("value", 1.0), *known, *grammar.lost(head))


@rule(SetPart, LiteralPart)
def value_of_set(grammar: Grammar, head: SetPart, phrase: LiteralPart) -> Iterator[Part]:
    """``X`` ``first seen``; ``campaigns`` ``declared non-mappable``; ``what`` ``score``."""
    if head.wh and head.plan is None and phrase.noun:
        yield grammar.made(altered(phrase, asks=True), head, phrase)
        return
    for name in phrase.predicates:
        spec = grammar.ontology.predicates[name]
        if not head.types & grammar.ontology.ends(name)[0]:
            continue
        if spec.value == "boolean" and not phrase.noun:
            yield from grammar.narrow(head, grammar.made(PropPart(conditions=(Condition(name, "=", "true"),)), phrase))
        elif head.plan is not None and (
            head.named or head.anaphor or head.wider is not None or phrase.noun or phrase.asks
        ):
            value = AnswerPart(plan=Value(head.plan, name), kind="value", head=head)
            unasked = () if phrase.noun or phrase.asks or head.named else (("value_unasked", 1.0),)
            yield grammar.made(value, head, phrase, features=(*_of_value(grammar, head, name), *unasked))
            if not (head.named or head.anaphor):
                known = grammar.made(PropPart(conditions=(Condition(name, "known"),)), phrase)
                yield from grammar.narrow(head, known, ("known", 1.0))
        elif head.plan is not None:
            known = grammar.made(PropPart(conditions=(Condition(name, "known"),)), phrase)
            yield from grammar.narrow(head, known, ("known", 1.0))


@rule(LiteralPart, SetPart)
def value_for_set(grammar: Grammar, phrase: LiteralPart, head: SetPart) -> Iterator[Part]:
    """``the score`` ``of X``; ``declared unmappable`` ``techniques``."""
    for name in phrase.predicates:
        spec = grammar.ontology.predicates[name]
        if head.plan is None or not head.types & grammar.ontology.ends(name)[0]:
            continue
        if spec.value == "boolean" and not phrase.noun:
            bare = grammar.made(PropPart(conditions=(Condition(name, "=", "true"),)), phrase)
            yield from grammar.narrow(head, bare, ("premodified", 1.0))
        else:
            value = AnswerPart(plan=Value(head.plan, name), kind="value", head=head)
            yield grammar.made(value, phrase, head, features=_of_value(grammar, head, name))


@rule(LiteralPart, AnswerPart)
def value_asked_twice(grammar: Grammar, phrase: LiteralPart, answer: AnswerPart) -> Iterator[Part]:
    """``when`` ``was X first seen``."""
    if answer.kind == "value" and isinstance(answer.plan, Value) and answer.plan.predicate in phrase.predicates:
        yield grammar.made(answer, phrase, answer)
    if answer.kind == "rank" and isinstance(answer.plan, Rank) and answer.plan.value in phrase.predicates:
        yield grammar.made(answer, phrase, answer)


@rule(AnswerPart, LiteralPart)
def value_said_twice(grammar: Grammar, answer: AnswerPart, phrase: LiteralPart) -> Iterator[Part]:
    """``what platforms does X`` ``run on``."""
    yield from value_asked_twice(grammar, phrase, answer)


# --- values as properties of a claim -----------------------------------------------------------------------------


@rule(AnswerPart, PropPart)
def value_and_value(grammar: Grammar, claim: AnswerPart, value: PropPart) -> Iterator[Part]:
    """``Is the severity of X`` ``critical``."""
    if isinstance(claim.plan, Value):
        conditions = [one for one in value.conditions if one.predicate == claim.plan.predicate]
        yield from claimed(grammar, claim, conditions, value)


def claimed(grammar: Grammar, asked: AnswerPart, conditions: Iterable[Condition], by: Part) -> Iterator[Part]:
    """What was asked for as a value, claimed of it: one claim for each condition."""
    if asked.kind == "value" and asked.head is not None and asked.head.plan is not None:
        for one in conditions:
            test = Test(Where(asked.head.plan, one.predicate, one.comparator, one.value, one.upper))
            yield grammar.made(altered(asked, plan=test, kind="claim"), asked, by)


# --- cues that belong to literal phrases --------------------------------------------------------------------------


@rule(("most", "fewest", "latest", "earliest", "top"), LiteralPart)
def order_by_literal(grammar: Grammar, op: OpPart, phrase: LiteralPart) -> Iterator[Part]:
    """``highest`` ``score``."""
    order = "fewest" if op.op in ("fewest", "earliest") else "most"
    for name in phrase.predicates:
        yield grammar.made(RankPart(value=name, order=order), op, phrase)  # type: ignore[arg-type]


@rule(LiteralPart, ("latest", "earliest"))
def literal_in_order(grammar: Grammar, phrase: LiteralPart, op: OpPart) -> Iterator[Part]:
    """``added`` ``first``."""
    yield from order_by_literal(grammar, op, phrase)


@rule(("negation", "neither"), LiteralPart)
def without_literal(grammar: Grammar, op: OpPart, phrase: LiteralPart) -> Iterator[Part]:
    """``no`` ``due date``; ``not`` ``retired``: where all of it is recorded, what is not recorded as so is not."""
    specs = [grammar.ontology.predicates[name] for name in phrase.predicates]
    if all(spec.value == "boolean" and spec.world == "closed" for spec in specs):
        so = tuple(Condition(spec.name, "=", "true") for spec in specs)
        yield grammar.made(PropPart(conditions=so, negative=True), op, phrase)
        return
    conditions = tuple(
        Condition(spec.name, "!=", "true") if spec.value == "boolean" else Condition(spec.name, "unknown")
        for spec in specs
    )
    yield grammar.made(PropPart(conditions=conditions), op, phrase)


@rule("only", PropPart)
def only_value(grammar: Grammar, op: OpPart, value: PropPart) -> Iterator[Part]:
    """``only`` ``in French``: with that value, and with no other one."""
    for one in value.conditions if not value.negative else ():
        if one.comparator == "=" and not grammar.ontology.predicates[one.predicate].functional:
            alone = PropPart(conditions=(replace(one, comparator="!="),), negative=True)
            held = altered(value, conditions=(one,), score=0.0, features=())
            yield grammar.made(PropPart(every=(held, alone)), op, value)


@rule(PropPart, ("only", "no_other"))
def value_only(grammar: Grammar, value: PropPart, op: OpPart) -> Iterator[Part]:
    """``in French`` ``only``; ``in French`` ``and in no other language``."""
    yield from only_value(grammar, op, value)


@rule("no_other", LiteralPart)
def no_other_value(grammar: Grammar, op: OpPart, phrase: LiteralPart) -> Iterator[Part]:
    """``no other`` ``language``."""
    yield grammar.made(op, op, phrase)


@rule(("present", "during", "and", "values"), LiteralPart)
def cue_before_literal(grammar: Grammar, op: OpPart, phrase: LiteralPart) -> Iterator[Part]:
    """A small word before a literal phrase."""
    yield grammar.made(phrase, op, phrase)
