"""Excel and OpenDocument sheets: one record a row, located as ``SHEET!N`` with the row's own number.

Needs the extra ``excel``: python-calamine, the maintained reader of all these formats in 1 MB; it reads values only, so
formulas are what was last computed, and no macro or link is followed.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.readers import SHEET, Record, needed
from loaders.readers.cells import cell, header

MAX_UNPACKED = 1_000_000_000
MAX_RATIO = 200
MAX_ENTRIES = 10_000
"""Of the zip archive that a workbook is: real ones unpack to some ten times their size."""


def read(file: BinaryIO, options: Options) -> Iterator[Record]:
    """Rows of the sheets named under ``sheets``, else of all; the first row that is not empty names the fields."""
    calamine = needed("python_calamine", "excel")
    _refuse_bomb(file)
    try:
        book = calamine.CalamineWorkbook.from_filelike(file)
        missing = [name for name in options.sheets if name not in book.sheet_names]
        if missing:
            raise SourceUnreadable(f"no sheet {missing[0]!r}; there are {', '.join(book.sheet_names)}")
        for name in options.sheets or book.sheet_names:
            yield from _rows(name, book.get_sheet_by_name(name), options.fields)
    except (calamine.CalamineError, OSError, ValueError) as exc:
        raise SourceUnreadable(f"not a usable workbook: {exc}") from exc


def _rows(sheet: str, content: Any, names: list[str]) -> Iterator[Record]:
    columns = header(names, sheet) if names else None
    for number, row in enumerate(content.iter_rows(), 1):
        cells = [None if value == "" else cell(value) for value in row]
        if all(value is None for value in cells):
            continue
        if columns is None:
            columns = header(_less_empty(cells), f"{sheet}!{number}")
            continue
        at, extra = f"{sheet}!{number}".replace("#", "%23"), _less_empty(cells[len(columns) :])
        problem = f"{len(columns) + len(extra)} cells where the header has {len(columns)}" if extra else None
        yield Record(at, {**dict(zip(columns, cells, strict=False)), SHEET: sheet}, problem)


def _less_empty(cells: list[Any]) -> list[Any]:
    """The cells up to the last that holds something."""
    while cells and cells[-1] is None:
        cells = cells[:-1]
    return cells


def _refuse_bomb(file: BinaryIO) -> None:
    """Refuse an archive that would unpack to far more than it is. Raises SourceUnreadable."""
    if not zipfile.is_zipfile(file):
        file.seek(0)
        return
    try:
        entries = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, ValueError) as exc:
        raise SourceUnreadable(f"not a usable workbook: {exc}") from exc
    packed, unpacked = sum(one.compress_size for one in entries), sum(one.file_size for one in entries)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(packed, 100_000):
        raise SourceUnreadable(f"not a usable workbook: {len(entries):,} parts that unpack to {unpacked:,} bytes")
    file.seek(0)
