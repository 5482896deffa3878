"""Bearer tokens of an issuer: a real one, which serves its keys over HTTP on this machine."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.oidc import Issuer
from kg.bootstrap import Services
from kg.errors import ConfigError
from kg.settings import Settings
from tests.api.supply import BASE, served

AUDIENCE = "whence"


@dataclass
class LocalIssuer:
    """Keys by id, and how often they were asked for."""

    keys: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    asked: int = 0

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        def configuration() -> dict[str, str]:
            return {"issuer": self.url, "jwks_uri": f"{self.url}/jwks"}

        @app.get("/jwks")
        def jwks() -> dict[str, Any]:
            self.asked += 1
            return {"keys": [_public(key) | {"kid": kid, "use": "sig"} for kid, key in self.keys.items()]}

        return app

    def token(self, kid: str = "first", algorithm: str = "RS256", key: Any = None, **changes: Any) -> str:
        now = int(time.time())
        told = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "subject-1",
            "iat": now,
            "exp": now + 300,
            "realm": {"roles": ["analyst", "something-else"]},
            "whence_datasets": ["supplier-register"],
            "whence_ceiling": "internal",
        }
        told |= changes
        told = {name: value for name, value in told.items() if value is not None}
        return jwt.encode(told, key or self.keys[kid], algorithm, {"kid": kid})


def _public(key: Any) -> dict[str, Any]:
    kind = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    return dict(kind.to_jwk(key.public_key(), as_dict=True))


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
    public = json.dumps(_public(issuer.keys["first"])).encode()

    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    symmetric = f"{part({'alg': 'HS256', 'kid': 'first'})}.{payload}"
    mac = base64.urlsafe_b64encode(hmac.new(public, symmetric.encode(), hashlib.sha256).digest()).rstrip(b"=").decode()
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
        "own key within": f"{part({'alg': 'RS256', 'jwk': _public(other)})}.{payload}.{signature}",
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
