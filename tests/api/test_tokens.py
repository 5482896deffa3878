"""Bearer tokens of an issuer: a real one, which serves its keys over HTTP on this machine."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fastapi.testclient import TestClient

from api.app import create_app
from api.key_making import Grant, create
from api.oidc import Issuer, issuer_of
from api.remembered import ASKED_AGAIN_S, FRESH_S, KEPT_S, MOST_WAITING, Remembered
from api.serve import serve
from kg.answer.pipeline import answer
from kg.bootstrap import Services
from kg.decisions.review_file import review_content
from kg.decisions.reviews import put_in_use
from kg.domain.lineage import Classification
from kg.domain.question import Question
from kg.domain.review_rules import Reviewing
from kg.domain.scope import Scope
from kg.errors import ConfigError, IssuerUnavailable, Unauthenticated
from kg.settings import Settings
from tests.api.supply import BASE, GAP, served
from tests.issuer import AUDIENCE, CLIENT, LocalIssuer, public


@pytest.fixture(scope="module")
def issuer() -> Iterator[LocalIssuer]:
    made = LocalIssuer(
        {"first": rsa.generate_private_key(65537, 2048), "second": ec.generate_private_key(ec.SECP256R1())}
    )
    with served(made.app()) as url:
        made.url = url
        yield made


def asking(services: Services, issuer: LocalIssuer) -> TestClient:
    """A server of its own, which knows nothing of the issuer yet."""
    settings = replace(
        Settings(), access=True, oidc_issuer=issuer.url, oidc_audience=AUDIENCE, oidc_roles="realm.roles"
    )
    return TestClient(create_app(services, settings), base_url=BASE, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def client(services: Services, issuer: LocalIssuer) -> Iterator[TestClient]:
    with asking(services, issuer) as made:
        yield made


def me(client: TestClient, token: str) -> Any:
    return client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize(("kid", "algorithm"), [("first", "RS256"), ("first", "PS512"), ("second", "ES256")])
def test_a_token_says_who_calls_and_what_is_there_for_them(
    client: TestClient, issuer: LocalIssuer, kid: str, algorithm: str
) -> None:
    found = me(client, issuer.token(kid, algorithm)).json()
    assert (found["name"], found["roles"], found["may"]) == ("oidc:subject-1", ["analyst"], ["read", "ask"])
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
        ({"sub": " "}, "the token names no caller"),
        ({"sub": "x" * 96}, "the token names no caller"),
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
    now, before = [0.0], issuer.asked
    ours = Issuer(issuer.url, AUDIENCE, "realm.roles", seconds=lambda: now[0])
    assert ours.caller(issuer.token()).name == "oidc:subject-1"
    for _ in range(20):
        with pytest.raises(Unauthenticated, match="does not have"):
            ours.caller(issuer.token("new", key=issuer.keys["first"]))
    assert issuer.asked == before + 1
    issuer.keys["new"] = ec.generate_private_key(ec.SECP256R1())
    now[0] += ASKED_AGAIN_S
    assert ours.caller(issuer.token("new", "ES256")).name == "oidc:subject-1"
    assert issuer.asked == before + 2


# --- keys and tokens of one name ---


RULES = {"rules": [{"name": "gaps", "when": {"types": ["Supplier"]}, "stages": [{"role": "reviewer"}]}]}


def key_of(services: Services, name: str, *roles: str, lasts: timedelta = timedelta(days=1)) -> str:
    return create(Grant(name, roles, None, "confidential", lasts), services.keys, services.clock, "root")[1]


def token_of(issuer: LocalIssuer, name: str, *roles: str) -> str:
    claims: dict[str, Any] = {"realm": {"roles": roles}, "whence_datasets": "*", "whence_ceiling": "confidential"}
    return issuer.token(sub=name, **claims)


def asked(client: TestClient, token: str) -> str:
    reply = client.post("/v1/decisions", json={"question": GAP}, headers={"Authorization": f"Bearer {token}"})
    assert reply.status_code == 201, reply.text
    return str(reply.json()["decision_id"])


def approved(client: TestClient, token: str, decision: str) -> tuple[int, str]:
    headers, path = {"Authorization": f"Bearer {token}"}, f"/v1/reviews/{decision}"
    shown = client.get(path, headers=headers).json()["shown"]
    reply = client.post(path, headers=headers, json={"move": "approve", "shown": shown})
    return reply.status_code, reply.json().get("code", reply.json().get("by"))


@pytest.fixture
def reviewed(services: Services, client: TestClient) -> Iterator[None]:
    """Every answer about suppliers needs a reviewer."""
    put_in_use("default", review_content(RULES, "")[1], "m", "root", services.prompts)
    yield
    put_in_use("default", review_content({"rules": []}, "")[1], "m", "root", services.prompts)


@pytest.mark.usefixtures("reviewed")
def test_a_key_and_a_token_of_one_name_are_two_callers(
    services: Services, client: TestClient, issuer: LocalIssuer
) -> None:
    key, token = key_of(services, "kim", "reviewer"), token_of(issuer, "kim", "reviewer")
    with_token = asked(client, token)
    assert approved(client, token, with_token) == (403, "move_refused")
    assert approved(client, key, with_token) == (200, "kim")
    with_key = asked(client, key)
    assert approved(client, token, with_key) == (200, "oidc:kim")
    reader = key_of(services, "kim", "analyst")
    of_hers = client.get(f"/v1/decisions/{with_token}", headers={"Authorization": f"Bearer {reader}"})
    assert of_hers.status_code == 404


@pytest.mark.usefixtures("reviewed")
@pytest.mark.parametrize(("key", "status"), [(False, 403), (True, 200)])
def test_who_asked_with_a_token_before_names_were_told_apart_does_not_approve_it(
    services: Services,
    client: TestClient,
    issuer: LocalIssuer,
    key: bool,  # noqa: FBT001
    status: int,
) -> None:
    """Its record names the token's bearer as a key would: it was theirs, unless there was a key of that name."""
    name = f"lou {key}"
    if key:
        key_of(services, name, "analyst")
    rules = Reviewing(services.reviews.rules())
    scope = Scope(ceiling=Classification.INTERNAL)
    made = answer(Question(GAP, scope), services.store, services.decisions, services.clock, reviewing=rules, actor=name)
    assert approved(client, token_of(issuer, name, "reviewer"), made["decision_id"])[0] == status


