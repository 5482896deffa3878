"""What a decision rests on and read leads back to it, in every store (kg/domain/touched.py, ADR 0033)."""

from __future__ import annotations

from typing import Any

from kg.answer.pipeline import answer
from kg.domain.plan import Entities, Follow
from kg.domain.question import Question
from kg.domain.ref import ref_of
from kg.domain.touched import EVERY, touched
from tests.builders import TOWN, Store, TickingClock, load, run, target

KNOWN = Follow(Entities(ids=("person:ann",)), "knows", "out")
TIED = "f-"


def asked(store: Store, plan: Any = KNOWN) -> dict[str, Any]:
    return answer(Question("Who is known?"), store, store, TickingClock(), plan)


def test_a_fact_leads_to_the_decision_whose_claim_it_carried(store: Store) -> None:
    load(store, target(), TOWN)
    decision = asked(store)
    [fact] = decision["evidence"][0]["facts"]
    source = "people@1/a.csv"
    for key in (f"fact:{fact}", f"source:{source}", f"row:{source}#line 5", "dataset:people", "entity:person:bob"):
        assert store.touching([key], 5) == [(decision["decision_id"], True)], key


def test_what_it_named_or_read_was_only_looked_at(store: Store) -> None:
    load(store, target(), TOWN)
    decision = asked(store)
    for key in ("entity:person:ann", "reads:knows", "type:Person", EVERY):
        assert store.touching([key], 5) == [(decision["decision_id"], False)], key
    assert store.touching(["reads:owns", "entity:person:eve"], 5) == []


def test_decisions_whose_claim_was_carried_come_first_then_the_newest(store: Store) -> None:
    load(store, target(), TOWN)
    first, second = asked(store), asked(store)
    looked = asked(store, Follow(Entities(ids=("person:bob",)), "knows", "out"))
    found = store.touching(["entity:person:bob"], 5)
    ids = [one["decision_id"] for one in (second, first, looked)]
    assert found == [(ids[0], True), (ids[1], True), (ids[2], False)]
    assert store.touching(["entity:person:bob"], 1) == found[:1]


def test_an_absence_was_searched_everywhere(store: Store) -> None:
    load(store, target(), TOWN)
    decision = asked(store, Follow(Entities(ids=("person:bob",)), "knows", "out"))
    assert store.touching(["searched"], 5) == [(decision["decision_id"], False)]


def test_a_decision_that_a_purge_emptied_leads_from_nothing_it_quoted(store: Store) -> None:
    load(store, target(), TOWN)
    decision = asked(store)
    keys = touched(decision).keys() - touched(store.decision(decision["decision_id"]) or {}).keys()
    assert keys == set()
    store.purge(ref_of("people"), run(target(), "purge-1", job="purge people", version=""))
    assert store.touching(["dataset:people", "entity:person:bob", "reads:knows"], 5) == []
    assert store.touching([EVERY], 5) == [(decision["decision_id"], False)]
