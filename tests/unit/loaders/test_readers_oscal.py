"""OSCAL in JSON, YAML and XML: groups and controls, what a profile selects, the objects of the other models."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
import yaml

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.inputs import open_unpacked
from loaders.readers import Record, reader_for
from loaders.readers.oscal_xml import LISTED

ABOUT = {"document_title": "T", "document_version": "5", "document_uuid": "u"}
METADATA = {"title": "T", "version": "5"}


def records(document: Any, **options: Any) -> list[Record]:
    return list(reader_for("oscal")(io.BytesIO(json.dumps(document).encode()), Options(**options)))


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
        "includes controls that only the catalog names: give its file under options.catalogs"
    ]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "not an OSCAL document"),
        ({"component": {}}, "not an OSCAL document"),
        ({"catalog": []}, "not an OSCAL document"),
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


CATALOG = {
    "catalog": {
        "controls": [
            {"id": "ac-1", "controls": [{"id": "ac-1.1", "controls": [{"id": "ac-1.1.1"}]}]},
            {"id": "ac-2"},
            {"id": "si-1"},
        ]
    }
}


@pytest.mark.parametrize(
    ("imported", "controls"),
    [
        ({"include-all": {}}, ["ac-1", "ac-1.1", "ac-1.1.1", "ac-2", "si-1"]),
        ({"include-all": {}, "exclude-controls": [{"with-ids": ["ac-1"]}]}, ["ac-1.1", "ac-1.1.1", "ac-2", "si-1"]),
        (
            {"include-all": {}, "exclude-controls": [{"with-ids": ["ac-1"], "with-child-controls": "yes"}]},
            ["ac-2", "si-1"],
        ),
        (
            {"include-controls": [{"with-ids": ["ac-1"], "with-child-controls": "yes"}]},
            ["ac-1", "ac-1.1", "ac-1.1.1"],
        ),
        ({"include-controls": [{"matching": [{"pattern": "ac-?"}]}]}, ["ac-1", "ac-2"]),
    ],
)
def test_a_profile_is_resolved_against_its_catalog(tmp_path: Path, imported: Any, controls: list[str]) -> None:
    (tmp_path / "catalog.json").write_text(json.dumps(CATALOG))
    found = records(profile(imported), catalogs=[str(tmp_path / "catalog.json")])
    assert [(one.fields["control"], one.problem) for one in found] == [(control, None) for control in controls]


def test_a_profile_may_select_from_another_profile(tmp_path: Path) -> None:
    (tmp_path / "catalog.json").write_text(json.dumps(CATALOG))
    (tmp_path / "low.json").write_text(json.dumps(profile({"include-controls": [{"matching": [{"pattern": "ac-*"}]}]})))
    catalogs = [str(tmp_path / name) for name in ("low.json", "catalog.json")]
    found = records(profile({"include-controls": [{"matching": [{"pattern": "*-2"}]}]}), catalogs=catalogs)
    assert [one.fields["control"] for one in found] == ["ac-2"]


def test_objects_of_a_plan_are_records_that_know_what_they_are_in() -> None:
    requirement = {"uuid": "r", "control-id": "ac-1", "by-components": [{"uuid": "b", "description": "how"}]}
    plan = {
        "uuid": "u",
        "metadata": METADATA | {"parties": [{"uuid": "p", "name": "P"}]},
        "control-implementation": {"implemented-requirements": [requirement]},
        "import-profile": {"href": "p.json"},
    }
    at = "/system-security-plan"
    requirements = f"{at}/control-implementation/implemented-requirements/0"
    assert records({"system-security-plan": plan}) == [
        Record(
            at,
            {"uuid": "u", "metadata": METADATA, "import-profile": {"href": "p.json"}}
            | {"kind": at[1:], "parent": None, "parent_kind": None}
            | ABOUT,
        ),
        Record(
            f"{at}/metadata/parties/0",
            {"uuid": "p", "name": "P", "kind": "party", "parent": "u", "parent_kind": at[1:]} | ABOUT,
        ),
        Record(
            requirements,
            {"uuid": "r", "control-id": "ac-1", "kind": "implemented-requirement", "parent": "u", "parent_kind": at[1:]}
            | ABOUT,
        ),
        Record(
            f"{requirements}/by-components/0",
            {
                "uuid": "b",
                "description": "how",
                "kind": "by-component",
                "parent": "r",
                "parent_kind": "implemented-requirement",
            }
            | ABOUT,
        ),
    ]


def test_what_stands_around_objects_is_of_the_record_that_holds_them() -> None:
    about = {"system-name": "S", "system-information": {"information-types": [{"uuid": "i", "title": "I"}]}}
    plan, kind = records({"system-security-plan": {"uuid": "u", "system-characteristics": about}})
    assert plan.fields["system-characteristics"] == {"system-name": "S"}
    assert (kind.fields["title"], kind.fields["parent"]) == ("I", "u")


NIST = "cyber_core/nist/NIST_SP-800-53_rev5"


def published(data: Path, name: str) -> list[Record]:
    with contextlib.closing(open_unpacked(data / name)) as opened:
        return list(reader_for("oscal")(opened.bytes, Options()))


def spaced(value: Any) -> Any:
    """The value with every run of white space as one space: XML says the same with other breaks."""
    if isinstance(value, dict):
        return {key: spaced(member) for key, member in value.items()}
    if isinstance(value, list):
        return [spaced(member) for member in value]
    return " ".join(value.split()) if isinstance(value, str) else value


@pytest.mark.data
@pytest.mark.parametrize("syntax", ["yaml", "xml"])
def test_the_syntaxes_of_one_catalog_say_the_same(data: Path, syntax: str) -> None:
    catalog = f"{NIST}_catalog_5.0.1_2021-06-08"
    expected = [spaced(one.fields) for one in published(data, f"{catalog}.json.gz")]
    assert len(expected) == 20 + 1_189
    assert [spaced(one.fields) for one in published(data, f"{catalog}.{syntax}.gz")] == expected


@pytest.mark.data
@pytest.mark.parametrize(("level", "count"), [("LOW", 149), ("MODERATE", 287), ("HIGH", 370), ("PRIVACY", 96)])
def test_a_profile_selects_what_its_published_resolution_holds(data: Path, level: str, count: int) -> None:
    chosen = [one.fields["control"] for one in published(data, f"{NIST}_{level}-baseline_profile.json")]
    resolved = published(data, f"{NIST}_{level}-baseline-resolved-profile_catalog.json.gz")
    assert len(chosen) == count
    # A resolution keeps the control that a chosen enhancement belongs to, chosen or not.
    above = {control.rpartition(".")[0] for control in chosen if "." in control}
    assert {*chosen, *above} == {one.fields["id"] for one in resolved if one.fields["kind"] == "control"}


SINGULAR = {many: one for one, many in reversed(LISTED.items())}
TEXTS = ("description", "prose", "purpose", "remarks", "statement", "title")


def as_xml(name: str, value: Any) -> str:
    """A member of an OSCAL document in XML: texts as paragraphs, other values as attributes, lists as elements."""
    if isinstance(value, list):
        return "".join(as_xml(SINGULAR.get(name, name), member) for member in value)
    if not isinstance(value, dict):
        return f"<{name}>{escape(str(value))}</{name}>"
    plain = {key: member for key, member in value.items() if not isinstance(member, dict | list) and key not in TEXTS}
    texts = {key: member for key, member in value.items() if isinstance(member, str) and key in TEXTS}
    attributes = "".join(f" {key}={quoteattr(str(member))}" for key, member in plain.items())
    paragraphs = "".join(f"<{key}><p>{escape(text)}</p></{key}>" for key, text in texts.items())
    inner = "".join(as_xml(key, member) for key, member in value.items() if key not in {*plain, *texts})
    return f"<{name}{attributes}>{paragraphs}{inner}</{name}>"


def texts_of(value: Any) -> Any:
    """The value with numbers as the text that XML has for them."""
    if isinstance(value, dict):
        return {key: texts_of(member) for key, member in value.items()}
    if isinstance(value, list):
        return [texts_of(member) for member in value]
    return str(value) if isinstance(value, int) else value


@pytest.mark.data
@pytest.mark.parametrize("syntax", ["yaml", "xml"])
def test_plans_results_and_actions_say_the_same_in_every_syntax(data: Path, syntax: str) -> None:
    paths = sorted((data / "cyber_core" / "oscal_examples").glob("*.json"))
    assert len(paths) == 5
    for path in paths:
        document = json.loads(path.read_text("utf-8"))
        [(model, body)] = document.items()
        written = yaml.safe_dump(document, sort_keys=False) if syntax == "yaml" else as_xml(model, body)
        found = list(reader_for("oscal")(io.BytesIO(written.encode()), Options()))
        assert [spaced(texts_of(one.fields)) for one in found] == [
            spaced(texts_of(one.fields)) for one in records(document)
        ], path.name
