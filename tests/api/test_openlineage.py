"""Events of others come in over HTTP, as the OpenLineage client of Python sends them, and are walked at once."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from fastapi.testclient import TestClient
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import column_lineage_dataset, schema_dataset
from openlineage.client.transport.http import HttpCompression, HttpConfig, HttpTransport
from typer.testing import CliRunner

from api.app import create_app
from api.cli import app
from kg.bootstrap import Services
from tests.api.supply import BASE, SUPPLY, loaded_supply, served
from tests.builders import openlineage

RUN = "0195d3a0-1111-7111-8111-000000000001"


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The fictional supply data in a store that these tests may add to."""
    with loaded_supply(tmp_path_factory.mktemp("lineage")) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(services: Services) -> Iterator[TestClient]:
    with TestClient(create_app(services), base_url=BASE, raise_server_exceptions=False) as made:
        yield made


@pytest.fixture(scope="module")
def url(services: Services) -> Iterator[str]:
    with served(create_app(services)) as address:
        yield address


def suppliers_file() -> str:
    return (SUPPLY / "data" / "suppliers-2026-03.csv").resolve().as_posix()


@pytest.mark.parametrize("compression", [None, HttpCompression.GZIP])
def test_the_openlineage_client_is_pointed_at_whence(url: str, compression: HttpCompression | None) -> None:
    config = HttpConfig(url=url, endpoint="v1/lineage", compression=compression, retry={"total": 0})
    name = f"export_{compression}"
    lineage = column_lineage_dataset.Fields(
        inputFields=[
            column_lineage_dataset.InputField(namespace="postgres://erp:5432", name="erp.supplier", field="no")
        ]
    )
    facets = {
        "schema": schema_dataset.SchemaDatasetFacet(fields=[schema_dataset.SchemaDatasetFacetFields(name="id")]),
        "columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet(fields={"id": lineage}),
    }
    client = OpenLineageClient(transport=HttpTransport(config))
    for state in (RunState.START, RunState.COMPLETE):
        client.emit(
            RunEvent(
                eventType=state,
                eventTime=datetime.now(UTC).isoformat(),
                run=Run(runId=str(UUID(int=1))),
                job=Job(namespace="erp", name=name),
                inputs=[InputDataset(namespace="postgres://erp:5432", name=f"erp.{name}")],
                outputs=[OutputDataset(namespace="file", name=suppliers_file(), facets=facets)],
            )
        )
    client.close()
    with httpx2.Client(base_url=url, timeout=20) as http:
        ref = f"postgres://erp:5432/erp.{name}"
        found = http.get(f"/v1/lineage/{ref}", params={"toward": "down", "depth": 8, "width": 5}).json()
        ids = [node["id"] for node in found["nodes"]]
        assert ids[:3] == [f"dataset:{ref}", f"job:erp/{name}", f"dataset:file/{suppliers_file()}"]
        assert any(one.startswith("source:") for one in ids)
        fact = next(node for node in found["nodes"] if node["kind"] == "fact")
        back = http.get(f"/v1/lineage/{fact['id']}", params={"depth": 8}).json()
        assert f"dataset:{ref}" in {node["id"] for node in back["nodes"]}
        assert http.get(f"/v1/facts/{fact['name']}").status_code == 200


def event(**changes: Any) -> dict[str, Any]:
    return openlineage(RUN, ["raw"], ["sales"]) | changes


def test_an_event_sent_twice_is_recorded_once(client: TestClient) -> None:
    first, second = (client.post("/v1/lineage", json=event(producer="urn:twice")) for _ in range(2))
    assert (first.status_code, first.json()["recorded"]) == (201, 1)
    assert (second.status_code, second.json()["recorded"]) == (201, 0)
    assert first.json()["events"] == second.json()["events"]


