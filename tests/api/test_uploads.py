"""Files sent in over HTTP: a check changes nothing, a load does what the command line would, nothing else is read."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from kg.bootstrap import open_services
from kg.settings import Settings
from tests.api.supply import BASE

ONTOLOGY = """
ontology: shops
version: "1"
title: Shops
keys:
  shop:
    spellings: [{pattern: '(S-\\d+)', write: '\\1'}]
types:
  Shop: {key: shop, nouns: [shop]}
predicates:
  town: {subject: Shop, value: text, phrases: [in the town of]}
"""
DATASET = """
dataset: shops
version: "1"
title: The shops
publisher: Town hall
licence: CC0-1.0
classification: internal
ontology: shops
format: csv
files: [data/shops.csv]
expect: {rejected: 0.5}
map:
  - entity: {type: Shop, key: id, name: name}
    facts: [{predicate: town, value: town}]
"""
ROWS = "id,name,town\nS-1,Corner Shop,Tarn\nS-2,Mill Shop,Tarn\nX,Odd one,Tarn\n"


def body(changed: dict[str, str] | None = None, *, check: bool = False) -> dict[str, Any]:
    texts = {"shops.yml": DATASET, "ontology.yml": ONTOLOGY, "data/shops.csv": ROWS} | (changed or {})
    files = [{"name": name, "text": text} for name, text in texts.items()]
    return {"files": files, "load": ["shops.yml", "ontology.yml"], "check": check}


@pytest.fixture
def loading(tmp_path: Path) -> Iterator[TestClient]:
    services = open_services(Settings(store=f"sqlite:{tmp_path / 'shops.db'}"))
    with TestClient(create_app(services), base_url=BASE) as made:
        yield made
    services.store.close()


def test_a_check_tells_and_changes_nothing(loading: TestClient) -> None:
    reply = loading.post("/v1/loads", json=body(check=True))
    assert reply.status_code == 200
    checked = reply.json()["checked"][0]
    assert (checked["records"], checked["rejected"], checked["problem"]) == (3, 1, "")
    assert checked["entities"] == {"Shop": 2}
    assert checked["rejections"][0]["record"]["name"] == "Odd one"
    assert {"subject": "shop:S-1", "predicate": "town", "object": "Tarn", "locator": "line 2#town"} in checked["sample"]
    assert loading.get("/v1/runs").json()["runs"] == []


def test_a_load_is_a_run_and_the_same_again_is_none(loading: TestClient) -> None:
    reply = loading.post("/v1/loads", json=body())
    assert reply.status_code == 201
    (run,) = reply.json()["runs"]
    assert (run["state"], run["records"], run["rejected"]) == ("complete", 3, 1)
    assert loading.get("/v1/entities", params={"q": "corner"}).json()["entities"][0]["id"] == "shop:S-1"
    assert loading.post("/v1/loads", json=body()).json()["runs"][0]["state"] == "unchanged"


def test_bytes_are_taken_as_base64(loading: TestClient) -> None:
    sent = body()
    sent["files"][2] = {"name": "data/shops.csv", "base64": base64.b64encode(ROWS.encode()).decode()}
    assert loading.post("/v1/loads", json=sent).json()["runs"][0]["records"] == 3


@pytest.mark.parametrize(
    "name", ["../shops.csv", "/etc/x.csv", "data/../../x", "a\\b.csv", ".hidden", "data/.git/x", "a\nb", "n" * 201]
)
def test_a_name_that_leads_elsewhere_is_refused(loading: TestClient, name: str) -> None:
    reply = loading.post("/v1/loads", json=body({name: "x"}))
    assert (reply.status_code, reply.json()["code"]) == (422, "invalid_input")


@pytest.mark.parametrize("files", ["/etc/hostname", "../../../../etc/hostname", "~/x.csv"])
def test_a_dataset_file_reads_nothing_but_what_was_sent(loading: TestClient, files: str) -> None:
    reply = loading.post("/v1/loads", json=body({"shops.yml": DATASET.replace("data/shops.csv", files)}))
    assert (reply.status_code, reply.json()["code"]) == (422, "source_unreadable")
    assert "whence-upload-" not in reply.text


def test_a_database_is_not_read_for_who_sends_a_file(loading: TestClient) -> None:
    spec = DATASET.replace("format: csv", 'format: sql\noptions: {url: "sqlite:///etc/x.db"}')
    reply = loading.post("/v1/loads", json=body({"shops.yml": spec}))
    assert (reply.status_code, reply.json()["code"]) == (422, "mapping_invalid")
    assert "whence load" in reply.json()["detail"]


def test_errors_name_files_as_they_were_sent(loading: TestClient) -> None:
    reply = loading.post(
        "/v1/loads", json=body({"shops.yml": DATASET.replace("ontology: shops", "ontology: elsewhere")})
    )
    assert reply.status_code == 422
    assert reply.json()["detail"].startswith("shops.yml: ")


@pytest.mark.parametrize(
    "sent",
    [
        {"files": [{"name": "a.yml", "text": "x", "base64": "eA=="}], "load": ["a.yml"]},
        {"files": [{"name": "a.yml"}], "load": ["a.yml"]},
        {"files": [{"name": "a.yml", "base64": "*"}], "load": ["a.yml"]},
        {"files": [{"name": "a.yml", "text": "x"}, {"name": "a.yml", "text": "y"}], "load": ["a.yml"]},
        {"files": [{"name": "a.yml", "text": "x"}], "load": ["b.yml"]},
        {"files": [], "load": []},
    ],
)
def test_what_cannot_be_understood_is_refused(loading: TestClient, sent: dict[str, Any]) -> None:
    assert loading.post("/v1/loads", json=sent).status_code == 422
