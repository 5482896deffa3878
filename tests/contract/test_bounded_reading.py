"""What is read for a page of the queue and for impact does not grow with the ledger: counted at the port (ADR 0044)."""

from __future__ import annotations

from collections import Counter
from typing import Any, cast

import pytest

from kg.answer.adapter import Adapter
from kg.answer.pipeline import answer
from kg.decisions.impact import AT_ONCE, Impacts, Looking
from kg.decisions.queue import Sought, queue
from kg.decisions.reviews import Reviews
from kg.domain.decision import Document
from kg.domain.openlineage import run_uuid
from kg.domain.plan import Entities, Follow
from kg.domain.question import Question
from kg.domain.review import Requirement, ReviewEvent, Stage
from kg.domain.review_rules import Condition, Reviewing, ReviewRule, ReviewRules
from kg.domain.scope import Scope
from kg.errors import ReviewNotFound
from kg.ports.ledger import Ledger
from tests.builders import TOWN, Store, TickingClock, kept, lineage_event, load, run, target

AT = "2026-03-01T09:00:00.000000Z"
NEEDED = Requirement(required=True, reason="doubt", rules="default@1", stages=(Stage("reviewer"), Stage("approver")))
MINE, COUNT = 3, 60
LISTS = ("decision", "documents", "review_events", "reviews", "touching", "runs", "run")


