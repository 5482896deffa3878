"""What every ledger of decisions promises (kg/ports/ledger.py)."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from kg.domain.audit import AuditEntry, content_of
from kg.domain.decision import Document
from kg.errors import Conflict, DecisionNotFound, DecisionSuperseded, RequestReused
from kg.ports.kept import HoldMove, Kept, Requested, Wanted, keep
from tests.builders import Kind, MakeStore, Store


def day(number: int) -> str:
    return f"2026-03-{number:02}T09:00:00.000000Z"


def document(number: int = 1, *, outcome: str = "answered", actor: str = "ann", **trace: Any) -> Document:
    return {
        "decision_id": None,
        "outcome": outcome,
        "question": f"naïve “{number}”",
        "answer": {"text": "x", "value": 1.5, "rows": [[1, None], []], "of": {}},
        "claims": [],
        "evidence": [],
        "trace": {"asked_at": day(number), "actor": actor, "supersedes": None, **trace},
        "versions": {"graph": {"datasets": []}, "prompt": None, "model": None},
    }


def append(store: Store, number: int = 1, **changes: Any) -> Kept:
    return store.append(keep(document(number, **changes)))


def request(body: str = "b", *, caller: str = "ann", at: int = 1, until: int = 2) -> Requested:
    return Requested(caller, "key-1", body, day(at), day(until))


def test_a_decision_is_read_as_it_was_appended(store: Store) -> None:
    kept = append(store)
    ledger = {"superseded_by": None, "hold": None}
    assert store.decision(kept.id) == document() | {"decision_id": kept.id, "ledger": ledger}
    assert store.kept(kept.id) == kept
    assert kept.intact
    assert store.decision("d-2") is None


def test_decisions_come_newest_first_page_by_page(store: Store) -> None:
    ids = [append(store, number).id for number in range(1, 6)]
    assert [one["decision_id"] for one in store.decisions(2)] == [ids[4], ids[3]]
    assert [one["decision_id"] for one in store.decisions(2, ids[3])] == [ids[2], ids[1]]
    assert [one["decision_id"] for one in store.decisions(5, ids[0])] == []
    assert [one["decision_id"] for one in store.decisions(2, ids[4], skip=1)] == [ids[2], ids[1]]
    assert [one["decision_id"] for one in store.decisions(2, skip=5)] == []
    with pytest.raises(DecisionNotFound, match="d-none"):
        store.decisions(2, "d-none")


def test_a_decision_appended_twice_is_kept_once(store: Store) -> None:
    kept = keep(document())
    store.append(kept)
    store.append(kept)
    assert [one["decision_id"] for one in store.decisions(5)] == [kept.id]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(outcome="abstained"), [2]),
        (Wanted(actor="bob"), [3]),
        (Wanted(since=day(3)), [4, 3]),
        (Wanted(until=day(3)), [2, 1]),
        (Wanted(since=day(2), until=day(4), actor="ann"), [2]),
        (Wanted(current=True), [4, 3, 2]),
    ],
)
def test_decisions_are_chosen_by_what_is_wanted(store: Store, wanted: Wanted, found: list[int]) -> None:
    first = append(store, 1)
    append(store, 2, outcome="abstained")
    append(store, 3, actor="bob")
    append(store, 4, supersedes=first.id)
    assert [int(one["question"][7:-1]) for one in store.decisions(10, wanted=wanted)] == found


def test_one_decision_takes_the_place_of_another_and_only_one(store: Store) -> None:
    old = append(store, 1)
    new = append(store, 2, supersedes=old.id)
    told, now = store.decision(old.id), store.decision(new.id)
    assert told is not None
    assert now is not None
    assert told["ledger"]["superseded_by"] == new.id
    assert now["trace"]["supersedes"] == old.id
    with pytest.raises(DecisionSuperseded, match=new.id):
        append(store, 3, supersedes=old.id)
    with pytest.raises(DecisionNotFound, match="d-none"):
        append(store, 3, supersedes="d-none")
    assert len(store.decisions(10)) == 2


def test_a_request_sent_again_gives_the_decision_of_the_first(store: Store) -> None:
    first = store.append(keep(document(1)), request())
    again = store.append(keep(document(2)), request())
    assert again == first
    assert store.requested("ann", "key-1", day(1)) == ("b", first.id)
    assert len(store.decisions(10)) == 1


def test_a_key_is_that_of_one_body_and_one_caller(store: Store) -> None:
    first = store.append(keep(document(1)), request())
    with pytest.raises(RequestReused):
        store.append(keep(document(2)), request("other"))
    other = store.append(keep(document(3)), request("other", caller="bob"))
    assert {one["decision_id"] for one in store.decisions(10)} == {first.id, other.id}


def test_a_key_is_remembered_for_a_while(store: Store) -> None:
    store.append(keep(document(1)), request(until=2))
    assert store.requested("ann", "key-1", day(2)) is None
    second = store.append(keep(document(2)), request("other", at=2, until=4))
    assert store.requested("ann", "key-1", day(3)) == ("other", second.id)


@pytest.mark.parametrize("kind", ["sqlite-file", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def test_of_requests_with_one_key_at_the_same_time_one_is_recorded(make_store: MakeStore, kind: Kind) -> None:
    store = make_store(kind)
    found: list[str] = []

    def ask(number: int) -> None:
        found.append(store.append(keep(document(number)), request()).id)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert set(found) == {one["decision_id"] for one in store.decisions(10)}
    assert len(set(found)) == 1


def test_a_hold_is_set_and_lifted_by_somebody_for_a_reason(store: Store) -> None:
    kept = append(store)
    on = HoldMove(kept.id, held=True, actor="ann", reason="case 7", at=day(2))
    off = HoldMove(kept.id, held=False, actor="bob", reason="settled", at=day(3))
    store.hold(on)
    told = store.decision(kept.id)
    assert told is not None
    assert told["ledger"]["hold"] == {"actor": "ann", "reason": "case 7", "at": day(2)}
    with pytest.raises(Conflict, match="held already"):
        store.hold(on)
    store.hold(off)
    assert store.decision(kept.id) == kept.document
    assert store.holds(kept.id) == (on, off)
    with pytest.raises(Conflict, match="not held"):
        store.hold(off)
    with pytest.raises(DecisionNotFound, match="d-none"):
        store.hold(HoldMove("d-none", held=True, actor="ann", reason="x", at=day(2)))


def test_what_is_older_is_expired_but_for_what_is_held(store: Store) -> None:
    ids = [append(store, number).id for number in range(1, 6)]
    store.hold(HoldMove(ids[1], held=True, actor="ann", reason="case 7", at=day(6)))
    assert store.expire(day(4), 1, "ann") == (ids[0],)
    assert store.expire(day(4), 10, "ann") == (ids[2],)
    assert store.expire(day(4), 10, "ann") == ()
    assert [one["decision_id"] for one in store.decisions(10)] == [ids[4], ids[3], ids[1]]
    assert store.kept(ids[0]) is None


def test_the_audit_log_tells_of_each_decision_and_of_each_move_of_a_hold(store: Store) -> None:
    kept = append(store, actor="eve")
    store.append(kept)
    store.hold(HoldMove(kept.id, held=True, actor="ann", reason="case 7", at=day(2)))
    store.hold(HoldMove(kept.id, held=False, actor="ann", reason="settled", at=day(3)))
    store.expire(day(4), 10, "bob")
    told = [AuditEntry.of(row.document) for row in store.audit_rows(0, 10)]
    assert [(one.kind, one.subject) for one in told] == [
        ("decision", kept.id),
        ("decision.hold", kept.id),
        ("decision.release", kept.id),
        ("decision.expire", kept.id),
    ]
    names = store.audit_texts({one.actor for one in told})
    assert [names[one.actor].text for one in told] == ["eve", "ann", "ann", "bob"]
    assert told[0].content == content_of(kept.record)


def test_a_hold_that_was_lifted_keeps_nothing(store: Store) -> None:
    kept = append(store)
    store.hold(HoldMove(kept.id, held=True, actor="ann", reason="case 7", at=day(2)))
    store.hold(HoldMove(kept.id, held=False, actor="ann", reason="settled", at=day(3)))
    assert store.expire(day(4), 10, "ann") == (kept.id,)
