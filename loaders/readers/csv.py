"""CSV and TSV: one record a row, located by the line it starts on."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import BinaryIO

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.readers import Record, lines_of
from loaders.readers.cells import header

MAX_CELL = 1_000_000


def read(file: BinaryIO, options: Options) -> Iterator[Record]:
    """Comma-separated unless ``delimiter`` says otherwise; the first row names the fields unless ``fields`` does."""
    return _rows(lines_of(file, options.encoding), options.delimiter or ",", options.fields)


def read_tabs(file: BinaryIO, options: Options) -> Iterator[Record]:
    return _rows(lines_of(file, options.encoding), options.delimiter or "\t", options.fields)


def _rows(lines: Iterator[str], delimiter: str, names: list[str]) -> Iterator[Record]:
    csv.field_size_limit(MAX_CELL)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        columns = header(names or next(rows, []), "line 1")
        start = rows.line_num + 1
        for row in rows:
            locator, start = f"line {start}", rows.line_num + 1
            if not row:
                continue
            fields = dict(zip(columns, row, strict=False))
            problem = None if len(row) == len(columns) else f"{len(row)} cells where the header has {len(columns)}"
            yield Record(locator, fields, problem)
    except csv.Error as exc:
        raise SourceUnreadable(f"line {rows.line_num}: {exc}") from exc
