"""What an answer hangs on, over HTTP and on the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.cli import app
from tests.api.supply import GAP, loaded_supply
from tests.api.test_explanation import ask

REGISTER = "supplier-register@2026-03/data/suppliers-2026-03.csv"
RATED = "What is the risk rating of Nutfield Pastes?"
NONSENSE = "Who zzzyx the qqqw?"


def of(told: dict[str, Any], kind: str) -> dict[str, str]:
    return {one[kind]: one["effect"] for one in told["attribution"] if kind in one}


def test_every_fact_and_source_of_an_answer_has_an_effect(client: TestClient) -> None:
    decision = ask(client, GAP)
    told = client.get(f"/v1/decisions/{decision['decision_id']}/attribution").json()
    facts = {one for item in decision["evidence"] for one in item["facts"]}
    assert of(told, "fact") == dict.fromkeys(facts, "necessary")
    assert of(told, "source")[REGISTER] == "necessary"
    assert "irrelevant" in of(told, "source").values()
    assert set(told["sufficient"]["facts"]) == facts
    assert all(REGISTER in one["sources"] for one in told["single_source"])


def test_a_conflict_is_gone_when_one_of_its_sides_says_the_same(client: TestClient) -> None:
    decision = ask(client, RATED)
    told = client.get(f"/v1/decisions/{decision['decision_id']}/attribution").json()
    other = [one for one in told["flips"] if one["change"] == "instead"]
    assert other
    assert {one["fact"] for one in other} <= of(told, "fact").keys()


@pytest.mark.parametrize(
    ("decision", "status", "code"),
    [(None, 422, "attribution_refused"), ("d-nothing", 404, "decision_not_found")],
)
def test_what_cannot_be_attributed_is_refused(client: TestClient, decision: str | None, status: int, code: str) -> None:
    asked = decision or ask(client, NONSENSE)["decision_id"]
    reply = client.get(f"/v1/decisions/{asked}/attribution")
    assert (reply.status_code, reply.json()["code"]) == (status, code)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("attribution")
    with loaded_supply(folder):
        pass
    return f"sqlite:{folder / 'supply.db'}"


def whence(store: str, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["--store", store, *words], env={"COLUMNS": "200"})
    assert done.exit_code == code, done.output
    return done.stdout


def test_an_answer_is_shown_with_what_it_hangs_on(store: str) -> None:
    decision = json.loads(whence(store, "ask", GAP, "--attribution", "--json"))
    text = whence(store, "explain", decision["decision_id"], "--attribution")
    told = json.loads(whence(store, "explain", decision["decision_id"], "--attribution", "--format", "json"))
    assert decision["attribution"] == told["attribution"]
    assert all(f"{one['effect']:>10}" in text for one in told["attribution"])
    assert f"C1 does not stand without {REGISTER}" in text
    assert text in whence(store, "ask", GAP, "--attribution")


def test_an_abstention_is_shown_without(store: str) -> None:
    decision = json.loads(whence(store, "ask", NONSENSE, "--attribution", "--json"))
    assert decision["attribution"] == []
    assert whence(store, "explain", decision["decision_id"], "--attribution", code=1) == ""


def test_an_attribution_is_no_picture(store: str) -> None:
    decision = json.loads(whence(store, "ask", GAP, "--json"))
    assert whence(store, "explain", decision["decision_id"], "--attribution", "--format", "svg", code=1) == ""
