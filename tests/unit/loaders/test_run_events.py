"""A run says of itself, as OpenLineage events, what it read and what came of it."""

from __future__ import annotations

import http.server
import itertools
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kg.domain.openlineage import LineageNode, own_dataset, own_job, own_source, run_uuid
from kg.errors import ExpectationFailed, MappingInvalid, SourceUnreadable
from loaders import lineage
from loaders.jobs import load_files
from loaders.lineage import FACETS
from loaders.retirement import purge, retire
from loaders.sending import sender
from tests.openlineage_spec import Spec, facets
from tests.unit.loaders.loading import Folder, document, quiet, write_yaml

CSV = "id,name,country,rating\nSUP-1,Kestrel,NO,high\nSUP-2,Ortiga,ES,\n"
MAP: list[dict[str, Any]] = [
    {
        "entity": {"type": "Supplier", "key": "id", "name": "name"},
        "facts": [{"predicate": "risk", "value": "rating", "when": {"country": ["NO", "ES"]}}],
    }
]
EXPECT = {"entities": {"Supplier": [1, 5]}, "filled": {"rating": 0.4}, "unique": ["id"]}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def told(folder: Folder) -> list[dict[str, Any]]:
    """Events of the last run."""
    return folder.services.runs.events(run_uuid(folder.last_run().id))


def named(event: dict[str, Any]) -> dict[str, Any]:
    """Its facets by place and name, less what all facets have."""
    return {
        f"{place}.{name}": {key: value for key, value in facet.items() if not key.startswith("_")}
        for place, name, facet in facets(event)
    }


def test_a_load_says_what_it_read_and_wrote_down_to_the_field(folder: Folder) -> None:
    folder.load(CSV, map=MAP, expect=EXPECT)
    started, done = told(folder)
    assert (started["eventType"], done["eventType"]) == ("START", "COMPLETE")
    assert {event["job"]["name"] for event in (started, done)} == {"load register@1"}
    path = (folder.path / "data.csv").resolve().as_posix()
    assert [(one["namespace"], one["name"]) for one in done["inputs"]] == [("file", path)]
    assert [(one["namespace"], one["name"]) for one in done["outputs"]] == [("whence", "register")]
    said = named(done)
    assert said["outputs.facets.version"] == {"datasetVersion": "1"}
    assert said["outputs.facets.ownership"] == {"owners": [{"name": "Somebody", "type": "publisher"}]}
    assert {"key": "licence", "value": "CC0-1.0", "source": "WHENCE"} in said["outputs.facets.tags"]["tags"]
    assert said["inputs.facets.schema"] == {"fields": [{"name": one} for one in ("country", "id", "name", "rating")]}
    comes_from = {
        predicate: {(one["field"], one["transformations"][0]["type"]) for one in column["inputFields"]}
        for predicate, column in said["outputs.facets.columnLineage"]["fields"].items()
    }
    assert comes_from == {
        "type": {("id", "DIRECT")},
        "name": {("name", "DIRECT")},
        "risk": {("rating", "DIRECT"), ("country", "INDIRECT")},
    }
    assert said["outputs.outputFacets.outputStatistics"] == {"rowCount": 5}
    assert said["outputs.facets.dataQualityMetrics"]["columnMetrics"]["risk"] == {"count": 1}


def test_a_load_says_how_its_expectations_were_met(folder: Folder) -> None:
    folder.load(CSV, map=MAP, expect=EXPECT)
    said = named(told(folder)[1])
    assert said["inputs.inputFacets.dataQualityMetrics"]["columnMetrics"] == {"rating": {"count": 1, "nullCount": 1}}
    assert said["inputs.inputFacets.dataQualityAssertions"]["assertions"] == [
        {"assertion": "filled", "success": True, "column": "rating", "expected": "40.0% or more", "actual": "50.0%"},
        {
            "assertion": "unique",
            "success": True,
            "column": "id",
            "expected": "each value once",
            "actual": "each value once",
        },
    ]
    assert said["outputs.facets.dataQualityAssertions"]["assertions"][1] == {
        "assertion": "entities",
        "success": True,
        "name": "Supplier",
        "expected": "1 to 5",
        "actual": "2",
    }


