"""The saved queries for Neo4j Browser walk from an answer to a file, and from a file to every answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import neo4j
import pytest

from kg.answer.pipeline import answer
from kg.answer.prompts import Prompts
from kg.answer.write import Author
from kg.backends.neo4j.store import Neo4jStore
from kg.bootstrap import core_ontology
from kg.domain.decision import Document
from kg.domain.plan import Each, Entities, Follow, Having, Plan
from kg.domain.question import Question
from kg.domain.ref import ref_of
from kg.ports.kept import HoldMove, Recording
from kg.settings import neo4j_address
from tests.builders import TickingClock, load, run, target
from tests.conftest import ROOT
from tests.contract.test_query_plans import operators, reads_all
from tests.neo4j_server import empty, neo4j_auth
from tests.unit.answer.garden import ADA, BO, ONTOLOGY, SAGE, facts
from tests.unit.answer.scripted import Scripted

pytestmark = pytest.mark.neo4j
FILE, VERSION = "people@1/a.csv", "people@1"
BEDLESS = Having(Follow(Entities(ids=(BO,)), "tends", "out", type="Herb"), "none", Follow(Each(), "stands_in", "out"))
SPOKEN = [("Ada tends Sage.", ("E1",)), ("Ada looks after Mint.", ("E2",))]
QUERIES = {
    block.partition("\n")[0].removeprefix("// "): block
    for block in (ROOT / "docs" / "neo4j-queries.cypher").read_text("utf-8").strip().rstrip(";").split(";\n\n")
}


@dataclass(frozen=True)
class Told:
    """A database with decisions in it, and how it is asked."""

    driver: neo4j.Driver
    database: str
    store: Neo4jStore
    listed: Document
    lacking: Document
    written: Document
    again: Document
    line: str
    unplanned: dict[str, list[tuple[str, str]]]
    """Scans of the queries before any fact, when every plan is estimated to cost nothing."""

    def rows(self, title: str, **values: Any) -> list[dict[str, Any]]:
        [query] = [text for name, text in QUERIES.items() if name.startswith(title)]
        return [dict(one) for one in self.driver.execute_query(query, values, database_=self.database).records]


def scans(driver: neo4j.Driver, database: str) -> dict[str, list[tuple[str, str]]]:
    """The saved queries whose plan reads a whole label or index, with the steps that do."""
    names = ("decision", "source", "version", "row", "fact", "prompt", "model")
    found: dict[str, list[tuple[str, str]]] = {}
    for title, text in QUERIES.items():
        plan = driver.execute_query("EXPLAIN " + text, dict.fromkeys(names, "x"), database_=database).summary.plan
        assert plan is not None
        steps = [step for step in operators(dict(plan)) if reads_all(*step)]
        found |= {title: steps} if steps else {}
    return found


@pytest.fixture(scope="module")
def told(neo4j_url: str, neo4j_driver: neo4j.Driver) -> Iterator[Told]:
    address, database = neo4j_address(neo4j_url)
    empty(neo4j_driver, database)
    user, password = neo4j_auth() or ("", "")
    store = Neo4jStore(address, database, user, password, core_ontology(), TickingClock())
    neo4j_driver.execute_query("CALL db.clearQueryCaches()", database_=database)
    unplanned = scans(neo4j_driver, database)
    load(store, target(ontology=json.dumps(ONTOLOGY)), facts())

    def ask(text: str, plan: Plan | None = None, **more: Any) -> Document:
        return answer(Question(text), store, store, TickingClock(), plan, **more)

    listed, lacking = ask("Which herbs does Ada tend?"), ask("which stand nowhere", BEDLESS)
    written = ask("Which herbs does Ada tend?", author=Author(Scripted(claims=[SPOKEN]), Prompts(store)))
    again = ask("Which herbs does Ada tend?", recording=Recording(listed["decision_id"]))
    store.hold(HoldMove(listed["decision_id"], held=True, actor="ann", reason="case 7", at="2026-03-02"))
    line = listed["evidence"][0]["sources"][0]["locator"].partition("#")[0]
    yield Told(neo4j_driver, database, store, listed, lacking, written, again, line, unplanned)
    store.close()


def test_an_answer_leads_to_its_files(told: Told) -> None:
    [first, *_] = told.rows("From an answer to the files", decision=told.listed["decision_id"])
    labels = [next(iter(node.labels)) for node in first["path"].nodes]
    assert labels == ["Decision", "Claim", "Evidence", "Assertion", "Source", "DatasetVersion"]
    assert first["path"].nodes[-2]["id"] == FILE


def test_each_sentence_of_an_answer_leads_to_the_rows_it_rests_on(told: Told) -> None:
    rows = told.rows("From an answer to the rows", decision=told.listed["decision_id"])
    evidence = {item["id"]: item for item in told.listed["evidence"]}
    expected = {
        (claim["text"], source["locator"])
        for claim in told.listed["claims"]
        for one in claim["evidence"]
        for source in evidence[one]["sources"]
    }
    assert {(row["claim"], row["place"]) for row in rows} == expected


def test_a_file_leads_to_every_answer_with_the_sentences_it_carried(told: Told) -> None:
    rows = {row["decision"]: row["sentences"] for row in told.rows("From a file to every answer", source=FILE)}
    for document in (told.listed, told.lacking, told.written, told.again):
        assert set(rows.pop(document["decision_id"])) == {claim["text"] for claim in document["claims"]}
    assert rows == {}


def test_a_row_and_a_fact_lead_to_the_answers_that_rest_on_them(told: Told) -> None:
    resting = {one["decision_id"] for one in (told.listed, told.written, told.again)}
    rows = told.rows("From a row of a file", version=VERSION, source=FILE, row=told.line)
    assert {row["decision"] for row in rows} == resting
    fact = told.listed["evidence"][0]["facts"][0]
    assert {row["decision"] for row in told.rows("From a fact", fact=fact)} == resting


def test_what_was_looked_for_in_vain_is_found_by_its_file(told: Told) -> None:
    [row] = told.rows("Answers that looked into a file", source=FILE)
    assert row["decision"] == told.lacking["decision_id"]


def test_a_version_a_prompt_and_a_model_lead_to_their_answers(told: Told) -> None:
    assert len(told.rows("Answers made from a dataset version", version=VERSION)) == 4
    used = {one["name"]: one for one in told.written["versions"]["prompt"]}["answer"]
    [by_prompt] = told.rows("Answers made with a prompt version", prompt=f"answer@0 {used['hash']}")
    [by_model] = told.rows("Answers that a model took part in", model="house")
    assert by_prompt["decision"] == by_model["decision"] == told.written["decision_id"]
    assert by_prompt["model"] == "house"


def test_a_chain_of_decisions_and_holds_are_found(told: Told) -> None:
    chain = [told.listed["decision_id"], told.again["decision_id"]]
    found = told.rows("What took the place of an answer", decision=chain[1])
    assert {row["decision"] for row in found} == set(chain)
    assert [row["decision"] for row in told.rows("Decisions under legal hold")] == chain[:1]


def test_no_saved_query_reads_a_whole_label(told: Told) -> None:
    assert told.unplanned == {}
    assert scans(told.driver, told.database) == {}


def test_what_they_rest_on_and_was_retired_is_found_afterwards(told: Told) -> None:
    assert told.rows("Answers whose ground is gone", source=FILE) == []
    told.store.retire(ref_of("people"), run(target(version=""), "run-r"))
    gone = {row["decision"] for row in told.rows("Answers whose ground is gone", source=FILE)}
    assert gone == {one["decision_id"] for one in (told.listed, told.lacking, told.written, told.again)}


def test_every_query_of_the_file_is_here(told: Told) -> None:
    assert len(QUERIES) == 12
    assert {ADA, SAGE} <= {node["id"] for node in told.listed["explanation"]["nodes"]}
