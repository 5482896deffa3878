"""Pages of decisions that are searched for words: what is told, and what nothing tells of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from kg.decisions.ledger import MOST_SEARCHED, Page, page
from kg.domain.decision import Document
from kg.ports.kept import ALL, Wanted
from kg.ports.ledger import DecisionLedger


@dataclass
class Newest:
    """Decisions by number, the newest the highest; every thousandth is about a rare thing."""

    count: int

    def decisions(self, limit: int, after: str | None = None, _: Wanted = ALL, *, skip: int = 0) -> list[Document]:
        first = (self.count if after is None else int(after) - 1) - skip
        return [one(number) for number in range(first, max(0, first - limit), -1)]

    def decision(self, decision_id: str) -> Document:
        return one(int(decision_id))


def one(number: int) -> dict[str, Any]:
    about = "a RARE orchid" if number % 1_000 == 1 else "common grass"
    return {"decision_id": str(number), "outcome": "answered", "question": f"Who sells {about}?"}


def pages(count: int, words: str, limit: int = 5, *, mine: range | None = None) -> Iterator[Page]:
    ledger = cast("DecisionLedger", Newest(count))
    after: str | None = None

    def shown(some: list[Document]) -> list[Document]:
        return [one for one in some if mine is None or int(one["decision_id"]) in mine]

    while True:
        found = page(ledger, ALL, after, limit, shown, words=words)
        yield found
        if (after := found.next) is None:
            return


def test_each_word_stands_in_the_question_however_it_is_written() -> None:
    found = [one["decision_id"] for some in pages(2_500, "Orchid rare") for one in some.decisions]
    assert found == ["2001", "1001", "1"]
    assert [one for some in pages(300, "orchid grass") for one in some.decisions] == []


def test_a_page_that_many_were_searched_for_is_short_and_goes_on() -> None:
    first = next(pages(2_500, "orchid"))
    assert [one["decision_id"] for one in first.decisions] == ["2001"]
    assert first.next == str(2_500 - MOST_SEARCHED + 1)


def test_pages_of_what_all_holds_are_full() -> None:
    assert [len(some.decisions) for some in pages(12, "grass", 5)] == [5, 5, 1]


def test_nothing_tells_of_what_may_not_be_read() -> None:
    mine = range(2_001, 2_051)
    ids = [[one["decision_id"] for one in some.decisions] for some in pages(2_500, "orchid", mine=mine)]
    assert ids == [["2001"]]
    assert ids == [[one["decision_id"] for one in some.decisions] for some in pages(2_050, "orchid", mine=mine)]
