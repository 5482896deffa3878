"""What models were used for, by day."""

from __future__ import annotations

from typing import Any

from kg.domain.spending import Limits, Spending, shortfall

OF_DAY = """SELECT day, model, caller, purpose, requests, tokens, cost FROM spending WHERE day = :day
ORDER BY model, caller, purpose"""
ADD = """INSERT INTO spending VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (day, model, caller, purpose) DO UPDATE
SET requests = requests + excluded.requests, tokens = tokens + excluded.tokens, cost = cost + excluded.cost"""


def spend(connection: Any, asked: Spending, limits: Limits) -> str | None:
    """Within one write transaction."""
    if (why := shortfall(spendings(connection, asked.day), asked, limits)) is None:
        add(connection, asked)
    return why


def add(connection: Any, more: Spending) -> None:
    connection.execute(ADD, (*more.key, more.requests, more.tokens, more.cost))


def spendings(connection: Any, day: str) -> tuple[Spending, ...]:
    return tuple(Spending.of(row) for row in connection.execute(OF_DAY, {"day": day}))
