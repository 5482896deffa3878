"""A model within budgets: nothing is asked of it that does not fit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

from kg.domain.completion import ModelSpec, Reply, Request
from kg.domain.spending import Spending, exact
from kg.errors import BudgetSpent, ModelRejected, ModelUnavailable
from kg.models.estimate import estimate
from kg.ports.clock import Clock
from kg.ports.model import Model
from kg.ports.spending import SpendingLedger


class Limited:
    """Counts an estimate before the request and what was used after it."""

    def __init__(self, model: Model, ledger: SpendingLedger, clock: Clock) -> None:
        self._model = model
        self._ledger = ledger
        self._clock = clock

    @property
    def spec(self) -> ModelSpec:
        return self._model.spec

    def complete(self, request: Request) -> Reply:
        """Raises BudgetSpent before anything is asked, if the estimate does not fit."""
        foreseen = estimate(request, self.spec)
        day = self._clock().astimezone(UTC).date().isoformat()
        asked = Spending(day, self.spec.name, request.caller, request.purpose, 1, foreseen.tokens, foreseen.cost)
        if (why := self._ledger.spend(asked, self.spec.limits)) is not None:
            raise BudgetSpent(f"{why}: nothing was asked of it")
        try:
            reply = self._model.complete(request)
        except (ModelUnavailable, ModelRejected):
            # Nothing was generated. Of other failures nobody says what they cost, so the estimate stays.
            self._settle(asked, 0, 0.0)
            raise
        # Where the provider did not count, the estimate stands.
        used = reply.tokens
        tokens = foreseen.tokens if used.input is None or used.output is None else used.input + used.output
        self._settle(asked, tokens, foreseen.cost if used.input is None or used.output is None else reply.cost)
        return reply

    def _settle(self, asked: Spending, tokens: int, cost: float) -> None:
        if (tokens, cost) != (asked.tokens, asked.cost):
            more = replace(asked, requests=0, tokens=tokens - asked.tokens, cost=exact(cost - asked.cost))
            self._ledger.settle(more)
