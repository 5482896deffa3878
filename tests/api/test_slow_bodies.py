"""Bad requests 53 and 54 of docs/bad-inputs.md, and bodies above the cap, over real sockets."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.strict import MAX_BODY, BodyCap
from kg.bootstrap import Services
from tests.api.supply import served

CALLERS = 100
SECONDS = 1.5


@pytest.fixture
def url(services: Services) -> Iterator[str]:
    """The application with less patience than it has, to keep the test short."""
    app = create_app(services, hosts=("127.0.0.1",))
    app.add_middleware(BodyCap, most=MAX_BODY, seconds=SECONDS)
    with served(app) as address:
        yield address


@pytest.mark.parametrize("path", ["/v1/decisions", "/v1/lineage", "/v1/lineage/batch"])
def test_bodies_that_never_end_are_refused_and_keep_nobody_waiting(url: str, path: str) -> None:
    """54: each sends the beginning of a body, announced or in pieces, and then nothing."""
    place = urlsplit(url)
    length = ["Content-Length: 900000", "Transfer-Encoding: chunked"]
    start = '{"question": "' if path == "/v1/decisions" else "[" * 14
    with contextlib.ExitStack() as held:
        slow = []
        for number in range(CALLERS):
            caller = held.enter_context(socket.create_connection((place.hostname or "", place.port or 0)))
            head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{length[number % 2]}"
            body = start if number % 2 == 0 else f"e\r\n{start}\r\n"
            caller.sendall(f"{head}\r\n\r\n{body}".encode())
            slow.append(caller)
        began = time.monotonic()
        assert httpx2.get(f"{url}/v1/entities", params={"q": "Kestrel Oils"}, timeout=20).status_code == 200
        assert time.monotonic() - began < 10
        for caller in slow:
            caller.settimeout(30)
            said = caller.makefile("rb").read()
            assert said.startswith(b"HTTP/1.1 408 ")
            assert b"body_too_slow" in said
            assert b"connection: close" in said.lower()


@pytest.mark.parametrize(
    "reference",
    ["..%2F..%2Fetc%2Fpasswd", "x" * 10_000, "%00", "a%1b%5b2Jb", "%ff%fe"],
    ids=["up", "long", "zero", "control", "no UTF-8"],
)
@pytest.mark.parametrize("path", ["/v1/lineage/", "/v1/runs/", "/v1/facts/", "/v1/sources/"])
def test_a_reference_out_of_bounds_names_nothing(client: TestClient, path: str, reference: str) -> None:
    """53."""
    reply = client.get(f"{path}{reference}")
    assert reply.status_code in {404, 422}
    assert reply.headers["content-type"] == "application/problem+json"
    assert "root:" not in reply.text


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "in pieces"])
@pytest.mark.parametrize("path", ["/v1/loads", "/v1/lineage/batch", "/v1/decisions"])
def test_a_body_above_the_cap_is_refused_before_it_is_read_whole(url: str, path: str, announced: bool) -> None:  # noqa: FBT001
    """Announced, nothing of it is read; in pieces, no more than the cap. The end of it is never sent."""
    place = urlsplit(url)
    length = f"Content-Length: {MAX_BODY + 1}" if announced else "Transfer-Encoding: chunked"
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=30) as caller:
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{length}\r\n\r\n"
        caller.sendall(head.encode())
        if not announced:
            caller.sendall(f"{MAX_BODY + 1:x}\r\n".encode() + b" " * (MAX_BODY + 1) + b"\r\n")
        said = caller.makefile("rb").read()
    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"body_too_large" in said
    assert b"1,000,000 bytes" in said
    assert b"connection: close" in said.lower()