class Counting:
    """A store that says how much of each kind was read of it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.read: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._store, name)
        if name not in LISTS:
            return real

        def counted(*given: Any, **named: Any) -> Any:
            found = real(*given, **named)
            self.read[name] += 1 if name == "decision" else _size(found)
            return found

        return counted


def _size(found: Any) -> int:
    return len(found) if isinstance(found, list | dict | tuple) else 1


def decision(number: int) -> Document:
    return {
        "decision_id": f"d-{number}",
        "question": f"Question {number}?",
        "outcome": "answered",
        "answer": {"text": "Yes.", "rows": []},
        "review": NEEDED.document(),
        "trace": {"asked_at": AT, "actor": "ann" if number < MINE else "bo"},
        "evidence_hash": "sha256:e",
        "versions": {"adapter": "a-1"},
    }


def mine(document: Document) -> bool:
    return bool(document["trace"]["actor"] == "ann")


@pytest.fixture
def filled(store: Store) -> Counting:
    """Three decisions of ann, and after them many of bo."""
    for number in range(COUNT):
        store.append(kept(f"d-{number}", decision(number)))
    return Counting(store)


def test_a_page_of_the_queue_looks_at_no_more_than_it_may_and_goes_on(filled: Counting) -> None:
    ledger = cast("Ledger", filled)
    after, shown, places = None, list[str](), list[str]()
    for _ in range(COUNT):
        filled.read.clear()
        page = queue(ledger, Sought(may_read=mine, after=after, limit=5, most=20), AT)
        assert max(filled.read["reviews"], filled.read["documents"], filled.read["review_events"]) <= 20
        shown += [review.decision for review, _ in page.reviews]
        if (after := page.next) is None:
            break
        places.append(after)
    assert shown == ["d-2", "d-1", "d-0"]
    assert places == ["~1", "~2", "d-0"]


def test_a_full_page_of_the_queue_reads_little_more_than_it_shows(filled: Counting) -> None:
    page = queue(cast("Ledger", filled), Sought(limit=5), AT)
    assert [question for _, question in page.reviews] == [f"Question {COUNT - 1 - n}?" for n in range(5)]
    assert (page.next, filled.read["documents"], filled.read["decision"]) == (f"d-{COUNT - 5}", 6, 0)


@pytest.mark.parametrize("after", ["d-none", "d-30", "d-30~1", "d-0~x"])
def test_the_queue_goes_on_only_after_what_is_there_for_the_reader(filled: Counting, after: str) -> None:
    with pytest.raises(ReviewNotFound, match="to go on after"):
        queue(cast("Ledger", filled), Sought(may_read=mine, after=after), AT)


def impacts(filled: Counting, **bounds: Any) -> Impacts:
    whole = cast("Any", filled)
    return Impacts(whole, whole, whole, whole, Adapter(), TickingClock(), **bounds)


def test_impact_reads_no_more_decisions_than_it_may(filled: Counting) -> None:
    found = impacts(filled, most_touched=10).of("adapter:a-1", Scope())
    assert ([one.decision for one in found.touches], found.more) == ([f"d-{COUNT - 1 - n}" for n in range(10)], True)
    assert (filled.read["touching"], filled.read["documents"], filled.read["decision"]) == (11, 11, 0)
    filled.read.clear()
    hidden = impacts(filled, may_read=mine, most_looked_at=20).of("adapter:a-1", Scope())
    assert (hidden.touches, hidden.more) == ((), True)
    assert (filled.read["touching"], filled.read["documents"]) == (20, 20)


def test_impact_tells_of_all_that_may_be_read_among_what_it_looks_at(filled: Counting) -> None:
    found = impacts(filled, may_read=mine).of("adapter:a-1", Scope())
    assert ([one.decision for one in found.touches], found.more) == (["d-2", "d-1", "d-0"], False)
    assert COUNT < AT_ONCE


def test_approved_decisions_come_first_beyond_what_is_told(filled: Counting, store: Store) -> None:
    """The oldest two: one that was approved by all, one by the first stage only."""
    for number, roles in ((0, ("reviewer", "approver")), (1, ("reviewer",))):
        for place, role in enumerate(roles, 2):
            store.append_review(ReviewEvent(f"d-{number}", place, "approved", f"person {place}", AT, (role,)))
    found = impacts(filled, most_touched=3).of("adapter:a-1", Scope())
    assert [(one.decision, one.review) for one in found.touches] == [
        ("d-0", "approved"), (f"d-{COUNT - 1}", "open"), (f"d-{COUNT - 2}", "open"),
    ]  # fmt: skip
    store.append_review(ReviewEvent("d-0", 4, "rejected", "person 3", AT, ("approver",), "it is wrong"))
    again = impacts(filled, most_touched=1).of("adapter:a-1", Scope())
    assert [one.decision for one in again.touches] == [f"d-{COUNT - 1}"]


def test_what_several_changes_touch_is_read_once(filled: Counting) -> None:
    whole, looking = impacts(filled), Looking.at(cast("Any", filled), 0)
    for _ in range(3):
        whole._told("any", ["any"], looking, lambda *_: None)
    assert filled.read["documents"] == COUNT


def test_of_all_reviews_that_stand_one_page_is_held_at_a_time(store: Store) -> None:
    load(store, target(), TOWN)
    rule = ReviewRule("all", Condition(), (Stage("reviewer"),))
    reviewing, clock = Reviewing(ReviewRules("default@1", "", rules=(rule,))), TickingClock()
    known = Follow(Entities(ids=("person:ann",)), "knows", "out")
    for _ in range(3):
        answer(Question("Who is known?"), store, store, clock, known, reviewing=reviewing)
    counting = Counting(store)
    whole, held = cast("Any", counting), list[int]()
    reviews = Reviews(whole, whole, whole, Adapter(), TickingClock())
    reviews.check(lambda number: held.append(counting.read["reviews"] - number), at_once=2)
    assert held == [1, 0, 0]


def test_one_run_is_found_without_reading_others(store: Store) -> None:
    load(store, target(), TOWN)
    for number in range(5):
        name = f"run-{number}"
        store.append_run(run(target(), name, state="failed"), (), [lineage_event(run_uuid(name), (), ("people",))])
    counting = Counting(store)
    assert impacts(counting).of("run:run-1", Scope()).touches == ()
    assert (counting.read["run"], counting.read["runs"]) == (1, 0)
    assert (store.run("run-1"), store.run("run-none")) == (run(target(), "run-1", state="failed"), None)
