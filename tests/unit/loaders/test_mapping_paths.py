"""The path language of a mapping and its clean-up functions."""

from __future__ import annotations

from typing import Any

import pytest

from kg.errors import MappingInvalid
from loaders.paths import ValueRejected, compile_path

RECORD: dict[str, Any] = {
    "name": "  Kestrel  Oils ",
    "Supplier No": "SUP-1",
    "a.b": "dotted",
    "empty": "",
    "blank": "  ",
    "none": None,
    "zero": 0,
    "no": False,
    "$m": "paid",
    "inner": {"field": "deep", "list": [{"x": 1}, {"x": 2}]},
    "tags": ["a", "b", None, ""],
    "refs": [{"kind": "m", "id": "M1"}, {"kind": "c", "id": "C1"}, "text", {"kind": "m", "id": "M2"}],
    "other": "r1",
    "others": ["r1", "r2", "r9"],
    "letters": "a; b;;c ",
    "day": "31/03/2026",
    "moment": "2026-03-31T09:00:00Z",
}
LOOKUPS = {"object": {"r1": {"name": "first", "next": "r2"}, "r2": {"name": "second"}}}
NAMES = {"m": "refs[kind=m].id", "day": "day | date %d/%m/%Y"}


def values(path: str, record: dict[str, Any] | None = None) -> list[Any]:
    return compile_path(path, NAMES, LOOKUPS).values(RECORD if record is None else record, LOOKUPS)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("other", ["r1"]),
        ("Supplier No", ["SUP-1"]),
        ('"Supplier No"', ["SUP-1"]),
        ('"a.b"', ["dotted"]),
        ('"$m"', ["paid"]),
        ("inner.field", ["deep"]),
        ("inner.list.x", [1, 2]),
        ("tags", ["a", "b"]),
        ("tags[1]", ["b"]),
        ("tags[2]", []),
        ("refs[0].id", ["M1"]),
        ("= {tags[0]}-{tags[1]}", ["a-b"]),
        ("refs[kind=m].id", ["M1", "M2"]),
        ("refs[kind=z].id", []),
        ("$m", ["M1", "M2"]),
        ("$day", ["2026-03-31"]),
        ("$day | split -", ["2026", "03", "31"]),
        ("other->object.name", ["first"]),
        ("others->object.name", ["first", "second"]),
        ("other->object.next->object.name", ["second"]),
        ("= a constant. Yes", ["a constant. Yes"]),
        ("= x | upper", ["X"]),
        ("absent", []),
        ("absent.inner", []),
        ("other.inner", []),
        ("empty", []),
        ("blank", []),
        ("blank | upper", []),
        ("none", []),
        ("zero", [0]),
        ("no", [False]),
    ],
)
def test_a_path_gives_every_value_it_reaches(path: str, expected: list[Any]) -> None:
    assert values(path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("name | strip", ["Kestrel  Oils"]),
        ("name | collapse", ["Kestrel Oils"]),
        ("name | collapse | upper", ["KESTREL OILS"]),
        ("name | collapse | lower", ["kestrel oils"]),
        ("letters | split ;", ["a", "b", "c"]),
        ("day | date %d/%m/%Y", ["2026-03-31"]),
        ("moment | date", ["2026-03-31"]),
        ("absent | date", []),
        ("empty | number", []),
        ("empty | boolean", []),
    ],
)
def test_clean_up_functions_follow_in_order(path: str, expected: list[Any]) -> None:
    assert values(path) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("1", "1"),
        ("1.50", "1.5"),
        (" 100 ", "100"),
        ("0.0", "0"),
        ("-0", "0"),
        ("-3.10", "-3.1"),
        ("1e3", "1000"),
        ("1E-3", "0.001"),
        (12, "12"),
        (0.1, "0.1"),
        ("1234567890123456789012345678901.25", "1234567890123456789012345678901.25"),
    ],
)
def test_a_number_has_one_spelling_and_loses_no_digit(given: Any, expected: str) -> None:
    assert values("n | number", {"n": given}) == [expected]


@pytest.mark.parametrize("given", ["x", "1,5", "NaN", "Infinity", "1_000", "1e999999", "1e-70", "9" * 500, True])
def test_what_is_no_number_is_rejected(given: Any) -> None:
    with pytest.raises(ValueRejected, match=r"is not a number|is out of range"):
        values("n | number", {"n": given})


@pytest.mark.parametrize(
    ("given", "expected"),
    [("Yes", "true"), ("y", "true"), (1, "true"), (True, "true"), ("FALSE", "false"), ("n", "false"), (0, "false")],
)
def test_a_boolean_is_read_as_people_write_it(given: Any, expected: str) -> None:
    assert values("b | boolean", {"b": given}) == [expected]


@pytest.mark.parametrize(
    ("function", "given"),
    [("boolean", "perhaps"), ("date", "31/03/2026"), ("date", "2026-02-30"), ("date %d/%m/%Y", "2026-03-31")],
)
def test_a_value_that_a_function_does_not_take_is_named(function: str, given: str) -> None:
    with pytest.raises(ValueRejected, match=f"'{given}' is not"):
        values(f"v | {function}", {"v": given})


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("", "expected a field at its beginning"),
        ("a.", "expected a field at its end"),
        ("->object.name", "expected a field at its beginning"),
        ("a..b", "cannot read '.b'"),
        ("a[b]", "cannot read"),
        ("$unknown", "no \\$unknown under paths"),
        ("a->unknown.b", "no lookup of that name"),
        ("a | shout", "no clean-up function 'shout'"),
        ("a | split", "no clean-up function 'split'"),
        ("a | upper x", "no clean-up function 'upper x'"),
    ],
)
def test_a_path_that_cannot_be_read_is_named(path: str, message: str) -> None:
    with pytest.raises(MappingInvalid, match=message):
        compile_path(path, {}, LOOKUPS)


@pytest.mark.parametrize(
    ("path", "field"), [("a.b", "a"), ("a->object.name", "a"), ("$m", "refs"), ("Supplier No", "Supplier No")]
)
def test_a_path_knows_the_field_of_the_record_it_starts_from(path: str, field: str) -> None:
    assert compile_path(path, NAMES, LOOKUPS).fields == {field}


def test_a_constant_starts_from_no_field() -> None:
    assert compile_path("= x", {}, {}).fields == frozenset()


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("= {a.b}/{c}", ["1/x", "1/y"]),
        ("= no {missing} here", []),
        ("= {c} | upper", ["X", "Y"]),
    ],
)
def test_a_text_with_paths_in_braces_is_made_of_their_values(path: str, values: list[str]) -> None:
    compiled = compile_path(path, {}, {})
    assert compiled.values({"a": {"b": 1}, "c": ["x", "y"]}, {}) == values


def test_a_text_with_paths_in_braces_starts_from_the_fields_of_all() -> None:
    assert compile_path("= {a.b}/{c}", {}, {}).fields == {"a", "c"}
