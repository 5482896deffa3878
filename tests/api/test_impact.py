"""Which decisions a thing touches, over HTTP and on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.cli import app
from tests.api.supply import GAP, SUPPLY, loaded_supply
from tests.api.test_explanation import ask

CERTIFICATES = "certificate-register@2026-04/data/certificates.csv.gz"
SUPPLIERS = "supplier-register@2026-03/data/suppliers-2026-03.csv"


def impact(client: TestClient, ref: str, **wanted: Any) -> dict[str, Any]:
    reply = client.get("/v1/impact", params={"ref": ref, **wanted})
    assert reply.status_code == 200, reply.text
    told: dict[str, Any] = reply.json()
    return told


def ids(told: dict[str, Any], which: str) -> set[str]:
    return {one["decision"] for one in told[which]}


def test_each_thing_an_answer_rests_on_carried_a_claim_of_it(client: TestClient) -> None:
    decision = ask(client, GAP)
    [evidence] = [item for item in decision["evidence"] if item["id"] == "E1"]
    [place] = evidence["sources"]
    record = place["locator"].partition("#")[0]
    for ref in (
        f"fact:{evidence['facts'][0]}",
        f"source:{SUPPLIERS}",
        f"row:{SUPPLIERS}#{record}",
        f"run:{place['run']}",
        "supplier-register",
        "supplier-register@2026-03",
        "load supplier-register@2026-03",
        f"entity:{decision['answer']['entities'][0]['id']}",
    ):
        assert decision["decision_id"] in ids(impact(client, ref), "carried"), ref


def test_what_was_searched_in_vain_was_only_looked_at(client: TestClient) -> None:
    decision = ask(client, GAP)
    told = impact(client, CERTIFICATES)
    assert decision["decision_id"] in ids(told, "looked_at")
    assert decision["decision_id"] not in ids(told, "carried")


def test_a_decision_says_before_what_it_would_say_without(client: TestClient) -> None:
    decision = ask(client, GAP)
    told = impact(client, CERTIFICATES, what_if=True)
    [touch] = [one for one in told["carried"] if one["decision"] == decision["decision_id"]]
    assert touch["before"]["rows"] == 4
    assert touch["after"]["text"] != touch["before"]["text"]
    assert told["what_if"] is True
    assert (
        client.get(f"/v1/decisions/{decision['decision_id']}/replay", params={"live": True}).json()["state"] == "same"
    )


@pytest.mark.parametrize(
    ("wanted", "status", "code"),
    [
        ({"ref": "nothing-of-the-kind"}, 404, "lineage_not_found"),
        ({"ref": "row:nowhere"}, 422, "invalid_input"),
        ({"ref": "prompt:answer@99"}, 404, "prompt_not_found"),
        ({"ref": "table:any@3"}, 422, "invalid_input"),
        ({"ref": "entity:supplier:SUP-7", "what_if": True}, 422, "invalid_input"),
        ({"ref": " "}, 422, "invalid_input"),
    ],
)
def test_what_names_nothing_is_refused(client: TestClient, wanted: dict[str, Any], status: int, code: str) -> None:
    reply = client.get("/v1/impact", params=wanted)
    assert (reply.status_code, reply.json()["code"]) == (status, code)


def test_a_model_that_was_not_used_touches_nothing(client: TestClient) -> None:
    told = impact(client, "model:nobody")
    assert (told["carried"], told["looked_at"], told["more"]) == ([], [], False)


def test_a_decision_comes_of_its_facts_rows_and_files_in_one_walk(client: TestClient) -> None:
    decision = ask(client, GAP)
    told = client.get(f"/v1/lineage/{decision['decision_id']}", params={"depth": 6}).json()
    kinds = {node["kind"] for node in told["nodes"]}
    assert told["root"] == f"decision:{decision['decision_id']}"
    assert {"decision", "fact", "row", "source", "dataset"} <= kinds
    assert {f"fact:{one}" for item in decision["evidence"] for one in item["facts"]} <= {n["id"] for n in told["nodes"]}
    assert client.get("/v1/lineage/d-000000000000000000000000").json()["code"] == "decision_not_found"


# --- on the command line ---


@pytest.fixture
def store(tmp_path: Path) -> str:
    """A store of its own, since the tests count and change."""
    with loaded_supply(tmp_path):
        pass
    return f"sqlite:{tmp_path / 'supply.db'}"


def whence(store: str, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["--store", store, *words], env={"COLUMNS": "200"})
    assert done.exit_code == code, done.output
    return done.stdout


def test_a_check_a_retirement_and_a_load_end_with_the_decisions_they_touch(store: str) -> None:
    decision = json.loads(whence(store, "ask", GAP, "--json"))["decision_id"]
    register = str(SUPPLY / "certificate-register.yml")
    checked = json.loads(whence(store, "load", "--check", register, "--json"))
    assert [one["decision"] for one in checked[0]["decisions"]["looked_at"]] == [decision]
    assert "1 decision read what it would say" in whence(store, "load", "--check", register)
    foretold = whence(store, "impact", CERTIFICATES, "--what-if")
    assert "would carry a claim of 1 decision" in foretold
    gone = whence(store, "retire", "certificate-register")
    assert "carried a claim of 1 decision" in gone
    assert decision in gone
    back = json.loads(whence(store, "load", register, "--json"))
    assert [one["decision"] for one in back[0]["decisions"]["looked_at"]] == [decision]
    told = json.loads(whence(store, "impact", f"run:{back[0]['id']}", "--json"))
    assert [one["decision"] for one in told["looked_at"]] == [decision]


def test_what_several_datasets_touch_that_are_loaded_together_is_told_once(tmp_path: Path) -> None:
    with loaded_supply(tmp_path):
        store = f"sqlite:{tmp_path / 'supply.db'}"
    versions = {
        "certificate-register@2026-04": "certificate-register.yml",
        "supplier-register@2026-03": "supplier-register-2026-03.yml",
    }
    files = [str(SUPPLY / file) for file in versions.values()]
    certificates, suppliers = versions
    whence(store, "retire", certificates)
    decision = json.loads(whence(store, "ask", GAP, "--json"))["decision_id"]
    whence(store, "retire", suppliers)
    together = whence(store, "load", *files)
    assert together.count(decision) == 1
    assert "2 loads: carried a claim of" in together
    for version in versions:
        whence(store, "retire", version)
    touched = [run["decisions"] for run in json.loads(whence(store, "load", *files, "--json"))]
    assert [decision in ids(one, "carried") | ids(one, "looked_at") for one in touched] == [True, True]


def test_an_unknown_ref_is_a_stated_refusal(store: str) -> None:
    assert whence(store, "impact", "nothing-of-the-kind", code=1) == ""
