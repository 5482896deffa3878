"""CSV and TSV: one record a row, located by the line it starts on."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import BinaryIO

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.readers import MAX_LINE, Record, lines_of
from loaders.readers.cells import header

MAX_CELL = 1_000_000
"""Characters; a record with a longer cell is rejected, and kept with so much of it."""


def read(file: BinaryIO, options: Options) -> Iterator[Record]:
    """Comma-separated unless ``delimiter`` says otherwise; the first row names the fields unless ``fields`` does."""
    return _rows(lines_of(file, options.encoding), options.delimiter or ",", options.fields)


def read_tabs(file: BinaryIO, options: Options) -> Iterator[Record]:
    return _rows(lines_of(file, options.encoding), options.delimiter or "\t", options.fields)


def _rows(lines: Iterator[str], delimiter: str, names: list[str]) -> Iterator[Record]:
    # What a quote that nothing closes takes in; a cell beyond it leaves no way to tell where the next row begins.
    csv.field_size_limit(MAX_LINE)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    start = 1
    try:
        columns = header(names or next(rows, []), "line 1")
        start = rows.line_num + 1
        for row in rows:
            locator, start = f"line {start}", rows.line_num + 1
            if not row:
                continue
            problem = None if len(row) == len(columns) else f"{len(row)} cells where the header has {len(columns)}"
            fields = dict(zip(columns, row, strict=False))
            longest = max(map(len, row))
            if longest > MAX_CELL:
                problem = f"a cell of {longest:,} characters where {MAX_CELL:,} are allowed"
                fields = {name: cell[:MAX_CELL] for name, cell in fields.items()}
            yield Record(locator, fields, problem)
    except csv.Error as exc:
        raise SourceUnreadable(f"the row that begins at line {start}: {exc}") from exc
