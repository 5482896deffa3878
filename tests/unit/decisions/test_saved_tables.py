"""Saved decision tables answer as those do that datasets bring: the row that fires, on what, and what would flip it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kg.answer.adapter import Adapter
from kg.answer.pipeline import answer
from kg.answer.tabled import TabledStore
from kg.backends.sqlite.store import SqliteStore
from kg.bootstrap import core_ontology
from kg.decisions.replay_report import replay
from kg.decisions.rule_files import move
from kg.decisions.table_file import table_content
from kg.decisions.tables import chosen, save
from kg.domain.decision import Document, comparable
from kg.domain.fact import Fact, Literal
from kg.domain.lineage import Classification
from kg.domain.plan import Decide, Entities
from kg.domain.question import Question
from kg.domain.scope import Scope
from kg.errors import InvalidInput, PlanInvalid, RulesNotFound, TableInvalid
from tests.builders import TickingClock, load, target
from tests.unit.answer.garden import APPLE, MINT, ONTOLOGY, SAGE, facts

TALL = {"op": "where", "source": {"op": "each"}, "predicate": "height", "comparator": ">=", "value": "10"}
INPUTS = {
    "tall": {"plan": TALL},
    "light": {"phrases": ["light"], "values": {"sun": ["sunny"], "shade": ["shady"]}},
}
ROWS = [
    {"row": "prune", "when": {"tall": True}, "then": "prune"},
    {"row": "low-sun", "when": {"tall": False, "light": "sun"}, "then": "water"},
    {"row": "low-shade", "when": {"tall": False, "light": "shade"}, "then": "leave"},
]
CARE: dict[str, Any] = {
    "table": "plant_care", "title": "Care of plants", "of": "Plant", "nouns": ["care table"], "inputs": INPUTS,
    "outcome": {"name": "care"}, "rows": ROWS,
}  # fmt: skip


class Garden:
    """A garden with saved tables."""

    def __init__(self) -> None:
        self.clock = TickingClock()
        self.graph = SqliteStore(":memory:", core_ontology(), self.clock)
        self.store = TabledStore(self.graph, self.graph)
        load(self.graph, target(ontology=json.dumps(ONTOLOGY)), [*facts(), Fact.of(APPLE, "height", Literal("12"))])

    def save(self, document: dict[str, Any] = CARE) -> int:
        content = table_content(document, "care.yml", str)[1]
        return save(content, "new", "root", self.store, self.graph).number

    def use(self, document: dict[str, Any] = CARE) -> None:
        number, name = self.save(document), document["table"]
        move("table", name, "production", number, actor="root", reason="new", registry=self.graph)

    def decide(self, *ids: str, tables: tuple[str, ...] = (), **given: str) -> Document:
        held = tuple((name, tuple(value.split("/"))) for name, value in sorted(given.items()))
        plan = Decide("plant_care", Entities(ids=ids), held)
        scope = Scope(tables=chosen(tables, Classification.CONFIDENTIAL, self.graph))
        return answer(Question("as planned", scope), self.store, self.graph, self.clock, plan)

    def ask(self, text: str) -> Document:
        return answer(Question(text), self.store, self.graph, self.clock)


@pytest.fixture
def garden() -> Garden:
    made = Garden()
    made.use()
    return made


def test_the_answer_names_table_version_row_inputs_and_facts(garden: Garden) -> None:
    found = garden.decide(APPLE, light="sun")
    assert (found["outcome"], found["answer"]["value"]) == ("answered", "prune")
    [row] = found["answer"]["rows"]
    assert (row["rule"], row["inputs"]) == ("plant_care@1 row prune", {"tall": "yes", "light": "sun"})
    [policy] = [item for item in found["evidence"] if item["kind"] == "policy"]
    [source] = policy["sources"]
    assert (source["dataset"], source["locator"]) == ("plant_care@1", "row prune")
    assert [item["kind"] for item in found["evidence"]] == ["fact", "policy"]
    assert all(claim["verdict"] == "supported" for claim in found["claims"])
    version = garden.graph.rule_versions("table", "plant_care")[0]
    assert found["versions"]["policy"] == [{"kind": "decision table", "ref": "plant_care@1", "hash": version.hash}]


def test_what_would_flip_it_is_told(garden: Garden) -> None:
    apple, mint = (garden.decide(one, light="sun")["answer"] for one in (APPLE, MINT))
    assert apple["rows"][0]["flips"] == [{"input": "tall", "value": "no", "outcomes": ["water"]}]
    assert mint["rows"][0]["flips"] == [
        {"input": "tall", "value": "yes", "outcomes": ["prune"]},
        {"input": "light", "value": "shade", "outcomes": ["leave"]},
    ]
    assert "With light shade it would be “leave”." in mint["text"]


def test_a_question_is_read_with_the_words_of_a_saved_table(garden: Garden) -> None:
    found = garden.ask("What does the care table say for Apple in sunny light?")
    assert (found["outcome"], found["answer"]["value"]) == ("answered", "prune")
    assert found["plan"]["table"] == "plant_care"


def test_nothing_that_was_searched_names_a_table(garden: Garden) -> None:
    found = garden.decide(MINT, light="sun")
    absence = next(item for item in found["evidence"] if item["kind"] == "absence")
    assert {source["dataset"] for source in absence["sources"]} == {"people@1"}


def test_an_answer_that_no_table_takes_part_in_is_the_same_with_and_without() -> None:
    garden = Garden()
    before = comparable(garden.ask("Which herbs does Ada tend?"))
    garden.use()
    assert comparable(garden.ask("Which herbs does Ada tend?")) == before


def test_a_table_that_is_saved_and_not_labelled_is_not_used() -> None:
    garden = Garden()
    garden.save()
    with pytest.raises(PlanInvalid, match="no decision table 'plant_care'"):
        garden.decide(APPLE, light="sun")


def test_a_label_that_is_removed_takes_the_table_away(garden: Garden) -> None:
    move("table", "plant_care", "production", None, actor="root", reason="wrong", registry=garden.graph)
    with pytest.raises(PlanInvalid):
        garden.decide(APPLE, light="sun")


def test_a_decision_is_replayed_with_the_table_of_then_and_asked_again_with_that_of_today(garden: Garden) -> None:
    decision = garden.decide(APPLE, light="sun")
    garden.use(CARE | {"rows": [{"row": "prune", "when": {"tall": True}, "then": "fell"}, *ROWS[1:]]})
    then = replay(decision, garden.store, garden.graph, Adapter())
    now = replay(decision, garden.store, garden.graph, Adapter(), live=True)
    assert (then["state"], then["identical"]) == ("same", True)
    assert (now["state"], now["value"]) == ("differs", {"before": "prune", "after": "fell"})


FELL = CARE | {"rows": [{"row": "prune", "when": {"tall": True}, "then": "fell"}, *ROWS[1:]]}


def stage(garden: Garden, number: int) -> None:
    move("table", "plant_care", "staging", number, actor="root", reason="to try", registry=garden.graph)


def test_a_question_can_be_decided_by_a_table_in_staging_and_says_which(garden: Garden) -> None:
    stage(garden, garden.save(FELL))
    tried = garden.decide(APPLE, tables=("plant_care@staging",), light="sun")
    assert tried["answer"]["value"] == "fell"
    assert tried["scope"]["tables"] == ["plant_care@2"]
    assert [one["ref"] for one in tried["versions"]["policy"]] == ["plant_care@2"]
    used = garden.decide(APPLE, light="sun")
    assert (used["answer"]["value"], used["scope"].get("tables")) == ("prune", None)


def test_what_a_table_in_staging_decided_is_run_again_with_it(garden: Garden) -> None:
    stage(garden, garden.save(FELL))
    decision = garden.decide(APPLE, tables=("plant_care@staging",), light="sun")
    stage(garden, 1)
    for live in (False, True):
        told = replay(decision, garden.store, garden.graph, Adapter(), live=live)
        assert (told["state"], told["identical"]) == ("same", True)


def test_a_table_that_is_used_by_nobody_yet_can_be_chosen() -> None:
    garden = Garden()
    garden.save()
    assert garden.decide(APPLE, tables=("plant_care@1",), light="sun")["answer"]["value"] == "prune"


@pytest.mark.parametrize("wanted", ["plant_care@staging", "plant_care@7", "other@1", "other", ""])
def test_a_version_that_is_not_there_is_refused(garden: Garden, wanted: str) -> None:
    with pytest.raises(RulesNotFound):
        garden.decide(APPLE, tables=(wanted,), light="sun")


def test_two_versions_of_one_table_are_refused(garden: Garden) -> None:
    garden.save(FELL)
    with pytest.raises(InvalidInput, match="two versions"):
        garden.decide(APPLE, tables=("plant_care@1", "plant_care@2"), light="sun")


def test_a_chosen_table_above_the_ceiling_is_not_there(garden: Garden) -> None:
    garden.save(CARE | {"classification": "restricted"})
    with pytest.raises(RulesNotFound):
        chosen(("plant_care@1",), Classification.CONFIDENTIAL, garden.graph)
    assert chosen(("plant_care@2",), Classification.RESTRICTED, garden.graph) == ("plant_care@2",)


def test_a_chosen_table_of_what_the_scope_does_not_hold_is_refused(garden: Garden) -> None:
    load(garden.graph, target("other", ontology=json.dumps({"ontology": "other", "version": "1"})), [])
    with pytest.raises(TableInvalid, match="plant_care@1 speaks of what is not there"):
        garden.store.view(Scope(datasets=("other",), tables=("plant_care@1",)))


def test_the_first_row_that_fits_fires() -> None:
    garden = Garden()
    rows = [{"when": {"tall": True}, "then": "prune"}, {"when": {}, "then": "else"}]
    garden.use(CARE | {"hit": "first", "rows": rows})
    assert [garden.decide(one, light="sun")["answer"]["value"] for one in (APPLE, MINT)] == ["prune", "else"]


def test_all_rows_that_fit_are_collected() -> None:
    garden = Garden()
    rows = [{"when": {"tall": True}, "then": "prune"}, {"when": {"light": "sun"}, "then": "water"}]
    garden.use(CARE | {"hit": "collect", "rows": rows})
    found = garden.decide(APPLE, light="sun")
    assert found["answer"]["value"] == ["prune", "water"]
    assert [row["value"] for row in found["answer"]["rows"]] == ["prune", "water"]
    assert garden.decide(MINT, light="shade")["outcome"] == "abstained"


def test_several_values_are_each_decided(garden: Garden) -> None:
    assert garden.decide(MINT, light="sun/shade")["answer"]["value"] == {"sun": "water", "shade": "leave"}


def test_an_input_that_nobody_gives_is_asked_for(garden: Garden) -> None:
    found = garden.decide(MINT)
    assert (found["outcome"], "light" in found["answer"]["reason"]) == ("abstained", True)


def test_numbers_of_the_graph_are_held_against_ranges() -> None:
    garden = Garden()
    rows = [
        {"when": {"height": "< 5"}, "then": "small"}, {"when": {"height": "5 .. 20"}, "then": "middling"},
        {"when": {"height": "> 20"}, "then": "tall"},
    ]  # fmt: skip
    garden.use(CARE | {"inputs": {"height": {"predicate": "height"}}, "rows": rows})
    assert garden.decide(APPLE)["answer"]["value"] == "middling"
    assert garden.decide(SAGE)["outcome"] == "abstained"


def test_a_table_is_seen_up_to_its_classification(garden: Garden) -> None:
    garden.use(CARE | {"classification": "restricted"})
    assert "plant_care" not in garden.store.view(Scope()).ontology().tables


def test_a_table_of_what_the_scope_does_not_hold_is_not_there(garden: Garden) -> None:
    load(garden.graph, target("other", ontology=json.dumps({"ontology": "other", "version": "1"})), [])
    assert "plant_care" not in garden.store.view(Scope(datasets=("other",))).ontology().tables


def test_a_table_of_a_name_that_an_ontology_has_is_refused() -> None:
    garden = Garden()
    own = {"of": "Plant", "rules": "Bed", "outcome": "height", "inputs": {"a": {"column": "height"}}}
    load(garden.graph, target(ontology=json.dumps(ONTOLOGY | {"tables": {"plant_care": own}})), facts())
    with pytest.raises(TableInvalid, match="a loaded ontology has a decision table of this name"):
        garden.save()
