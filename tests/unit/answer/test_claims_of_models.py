"""Claims that a model writes: what its evidence says stands, all else goes, and the answer says so."""

from __future__ import annotations

import json

import pytest

from kg.domain.completion import Reply, Request
from kg.domain.lineage import Classification
from kg.domain.plan import Count, Each, Entities, Follow, Having, Minus, Plan
from kg.errors import ModelUnavailable
from tests.unit.answer.garden import ADA, ask, run
from tests.unit.answer.scripted import Said, Scripted, ask_with

TENDED = "Which herbs does Ada tend?"
BEDLESS = Having(
    Follow(Entities(ids=("grower:GR-2",)), "tends", "out", type="Herb"), "none", Follow(Each(), "stands_in", "out")
)
"""Of what Bo tends, that which stands in no bed."""


def problem(*claims: Said, question: str = TENDED, plan: Plan | None = None) -> list[str | None]:
    """What is wrong with each of the claims."""
    document = ask_with(Scripted(claims=[claims]), question, plan)
    dropped = {one["text"]: one["problem"] for one in document["writer"]["dropped"]}
    return [dropped.get(text) for text, _ in claims]


def test_the_evidence_is_as_the_claims_below_take_it() -> None:
    assert [item["text"] for item in ask(TENDED)["evidence"]] == [
        "Ada (GR-1) tends Sage (PL-1).",
        "Ada (GR-1) tends Mint (PL-2).",
    ]
    assert [item["kind"] for item in run(BEDLESS)["evidence"]] == ["fact", "absence"]


@pytest.mark.parametrize(
    "claim",
    [
        ("Ada tends Sage.", ("E1",)),
        ("Ada (GR-1) looks after Sage (PL-1).", ("E1",)),
        ("Sage is tended by Ada.", ("E1",)),
        ("Ada tends two herbs: Sage and Mint.", ("E1", "E2")),
        ("According to the evidence, Ada looks after both Sage and Mint.", ("E1", "E2")),
        ("GR-1 tends PL-2.", ("E2",)),
        ("Ada tends Sage as well as Mint.", ("E1", "E2")),
        ("Two herbs fit.", ("E1", "E2")),
        ("All in all, two herbs meet the conditions.", ("E1", "E2")),
        ("One finding is that Ada tends Sage.", ("E1",)),
        ("Ada tends not only Sage but also Mint.", ("E1", "E2")),
        ("Going by what was retrieved, Ada, for its part, tends Sage.", ("E1",)),
        ("First, Ada tends Sage; second, Ada tends Mint.", ("E1", "E2")),
        ("Sage, like Mint, is tended by Ada.", ("E1", "E2")),
        ("Two herbs match the question, based on the data.", ("E1", "E2")),
        ("One of them is Sage.", ("E1",)),
        ("Ada tends one herb that is called Mint.", ("E2",)),
        ("Among those found is Ada, who tends Mint.", ("E2",)),
        ("As for Mint (PL-2), Ada (GR-1) tends it.", ("E2",)),
    ],
)
def test_what_the_cited_evidence_says_stands_in_whatever_words_the_ontology_has(claim: Said) -> None:
    assert problem(claim) == [None]