# --- an issuer that is slow, or asked too often ---


@contextmanager
def slow(issuer: LocalIssuer) -> Iterator[threading.Event]:
    """The issuer keeps whoever asks for its keys waiting until the event."""
    issuer.answers, begun = threading.Event(), issuer.asked
    try:
        yield issuer.answers
    finally:
        issuer.answers.set()
        issuer.answers = None
        assert issuer.asked > begun


def test_a_slow_issuer_keeps_nobody_waiting_whose_key_is_known(issuer: LocalIssuer) -> None:
    now = [0.0]
    ours = Issuer(issuer.url, AUDIENCE, "realm.roles", seconds=lambda: now[0])
    ours.caller(issuer.token())
    now[0] += FRESH_S
    asked = issuer.asked
    with ThreadPoolExecutor(1) as pool, slow(issuer) as answers:
        forged = pool.submit(ours.caller, issuer.token("unheard-of", key=issuer.keys["first"]))
        while issuer.asked == asked:
            time.sleep(0.01)
        assert [ours.caller(issuer.token()).name for _ in range(5)] == ["oidc:subject-1"] * 5
        assert not forged.done()
        answers.set()
        with pytest.raises(Unauthenticated, match="does not have"):
            forged.result()


def test_what_is_known_is_good_for_a_while_when_the_issuer_is_gone() -> None:
    now, down = [0.0], [False]

    def asked() -> str:
        if down[0]:
            raise IssuerUnavailable("down")
        return "keys"

    told = Remembered(asked, lambda: now[0])
    assert told.get() == "keys"
    down[0] = True
    now[0] += FRESH_S
    assert told.get() == "keys"
    now[0] += KEPT_S
    with pytest.raises(IssuerUnavailable, match="down"):
        told.get()
    with pytest.raises(IssuerUnavailable, match="a moment ago"):
        told.get()


def test_few_wait_for_one_answer_and_the_others_are_told_to_come_again() -> None:
    answer, asked = threading.Event(), []

    def ask() -> str:
        asked.append(1)
        answer.wait(20)
        return "keys"

    told = Remembered(ask)
    with ThreadPoolExecutor(MOST_WAITING + 1) as pool:
        waiting = [pool.submit(told.get) for _ in range(MOST_WAITING + 1)]
        while told._waiting < MOST_WAITING:
            time.sleep(0.01)
        with pytest.raises(IssuerUnavailable, match="has not answered yet"):
            told.get()
        answer.set()
        assert ([one.result() for one in waiting], asked) == (["keys"] * (MOST_WAITING + 1), [1])


def test_an_address_that_sends_forged_tokens_is_told_to_wait_before_its_next_is_looked_at(
    services: Services, issuer: LocalIssuer
) -> None:
    settings = replace(Settings(), access=True, oidc_issuer=issuer.url, oidc_audience=AUDIENCE, unknown_rate=5)
    app = create_app(services, settings)
    with (
        TestClient(app, base_url=BASE, client=("192.0.2.1", 1)) as one,
        TestClient(app, base_url=BASE, client=("192.0.2.2", 1)) as other,
    ):
        before = issuer.asked
        found = [me(one, issuer.token(f"made-up-{number}", key=issuer.keys["first"])) for number in range(8)]
        assert [reply.status_code for reply in found] == [401] * 5 + [429] * 3
        assert (found[-1].json()["code"], int(found[-1].headers["Retry-After"])) == ("rate_limited", 12)
        assert issuer.asked == before + 1
        assert me(one, issuer.token()).status_code == 429
        assert (me(other, issuer.token()).status_code, one.get("/healthz").status_code) == (403, 200)


