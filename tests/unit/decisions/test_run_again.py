"""A decision is run again from its record: as the graph was known then, whatever was loaded since; or as it is now."""

from __future__ import annotations

import json

import pytest

from kg.answer.adapter import Adapter
from kg.answer.pipeline import answer
from kg.answer.prompts import Prompts
from kg.answer.write import Author
from kg.backends.sqlite.store import SqliteStore
from kg.bootstrap import core_ontology
from kg.decisions.compare import compare
from kg.decisions.replay import as_then
from kg.decisions.replay_report import replay
from kg.domain.decision import Document, comparable
from kg.domain.fact import Fact
from kg.domain.lineage import Classification
from kg.domain.question import Question
from kg.domain.ref import ref_of
from kg.domain.scope import Scope
from kg.errors import DecisionErased
from tests.builders import TickingClock, load, run, target
from tests.unit.answer.garden import ADA, MINT, ONTOLOGY, SAGE, THYME, facts
from tests.unit.answer.scripted import Scripted

GARDEN = json.dumps(ONTOLOGY)
QUESTIONS = (
    "Which herbs does Ada tend?",
    "How many herbs does Ada tend?",
    "Which growers tend Mint?",
    "Who tends Cleo?",
    "Which herbs stand in no bed?",
    "Which plants does Cleo tend?",
    "Which herbs does Ada tend, and which trees?",
    "What does it cost to water a bed?",
    "Does Ada tend Mint?",
    "Which beds does Ada water?",
    "Which herbs does Zacharias tend?",
    "How is Ada connected to Wet bed?",
)


@pytest.fixture
def garden() -> SqliteStore:
    opened = SqliteStore(":memory:", core_ontology(), TickingClock())
    load(opened, target(ontology=GARDEN), facts())
    return opened


def ask(store: SqliteStore, text: str, author: Author | None = None) -> Document:
    return answer(Question(text), store, store, TickingClock(), author=author)


def without(*gone: Fact) -> list[Fact]:
    return [one for one in facts() if one not in gone]


def change(store: SqliteStore) -> None:
    """Another state of the garden, in which Ada lost a herb and got another, and words mean other things."""
    other = json.dumps(ONTOLOGY | {"version": "2", "missing": []})
    load(store, target(ontology=other), [*without(Fact.of(ADA, "tends", SAGE)), Fact.of(ADA, "tends", THYME)])


@pytest.mark.parametrize("question", QUESTIONS)
def test_whatever_was_loaded_since_the_document_is_the_same_to_the_byte(garden: SqliteStore, question: str) -> None:
    recorded = ask(garden, question)
    change(garden)
    assert comparable(as_then(recorded, garden, garden).document) == comparable(recorded)


def test_of_a_record_made_before_readings_were_kept_the_plan_is_run(garden: SqliteStore) -> None:
    recorded = ask(garden, QUESTIONS[0])
    del recorded["reader"]["readings"]
    change(garden)
    assert as_then(recorded, garden, garden).document["answer"] == recorded["answer"]


def test_what_was_retired_since_is_still_known_then(garden: SqliteStore) -> None:
    recorded = ask(garden, QUESTIONS[0])
    garden.retire(ref_of("people"), run(target(version=""), "run-r"))
    assert replay(recorded, garden, garden, Adapter())["state"] == "same"


def test_a_decision_on_an_empty_graph_stays_one(garden: SqliteStore) -> None:
    empty = SqliteStore(":memory:", core_ontology(), TickingClock())
    recorded = ask(empty, QUESTIONS[0])
    load(empty, target(ontology=GARDEN), facts())
    assert replay(recorded, empty, empty, Adapter())["identical"] is True


def test_a_record_that_says_otherwise_is_found(garden: SqliteStore) -> None:
    recorded = ask(garden, QUESTIONS[0])
    recorded["evidence"][0]["sources"][0]["locator"] = "line 99#x"
    told = replay(recorded, garden, garden, Adapter())
    assert told["state"] == "same"  # its hash is the one that was recorded
    assert [one["id"] for one in told["facts"]["changed"]] == [Fact.of(ADA, "tends", SAGE).id]
    assert told["places"] == ["/evidence/0/sources/0/locator"]


def test_today_tells_every_fact_row_and_claim_that_came_and_went(garden: SqliteStore) -> None:
    recorded = ask(garden, QUESTIONS[0])
    change(garden)
    told = replay(recorded, garden, garden, Adapter(), live=True)
    gone, new = Fact.of(ADA, "tends", SAGE).id, Fact.of(ADA, "tends", THYME).id
    assert told["state"] == "differs"
    assert [one["id"] for one in told["facts"]["came"]] == [new]
    assert [one["id"] for one in told["facts"]["went"]] == [gone]
    assert [one["id"] for one in told["rows"]["came"]] == [THYME]
    assert [one["id"] for one in told["rows"]["went"]] == [SAGE]
    assert [one["id"] for one in told["claims"]["came"]] == [THYME]
    assert [one["id"] for one in told["claims"]["changed"]] == ["answer"]


def test_today_is_the_same_where_nothing_changed(garden: SqliteStore) -> None:
    for question in QUESTIONS:
        assert replay(ask(garden, question), garden, garden, Adapter(), live=True)["identical"] is True, question


