"""Every way in which a server of models misbehaves, over real HTTP on loopback: one kind of error, in time."""

from __future__ import annotations

import http.server
import json
import logging
import shutil
import socket
import ssl
import subprocess
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from typing import Literal as OneOf

import pytest
from fastapi import FastAPI
from fastapi import Request as HttpRequest
from fastapi.responses import Response

from api.demo_model import create_demo_model
from kg.backends.openai.model import OpenAIModel
from kg.bootstrap import open_services
from kg.domain.completion import ModelSpec, Price, Request
from kg.errors import (
    BudgetSpent,
    ModelError,
    ModelMalformed,
    ModelRefused,
    ModelRejected,
    ModelTimeout,
    ModelUnavailable,
)
from kg.settings import Settings
from tests.model_server import raw_server, serving

KEY = "sk-planted-4242424242"
SCHEMA: dict[str, Any] = {
    "title": "answer",
    "type": "object",
    "additionalProperties": False,
    "required": ["claims"],
    "properties": {
        "claims": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["text", "evidence"],
                "properties": {
                    "text": {"type": "string"},
                    "evidence": {"type": "array", "items": {"type": "string"}},
                },
            },
        }
    },
}
USER = "Question: Who supplies oil?\n\nE1: Ada supplies 12 barrels of oil.\nE2: Bob supplies oil.\n"
CLAIMS = [
    {"text": "Ada supplies 12 barrels of oil.", "evidence": ["E1"]},
    {"text": "Bob supplies oil.", "evidence": ["E2"]},
]
REQUEST = Request("Claim what the evidence says.", USER, SCHEMA, {"temperature": 0, "max_tokens": 500}, "answer")
Api = OneOf["chat", "responses"]
APIS: list[Api] = ["chat", "responses"]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving(create_demo_model(delay_s=0.05)) as address:
        yield address


def model(server: str, name: str = "scripted", api: Api = "chat", **changes: Any) -> OpenAIModel:
    values: dict[str, Any] = {"retries": 0, "deadline_s": 10.0} | changes
    return OpenAIModel(ModelSpec("house", name, server, api=api, scripted=True, **values), KEY)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("structured", ["schema", "object", "none"])
def test_a_whole_reply_comes_with_its_tokens_and_cost(server: str, api: Api, structured: Any) -> None:
    asked = model(server, api=api, structured=structured, price=Price(input=1.0, output=10.0))
    reply = asked.complete(REQUEST)
    assert reply.content == {"claims": CLAIMS}
    assert (reply.model, reply.finish, reply.calls) == ("scripted", "stop", 1)
    assert reply.id.startswith("scripted-")
    assert reply.tokens.input is not None
    assert reply.tokens.output is not None
    assert reply.cost == pytest.approx((reply.tokens.input + 10 * reply.tokens.output) / 1_000_000)
    assert reply.ms > 0


FAULTS: list[tuple[str, type[ModelError], str]] = [
    ("e500", ModelUnavailable, "takes no requests now (500)"),
    ("e429", ModelUnavailable, "takes no requests now (429)"),
    ("e400", ModelRejected, "rejects the request (400): scripted to fail with 400"),
    ("e401", ModelRejected, "does not take the key in OPENAI_API_KEY (401)"),
    ("redirect", ModelRejected, "sends to another address"),
    ("refuse", ModelRefused, "refused to answer"),
    ("filter", ModelRefused, "refused to answer"),
    ("length", ModelMalformed, "was cut off at its longest"),
    ("badjson", ModelMalformed, "is no JSON object"),
    ("wrongschema", ModelMalformed, "does not fit the schema: $"),
    ("html", ModelMalformed, "is its base_url right?"),
    ("empty", ModelMalformed, "is its base_url right?"),
    ("nochoices", ModelMalformed, ""),
    ("cut", ModelMalformed, "was cut off"),
    ("huge", ModelMalformed, "longer than a reply may be"),
]


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(("fault", "error", "words"), FAULTS, ids=[fault for fault, *_ in FAULTS])
def test_a_misbehaving_server_is_one_kind_of_error(
    server: str, api: Api, fault: str, error: type[ModelError], words: str
) -> None:
    with pytest.raises(error) as told:
        model(server, f"scripted-{fault}", api).complete(REQUEST)
    assert type(told.value) is error
    assert words in str(told.value)


