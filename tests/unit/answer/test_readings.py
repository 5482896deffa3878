"""How questions are read: one plan where one is meant, several where it is open, none where a word is unexplained."""

from __future__ import annotations

from typing import Any

import pytest

from kg.domain.plan import Having
from tests.unit.answer.garden import (
    ADA,
    BO,
    CLEO,
    EACH,
    MINT,
    OTHER_CLEO,
    SAGE,
    SAGE_GROWER,
    SUNNY,
    THYME,
    all_of,
    ask,
    chosen,
    follow,
    keys,
    named,
    readings,
)

ADAS_PLANTS = follow(named(ADA), "tends", "out", "Plant")


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which plants does Ada tend?", ADAS_PLANTS),
        ("Which plants are tended by Ada?", ADAS_PLANTS),
        ("which plants does the gardener Ada look after", ADAS_PLANTS),
        ("Which plants does GR-01 tend?", ADAS_PLANTS),
        ("Which plants does Ada (GR-1) tend?", ADAS_PLANTS),
        ("Which herbs does Ada tend?", follow(named(ADA), "tends", "out", "Herb")),
        ("Which trees or herbs does Ada tend?", ADAS_PLANTS),
        ("Which growers tend Mint?", follow(named(MINT), "tends", "in", "Grower")),
        ("Which growers tend salvia?", follow(named(SAGE), "tends", "in", "Grower")),
        (
            "Which growers water the bed that holds Mint?",
            follow(follow(named(MINT), "stands_in", "out", "Bed"), "waters", "in", "Grower"),
        ),
    ],
)
def test_steps_are_followed_from_what_is_named(question: str, expected: dict[str, Any]) -> None:
    assert readings(question) == [expected]


@pytest.mark.parametrize(
    ("question", "source"),
    [
        ("Which plants tended by Ada stand in no bed?", ADAS_PLANTS),
        ("Which plants stand in no bed?", all_of("Plant")),
    ],
)
def test_a_negation_is_a_search_that_finds_none(question: str, source: dict[str, Any]) -> None:
    sub_plan = follow(EACH, "stands_in", "out", "Bed")
    assert readings(question) == [{"op": "having", "source": source, "quantifier": "none", "plan": sub_plan}]


@pytest.mark.parametrize(
    "question",
    [
        "Which growers tend plants together with Ada?",
        "Which growers co-tend plants with Ada?",
        "Which growers tend the same plants as Ada?",
        "Ada tends plants together with whom?",
    ],
)
def test_who_does_it_together_is_somebody_else(question: str) -> None:
    growers = follow(ADAS_PLANTS, "tends", "in", "Grower")
    assert readings(question) == [{"op": "minus", "source": growers, "without": named(ADA)}]


@pytest.mark.parametrize(
    "question",
    [
        "Which plants are tended by growers who also tend Mint?",
        "Which other plants are tended by growers who tend Mint?",
    ],
)
def test_also_and_other_leave_out_what_was_named(question: str) -> None:
    plants = follow(follow(named(MINT), "tends", "in", "Grower"), "tends", "out", "Plant")
    assert readings(question) == [{"op": "minus", "source": plants, "without": named(MINT)}]


@pytest.mark.parametrize(
    ("question", "op"),
    [
        ("Which growers both admire and follow Bo?", "intersect"),
        ("Who admires and also follows Bo?", "intersect"),
        ("Which growers admire or follow Bo?", "union"),
    ],
)
def test_two_relations_before_what_they_lead_to_are_both_read(question: str, op: str) -> None:
    (found,) = readings(question)
    assert found["op"] == op
    assert [(plan["predicate"], plan["source"]) for plan in found["plans"]] == [
        ("admires", named(BO)),
        ("looks_up_to", named(BO)),
    ]


def test_both_of_two_kinds_are_sought_one_by_one() -> None:
    (found,) = readings("Which beds are watered by both growers and plants?")
    assert (found["op"], [plan["plan"]["type"] for plan in found["plans"]]) == ("intersect", ["Grower", "Plant"])


def test_not_both_leaves_out_those_with_both() -> None:
    both = {"op": "intersect", "plans": [follow(named(one), "tends", "in", "Grower") for one in (MINT, THYME)]}
    expected = {"op": "minus", "source": all_of("Grower"), "without": both}
    assert readings("Which growers do not tend both Mint and Thyme?") == [expected]


@pytest.mark.parametrize(
    ("question", "source", "plan", "of"),
    [
        ("Which growers tend all herbs?", "Grower", follow(EACH, "tends", "out"), all_of("Herb")),
        ("Which herbs are tended by every grower?", "Herb", follow(EACH, "tends", "in"), all_of("Grower")),
    ],
)
def test_every_asks_for_those_with_nothing_left_out(
    question: str, source: str, plan: dict[str, Any], of: dict[str, Any]
) -> None:
    having = {"op": "having", "source": all_of(source), "quantifier": "every", "plan": plan, "of": of}
    assert readings(question) == [having]


