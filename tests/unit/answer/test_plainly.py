"""A decision is told in plain words, from its record alone: what, by what, on what, what not, and how to contest it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import rdflib
from pyshacl import validate

from kg.answer.formats import render
from kg.answer.plainly import plainly
from kg.domain.decision import Document
from kg.domain.plan import Each, Entities, Follow, Having
from kg.ports.kept import emptied, keep
from tests.conftest import ROOT
from tests.unit.answer.garden import BO, ask, run
from tests.unit.answer.scripted import Scripted, ask_with

TENDED = "Which herbs does Ada tend?"
BEDLESS = Having(Follow(Entities(ids=(BO,)), "tends", "out", type="Herb"), "none", Follow(Each(), "stands_in", "out"))
SPOKEN = [("Ada tends Sage.", ("E1",)), ("Ada looks after Mint.", ("E2",)), ("Ada tends Cleo.", ("E1",))]


def section(text: str, title: str) -> str:
    found = {part.partition("\n")[0]: part.partition("\n")[2] for part in text.strip().split("\n\n")}
    return found.get(title.upper(), "")


def reviewed(document: Document, **state: Any) -> Document:
    return document | {"review": document["review"] | {"required": True, "reason": "two sources differ"} | state}


def test_it_says_what_was_decided_and_on_what() -> None:
    document = ask(TENDED)
    text = plainly(document)
    assert document["decision_id"] in section(text, "What was decided")
    assert document["answer"]["text"] in section(text, "What was decided")
    told = section(text, "What it is based on")
    assert all(item["text"] in told and item["sources"][0]["locator"] in told for item in document["evidence"])


def test_it_says_what_was_not_found_and_where_it_was_looked_for() -> None:
    document = run(BEDLESS)
    [absence] = [item for item in document["evidence"] if item["kind"] == "absence"]
    told = section(plainly(document), "What was not found")
    assert absence["text"] in told
    assert "searched: people@1" in told


def test_an_abstention_gives_its_reason() -> None:
    told = section(plainly(ask("What does it cost to water a bed?")), "What was decided")
    assert "I cannot answer this: prices are in no source." in told


def test_that_no_model_took_part_is_said() -> None:
    assert "No language model" in section(plainly(ask(TENDED)), "What the program did")


def test_the_part_of_a_model_is_said_with_what_did_not_stand() -> None:
    document = ask_with(Scripted(claims=[SPOKEN, SPOKEN]), TENDED)
    told = section(plainly(document), "What the program did")
    assert "house (a scripted stand-in, no model)" in told
    assert "wrote the sentences of the answer" in told
    assert "1 sentence of the model did not stand up to the evidence and was left out." in told


def test_who_reviewed_it_is_said_with_the_reason() -> None:
    document = reviewed(ask(TENDED), state="approved", by="eve", state_reason="looked up in the ledger")
    told = section(plainly(document), "Who looked at it")
    assert "two sources differ" in told
    assert "approved" in told
    assert "Last word by eve: looked up in the ledger." in told


def test_where_to_contest_it_is_said() -> None:
    document = ask(TENDED)
    assert "You can ask the garden office for a person" in section(
        plainly(document, "the garden office"), "How to contest it"
    )
    assert "whoever runs this service" in section(plainly(document), "How to contest it")


def test_of_an_erased_decision_no_word_is_told_but_that_it_was_erased() -> None:
    whole = ask(TENDED)
    left = emptied(keep(whole), {"ref": "people", "run": "run-p", "at": "2026-03-02T09:00:00.000000Z"}).document
    text = plainly(left)
    assert "what people said was erased on 2026-03-02 (run run-p)" in text
    assert "2 pieces of evidence" in text
    assert "Ada" not in text
    assert "Sage" not in text


@pytest.mark.parametrize(
    "changed",
    [{}, {"trace": {"actor": "ann", "supersedes": "d-1"}}, {"review": {"by": "eve", "state": "approved"}}],
    ids=["alone", "asked and superseding", "reviewed"],
)
def test_in_prov_o_the_model_its_prompts_and_people_keep_to_the_shapes(changed: dict[str, Any]) -> None:
    document = copy.deepcopy(ask_with(Scripted(claims=[SPOKEN[:2]]), TENDED))
    for key, values in changed.items():
        document[key] |= values
    graph = rdflib.Graph().parse(data=render(document, "turtle"), format="turtle")
    shapes = rdflib.Graph().parse(ROOT / "tests" / "api" / "prov.shapes.ttl", format="turtle")
    conforms, _, told = validate(graph, shacl_graph=shapes, inference="none")
    assert conforms, told
    query = "SELECT ?p WHERE { ?a <http://www.w3.org/ns/prov#hadPlan> ?p . ?p a <urn:whence:vocabulary#PromptVersion> }"
    assert len(list(graph.query(query))) == 2