def test_a_question_that_nothing_was_run_for_is_read_again_today(garden: SqliteStore) -> None:
    empty = SqliteStore(":memory:", core_ontology(), TickingClock())
    recorded = ask(empty, QUESTIONS[0])
    load(empty, target(ontology=GARDEN), facts())
    told = replay(recorded, empty, empty, Adapter(), live=True)
    assert told["outcome"] == {"before": "abstained", "after": "answered"}
    assert "read again" in told["notes"][0]


def test_a_question_about_what_is_no_longer_there_has_no_answer_today(garden: SqliteStore) -> None:
    recorded = ask(garden, "Which growers tend Mint?")
    load(garden, target(ontology=GARDEN), [one for one in facts() if MINT not in (one.subject, one.target)])
    told = replay(recorded, garden, garden, Adapter(), live=True)
    assert told["outcome"] == {"before": "answered", "after": "abstained"}
    assert f"no entity '{MINT}' in this scope" in told["text"]["after"]
    assert [one["id"] for one in told["rows"]["went"]] == ["grower:GR-1", "grower:GR-2"]


def test_a_day_that_was_asked_for_stays(garden: SqliteStore) -> None:
    asked = Question(QUESTIONS[0], Scope(valid_as_of="2026-01-05"))
    recorded = answer(asked, garden, garden, TickingClock())
    again = as_then(recorded, garden, garden).document
    assert again["as_of"]["valid"] == "2026-01-05"
    assert comparable(again) == comparable(recorded)


SPOKEN = [("Ada tends Sage.", ("E1",)), ("Ada looks after Mint.", ("E2",))]


def test_a_model_is_not_asked_again_and_says_what_it_said(garden: SqliteStore) -> None:
    model = Scripted(claims=[SPOKEN])
    recorded = ask(garden, QUESTIONS[0], Author(model, Prompts(garden)))
    asked = len(model.asked)
    assert recorded["writer"]["by"] == "model"
    change(garden)
    told = replay(recorded, garden, garden, Adapter())
    assert (told["identical"], told["compared"]) == (True, "whole")
    assert len(model.asked) == asked


@pytest.mark.parametrize(
    "model",
    [
        Scripted(claims=[[("Ada tends Cleo.", ("E1",))], SPOKEN]),
        Scripted(claims=[[("Ada tends Cleo.", ("E1",))]]),
        Scripted(claims=[SPOKEN]).may_see(Classification.PUBLIC),
        Scripted(plans=["no json"]),
    ],
    ids=["mended", "given up", "kept back", "misread"],
)
def test_however_it_went_with_the_model_it_goes_so_again(garden: SqliteStore, model: Scripted) -> None:
    recorded = ask(garden, QUESTIONS[0], Author(model, Prompts(garden)))
    change(garden)
    assert comparable(as_then(recorded, garden, garden).document) == comparable(recorded)


def test_a_label_that_moved_since_does_not_matter(garden: SqliteStore) -> None:
    recorded = ask(garden, QUESTIONS[0], Author(Scripted(claims=[SPOKEN]), Prompts(garden)))
    used = Prompts(garden).choose("answer").version.template
    other = garden.save_prompt("answer", used.__class__("Say it in verse.", used.user, used.schema), "verse", "ann")
    garden.move_label("answer", "production", other.number, "ann", "try")
    assert replay(recorded, garden, garden, Adapter())["identical"] is True


def test_what_a_model_said_holds_for_the_same_evidence_from_more_sources(garden: SqliteStore) -> None:
    recorded = ask(garden, QUESTIONS[0], Author(Scripted(claims=[SPOKEN]), Prompts(garden)))
    load(garden, target("other", ontology=GARDEN), [Fact.of(ADA, "tends", MINT)])
    told = replay(recorded, garden, garden, Adapter(), live=True)
    assert told["compared"] == "whole"
    assert (told["same_answer"], told["same_evidence"]) == (True, False)
    assert [one["id"] for one in told["facts"]["changed"]] == [Fact.of(ADA, "tends", MINT).id]


def test_where_a_model_would_be_told_other_evidence_only_what_was_found_is_compared(garden: SqliteStore) -> None:
    recorded = ask(garden, QUESTIONS[0], Author(Scripted(claims=[SPOKEN]), Prompts(garden)))
    load(garden, target("other", ontology=GARDEN), [Fact.of(ADA, "tends", THYME)])
    told = replay(recorded, garden, garden, Adapter(), live=True)
    assert told["compared"] == "evidence"
    assert [one["id"] for one in told["rows"]["came"]] == [THYME]
    assert "only what was found is compared" in told["notes"][0]


def test_what_was_purged_is_not_run_again(garden: SqliteStore) -> None:
    recorded = ask(garden, QUESTIONS[0])
    garden.purge(ref_of("people"), run(target(version=""), "run-p"))
    erased = garden.decision(recorded["decision_id"])
    assert erased is not None
    with pytest.raises(DecisionErased):
        as_then(erased, garden, garden)
    told = replay(erased, garden, garden, Adapter())
    assert told["state"] == "erased"
    assert [one["ref"] for one in told["erased"]] == ["people"]


def test_documents_are_compared_without_what_moves(garden: SqliteStore) -> None:
    one, other = ask(garden, QUESTIONS[0]), ask(garden, QUESTIONS[0])
    assert one["decision_id"] != other["decision_id"] or one["trace"] == other["trace"]
    assert compare(one, other).identical
