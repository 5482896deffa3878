"""People, services and what gives advice: whose word counts in a review, and stages that nobody can fill."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.key_making import Grant, create
from api.oidc import _kind
from kg.bootstrap import Services, open_services
from kg.decisions.fillers import Fillers
from kg.domain.access import CallerKind, Role
from kg.domain.review import Stage
from kg.errors import KeyInvalid
from kg.settings import Settings
from tests.api.supply import BASE, GAP, loaded_supply

ON = replace(Settings(), access=True, rate=0)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """A database of its own: who has keys is what is asked."""
    with loaded_supply(tmp_path_factory.mktemp("kinds")) as made:
        yield made


@pytest.fixture(scope="module")
def client(own: Services) -> Iterator[TestClient]:
    with TestClient(create_app(own, ON), base_url=BASE) as made:
        yield made


def bearer(services: Services, name: str, *roles: Role, kind: CallerKind = "human") -> dict[str, str]:
    grant = Grant(name, roles, None, "confidential", DAY, kind=kind)
    return {"Authorization": f"Bearer {create(grant, services.keys, services.clock, 'root')[1]}"}


def rules(client: TestClient, services: Services, *stages: dict[str, Any]) -> list[str]:
    content = {"rules": [{"name": "gaps", "when": {"types": ["Supplier"]}, "withhold": True, "stages": list(stages)}]}
    engineer = bearer(services, "eve", "engineer")
    saved = client.post("/v1/review-rules", json={"content": content, "message": "m"}, headers=engineer)
    assert saved.status_code == 201, saved.text
    return list(saved.json()["warnings"])


def asked(client: TestClient, services: Services) -> str:
    reply = client.post("/v1/decisions", json={"question": GAP}, headers=bearer(services, "ann", "analyst"))
    assert reply.status_code == 202, reply.text
    return str(reply.json()["decision_id"])


def moved(client: TestClient, decision: str, who: dict[str, str], move: str = "approve", **said: Any) -> Any:
    path = f"/v1/reviews/{decision}"
    shown = client.get(path, headers=who).json()["shown"]
    return client.post(path, headers=who, json={"move": move, "shown": shown, "reason": "looked at it"} | said)


def test_a_service_does_not_approve_what_a_person_has_to(client: TestClient, own: Services) -> None:
    rules(client, own, {"role": "reviewer"})
    decision, robot = asked(client, own), bearer(own, "robot", "reviewer", "approver", kind="service")
    assert client.get("/v1/me", headers=robot).json()["kind"] == "service"
    for move in ("approve", "reject", "request_changes"):
        reply = moved(client, decision, robot, move)
        assert (reply.status_code, reply.json()["code"]) == (403, "move_refused")
        assert "is a service, and a person is asked" in reply.json()["detail"]
    assert moved(client, decision, bearer(own, "bo", "reviewer")).json()["state"] == "approved"


def test_a_service_approves_where_the_rule_takes_its_word_and_only_there(client: TestClient, own: Services) -> None:
    rules(client, own, {"role": "reviewer", "by": "any"}, {"role": "approver"})
    decision, robot = asked(client, own), bearer(own, "robot", "reviewer", "approver", kind="service")
    after = moved(client, decision, robot).json()
    assert (after["state"], after["approvals"][0]["actor"], after["events"][-1]["actor_kind"]) == (
        "open", "robot", "service",
    )  # fmt: skip
    assert after["waits_for"] == {"role": "approver", "count": 1, "by": "human"}
    assert moved(client, decision, robot).json()["code"] == "move_refused"


@pytest.mark.parametrize("stages", [["any", "human"], ["human", "any"]])
def test_a_service_gets_round_no_person_by_an_override(client: TestClient, own: Services, stages: list[str]) -> None:
    rules(client, own, *({"role": role, "by": by} for role, by in zip(("reviewer", "approver"), stages, strict=True)))
    decision, robot = asked(client, own), bearer(own, "robot", "reviewer", "approver", kind="service")
    for move, said in (("override", {"answer": "none"}), ("except", {"until": "2999-01-01"})):
        assert moved(client, decision, robot, move, **said).json()["code"] == "move_refused"


def test_advice_satisfies_no_stage(client: TestClient, own: Services) -> None:
    rules(client, own, {"role": "reviewer", "by": "any"})
    decision, model = asked(client, own), bearer(own, "model", "reviewer", "approver", kind="advisory")
    for move in ("approve", "reject", "override"):
        reply = moved(client, decision, model, move, answer="x")
        assert (reply.status_code, "gives advice, which decides nothing" in reply.json()["detail"]) == (403, True)
    said = client.post(f"/v1/decisions/{decision}/feedback", json={"verdict": "right"}, headers=model)
    assert said.status_code == 201


def test_a_rule_that_nobody_can_satisfy_is_saved_and_said_and_told_in_the_queue(tmp_path_factory: Any) -> None:
    with loaded_supply(tmp_path_factory.mktemp("unfilled")) as own:
        client = TestClient(create_app(own, ON), base_url=BASE)
        approver = {"role": "approver", "count": 2}
        said = rules(client, own, approver, {"role": "lawyer"}, {"role": "reviewer", "by": "any"})
        assert [one.partition(":")[0] for one in said] == ["gaps"] * 3
        assert "2 approver, each a person: nobody has a key for that" in said[0]
        assert "'lawyer' is no role of callers" in said[1]
        assert "1 reviewer, each a person or a service: nobody has a key for that" in said[2]
        asked(client, own)
        robot = bearer(own, "robot", "approver", "reviewer", kind="service")
        [line] = client.get("/v1/reviews", headers=robot).json()["reviews"]
        assert line["unfilled"] == "2 approver, each a person: nobody has a key for that"
        for name in ("bo", "ann", "cy"):
            assert line["unfilled"] is not None
            [line] = client.get("/v1/reviews", headers=bearer(own, name, "approver")).json()["reviews"]
        assert line["unfilled"] is None
        assert rules(client, own, approver, {"role": "reviewer", "by": "any"}) == []


def test_where_callers_are_not_known_nothing_is_said_of_them(tmp_path_factory: Any) -> None:
    services = open_services(Settings(store=f"sqlite:{tmp_path_factory.mktemp('off') / 'whence.db'}"))
    now = "2026-03-01T09:00:00.000000Z"
    lawyer = Stage("lawyer")
    assert Fillers.of(services.keys, now, access=False, tokens=False).missing(lawyer) is None
    with_tokens = Fillers.of(services.keys, now, access=True, tokens=True)
    assert with_tokens.missing(Stage("approver")) is None
    assert "no role of callers" in (with_tokens.missing(lawyer) or "")
    services.store.close()


def test_a_key_is_of_a_kind_that_there_is(own: Services) -> None:
    with pytest.raises(KeyInvalid, match="'robot' is no kind of caller; there are human, service, advisory"):
        create(Grant("r", ("reader",), None, "public", DAY, kind="robot"), own.keys, own.clock, "root")


@pytest.mark.parametrize(
    ("claims", "kind"),
    [
        ({}, "human"),
        ({"azp": "page"}, "human"),
        ({"azp": "me"}, "service"),
        ({"client_id": "me"}, "service"),
        ({"gty": "client-credentials"}, "service"),
        ({"idtyp": "app"}, "service"),
        ({"client_id": "me", "whence_kind": "human"}, "human"),
        ({"whence_kind": "advisory"}, "advisory"),
        ({"whence_kind": "Human"}, "advisory"),
        ({"whence_kind": ["human"]}, "advisory"),
    ],
)
def test_a_token_says_of_which_kind_its_bearer_is(claims: dict[str, Any], kind: CallerKind) -> None:
    assert _kind({"sub": "me"} | claims) == kind
