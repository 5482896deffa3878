"""Who may do what over HTTP: keys, roles, grants and rates, each route by the one table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.access import NEEDS
from api.app import create_app
from api.key_making import Grant, create, revoke, rotate
from kg.bootstrap import Services
from kg.domain.access import MAY, PERMISSIONS, ROLES, Role
from kg.errors import KeyInvalid
from kg.ports.clock import instant
from kg.settings import Settings
from tests.api.supply import BASE, GAP

ON = replace(Settings(), access=True, rate=0)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def guarded(services: Services) -> Iterator[TestClient]:
    with TestClient(create_app(services, ON), base_url=BASE, raise_server_exceptions=False) as made:
        yield made


def token_of(services: Services, *roles: Role, name: str = "ann", **changes: Any) -> str:
    grant = Grant(name, roles, None, "confidential", DAY)
    return create(replace(grant, **changes), services.keys, services.clock, "root")[1]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def asked(client: TestClient, token: str, question: str = GAP) -> dict[str, Any]:
    made = client.post("/v1/decisions", json={"question": question}, headers=bearer(token))
    assert made.status_code == 201, made.text
    document: dict[str, Any] = made.json()
    return document


# --- keys ---


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Basic YTpi", "Bearer x", "Bearer whence_a_b", "Bearer whence__"]
)
def test_without_a_key_nothing_is_said(guarded: TestClient, header: str | None) -> None:
    reply = guarded.get("/v1/sources", headers={} if header is None else {"Authorization": header})
    assert (reply.status_code, reply.json()["code"]) == (401, "unauthenticated")
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert guarded.get("/healthz").status_code == 200


def test_a_key_says_who_calls_and_what_they_may(guarded: TestClient, services: Services) -> None:
    token = token_of(services, "analyst", "auditor", datasets=["supplier-register"], ceiling="internal")
    me = guarded.get("/v1/me", headers=bearer(token)).json()
    assert (me["access"], me["name"], me["roles"]) == (True, "ann", ["analyst", "auditor"])
    assert me["may"] == ["read", "ask", "oversee", "watch", "audit"]
    assert (me["datasets"], me["ceiling"]) == (["supplier-register"], "internal")


def test_where_access_is_off_everybody_may_all(client: TestClient) -> None:
    me = client.get("/v1/me").json()
    assert (me["access"], me["name"], me["may"]) == (False, "local", list(PERMISSIONS))


def test_a_secret_is_not_kept(services: Services) -> None:
    _, secret = token_of(services, "reader").removeprefix("whence_").split("_", 1)
    assert secret not in repr(services.keys.keys())


def test_a_revoked_or_expired_key_opens_nothing_from_then_on(guarded: TestClient, services: Services) -> None:
    tokens = [token_of(services, "reader"), token_of(services, "reader", lasts=timedelta(microseconds=1))]
    assert guarded.get("/v1/me", headers=bearer(tokens[0])).status_code == 200
    revoke(tokens[0].split("_")[1], "lost", services.keys, services.clock, "root")
    said = [guarded.get("/v1/me", headers=bearer(one)) for one in (*tokens, "whence_0123_abc")]
    assert {(one.status_code, one.json()["detail"]) for one in said} == {
        (401, "this key opens nothing: it is unknown, expired or revoked")
    }


def test_a_rotated_key_opens_for_a_while_beside_the_new_one(guarded: TestClient, services: Services) -> None:
    old = token_of(services, "reader", datasets=["supplier-register"])
    _, new = rotate(old.split("_")[1], DAY, DAY, services.keys, services.clock, "root")
    mes = [guarded.get("/v1/me", headers=bearer(one)).json() for one in (old, new)]
    assert [one["datasets"] for one in mes] == [["supplier-register"]] * 2
    _, newer = rotate(new.split("_")[1], timedelta(microseconds=1), DAY, services.keys, services.clock, "root")
    assert [guarded.get("/v1/me", headers=bearer(one)).status_code for one in (new, newer)] == [401, 200]


def test_a_caller_who_asks_too_often_is_told_when_to_try_again(services: Services) -> None:
    with TestClient(create_app(services, replace(ON, rate=3)), base_url=BASE) as client:
        tokens = [token_of(services, "reader"), token_of(services, "reader", rate=5)]
        said = [[client.get("/v1/me", headers=bearer(one)) for _ in range(6)] for one in tokens]
    assert [[one.status_code for one in some] for some in said] == [[200] * 3 + [429] * 3, [200] * 5 + [429]]
    refused = said[0][3]
    assert (refused.json()["code"], refused.json()["retryable"]) == ("rate_limited", True)
    assert 1 <= int(refused.headers["Retry-After"]) <= 20


# --- roles ---


def routes(client: TestClient) -> list[tuple[str, str]]:
    app: Any = client.app
    return [
        (method, path) for path, operations in app.openapi()["paths"].items() for method in map(str.upper, operations)
    ]


def test_every_route_says_what_it_needs_and_no_other_does(client: TestClient) -> None:
    assert {(method, path.replace(":path", "")) for method, path in NEEDS} == set(routes(client))


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_what_the_table_says_and_no_more(guarded: TestClient, services: Services, role: Role) -> None:
    headers = bearer(token_of(services, role))
    refused = set()
    for (method, path), needed in NEEDS.items():
        concrete = path.replace(":path", "").replace("{name}", "answer").replace("{", "").replace("}", "")
        reply = guarded.request(method, concrete, headers=headers, json={} if method != "GET" else None)
        assert reply.status_code < 500, reply.text
        if reply.status_code == 403:
            refused.add(needed)
    assert refused == {needed for needed in NEEDS.values() if needed is not None} - MAY[role]


def test_who_speaks_for_another_is_refused(guarded: TestClient, services: Services) -> None:
    headers = bearer(token_of(services, "engineer"))
    said = {"first": "supplier:SUP-1", "second": "supplier:SUP-2", "verdict": "open", "reason": "x", "actor": "bob"}
    reply = guarded.post("/v1/matches", json=said, headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (403, "forbidden")
    own = guarded.post("/v1/matches", json=said | {"actor": "ann"}, headers=headers)
    assert own.json()["code"] == "not_found"


@pytest.mark.parametrize("name", ["oidc:ann", " oidc:ann"])
def test_no_key_is_named_as_who_shows_a_token_is(services: Services, name: str) -> None:
    with pytest.raises(KeyInvalid, match="are of callers who show a token"):
        token_of(services, "reader", name=name)


def test_a_key_of_before_that_is_named_so_opens_nothing(services: Services) -> None:
    key, token = create(Grant("ann", ("admin",), None, "confidential", DAY), services.keys, services.clock, "root")
    named = replace(key, caller="oidc:ann")
    secret = token.split("_", 2)[2]
    now = instant(services.clock())
    assert (key.opens(secret, now), named.opens(secret, now)) == (True, False)


# --- decisions of others ---


def test_a_decision_names_who_asked(guarded: TestClient, services: Services) -> None:
    assert asked(guarded, token_of(services, "analyst", name="Ann Example"))["trace"]["actor"] == "Ann Example"


def test_a_decision_of_another_is_not_there(guarded: TestClient, services: Services) -> None:
    mine, other = (token_of(services, "analyst", name=name) for name in ("ann", "bob"))
    reviewer = token_of(services, "reviewer", name="eve")
    made = asked(guarded, mine)["decision_id"]
    for path in (f"/v1/decisions/{made}", f"/v1/decisions/{made}/explanation", f"/v1/decisions/{made}/replay"):
        assert [guarded.get(path, headers=bearer(one)).status_code for one in (mine, other, reviewer)] == [
            200,
            404,
            200,
        ]
    hidden = guarded.get(f"/v1/decisions/{made}", headers=bearer(other)).json()
    unknown = guarded.get("/v1/decisions/d-none", headers=bearer(other)).json()
    assert hidden["detail"].replace(made, "d-none") == unknown["detail"]
    listed = [guarded.get("/v1/decisions?limit=200", headers=bearer(one)).json()["decisions"] for one in (other, mine)]
    assert [made in {line["decision_id"] for line in lines} for lines in listed] == [False, True]


def test_a_page_does_not_tell_whether_a_decision_of_another_is_there(guarded: TestClient, services: Services) -> None:
    made = asked(guarded, token_of(services, "reviewer", name="bo"))["decision_id"]
    other = bearer(token_of(services, "analyst", name="cy"))
    for path in ("/v1/decisions", "/v1/reviews"):
        headers = other if path == "/v1/decisions" else bearer(token_of(services, "reviewer", name="cy", datasets=()))
        said = [guarded.get(path, params={"after": one}, headers=headers) for one in (made, "d-none")]
        assert [one.status_code for one in said] == [404, 404]
        assert said[0].json()["detail"].replace(made, "d-none") == said[1].json()["detail"]
    assert guarded.get("/v1/decisions", params={"actor": "bo"}, headers=other).json() == {"decisions": [], "next": None}


def test_who_sees_less_than_a_decision_was_made_from_does_not_see_it(guarded: TestClient, services: Services) -> None:
    made = asked(guarded, token_of(services, "analyst", datasets=["supplier-register", "certificate-register"]))[
        "decision_id"
    ]
    for datasets, ceiling, status in (
        (["supplier-register", "certificate-register", "other"], "confidential", 200),
        (["supplier-register"], "confidential", 404),
        (None, "internal", 404),
    ):
        token = token_of(services, "reviewer", name="eve", datasets=datasets, ceiling=ceiling)
        assert guarded.get(f"/v1/decisions/{made}", headers=bearer(token)).status_code == status


def test_a_request_that_is_sent_again_gives_nothing_that_is_no_longer_granted(
    guarded: TestClient, services: Services
) -> None:
    def sent(token: str) -> Any:
        return guarded.post(
            "/v1/decisions", json={"question": GAP}, headers=bearer(token) | {"Idempotency-Key": "again"}
        )

    first = sent(token_of(services, "analyst", name="Nora"))
    assert sent(token_of(services, "analyst", name="Nora")).json()["decision_id"] == first.json()["decision_id"]
    less = sent(token_of(services, "analyst", name="Nora", datasets=["supplier-register"]))
    assert (less.status_code, less.json()["code"]) == (404, "decision_not_found")


def test_a_caller_reads_the_datasets_that_are_granted(guarded: TestClient, services: Services) -> None:
    headers = bearer(token_of(services, "reader", datasets=["supplier-register", "not-loaded"]))
    found = guarded.get("/v1/sources", headers=headers).json()["sources"]
    assert {one["dataset"] for one in found} == {"supplier-register"}
    assert {one["dataset"] for one in guarded.get("/v1/runs", headers=headers).json()["runs"]} == {"supplier-register"}
    for named in ("certificate-register", "no-such"):
        reply = guarded.get("/v1/sources", params={"dataset": named}, headers=headers)
        assert (reply.status_code, reply.json()["detail"]) == (404, f"no dataset '{named}'; see `whence sources`")
    above = guarded.get("/v1/sources", params={"ceiling": "restricted"}, headers=headers)
    assert (above.status_code, above.json()["code"]) == (422, "scope_invalid")


def test_access_changes_stand_in_the_audit_log(guarded: TestClient, services: Services) -> None:
    auditor = token_of(services, "auditor", name="Eve Example")
    key = auditor.split("_")[1]
    after = services.audit.audit_head().seq - 1
    [entry] = guarded.get("/v1/audit", params={"after": after}, headers=bearer(auditor)).json()["entries"]
    assert (entry["kind"], entry["subject"], entry["detail"]) == ("key.create", key, "auditor")
    assert (entry["actor"], entry["reason"]) == ("root", "for Eve Example")


# --- reviews ---


RULES = {"rules": [{"name": "gaps", "when": {"types": ["Supplier"]}, "stages": [{"role": "reviewer"}]}]}


@pytest.fixture
def reviewed(guarded: TestClient, services: Services) -> Iterator[str]:
    """The decision of an analyst that a reviewer has to look at."""
    engineer = bearer(token_of(services, "engineer", name="eve"))
    saved = guarded.post("/v1/review-rules", json={"content": RULES, "message": "m"}, headers=engineer)
    assert saved.status_code == 201
    yield str(asked(guarded, token_of(services, "analyst", name="ann"))["decision_id"])
    guarded.post("/v1/review-rules", json={"content": {"rules": []}, "message": "m"}, headers=engineer)


def judged(client: TestClient, decision: str, token: str, **changes: Any) -> Any:
    shown = client.get(f"/v1/reviews/{decision}", headers=bearer(token)).json().get("shown", "none")
    body = {"move": "approve", "reason": "looked at it", "shown": shown} | changes
    return client.post(f"/v1/reviews/{decision}", json=body, headers=bearer(token))


def test_who_asked_does_not_get_a_withheld_answer_by_reviewing_it(
    guarded: TestClient, services: Services, reviewed: str
) -> None:
    engineer = bearer(token_of(services, "engineer", name="eve"))
    held = {"rules": [RULES["rules"][0] | {"withhold": True}]}
    guarded.post("/v1/review-rules", json={"content": held, "message": "m"}, headers=engineer)
    ann, bo = token_of(services, "analyst", "reviewer", name="ann"), token_of(services, "reviewer", name="bo")
    made = guarded.post("/v1/decisions", json={"question": GAP, "supersedes": reviewed}, headers=bearer(ann))
    assert made.status_code == 202
    decision = made.json()["decision_id"]
    hers, his = (guarded.get(f"/v1/reviews/{decision}", headers=bearer(one)).json()["decision"] for one in (ann, bo))
    assert (hers["outcome"], hers["claims"]) == ("pending_review", [])
    assert (his["outcome"], his["claims"] != []) == ("answered", True)


def test_a_reviewer_approves_in_their_own_name(guarded: TestClient, services: Services, reviewed: str) -> None:
    done = judged(guarded, reviewed, token_of(services, "reviewer", name="bo"))
    assert (done.status_code, done.json()["state"], done.json()["by"]) == (200, "approved", "bo")


@pytest.mark.parametrize(
    ("roles", "name", "changes", "code"),
    [
        (("analyst",), "cy", {}, "forbidden"),
        (("approver",), "cy", {"roles": ["reviewer"]}, "move_refused"),
        (("reviewer",), "cy", {"actor": "bo"}, "forbidden"),
        (("reviewer",), "cy", {"move": "override", "answer": "x"}, "forbidden"),
        (("reviewer",), "ann", {}, "move_refused"),
    ],
)
def test_nobody_takes_a_role_or_a_name_that_is_not_theirs(  # noqa: PLR0917 (a fixture each)
    guarded: TestClient,
    services: Services,
    reviewed: str,
    roles: tuple[Role, ...],
    name: str,
    changes: dict[str, Any],
    code: str,
) -> None:
    reply = judged(guarded, reviewed, token_of(services, *roles, name=name), **changes)
    assert (reply.status_code, reply.json()["code"]) == (403, code)


def test_a_review_of_what_is_not_there_for_a_reviewer_is_not_found(
    guarded: TestClient, services: Services, reviewed: str
) -> None:
    reply = judged(guarded, reviewed, token_of(services, "reviewer", name="bo", datasets=("incident-list",)))
    assert (reply.status_code, reply.json()["code"]) == (404, "decision_not_found")
