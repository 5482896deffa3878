"""What every ledger of what models were used for promises (kg/ports/spending.py)."""

from __future__ import annotations

import concurrent.futures

import pytest

from kg.domain.spending import Limits, Most, Spending
from tests.builders import Store

DAY = "2026-03-01"


def spending(caller: str = "ann", tokens: int = 100, cost: float = 0.1, day: str = DAY, model: str = "gpt") -> Spending:
    return Spending(day, model, caller, "answer", 1, tokens, cost)


def test_what_is_spent_is_summed_by_day_model_caller_and_purpose(store: Store) -> None:
    for asked in (spending(), spending(), spending("bob"), spending(model="another"), spending(day="2026-03-02")):
        assert store.spend(asked, Limits()) is None
    assert store.spendings(DAY) == (
        Spending(DAY, "another", "ann", "answer", 1, 100, 0.1),
        Spending(DAY, "gpt", "ann", "answer", 2, 200, 0.2),
        Spending(DAY, "gpt", "bob", "answer", 1, 100, 0.1),
    )
    assert store.spendings("2026-03-03") == ()


def test_what_a_request_used_less_than_was_counted_is_given_back(store: Store) -> None:
    store.spend(spending(tokens=1_000, cost=0.3), Limits())
    store.settle(Spending(DAY, "gpt", "ann", "answer", 0, -900, -0.2))
    assert store.spendings(DAY) == (spending(),)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(request=Most(tokens=99)), "100 tokens do not fit: 99 of 99 are left of one request of 'gpt'"),
        (Limits(request=Most(cost=0.05)), "a cost of 0.1 does not fit: 0.05 of 0.05 is left of one request"),
        (Limits(caller=Most(tokens=199)), "99 of 199 are left of the caller 'ann' on 2026-03-01"),
        (Limits(day=Most(cost=0.25)), "0.05 of 0.25 is left of the day 2026-03-01 for 'gpt'"),
    ],
)
def test_what_does_not_fit_is_said_and_not_counted(store: Store, limits: Limits, words: str) -> None:
    store.spend(spending(), Limits())
    store.spend(spending("bob"), Limits())
    before = store.spendings(DAY)
    assert words in str(store.spend(spending(), limits))
    assert store.spendings(DAY) == before


def test_a_budget_can_be_spent_to_its_last(store: Store) -> None:
    limits = Limits(day=Most(tokens=300, cost=0.3))
    assert [store.spend(spending(), limits) is None for _ in range(4)] == [True, True, True, False]


def test_a_day_has_its_own_budget_and_so_have_a_caller_and_a_model(store: Store) -> None:
    limits = Limits(caller=Most(tokens=100))
    assert store.spend(spending(), limits) is None
    assert store.spend(spending(day="2026-03-02"), limits) is None
    assert store.spend(spending("bob"), limits) is None
    assert store.spend(spending(model="another"), limits) is None


def test_what_many_spend_at_one_time_stays_within_the_budget(store: Store) -> None:
    limits = Limits(day=Most(tokens=700))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda _: store.spend(spending(), limits), range(20)))
    assert sum(why is None for why in said) == 7
    assert [(one.requests, one.tokens) for one in store.spendings(DAY)] == [(7, 700)]
