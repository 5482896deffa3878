"""How the page is served: careful headers, packed files, plain words where it is not built."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.page import VIEWS
from kg.bootstrap import Services
from tests.api.supply import BASE

HTML = b"<!doctype html><title>Whence</title>"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_bytes(HTML)
    (tmp_path / "assets" / "index-1.js").write_bytes(b"'use strict';")
    (tmp_path / "assets" / "index-1.js.gz").write_bytes(gzip.compress(b"'use strict';"))
    (tmp_path / "secret.js").write_bytes(b"no asset")
    (tmp_path / "assets" / "notes.txt").write_bytes(b"no asset")
    return tmp_path


@pytest.fixture
def visitor(services: Services, built: Path) -> Iterator[TestClient]:
    with TestClient(create_app(services, built=built), base_url=BASE) as made:
        yield made


@pytest.mark.parametrize("address", ["/", *(f"/{view}" for view in VIEWS), "/decisions/d-1", "/loads/run-1/x"])
def test_every_view_is_the_one_page(visitor: TestClient, address: str) -> None:
    reply = visitor.get(address)
    assert reply.status_code == 200
    assert reply.content == HTML
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    policy = reply.headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert reply.headers["cache-control"] == "no-cache"
    assert reply.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("address", ["/", "/decisions/d-1", "/assets/index-1.js"])
def test_whoever_asks_whether_it_is_there_is_told_so_without_it(visitor: TestClient, address: str) -> None:
    whole, head = visitor.get(address), visitor.head(address)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == whole.headers


def test_an_asset_is_packed_for_who_takes_it_so(visitor: TestClient) -> None:
    packed = visitor.get("/assets/index-1.js", headers={"Accept-Encoding": "gzip"})
    plain = visitor.get("/assets/index-1.js", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content == b"'use strict';"
    assert {one.headers["vary"] for one in (packed, plain)} == {"Accept-Encoding"}
    assert "immutable" in plain.headers["cache-control"]
    assert plain.headers["content-type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize(
    "name", ["no.js", "../secret.js", "..%2fsecret.js", "%2e%2e/index.html", "notes.txt", ".hidden.js", "a" * 101]
)
def test_nothing_but_assets_is_served(visitor: TestClient, name: str) -> None:
    reply = visitor.get(f"/assets/{name}")
    assert reply.status_code in (404, 422)
    assert reply.headers["content-type"] == "application/problem+json"


def test_addresses_of_no_view_are_not_found(visitor: TestClient) -> None:
    assert visitor.get("/nowhere").json()["code"] == "not_found"


def test_without_a_built_page_it_says_how_to_build_it(services: Services, tmp_path: Path) -> None:
    with TestClient(create_app(services, built=tmp_path / "nothing"), base_url=BASE) as visitor:
        reply = visitor.get("/")
    assert reply.status_code == 503
    assert "make page" in reply.text
    assert reply.headers["content-type"].startswith("text/plain")
