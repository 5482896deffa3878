"""A part of a whole clause as the plans it stands for."""

from __future__ import annotations

from kg.answer.reading.parts import (
    AnswerPart,
    Feature,
    Part,
    SetPart,
    altered,
)
from kg.domain.plan import (
    Compare,
    Count,
    Entities,
    Group,
    Order,
    Pairs,
    Plan,
    Rank,
    Test,
    Top,
)

ORDERS: dict[str, Order] = {"most": "most", "more": "most", "fewest": "fewest", "fewer": "fewest"}


LEAST_COMPARED = 2


def finished(part: Part) -> list[tuple[Plan, tuple[Feature, ...], SetPart | None]]:
    """The plans that a part of a whole clause stands for, each with the set that a later pronoun may mean."""
    if isinstance(part, AnswerPart) and part.plan is not None and part.kind != "every":
        features: tuple[Feature, ...] = (("bare_claim", 1.0),) if part.kind == "claim" else ()
        return [(part.plan, features, _rows_of(part))]
    if (
        not isinstance(part, SetPart)
        or part.plan is None
        or part.losing is not None
        or part.change is not None
        or part.wh
    ):
        return []
    if part.named and part.focus and isinstance(part.plan, Entities):
        # "Which group is X": who it is.
        return [(part.plan, (("who_is", 1.0),), None)]
    if part.named or part.anaphor or (isinstance(part.plan, Entities) and part.plan.ids):
        return []
    return [(plan, (*_odd(part), *more), altered(part, ask="", options=())) for plan, more in _asked(part)]


def _rows_of(part: AnswerPart) -> SetPart | None:
    plan = part.plan
    if isinstance(plan, Rank) and part.head is not None and plan.of is None:
        top = Top(plan.source, plan.by, plan.value, plan.order, plan.top)
        return SetPart(plan=top, types=part.head.types)
    if isinstance(plan, Test | Group | Pairs) and part.head is not None and part.head.plan is not None:
        return part.head
    return None


def _odd(part: SetPart) -> tuple[Feature, ...]:
    """What was said of a set and came to nothing."""
    return tuple(
        (name, 1.0)
        for name, odd in (
            ("order_unused", bool(part.order) and len(part.options) < LEAST_COMPARED),
            ("pick_unused", bool(part.pick)),
            ("popular_unused", bool(part.popular)),
            ("pending_unused", bool(part.pending)),
            ("together_unused", part.together),
            ("quantifier_unused", part.quantifier in ("none", "only", "at_least", "at_most", "exactly")),
            ("whole_type", isinstance(part.plan, Entities)),
        )
        if odd
    )


def _asked(part: SetPart) -> list[tuple[Plan, tuple[Feature, ...]]]:
    source = part.plan
    if source is None:
        return []
    if part.joined == "less":
        part = altered(part, options=(), joined="")
    if part.ask == "share":
        return [] if part.base is None or part.base == source else [(Count(source, part.base), ())]
    compared = bool(part.order) and len(part.options) >= LEAST_COMPARED
    if part.ask not in ("count", "count_of") and not compared:
        return [(source, ())]
    plans: list[tuple[Plan, tuple[Feature, ...]]] = [(Count(source), ())]
    if part.ask == "count_of":
        plans = [(Count(source, part.base), ())] if part.base != source else [(Count(source), (("count_plain", 1.0),))]
    if len(part.options) > 1:
        labels = tuple(label for label, _ in part.options)
        apart = part.joined in ("vs", "each") or bool(part.order)
        each: Feature = ("list_vs", 1.0) if apart else ("list_each", 1.0)
        order = ORDERS.get(part.order)
        compare = (Compare(tuple(option for _, option in part.options), labels, order=order), (each,))
        plans = [compare] if apart else [*plans, compare]
    return plans
