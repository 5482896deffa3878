"""A decision is replayed over HTTP and on the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.cli import app
from tests.api.supply import GAP, loaded_supply
from tests.api.test_explanation import ask


@pytest.mark.parametrize("live", [False, True])
def test_a_decision_is_the_same_again(client: TestClient, *, live: bool) -> None:
    decision = ask(client, GAP)
    told = client.get(f"/v1/decisions/{decision['decision_id']}/replay", params={"live": live}).json()
    assert (told["state"], told["identical"], told["live"]) == ("same", True, live)
    assert told["evidence_hash"] == {"before": decision["evidence_hash"], "after": decision["evidence_hash"]}


def test_an_unknown_decision_is_not_found(client: TestClient) -> None:
    reply = client.get("/v1/decisions/d-nothing/replay")
    assert (reply.status_code, reply.json()["code"]) == (404, "decision_not_found")


@pytest.fixture(scope="module")
def retired(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A store from which the register of certificates was retired after a question, and the decision."""
    folder = tmp_path_factory.mktemp("replay")
    with loaded_supply(folder):
        pass
    store = f"sqlite:{folder / 'supply.db'}"
    decision = json.loads(whence(store, "ask", GAP, "--json"))
    whence(store, "retire", "certificate-register")
    return store, decision["decision_id"]


def whence(store: str, *words: str) -> str:
    done = CliRunner().invoke(app, ["--store", store, *words], env={"COLUMNS": "200"}, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_command_says_that_it_is_the_same(retired: tuple[str, str]) -> None:
    store, decision = retired
    assert f"{decision}: the same as it was known then" in whence(store, "replay", decision)


def test_the_command_says_what_is_otherwise_today(retired: tuple[str, str]) -> None:
    store, decision = retired
    text = whence(store, "replay", decision, "--live")
    told: dict[str, Any] = json.loads(whence(store, "replay", decision, "--live", "--json"))
    assert f"{decision}: not the same today" in text
    assert told["facts"]["went"] != []
    assert all(one["id"] in text for one in told["facts"]["went"])