@pytest.mark.parametrize("fault", ["hang", "drip"])
@pytest.mark.parametrize("api", APIS)
def test_what_hangs_or_drips_ends_at_the_deadline(server: str, api: Api, fault: str) -> None:
    began = time.monotonic()
    with pytest.raises(ModelTimeout, match=r"within 0\.6 s"):
        model(server, f"scripted-{fault}", api, deadline_s=0.6, retries=3).complete(REQUEST)
    assert 0.5 < time.monotonic() - began < 2.0


def drip_headers(near: socket.socket) -> None:
    near.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    for _ in range(600):
        time.sleep(0.05)
        near.sendall(b"x")


def test_headers_that_drip_end_at_the_deadline() -> None:
    began = time.monotonic()
    with raw_server(drip_headers) as address, pytest.raises(ModelTimeout):
        model(address, deadline_s=0.6).complete(REQUEST)
    assert time.monotonic() - began < 2.0


def test_a_slow_reply_within_the_deadline_is_a_reply(server: str) -> None:
    assert model(server, "scripted-slow").complete(REQUEST).content == {"claims": CLAIMS}


def test_a_server_that_fails_twice_and_is_asked_a_third_time_answers(server: str) -> None:
    reply = model(server, "scripted-e500x2", retries=2).complete(REQUEST)
    assert (reply.content, reply.calls) == ({"claims": CLAIMS}, 3)


def test_the_wait_that_a_server_asks_for_is_waited(server: str) -> None:
    began = time.monotonic()
    with pytest.raises(ModelUnavailable, match="429"):
        model(server, "scripted-e429", retries=1).complete(REQUEST)
    assert 0.9 < time.monotonic() - began < 2.5


def test_a_wait_beyond_the_deadline_is_not_begun(server: str) -> None:
    began = time.monotonic()
    with pytest.raises(ModelUnavailable, match="429"):
        model(server, "scripted-e429", retries=5, deadline_s=0.8).complete(REQUEST)
    assert time.monotonic() - began < 0.7


@pytest.mark.parametrize(("fault", "calls", "left"), [("noschema", 2, "object"), ("nojson", 3, "none")])
def test_a_server_without_schemas_is_asked_in_a_weaker_way_and_that_is_remembered(
    server: str, fault: str, calls: int, left: str
) -> None:
    asked = model(server, f"scripted-{fault}")
    first, second = asked.complete(REQUEST), asked.complete(REQUEST)
    assert (first.content, first.calls, second.calls) == ({"claims": CLAIMS}, calls, 1)
    assert asked.dialect.structured == left


def test_a_rejected_request_is_not_taken_for_a_server_without_schemas(server: str) -> None:
    asked = model(server, "scripted-e400")
    with pytest.raises(ModelRejected):
        asked.complete(REQUEST)
    assert asked.dialect.structured == "schema"


def test_a_model_that_does_not_exist_is_named_with_the_server(server: str) -> None:
    with pytest.raises(ModelRejected, match="has no model 'gpt-none' for chat: The model `gpt-none` does not exist"):
        model(server, "gpt-none").complete(REQUEST)


def test_a_server_that_wants_a_key_where_none_is_set_says_which_variable(server: str) -> None:
    with pytest.raises(ModelRejected, match=r"wants a key: set OPENAI_API_KEY \(401\)"):
        OpenAIModel(ModelSpec("house", "scripted-e401", server)).complete(REQUEST)


@pytest.mark.parametrize(
    ("said", "words"),
    [("999", "429"), ("Wed, 21 Oct 2065 07:28:00 GMT", "429"), ("soon", "429"), ("nan", "429"), ("-5", "429")],
)
def test_whatever_a_server_asks_to_wait_the_deadline_holds(said: str, words: str) -> None:
    def busy(near: socket.socket) -> None:
        near.sendall(f"HTTP/1.1 429 Busy\r\nRetry-After: {said}\r\nContent-Length: 0\r\n\r\n".encode())

    began = time.monotonic()
    with raw_server(busy) as address, pytest.raises(ModelUnavailable, match=words):
        model(address, retries=2, deadline_s=3.0).complete(REQUEST)
    assert time.monotonic() - began < 3.0


def test_a_server_that_is_not_there_is_unavailable_at_once() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
    with pytest.raises(ModelUnavailable, match="cannot be reached at 'http://127"):
        model(address).complete(REQUEST)


