"""Bad files 22 to 28 of docs/bad-inputs.md, JSON, YAML, archives and tables, as whole loads; see test_bad_files.py."""

from __future__ import annotations

import io
import json
import zipfile

import pyarrow as pa
import pytest
import xlsxwriter

from kg.errors import MappingInvalid
from tests.faults.town import Town

SHARES = [
    {"entity": {"type": "Supplier", "key": "id", "name": "name"}, "facts": [{"predicate": "share", "value": "share"}]}
]
RISKS = [
    {"entity": {"type": "Supplier", "key": "id", "name": "name"}, "facts": [{"predicate": "risk", "value": "risk"}]}
]
JSON_FORMATS = ["json", "stix", "oscal", "openlineage", "jsonld"]


@pytest.mark.parametrize("kind", JSON_FORMATS)
@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("[" * 100_000 + "]" * 100_000, "nested more than 100 deep", id="22 lists"),
        pytest.param('{"a":' * 3_000 + "1" + "}" * 3_000, "nested more than 100 deep", id="22 objects"),
        pytest.param('{"a": NaN}', "NaN is not a JSON number", id="23"),
        pytest.param('{"a": [-Infinity]}', "-Infinity is not a JSON number", id="23 infinity"),
        pytest.param('{"a": 1, "b": {"c": 1, "c": 2}}', "the key 'c' is given twice", id="24"),
        pytest.param(f'{{"a": {"9" * 5_000}}}', "Exceeds the limit", id="25"),
    ],
)
def test_json_that_could_harm_or_means_two_things(town: Town, kind: str, text: str, message: str) -> None:
    # Over two lines, so that it is a document in every one of these formats.
    assert message in town.refused("d.json", f"\n{text}", format=kind, map=SHARES)


def test_a_line_of_json_that_could_harm_is_a_rejected_record(town: Town) -> None:
    """22 to 25, where each line stands for itself."""
    lines = ['{"id": NaN}', '{"id": 1, "id": 2}', "[" * 3_000, f'{{"id": {"9" * 5_000}}}', '{"id": "SUP-1"}']
    supplier = [{"entity": {"type": "Supplier", "key": "id"}}]
    town.load("d.jsonl", "\n".join(lines), format="jsonl", map=supplier, expect={"rejected": 1})
    assert [place for place, _ in town.folder.rejected()] == [f"line {number}" for number in (1, 2, 3, 4)]
    assert town.folder.graph() == [("supplier:SUP-1", "type", "Supplier")]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("json", '[{"id": "SUP-1", "name": "a", "VALUE": 1e999}]'),
        ("yaml", "[{id: SUP-1, name: a, VALUE: .inf}]"),
        ("yaml", "[{id: SUP-1, name: a, VALUE: .nan}]"),
        ("csv", "id,name,VALUE\nSUP-1,a,Infinity\n"),
    ],
    ids=lambda one: f"23 {one}" if len(one) < 6 else "",
)
def test_a_number_that_is_none(town: Town, kind: str, text: str) -> None:
    town.load("d", text.replace("VALUE", "share"), format=kind, map=SHARES, expect={"rejected": 1})
    assert "share" not in {predicate for _, predicate, _ in town.folder.graph()}
    assert "is not a number" in town.folder.rejected()[0][1]


def test_a_number_too_large_for_json_is_no_text_either(town: Town) -> None:
    """23: JSON has no infinity, so what is read as one is not what the file says."""
    text = '[{"id": "SUP-1", "name": "a", "risk": 1e999}]'
    town.load("d", text, format="json", map=RISKS, expect={"rejected": 1})
    assert town.folder.rejected() == [("/0", "risk: a number that is not finite")]


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**40])
def test_a_whole_number_of_any_size_keeps_its_digits(town: Town, number: int) -> None:
    """25: literals are text in either store, so no number is too large for one."""
    text = json.dumps([{"id": "SUP-1", "name": "a", "share": number}])
    town.load("d", text, format="json", map=SHARES)
    assert ("supplier:SUP-1", "share", str(number)) in town.folder.graph()


LAUGHS = "a0: &a0 [x]\n" + "".join(f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 10)}]\n" for i in range(7))


@pytest.mark.parametrize("kind", ["yaml", "oscal"])
def test_a_yaml_alias_bomb(town: Town, kind: str) -> None:
    """26."""
    said = town.refused("d.yaml", LAUGHS, format=kind, map=SHARES)
    assert "an alias inside what has an anchor" in said


def test_a_yaml_alias_bomb_as_a_dataset_file(town: Town) -> None:
    """26: files that people write are read with the same care."""
    path = town.folder.path / "bomb.yml"
    path.write_text(f"dataset: x\n{LAUGHS}")
    with pytest.raises(MappingInvalid, match="an alias inside what has an anchor"):
        list(town.folder.load_files(path))


def workbook() -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("S")
    for number, row in enumerate([["id", "name"], ["SUP-1", "Kestrel"]]):
        sheet.write_row(number, 0, row)
    book.close()
    return out.getvalue()


