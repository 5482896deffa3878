"""What stands around a model: budgets and a cache. The model itself is one that counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from kg.backends.sqlite.store import SqliteStore
from kg.domain.completion import ModelSpec, Price, Reply, Request, Tokens, tokens_of
from kg.domain.ontology import Ontology
from kg.domain.spending import Limits, Most
from kg.errors import BudgetSpent, ModelError, ModelMalformed, ModelRejected, ModelUnavailable
from kg.models.cached import Cached, request_hash
from kg.models.estimate import estimate
from kg.models.limited import Limited
from kg.ports.model import Model

SPEC = ModelSpec("house", "house-1", "http://127.0.0.1:1/v1", price=Price(input=1.0, output=4.0))
REQUEST = Request(
    "Be true.", "Who?", {"title": "answer", "type": "object"}, {"max_tokens": 50}, purpose="answer", caller="ann"
)
REPLY = Reply({"a": 1}, '{"a": 1}', "house-1-2026", "r-1", tokens=Tokens(40, 10), cost=0.00008)
DAY = "2026-03-01"


class Counting:
    """Gives the same reply, or raises the same error, and counts how often."""

    def __init__(self, reply: Reply = REPLY, error: ModelError | None = None, spec: ModelSpec = SPEC) -> None:
        self.spec = spec
        self.asked = 0
        self._reply, self._error = reply, error

    def complete(self, _: Request) -> Reply:
        self.asked += 1
        if self._error is not None:
            raise self._error
        return self._reply


@pytest.fixture
def ledger(core: Ontology) -> SqliteStore:
    return SqliteStore(":memory:", core, noon)


def noon() -> datetime:
    return datetime(2026, 3, 1, 12, tzinfo=UTC)


def limited(model: Model, ledger: SqliteStore) -> Limited:
    return Limited(model, ledger, noon)


def spent(ledger: SqliteStore) -> list[tuple[str, str, int, int, float]]:
    return [(one.caller, one.purpose, one.requests, one.tokens, one.cost) for one in ledger.spendings(DAY)]


# --- budgets -------------------------------------------------------------------------------------------------------


def test_what_was_used_is_counted_on_its_day_by_caller_and_purpose(ledger: SqliteStore) -> None:
    model = limited(Counting(), ledger)
    model.complete(REQUEST)
    model.complete(replace(REQUEST, purpose="plan"))
    assert spent(ledger) == [("ann", "answer", 1, 50, 0.00008), ("ann", "plan", 1, 50, 0.00008)]


@pytest.mark.parametrize("limits", [Limits(request=Most(tokens=60)), Limits(day=Most(cost=0.0000001))])
def test_a_request_that_does_not_fit_is_not_made(ledger: SqliteStore, limits: Limits) -> None:
    model = Counting(spec=replace(SPEC, limits=limits))
    with pytest.raises(BudgetSpent, match="'house': nothing was asked"):
        limited(model, ledger).complete(REQUEST)
    assert model.asked == 0
    assert spent(ledger) == []


def test_a_budget_of_a_day_can_be_spent_in_the_middle_of_an_answer(ledger: SqliteStore) -> None:
    foreseen = estimate(REQUEST, SPEC).tokens
    model = Counting(spec=replace(SPEC, limits=Limits(day=Most(tokens=foreseen + 40))))
    asked = limited(model, ledger)
    asked.complete(replace(REQUEST, purpose="plan"))
    with pytest.raises(BudgetSpent, match="the day 2026-03-01"):
        asked.complete(REQUEST)
    assert model.asked == 1
    assert spent(ledger) == [("ann", "plan", 1, 50, 0.00008)]


@pytest.mark.parametrize("error", [ModelUnavailable("gone"), ModelRejected("no such model")])
def test_what_generated_nothing_costs_nothing(ledger: SqliteStore, error: ModelError) -> None:
    with pytest.raises(type(error)):
        limited(Counting(error=error), ledger).complete(REQUEST)
    assert spent(ledger) == [("ann", "answer", 1, 0, 0.0)]


def test_of_a_reply_that_was_cut_off_the_estimate_is_counted(ledger: SqliteStore) -> None:
    with pytest.raises(ModelMalformed):
        limited(Counting(error=ModelMalformed("cut off")), ledger).complete(REQUEST)
    foreseen = estimate(REQUEST, SPEC)
    assert spent(ledger) == [("ann", "answer", 1, foreseen.tokens, foreseen.cost)]


def test_where_the_provider_counts_no_tokens_the_estimate_is_counted(ledger: SqliteStore) -> None:
    limited(Counting(replace(REPLY, tokens=Tokens(), cost=0.0)), ledger).complete(REQUEST)
    foreseen = estimate(REQUEST, SPEC)
    assert spent(ledger) == [("ann", "answer", 1, foreseen.tokens, foreseen.cost)]


def test_an_estimate_has_the_messages_the_schema_and_the_longest_reply() -> None:
    foreseen = estimate(REQUEST, SPEC)
    assert foreseen.output == 50
    assert foreseen.input > tokens_of(REQUEST.system + REQUEST.user)
    assert foreseen.cost == pytest.approx((foreseen.input * 1.0 + 50 * 4.0) / 1_000_000)


def test_what_a_model_thinks_in_counts_as_its_reply() -> None:
    assert estimate(REQUEST, replace(SPEC, thinking_tokens=400)).output == 450


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("a", 1), ("abcd", 2), ("水" * 9, 9)])
def test_a_text_is_a_token_for_every_three_bytes(text: str, tokens: int) -> None:
    assert tokens_of(text) == tokens


# --- cache ---------------------------------------------------------------------------------------------------------


def test_the_same_request_is_answered_again_without_a_call() -> None:
    model = Counting()
    cached = Cached(model, 5)
    first, second = cached.complete(REQUEST), cached.complete(replace(REQUEST, caller="bob", purpose="repair"))
    assert model.asked == 1
    assert second == replace(first, cost=0.0, calls=0, ms=0.0)


@pytest.mark.parametrize(
    "change",
    [{"system": "x"}, {"user": "x"}, {"schema": {"title": "b"}}, {"parameters": {"temperature": 1}}],
    ids=lambda change: next(iter(change)),
)
def test_another_request_is_not_answered_from_the_cache(change: dict[str, Any]) -> None:
    model = Counting()
    cached = Cached(model, 5)
    cached.complete(REQUEST)
    cached.complete(replace(REQUEST, **change))
    assert model.asked == 2


@pytest.mark.parametrize(
    "change",
    [{"model": "x"}, {"api": "responses"}, {"structured": "none"}, {"base_url": "x"}],
    ids=lambda change: next(iter(change)),
)
def test_another_model_or_interface_is_another_request(change: dict[str, Any]) -> None:
    assert request_hash(REQUEST, replace(SPEC, **change)) != request_hash(REQUEST, SPEC)


def test_the_cache_keeps_the_replies_used_last() -> None:
    model = Counting()
    cached = Cached(model, 2)
    one, two, three = (replace(REQUEST, user=name) for name in ("1", "2", "3"))
    for request in (one, two, one, three, one, two):
        cached.complete(request)
    assert model.asked == 4


def test_an_error_is_not_kept() -> None:
    model = Counting(error=ModelUnavailable("gone"))
    cached = Cached(model, 5)
    for _ in range(2):
        with pytest.raises(ModelUnavailable):
            cached.complete(REQUEST)
    assert model.asked == 2


def test_a_reply_from_the_cache_costs_nothing(ledger: SqliteStore) -> None:
    cached = Cached(limited(Counting(), ledger), 5)
    cached.complete(REQUEST)
    again = cached.complete(REQUEST)
    assert (again.calls, again.cost, again.text) == (0, 0.0, REPLY.text)
    assert spent(ledger) == [("ann", "answer", 1, 50, 0.00008)]
