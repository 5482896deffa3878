"""Liveness asks nothing; readiness names what fails; the server listens to this machine only."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.serve import refuse_remote, serve
from kg.bootstrap import Services
from kg.domain.scope import Scope
from kg.errors import ConfigError, KgError, StoreTimeout, StoreUnavailable
from kg.ports.store import GraphView
from kg.settings import Settings
from tests.api.supply import BASE


class BrokenStore:
    """A store that raises, or says nothing until it is let go."""

    def __init__(self, error: KgError | None) -> None:
        self._error = error
        self.let_go = threading.Event()

    def _fail(self) -> None:
        if self._error is None:
            self.let_go.wait(20)
            return
        raise self._error

    def check(self) -> None:
        self._fail()

    def view(self, scope: Scope) -> GraphView:
        self._fail()
        raise AssertionError(scope)


def broken(services: Services, error: KgError | None) -> tuple[TestClient, BrokenStore]:
    store: Any = BrokenStore(error)
    return TestClient(create_app(replace(services, store=store)), base_url=BASE), store


@pytest.fixture
def silent(services: Services) -> Iterator[TestClient]:
    client, store = broken(services, None)
    yield client
    store.let_go.set()


def test_a_working_service_is_alive_and_ready(client: TestClient) -> None:
    assert client.get("/healthz").json()["status"] == "ok"
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["dependencies"]["store"]["ready"] is True


def test_a_store_that_is_down_is_named(services: Services) -> None:
    client, _ = broken(services, StoreUnavailable("no server at that address"))
    reply = client.get("/readyz")
    assert reply.status_code == 503
    assert reply.headers["retry-after"]
    assert reply.json()["dependencies"] == {"store": {"ready": False, "reason": "no server at that address"}}
    assert client.get("/healthz").status_code == 200


def test_a_silent_store_costs_two_seconds_and_no_more(silent: TestClient) -> None:
    began = time.perf_counter()
    reply = silent.get("/readyz")
    assert reply.status_code == 503
    assert 1.5 < time.perf_counter() - began < 6
    assert "no answer" in reply.json()["detail"]
    assert silent.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("error", "status"), [(StoreUnavailable("down"), 503), (StoreTimeout("slow"), 504)], ids=["down", "slow"]
)
def test_asking_a_broken_store_says_so(services: Services, error: KgError, status: int) -> None:
    client, _ = broken(services, error)
    for reply in (client.get("/v1/entities?q=a"), client.post("/v1/decisions", json={"question": "x"})):
        assert reply.status_code == status
        assert reply.headers["retry-after"]
        assert reply.json()["code"] == error.code


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_an_address_of_this_machine_is_served(host: str) -> None:
    refuse_remote(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "whence.example", ""])  # noqa: S104
@pytest.mark.parametrize("allowed", ["", "1"])
def test_an_address_others_reach_is_not_served_without_access_control(
    host: str, allowed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the environment says: an earlier Whence could be told that others are kept out."""
    monkeypatch.setenv("WHENCE_ALLOW_REMOTE", allowed)
    with pytest.raises(ConfigError, match="WHENCE_ACCESS=on"):
        serve(replace(Settings(), store="sqlite::memory:"), host, 0)