def test_plain_http_where_tls_is_spoken_is_unavailable(server: str) -> None:
    with pytest.raises(ModelUnavailable, match="no secure connection"):
        model(server.replace("http:", "https:")).complete(REQUEST)


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server with a certificate that it made for itself."""
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    made = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    made += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(made, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")

    def greet(near: socket.socket) -> None:
        context.wrap_socket(near, server_side=True).recv(1)

    with raw_server(greet, reads_first=False) as address:
        yield address.replace("http:", "https:")


def test_a_certificate_that_nobody_vouches_for_is_unavailable(secured: str) -> None:
    with pytest.raises(ModelUnavailable, match=r"no secure connection: .*self-signed certificate"):
        model(secured).complete(REQUEST)


def test_a_budget_of_a_day_that_is_spent_in_the_middle_of_an_answer_stops_it(server: str, tmp_path: Path) -> None:
    file = tmp_path / "models.yml"
    entry = {"name": "house", "model": "scripted", "base_url": server, "limits": {"day": {"tokens": 700}}}
    file.write_text(json.dumps({"models": [entry]}), "utf-8")
    opened = open_services(Settings.from_environment({"WHENCE_STORE": "sqlite::memory:", "WHENCE_MODELS": str(file)}))
    asked = opened.model
    assert asked is not None
    asked.complete(replace(REQUEST, purpose="plan"))
    with pytest.raises(BudgetSpent, match="are left of the day"):
        asked.complete(REQUEST)
    opened.store.close()


def answer_once(body: bytes) -> FastAPI:
    """A server whose every reply is this JSON."""
    app = FastAPI()

    @app.post("/v1/chat/completions")
    @app.post("/v1/responses")
    def _reply() -> Response:
        return Response(body, media_type="application/json")

    return app


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    "body",
    [
        b"null",
        b"[]",
        b"5",
        b"{}",
        b'{"choices": null}',
        b'{"choices": [null], "object": "response", "output": null}',
        b'{"choices": [{"message": {"content": 7}, "finish_reason": "stop"}]}',
        b'{"choices": [{"message": {"content": [1]}, "finish_reason": ["stop"]}]}',
        b'{"choices": [{"message": {"content": "NaN"}, "finish_reason": "stop"}]}',
        b'{"choices": [{"message": {"content": "[]"}, "finish_reason": "stop"}]}',
        b'{"choices": [{"message": {"content": ""}, "finish_reason": "stop"}]}',
        b'{"object": "response", "status": "completed", "output": [{"content": [{"text": 5}]}]}',
        b"\xff\xfe",
        b"[" * 50_000,
    ],
    ids=range(14),
)
def test_json_of_any_other_form_is_malformed(api: Api, body: bytes) -> None:
    with serving(answer_once(body)) as address, pytest.raises(ModelMalformed):
        model(address, api=api).complete(REQUEST)


def test_a_reply_that_is_not_streamed_is_read_as_well() -> None:
    body = b'{"choices": [{"message": {"content": "{\\"claims\\": []}"}, "finish_reason": "stop"}], "model": "m-2"}'
    with serving(answer_once(body)) as address:
        reply = model(address).complete(REQUEST)
    assert (reply.content, reply.model, reply.tokens.input) == ({"claims": []}, "m-2", None)


@pytest.mark.parametrize(("api", "key"), [("chat", "max_tokens"), ("responses", "max_output_tokens")])
def test_a_model_that_thinks_first_may_say_so_much_more(api: Api, key: str) -> None:
    bodies: list[dict[str, Any]] = []
    app = FastAPI()

    @app.post("/v1/chat/completions")
    @app.post("/v1/responses")
    async def _kept(request: HttpRequest) -> Response:
        bodies.append(json.loads(await request.body()))
        return Response(b"{}", media_type="application/json")

    with serving(app) as address:
        for more in (0, 4_000):
            with pytest.raises(ModelMalformed):
                model(address, api=api, thinking_tokens=more).complete(REQUEST)
    assert [body[key] for body in bodies] == [500, 4_500]


@pytest.mark.parametrize("kept", ["", "Let me think. "], ids=["fenced", "with words around"])
def test_where_no_form_is_held_the_object_in_the_text_is_found(kept: str) -> None:
    text = f'<think>maybe {{"claims": 1}}</think>{kept}```json\\n{{\\"claims\\": []}}\\n``` That is all.'
    text = text.replace('"claims": 1', '\\"claims\\": 1')
    body = f'{{"choices": [{{"message": {{"content": "{text}"}}, "finish_reason": "stop"}}]}}'
    with serving(answer_once(body.encode())) as address:
        assert model(address, structured="none").complete(REQUEST).content == {"claims": []}


def test_a_redirect_takes_neither_key_nor_evidence_elsewhere() -> None:
    seen: list[str] = []

    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(str(self.headers))

        def log_message(self, *_: object) -> None:
            pass

    elsewhere = http.server.HTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=elsewhere.serve_forever, daemon=True).start()

    def redirect(near: socket.socket) -> None:
        target = f"http://127.0.0.1:{elsewhere.server_port}/v1/chat/completions"
        near.sendall(f"HTTP/1.1 307 Moved\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())

    try:
        with raw_server(redirect) as address, pytest.raises(ModelRejected, match="another address"):
            model(address).complete(REQUEST)
    finally:
        elsewhere.shutdown()
        elsewhere.server_close()
    assert seen == []


def test_a_proxy_of_the_environment_is_gone_through_within_the_same_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server(drip_headers) as address:
        monkeypatch.setenv("http_proxy", address.removesuffix("/v1"))
        with pytest.raises(ModelTimeout):
            model("http://model.invalid/v1", deadline_s=0.6).complete(REQUEST)


def test_a_server_on_this_machine_is_not_asked_through_a_proxy(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:1")
    assert model(server).complete(REQUEST).content == {"claims": CLAIMS}


def test_halves_of_characters_are_sent_as_a_mark(server: str) -> None:
    reply = model(server).complete(replace(REQUEST, user="Question: ?\nE1: Half \ud800 of one.\n"))
    assert reply.content["claims"] == [{"text": "Half ? of one.", "evidence": ["E1"]}]


def test_a_packed_reply_does_not_unpack_without_end() -> None:
    import gzip

    packed = gzip.compress(b"data: " + b"x" * 60_000_000)
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}"
    )

    def bomb(near: socket.socket) -> None:
        near.sendall(head.encode() + b"\r\n\r\n" + packed)

    with raw_server(bomb) as address, pytest.raises(ModelMalformed, match="packed"):
        model(address).complete(REQUEST)


# --- the key -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["e401", "e400", "e500", "html", "cut", "drip", "refuse", "wrongschema", "redirect"])
def test_the_key_is_in_no_error_traceback_log_or_repr(
    server: str, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    caplog.set_level(logging.DEBUG)
    asked = model(server, f"scripted-{fault}", deadline_s=1.0)
    with pytest.raises(ModelError) as told:
        asked.complete(REQUEST)
    shown = "".join(traceback.format_exception(told.value, chain=True)) + repr(told.value) + repr(asked)
    assert KEY not in shown + repr(asked.spec)
    assert told.value.__cause__ is None
    assert told.value.__context__ is None
    assert KEY not in caplog.text
    assert "Ada supplies" not in str(told.value)


def test_a_reply_that_repeats_the_key_is_kept_without_it() -> None:
    text = f'{{\\"claims\\": [{{\\"text\\": \\"{KEY}\\", \\"evidence\\": []}}]}}'
    choice = f'{{"message": {{"content": "{text}"}}, "finish_reason": "stop"}}'
    body = f'{{"id": "{KEY}", "model": "{KEY}", "choices": [{choice}]}}'
    with serving(answer_once(body.encode())) as address:
        reply = model(address).complete(REQUEST)
    assert KEY not in repr(reply)
    assert reply.content["claims"][0]["text"] == "[key]"


def test_words_of_a_server_that_repeat_the_request_are_not_told() -> None:
    def echo(near: socket.socket) -> None:
        body = b'{"error": {"message": "bad input: E1: Ada supplies 12 barrels of oil."}}'
        near.sendall(
            b"HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        )

    with raw_server(echo) as address, pytest.raises(ModelRejected, match="it does not say why"):
        model(address).complete(REQUEST)


def test_the_models_of_a_server_are_listed(server: str) -> None:
    assert model(server).served() == ("scripted",)


def test_one_client_serves_many_threads_at_one_time(server: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    asked = model(server)
    requests = [replace(REQUEST, user=f"Question: {i}?\nE1: Number {i} is here.\n") for i in range(40)]
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(asked.complete, requests))
    assert [reply.content["claims"][0]["text"] for reply in replies] == [f"Number {i} is here." for i in range(40)]