def with_entry(archive: bytes, name: str, content: bytes, mode: int = 0o100644) -> bytes:
    out = io.BytesIO(archive)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as opened:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        opened.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("inner", content)
    return out.getvalue()


def test_a_workbook_that_is_a_bomb(town: Town) -> None:
    """27."""
    book = with_entry(workbook(), "xl/media/image1.bin", bytes(80_000_000))
    assert len(book) < 200_000
    assert "parts that unpack to 80" in town.refused("d.xlsx", book, format="excel")


@pytest.mark.parametrize(
    "book",
    [
        pytest.param(with_entry(workbook(), "../escaped.txt", b"x"), id="27 path"),
        pytest.param(with_entry(workbook(), "xl/link", b"../../hidden.txt", 0o120777), id="27 link"),
        pytest.param(with_entry(workbook(), "xl/nested.zip", zipped(zipped(b"x" * 1_000))), id="27 nested"),
    ],
)
def test_parts_of_a_workbook_are_never_unpacked_to_files(town: Town, book: bytes) -> None:
    before = sorted(town.folder.path.parent.rglob("*"))
    town.load("d.xlsx", book, format="excel", ignore=[])
    assert ("supplier:SUP-1", "name", "Kestrel") in town.folder.graph()
    made = {path.name for path in town.folder.path.parent.rglob("*")} - {path.name for path in before}
    assert made == {"d.xlsx"}


@pytest.mark.parametrize("kind", ["csv", "json", "yaml", "xml", "turtle", "parquet", "arrow", "excel"])
def test_an_archive_in_the_place_of_a_file(town: Town, kind: str) -> None:
    """27: only gzip is unpacked."""
    assert "not " in town.refused("d", zipped(b"id,name\nSUP-1,x\n" * 1_000), format=kind, map=SHARES)


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
def test_an_arrow_file_that_is_a_bomb(town: Town, codec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """27."""
    monkeypatch.setattr("loaders.readers.parquet.MAX_GROUP", 1_000_000)
    out = io.BytesIO()
    table = pa.table({"id": [0] * 1_000_000})
    with pa.ipc.new_file(out, table.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as writer:
        writer.write_table(table)
    assert "unpacks to more than 1,000,000 bytes" in town.refused("d.arrow", out.getvalue(), format="arrow", map=SHARES)


@pytest.mark.parametrize(
    ("row", "place", "reason"),
    [
        pytest.param("SUP-1,a,more", "line 2", "3 cells where the header has 2", id="28 ragged"),
        pytest.param("SUP-1", "line 2", "1 cells where the header has 2", id="28 short"),
        pytest.param("SUP-1,a\x00b", "line 2", "control character U+0000", id="28 zero byte"),
        pytest.param(f"SUP-1,{'x' * 900_000}", "line 2", "900,000 characters where 1,000 are allowed", id="28 long"),
        pytest.param(f"SUP-1,{'x' * 10_000_000}", "line 2", "a cell of 10,000,000 characters", id="28 10 MB cell"),
    ],
)
def test_a_bad_row_is_rejected_with_its_line_and_leaves_the_others(
    town: Town, row: str, place: str, reason: str
) -> None:
    town.load("data.csv", f"id,name\n{row}\nSUP-2,b\n", expect={"rejected": 1}, ignore=[])
    assert ("supplier:SUP-2", "name", "b") in town.folder.graph()
    [(where, said)] = town.folder.rejected()
    assert where.startswith(place)
    assert reason in said


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("id,name\nSUP-1,Öl\n".encode("latin-1"), "not utf-8 at byte 14", id="28 encoding"),
        pytest.param("id,name\nSUP-1,x\n".encode("utf-16"), "not utf-8 at byte 0", id="28 utf-16"),
        pytest.param(b'id,name\nSUP-1,"x\nSUP-2,b\n', "line 2: unexpected end of data", id="28 open quote"),
    ],
)
def test_a_table_that_cannot_be_told_into_rows(town: Town, content: bytes, message: str) -> None:
    assert message in town.refused("data.csv", content, ignore=[])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=lambda end: f"28 {end!r}")
def test_a_byte_order_mark_and_any_line_end(town: Town, end: str) -> None:
    text = end.join(["\ufeffid,name", '"SUP-1","two', 'lines"', "SUP-2,b", ""])
    town.load("data.csv", text.encode(), ignore=[], expect={"rejected": 1})
    assert ("supplier:SUP-2", "name", "b") in town.folder.graph()
    assert [place for place, _ in town.folder.rejected()] == ["line 2"]


def test_a_formula_is_text_and_harmless_when_it_is_written_out(town: Town) -> None:
    """28: see also test_no_cell_of_a_csv_is_a_formula."""
    text = "id,name\nSUP-1,=cmd|' /C calc'!A0\n"
    town.load("data.csv", text, ignore=[])
    assert ("supplier:SUP-1", "name", "=cmd|' /C calc'!A0") in town.folder.graph()
