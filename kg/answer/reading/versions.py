"""Dataset versions: what is read at one, and what changed between two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kg.answer.reading.parts import (
    AnswerPart,
    OpPart,
    Part,
    PropPart,
    SetPart,
    VersionPart,
    altered,
)
from kg.answer.reading.rules import Grammar, rule
from kg.domain.plan import (
    At,
    Change,
    Compare,
    Count,
    Diff,
    Group,
    Having,
    Minus,
    Point,
    Rank,
    SetPlan,
    Test,
    Value,
    walk,
)
from kg.domain.result import HERE
from kg.domain.words import natural

CHANGES: dict[str, Change] = {"added": "added", "extra": "added", "removed": "removed", "changed": "both"}


@rule(SetPart, VersionPart)
def set_at(grammar: Grammar, head: SetPart, version: VersionPart) -> Iterator[Part]:
    """``books of X`` ``in June``; ``new books`` ``between May and June``."""
    yield from _at(grammar, head, version, (head, version))


@rule(VersionPart, SetPart)
def at_set(grammar: Grammar, version: VersionPart, head: SetPart) -> Iterator[Part]:
    """``In 18.1,`` ``which techniques …``."""
    yield from _at(grammar, head, version, (version, head))


def _at(grammar: Grammar, head: SetPart, version: VersionPart, of: tuple[Part, ...]) -> Iterator[Part]:
    if head.named and not head.options:
        # "X in 18.1" is X: what is asked of it is asked there. Left to the sentence.
        return
    plan = head.plan
    if isinstance(plan, At) and version.negative and len(version.points) == 1:
        gone = Minus(plan, At(plan.source, version.points[0]))
        yield grammar.made(altered(head, plan=gone, wider=plan, options=()), *of, features=(("version", 1.0),))
        return
    change = version.change or head.change
    if plan is None or _settled(plan, change) or any(isinstance(one, At) for _, one in head.options):
        return
    if len(version.points) == 1 and change is not None:
        before, after = (version.points[0], HERE) if version.since else (HERE, version.points[0])
        if before == after:
            return
        yield _changed(grammar, head, before, after, change, of)
    elif len(version.points) == 1:
        point = version.points[0]
        if version.negative:
            made = altered(head, plan=Minus(plan, At(plan, point)), wider=plan)
            yield grammar.made(made, *of, features=(("version", 1.0),))
        else:
            yield grammar.made(head.each(lambda one: _read_at(one, point)), *of, features=(("version", 1.0),))
    elif change is not None:
        said = zip(version.labels, version.points, strict=True)
        (_, before), (_, after), *_ = sorted(said, key=lambda pair: natural(pair[0]))
        yield _changed(grammar, head, before, after, change, of)
    elif not head.options:
        options = tuple((label, At(plan, point)) for label, point in zip(version.labels, version.points, strict=True))
        made = altered(head, plan=options[-1][1], options=options, joined="vs")
        yield grammar.made(made, *of, features=(("versions", 1.0),))


def _read_at(plan: SetPlan, point: Point) -> SetPlan:
    """The plan at the point; ``that are not in May``, said of it before, stays where it is."""
    if isinstance(plan, Minus) and isinstance(plan.without, At) and plan.without.source == plan.source:
        return Minus(At(plan.source, point), plan.without)
    return At(plan, point)


def _settled(plan: SetPlan, change: Change | None) -> bool:
    """Whether it is said already where the plan is read; what changed is read at two versions, and at no third one."""
    within = {type(one) for one in walk(plan)}
    return isinstance(plan, At) or Diff in within or (change is not None and At in within)


def _changed(grammar: Grammar, head: SetPart, before: Point, after: Point, change: str, of: tuple[Part, ...]) -> Part:  # noqa: PLR0913, PLR0917 (what a change is made of)
    def diff(plan: SetPlan) -> SetPlan:
        return Diff(plan, before, after, change)  # type: ignore[arg-type]

    counted = isinstance(head.plan, Having) and head.plan.quantifier not in ("some", "none")
    told = (("diff", 1.0), ("diff_open", float(HERE in (before, after))), ("diff_late", float(counted)))
    made: Part = grammar.made(altered(head.each(diff), change=None, wider=None), *of, features=told)
    return made


@rule(PropPart, VersionPart)
def property_at(grammar: Grammar, prop: PropPart, version: VersionPart) -> Iterator[Part]:
    """``mapped`` ``in the 14.1 mapping``."""
    if len(version.points) == 1 and version.change is None and prop.point is None:
        made = altered(prop, point=version.points[0], negative=prop.negative != version.negative)
        yield grammar.made(made, prop, version, features=(("version", 1.0),))


@rule(AnswerPart, VersionPart)
def answer_at(grammar: Grammar, answer: AnswerPart, version: VersionPart) -> Iterator[Part]:
    """``Which group uses the most techniques`` ``in 18.1``."""
    if len(version.points) != 1 or version.change is not None:
        if answer.kind == "claim" and isinstance(answer.plan, Test) and len(version.points) >= 1 and version.change:
            before, after = (
                (version.points[0], HERE) if version.since or len(version.points) == 1 else version.points[:2]
            )
            if len(version.points) == 1 and not version.since:
                before, after = HERE, version.points[0]
            if before != after:
                plan = Test(Diff(answer.plan.source, before, after, version.change))
                yield grammar.made(altered(answer, plan=plan), answer, version, features=(("diff", 1.0),))
        return
    there = moved(answer, version.points[0])
    if there is not None:
        yield grammar.made(there, answer, version, features=(("version", 1.0),))


@rule(VersionPart, AnswerPart)
def at_answer(grammar: Grammar, version: VersionPart, answer: AnswerPart) -> Iterator[Part]:
    """``In 18.1,`` ``which group uses the most techniques``."""
    yield from answer_at(grammar, answer, version)


def moved(answer: AnswerPart, point: Point) -> AnswerPart | None:
    """The same asked at another point."""
    plan = answer.plan
    if isinstance(plan, Test):
        return altered(answer, plan=replace(plan, source=At(plan.source, point)))
    if isinstance(plan, Count):
        return altered(answer, plan=Count(At(plan.source, point), At(plan.of, point) if plan.of is not None else None))
    if isinstance(plan, Value | Group):
        return altered(answer, plan=replace(plan, source=At(plan.source, point)))
    if isinstance(plan, Compare):
        options = tuple(At(option, point) for option in plan.options)
        return altered(answer, plan=replace(plan, options=options, of=tuple(At(one, point) for one in plan.of)))
    if isinstance(plan, Rank) and plan.by is not None:
        by = At(plan.by, point)
        return altered(answer, plan=replace(plan, source=At(plan.source, point), by=by))
    return None


@rule(VersionPart, VersionPart)
def two_versions(grammar: Grammar, left: VersionPart, right: VersionPart) -> Iterator[Part]:
    """``16.1`` ``18.1`` side by side."""
    yield from versions_joined(grammar, left, right, (left, right))


def versions_joined(grammar: Grammar, left: VersionPart, right: VersionPart, of: tuple[Part, ...]) -> Iterator[Part]:
    """Two versions of one dataset, or more."""
    points = tuple(dict.fromkeys((*left.points, *right.points)))
    if len(points) < 2 or left.negative or right.negative:
        return
    labels = tuple(dict.fromkeys((*left.labels, *right.labels)))
    if len(labels) == len(points):
        change = left.change or right.change
        yield grammar.made(VersionPart(points=points, labels=labels, change=change), *of)


@rule(("added", "removed", "changed", "extra"), VersionPart)
def changed_in(grammar: Grammar, op: OpPart, version: VersionPart) -> Iterator[Part]:
    """``added in`` ``18.1``."""
    yield grammar.made(altered(version, change=CHANGES[op.op]), op, version)


@rule(VersionPart, ("added", "removed", "changed"))
def in_changed(grammar: Grammar, version: VersionPart, op: OpPart) -> Iterator[Part]:
    """``in 18.1`` ``added``."""
    if version.change is None:
        yield grammar.made(altered(version, change=CHANGES[op.op]), version, op)


@rule(("negation", "neither", "except"), VersionPart)
def not_in(grammar: Grammar, op: OpPart, version: VersionPart) -> Iterator[Part]:
    """``not in`` ``18.1``."""
    if len(version.points) == 1:
        yield grammar.made(altered(version, negative=True), op, version)


@rule(VersionPart, "negation")
def version_not(grammar: Grammar, version: VersionPart, op: OpPart) -> Iterator[Part]:
    """``16.1`` ``did not``."""
    if len(version.points) == 1 and version.change is None:
        yield grammar.made(altered(version, negative=True), version, op, features=(("late_negation", 1.0),))


@rule(("after", "since"), VersionPart)
def since_version(grammar: Grammar, op: OpPart, version: VersionPart) -> Iterator[Part]:
    """``since`` ``16.1``."""
    if len(version.points) == 1:
        yield grammar.made(altered(version, since=True), op, version)


@rule(
    ("during", "between", "present", "to", "and", "but", "before", "compare", "count", "extra_value", "group"),
    VersionPart,
)
def before_version(grammar: Grammar, op: OpPart, version: VersionPart) -> Iterator[Part]:
    """A small word before a version."""
    yield grammar.made(version, op, version)


@rule(VersionPart, ("to", "and", "vs", "or", "but"))
def version_before(grammar: Grammar, version: VersionPart, op: OpPart) -> Iterator[Part]:
    """``16.1`` ``to`` …."""
    yield grammar.made(version, version, op)


@rule(("added", "removed", "changed", "extra"), SetPart)
def changed_set(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``new`` ``techniques``."""
    if not right.named and right.change is None and not right.late:
        yield grammar.made(altered(right, change=CHANGES[op.op], extra=op.op == "extra"), op, right)


@rule(SetPart, ("added", "removed", "changed"))
def set_changed(grammar: Grammar, left: SetPart, op: OpPart) -> Iterator[Part]:
    """``techniques`` ``added``."""
    if not left.named and left.change is None and left.plan is not None:
        yield grammar.made(altered(left, change=CHANGES[op.op]), left, op)
