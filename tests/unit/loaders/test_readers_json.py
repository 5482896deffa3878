"""JSON and JSON lines: records with the pointer or line they stand at."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.readers import Record, reader_for


def records(data: Any, pointer: str | None = None, name: Any = "json") -> list[Record]:
    content = data if isinstance(data, bytes) else json.dumps(data).encode()
    return list(reader_for(name)(io.BytesIO(content), Options(records=[pointer] if pointer else [])))


def places(data: Any, pointer: str | None = None) -> list[str]:
    return [record.locator for record in records(data, pointer)]


def test_the_members_of_a_list_or_object_are_records_by_default() -> None:
    assert records([{"a": 1}, {"a": 2}]) == [Record("/0", {"a": 1}), Record("/1", {"a": 2})]
    assert places({"x": {}, "y": {}}) == ["/x", "/y"]


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ("/items/*", ["/items/0", "/items/1"]),
        ("/items/1", ["/items/1"]),
        ("/items/01", []),
        ("/items/\u00b2", []),
        ("/items/7", []),
        ("/items/0/parts/*", ["/items/0/parts/0"]),
        ("/items/*/parts/*", ["/items/0/parts/0", "/items/1/parts/0"]),
        ("/**/parts/*", ["/items/0/parts/0", "/items/1/parts/0"]),
        ("/nowhere/*", []),
        ("/a~1b/c~0d", ["/a~1b/c~0d"]),
        ("/a~1b/*", ["/a~1b/c~0d"]),
    ],
)
def test_a_pointer_picks_records_and_the_locator_leads_back(pointer: str, expected: list[str]) -> None:
    document = {"items": [{"parts": [{"n": 1}]}, {"parts": [{"n": 2}]}], "a/b": {"c~d": {"n": 3}}}
    found = records(document, pointer)
    assert [record.locator for record in found] == expected
    assert all(records(document, record.locator) == [record] for record in found)


def test_a_pointer_of_every_depth_reaches_nested_members_once() -> None:
    document = {"groups": [{"id": "a", "groups": [{"id": "b", "groups": []}]}]}
    assert places(document, "/**/groups/*") == ["/groups/0", "/groups/0/groups/0"]


def test_a_member_that_is_no_object_is_a_record_with_a_problem() -> None:
    assert records([1, "x", None]) == [
        Record(f"/{i}", {"value": value}, "not a JSON object") for i, value in enumerate([1, "x", None])
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"a": [1,\n2', "not JSON at line 2, column 2"),
        (b"", "not JSON at line 1, column 1"),
        (b'[{"a": "x\ny"}]', "not JSON at line 1"),
        (b'[{"a": 1, "a": 2}]', "the key 'a' is given twice in one object"),
        (b"[NaN]", "NaN is not a JSON number"),
        (b"[-Infinity]", "-Infinity is not a JSON number"),
        (b"[" * 100_000 + b"]" * 100_000, "nested more than 100 deep"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested more than 100 deep"),
        (b"[" * 500 + b"]" * 500, "nested more than 100 deep"),
        (b"[" * 100 + b'{"a": 1}' + b"]" * 100, "nested more than 100 deep"),
        (b"[" * 100 + b"{}" + b"]" * 100, "nested more than 100 deep"),
        (b"[" + b"1" * 5_000 + b"]", "not usable JSON: Exceeds the limit"),
        (b'[{"a": "\\ud800"}]', "half of a surrogate pair"),
        (b'[{"a": "\xff"}]', "not utf-8 at byte 8"),
    ],
)
def test_a_file_that_is_no_usable_json_is_refused_with_the_place(data: bytes, message: str) -> None:
    with pytest.raises(SourceUnreadable) as caught:
        records(data)
    assert message in str(caught.value)


def test_a_whole_surrogate_pair_is_a_character() -> None:
    assert records(b'[{"a": "\\ud83d\\ude00"}]')[0].fields == {"a": "\U0001f600"}


def test_one_hundred_levels_are_read() -> None:
    assert len(records(b"[" * 100 + b"]" * 100)) == 1


def test_one_broken_line_leaves_the_others() -> None:
    found = records(b'{"a": 1}\n{"a": \n\n[1]\n{"a": 4}\n', name="jsonl")
    assert [(record.locator, record.problem) for record in found] == [
        ("line 1", None),
        ("line 2", "not JSON at line 1, column 7: Expecting value"),
        ("line 4", "not a JSON object"),
        ("line 5", None),
    ]
    assert found[1].fields == {"text": '{"a": '}


def test_a_line_separator_inside_a_text_does_not_end_a_line() -> None:
    assert [record.locator for record in records('{"a": "x\u2028y"}\r\n{"a": 2}'.encode(), name="jsonl")] == [
        "line 1",
        "line 2",
    ]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"x\x1b[2J": {}}, "control character U+001B in the key 'x\\x1b[2J' of the top"),
        ([{"a": [{"ok": 1}, {"b\n": {}}]}], "control character U+000A in the key 'b\\n' of /0/a/1"),
        ({"a/b": {"c\u202e": {"d\x07": 1}}}, "hidden character U+202E in the key 'c\\u202e' of /a~1b"),
    ],
)
def test_a_key_with_a_character_that_is_not_seen_is_refused_with_its_place(document: Any, message: str) -> None:
    with pytest.raises(SourceUnreadable) as caught:
        records(document)
    assert str(caught.value) == f"not usable JSON: {message}"


def test_a_line_with_such_a_key_is_a_record_with_a_problem() -> None:
    found = records(b'{"a": 1}\n{"b\\u0007": 1}\n', name="jsonl")
    problem = "not usable JSON: control character U+0007 in the key 'b\\x07' of the top"
    assert [record.problem for record in found] == [None, problem]


@pytest.mark.parametrize("inmost", [b'{"a": 1}', b"{}", b"[]"])
def test_a_document_of_just_the_greatest_depth_is_read(inmost: bytes) -> None:
    assert len(records(b"[" * 99 + inmost + b"]" * 99)) == 1


def test_several_pointers_pick_one_after_the_other() -> None:
    content = json.dumps({"a": [{"x": 1}], "b": {"c": {"y": 2}}}).encode()
    found = list(reader_for("json")(io.BytesIO(content), Options(records=["/b/*", "/a/*"])))
    assert [record.locator for record in found] == ["/b/c", "/a/0"]


def test_a_record_can_carry_the_name_it_stands_under_and_the_object_around_it() -> None:
    content = json.dumps({"n": {"t.a": {"id": 1, "columns": {"c": {"k": 2}}}}}).encode()
    [record] = reader_for("json")(io.BytesIO(content), Options(records=["/n/*/columns/*"], enclosing=True))
    assert (record.locator, record.fields["k"], record.fields["@key"]) == ("/n/t.a/columns/c", 2, "c")
    assert record.fields["@up"]["@up"]["id"] == 1
    assert record.fields["@up"]["@up"]["@key"] == "t.a"


def test_a_value_that_is_no_object_is_a_record_where_what_encloses_it_is_asked_for() -> None:
    content = json.dumps({"n": [["a", "b"], 7]}).encode()
    found = list(reader_for("json")(io.BytesIO(content), Options(records=["/n/*"], enclosing=True)))
    assert [(one.fields["value"], one.fields["@key"], one.problem) for one in found] == [
        (["a", "b"], "0", None),
        (7, "1", None),
    ]


def test_a_pointer_picks_records_inside_each_line() -> None:
    content = b'{"nodes": [{"id": 1}, {"id": 2}]}\n\n{"nodes": [{"id": 3}]}\n'
    found = list(reader_for("jsonl")(io.BytesIO(content), Options(records=["/nodes/*"])))
    assert [record.locator for record in found] == ["line 1/nodes/0", "line 1/nodes/1", "line 3/nodes/0"]
