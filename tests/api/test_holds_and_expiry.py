"""Legal holds and expiry over HTTP: who may, what is told of it, and what stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.key_making import Grant, create
from kg.bootstrap import Services, open_services
from kg.decisions.audit import read_log
from kg.settings import Settings
from tests.api.supply import BASE
from tests.builders import TickingClock


@pytest.fixture
def services(tmp_path: Path, clock: TickingClock) -> Iterator[Services]:
    opened = open_services(Settings(store=f"sqlite:{tmp_path / 'whence.db'}", access=True, rate=0), clock)
    yield opened
    opened.store.close()


@pytest.fixture
def client(services: Services) -> Iterator[TestClient]:
    with TestClient(create_app(services, Settings(access=True, rate=0)), base_url=BASE) as made:
        yield made


def headers(services: Services, role: str, name: str = "ann", **grant: Any) -> dict[str, str]:
    values = {"datasets": None, "ceiling": "confidential"} | grant
    made = Grant(name, [role], values["datasets"], values["ceiling"], timedelta(days=1))
    return {"Authorization": f"Bearer {create(made, services.keys, services.clock, 'root')[1]}"}


def asked(client: TestClient, services: Services, name: str = "ann") -> str:
    told = client.post("/v1/decisions", json={"question": "Who is it?"}, headers=headers(services, "analyst", name))
    return str(told.json()["decision_id"])


def put(client: TestClient, decision: str, by: dict[str, str], *, held: bool = True, **body: Any) -> Any:
    said = {"held": held, "reason": "case 7"} | body
    return client.put(f"/v1/decisions/{decision}/hold", json=said, headers=by)


def test_a_decision_is_held_and_released_in_the_name_of_who_says_so(client: TestClient, services: Services) -> None:
    decision, bo = asked(client, services), headers(services, "approver", "bo")
    on = put(client, decision, bo)
    assert (on.status_code, on.json()["held"], on.json()["actor"]) == (200, True, "bo")
    told = client.get(f"/v1/decisions/{decision}", headers=bo).json()
    assert told["ledger"]["hold"]["reason"] == "case 7"
    again = put(client, decision, bo)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    off = put(client, decision, bo, held=False, reason="settled")
    holds = client.get(f"/v1/decisions/{decision}/hold", headers=headers(services, "analyst")).json()["holds"]
    assert holds == [on.json(), off.json()]
    kinds = [(one.kind, one.subject, one.actor, one.reason) for one in read_log(services.audit, 0, 99)][-3:-1]
    assert kinds == [
        ("decision.hold", decision, "bo", "case 7"),
        ("decision.release", decision, "bo", "settled"),
    ]


@pytest.mark.parametrize("body", [{"reason": " "}, {"reason": "x" * 501}, {"held": None}, {"colour": 1}])
def test_a_move_of_no_form_is_refused(client: TestClient, services: Services, body: dict[str, Any]) -> None:
    decision, bo = asked(client, services), headers(services, "approver", "bo")
    said = client.put(f"/v1/decisions/{decision}/hold", json={"held": True, "reason": "x"} | body, headers=bo)
    assert said.status_code == 422


def test_a_decision_that_is_not_there_for_the_caller_cannot_be_held(client: TestClient, services: Services) -> None:
    decision = asked(client, services)
    narrow = headers(services, "approver", "bo", datasets=("other",))
    for one in (decision, "d-none"):
        said = put(client, one, narrow)
        assert (said.status_code, said.json()["code"]) == (404, "decision_not_found")
        assert client.get(f"/v1/decisions/{one}/hold", headers=narrow).status_code == 404
    assert put(client, decision, headers(services, "analyst")).status_code == 403
    assert put(client, decision, headers(services, "approver", "bo"), actor="cy").status_code == 403


def test_what_is_old_is_expired_but_for_what_is_held(
    client: TestClient, services: Services, clock: TickingClock
) -> None:
    old, held = asked(client, services), asked(client, services, "cy")
    put(client, held, headers(services, "approver", "bo"))
    clock.now += timedelta(days=200)
    new, root = asked(client, services), headers(services, "admin", "root")
    said = client.post("/v1/decisions/expire", json={"older_than": 190}, headers=root)
    assert (said.status_code, said.json()) == (200, {"expired": [old], "more": False})
    left = client.get("/v1/decisions", headers=root).json()["decisions"]
    assert [one["decision_id"] for one in left] == [new, held]
    last = list(read_log(services.audit, 0, 99))[-1]
    assert (last.kind, last.subject, last.actor) == ("decision.expire", old, "root")


def test_young_decisions_are_kept_and_so_is_what_a_caller_does_not_see(client: TestClient, services: Services) -> None:
    asked(client, services)

    def status(by: dict[str, str], days: int = 183) -> int:
        return client.post("/v1/decisions/expire", json={"older_than": days}, headers=by).status_code

    assert status(headers(services, "admin"), 182) == 422
    assert status(headers(services, "approver")) == 403
    assert status(headers(services, "admin", datasets=("other",))) == 403
    assert status(headers(services, "admin", ceiling="internal")) == 403
    assert status(headers(services, "admin")) == 200
