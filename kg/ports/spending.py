"""The ledger of what models were used for, by day."""

from __future__ import annotations

from typing import Protocol

from kg.domain.spending import Limits, Spending


class SpendingLedger(Protocol):
    """Sums by day, model, caller and purpose; what is counted at the same time is counted one after the other."""

    def spend(self, asked: Spending, limits: Limits) -> str | None:
        """Count it, if it fits beside what the day holds; else nothing is counted, and why it does not fit is said."""
        ...

    def settle(self, difference: Spending) -> None:
        """Add what a request used more, or less, than was counted for it."""
        ...

    def spendings(self, day: str) -> tuple[Spending, ...]:
        """Ordered by model, caller and purpose."""
        ...