@pytest.mark.parametrize(
    ("claim", "told"),
    [
        (("Ada tends Sage.", ("E9",)), "E9, which is no evidence"),
        (("Ada tends Sage.", ()), "cites no evidence"),
        (("Bo tends Sage.", ("E1",)), "Bo"),
        (("Ada tends Thyme.", ("E1",)), "Thyme"),
        (("Ada tends Mint.", ("E1",)), "Mint"),
        (("Ada tends three herbs: Sage and Mint.", ("E1", "E2")), "3 does not follow"),
        (("Ada tends Sage since 2019.", ("E1",)), "2019"),
        (("Ada admires Sage.", ("E1",)), "admires"),
        (("Ada tends Sage in the greenhouse.", ("E1",)), "greenhouse"),
        (("Ada does not tend Sage.", ("E1",)), "denies what the evidence says"),
        (("Ada first tends Sage.", ("E1",)), "first"),
        (("It is false that Ada tends Sage.", ("E1",)), "denies what the evidence says"),
        (("It is not the case that Sage, like Mint, is tended by Ada.", ("E1", "E2")), "denies what the evidence says"),
        (("Ada tends not only Sage but also Thyme.", ("E1",)), "Thyme"),
        (("As the grower says, Ada tends Sage.", ("E1",)), "no source that it cites"),
        (("According to the growers, Ada tends Sage.", ("E1",)), "no source that it cites"),
        (("Ada tends not only Sage.", ("E1",)), "denies"),
        (("One finding was made.", ("E1", "E2")), "1 does not follow"),
        (("Ada tends only Sage.", ("E1",)), "only"),
        (("Sage tends Ada.", ("E1",)), "other way round"),
        (("Ada tends at least two herbs.", ("E1", "E2")), "bound"),
        (("Ada tends 50 % of them.", ("E1", "E2")), "50"),
        (("Ada tends “Sage and Thyme”.", ("E1",)), ""),
        (("One herb was found.", ("E1", "E2")), "1 does not follow"),
        (("Two growers were found.", ("E1", "E2")), "2 does not follow"),
        (("Ada used to tend Sage.", ("E1",)), "it was so"),
        (("Among those found is Sage, which tends Ada.", ("E1",)), "other way round"),
        (("As for Sage, Ada does not tend it.", ("E1",)), "denies what the evidence says"),
        (("As for Sage (PL-1), Ada (GR-1) does not tend it.", ("E1",)), "denies what the evidence says"),
        (("Among those found is Ada (GR-1), who never tends Sage (PL-1).", ("E1",)), "denies what the evidence says"),
        (("As for Ada (GR-1), Sage (PL-1) tends it.", ("E1",)), "other way round"),
        (("Sage (GR-1) is tended by Ada.", ("E1",)), "not the key of “Sage”"),
        (("Ada tends PL.", ("E1",)), "PL"),
        (("See https://example.org for Sage, which Ada tends.", ("E1",)), "https"),
    ],
)
def test_what_goes_beyond_it_is_dropped_with_what_is_wrong(claim: Said, told: str) -> None:
    [found] = problem(claim)
    assert found is not None
    assert told in found


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("For Thyme no beds were found.", True),
        ("Thyme stands in a bed.", False),
        ("Beds were found for Thyme.", False),
        ("We could not find any beds for Thyme.", True),
        ("We found any beds for Thyme.", False),
    ],
)
def test_an_absence_is_told_as_one(text: str, stands: bool) -> None:  # noqa: FBT001 (a case)
    [found] = problem((text, ("E2",)), plan=BEDLESS)
    assert (found is None) == stands


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("No beds that are not among the beds that hold Sage were found for Thyme.", True),
        ("Thyme has no such beds.", True),
        ("A source shows beds that are not among the beds that hold Sage for Thyme.", False),
    ],
)
def test_a_denial_within_what_was_sought_denies_nothing(text: str, stands: bool) -> None:  # noqa: FBT001 (a case)
    sage = Follow(Entities(ids=("plant:PL-1",)), "stands_in", "out")
    other = Minus(Follow(Each(), "stands_in", "out"), sage)
    plan = Having(Follow(Entities(ids=("grower:GR-2",)), "tends", "out", type="Herb"), "none", other)
    [found] = problem((text, ("E2",)), plan=plan)
    assert (found is None) == stands


def test_one_round_of_mending_is_given_and_told_what_was_wrong() -> None:
    wrong = [("Ada tends Sage and Thyme.", ("E1", "E2"))]
    right = [("Ada tends Sage and Mint.", ("E1", "E2"))]
    model = Scripted(claims=[wrong, right])
    document = ask_with(model, TENDED)
    assert document["answer"]["text"] == "Ada tends Sage and Mint."
    assert document["writer"] == {"by": "model", "reason": None, "dropped": [], "left_out": 0}
    assert [one.purpose for one in model.asked if "claims" in one.schema["properties"]] == ["answer", "repair"]
    assert "Thyme" in model.asked[-1].user
    assert [call["purpose"] for call in document["calls"]][-2:] == ["answer", "repair"]


