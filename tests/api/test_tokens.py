"""Bearer tokens of an issuer: a real one, which serves its keys over HTTP on this machine."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fastapi.testclient import TestClient

from api.app import create_app
from api.oidc import Issuer, issuer_of
from kg.bootstrap import Services
from kg.errors import ConfigError
from kg.settings import Settings
from tests.api.supply import BASE, served
from tests.issuer import AUDIENCE, CLIENT, LocalIssuer, public


@pytest.fixture(scope="module")
def issuer() -> Iterator[LocalIssuer]:
    made = LocalIssuer(
        {"first": rsa.generate_private_key(65537, 2048), "second": ec.generate_private_key(ec.SECP256R1())}
    )
    with served(made.app()) as url:
        made.url = url
        yield made


@pytest.fixture(scope="module")
def client(services: Services, issuer: LocalIssuer) -> Iterator[TestClient]:
    settings = replace(
        Settings(), access=True, oidc_issuer=issuer.url, oidc_audience=AUDIENCE, oidc_roles="realm.roles"
    )
    with TestClient(create_app(services, settings), base_url=BASE, raise_server_exceptions=False) as made:
        yield made


def me(client: TestClient, token: str) -> Any:
    return client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize(("kid", "algorithm"), [("first", "RS256"), ("first", "PS512"), ("second", "ES256")])
def test_a_token_says_who_calls_and_what_is_there_for_them(
    client: TestClient, issuer: LocalIssuer, kid: str, algorithm: str
) -> None:
    found = me(client, issuer.token(kid, algorithm)).json()
    assert (found["name"], found["roles"], found["may"]) == ("subject-1", ["analyst"], ["read", "ask"])
    assert (found["datasets"], found["ceiling"]) == (["supplier-register"], "internal")


def test_what_a_token_does_not_say_is_not_granted(client: TestClient, issuer: LocalIssuer) -> None:
    found = me(client, issuer.token(whence_datasets=None, whence_ceiling=None)).json()
    assert (found["datasets"], found["ceiling"]) == ([], "public")
    assert me(client, issuer.token(whence_datasets=["*"])).json()["datasets"] is None
    roleless = me(client, issuer.token(realm=None))
    assert (roleless.status_code, roleless.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"exp": 1}, "it has expired"),
        ({"iat": 2**40}, "it is not valid yet"),
        ({"nbf": 2**40}, "it is not valid yet"),
        ({"aud": "another"}, "it is for another audience"),
        ({"aud": None}, "lacks a claim"),
        ({"iss": "http://127.0.0.1:1"}, "it is of another issuer"),
        ({"exp": None}, "lacks a claim"),
        ({"sub": None}, "lacks a claim"),
        ({"exp": "soon"}, "it is no signed token"),
        ({"sub": 7}, "it is no signed token"),
        ({"exp": 2**70}, "it is no signed token"),
        ({"sub": "two\nlines"}, "the token names no caller"),
        ({"sub": "x" * 101}, "the token names no caller"),
    ],
)
def test_a_token_that_is_not_for_us_now_is_refused(
    client: TestClient, issuer: LocalIssuer, changes: dict[str, Any], why: str
) -> None:
    reply = me(client, issuer.token(**changes))
    assert (reply.status_code, reply.json()["code"]) == (401, "unauthenticated")
    assert why in reply.json()["detail"]


def forged(issuer: LocalIssuer) -> dict[str, str]:
    header, payload, signature = issuer.token().split(".")
    as_key = json.dumps(public(issuer.keys["first"])).encode()

    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    symmetric = f"{part({'alg': 'HS256', 'kid': 'first'})}.{payload}"
    mac = base64.urlsafe_b64encode(hmac.new(as_key, symmetric.encode(), hashlib.sha256).digest()).rstrip(b"=").decode()
    other = rsa.generate_private_key(65537, 2048)
    return {
        "none": f"{part({'alg': 'none', 'kid': 'first'})}.{payload}.",
        "None": f"{part({'alg': 'None'})}.{payload}.{signature}",
        "signed with the public key": f"{symmetric}.{mac}",
        "signed by another": issuer.token(key=other),
        "another's key id": issuer.token("third", key=other),
        "another algorithm": issuer.token("first", "ES256", key=issuer.keys["second"]),
        "changed": f"{header}.{part({'sub': 'root', 'aud': AUDIENCE, 'iss': issuer.url})}.{signature}",
        "cut": f"{header}.{payload}",
        "own key within": f"{part({'alg': 'RS256', 'jwk': public(other)})}.{payload}.{signature}",
        "no token": "a.b.c",
        "long": "a" * 20_000,
    }


def test_a_forged_token_is_refused(client: TestClient, issuer: LocalIssuer) -> None:
    found = {name: me(client, token).status_code for name, token in forged(issuer).items()}
    assert found == dict.fromkeys(found, 401)


def test_a_new_key_of_the_issuer_is_found_and_unknown_ones_do_not_make_us_ask_each_time(
    services: Services, issuer: LocalIssuer
) -> None:
    ours = Issuer(issuer.url, AUDIENCE, "realm.roles")
    ours._read_at, before = float("-inf"), issuer.asked
    assert ours.caller(issuer.token()).name == "subject-1"
    with pytest.raises(Exception, match="does not have"):
        ours.caller(issuer.token("new", key=issuer.keys["first"]))
    assert issuer.asked == before + 1
    issuer.keys["new"] = ec.generate_private_key(ec.SECP256R1())
    ours._read_at -= 60
    assert ours.caller(issuer.token("new", "ES256")).name == "subject-1"
    assert issuer.asked == before + 2


def test_an_issuer_that_is_gone_is_told_apart_from_a_bad_token(services: Services, issuer: LocalIssuer) -> None:
    settings = replace(Settings(), access=True, oidc_issuer="http://127.0.0.1:9", oidc_audience=AUDIENCE)
    with TestClient(create_app(services, settings), base_url=BASE, raise_server_exceptions=False) as made:
        reply = me(made, issuer.token())
    assert (reply.status_code, reply.json()["code"], reply.headers["Retry-After"]) == (503, "issuer_unavailable", "2")


@pytest.mark.parametrize("url", ["http://issuer.example", "ftp://127.0.0.1", "issuer.example", "file:///etc/passwd"])
def test_an_issuer_whose_keys_others_could_change_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="WHENCE_OIDC_ISSUER"):
        Issuer(url, AUDIENCE)


def test_an_issuer_needs_an_audience() -> None:
    with pytest.raises(ConfigError, match="WHENCE_OIDC_AUDIENCE"):
        Issuer("https://issuer.example", "")


def page_of(services: Services, built: Path, url: str, **changes: Any) -> TestClient:
    settings = replace(Settings(), access=True, oidc_issuer=url, oidc_audience=AUDIENCE, oidc_client=CLIENT)
    return TestClient(create_app(services, replace(settings, **changes), built=built), base_url=BASE)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text("<!doctype html>", "utf-8")
    return tmp_path


def test_where_to_sign_in_is_told_to_everybody_and_asked_of_the_issuer_once(
    services: Services, issuer: LocalIssuer, built: Path
) -> None:
    with page_of(services, built, issuer.url) as page:
        before = issuer.configured
        told = [page.get("/v1/sign-in").json() for _ in range(5)]
    assert told[0] == {
        "access": True,
        "issuer": {
            "issuer": issuer.url,
            "client_id": CLIENT,
            "scope": "openid",
            "authorization_endpoint": f"{issuer.url}/authorize",
            "token_endpoint": f"{issuer.url}/token",
            "sends": "access_token",
        },
    }
    assert all(one == told[0] for one in told)
    assert issuer.configured == before + 1


@pytest.mark.parametrize("changes", [{"access": False}, {"oidc_client": ""}, {"oidc_issuer": "", "oidc_client": ""}])
def test_without_a_client_or_without_access_there_is_nowhere_to_sign_in(
    services: Services, issuer: LocalIssuer, built: Path, changes: dict[str, Any]
) -> None:
    with page_of(services, built, issuer.url, **changes) as page:
        assert page.get("/v1/sign-in").json()["issuer"] is None
        assert "connect-src" not in page.get("/sign-in").headers["content-security-policy"]


def test_only_the_sign_in_may_reach_the_issuer_and_nothing_else(
    services: Services, issuer: LocalIssuer, built: Path
) -> None:
    with page_of(services, built, issuer.url) as page:
        policies = {path: page.get(path).headers["content-security-policy"] for path in ("/sign-in", "/", "/loads")}
    plain = {policies["/"], policies["/loads"]}
    assert {policies["/sign-in"]} == {f"{one}; connect-src 'self' {issuer.url}" for one in plain}


def test_an_issuer_that_is_gone_leaves_the_page_and_its_keys(services: Services, built: Path) -> None:
    with page_of(services, built, "http://127.0.0.1:9") as page:
        replies = [page.get("/v1/sign-in") for _ in range(2)]
        shown = page.get("/sign-in")
    assert [(one.status_code, one.json()["code"]) for one in replies] == [(503, "issuer_unavailable")] * 2
    assert (shown.status_code, "connect-src" in shown.headers["content-security-policy"]) == (200, False)


@pytest.mark.parametrize(
    "address",
    [
        "http://issuer.example/token",
        "https://issuer.example; script-src */token",
        "https://'unsafe-inline'/token",
        "https://ann@issuer.example/token",
        "https://issuer.example:x/token",
        "https:///token",
        "javascript:1",
        "",
        7,
    ],
)
def test_a_token_is_fetched_from_nowhere_unsafe(
    services: Services, issuer: LocalIssuer, built: Path, address: Any
) -> None:
    issuer.wrong = {"token_endpoint": address}
    with page_of(services, built, issuer.url) as page:
        reply = page.get("/v1/sign-in")
    issuer.wrong = {}
    assert (reply.status_code, reply.json()["code"]) == (503, "issuer_unavailable")
    assert "token_endpoint" in reply.json()["detail"]


def test_a_client_needs_an_issuer_and_openid_among_what_it_asks_for() -> None:
    with pytest.raises(ConfigError, match="WHENCE_OIDC_ISSUER"):
        issuer_of(replace(Settings(), oidc_client=CLIENT))
    with pytest.raises(ConfigError, match="WHENCE_OIDC_SCOPE"):
        Settings.from_environment({"WHENCE_OIDC_SCOPE": "profile email"})
    assert Settings.from_environment({"WHENCE_OIDC_SCOPE": "openid  api"}).oidc_scope == "openid api"
