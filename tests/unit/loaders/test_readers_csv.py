"""CSV and TSV: rows with the line they start on."""

from __future__ import annotations

import io
from typing import Any

import pytest

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.readers import Record, reader_for


def rows(data: bytes, name: Any = "csv", **options: Any) -> list[Record]:
    return list(reader_for(name)(io.BytesIO(data), Options(**options)))


def test_a_row_is_located_by_its_line() -> None:
    assert rows(b"a,b\n1,2\n3,4\n") == [
        Record("line 2", {"a": "1", "b": "2"}),
        Record("line 3", {"a": "3", "b": "4"}),
    ]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_quoted_cell_may_hold_line_ends_and_later_rows_keep_their_lines(end: bytes) -> None:
    data = end.join([b"a,b", b'"one', b'two ""three""",2', b"", b"x,y", b""])
    found = rows(data)
    assert [(record.locator, record.problem) for record in found] == [("line 2", None), ("line 5", None)]
    assert found[0].fields["a"].splitlines() == ["one", 'two "three"']


def test_a_byte_order_mark_is_no_part_of_the_first_field() -> None:
    assert list(rows(b"\xef\xbb\xbfid\n7\n")[0].fields) == ["id"]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("name", ["utf-8", "UTF8"])
def test_a_wrong_encoding_is_said_with_the_byte(name: str, mark: bytes) -> None:
    with pytest.raises(SourceUnreadable, match=f"at byte {len(mark) + 8}: give the file's encoding"):
        rows(mark + "name\nCafé\nÖl\n".encode("latin-1"), encoding=name)


def test_the_encoding_is_an_option() -> None:
    assert rows("name\nÖl\n".encode("latin-1"), encoding="latin-1")[0].fields == {"name": "Öl"}


@pytest.mark.parametrize("name", ["no-such", "rot13", "a\x00b"])
def test_an_encoding_that_is_none_is_said(name: str) -> None:
    with pytest.raises(SourceUnreadable, match="no encoding"):
        rows(b"a\n1\n", encoding=name)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (b"1", "1 cells where the header has 2"),
        (b"1,2,3", "3 cells where the header has 2"),
        (b"1,2", None),
    ],
)
def test_a_ragged_row_is_a_record_with_a_problem(row: bytes, problem: str | None) -> None:
    found = rows(b"a,b\n" + row + b"\nx,y\n")
    assert [record.problem for record in found] == [problem, None]


def test_a_blank_line_is_no_row() -> None:
    assert [record.locator for record in rows(b"a,b\n\n1,2\n\n")] == ["line 3"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "line 1: no header row"),
        (b"\n\n", "line 1: no header row"),
        (b" , \n1,2\n", "line 1: no header row"),
        (b"a,b,a\n1,2,3\n", "line 1: field 'a' is named twice"),
        (b"a, a\n1,2\n", "line 1: field 'a' is named twice"),
        (b"a,b\x1b[2J\n1,2\n", "line 1: control character U+001B in the name of field 'b\\x1b[2J'"),
        (b'a,"b\nc"\n1,2\n', "line 1: control character U+000A in the name of field 'b\\nc'"),
        ("a,b\u202e\n1,2\n".encode(), "line 1: hidden character U+202E in the name of field 'b\\u202e'"),
        (b'a,b\n1,2\n"x,3\n', "line 3: unexpected end of data"),
        (b'a,b\n"x"y,1\n', "line 2: ',' expected after '\"'"),
        (b'a,b\n"x\ny\nz,3\n', "line 2: unexpected end of data"),
    ],
)
def test_a_file_that_cannot_be_read_as_rows_is_refused_with_the_line(data: bytes, message: str) -> None:
    with pytest.raises(SourceUnreadable) as caught:
        rows(data)
    assert message in str(caught.value)


@pytest.mark.parametrize("cell", ["x" * 1_000_001, '"' + "x\n" * 500_001 + '"'], ids=["plain", "quoted"])
def test_a_row_with_a_very_long_cell_is_a_record_with_a_problem(cell: str) -> None:
    long, after = rows(f"a,b\n1,{cell}\nx,y\n".encode())
    length = len(cell.strip('"'))
    assert (long.locator, long.problem) == ("line 2", f"a cell of {length:,} characters where 1,000,000 are allowed")
    assert len(long.fields["b"]) == 1_000_000
    assert (after.locator, after.problem) == (f"line {3 + cell.count(chr(10))}", None)


def test_the_delimiter_is_an_option() -> None:
    assert rows(b"a;b\n1,5;2\n", delimiter=";")[0].fields == {"a": "1,5", "b": "2"}


def test_tabs_divide_the_cells_of_tsv() -> None:
    assert rows(b"a\tb\n1, 2\t3\n", "tsv")[0].fields == {"a": "1, 2", "b": "3"}


def test_fields_can_be_named_where_the_first_row_does_not() -> None:
    found = list(reader_for("csv")(io.BytesIO(b"a|b\nc|d\n"), Options(delimiter="|", fields=["x", "y"])))
    assert [(record.locator, record.fields) for record in found] == [
        ("line 1", {"x": "a", "y": "b"}),
        ("line 2", {"x": "c", "y": "d"}),
    ]