def test_what_is_left_has_to_answer_else_the_extractive_sentences_do() -> None:
    document = ask_with(Scripted(claims=[[("Ada tends Sage.", ("E1",))]]), TENDED)
    assert document["writer"]["by"] == "extractive"
    assert document["writer"]["reason"] == "what is left of its claims does not answer the question"
    assert document["answer"]["text"] == ask(TENDED)["answer"]["text"]


def test_the_numbers_and_rows_of_the_answer_are_computed_whoever_writes() -> None:
    written = ask_with(Scripted(claims=[[("Ada tends Sage and Mint.", ("E1", "E2"))]]), TENDED)
    plain = ask(TENDED)
    for key in ("type", "value", "of", "entities"):
        assert written["answer"][key] == plain["answer"][key]
    assert written["evidence"] == plain["evidence"]
    assert [row["entity"] for row in written["answer"]["rows"]] == [row["entity"] for row in plain["answer"]["rows"]]


class Silent(Scripted):
    """Nobody answers."""

    def complete(self, request: Request) -> Reply:  # noqa: ARG002 (as models have it)
        raise ModelUnavailable("nobody there")


def test_a_model_that_fails_leaves_the_answer_as_it_was_and_is_named() -> None:
    document = ask_with(Silent(), TENDED)
    assert document["answer"]["text"] == ask(TENDED)["answer"]["text"]
    assert document["writer"]["reason"] == "model_unavailable: nobody there"
    assert document["reader"]["by"] == "grammar"
    assert {call["error"] for call in document["calls"]} == {"model_unavailable: nobody there"}


def test_a_question_that_names_what_is_above_the_models_ceiling_is_not_sent() -> None:
    model = Scripted(claims=[[("Ada tends Sage and Mint.", ("E1", "E2"))]]).may_see(Classification.PUBLIC)
    document = ask_with(model, TENDED)
    assert document["writer"]["by"] == "extractive"
    assert document["writer"]["reason"] == "what the question names is classified above what house may see"
    assert document["reader"]["why"] == document["writer"]["reason"]
    assert model.asked == []


def test_names_that_are_redacted_are_not_sent() -> None:
    model = Scripted(claims=[[("GR-1 tends PL-1 and PL-2.", ("E1", "E2"))]]).may_see(
        Classification.CONFIDENTIAL, "name"
    )
    document = ask_with(model, "Which herbs does GR-1 tend?")
    said = json.dumps([[one.system, one.user] for one in model.asked if one.purpose == "answer"])
    assert "Sage" not in said
    assert "PL-1" in said
    assert document["answer"]["text"] == "GR-1 tends PL-1 and PL-2."


def test_the_decision_says_which_prompts_and_model_took_part() -> None:
    document = ask_with(Scripted(claims=[[("Ada tends Sage and Mint.", ("E1", "E2"))]]), TENDED)
    held = document["versions"]["model"]
    assert (held["name"], held["model"], held["scripted"]) == ("house", "scripted-1", True)
    assert [(one["name"], one["version"], one["label"]) for one in document["versions"]["prompt"]] == [
        ("answer", 0, None),
        ("plan", 0, None),
    ]
    assert all(call["rendered"].startswith("sha256:") for call in document["calls"])
    assert ADA in document["explanation"]["cypher"]


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("Ada tends 3 of the 4 plants.", True),
        ("Three out of four plants are tended by Ada.", True),
        ("Ada tends 3 of the 3 plants.", False),
        ("Ada tends 4 out of 4 plants.", False),
    ],
)
def test_so_many_of_so_many_is_what_was_counted(text: str, stands: bool) -> None:  # noqa: FBT001 (a case)
    plan = Count(Follow(Entities(ids=(ADA,)), "tends", "out"), Entities(type="Plant"))
    cited = tuple(item["id"] for item in run(plan)["evidence"])
    [found] = problem((text, cited), plan=plan)
    assert (found is None) == stands, found
