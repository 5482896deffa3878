"""What every ledger promises of what is said of decisions (kg/ports/ledger.py)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import neo4j
import pytest

from kg.answer.adapter import Adapter
from kg.answer.pipeline import answer
from kg.decisions.reviews import Move, Reviews
from kg.domain.decision import Document
from kg.domain.fact import Fact, Instant
from kg.domain.question import Question
from kg.domain.review import Kind, Requirement, ReviewEvent, Stage
from kg.domain.review_rules import Condition, Reviewing, ReviewRule, ReviewRules
from kg.domain.scope import Scope
from kg.errors import ReviewMoved, ReviewNotFound, ReviewSettled
from kg.settings import neo4j_address
from tests.builders import TOWN, MakeStore, Store, TickingClock, kept, load, target
from tests.contract.test_prompts import AT_ONCE
from tests.contract.test_purge import purge
from tests.unit.answer.garden import ADA, ONTOLOGY, THYME, facts

NEEDED = Requirement(
    required=True,
    reason="doubt",
    tier="high",
    rules="default@1",
    withhold=True,
    stages=(Stage("reviewer", 2),),
)
AT = "2026-03-01T09:00:00.000000Z"


def decision(decision_id: str, requirement: Requirement = NEEDED) -> Document:
    return {
        "decision_id": decision_id,
        "review": requirement.document(),
        "trace": {"asked_at": AT, "actor": "ann"},
        "evidence_hash": "sha256:e",
    }


def record(store: Store, *decision_ids: str, requirement: Requirement = NEEDED) -> None:
    for one in decision_ids:
        store.append(kept(one, decision(one, requirement)))


def event(decision_id: str, number: int, kind: Kind = "approved", **changes: Any) -> ReviewEvent:
    values: dict[str, Any] = {"actor": "bo", "at": AT, "roles": ("reviewer",), "reason": "naïve “quotes”"}
    return ReviewEvent(decision_id, number, kind, **values | changes)


def test_a_decision_that_needs_a_review_is_recorded_with_the_event_that_opens_it(store: Store) -> None:
    record(store, "d-1")
    opened = ReviewEvent("d-1", 1, "opened", "ann", AT, reason="doubt", evidence="sha256:e", requirement=NEEDED)
    assert store.review_events(["d-1"]) == {"d-1": (opened,)}


def test_a_decision_that_needs_none_has_none(store: Store) -> None:
    record(store, "d-1", requirement=Requirement())
    assert store.review_events(["d-1"]) == {}
    assert store.reviews(standing=False, after=None, limit=9) == []


def test_a_decision_that_is_recorded_twice_is_opened_once(store: Store) -> None:
    record(store, "d-1", "d-1")
    assert len(store.review_events(["d-1"])["d-1"]) == 1


def test_events_are_read_as_they_were_appended_in_order(store: Store) -> None:
    record(store, "d-1", "d-2")
    said = [
        event("d-1", 2, shown="sha256:s", evidence="sha256:e"),
        event("d-1", 3, "overridden", answer="act", until=AT, to="cy"),
        event("d-1", 4, "feedback", verdict="partly"),
    ]
    for one in said:
        store.append_review(one)
    found = store.review_events(["d-2", "d-1", "d-9"])
    assert found["d-1"][1:] == tuple(said)
    assert set(found) == {"d-1", "d-2"}


@pytest.mark.parametrize("number", [1, 3])
def test_an_event_whose_number_is_not_the_next_is_refused(store: Store, number: int) -> None:
    record(store, "d-1")
    with pytest.raises(ReviewMoved, match="meanwhile"):
        store.append_review(event("d-1", number))
    assert len(store.review_events(["d-1"])["d-1"]) == 1


def test_an_event_is_refused_once_the_graph_moved_past_what_was_looked_at(store: Store) -> None:
    record(store, "d-1")
    load(store, target(), TOWN)
    looked_at = store.view(Scope()).known_at
    store.append_review(event("d-1", 2, "assigned"), looked_at)
    load(store, target(), TOWN[:-1])
    with pytest.raises(ReviewMoved, match="the graph moved"):
        store.append_review(event("d-1", 3), looked_at)
    assert [one.kind for one in store.review_events(["d-1"])["d-1"]] == ["opened", "assigned"]
    store.append_review(event("d-1", 3), store.view(Scope()).known_at)
    assert [one.kind for one in store.review_events(["d-1"])["d-1"]] == ["opened", "assigned", "approved"]


@dataclass
class Interrupted:
    """A ledger to which something happens just before a judgement is appended."""

    store: Store
    happens: list[Callable[[], object]]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def append_review(self, said: ReviewEvent, known: Instant | None = None) -> None:
        if said.kind != "lapsed" and self.happens:
            self.happens.pop()()
        self.store.append_review(said, known)


GARDEN = json.dumps(ONTOLOGY)
EVERY = ReviewRules("default@1", "sha256:r", rules=(ReviewRule("all", Condition(), (Stage("reviewer"),)),))


def approved(store: Store, happens: Callable[[], object], *, shown: bool) -> list[str]:
    """Ask, look, and approve while something happens; the kinds of what was said of it."""
    load(store, target(ontology=GARDEN), facts())
    document = answer(
        Question("Which herbs does Ada tend?"), store, store, TickingClock(), reviewing=Reviewing(EVERY, None)
    )
    decision = document["decision_id"]
    reviews = Reviews(store, Interrupted(store, [happens]), store, Adapter(), TickingClock())
    digest = reviews.look(decision).shown if shown else None
    try:
        reviews.move(decision, Move("approved", "bo", ("reviewer",), shown=digest))
    except (ReviewMoved, ReviewSettled):
        assert store.decision(decision) == document
    return [one.kind for one in store.review_events([decision])[decision]]


@pytest.mark.parametrize("shown", [True, False])
def test_an_approval_is_not_of_evidence_that_a_load_changed_meanwhile(store: Store, *, shown: bool) -> None:
    changed = [*facts(), Fact.of(ADA, "tends", THYME)]
    said = approved(store, lambda: load(store, target(ontology=GARDEN), changed), shown=shown)
    assert said == ["opened", "lapsed"]


def test_an_approval_stands_when_a_load_meanwhile_leaves_its_evidence(store: Store) -> None:
    other = target("other", ontology=GARDEN)
    assert approved(store, lambda: load(store, other, []), shown=True) == ["opened", "approved"]


def test_of_several_events_at_once_one_has_the_number(store: Store) -> None:
    from concurrent.futures import ThreadPoolExecutor

    record(store, "d-1")

    def tried(number: int) -> bool:
        try:
            store.append_review(event("d-1", 2, actor=f"p{number}"))
        except ReviewMoved:
            return False
        return True

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert sorted(pool.map(tried, range(AT_ONCE))) == [False] * (AT_ONCE - 1) + [True]
    assert len(store.review_events(["d-1"])["d-1"]) == 2


def test_reviews_are_listed_newest_first_page_by_page(store: Store) -> None:
    record(store, *(f"d-{number}" for number in range(5)))
    first = store.reviews(standing=True, after=None, limit=3)
    rest = store.reviews(standing=True, after=first[-1], limit=3)
    assert [*first, *rest] == ["d-4", "d-3", "d-2", "d-1", "d-0"]
    with pytest.raises(ReviewNotFound, match="d-none"):
        store.reviews(standing=True, after="d-none", limit=3)


@pytest.mark.parametrize("kind", ["rejected", "changes_requested", "lapsed", "expired", "superseded"])
def test_a_review_that_only_a_later_decision_changes_does_not_stand(store: Store, kind: Kind) -> None:
    record(store, "d-1", "d-2")
    store.append_review(event("d-1", 2, kind))
    assert store.reviews(standing=True, after=None, limit=9) == ["d-2"]
    assert store.reviews(standing=False, after=None, limit=9) == ["d-2", "d-1"]


@pytest.mark.parametrize("kind", ["approved", "overridden", "excepted", "assigned", "feedback"])
def test_a_review_that_may_lapse_stands(store: Store, kind: Kind) -> None:
    record(store, "d-1")
    store.append_review(event("d-1", 2, kind))
    assert store.reviews(standing=True, after=None, limit=9) == ["d-1"]


def test_a_decision_that_takes_the_place_of_another_ends_its_review(store: Store) -> None:
    record(store, "d-1")
    record(store, "d-2", requirement=Requirement())
    later = decision("d-3") | {"trace": {"asked_at": AT, "actor": "cy", "supersedes": "d-1"}}
    store.append(kept("d-3", later))
    last = store.review_events(["d-1"])["d-1"][-1]
    assert (last.kind, last.actor, last.to, last.number) == ("superseded", "cy", "d-3", 2)
    again = decision("d-4", Requirement()) | {"trace": {"asked_at": AT, "actor": "cy", "supersedes": "d-2"}}
    store.append(kept("d-4", again))
    assert set(store.review_events(["d-1", "d-2", "d-3", "d-4"])) == {"d-1", "d-3"}
    assert store.reviews(standing=True, after=None, limit=9) == ["d-3"]


def test_feedback_on_a_decision_without_review_opens_none(store: Store) -> None:
    record(store, "d-1", requirement=Requirement())
    store.append_review(event("d-1", 1, "feedback", verdict="wrong"))
    assert [one.kind for one in store.review_events(["d-1"])["d-1"]] == ["feedback"]
    assert store.reviews(standing=False, after=None, limit=9) == []


@pytest.mark.neo4j
def test_in_neo4j_one_query_goes_from_a_decision_to_who_approved_it(
    make_store: MakeStore, neo4j_url: str, neo4j_driver: neo4j.Driver
) -> None:
    store = make_store("neo4j")
    record(store, "d-1")
    store.append_review(event("d-1", 2))
    text = """MATCH (:Review)-[:REVIEW_OF]->(d:Decision)<-[:SAID_OF]-(e:ReviewEvent {kind: 'approved'})
    RETURN d.id, e.actor"""
    found, _, _ = neo4j_driver.execute_query(text, database_=neo4j_address(neo4j_url)[1])
    assert [tuple(row) for row in found] == [("d-1", "bo")]


def test_a_purge_erases_what_was_written_of_a_decision_that_quoted_it(store: Store) -> None:
    load(store, target(), TOWN)
    told = decision("d-1") | {"question": "Who knows Bob?", "answer": {"text": "Ann (ann) knows Bob (bob)."}}
    store.append(kept("d-1", told))
    store.append_review(event("d-1", 2, "overridden", reason="Ann said so", answer="Ann"))
    store.append_review(event("d-1", 3, "feedback", reason="Ann did not", verdict="wrong"))
    purge(store, "people")
    said = store.review_events(["d-1"])["d-1"][1:]
    assert [(one.kind, one.actor, one.reason, one.answer) for one in said] == [
        ("overridden", "bo", "erased", None),
        ("feedback", "bo", "", None),
    ]