def test_what_is_skipped_is_not_counted_as_empty(folder: Folder) -> None:
    skip = [{"when": {"country": "ES"}, "reason": "not ours"}]
    folder.load(CSV, map=MAP, expect={"filled": {"rating": 1.0}}, skip=skip)
    said = named(told(folder)[1])
    assert said["inputs.inputFacets.dataQualityMetrics"]["columnMetrics"] == {"rating": {"count": 1, "nullCount": 0}}


def test_a_load_that_fails_says_why_and_ties_nothing(folder: Folder) -> None:
    with pytest.raises(ExpectationFailed):
        folder.load(CSV, map=MAP, expect=EXPECT | {"filled": {"rating": 0.9}})
    started, failed = told(folder)
    assert (started["eventType"], failed["eventType"]) == ("START", "FAIL")
    said = named(failed)
    assert said["run.facets.errorMessage"]["message"] == folder.last_run().message
    assert [one["success"] for one in said["inputs.inputFacets.dataQualityAssertions"]["assertions"]] == [False, True]
    assert folder.services.runs.linked([own_dataset("register@1")], "up", 5) == {}


def test_a_load_that_cannot_read_says_so(folder: Folder) -> None:
    with pytest.raises(SourceUnreadable):
        folder.load(None, files=["missing.csv"])
    started, failed = told(folder)
    assert (started["eventType"], failed["eventType"]) == ("START", "FAIL")
    assert "missing.csv" in named(failed)["run.facets.errorMessage"]["message"]


def test_a_mapping_that_does_not_fit_is_a_failed_run_that_says_so(folder: Folder) -> None:
    wrong = [{"entity": {"type": "Supplier", "key": "id"}, "facts": [{"predicate": "nothing", "value": "name"}]}]
    with pytest.raises(MappingInvalid):
        folder.load(CSV, map=wrong)
    assert "nothing" in named(told(folder)[1])["run.facets.errorMessage"]["message"]


def test_an_unchanged_load_is_complete_and_added_nothing(folder: Folder) -> None:
    folder.load(CSV, map=MAP, expect=EXPECT)
    folder.load(CSV, map=MAP, expect=EXPECT)
    _, done = told(folder)
    assert done["eventType"] == "COMPLETE"
    said = named(done)
    assert said["run.facets.whence_run"]["state"] == "unchanged"
    assert said["outputs.outputFacets.outputStatistics"] == {"rowCount": 0}


def test_a_complete_load_ties_file_source_job_version_and_dataset(folder: Folder) -> None:
    folder.load(CSV, map=MAP, expect=EXPECT)
    runs, file = folder.services.runs, LineageNode("dataset", "file", (folder.path / "data.csv").resolve().as_posix())
    way = [file, own_source("register@1/data.csv"), own_job("load register@1"), own_dataset("register@1")]
    way.append(own_dataset("register"))
    for one, other in itertools.pairwise(way):
        assert runs.linked([one], "down", 5) == {one: (other,)}
        assert runs.linked([other], "up", 5) == {other: (one,)}
    assert runs.known(way) == frozenset()


@pytest.mark.parametrize(
    ("ref", "change"), [("register", "DROP"), ("register@1", "DROP"), ("register@1/data.csv", "TRUNCATE")]
)
@pytest.mark.parametrize("end", [retire, purge])
def test_a_retirement_and_a_purge_say_what_they_ended(folder: Folder, end: Any, ref: str, change: str) -> None:
    folder.load(CSV, map=MAP, expect=EXPECT)
    sent: list[dict[str, Any]] = []
    done = end(ref, folder.services, "ann", sent.append)
    assert lineage.told(folder.last_run(), folder.services.runs) == sent
    assert [one["eventType"] for one in sent] == ["START", "COMPLETE"]
    assert sent[1]["job"]["name"] == f"{end.__name__} {ref}"
    said = named(sent[1])
    assert said["outputs.facets.lifecycleStateChange"] == {"lifecycleStateChange": change}
    assert said["run.facets.whence_run"]["retired"] == done.changes.retired == 5
    assert said["run.facets.whence_run"]["actor"] == "ann"


