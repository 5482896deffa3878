"""CSV and TSV: one record a row, located by the line it starts on."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import BinaryIO

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.readers import Record, lines_of
from loaders.text import refused

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
        header = [name.strip() for name in (names or next(rows, []))]
        if not any(header):
            raise SourceUnreadable("line 1: no header row")
        for name in header:
            if found := refused(name):
                raise SourceUnreadable(f"line 1: {found} in the name of field {name[:60]!r}")
        if twice := sorted({name for name in header if header.count(name) > 1}):
            raise SourceUnreadable(f"line 1: field {twice[0]!r} is named twice")
        start = rows.line_num + 1
        for row in rows:
            locator, start = f"line {start}", rows.line_num + 1
            if not row:
                continue
            fields = dict(zip(header, row, strict=False))
            problem = None if len(row) == len(header) else f"{len(row)} cells where the header has {len(header)}"
            yield Record(locator, fields, problem)
    except csv.Error as exc:
        raise SourceUnreadable(f"line {rows.line_num}: {exc}") from exc
