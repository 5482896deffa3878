"""OSCAL catalogs and profiles: groups, controls and what a profile selects."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.readers import Record, reader_for

ABOUT = {"document_title": "T", "document_version": "5", "document_uuid": "u"}
METADATA = {"title": "T", "version": "5"}


def records(document: Any) -> list[Record]:
    return list(reader_for("oscal")(io.BytesIO(json.dumps(document).encode()), Options()))


def catalog(**body: Any) -> dict[str, Any]:
    return {"catalog": {"uuid": "u", "metadata": METADATA} | body}


def profile(*imports: Any) -> dict[str, Any]:
    return {"profile": {"uuid": "u", "metadata": METADATA, "imports": list(imports)}}


def test_groups_and_controls_nest_and_know_what_they_are_in() -> None:
    enhancement = {"id": "ac-1.1", "title": "E"}
    inner = {"id": "ac-in", "controls": [{"id": "ac-2"}]}
    group = {"id": "ac", "title": "AC", "groups": [inner], "controls": [{"id": "ac-1", "controls": [enhancement]}]}
    at = "/catalog/groups/0"
    assert records(catalog(groups=[group])) == [
        Record(at, {"id": "ac", "title": "AC", "kind": "group", "parent": None} | ABOUT),
        Record(f"{at}/groups/0", {"id": "ac-in", "kind": "group", "parent": "ac"} | ABOUT),
        Record(
            f"{at}/groups/0/controls/0", {"id": "ac-2", "kind": "control", "group": "ac-in", "parent": None} | ABOUT
        ),
        Record(f"{at}/controls/0", {"id": "ac-1", "kind": "control", "group": "ac", "parent": None} | ABOUT),
        Record(
            f"{at}/controls/0/controls/0",
            {"id": "ac-1.1", "title": "E", "kind": "control", "group": "ac", "parent": "ac-1"} | ABOUT,
        ),
    ]


def test_controls_may_stand_outside_groups() -> None:
    assert [record.locator for record in records(catalog(controls=[{"id": "x-1"}]))] == ["/catalog/controls/0"]


def test_a_profile_gives_a_record_for_each_control_it_lists() -> None:
    found = records(profile({"href": "#c", "include-controls": [{"with-ids": ["ac-1", "ac-2"]}, {"with-ids": ["x"]}]}))
    assert [(record.locator, record.fields["control"]) for record in found] == [
        ("/profile/imports/0/include-controls/0/with-ids/0", "ac-1"),
        ("/profile/imports/0/include-controls/0/with-ids/1", "ac-2"),
        ("/profile/imports/0/include-controls/1/with-ids/0", "x"),
    ]
    assert found[0].fields == {"kind": "select", "control": "ac-1", "catalog": "#c"} | ABOUT


def test_a_profile_that_includes_everything_is_said_to_be_not_read() -> None:
    assert [record.problem for record in records(profile({"href": "#c", "include-all": {}}))] == [
        "includes a whole catalog: only listed controls are read"
    ]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "not an OSCAL catalog or profile"),
        ({"component-definition": {}}, "not an OSCAL catalog or profile"),
        ({"catalog": []}, "not an OSCAL catalog or profile"),
        (catalog(controls="x"), "not OSCAL: /catalog/controls is no list"),
        (catalog(groups=[None]), "not OSCAL: /catalog/groups/0 is no object"),
        (catalog(groups=[{"controls": [3]}]), "not OSCAL: /catalog/groups/0/controls/0 is no object"),
        (profile({"include-controls": {}}), "not OSCAL: /profile/imports/0/include-controls is no list"),
    ],
)
def test_what_is_neither_is_refused_with_the_place(document: Any, message: str) -> None:
    with pytest.raises(SourceUnreadable, match=message):
        records(document)


def test_a_document_without_metadata_is_read() -> None:
    assert records({"catalog": {"controls": [{"id": "a"}], "metadata": "none"}})[0].fields["document_title"] is None