def test_callers_who_are_known_are_not_counted_with_those_who_are_not(services: Services, issuer: LocalIssuer) -> None:
    settings = replace(Settings(), access=True, oidc_issuer=issuer.url, oidc_audience=AUDIENCE, unknown_rate=2)
    with TestClient(create_app(services, settings), base_url=BASE) as made:
        assert {me(made, issuer.token()).status_code for _ in range(6)} == {403}


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [("2001:db8::1", "2001:db8::2", True), ("2001:db8:0:1::1", "2001:db8:0:2::1", False), ("::1", "127.0.0.1", False)],
)
def test_one_network_of_ipv6_is_one_address(
    services: Services,
    issuer: LocalIssuer,
    first: str,
    second: str,
    same: bool,  # noqa: FBT001
) -> None:
    app = create_app(services, replace(Settings(), access=True, unknown_rate=1))
    with (
        TestClient(app, base_url=BASE, client=(first, 1)) as one,
        TestClient(app, base_url=BASE, client=(second, 1)) as other,
    ):
        assert [me(client, "none").status_code for client in (one, other)] == [401, 429 if same else 401]


@pytest.mark.parametrize("said", ["*", "proxy.example", "10.0.0.1/8"])
def test_only_addresses_and_networks_are_taken_for_proxies(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHENCE_PROXIES", said)
    with pytest.raises(ConfigError, match="WHENCE_PROXIES"):
        serve(replace(Settings(), store="sqlite::memory:"), port=0)


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
            "end_session_endpoint": f"{issuer.url}/logout",
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


@pytest.mark.parametrize("address", ["http://elsewhere.example/jwks", "javascript:1", "", 7])
def test_keys_are_fetched_from_nowhere_unsafe(services: Services, issuer: LocalIssuer, address: Any) -> None:
    issuer.wrong = {"jwks_uri": address}
    with asking(services, issuer) as made:
        reply = me(made, issuer.token())
    issuer.wrong = {}
    assert (reply.status_code, reply.json()["code"]) == (503, "issuer_unavailable")


@pytest.mark.parametrize(
    "key", [7, {"kty": "RSA", "kid": ["x"]}, {"kty": "RSA", "kid": {}, "n": 1, "e": 1}, {"kty": "EC"}]
)
def test_a_key_of_the_issuer_that_is_none_does_not_refuse_those_that_are(
    services: Services, issuer: LocalIssuer, key: Any
) -> None:
    issuer.wrong = {"keys": [key]}
    with asking(services, issuer) as made:
        reply = me(made, issuer.token())
    issuer.wrong = {}
    assert reply.status_code == 200, reply.text


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("token_endpoint", "http://issuer.example/token"),
        ("token_endpoint", "https://issuer.example; script-src */token"),
        ("token_endpoint", "https://'unsafe-inline'/token"),
        ("token_endpoint", "https://ann@issuer.example/token"),
        ("token_endpoint", "https://issuer.example:x/token"),
        ("token_endpoint", "https:///token"),
        ("token_endpoint", "javascript:1"),
        ("token_endpoint", ""),
        ("token_endpoint", 7),
        ("end_session_endpoint", "http://elsewhere.example/logout"),
        ("end_session_endpoint", "javascript:1"),
        ("end_session_endpoint", ""),
    ],
)
def test_nobody_is_sent_and_no_token_is_fetched_from_anywhere_unsafe(
    services: Services, issuer: LocalIssuer, built: Path, name: str, address: Any
) -> None:
    issuer.wrong = {name: address}
    with page_of(services, built, issuer.url) as page:
        reply = page.get("/v1/sign-in")
    issuer.wrong = {}
    assert (reply.status_code, reply.json()["code"]) == (503, "issuer_unavailable")
    assert name in reply.json()["detail"]


def test_an_issuer_need_not_end_sessions(services: Services, issuer: LocalIssuer, built: Path) -> None:
    issuer.ends_sessions = False
    with page_of(services, built, issuer.url) as page:
        told = page.get("/v1/sign-in").json()["issuer"]
    issuer.ends_sessions = True
    assert told["end_session_endpoint"] is None


def test_a_client_needs_an_issuer_and_openid_among_what_it_asks_for() -> None:
    with pytest.raises(ConfigError, match="WHENCE_OIDC_ISSUER"):
        issuer_of(replace(Settings(), oidc_client=CLIENT))
    with pytest.raises(ConfigError, match="WHENCE_OIDC_SCOPE"):
        Settings.from_environment({"WHENCE_OIDC_SCOPE": "profile email"})
    assert Settings.from_environment({"WHENCE_OIDC_SCOPE": "openid  api"}).oidc_scope == "openid api"