def test_job_and_dataset_events_are_taken(client: TestClient) -> None:
    job, dataset = event(producer="urn:kinds"), event(producer="urn:kinds")
    del job["run"]
    for part in ("run", "job", "inputs", "outputs", "eventType"):
        del dataset[part]
    dataset["dataset"] = {"namespace": "db", "name": "lonely"}
    assert client.post("/v1/lineage/batch", json=[job, dataset]).json()["recorded"] == 2
    assert client.get("/v1/lineage/db/lonely").json()["nodes"] == [
        {
            "id": "dataset:db/lonely",
            "kind": "dataset",
            "namespace": "db",
            "name": "lonely",
            "text": "db/lonely",
            "dataset": None,
            "run": None,
            "carried": None,
        }
    ]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a placeholder for a time": ({"eventTime": "{{NOW}}"}, "eventTime: "),
    "a time without a zone": ({"eventTime": "2026-03-01T10:00:00"}, "eventTime: "),
    "a day that is none": ({"eventTime": "2026-02-30T10:00:00Z"}, "eventTime: "),
    "no producer": ({"producer": None}, "producer: "),
    "no URI": ({"schemaURL": "spec"}, "schemaURL: "),
    "an unknown type": ({"eventType": "DONE"}, "eventType: "),
    "a list for a type": ({"eventType": ["START"]}, "eventType: "),
    "no UUID": ({"run": {"runId": "1"}}, "run.runId: "),
    "a run that is none": ({"run": []}, "run: "),
    "no job name": ({"job": {"namespace": "etl"}}, "job.name: "),
    "an empty namespace": ({"job": {"namespace": "", "name": "x"}}, "job.namespace: "),
    "inputs that are no list": ({"inputs": {}}, "inputs: "),
    "a dataset without a name": ({"outputs": [{"namespace": "db"}]}, "outputs.0.name: "),
    "a control character": ({"inputs": [{"namespace": "db", "name": "a\x1fb"}]}, "inputs.0.name: "),
    "a name of 3,000 bytes": ({"inputs": [{"namespace": "db", "name": "é" * 1_500}]}, "inputs.0.name: "),
    "a facet that nobody made": (
        {"job": {"namespace": "e", "name": "x", "facets": {"sql": {}}}},
        "job.facets.sql._pro",
    ),
    "facets that are no object": ({"run": {"runId": RUN, "facets": []}}, "run.facets: "),
    "column lineage without a field": (
        {
            "outputs": [
                {
                    "namespace": "db",
                    "name": "t",
                    "facets": {
                        "columnLineage": {
                            "_producer": "urn:x",
                            "_schemaURL": "urn:x",
                            "fields": {"c": {"inputFields": [{"namespace": "db", "name": "s"}]}},
                        }
                    },
                }
            ]
        },
        "outputs.0.facets.columnLineage.fields.c.inputFields.0.field: ",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_event_is_refused_by_its_field(client: TestClient, name: str) -> None:
    changes, says = WRONG[name]
    refused = client.post("/v1/lineage", json=event(**changes))
    assert refused.status_code == 422
    assert refused.json()["code"] == "lineage_invalid"
    assert refused.json()["detail"].startswith(says)
    batch = client.post("/v1/lineage/batch", json=[event(producer="urn:batch"), event(**changes)])
    assert batch.json()["detail"].startswith(f"1.{says}")


def test_a_batch_with_one_wrong_event_records_none(client: TestClient) -> None:
    good = event(producer="urn:whole")
    assert client.post("/v1/lineage/batch", json=[good, event(eventTime="now")]).status_code == 422
    assert client.post("/v1/lineage/batch", json=[good, good]).json()["recorded"] == 1


def test_the_audit_log_has_one_entry_of_what_came_in_one_request(client: TestClient) -> None:
    def log() -> list[dict[str, Any]]:
        return list(client.get("/v1/audit", params={"limit": 200}).json()["entries"])

    before = len(log())
    sent = [event(producer=f"urn:audited:{number}") for number in range(3)]
    ids = client.post("/v1/lineage/batch", json=sent).json()["events"]
    client.post("/v1/lineage/batch", json=sent)
    client.post("/v1/lineage", json=event(producer="urn:audited:3"))
    batch, single = log()[before:]
    assert (batch["kind"], batch["subject"], batch["detail"]) == ("lineage", ids[0], "3 of 3 events")
    assert (batch["actor"], single["detail"]) == ("local", "1 of 1 events")


@pytest.mark.parametrize(("body", "status"), [(b"[]", 422), (b"{", 400), (b'{"a": NaN}', 400), (b"1", 422)])
def test_what_is_no_json_object_is_refused(client: TestClient, body: bytes, status: int) -> None:
    sent = client.post("/v1/lineage", content=body, headers={"content-type": "application/json"})
    assert sent.status_code == status


def packed(client: TestClient, body: bytes) -> int:
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    return client.post("/v1/lineage", content=body, headers=headers).status_code


def test_packed_bodies_have_the_same_limits(client: TestClient) -> None:
    whole = gzip.compress(json.dumps(event()).encode())
    assert packed(client, whole) == 201
    assert packed(client, whole[:-20]) == 400
    assert packed(client, b"not gzip") == 400
    assert packed(client, gzip.compress(b" " * 50_000_000)) == 413


def test_a_name_that_nothing_has_is_not_found(client: TestClient) -> None:
    found = client.get("/v1/lineage/no/such")
    assert (found.status_code, found.json()["code"]) == (404, "lineage_not_found")


def test_a_hidden_dataset_is_not_found(services: Services, client: TestClient) -> None:
    found = client.get("/v1/lineage/supplier-register", params={"ceiling": "public", "toward": "up"})
    assert found.status_code == 404


# --- command line ---


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:{tmp_path_factory.mktemp('cli') / 'supply.db'}"


def run(*args: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, args)
    return done.exit_code, done.stdout


def test_the_command_prints_a_tree_and_json(store: str) -> None:
    assert run("--store", store, "load", *map(str, sorted(SUPPLY.glob("*.yml"))))[0] == 0
    code, tree = run("--store", store, "lineage", "SUP-7", "--up", "--depth", "4")
    assert code == 0
    assert tree.startswith("entity SUP-7 Dniprovia Agro (Supplier)")
    assert "row line 8 of data/suppliers-2026-03.csv  run-" in tree
    assert "see above" in tree
    code, text = run("--store", store, "lineage", "SUP-7", "--depth", "1", "--width", "2", "--json")
    found = json.loads(text)
    assert (code, found["toward"], found["root"]) == (0, "up", "entity:supplier:SUP-7")
    assert found["cut"][0] == {"node": "entity:supplier:SUP-7", "by": "width"}
    assert run("--store", store, "lineage", "SUP-7", "--depth", "99")[0] == 2
    code, runs = run("--store", store, "runs", "--json")
    code, events = run("--store", store, "runs", json.loads(runs)[0]["id"], "--openlineage")
    assert [json.loads(line)["eventType"] for line in events.splitlines()] == ["START", "COMPLETE"]
    assert run("--store", store, "runs", "--openlineage")[0] == 2


def test_what_a_run_rejected_is_written_to_a_file_that_is_not_there_yet(store: str, tmp_path: Path) -> None:
    assert run("--store", store, "load", *map(str, sorted(SUPPLY.glob("*.yml"))))[0] == 0
    [one, *_] = [found for found in json.loads(run("--store", store, "runs", "--json")[1]) if found["rejected"]]
    out = tmp_path / "rejected.jsonl"
    assert run("--store", store, "runs", one["id"], "--rejected", str(out))[0] == 0
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert len(lines) == one["rejected"]
    assert all(list(line) == ["source", "locator", "reason", "record"] for line in lines)
    assert run("--store", store, "runs", one["id"], "--rejected", str(out))[0] == 1
    assert len(out.read_text("utf-8").splitlines()) == one["rejected"]
