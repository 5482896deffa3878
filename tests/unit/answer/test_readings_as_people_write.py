"""Questions as people write them: misspelt, with talk around them, in lists, with pronouns and in other orders."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kg.answer.pipeline import answer
from kg.backends.sqlite.store import SqliteStore
from kg.bootstrap import core_ontology
from kg.domain.fact import Fact, Literal
from kg.domain.question import Question
from kg.text.language import expand
from tests.builders import TickingClock, load, target
from tests.unit.answer.garden import (
    ADA,
    BO,
    EACH,
    MINT,
    ONTOLOGY,
    SAGE,
    all_of,
    ask,
    facts,
    follow,
    keys,
    named,
    readings,
)


def herbs_of(grower: str) -> dict[str, Any]:
    return follow(named(grower), "tends", "out", "Herb")


ADAS_HERBS = herbs_of(ADA)
TENDED = follow(EACH, "tends", "in", "Grower")


def test_shortened_words_are_written_out() -> None:
    assert expand("herbs w/o beds, w/ names") == "herbs without beds, with names"


def test_a_slash_between_words_stays() -> None:
    assert expand("glucose w/out, and/or input/output") == "glucose w/out, and/or input/output"


@pytest.mark.parametrize(
    "question",
    [
        "We had such fun with Ada! Which herbs does she tend?",
        "We talked about beds at lunch. Which herbs does Ada tend?",
        "I was told of Ada yesterday. Could you list the herbs she tends?",
    ],
)
def test_a_sentence_that_asks_nothing_is_talk_and_may_name_who_is_meant(question: str) -> None:
    assert readings(question) == [ADAS_HERBS]


def test_what_no_source_holds_is_told_of_what_is_asked_and_not_of_the_talk_before_it() -> None:
    document = ask("We talked about the price again. Which herbs does Ada tend?")
    assert "prices" not in document["answer"]["text"]
    assert "prices are in no source" in ask("What is the price of Mint?")["answer"]["text"]


def test_alone_says_that_nobody_else_does() -> None:
    [plan] = readings("Of the herbs Ada tends, which are tended by her alone?")
    assert plan == {"op": "only", "source": ADAS_HERBS, "plan": TENDED, "within": named(ADA)}


def test_what_is_left_with_none_has_nothing_else() -> None:
    only = {"op": "only", "source": all_of("Herb"), "plan": TENDED, "within": named(BO)}
    assert readings("If Bo were gone, which herbs would be left without any grower?") == [only]


def test_a_preposition_said_again_changes_nothing_in_a_list() -> None:
    both = {"op": "intersect", "plans": [herbs_of(ADA), herbs_of(BO)]}
    assert readings("herbs tended by Ada and by Bo") == readings("herbs tended by Ada and Bo") == [both]


def test_and_also_means_both() -> None:
    assert readings("herbs tended by Ada and also Bo") == [{"op": "intersect", "plans": [herbs_of(ADA), herbs_of(BO)]}]


@pytest.mark.parametrize(
    "question",
    ["How many herbs do Ada and Bo tend? Which of the two tends the fewest?", "Who tends fewer herbs, Ada or Bo?"],
)
def test_a_question_that_names_nothing_new_orders_what_was_compared(question: str) -> None:
    options = [herbs_of(ADA), herbs_of(BO)]
    assert readings(question) == [{"op": "compare", "options": options, "labels": [ADA, BO], "order": "fewest"}]


@pytest.mark.parametrize(
    "question", ["plants grouped by bed, leaving out any with no bed", "plants by bed, ignoring those with no bed"]
)
def test_what_has_no_group_is_in_none_anyway(question: str) -> None:
    by = follow(EACH, "stands_in", "out", "Bed")
    assert readings(question) == [{"op": "group", "source": all_of("Plant"), "by": by}]


def test_bed_by_bed_groups_by_bed() -> None:
    by = follow(EACH, "stands_in", "out", "Bed")
    assert {"op": "group", "source": ADAS_HERBS, "by": by} in readings("Ada's herbs, bed by bed")


def test_the_first_few_by_what_they_have_are_those_that_have_most() -> None:
    by = follow(EACH, "tends", "out", "Herb")
    assert readings("top 2 growers by herbs tended") == [{"op": "rank", "source": all_of("Grower"), "by": by, "top": 2}]


def test_from_one_to_another_is_a_way_between_them() -> None:
    assert readings("Ada to Bo") == [{"op": "paths", "start": named(ADA), "end": named(BO), "max_hops": 6}]


def test_a_value_that_nothing_says_is_no_answer() -> None:
    held = SqliteStore(":memory:", core_ontology(), TickingClock())
    load(held, target(ontology=json.dumps(ONTOLOGY)), [*facts(), Fact.of(SAGE, "height", Literal("12"))])
    known, unknown = (
        answer(Question(f"What is the height of {name}?"), held, held, TickingClock()) for name in ("salvia", "Mint")
    )
    assert known["answer"]["text"].startswith("12")
    assert unknown["outcome"] == "abstained"
    assert "no source says so" in unknown["answer"]["text"]


def test_what_would_be_asked_twice_was_not_understood() -> None:
    [plan] = readings("Who tends Mint, and who tends Mint?")
    assert plan == follow(named(MINT), "tends", "in")


def test_a_name_that_is_misspelt_is_found_beside_others_that_share_a_word() -> None:
    assert keys(ask("who waters the suny bed")) == ["GR-4"]


def test_a_plural_with_a_letter_left_out_is_the_word_it_is_nearest_to() -> None:
    assert readings("herbs tended by Ada") == readings("hebs tended by Ada")
    assert readings("Which growrs tend Mint?") == readings("Which growers tend Mint?")


def test_words_that_only_tie_things_together_change_nothing() -> None:
    assert readings("Which herbs are attributed to Ada?") == readings("Which herbs are Ada's?")


def test_neither_leaves_out_both() -> None:
    neither = keys(ask("herbs that are neither tended by Ada nor by Bo"))
    assert neither == keys(ask("herbs not tended by Ada or Bo"))


def test_verbs_in_a_list_share_what_stands_behind_the_last() -> None:
    [both] = readings("Which growers admire or look up to Bo?")
    assert both == readings("Which growers admire Bo or look up to Bo?")[0]


def test_who_asks_for_a_value_of_a_closed_world_takes_for_granted_that_there_is_one() -> None:
    closed = json.loads(json.dumps(ONTOLOGY))
    closed["predicates"]["height"]["world"] = "closed"
    held = SqliteStore(":memory:", core_ontology(), TickingClock())
    load(held, target(ontology=json.dumps(closed)), [*facts(), Fact.of(SAGE, "height", Literal("12"))])
    told = answer(Question("What is the height of Mint?"), held, held, TickingClock())
    assert told["outcome"] == "false_premise"
    assert "No source gives the height of Mint" in told["answer"]["text"]


def test_a_name_of_two_words_may_be_written_as_one() -> None:
    assert readings("Who waters sunnybed?") == readings("Who waters Sunny bed?")


@pytest.mark.parametrize(
    "question",
    [
        "Compare the number of herbs tended by Ada and Bo",
        "How does the number of herbs tended by Ada compare with that of Bo?",
    ],
)
def test_numbers_are_compared_one_by_one(question: str) -> None:
    options = [herbs_of(ADA), herbs_of(BO)]
    assert readings(question) == [{"op": "compare", "options": options, "labels": [ADA, BO]}]


def test_a_question_word_that_only_ties_asks_for_no_list() -> None:
    assert ask("Does a herb exist that Ada and Bo tend?")["answer"]["type"] == "yes_no"
    assert ask("Is there a herb which Bo tends?")["answer"]["text"].startswith("Yes")


def test_that_tender_is_who_was_found() -> None:
    [plan] = readings("Who tends Sage, and which trees does that tender look after?")
    assert plan["op"] == "parts"
    assert plan["plans"][1] == follow(follow(named(SAGE), "tends", "in", "Grower"), "tends", "out", "Tree")


def test_an_empty_graph_is_said_to_be_empty() -> None:
    empty = SqliteStore(":memory:", core_ontology(), TickingClock())
    told = answer(Question("Who tends Mint?"), empty, empty, TickingClock())
    assert told["outcome"] == "abstained"
    assert "nothing is loaded in this graph" in told["answer"]["text"]
