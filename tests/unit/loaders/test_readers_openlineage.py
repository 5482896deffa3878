"""OpenLineage events: jobs, datasets, fields and what fields come from, each at its place."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.readers import Record, reader_for
from tests.builders import openlineage
from tests.unit.loaders.loading import Folder

RUN = "0195d3a0-1111-7111-8111-000000000001"
NO_EVENT = "not an OpenLineage event: it has neither a job nor a dataset"


def records(text: str | bytes) -> list[Record]:
    data = text.encode() if isinstance(text, str) else text
    return list(reader_for("openlineage")(io.BytesIO(data), Options()))


def kinds(found: list[Record]) -> list[tuple[str, str]]:
    return [(one.locator, one.fields["@kind"]) for one in found]


def event(**changes: Any) -> dict[str, Any]:
    return openlineage(RUN, ["raw"], ["sales"]) | changes


def dataset(*, fields: Any = (), columns: Any = None) -> dict[str, Any]:
    facets: dict[str, Any] = {"schema": {"fields": list(fields)}}
    if columns is not None:
        facets["columnLineage"] = {"fields": columns}
    return {"namespace": "db", "name": "sales", "facets": facets}


EVENT_KINDS = [("", "job"), ("/inputs/0", "dataset"), ("/outputs/0", "dataset")]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (json.dumps(event(), indent=2), [""]),
        (json.dumps([event(), event()]), ["/0", "/1"]),
        (json.dumps([event()], indent=1), ["/0"]),
        (f"{json.dumps(event())}\n\n{json.dumps(event())}\n", ["line 1", "line 3"]),
        (json.dumps(event()), ["line 1"]),
        (f"\ufeff{json.dumps(event())}\r\n{json.dumps(event())}", ["line 1", "line 2"]),
    ],
    ids=["one, on many lines", "a list", "a list on many lines", "lines", "one line", "lines with a mark"],
)
def test_events_come_as_lines_or_as_a_document(text: str, places: list[str]) -> None:
    assert kinds(records(text)) == [(f"{at}{inside}", kind) for at in places for inside, kind in EVENT_KINDS]


def test_a_dataset_gives_its_fields_with_those_inside_them() -> None:
    fields: list[dict[str, Any]] = [{"name": "id", "type": "int"}, {"name": "address", "fields": [{"name": "city"}]}]
    found = records(json.dumps([event(outputs=[dataset(fields=fields)])]))[3:]
    place = "/0/outputs/0/facets/schema/fields"
    added = {"@kind": "field", "@dataset": "sales", "@namespace": "db"}
    assert found == [
        Record(f"{place}/0", fields[0] | added | {"@column": "id"}),
        Record(f"{place}/1", fields[1] | added | {"@column": "address"}),
        Record(f"{place}/1/fields/0", {"name": "city"} | added | {"@column": "address.city"}),
    ]


def test_a_column_gives_each_field_it_comes_from() -> None:
    source = {"namespace": "db", "name": "raw", "field": "n"}
    found = records(json.dumps([event(outputs=[dataset(columns={"a/b": {"inputFields": [source]}})])]))[-1]
    added = {"@kind": "derivation", "@dataset": "sales", "@namespace": "db", "@column": "a/b"}
    assert found == Record("/0/outputs/0/facets/columnLineage/fields/a~1b/inputFields/0", source | added)


def test_a_dataset_of_an_event_knows_its_job_and_side() -> None:
    found = records(json.dumps([event()]))[1:]
    assert [(one.fields["@side"], one.fields["@job_namespace"], one.fields["@job"]) for one in found] == [
        ("inputs", "etl", "nightly"),
        ("outputs", "etl", "nightly"),
    ]


def test_a_dataset_of_a_job_without_a_name_knows_none() -> None:
    found = records(json.dumps([event(job={"name": "x"})]))[1:]
    assert [(one.fields["@side"], "@job" in one.fields) for one in found] == [("inputs", False), ("outputs", False)]


def test_a_dataset_event_gives_its_dataset() -> None:
    told = {"eventTime": "2026-03-01T10:00:00Z", "dataset": dataset(fields=[{"name": "id"}])}
    assert kinds(records(json.dumps([told]))) == [
        ("/0/dataset", "dataset"),
        ("/0/dataset/facets/schema/fields/0", "field"),
    ]


@pytest.mark.parametrize("wrong", [7, "x", [], {}, None, {"eventType": "START"}])
def test_what_is_no_event_is_a_record_with_a_problem(wrong: Any) -> None:
    bad, *good = records(json.dumps([wrong, event()]))
    assert (bad.locator, bad.problem) == ("/0", NO_EVENT)
    assert len(good) == 3


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"job": {"namespace": "etl"}}, "/0"),
        ({"job": "etl"}, "/0"),
        ({"inputs": [{"name": "x"}]}, "/0/inputs/0"),
        ({"inputs": ["x"]}, "/0/inputs/0"),
        ({"outputs": [dataset(fields=["x"])]}, "/0/outputs/0/facets/schema/fields/0"),
        (
            {"outputs": [dataset(columns={"c": {"inputFields": [1]}})]},
            "/0/outputs/0/facets/columnLineage/fields/c/inputFields/0",
        ),
    ],
)
def test_a_part_without_a_name_is_a_problem_of_that_part_alone(changes: dict[str, Any], at: str) -> None:
    found = records(json.dumps([event(**changes)]))
    assert [one.locator for one in found if one.problem] == [at]


@pytest.mark.parametrize("facets", [[], 1, {"schema": 1}, {"schema": {"fields": 1}}, {"columnLineage": {"fields": []}}])
def test_facets_of_another_form_give_nothing(facets: Any) -> None:
    found = records(json.dumps([event(outputs=[{"namespace": "db", "name": "t", "facets": facets}])]))
    assert kinds(found) == [(f"/0{inside}", kind) for inside, kind in EVENT_KINDS]


def test_a_line_that_is_no_json_is_a_record_with_a_problem() -> None:
    found = records(f"{json.dumps(event())}\n{{broken\n{json.dumps(event())}\n")
    assert [one.locator for one in found if one.problem] == ["line 2"]
    assert len(found) == 7


@pytest.mark.parametrize("text", ["", "{", "[", "{\n", b"\xff\xfe"])
def test_a_file_that_is_no_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(SourceUnreadable):
        records(text)


MAP = [
    {
        "when": {"@kind": "job"},
        "entity": {"type": "Supplier", "key": "job.name", "name": "job.name"},
        "facts": [{"predicate": "founded", "value": "eventTime | date"}],
    }
]


def test_a_placeholder_for_a_time_rejects_what_is_made_of_it_and_no_more(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    good = event(job={"namespace": "etl", "name": "SUP-1"}, inputs=[], outputs=[])
    bad = good | {"eventTime": "{{NOW}}", "job": {"namespace": "etl", "name": "SUP-2"}}
    ignored = ["eventType", "producer", "schemaURL", "run", "inputs", "outputs"]
    options = {"format": "openlineage", "files": ["events.jsonl"], "map": MAP, "ignore": ignored}
    folder.load(f"{json.dumps(good)}\n{json.dumps(bad)}\n", expect={"rejected": 0.5}, **options)
    assert folder.last_run().left_over == ()
    assert ("supplier:SUP-1", "founded", "2026-03-01") in folder.graph()
    [(locator, reason)] = folder.rejected()
    assert locator == "line 2"
    assert "{{NOW}}" in reason


@pytest.mark.data
def test_every_published_event_is_read(data: Path) -> None:
    paths = [*(data / "lineage" / "openlineage_events").iterdir(), *(data / "lineage" / "marquez").glob("*.json")]
    found = [one for path in paths for one in records(path.read_bytes())]
    assert {one.fields["@kind"] for one in found if not one.problem} == {"job", "dataset", "field", "derivation"}
    assert len(found) > 600
