"""Suppliers, made up at random, written by each format's own library, and found again in the file without our readers.

A way to write comes with a way to look: ``look(file, place)`` gives what stands at the place of a record, by field,
each with all its values as text. It opens the file by the format's own means and knows nothing of how we read it.
"""

from __future__ import annotations

import csv
import functools
import gzip
import io
import json
import random
import re
import sqlite3
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter
import yaml
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

WORDS = [
    "Kestrel",
    "Öl",
    "a, b",
    'the "old" mill',
    "x;y",
    "Ζεύς",
    "tab\tbed",
    "<b>",
    "&amp;",
    "a/b",
    "~",
    "O'Hara",
    "#7",
    "日本",
]
ITEMS = ["oil", "salt", "honey", "Mehl", "a/b", "tea #2"]
Row = dict[str, str]
Found = dict[str, list[str]]
"""Values by field."""


def suppliers(count: int, seed: int = 7) -> list[Row]:
    """So many suppliers; one in ten says its risk over several lines."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    made = []
    for number in range(1, count + 1):
        name = " ".join(chance.sample([word for word in WORDS if "\t" not in word], 3))
        risk = chance.choice([" ".join(chance.sample(WORDS, 2)), "none", "first line\nsecond, line\n\nfourth"])
        made.append(
            {
                "id": f"SUP-{number}",
                "name": f"{name} {number}",
                "item": chance.choice(ITEMS),
                "share": str(chance.choice([number, number / 8, -number])),
                "founded": f"{chance.randint(1800, 2026)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
                "certified": chance.choice(["true", "false"]),
                "risk": risk,
            }
        )
    return made


FIELDS = ("id", "name", "item", "share", "founded", "certified", "risk")


def mapping(**renamed: str) -> list[dict[str, Any]]:
    """A mapping of these fields, some of them by other paths."""
    at = {name: renamed.get(name, name) for name in FIELDS}
    values = [{"predicate": name, "value": at[name]} for name in ("share", "founded", "certified", "risk") if at[name]]
    supplies = {"predicate": "supplies", "object": {"type": "Ingredient", "key": at["item"]}}
    return [
        {
            "entity": {"type": "Supplier", "key": at["id"], "name": at["name"]},
            "facts": [*values, *([supplies] if at["item"] else [])],
        },
        *([{"entity": {"type": "Ingredient", "key": at["item"]}}] if at["item"] else []),
    ]


@dataclass(frozen=True)
class Form:
    """A format: how its file is written, what is said of it in a dataset file, and how a place is looked at."""

    format: str
    file: str
    write: Callable[[Path, list[Row]], None]
    look: Callable[[Path, str], Found]
    said: dict[str, Any] = field(default_factory=dict)
    """Keys of the dataset file."""
    squeezed: bool = False
    """White space of a text counts as one space."""
    facts_a_row: int = 4
    """That each row is sure to give."""


def opened(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


@functools.lru_cache(maxsize=1)
def parsed(path: Path, parse: Callable[[bytes], Any]) -> Any:
    """What a library makes of the whole file; once for all places in it."""
    return parse(opened(path))


def packed(write: Callable[[Path, list[Row]], None]) -> Callable[[Path, list[Row]], None]:
    def write_packed(path: Path, rows: list[Row]) -> None:
        write(path, rows)
        path.write_bytes(gzip.compress(path.read_bytes()))

    return write_packed


# --- rows of text ---


def write_csv(path: Path, rows: list[Row], delimiter: str = ",") -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, FIELDS, delimiter=delimiter)
        out.writeheader()
        out.writerows(rows)


def look_csv(path: Path, place: str, delimiter: str = ",") -> Found:
    """The row that begins on the line."""
    lines = io.StringIO(opened(path).decode(), newline="").readlines()
    number = int(place.removeprefix("line "))
    header = next(csv.reader(lines, delimiter=delimiter))
    row = next(csv.reader(lines[number - 1 :], delimiter=delimiter))
    return {name: [value] for name, value in zip(header, row, strict=True)}


# --- documents ---


def typed(row: Row) -> dict[str, Any]:
    """Numbers and booleans as such."""
    number = float(row["share"])
    return row | {"share": int(number) if number.is_integer() else number, "certified": row["certified"] == "true"}


def texts(value: Any) -> list[str]:
    """Every text, number and boolean in a value of JSON."""
    if isinstance(value, dict):
        return [text for one in value.values() for text in texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in texts(one)]
    return [] if value is None else [str(value).lower() if isinstance(value, bool) else str(value)]


def at_pointer(document: Any, pointer: str) -> Any:
    """RFC 6901."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


def members(value: Any) -> Found:
    return {name: texts(member) for name, member in value.items()}


def write_json(path: Path, rows: list[Row]) -> None:
    path.write_text(
        json.dumps({"a/b~c": {"rows": [typed(row) for row in rows]}}, ensure_ascii=False, indent=1), "utf-8"
    )


def look_json(path: Path, place: str) -> Found:
    return members(at_pointer(parsed(path, json.loads), place))


def write_jsonl(path: Path, rows: list[Row]) -> None:
    path.write_text("\n\n".join(json.dumps({"rows": [typed(row)]}) for row in rows) + "\n", "utf-8")


def look_jsonl(path: Path, place: str) -> Found:
    number, pointer = re.fullmatch(r"line (\d+)(/.*)?", place, re.DOTALL).groups()  # type: ignore[union-attr]
    return members(at_pointer(json.loads(opened(path).split(b"\n")[int(number) - 1]), pointer or ""))