def test_not_some_may_be_none_or_not_all() -> None:
    none, not_all = readings("Which plants are not tended by some growers?")
    assert (none["op"], none["quantifier"]) == ("having", "none")
    assert (not_all["op"], not_all["without"]["quantifier"]) == ("minus", "every")


def test_two_questions_are_answered_in_order() -> None:
    (found,) = readings("Which growers tend Mint? Which growers tend Sage?")
    assert found == {"op": "parts", "plans": [follow(named(one), "tends", "in", "Grower") for one in (MINT, SAGE)]}


def test_a_negation_of_something_named_searches_for_that_only() -> None:
    sub_plan = {"op": "intersect", "plans": [follow(EACH, "tends", "in"), named(ADA)]}
    assert readings("Which plants are not tended by Ada?") == [
        {"op": "having", "source": all_of("Plant"), "quantifier": "none", "plan": sub_plan}
    ]


def test_named_things_joined_by_or_are_one_set() -> None:
    assert readings("Which growers tend Mint or Thyme?") == [follow(named(MINT, THYME), "tends", "in", "Grower")]


@pytest.mark.parametrize(
    "question", ["Which growers tend both Mint and Thyme?", "Which growers tend Mint and Thyme both?"]
)
def test_both_means_all_of_them(question: str) -> None:
    first, second = (follow(named(one), "tends", "in", "Grower") for one in (MINT, THYME))
    assert readings(question) == [{"op": "intersect", "plans": [first, second]}]


def test_what_things_have_in_common_is_what_all_of_them_reach() -> None:
    first, second = (follow(named(one), "tends", "out", "Herb") for one in (ADA, BO))
    assert readings("Which herbs do Ada and Bo have in common?") == [{"op": "intersect", "plans": [first, second]}]


def test_a_count_counts_the_set() -> None:
    assert readings("How many plants does Ada tend?") == [{"op": "count", "source": ADAS_PLANTS}]


def test_a_count_of_something_narrowed_is_out_of_the_wider_set() -> None:
    narrowed = {"op": "intersect", "plans": [ADAS_PLANTS, follow(named(SUNNY), "stands_in", "in")]}
    best, *_ = readings("How many of the plants that Ada tends stand in the Sunny bed?")
    assert best == {"op": "count", "source": narrowed, "of": ADAS_PLANTS}


@pytest.mark.parametrize(
    ("question", "order"),
    [
        ("Which grower tends the most plants?", {}),
        ("Which single grower tends the most plants, and how many is that?", {}),
        ("Which grower tends the fewest plants?", {"order": "fewest"}),
    ],
)
def test_a_ranking_orders_by_what_each_reaches(question: str, order: dict[str, str]) -> None:
    by = follow(EACH, "tends", "out", "Plant")
    assert readings(question) == [{"op": "rank", "source": all_of("Grower"), "by": by} | order]


@pytest.mark.parametrize(
    ("question", "source"), [("Which plants does Sage tend?", SAGE_GROWER), ("Which growers tend Sage?", SAGE)]
)
def test_types_settle_which_of_two_things_of_one_name_is_meant(question: str, source: str) -> None:
    assert [reading["source"] for reading in readings(question)] == [named(source)]


def test_things_of_one_name_and_type_are_readings_of_their_own_beside_all_of_them() -> None:
    found = readings("Which plants does Cleo tend?")
    assert [reading["source"]["ids"] for reading in found] == [[CLEO], [OTHER_CLEO], [CLEO, OTHER_CLEO]]


def test_readings_that_find_different_things_are_offered_as_choices() -> None:
    document = ask("Which beds does Cleo water?")
    assert document["outcome"] == "ambiguous"
    assert [keys(choice) for choice in document["answer"]["choices"]] == [["BED-1"], ["BED-2"], ["BED-1", "BED-2"]]


def test_of_two_of_one_name_the_one_that_something_is_known_of_is_meant_and_the_other_told() -> None:
    document = ask("Which plants does Cleo tend?")
    assert (document["outcome"], keys(document)) == ("answered", ["PL-4"])
    assert "Cleo (GR-5) has the name too; nothing was found for it" in document["answer"]["text"]


@pytest.mark.parametrize(
    "question",
    [
        "Which growers tend purple plants?",
        "Which growers secretly tend Mint on Tuesdays?",
        "What is the price of Mint?",
        "xyzzy",
        "Which growers tend PL-99?",
    ],
)
def test_a_word_that_nothing_explains_means_no_reading(question: str) -> None:
    assert chosen(question).readings == ()


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("Which growers tend purple plants?", "I cannot account for “purple”"),
        ("What is the price of Mint?", "prices are in no source"),
        ("Which growers tend PL-99?", "“PL”, “99”"),
        ("xyzzy", "nothing in the question is known to the graph"),
        ("Which growers admire Ada?", "no source in this scope holds any fact “admires”"),
        ("Mint", "not what is asked about them"),
    ],
)
def test_an_abstention_says_why(question: str, reason: str) -> None:
    document = ask(question)
    assert document["outcome"] == "abstained"
    assert reason in document["answer"]["reason"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which plants does Ada tend?", ["PL-1", "PL-2", "PL-3"]),
        ("Which plants tended by Ada stand in no bed?", ["PL-3"]),
        ("Which growers tend both Mint and Thyme?", ["GR-2"]),
        ("Which herbs do Ada and Bo have in common?", ["PL-2"]),
        ("Which grower tends the most plants?", ["GR-1"]),
        ("Which growers water the bed that holds Mint?", ["GR-2", "GR-5"]),
        ("Which plants stand in no bed?", ["PL-3", "PL-4"]),
    ],
)
def test_answers_leave_out_what_is_withdrawn(question: str, expected: list[str]) -> None:
    document = ask(question)
    assert (document["outcome"], keys(document)) == ("answered", expected)


