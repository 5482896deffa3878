"""Who did something is erased from decisions, reviews, holds and keys, and every digest fits as before."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import neo4j
import pytest

from kg.backends.sqlite.store import SqliteStore
from kg.decisions.audit import verify
from kg.domain.access import Key, hash_of
from kg.domain.audit import Act, AuditEntry
from kg.domain.lineage import Classification
from kg.domain.records import EVENT_SEALED
from kg.domain.review import ERASED, Requirement, ReviewEvent, Stage, review_of
from kg.domain.sealed import SALT, content, unchanged
from kg.ports.kept import ACTOR, HoldMove, Kept, id_of, keep
from kg.settings import neo4j_address
from tests.builders import TOWN, MakeStore, Store, TickingClock, load, target
from tests.contract.test_purge import purge

AT = "2026-03-01T09:00:00.000000Z"
NAME = "Ann Vornholt"
TWO = Requirement(required=True, reason="doubt", withhold=True, stages=(Stage("reviewer", 2),))
KEY = Key("k1", NAME, ("reviewer",), None, Classification.INTERNAL, hash_of("x"), AT, "root", "2026-03-02")


def document(number: int, actor: str = NAME, requirement: Requirement = TWO) -> dict[str, Any]:
    return {
        "decision_id": None,
        "question": f"Who is {number}?",
        "outcome": "answered",
        "answer": {"text": "Bob.", "rows": []},
        "review": requirement.document(),
        "trace": {"asked_at": AT, "actor": actor, "id": "t-1"},
        "evidence_hash": "sha256:e",
        "versions": {},
    }


def event(decision: str, number: int, actor: str, reason: str = "ok", **changes: Any) -> ReviewEvent:
    values: dict[str, Any] = {"kind": "approved", "roles": ("reviewer",), "shown": "sha256:s", "evidence": "sha256:e"}
    return ReviewEvent(decision, number, actor=actor, at=AT, reason=reason, **values | changes)


def held(store: Store, decision: str) -> Kept:
    found = store.kept(decision)
    assert found is not None
    return found


def all_of(store: Store) -> str:
    """All that a store tells, as text."""
    ids = [one["decision_id"] for one in store.decisions(50)]
    told: list[Any] = [store.decisions(50), store.review_events(ids), store.keys(), [store.holds(one) for one in ids]]
    entries = [AuditEntry.of(row.document) for row in store.audit_rows(0, 500)]
    told.append(store.audit_texts({one for entry in entries for one in (entry.actor, entry.reason) if one}))
    return repr(told)


@pytest.fixture
def filled(store: Store) -> tuple[Store, str, str]:
    """A decision of hers, and one of another that she judged; a hold that was ended, and a key that was."""
    hers = store.append(keep(document(1))).id
    his = store.append(keep(document(2, "bo"))).id
    store.append_review(event(his, 2, "cy", kind="assigned", to=NAME))
    store.append_review(event(his, 3, NAME))
    store.append_review(event(hers, 2, "cy"))
    for move in (True, False):
        store.hold(HoldMove(hers, move, NAME, "in court", AT))
    store.put_keys([KEY], Act("key.create", "k1", "root", reason=f"for {NAME}"))
    return store, hers, his


def test_a_name_is_in_no_record_any_more_and_every_digest_fits(filled: tuple[Store, str, str]) -> None:
    store, hers, his = filled
    before = store.audit_rows(0, 100)
    erased = store.erase_text(NAME, "root")
    assert (erased.log, erased.decisions, erased.said, erased.holds, erased.keys) == (2, 1, 3, 2, 1)
    assert NAME not in all_of(store)
    assert (held(store, hers).intact, held(store, his).intact) == (True, True)
    assert store.audit_rows(0, len(before)) == before
    assert verify(store, [], TickingClock()).integrity
    assert not store.erase_text(NAME, "root").any


def test_one_person_stays_one_and_another_another(filled: tuple[Store, str, str]) -> None:
    store, hers, his = filled
    instead = store.erase_text(NAME, "root").instead
    decision = store.decision(hers)
    assert decision is not None
    assert decision["trace"]["actor"] == instead == store.keys()[0].caller
    reviews = {one: review_of(said, AT) for one, said in store.review_events([hers, his]).items()}
    assert {one: review and review.author for one, review in reviews.items()} == {hers: instead, his: "bo"}
    judged = reviews[his]
    assert judged is not None
    assert [one.actor for one in judged.approvals] == [instead]
    assert store.erase_text("cy", "root").instead not in (instead, "cy")


def test_a_purge_leaves_who_asked_until_the_name_is_erased(store: Store) -> None:
    load(store, target(), TOWN)
    made = document(1) | {"question": "Who knows Bob?"}
    decision = store.append(keep(made)).id
    purge(store, "people")
    left = store.decision(decision)
    assert left is not None
    assert (left["question"], left["trace"]["actor"], held(store, decision).intact) == ("", NAME, True)
    store.erase_text(NAME, "root")
    assert NAME not in all_of(store)
    assert held(store, decision).intact


def test_a_name_that_was_changed_is_seen(store: Store) -> None:
    kept = keep(document(1))
    assert kept.intact
    text = dict(kept.text or {})
    changed = replace(kept, text=text | {"person": text["person"] | {"actor": "bo"}})
    assert (changed.document["trace"]["actor"], changed.intact) == ("bo", False)


def test_a_decision_of_an_earlier_form_is_intact_and_keeps_its_name_which_is_said(store: Store) -> None:
    whole = keep(document(1))
    record = json.loads(json.dumps(whole.record))
    del record["digests"][ACTOR]
    record["trace"]["actor"] = NAME
    text = {name: value for name, value in (whole.text or {}).items() if name != "person"}
    decision = store.append(Kept(id_of(record), record, text, actor=NAME)).id
    assert held(store, decision).intact
    erased = store.erase_text(NAME, "root")
    assert (erased.decisions, erased.kept, erased.said) == (0, 1, 0)
    assert store.review_events([decision])[decision][0].actor == NAME
    found = store.decision(decision)
    assert found is not None
    assert found["trace"]["actor"] == NAME


def test_what_is_under_legal_hold_stays_as_it_is_and_is_counted(filled: tuple[Store, str, str]) -> None:
    store, hers, _ = filled
    store.hold(HoldMove(hers, held=True, actor="eve", reason="in court again", at=AT))
    erased = store.erase_text(NAME, "root")
    assert (erased.held, erased.decisions) == (1, 0)
    decision = store.decision(hers)
    assert decision is not None
    assert decision["trace"]["actor"] == NAME


def test_a_reason_as_a_whole_is_erased_where_it_was_said(filled: tuple[Store, str, str]) -> None:
    store, hers, _ = filled
    store.append_review(event(hers, 3, "di", "she lied to me", kind="feedback", answer="Cy", verdict="wrong"))
    assert store.erase_text("she lied to me", "root").said == 1
    last = store.review_events([hers])[hers][-1]
    assert (last.reason, last.answer, last.actor) == (ERASED, "Cy", "di")


# --- what the log has of a review ---


def kept_events(store: Store, driver: neo4j.Driver | None, database: str) -> list[dict[str, Any]]:
    if isinstance(store, SqliteStore):
        with store._database.use() as connection:
            rows = connection.execute("SELECT document FROM review_event ORDER BY decision, number").fetchall()
            return [json.loads(str(text)) for (text,) in rows]
    assert driver is not None
    found, _, _ = driver.execute_query("MATCH (e:ReviewEvent) RETURN e.document ORDER BY e.id", database_=database)
    return [json.loads(row[0]) for row in found]


@pytest.fixture(params=["sqlite-memory", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def looked_into(request: pytest.FixtureRequest, make_store: MakeStore) -> Any:
    """A store, and a way to read its events as they lie there."""
    store = make_store(request.param)
    if request.param != "neo4j":
        return store, lambda: kept_events(store, None, "")
    driver = request.getfixturevalue("neo4j_driver")
    database = neo4j_address(request.getfixturevalue("neo4j_url"))[1]
    return store, lambda: kept_events(store, driver, database)


def contents(store: Store) -> list[str]:
    entries = [AuditEntry.of(row.document) for row in store.audit_rows(0, 500)]
    return [one.content for one in entries if one.kind.startswith(("review.", "feedback"))]


def test_the_log_has_of_a_review_what_nobody_can_find_by_trying(looked_into: Any) -> None:
    """Two that say the same have other digests; what was sealed is what is there; erased, it cannot be tried."""
    store, events = looked_into
    load(store, target(), TOWN)
    ids = [store.append(keep(document(number) | {"question": "Who knows Bob?"})).id for number in (1, 2)]
    for one in ids:
        store.append_review(event(one, 2, "cy", "no", kind="rejected"))
    first = events()
    assert len(set(contents(store))) == 4
    assert sorted(contents(store)) == sorted(content(one, EVENT_SEALED) for one in first)
    assert [unchanged(one) for one in first] == [True] * 4
    forged = first[1] | {"reason": "yes"}
    assert (unchanged(forged), content(forged, EVENT_SEALED)) == (False, content(first[1], EVENT_SEALED))
    purge(store, "people")
    left = events()
    assert [content(one, EVENT_SEALED) for one in left] == [content(one, EVENT_SEALED) for one in first]
    assert [unchanged(one) for one in left] == [None] * 4
    assert {SALT in one for one in left} == {False}
    assert {(one["shown"], one["evidence"]) for one in left} == {(None, None)}
    assert "no" not in {one["reason"] for one in left}
