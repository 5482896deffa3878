"""How questions are read over things that questions are about by default, with dates and values of their own."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from kg.answer.adapter import Adapter
from kg.answer.choose import choose
from kg.answer.link import link
from kg.answer.phrases import corrections
from kg.answer.planner import plan
from kg.backends.sqlite.store import SqliteStore
from kg.bootstrap import core_ontology
from kg.domain.ontology_file import parse
from kg.domain.plan_json import to_json
from kg.domain.question import Question
from kg.domain.scope import Scope
from kg.text.language import tokenize
from tests.builders import TickingClock, load, target
from tests.unit.answer.garden import called

ONTOLOGY: dict[str, Any] = {
    "ontology": "library",
    "version": "1",
    "keys": {"book": {}, "author": {}, "genre": {}, "rack": {}},
    "types": {
        "Book": {"key": "book", "nouns": ["book", "paper book"], "default": True},
        "Author": {"key": "author", "nouns": ["author"], "asks": ["who"]},
        "Genre": {"key": "genre", "nouns": ["genre"]},
        "Rack": {"key": "rack", "nouns": ["rack", "book rack"]},
    },
    "predicates": {
        "written_by": {
            "subject": "Book",
            "object": "Author",
            "phrases": ["written by"],
            "inverse": ["wrote"],
            "default": True,
        },
        "genre": {"subject": "Book", "object": "Genre", "phrases": ["is of"], "default": True},
        "stands_on": {"subject": "Book", "object": "Rack", "phrases": ["stands on"], "default": True},
        "published": {"subject": "Book", "value": "date", "phrases": ["published"], "default": True},
        "lent": {
            "subject": "Book",
            "value": "text",
            "phrases": ["status"],
            "values": {"lent": ["lent", "on loan"], "free": ["free"]},
        },
    },
}
IDA, OTTO, SATIRE, FABLE = "author:ida", "author:otto", "genre:satire", "genre:fable"
NAMES = {
    IDA: ("Author", "Ida Moor"),
    OTTO: ("Author", "Otto Fenn"),
    SATIRE: ("Genre", "Satire"),
    FABLE: ("Genre", "Fable"),
}


@cache
def store() -> SqliteStore:
    opened = SqliteStore(":memory:", core_ontology(), TickingClock())
    load(opened, target(ontology=json.dumps(ONTOLOGY)), called(NAMES))
    return opened


def readings(text: str) -> list[dict[str, Any]]:
    ontology = parse(ONTOLOGY, core=core_ontology())
    linked = link(Question(text), store().view(Scope()))
    return [to_json(one.plan) for one in choose(plan(linked, ontology, Adapter()), linked, ontology).readings]


def books_of(author: str) -> dict[str, Any]:
    source = {"op": "entities", "ids": [author]}
    return {"op": "follow", "source": source, "predicate": "written_by", "direction": "in", "type": "Book"}


def genres_of(books: dict[str, Any]) -> dict[str, Any]:
    return {"op": "follow", "source": books, "predicate": "genre", "direction": "out", "type": "Genre"}


@pytest.mark.parametrize("question", ["Which genres does Ida Moor have?", "Which genres has Ida Moor?"])
def test_what_two_kinds_share_only_through_the_usual_things_is_theirs(question: str) -> None:
    assert readings(question) == [genres_of(books_of(IDA))]


def test_what_two_have_in_common_may_be_that_of_their_usual_things() -> None:
    both = [genres_of(books_of(one)) for one in (IDA, OTTO)]
    assert readings("Which genres do Ida Moor and Otto Fenn have in common?") == [{"op": "intersect", "plans": both}]


def test_a_value_behind_them_is_of_the_usual_things() -> None:
    (found,) = readings("Which genres did Ida Moor write on loan?")
    assert found == genres_of(
        {"op": "where", "source": books_of(IDA), "predicate": "lent", "comparator": "=", "value": "lent"}
    )


@pytest.mark.parametrize("question", ["What is the oldest book?", "What is the earliest book published?"])
def test_what_is_the_oldest_is_a_ranking(question: str) -> None:
    (found, *_) = readings(question)
    assert (found["op"], found["order"], found["value"]) == ("rank", "fewest", "published")


@pytest.mark.parametrize(
    ("question", "order"),
    [
        ("How many books did Ida Moor and Otto Fenn each write, and who has more?", "most"),
        ("How many books did Ida Moor and Otto Fenn each write, and which of the two has the fewest?", "fewest"),
        ("State how many books did Ida Moor and Otto Fenn each write, and indicate who has the most.", "most"),
    ],
)
def test_which_of_those_counted_has_more_is_asked_of_the_comparison(question: str, order: str) -> None:
    (found,) = readings(question)
    assert (found["op"], found["labels"], found["order"]) == ("compare", [IDA, OTTO], order)


def test_who_has_more_of_two_compares_them() -> None:
    (found,) = readings("Who has more books, Ida Moor or Otto Fenn?")
    assert (found["op"], found["labels"], found["order"]) == ("compare", [IDA, OTTO], "most")


def test_of_two_kinds_that_share_a_word_the_second_is_the_head() -> None:
    assert readings("List the paper book racks") == [{"op": "entities", "type": "Rack"}]


@pytest.mark.parametrize(
    "question",
    [
        "Which books did Ida Moor write but not in 2019?",
        "Which genres does Ida Moor have, and who wrote Satire?",
    ],
)
def test_what_restricts_or_asks_again_behind_the_question_is_not_passed_over(question: str) -> None:
    assert books_of(IDA) not in readings(question)
    assert genres_of(books_of(IDA)) not in readings(question)


@pytest.mark.parametrize(
    "question", ["Which genres does author Ida Moor author ida have?", "Which gneres has Ida Moor?"]
)
def test_a_name_with_its_kind_and_key_is_one_thing_and_letters_may_change_places(question: str) -> None:
    assert readings(question) == [genres_of(books_of(IDA))]


@pytest.mark.parametrize("question", ["Which books are only free?", "Which books are free and of no other status?"])
def test_only_a_value_is_that_value_and_no_other(question: str) -> None:
    (found,) = readings(question)
    free = {"op": "where", "source": {"op": "entities", "type": "Book"}, "predicate": "lent", "value": "free"}
    others = {"op": "minus", "source": free["source"], "without": {**free, "comparator": "!="}}
    assert found == {"op": "intersect", "plans": [{**free, "comparator": "="}, others]}


def test_both_of_two_described_things_need_not_be_one_thing() -> None:
    (found,) = readings("Which authors have both a Satire and a Fable book?")
    assert (found["op"], len(found["plans"])) == ("intersect", 2)
    assert {plan["source"]["source"]["ids"][0] for plan in found["plans"]} == {SATIRE, FABLE}


def test_a_plural_is_recognised_with_its_ending_misspelt() -> None:
    assert corrections(tokenize("storys"), [0], frozenset({"stories", "storm"}), frozenset()) == {0: "stories"}


def test_what_is_two_letters_from_a_word_to_pass_over_may_be_a_name() -> None:
    words, passed = frozenset({"roundup", "genre"}), frozenset({"roundup"})
    assert corrections(tokenize("roundcub"), [0], words, passed) == {}
    assert corrections(tokenize("roundap"), [0], words, passed) == {0: "roundup"}


def test_a_negation_without_its_apostrophe_is_one() -> None:
    assert readings("Which genres are of books that dont stand on a rack?") == readings(
        "Which genres are of books that don't stand on a rack?"
    )


def test_the_books_of_both_are_those_of_each() -> None:
    (found,) = readings("Which books have both Ida Moor and Otto Fenn as authors?")
    authors = [plan["source"]["ids"] for plan in found["plans"]]
    assert (found["op"], authors) == ("intersect", [[IDA], [OTTO]])


@pytest.mark.parametrize("asked", ["what percentage is lent", "what share is lent", "how many are lent"])
def test_a_share_is_of_what_stands_before_it(asked: str) -> None:
    (found,) = readings(f"Among the books by Ida Moor, {asked}?")
    assert (found["op"], found["of"], found["source"]["op"]) == ("count", books_of(IDA), "where")


def test_whose_asks_for_those_that_have_it() -> None:
    assert readings("Whose books are of Satire?") == []


def test_what_is_shared_with_them_is_not_theirs() -> None:
    assert readings("Which authors share a genre with Ida Moor on loan?") == []
