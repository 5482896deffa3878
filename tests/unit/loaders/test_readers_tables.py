"""Parquet, Arrow, Excel: rows of typed values, as JSON has them."""

from __future__ import annotations

import datetime as dt
import decimal
import io
import sys
import zipfile
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.readers import Record, reader_for

COLUMNS: dict[str, list[Any]] = {
    "id": ["SUP-1", "SUP-2"],
    "share": [0.5, float("nan")],
    "price": [decimal.Decimal("1.10"), None],
    "since": [dt.date(2026, 3, 1), dt.date(2026, 4, 1)],
    "seen": [dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC), None],
    "tags": [["a", "b"], []],
    "place": [{"city": "Ulm"}, None],
    "raw": [b"\x00\xff", b""],
}
ROWS: list[dict[str, Any]] = [
    {
        "id": "SUP-1", "share": 0.5, "price": "1.10", "since": "2026-03-01", "seen": "2026-03-01T09:30:00+00:00",
        "tags": ["a", "b"], "place": {"city": "Ulm"}, "raw": "00ff",
    },
    {
        "id": "SUP-2", "share": "nan", "price": None, "since": "2026-04-01", "seen": None,
        "tags": [], "place": None, "raw": "",
    },
]  # fmt: skip


def read(name: str, data: bytes, **options: Any) -> list[Record]:
    return list(reader_for(name)(io.BytesIO(data), Options(**options)))


def parquet(columns: dict[str, list[Any]] = COLUMNS, **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, **options)
    return out.getvalue()


def arrow_file(columns: dict[str, list[Any]] = COLUMNS) -> bytes:
    out = io.BytesIO()
    table = pa.table(columns)
    with pa.ipc.new_file(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue()


def arrow_stream(columns: dict[str, list[Any]] = COLUMNS) -> bytes:
    out = io.BytesIO()
    table = pa.table(columns)
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue()


def workbook(sheets: dict[str, list[list[Any]]], first_row: int = 0) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows, first_row):
            sheet.write_row(number, 0, row)
    book.close()
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "write"), [("parquet", parquet), ("arrow", arrow_file), ("arrow", arrow_stream)], ids=str
)
def test_columns_become_rows_with_values_of_json(name: str, write: Callable[[], bytes]) -> None:
    assert read(name, write()) == [Record(f"row {number}", row) for number, row in enumerate(ROWS, 1)]


def test_row_groups_are_numbered_through() -> None:
    data = parquet({"n": list(range(12_000))}, row_group_size=700)
    assert [(one.locator, one.fields["n"]) for one in read("parquet", data)][-1] == ("row 12000", 11_999)


@pytest.mark.parametrize("name", ["parquet", "arrow", "excel"])
@pytest.mark.parametrize("data", [b"", b"id,name\n1,2\n", b"PAR1 and PAR1", b"ARROW1\x00\x00rest", b"PK\x03\x04rest"])
def test_a_file_of_another_format_is_refused(name: str, data: bytes) -> None:
    with pytest.raises(SourceUnreadable, match="not a usable"):
        read(name, data)


@pytest.mark.parametrize(("name", "write"), [("parquet", parquet), ("arrow", arrow_file)])
def test_a_truncated_file_is_refused(name: str, write: Callable[[], bytes]) -> None:
    data = write()
    for cut in (1, 8, len(data) // 2):
        with pytest.raises(SourceUnreadable, match="not a usable"):
            read(name, data[:-cut])


def test_a_row_group_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loaders.readers.parquet.MAX_GROUP", 1_000)
    with pytest.raises(SourceUnreadable, match="row group 0 unpacks to more than 1,000 bytes"):
        read("parquet", parquet({"n": list(range(1_000))}))


def test_a_sheet_is_rows_under_its_header_with_their_own_numbers() -> None:
    data = workbook({"Suppliers": [["id", "share", "since"], ["SUP-1", 2.0, dt.date(2026, 3, 1)], [], ["SUP-2"]]})
    assert read("excel", data) == [
        Record("Suppliers!2", {"id": "SUP-1", "share": 2, "since": "2026-03-01", "@sheet": "Suppliers"}),
        Record("Suppliers!4", {"id": "SUP-2", "share": None, "since": None, "@sheet": "Suppliers"}),
    ]


def test_a_sheet_that_starts_lower_keeps_the_numbers_a_person_sees() -> None:
    data = workbook({"S": [["id"], ["SUP-1"]]}, first_row=4)
    assert read("excel", data) == [Record("S!6", {"id": "SUP-1", "@sheet": "S"})]


def test_the_sheets_wanted_are_named_else_all_are_read() -> None:
    data = workbook({"A": [["id"], ["1"]], "B#2": [["id"], ["2"]]})
    assert [one.locator for one in read("excel", data)] == ["A!2", "B%232!2"]
    assert [one.locator for one in read("excel", data, sheets="B#2")] == ["B%232!2"]
    with pytest.raises(SourceUnreadable, match="no sheet 'C'; there are A, B#2"):
        read("excel", data, sheets="C")


def test_a_row_longer_than_the_header_is_a_record_with_a_problem() -> None:
    [record] = read("excel", workbook({"S": [["id", "name"], ["1", "a", "", "more"]]}))
    assert record.problem == "4 cells where the header has 2"


@pytest.mark.parametrize("names", [["id", "id"], ["id", "na\u202eme"]])
def test_a_header_with_two_of_one_name_or_hidden_characters_is_refused(names: list[str]) -> None:
    with pytest.raises(SourceUnreadable, match=r"S!1: (field 'id' is named twice|hidden character)"):
        read("excel", workbook({"S": [names, ["1", "2"]]}))


def test_a_workbook_that_unpacks_to_far_more_than_it_is_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(60_000_000))
    assert len(out.getvalue()) < 100_000
    with pytest.raises(SourceUnreadable, match="1 parts that unpack to 60,000,000 bytes"):
        read("excel", out.getvalue())


@pytest.mark.parametrize(("name", "module"), [("parquet", "pyarrow.parquet"), ("excel", "python_calamine")])
def test_a_format_whose_package_is_missing_says_what_to_install(
    name: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SourceUnreadable, match=rf"pip install 'whence\[{name}\]'"):
        read(name, b"")
