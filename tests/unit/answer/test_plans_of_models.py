"""Plans that a model reads a question as: held against the ontology, the question and the grammar's own reading."""

from __future__ import annotations

from typing import Any

import pytest

from kg.domain.plan import Entities, Follow
from kg.domain.plan_json import to_json
from tests.unit.answer.garden import ADA, BO, ask, chosen, keys
from tests.unit.answer.scripted import Scripted, ask_with

READ = "Which herbs does Ada tend?"
UNREAD = "To which herbs is Ada devoted?"
"""The grammar knows no such word."""
HERBS: dict[str, Any] = to_json(Follow(Entities(ids=(ADA,)), "tends", "out", type="Herb"))
OTHERS: dict[str, Any] = to_json(Follow(Entities(ids=(BO,)), "tends", "out", type="Herb"))
TREES: dict[str, Any] = to_json(Follow(Entities(ids=(ADA,)), "tends", "out", type="Tree"))


def test_what_grammar_and_model_read_alike_is_answered() -> None:
    document = ask_with(Scripted(plans=[HERBS]), READ)
    assert (document["reader"]["by"], document["reader"]["why"]) == ("grammar and model", "both read it so")
    assert keys(document) == ["PL-1", "PL-2"]


def test_a_model_answers_what_the_grammar_cannot_if_it_says_so_twice() -> None:
    assert ask(UNREAD)["outcome"] == "abstained"
    model = Scripted(plans=[HERBS])
    document = ask_with(model, UNREAD)
    assert document["outcome"] == "answered"
    assert document["reader"]["by"] == "model"
    assert keys(document) == ["PL-1", "PL-2"]
    assert [one.purpose for one in model.asked[:2]] == ["plan", "plan"]


def test_what_it_does_not_say_twice_is_not_answered() -> None:
    document = ask_with(Scripted(plans=[HERBS, TREES]), UNREAD)
    assert document["outcome"] == "abstained"
    document = ask_with(Scripted(plans=[TREES, HERBS]), READ)
    assert (document["reader"]["by"], document["reader"]["why"]) == (
        "grammar",
        "the model did not read it the same way twice",
    )
    assert keys(document) == ["PL-1", "PL-2"]


@pytest.mark.parametrize(
    "plan",
    [
        OTHERS,
        {"op": "count", "source": HERBS},
        {"op": "minus", "source": {"op": "entities", "type": "Herb"}, "without": HERBS},
    ],
)
def test_a_plan_that_leaves_out_who_is_named_or_adds_what_nobody_asked_is_not_run(plan: dict[str, Any]) -> None:
    assert ask_with(Scripted(plans=[plan]), UNREAD)["outcome"] == "abstained"


def test_where_they_differ_the_one_that_accounts_for_more_of_the_question_is_run() -> None:
    document = ask_with(Scripted(plans=[TREES]), READ)
    assert (document["reader"]["by"], document["reader"]["why"]) == (
        "grammar",
        "the grammar's reading accounts for more of the question",
    )
    assert keys(document) == ["PL-1", "PL-2"]


def test_a_plan_that_does_not_fit_is_mended_once_with_the_validators_words() -> None:
    wrong = HERBS | {"predicate": "cherishes"}
    model = Scripted(plans=[wrong, HERBS])
    document = ask_with(model, READ)
    assert document["reader"]["by"] == "grammar and model"
    assert [one.purpose for one in model.asked][:2] == ["plan", "repair"]
    assert "cherishes" in model.asked[1].user
    document = ask_with(Scripted(plans=[wrong]), READ)
    assert document["reader"]["by"] == "grammar"
    assert document["reader"]["why"].startswith("the model's plan does not fit: ")


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        ("", "the model finds no plan for it"),
        ("{", "the model's plan does not fit: the plan is not JSON"),
        (None, "model_timeout: it says nothing"),
        ({"op": "entities", "ids": ["grower:GR-77"]}, "the model's plan does not fit: the question names no entity"),
    ],
)
def test_without_a_plan_of_the_model_the_grammar_reads_and_the_answer_says_why(
    plan: dict[str, Any] | str | None, why: str
) -> None:
    document = ask_with(Scripted(plans=[plan]), READ)
    assert document["reader"]["by"] == "grammar"
    assert document["reader"]["why"].startswith(why)
    assert keys(document) == ["PL-1", "PL-2"]


def test_of_readings_that_are_as_good_a_person_chooses_and_no_model() -> None:
    question = "What does Cleo water?"
    readings = chosen(question).readings
    assert len(readings) > 1
    plain = ask(question)
    document = ask_with(Scripted(plans=[to_json(readings[0].plan)]), question)
    assert document["outcome"] == plain["outcome"] == "ambiguous"


def test_the_model_is_told_the_ontology_the_names_and_the_grammars_reading() -> None:
    model = Scripted(plans=[HERBS])
    ask_with(model, READ)
    told = model.asked[0].user
    assert "tends" in told
    assert ADA in told
    assert '"op": "follow"' in told
    again = Scripted(plans=[HERBS])
    ask_with(again, UNREAD)
    assert "hint" not in again.asked[1].user
