"""Saying who is one, over HTTP and on the command line: answers follow, cite it, and forget what is taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.app import create_app
from api.cli import app
from kg.answer.explore import entity_card, find_entities, resolve
from kg.bootstrap import Services
from kg.domain.lineage import Classification
from kg.domain.scope import Scope
from kg.settings import Settings
from loaders.jobs import load_files
from tests.api.supply import BASE, SUPPLY, loaded_supply

# Two entries of the register for mills of one name.
GRAIN, MILLING = "supplier:SUP-19", "supplier:SUP-41"
ASKED = "What does Northgate Milling supply?"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Services]:
    with loaded_supply(tmp_path) as opened:
        yield opened


@pytest.fixture
def http(own: Services) -> Iterator[TestClient]:
    with TestClient(create_app(own), base_url=BASE, raise_server_exceptions=False) as made:
        yield made


def ask(http: TestClient, question: str = ASKED, **more: Any) -> dict[str, Any]:
    document: dict[str, Any] = http.post("/v1/decisions", json={"question": question} | more).json()
    return document


def say(http: TestClient, verdict: str = "same", first: str = MILLING, second: str = GRAIN, **more: str) -> Any:
    body = {"first": first, "second": second, "verdict": verdict, "reason": "one mill, renamed", "actor": "ann"}
    return http.post("/v1/matches", json=body | more)


def supplied(document: dict[str, Any]) -> set[str]:
    return {entity["id"] for entity in document["answer"]["entities"]}


def test_an_approval_ends_where_its_evidence_does_and_no_list_shows_the_answer(http: TestClient) -> None:
    rule = {"name": "goods", "when": {"types": ["Ingredient"]}, "withhold": True, "stages": [{"role": "reviewer"}]}
    saved = http.post("/v1/review-rules", json={"content": {"rules": [rule]}, "message": "m", "actor": "root"})
    assert saved.status_code == 201, saved.text
    decision = ask(http)["decision_id"]
    shown = http.get(f"/v1/reviews/{decision}").json()["shown"]
    body = {"move": "approve", "actor": "bo", "roles": ["reviewer"], "reason": "looked at it", "shown": shown}
    assert http.post(f"/v1/reviews/{decision}", json=body).json()["state"] == "approved"
    assert say(http).status_code == 201
    [listed] = http.get("/v1/decisions").json()["decisions"]
    assert listed["outcome"] == "pending_review"


def test_facts_of_both_are_found_under_either_name_and_the_match_is_cited(http: TestClient) -> None:
    grain, milling = supplied(ask(http, "What does SUP-19 supply?")), supplied(ask(http))
    assert milling
    assert say(http).status_code == 201
    for question in (ASKED, "What does SUP-41 supply?", "What does Northgate Grain supply?"):
        document = ask(http, question)
        assert supplied(document) == grain | milling
        cited = [item for item in document["evidence"] if "is the same as" in item["text"]]
        assert [item["text"] for item in cited] == [
            "Northgate Milling (SUP-41) is the same as Northgate Grain (SUP-19)."
        ]
        [support] = cited[0]["sources"]
        assert (support["source"], support["locator"]) == ("match by ann", "pair 1")
        rows = [claim for claim in document["claims"] if cited[0]["id"] in claim["evidence"]]
        assert rows
        assert {claim["verdict"] for claim in document["claims"]} == {"supported"}
        drawn = {edge["type"] for edge in document["explanation"]["relationships"]}
        assert {"SUPPLIES", "SAME_AS"} <= drawn


def test_one_entity_is_counted_listed_and_shown_once(http: TestClient, own: Services) -> None:
    before = ask(http, "How many suppliers are there?")["answer"]["value"]
    # One that is delisted, and one that is not, are one that is not.
    assert say(http).status_code == 201
    assert ask(http, "How many suppliers are there?")["answer"]["value"] == before
    assert say(http, first="SUP-42", second="SUP-43").status_code == 201
    assert ask(http, "How many suppliers are there?")["answer"]["value"] == before - 1
    view = own.store.view(Scope())
    assert resolve(view, "SUP-41").id == resolve(view, "Northgate Milling").id == GRAIN
    assert [one.id for one in find_entities(view, "Northgate Milling", [], 5).entities] == [GRAIN]
    card = entity_card(view, MILLING, 500)
    assert card.entity.id == GRAIN
    assert "Northgate Milling" in card.entity.aliases
    assert "SUP-41" in card.entity.keys
    assert any(fact.predicate == "same_as" for fact in card.facts)


def test_it_is_taken_back_without_loss_and_the_past_stays(http: TestClient, own: Services) -> None:
    apart, then = ask(http), own.store.view(Scope()).known_at
    assert say(http).status_code == 201
    joined = own.store.view(Scope()).known_at
    assert say(http, "open").status_code == 201
    again = ask(http)
    assert again["evidence_hash"] == apart["evidence_hash"]
    assert supplied(ask(http, scope={"known_as_of": then})) == supplied(apart)
    past = ask(http, scope={"known_as_of": joined})
    assert any("is the same as" in item["text"] for item in past["evidence"])


def test_it_outlives_a_reload_and_a_new_version(http: TestClient, own: Services) -> None:
    assert say(http).status_code == 201
    before = supplied(ask(http))
    register = SUPPLY / "supplier-register-2026-03.yml"
    for _ in load_files([SUPPLY / "supplier-register-2025-09.yml", register], None, own, lambda *_: None):
        pass
    assert supplied(ask(http)) == before


def test_what_was_said_to_be_different_is_not_made_one_through_a_third(http: TestClient) -> None:
    third = "supplier:SUP-1"
    assert say(http, "different", MILLING, GRAIN).status_code == 201
    assert say(http, "same", MILLING, third).status_code == 201
    refused = say(http, "same", GRAIN, third)
    assert (refused.status_code, refused.json()["code"]) == (409, "match_conflict")
    assert say(http, "open").status_code == 201
    assert say(http, "same", GRAIN, third).status_code == 201
    listed = http.get("/v1/matches").json()["matches"]
    assert [(one["first"], one["second"], one["verdict"]) for one in listed] == [
        (GRAIN, third, "same"),
        (MILLING, third, "same"),
    ]
    assert {(one["actor"], one["reason"]) for one in listed} == {("ann", "one mill, renamed")}


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"first": "nobody"}, 404, "entity_not_found"),
        ({"second": MILLING}, 422, "invalid_input"),
        ({"verdict": "open"}, 404, "not_found"),
        ({"verdict": "perhaps"}, 422, "request_invalid"),
        ({"reason": " "}, 422, "request_invalid"),
        ({"actor": ""}, 422, "request_invalid"),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(
    http: TestClient, changed: dict[str, str], status: int, code: str
) -> None:
    answer = say(http, **changed)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert http.get("/v1/matches").json() == {"matches": [], "cut": False}


def test_a_match_of_what_a_reader_may_not_see_is_not_seen(own: Services) -> None:
    with TestClient(create_app(own), base_url=BASE) as http:
        assert say(http).status_code == 201
    low = Settings(ceiling=Classification.PUBLIC)
    with TestClient(create_app(own, low), base_url=BASE) as http:
        assert http.get("/v1/matches").json()["matches"] == []


def test_the_command_line_says_lists_and_takes_back(tmp_path: Path) -> None:
    with loaded_supply(tmp_path):
        pass
    store = f"sqlite:{tmp_path / 'supply.db'}"

    def whence(*args: str) -> Any:
        done = CliRunner().invoke(app, ["matches", *args, "--store", store, "--json"], catch_exceptions=False)
        assert done.exit_code == 0
        return json.loads(done.stdout)

    done = whence("same", "SUP-41", "Northgate Grain", "--reason", "renamed", "--by", "bo")
    assert (done["actor"], done["changes"]["added"]) == ("bo", 1)
    [match] = whence("list")
    assert (match["first"], match["verdict"], match["second"], match["actor"]) == (MILLING, "same", GRAIN, "bo")
    whence("different", "SUP-41", "SUP-19", "--reason", "two mills")
    assert [one["verdict"] for one in whence("list")] == ["different"]
    whence("open", "SUP-41", "SUP-19", "--reason", "who knows")
    assert whence("list") == []
