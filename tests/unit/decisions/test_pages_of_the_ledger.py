"""Pages of the ledger for somebody who may read few of its decisions: none is left out, nothing tells of the rest."""

from __future__ import annotations

import pytest

from kg.backends.sqlite.store import SqliteStore
from kg.bootstrap import core_ontology
from kg.decisions.ledger import Shown, page
from kg.domain.decision import Document
from kg.errors import DecisionNotFound
from kg.ports.kept import Wanted, keep
from tests.builders import TickingClock

MOST = 5
"""Decisions that are looked at for one page, here."""


def ledger_of(actors: str) -> tuple[SqliteStore, list[str]]:
    """A ledger with a decision of each, oldest first; and their ids, newest first."""
    store = SqliteStore(":memory:", core_ontology(), TickingClock())
    ids = []
    for number, actor in enumerate(actors):
        trace = {"asked_at": f"2026-03-01T09:00:{number:02}.000000Z", "actor": actor}
        document = {"outcome": "answered", "answer": {}, "trace": trace, "question": str(number)}
        ids.append(store.append(keep({"decision_id": None, **document})).id)
    return store, ids[::-1]


def of(actor: str) -> Shown:
    def shown(some: list[Document]) -> list[Document]:
        return [one for one in some if one["trace"]["actor"] == actor]

    return shown


def pages(store: SqliteStore, shown: Shown, limit: int, wanted: Wanted | None = None) -> list[tuple[list[str], str]]:
    """What each page has, and where it says to go on."""
    found: list[tuple[list[str], str]] = []
    after: str | None = None
    while True:
        told = page(store, wanted or Wanted(), after, limit, shown, most=MOST)
        found.append(([one["decision_id"] for one in told.decisions], told.next or ""))
        if (after := told.next) is None:
            return found


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
@pytest.mark.parametrize("actors", ["aaaa", "bbbbbbbbbbbbbbbbb", "abbbbbbbbbbbbbbbba", "bbabbbbbbbabbbbbbbbbbbbbaab"])
def test_pages_go_on_to_the_end_however_much_is_hidden_between(actors: str, limit: int) -> None:
    store, ids = ledger_of(actors)
    found = pages(store, of("a"), limit)
    assert [one for some, _ in found for one in some] == [
        one for one, actor in zip(ids, actors[::-1], strict=True) if actor == "a"
    ]


def test_where_to_go_on_names_only_what_was_shown() -> None:
    store, ids = ledger_of("abbbbbbbbbbbba")
    assert pages(store, of("a"), 3) == [
        ([ids[0]], ids[0]),
        ([], f"{ids[0]}~1"),
        ([], f"{ids[0]}~2"),
        ([ids[-1]], ""),
    ]


@pytest.mark.parametrize("after", ["d-none", "~x", "~-1", "~1~1", "~1234567890", "d-none~1"])
def test_going_on_after_nothing_is_refused(after: str) -> None:
    store, _ = ledger_of("a")
    with pytest.raises(DecisionNotFound):
        page(store, Wanted(), after, 3, of("a"))


def test_what_is_hidden_is_as_if_it_were_not_there() -> None:
    store, ids = ledger_of("ab")
    with pytest.raises(DecisionNotFound, match=ids[0]):
        page(store, Wanted(), ids[0], 3, of("a"))


def test_a_decision_is_found_by_the_outcome_that_is_shown() -> None:
    store, ids = ledger_of("aba")

    def shown(some: list[Document]) -> list[Document]:
        return [one | {"outcome": "pending_review"} if one["trace"]["actor"] == "b" else one for one in some]

    assert pages(store, shown, 9, Wanted(outcome="answered")) == [([ids[0], ids[2]], "")]
    assert pages(store, shown, 9, Wanted(outcome="pending_review")) == [([ids[1]], "")]
