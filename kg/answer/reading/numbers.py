"""Numbers and days: bounds, how many are picked, and when."""

from __future__ import annotations

from collections.abc import Iterator

from kg.answer.reading.literals import bounds, claimed, dated, dates_of
from kg.answer.reading.parts import (
    AnswerPart,
    DatePart,
    NumberPart,
    OpPart,
    Part,
    PropPart,
    SetPart,
    altered,
)
from kg.answer.reading.rules import Grammar, rule
from kg.domain.plan import Value


@rule(SetPart, NumberPart)
def set_and_number(grammar: Grammar, head: SetPart, number: NumberPart) -> Iterator[Part]:
    """``controls`` ``or more``: nothing yet; kept for symmetry of bounds after their noun."""
    if number.comparator and not head.named and not head.quantifier and head.plan is not None:
        quantified = quantify(head, number)
        if quantified is not None:
            yield grammar.made(quantified, head, number, features=(("late_bound", 1.0),))


def quantify(head: SetPart, number: NumberPart) -> SetPart | None:
    """A set of at least, at most, exactly so many."""
    whole = int(number.number)
    if number.number != whole:
        return None
    quantifier, by = {
        "at_least": ("at_least", 0),
        "more_than": ("at_least", 1),
        "at_most": ("at_most", 0),
        "fewer_than": ("at_most", -1),
        "exactly": ("exactly", 0),
    }[number.comparator]
    return altered(head, quantifier=quantifier, number=whole + by)


@rule(NumberPart, SetPart)
def number_of(grammar: Grammar, number: NumberPart, head: SetPart) -> Iterator[Part]:
    """``at least three`` ``controls``; ``two`` ``controls``."""
    if head.named and not head.options:
        return
    if number.comparator:
        quantified = quantify(head, number)
        if quantified is not None and not head.quantifier:
            yield grammar.made(quantified, number, head)
        return
    whole = int(number.number)
    if number.number == whole and 1 <= whole <= 100:
        if head.options and len(head.options) == whole:
            yield grammar.made(head, number, head)
        elif not head.pick and not head.quantifier:
            yield grammar.made(altered(head, pick=whole), number, head, features=(("picked", 1.0),))
            if not number.top:
                yield grammar.made(
                    altered(head, quantifier="exactly", number=whole), number, head, features=(("bare_number", 1.0),)
                )


@rule(SetPart, DatePart)
def set_and_date(grammar: Grammar, head: SetPart, date: DatePart) -> Iterator[Part]:
    """``campaigns`` ``in 2020``: by a date that nobody said."""
    if head.named or head.plan is None:
        return
    during = [
        name
        for name, spec in grammar.ontology.predicates.items()
        if spec.during and head.types & grammar.ontology.ends(name)[0]
    ]
    names = during or dates_of(grammar, head)
    conditions = tuple(one for name in names for one in dated(grammar, name, date))
    if conditions:
        yield from grammar.narrow(head, grammar.made(PropPart(conditions=conditions), date), ("inserted_date", 1.0))


@rule(DatePart, SetPart)
def date_and_set(grammar: Grammar, date: DatePart, head: SetPart) -> Iterator[Part]:
    """``2024`` ``vulnerabilities``; ``in 2020, which campaigns …``."""
    yield from set_and_date(grammar, head, date)


@rule(AnswerPart, DatePart)
def claim_and_date(grammar: Grammar, claim: AnswerPart, date: DatePart) -> Iterator[Part]:
    """``Was X active`` ``in 2020``: the date that a value is asked for is given."""
    if isinstance(claim.plan, Value):
        yield from claimed(grammar, claim, dated(grammar, claim.plan.predicate, date), date)


@rule(AnswerPart, NumberPart)
def value_and_number(grammar: Grammar, claim: AnswerPart, number: NumberPart) -> Iterator[Part]:
    """``Is the score of X`` ``above 9``."""
    if isinstance(claim.plan, Value):
        yield from claimed(grammar, claim, bounds(grammar, [claim.plan.predicate], number), number)


@rule(("at_least", "at_most", "more_than", "fewer_than", "exactly"), NumberPart)
def bound_before(grammar: Grammar, op: OpPart, number: NumberPart) -> Iterator[Part]:
    """``at least`` ``three``."""
    if not number.comparator:
        yield grammar.made(altered(number, comparator=op.op), op, number)


@rule(NumberPart, ("or_more", "or_less"))
def bound_after(grammar: Grammar, number: NumberPart, op: OpPart) -> Iterator[Part]:
    """``three`` ``or more``."""
    if not number.comparator:
        bound = "at_least" if op.op == "or_more" else "at_most"
        yield grammar.made(altered(number, comparator=bound), number, op)


@rule(("before", "until", "after", "since", "during", "more_than", "fewer_than"), DatePart)
def date_bound(grammar: Grammar, op: OpPart, date: DatePart) -> Iterator[Part]:
    """``before`` ``2020``; ``since`` ``March``; ``in`` ``2024``."""
    if not date.comparator:
        bound = {"more_than": "after", "fewer_than": "before"}.get(op.op, op.op)
        yield grammar.made(altered(date, comparator=bound), op, date)


@rule("between", DatePart)
def date_range_open(grammar: Grammar, op: OpPart, date: DatePart) -> Iterator[Part]:
    """``from`` ``2019`` …."""
    if not date.comparator:
        yield grammar.made(altered(date, comparator="during"), op, date, features=(("open_range", 1.0),))


@rule(DatePart, ("or_more", "or_less"))
def date_bound_after(grammar: Grammar, date: DatePart, op: OpPart) -> Iterator[Part]:
    """``2020`` ``or later``."""
    if date.comparator in ("", "during"):
        bound = "since" if op.op == "or_more" else "until"
        yield grammar.made(altered(date, comparator=bound), date, op)


@rule("present", DatePart)
def still_date(grammar: Grammar, op: OpPart, date: DatePart) -> Iterator[Part]:
    """``still`` ``in 2020``."""
    yield grammar.made(date, op, date)


@rule(DatePart, ("to", "and"))
def date_to(grammar: Grammar, date: DatePart, op: OpPart) -> Iterator[Part]:
    """``2019`` ``to`` …."""
    if not date.comparator:
        yield grammar.made(altered(date, comparator="during"), date, op, features=(("open_range", 1.0),))


@rule(DatePart, DatePart)
def date_range(grammar: Grammar, left: DatePart, right: DatePart) -> Iterator[Part]:
    """``from 2019`` ``to 2021``."""
    first, last = left.first, right.last
    if first.startswith("--") and not last.startswith("--"):
        first = last[:4] + first[1:]
    if first <= last:
        yield grammar.made(DatePart(first=first, last=last, comparator="during"), left, right)