def write_yaml(path: Path, rows: list[Row]) -> None:
    path.write_text(yaml.safe_dump({"rows": [typed(row) for row in rows]}, allow_unicode=True), "utf-8")


def look_yaml(path: Path, place: str) -> Found:
    return members(at_pointer(parsed(path, yaml.safe_load), place))


def write_xml(path: Path, rows: list[Row]) -> None:
    root = ET.Element("register")
    for number, row in enumerate(rows):
        group = ET.SubElement(root, "group") if number % 5 == 0 else root[-1]
        one = ET.SubElement(group, "supplier", id=row["id"])
        for name in FIELDS[1:]:
            ET.SubElement(one, name).text = row[name]
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def without_namespaces(data: bytes) -> ET.Element:
    root = ET.fromstring(data)  # noqa: S314 (our own)
    for one in root.iter():
        one.tag = one.tag.rpartition("}")[2]
    return root


def look_xml(path: Path, place: str) -> Found:
    """XPath; what stands there by attribute (``@id``) and by child."""
    root = parsed(path, without_namespaces)
    _, first, rest = (*place.split("/", 2), "")[:3]
    assert first == f"{root.tag}[1]"
    found = root.find(rest) if rest else root
    assert found is not None
    said: Found = {f"@{name}": [value] for name, value in found.attrib.items()}
    said |= {name: [value] for name, value in found.attrib.items()}
    for child in found:
        said.setdefault(child.tag, []).append("".join(child.itertext()))
    return said


# --- tables ---


def columns(rows: list[Row]) -> pa.Table:
    made = pa.Table.from_pylist([typed(row) | {"share": float(row["share"])} for row in rows])
    return made.set_column(4, "founded", made["founded"].cast(pa.date32()))


def write_parquet(path: Path, rows: list[Row]) -> None:
    pq.write_table(columns(rows), path, row_group_size=37)


def write_arrow(path: Path, rows: list[Row]) -> None:
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, columns(rows).schema) as out:
        out.write_table(columns(rows), max_chunksize=37)


def row_of(table: pa.Table, place: str) -> Found:
    return members(table.slice(int(place.removeprefix("row ")) - 1, 1).to_pylist()[0])


def look_parquet(path: Path, place: str) -> Found:
    return row_of(pq.read_table(path), place)


def look_arrow(path: Path, place: str) -> Found:
    with pa.OSFile(str(path)) as file:
        return row_of(pa.ipc.open_file(file).read_all(), place)


def write_excel(path: Path, rows: list[Row]) -> None:
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Suppliers #1")
    sheet.write_row(2, 0, FIELDS)
    for number, row in enumerate(rows):
        # A row of nothing after each tenth.
        for column, name in enumerate(FIELDS):
            sheet.write(3 + number + number // 10, column, typed(row)[name])
    book.close()


def book_of(data: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data))


def look_excel(path: Path, place: str) -> Found:
    name, _, number = place.rpartition("!")
    sheet = parsed(path, book_of)[name.replace("%23", "#")]
    header, row = ([cell.value for cell in next(sheet.iter_rows(at, at))] for at in (3, int(number)))
    return {name: texts(value) for name, value in zip(header, row, strict=True)}


def write_ods(path: Path, rows: list[Row]) -> None:
    book = OpenDocumentSpreadsheet()
    sheet = Table(name="Suppliers")
    book.spreadsheet.addElement(sheet)
    for row in [{name: name for name in FIELDS}, *rows]:
        line = TableRow()
        sheet.addElement(line)
        for name in FIELDS:
            cell = TableCell(valuetype="string")
            line.addElement(cell)
            for paragraph in row[name].split("\n"):
                cell.addElement(P(text=paragraph))
    book.save(path)


def ods_lines(data: bytes) -> list[list[str]]:
    """Rows and paragraphs of the sheet, as they stand in the archive."""
    space = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
    row, cell, paragraph = (space % "table" + "table-row", space % "table" + "table-cell", space % "text" + "p")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        root = ET.fromstring(archive.read("content.xml"))  # noqa: S314 (our own)
    return [
        ["\n".join("".join(one.itertext()) for one in held.iter(paragraph)) for held in line.iter(cell)]
        for line in root.iter(row)
    ]


def look_ods(path: Path, place: str) -> Found:
    header, row = (parsed(path, ods_lines)[number] for number in (0, int(place.rpartition("!")[2]) - 1))
    return {name: [value] for name, value in zip(header, row, strict=True)}


def write_sql(path: Path, rows: list[Row]) -> None:
    made = sqlite3.connect(path)
    made.execute(f"CREATE TABLE supplier ({', '.join(FIELDS)}, PRIMARY KEY (id))")
    made.executemany(
        f"INSERT INTO supplier VALUES ({', '.join(f':{name}' for name in FIELDS)})", [typed(row) for row in rows]
    )
    made.commit()
    made.close()


def look_sql(path: Path, place: str) -> Found:
    column, _, key = place.partition("=")
    made = sqlite3.connect(path)
    made.row_factory = sqlite3.Row
    [row] = made.execute(f"SELECT * FROM supplier WHERE {column} = ?", [unquote(key)]).fetchall()
    made.close()
    return members(dict(row)) | {"certified": ["true" if row["certified"] else "false"]}