def test_a_purged_load_tells_only_what_is_left_of_its_run(folder: Folder) -> None:
    with pytest.raises(ExpectationFailed):
        folder.load(CSV + "SUP-1,Kestrel,NO,high\n", map=MAP, expect=EXPECT)
    failed = folder.last_run()
    assert "SUP-1" in json.dumps(told(folder)[1]["inputs"])
    purge("register", folder.services, "ann")
    [_, kept] = folder.services.runs.runs(2)
    left = lineage.told(kept, folder.services.runs)
    assert kept.id == failed.id
    assert [one["eventType"] for one in left] == ["START", "FAIL"]
    assert left[1]["inputs"] == []
    assert "SUP-1" not in json.dumps(left)


@pytest.mark.data
def test_every_event_is_one_by_the_published_schemas(folder: Folder, data: Path) -> None:
    spec = Spec(data / "lineage" / "openlineage_spec")
    folder.load(CSV, map=MAP, expect=EXPECT)
    found = told(folder)
    folder.load(CSV, map=MAP, expect=EXPECT)
    found += told(folder)
    for changes in ({"files": ["missing.csv"]}, {"expect": EXPECT | {"filled": {"rating": 0.9}}}):
        with pytest.raises((SourceUnreadable, ExpectationFailed)):
            folder.load(None, map=MAP, **changes)
        found += told(folder)
    retire("register", folder.services, "ann", found.append)
    assert [problem for event in found for problem in spec.problems(event)] == []
    met = {name for event in found for _, name, _ in facets(event)}
    assert set(FACETS) - {"inputQualityMetrics"} <= met


@pytest.mark.data
def test_a_facet_that_is_none_is_found_by_the_schemas(data: Path) -> None:
    spec = Spec(data / "lineage" / "openlineage_spec")
    url = f"https://openlineage.io/spec/facets/{FACETS['version']}.json"
    event = {
        "eventTime": "2026-03-01T10:00:00Z",
        "producer": "urn:x",
        "schemaURL": "urn:x",
        "run": {"runId": "no uuid"},
        "job": {"namespace": "n", "name": "j"},
        "inputs": [],
        "outputs": [{"namespace": "n", "name": "d", "facets": {"version": {"_producer": "urn:x", "_schemaURL": url}}}],
    }
    problems = spec.problems(event)
    assert any("datasetVersion" in one for one in problems)
    assert len(problems) == 2


# --- sending ---


class Receiver:
    """A receiver of events on this machine that answers with a status."""

    def __init__(self, status: int = 201) -> None:
        self.got: list[tuple[str, dict[str, Any]]] = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append((self.path, json.loads(body)))
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


def load(folder: Folder, url: str) -> list[str]:
    """Load with a receiver at this address; gives back what was warned of."""
    folder.data(CSV)
    path = write_yaml(folder.path / "register.yml", document(map=MAP, expect=EXPECT))
    warned: list[str] = []
    list(load_files([path], None, folder.services, quiet, sender(url, warned.append)))
    return warned


@pytest.mark.parametrize(("path", "reached"), [("", "/api/v1/lineage"), ("/", "/api/v1/lineage"), ("/in", "/in")])
def test_what_is_sent_is_what_is_recorded(folder: Folder, receiver: Receiver, path: str, reached: str) -> None:
    assert load(folder, receiver.url + path) == []
    assert [at for at, _ in receiver.got] == [reached, reached]
    assert [event for _, event in receiver.got] == told(folder)


def test_a_receiver_that_is_not_there_is_warned_of_once_and_fails_nothing(folder: Folder) -> None:
    gone = Receiver()
    gone.server.shutdown()
    gone.server.server_close()
    [warning] = load(folder, gone.url)
    assert gone.url in warning
    assert folder.last_run().state == "complete"


def test_a_receiver_whose_name_cannot_be_one_fails_nothing(folder: Folder) -> None:
    [warning] = load(folder, f"http://{'a' * 300}.example:80")
    assert "did not take an event" in warning


def test_a_receiver_that_refuses_is_warned_of_once_and_fails_nothing(folder: Folder) -> None:
    refusing = Receiver(status=500)
    [warning] = load(folder, refusing.url)
    assert "500" in warning
    assert len(refusing.got) == 1
    assert folder.last_run().state == "complete"
    refusing.server.shutdown()
    refusing.server.server_close()
