"""STIX 2.0 and 2.1 bundles: every object a record."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.readers import Record, reader_for

OLDER = "an older version of an object that is in the bundle again"


def records(document: Any) -> list[Record]:
    return list(reader_for("stix")(io.BytesIO(json.dumps(document).encode()), Options()))


def bundle(*objects: Any, **members: Any) -> dict[str, Any]:
    return {"type": "bundle", "id": "bundle--1", "objects": list(objects)} | members


@pytest.mark.parametrize("members", [{"spec_version": "2.0"}, {}])
def test_objects_of_either_version_are_records_in_order(members: dict[str, Any]) -> None:
    one, two = {"id": "tool--1", "type": "tool"}, {"id": "malware--2", "type": "malware"}
    assert records(bundle(one, two, **members)) == [Record("/objects/0", one), Record("/objects/1", two)]


@pytest.mark.parametrize(
    "document", [[], {"objects": []}, {"type": "bundle"}, {"type": "bundle", "objects": {}}, {"type": "tool"}, 3]
)
def test_what_is_no_bundle_is_refused(document: Any) -> None:
    with pytest.raises(SourceUnreadable, match="not a STIX bundle"):
        records(document)


@pytest.mark.parametrize("item", [{"type": "tool"}, {"id": "tool--1"}, {"id": 7, "type": "tool"}, "text", None])
def test_an_object_without_id_or_type_is_a_record_with_a_problem(item: Any) -> None:
    assert records(bundle(item)) == [
        Record("/objects/0", {"value": item}, "not a STIX object: it has no id or no type")
    ]


@pytest.mark.parametrize(
    ("times", "problems"),
    [
        (("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"), (OLDER, None)),
        (("2021-01-01T00:00:00Z", "2020-01-01T00:00:00Z"), (None, OLDER)),
        (("2020-01-01T00:00:00.5Z", "2020-01-01T00:00:00Z"), (None, OLDER)),
        (("2020-01-01T00:00:00.5Z", "2020-01-01T00:00:00.51Z"), (OLDER, None)),
        (("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"), (None, None)),
    ],
)
def test_the_newest_version_of_an_object_counts(times: tuple[str, str], problems: tuple[str | None, ...]) -> None:
    found = records(bundle(*({"id": "tool--1", "type": "tool", "modified": time} for time in times)))
    assert tuple(record.problem for record in found) == problems
