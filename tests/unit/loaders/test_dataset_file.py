"""Dataset files that are wrong: the error names file, line and field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kg.errors import MappingInvalid, SourceUnreadable
from loaders.dataset import DatasetFile, find_ontology, is_ontology, read_dataset, read_document, read_yaml
from tests.unit.loaders.loading import ONTOLOGY, document, mapping, write_yaml

GOOD = """dataset: register
version: "1"
title: Register
publisher: Somebody
licence: CC0-1.0
classification: public
ontology: trade
files: [data.csv]
format: csv
map:
  - entity:
      type: Supplier
      key: id
"""


def read(path: Path, text: str) -> DatasetFile:
    path.write_text(text, "utf-8")
    return read_dataset(path, read_yaml(path))


def test_a_good_file_is_read(tmp_path: Path) -> None:
    assert read(tmp_path / "d.yml", GOOD).version_value().ref == "register@1"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "      key: id",
            "      key: id\n      nmae: name",
            "d.yml:14: map.0.entity.nmae: Extra inputs are not permitted",
        ),
        ("format: csv", "format: xls", "d.yml:9: format: no reader for 'xls'; there are arrow, csv,"),
        ('version: "1"', "version: 16.1", "d.yml:2: version: Input should be a valid string"),
        ("dataset: register", "dataset: My Register", "d.yml:1: dataset: String should match pattern"),
        ("      key: id\n", "", "d.yml:11: map.0.entity.key: Field required"),
        ("title: Register\n", "", "d.yml:1: title: Field required"),
        ("files: [data.csv]", "files: []", "d.yml:8: files: List should have at least 1 item"),
        ("files: [data.csv]", "files: [data.csv, 7]", "d.yml:8: files.1: Input should be a valid string"),
        ("classification: public", "classification: secret", "d.yml:6: classification: Input should be 'public'"),
        ("format: csv", "format: csv\nexpect: {rejected: 2}", "d.yml:10: expect.rejected: Input should be less than"),
        ("format: csv", "format: csv\nexpect: {facts: {risk: [1]}}", "d.yml:10: expect.facts.risk.1: Field required"),
        ("format: csv", "format: csv\noptions: {records: items/*}", "d.yml:10: options.records.0: String should match"),
        ("format: csv", "format: csv\noptions: {delimiter: '||'}", "d.yml:10: options.delimiter: String should match"),
    ],
)
def test_a_wrong_field_is_named_with_file_and_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(MappingInvalid) as caught:
        read(tmp_path / "d.yml", GOOD.replace(old, new))
    assert message in str(caught.value)


def test_the_first_of_several_errors_is_told_and_the_others_are_counted(tmp_path: Path) -> None:
    with pytest.raises(MappingInvalid, match=r"title: Field required \(and 1 more\)"):
        read(tmp_path / "d.yml", GOOD.replace("format: csv", "format: xls").replace("title: Register\n", ""))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + "title: Again\n", "d.yml:14: not YAML: key 'title' is given twice"),
        ("map:\n  - {a: 1, a: 2}\n", "d.yml:2: not YAML: key 'a' is given twice"),
        ("dataset: [a\nversion: 1\n", "d.yml:2: not YAML: "),
        ("dataset: a\n\tversion: 1\n", "d.yml:2: not YAML: found"),
        ("dataset: *nobody\n", "d.yml:1: not YAML: found undefined alias"),
        ("issued: 2026-02-30\n", "d.yml:1: not YAML: day is out of range for month"),
        ("? [a, b]\n: c\n", "d.yml:1: not YAML: a key is a list or a mapping"),
        ("a: !!python/object:os.system x\n", "d.yml:1: not YAML: could not determine a constructor"),
        ("a: \x00\n", "d.yml: not YAML: "),
        ("a: " + "[" * 60 + "]" * 60, "d.yml:1: not YAML: nested more than 50 deep"),
        ("a: " + "[" * 100_000 + "]" * 100_000, "d.yml:1: not YAML: "),
        ("", "d.yml: expected a mapping"),
        ("just text\n", "d.yml: expected a mapping"),
        ("- a\n- b\n", "d.yml: expected a mapping"),
    ],
)
def test_a_file_that_is_not_such_yaml_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "d.yml"
    path.write_text(text, "utf-8")
    with pytest.raises(MappingInvalid) as caught:
        read_yaml(path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_in_another_encoding_is_refused_with_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "d.yml"
    path.write_bytes("title: Café".encode("latin-1"))
    with pytest.raises(MappingInvalid, match="not UTF-8 at byte 10"):
        read_yaml(path)


@pytest.mark.parametrize("content", [b"PK\x03\x04\xff", b"a: b: c", b"id,name\n1,x\n"])
def test_a_data_file_in_its_place_is_refused_with_the_command_that_drafts_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "firms.csv").write_bytes(content)
    with pytest.raises(MappingInvalid, match=r"of a data file `whence init .*firms\.csv` drafts the dataset file"):
        read_yaml(tmp_path / "firms.csv")


@pytest.mark.parametrize("name", ["absent.yml", "."])
def test_a_file_that_is_not_there_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceUnreadable, match="cannot read"):
        read_yaml(tmp_path / name)


def test_merge_keys_are_yaml_too(tmp_path: Path) -> None:
    path = tmp_path / "d.yml"
    path.write_text("a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\n", "utf-8")
    assert read_yaml(path)["b"] == {"x": 1, "y": 2}


def fact(**changes: Any) -> list[dict[str, Any]]:
    return [{"entity": {"type": "Supplier", "key": "id"}, "facts": [{"predicate": "risk", "value": "v"} | changes]}]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"map": [{"entity": {"type": "Planet", "key": "id"}}]}, "register: no type 'Planet' in ontology 'trade'"),
        ({"map": fact(predicate="orbits")}, "register: no predicate 'orbits' in ontology 'trade'"),
        ({"map": fact(value={"from": "v", "table": "risks"})}, "register: no table 'risks' under tables"),
        ({"map": fact(predicate={"from": "v", "table": "verbs"})}, "register: no table 'verbs' under tables"),
        (
            {"map": fact(predicate={"from": "v", "table": "verbs"}), "tables": {"verbs": {"o": "orbits"}}},
            "register: no predicate 'orbits'",
        ),
        ({"map": fact(value="a->planet.name")}, "path 'a->planet.name': no lookup of that name under lookups"),
        ({"map": fact(value="$planet")}, "path '\\$planet': no \\$planet under paths"),
        ({"map": fact(object={"type": "Supplier", "key": "x"})}, "a fact takes either object or value"),
        ({"map": fact(value=None)}, "a fact takes either object or value"),
        ({"map": fact(predicate="owns")}, "predicate 'owns' takes `object` in the ontology"),
        (
            {"map": fact(value=None, object={"type": "Supplier", "key": "x"})},
            "predicate 'risk' takes `value` in the ontology",
        ),
        ({"map": fact(predicate="type")}, "a type is given by an entity, not by a fact"),
        ({"map": [{"facts": [{"predicate": "risk", "value": "v"}]}]}, "without an entity beside it needs a subject"),
        (
            {"map": [{"entity": {"type": "Supplier", "key": "id", "keys": {"isin": "x"}}}]},
            "register: no key scheme 'isin' in the ontology",
        ),
    ],
)
def test_what_the_ontology_or_the_file_does_not_have_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(MappingInvalid, match=message):
        mapping(**changes)


def test_an_ontology_file_is_told_from_a_dataset_file() -> None:
    assert [is_ontology(ONTOLOGY), is_ontology(document()), is_ontology({})] == [True, False, False]


def test_an_ontology_is_found_by_its_name_beside_the_file(tmp_path: Path) -> None:
    write_yaml(tmp_path / "a.yaml", ONTOLOGY | {"ontology": "other"})
    write_yaml(tmp_path / "b.yml", document())
    write_yaml(tmp_path / "c.yml", ONTOLOGY)
    assert find_ontology("trade", tmp_path) == ONTOLOGY
    assert find_ontology("absent", tmp_path) is None


@pytest.mark.parametrize("other", ["- a\n- b\n", "x: [\n", "--- 1\n--- 2\n", "dataset: x\nontology: trade\nx: [\n", ""])
def test_a_file_of_somebody_else_beside_the_ontology_does_no_harm(tmp_path: Path, other: str) -> None:
    (tmp_path / "a.yml").write_text(other)
    (tmp_path / "folder.yml").mkdir()
    write_yaml(tmp_path / "z.yml", ONTOLOGY)
    assert find_ontology("trade", tmp_path) == ONTOLOGY


def test_an_ontology_beside_the_file_that_is_no_yaml_is_said(tmp_path: Path) -> None:
    (tmp_path / "o.yml").write_text("ontology: trade\ntypes: {\n")
    with pytest.raises(MappingInvalid, match=r"o\.yml:3: not YAML"):
        find_ontology("trade", tmp_path)


def test_a_file_takes_from_the_one_it_extends_what_it_does_not_say(tmp_path: Path) -> None:
    (tmp_path / "one.yml").write_text("dataset: d\nversion: '1'\ncurrent: '1'\nfiles: [a]\n", "utf-8")
    (tmp_path / "two.yml").write_text("extends: one.yml\nversion: '2'\n", "utf-8")
    assert read_document(tmp_path / "two.yml") == {"dataset": "d", "version": "2", "files": ["a"]}


def test_a_file_may_extend_one_of_another_folder(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "one.yml").write_text("dataset: d\nfiles: [a]\n", "utf-8")
    (tmp_path / "more" / "two.yml").write_text("extends: ../one.yml\nversion: '2'\n", "utf-8")
    assert read_document(tmp_path / "more" / "two.yml") == {"dataset": "d", "version": "2", "files": ["a"]}


def test_an_ontology_adds_to_the_one_it_extends_and_says_anew_what_it_names_too(tmp_path: Path) -> None:
    below = {"ontology": "o", "types": {"A": {"nouns": ["a"]}, "B": {}}, "missing": [{"words": ["x"], "says": "no"}]}
    write_yaml(tmp_path / "one.yml", below)
    write_yaml(tmp_path / "two.yml", {"extends": "one.yml", "ontology": "p", "types": {"B": {"is": "A"}, "C": {}}})
    assert read_document(tmp_path / "two.yml") == {
        "ontology": "p",
        "types": {"A": {"nouns": ["a"]}, "B": {"is": "A"}, "C": {}},
        "missing": [{"words": ["x"], "says": "no"}],
    }


def test_a_part_that_is_no_mapping_is_left_to_the_check_of_the_ontology(tmp_path: Path) -> None:
    write_yaml(tmp_path / "one.yml", {"ontology": "o", "types": {"A": {}}})
    write_yaml(tmp_path / "two.yml", {"extends": "one.yml", "ontology": "p", "types": ["B"]})
    assert read_document(tmp_path / "two.yml")["types"] == ["B"]


@pytest.mark.parametrize("above", ["two.yml", "[one.yml]", "three.yml"])
def test_a_file_does_not_extend_itself_or_one_that_extends(tmp_path: Path, above: str) -> None:
    (tmp_path / "one.yml").write_text("dataset: d\n", "utf-8")
    (tmp_path / "two.yml").write_text(f"extends: {above}\n", "utf-8")
    (tmp_path / "three.yml").write_text("extends: one.yml\n", "utf-8")
    with pytest.raises(MappingInvalid, match="extends"):
        read_document(tmp_path / "two.yml")
