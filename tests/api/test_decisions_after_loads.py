"""Loads, their checks and what jobs of others say end with the decisions they touch, over HTTP."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from kg.bootstrap import Services, open_services
from kg.decisions.impact import Impacts
from kg.errors import StoreTimeout
from kg.settings import Settings
from tests.api.supply import BASE, GAP, SUPPLY, loaded_supply
from tests.api.test_keys_and_roles import ON, asked, bearer, token_of
from tests.api.test_reviews_api import MESSAGE, RULES, held, move
from tests.builders import openlineage

REGISTER = ("supplier-register-2026-03.yml", "ontology.yml", "data/suppliers-2026-03.csv")
RUN = "0195d3a0-1111-7111-8111-000000000002"
CHANGED = {"Dniprovia Agro": "Dniprovia Farms"}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("loaded")
    with loaded_supply(folder):
        return folder / "supply.db"


@pytest.fixture
def services(loaded: Path, tmp_path: Path) -> Iterator[Services]:
    """A copy of the database, since each test changes it."""
    opened = open_services(Settings(store=f"sqlite:{shutil.copy(loaded, tmp_path)}"))
    yield opened
    opened.store.close()


def client_of(services: Services, settings: Settings) -> TestClient:
    return TestClient(create_app(services, settings), base_url=BASE, raise_server_exceptions=False)


def sent(client: TestClient, changed: dict[str, str], *, check: bool = False, token: str = "") -> Any:
    """The supplier register, with some words of its data in place of others."""
    files = [{"name": name, "text": (SUPPLY / name).read_text("utf-8")} for name in REGISTER]
    for old, new in changed.items():
        files[-1]["text"] = files[-1]["text"].replace(old, new)
    body = {"files": files, "load": [name for name in REGISTER if name.endswith(".yml")], "check": check}
    reply = client.post("/v1/loads", json=body, headers=bearer(token) if token else {})
    assert reply.status_code in (200, 201), reply.text
    return reply.json()


def events(text: str) -> list[tuple[str, Any]]:
    """Name and data of each server-sent event."""
    told = [dict(line.split(": ", 1) for line in one.splitlines()) for one in text.split("\n\n") if one]
    return [(one["event"], json.loads(one["data"])) for one in told]


def test_a_load_its_run_and_the_events_of_it_end_with_the_decisions_it_touched(services: Services) -> None:
    with client_of(services, Settings()) as client:
        decision = client.post("/v1/decisions", json={"question": GAP}).json()
        [run] = sent(client, CHANGED)["runs"]
        [touch] = run["decisions"]["carried"]
        assert touch["decision"] == decision["decision_id"]
        assert "Dniprovia Agro" in touch["before"]["text"]
        assert "Dniprovia Farms" in touch["after"]["text"]
        shown = client.get(f"/v1/runs/{run['id']}").json()
        assert shown["decisions"] == run["decisions"]
        followed = events(client.get(f"/v1/runs/{run['id']}/events").text)
        assert [name for name, _ in followed] == ["end", "decisions"]
        assert followed[-1][1] == run["decisions"]


def test_what_a_run_touched_is_told_as_it_is_now(services: Services) -> None:
    with client_of(services, Settings()) as client:
        [run] = sent(client, CHANGED)["runs"]
        assert run["decisions"]["carried"] == []
        decision = client.post("/v1/decisions", json={"question": GAP}).json()["decision_id"]
        told = client.get(f"/v1/runs/{run['id']}").json()["decisions"]
        assert [one["decision"] for one in told["looked_at"]] == [decision]
        sent(client, {})
        told = client.get(f"/v1/runs/{run['id']}").json()["decisions"]
        assert [one["decision"] for one in told["carried"]] == [decision]


def test_a_check_names_the_decisions_that_read_what_would_be_loaded(services: Services) -> None:
    with client_of(services, Settings()) as client:
        decision = client.post("/v1/decisions", json={"question": GAP}).json()["decision_id"]
        [checked] = sent(client, CHANGED, check=True)["checked"]
        assert (checked["decisions"]["what_if"], checked["decisions"]["not_run"]) == (True, 1)
        assert [one["decision"] for one in checked["decisions"]["carried"]] == [decision]


def test_a_run_names_no_decision_that_its_reader_may_not_read(services: Services) -> None:
    with client_of(services, ON) as client:
        ann, bo = (token_of(services, "analyst", name=name) for name in ("ann", "bo"))
        part = token_of(services, "auditor", name="cy", datasets=["supplier-register"])
        decision = asked(client, ann)["decision_id"]
        [run] = sent(client, CHANGED, token=token_of(services, "engineer", name="dee"))["runs"]
        told = {}
        for token in (ann, bo, part):
            reply = client.get(f"/v1/runs/{run['id']}", headers=bearer(token))
            told[token] = [one["decision"] for one in reply.json()["decisions"]["carried"]]
            followed = events(client.get(f"/v1/runs/{run['id']}/events", headers=bearer(token)).text)
            assert followed[-1] == ("decisions", reply.json()["decisions"])
        assert told == {ann: [decision], bo: [], part: []}


def test_a_run_that_is_not_complete_touched_nothing(services: Services) -> None:
    with client_of(services, Settings()) as client:
        client.post("/v1/decisions", json={"question": GAP})
        [again] = sent(client, {})["runs"]
        assert (again["state"], again["decisions"]["carried"]) == ("unchanged", [])
        assert client.get(f"/v1/runs/{again['id']}").json()["decisions"] is None


def test_an_event_of_others_ends_with_the_decisions_that_rest_on_what_comes_of_it(services: Services) -> None:
    file = {"namespace": "file", "name": (SUPPLY / "data" / "suppliers-2026-03.csv").resolve().as_posix()}
    with client_of(services, Settings()) as client:
        decision = client.post("/v1/decisions", json={"question": GAP}).json()["decision_id"]
        # Raw rows become a table, and another job writes the file of it that was loaded.
        exported = openlineage(RUN, ["suppliers"], [], job={"namespace": "etl", "name": "export"}, outputs=[file])
        reply = client.post("/v1/lineage", json=exported).json()
        assert [one["decision"] for one in reply["decisions"]["carried"]] == [decision]
        assert reply["decisions"]["not_run"] == 1
        before = client.post("/v1/lineage/batch", json=[openlineage(RUN, ["raw"], ["suppliers"])]).json()
        assert before["decisions"] == reply["decisions"]
        lonely = client.post("/v1/lineage", json=openlineage(RUN, ["raw"], ["elsewhere"])).json()
        assert (lonely["decisions"]["carried"], lonely["decisions"]["looked_at"]) == ([], [])
        told = client.get("/v1/impact", params={"ref": "db/suppliers"}).json()
        assert [(one["decision"], one["changed"]) for one in told["carried"]] == [(decision, False)]


def test_an_event_names_no_decision_that_its_sender_may_not_read(services: Services) -> None:
    file = {"namespace": "file", "name": (SUPPLY / "data" / "suppliers-2026-03.csv").resolve().as_posix()}
    with client_of(services, ON) as client:
        asked(client, token_of(services, "analyst", name="ann"))
        sender = token_of(services, "engineer", name="ed", datasets=["supplier-register"])
        reply = client.post(
            "/v1/lineage", json=openlineage(RUN, ["a"], []) | {"outputs": [file]}, headers=bearer(sender)
        )
        assert (reply.status_code, reply.json()["decisions"]["carried"]) == (201, [])


def too_slow(*_: Any, **__: Any) -> Any:
    raise StoreTimeout("the store did not answer in 30 s")


def test_a_load_stands_and_approvals_lapse_where_what_it_touched_cannot_be_told(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client_of(services, Settings()) as client:
        assert client.post("/v1/review-rules", json={"content": RULES, **MESSAGE}).status_code == 201
        decision = held(client)
        assert move(client, decision).json()["state"] == "approved"
        monkeypatch.setattr(Impacts, "of_runs", too_slow)
        told = sent(client, CHANGED)
        [run] = told["runs"]
        assert (run["state"], run["decisions"]) == ("complete", None)
        assert told["note"].endswith("could not be told: the store did not answer in 30 s")
        assert services.decisions.review_events([decision])[decision][-1].kind == "lapsed"
        monkeypatch.undo()
        assert services.runs.run(run["id"]) is not None
        assert sent(client, {})["note"] == ""


def test_an_event_is_recorded_where_what_rests_on_it_cannot_be_told(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Impacts, "of_events", too_slow)
    with client_of(services, Settings()) as client:
        reply = client.post("/v1/lineage", json=openlineage(RUN, ["raw"], ["suppliers"]))
        assert (reply.status_code, reply.json()["recorded"], reply.json()["decisions"]) == (201, 1, None)
        assert "the store did not answer in 30 s" in reply.json()["note"]
