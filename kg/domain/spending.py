"""What models were used for, counted by day, and how much of that there may be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Most:
    """A budget; ``None`` is without end."""

    tokens: int | None = None
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Budgets of one model."""

    request: Most = Most()
    """Of one request."""
    caller: Most = Most()
    """Of one caller in one day."""
    day: Most = Most()
    """Of all callers in one day."""


@dataclass(frozen=True, slots=True)
class Spending:
    """What was used of a model on one day, by one caller for one purpose; or what one request adds to that."""

    day: str
    """In UTC, ``YYYY-MM-DD``."""
    model: str
    """Its name here."""
    caller: str
    purpose: str
    requests: int
    tokens: int
    cost: float

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.day, self.model, self.caller, self.purpose

    @staticmethod
    def of(row: Sequence[Any]) -> Spending:
        """As a store holds it: the fields in this order."""
        day, model, caller, purpose, requests, tokens, cost = row
        return Spending(day, model, caller, purpose, requests, tokens, exact(cost))


def exact(cost: float) -> float:
    """Without what adding and taking away leaves behind the ninth digit."""
    return round(cost, 9)


def shortfall(held: Iterable[Spending], asked: Spending, limits: Limits) -> str | None:
    """Why the asked for does not fit beside what the day holds already; ``None`` if it does."""
    of_model = [one for one in held if one.model == asked.model]
    of_caller = [one for one in of_model if one.caller == asked.caller]
    budgets = (
        (f"one request of {asked.model!r}", limits.request, ()),
        (f"the caller {asked.caller!r} on {asked.day} for {asked.model!r}", limits.caller, of_caller),
        (f"the day {asked.day} for {asked.model!r}", limits.day, of_model),
    )
    for whose, most, spent in budgets:
        tokens, cost = sum(one.tokens for one in spent), exact(sum(one.cost for one in spent))
        if most.tokens is not None and tokens + asked.tokens > most.tokens:
            left_tokens = max(most.tokens - tokens, 0)
            return f"{asked.tokens:,} tokens do not fit: {left_tokens:,} of {most.tokens:,} are left of {whose}"
        if most.cost is not None and exact(cost + asked.cost) > most.cost:
            left = exact(max(most.cost - cost, 0.0))
            return f"a cost of {asked.cost:.6g} does not fit: {left:.6g} of {most.cost:.6g} is left of {whose}"
    return None