@pytest.mark.parametrize("question", ["Which plants does Ada tend?", "Which plants tended by Ada stand in no bed?"])
def test_every_row_has_a_claim_and_every_claim_is_supported(question: str) -> None:
    document = ask(question)
    assert all(row["claim"] for row in document["answer"]["rows"])
    assert {claim["verdict"] for claim in document["claims"]} == {"supported"}


def test_a_question_full_of_words_is_read_in_bounded_time() -> None:
    assert chosen("Which plants does Ada tend " + "and Bo " * 40 + "?").readings == ()


@pytest.mark.parametrize(
    "question",
    [
        "Which plants do WHO tend?",
    ],
)
def test_a_word_that_changes_the_meaning_is_not_passed_over(question: str) -> None:
    assert chosen(question).readings == ()


def test_a_question_that_is_too_long_to_read_is_refused_at_once() -> None:
    assert "too long" in (chosen("plants " * 400).reason or "")


def test_quantities_become_plans() -> None:
    quantified = {
        "Which growers tend at least two plants?": ("at_least", 2),
        "Which growers tend at most one plant?": ("at_most", 1),
        "Which growers tend more than 3 plants?": ("at_least", 4),
        "Which growers tend exactly one plant?": ("exactly", 1),
    }
    for question, (quantifier, number) in quantified.items():
        (reading,) = chosen(question).readings
        assert isinstance(reading.plan, Having), question
        assert (reading.plan.quantifier, reading.plan.number) == (quantifier, number)


def test_what_is_grouped_by_may_be_theirs() -> None:
    by = follow(EACH, "stands_in", "out", "Bed")
    assert readings("Group the plants that Ada tends by their bed.") == [
        {"op": "group", "source": ADAS_PLANTS, "by": by}
    ]


@pytest.mark.parametrize(
    ("question", "predicate"),
    [
        ("Which growers does Ada follow?", "looks_up_to"),
        ("Which growers does Ada directly follow?", "admires"),
        ("Which growers does Ada follow directly?", "admires"),
        ("Which growers does Ada admire?", "admires"),
        ("Which growers does Ada admire at any depth?", "looks_up_to"),
        ("Which growers does Ada admire, directly or through other growers?", "looks_up_to"),
    ],
)
def test_how_many_steps_of_a_relation_are_meant_may_be_said(question: str, predicate: str) -> None:
    assert readings(question) == [follow(named(ADA), predicate, "out", "Grower")]


def test_of_a_relation_that_repeats_no_steps_none_is_meant_at_any_depth() -> None:
    assert readings("Which plants does Ada tend at any depth?") == []


def test_a_head_and_the_part_it_plays_are_one() -> None:
    assert readings("Which growers are models of Ada?") == [follow(named(ADA), "admires", "out")]


@pytest.mark.parametrize("question", ["How does Ada come to follow Bo?", "Why does Ada follow Bo?"])
def test_how_a_relation_that_repeats_steps_comes_about_is_a_chain_of_them(question: str) -> None:
    assert readings(question) == [{"op": "paths", "start": named(ADA), "end": named(BO), "along": "looks_up_to"}]


def test_the_only_one_of_a_kind_may_be_told_with_its_relation() -> None:
    (found,) = readings("For which plants is Ada the only tending grower?")
    assert (found["op"], found["source"], found["within"]) == ("only", all_of("Plant"), named(ADA))


def test_a_pronoun_in_a_second_question_is_what_the_first_one_found() -> None:
    (found,) = readings("Which growers tend Mint, and what do they water?")
    growers = follow(named(MINT), "tends", "in", "Grower")
    assert found == {"op": "parts", "plans": [growers, follow(growers, "waters", "out")]}


@pytest.mark.parametrize(
    "question", ["Which growers tend Mint but not PX7?", "Which growers tend Mint, and what do they quibble over?"]
)
def test_what_is_asked_or_named_behind_a_question_is_no_talk(question: str) -> None:
    assert chosen(question).readings == ()


def test_who_does_it_with_somebody_is_asked_of_somebody() -> None:
    growers = follow(follow(named(ADA), "tends", "out"), "tends", "in")
    assert readings("Who are Ada's co-tenders?") == [{"op": "minus", "source": growers, "without": named(ADA)}]
    assert readings("List the co-tenders") == []
