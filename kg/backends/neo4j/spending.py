"""What models were used for, by day."""

from __future__ import annotations

import json

from kg.backends.neo4j import cypher, texts
from kg.backends.neo4j.database import Row, Transaction
from kg.domain.spending import Limits, Spending, shortfall


def spend(tx: Transaction, asked: Spending, limits: Limits) -> str | None:
    """Count it if it fits, one at a time."""
    tx.run(texts.TAKE_SPENDING)
    if (why := shortfall(of_rows(tx.run(cypher.SPENDINGS, day=asked.day)), asked, limits)) is None:
        _add(tx, asked)
    return why


def settle(tx: Transaction, difference: Spending) -> None:
    tx.run(texts.TAKE_SPENDING)
    _add(tx, difference)


def of_rows(rows: list[Row]) -> tuple[Spending, ...]:
    return tuple(Spending.of(row) for row in rows)


def _add(tx: Transaction, more: Spending) -> None:
    day, model, caller, purpose = more.key
    tx.run(
        texts.ADD_SPENDING,
        id=json.dumps(more.key, ensure_ascii=False),
        key={"day": day, "model": model, "caller": caller, "purpose": purpose},
        requests=more.requests,
        tokens=more.tokens,
        cost=more.cost,
    )
