"""Parquet and Arrow files: one record a row, located as ``row N`` from 1. Needs the extra ``parquet``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.readers import Record, needed
from loaders.readers.arrow_size import unpacked
from loaders.readers.cells import cell, header

ROWS = 5_000
MAX_GROUP = 2_000_000_000
"""Most unpacked bytes of a row group; writers make groups of some hundred megabytes."""
MAGIC = b"ARROW1\x00\x00"
UNPACKED = ("record batch", "dictionary")
"""Messages with buffers."""


def read(file: BinaryIO, _: Options) -> Iterator[Record]:
    """Rows of a Parquet file, group by group."""
    parquet = needed("pyarrow.parquet", "parquet")
    arrow = needed("pyarrow", "parquet")
    try:
        opened = parquet.ParquetFile(file)
        for number in range(opened.metadata.num_row_groups):
            if opened.metadata.row_group(number).total_byte_size > MAX_GROUP:
                raise SourceUnreadable(f"row group {number} unpacks to more than {MAX_GROUP:,} bytes")
        yield from _records(opened.iter_batches(batch_size=ROWS), opened.schema_arrow.names)
    except (arrow.ArrowException, OSError, UnicodeDecodeError) as exc:
        raise SourceUnreadable(f"not a usable Parquet file: {exc}") from exc


def read_arrow(file: BinaryIO, _: Options) -> Iterator[Record]:
    """Rows of an Arrow IPC file or stream (also called Feather)."""
    arrow = needed("pyarrow", "parquet")
    try:
        start = len(MAGIC) if file.read(len(MAGIC)) == MAGIC else 0
        file.seek(0)
        if start:
            # Says whether the file is whole. Its messages are read in their order, as those that were looked at.
            arrow.ipc.open_file(file)
        _refuse_bomb(arrow, file, start)
        file.seek(start)
        opened = arrow.ipc.open_stream(file)
        yield from _records((part for group in opened for part in _parts(group)), opened.schema.names)
    except (arrow.ArrowException, OSError, UnicodeDecodeError) as exc:
        raise SourceUnreadable(f"not a usable Arrow file: {exc}") from exc


def _refuse_bomb(arrow: Any, file: BinaryIO, start: int) -> None:
    """Refuse a file of which a part would unpack to too much. Raises SourceUnreadable."""
    file.seek(start)
    messages = arrow.ipc.MessageReader.open_stream(file)
    for number, message in enumerate(messages):
        try:
            size = unpacked(message) if message.type in UNPACKED else 0
        except ValueError as exc:
            raise SourceUnreadable(f"not a usable Arrow file: {exc}") from exc
        if size > MAX_GROUP:
            raise SourceUnreadable(f"part {number} unpacks to more than {MAX_GROUP:,} bytes")


def _parts(group: Any) -> Iterator[Any]:
    """A batch in slices that are small as Python values."""
    for start in range(0, group.num_rows, ROWS):
        yield group.slice(start, ROWS)


def _records(groups: Iterable[Any], names: list[str]) -> Iterator[Record]:
    columns = header(names, "schema")
    number = 0
    for group in groups:
        for row in zip(*(column.to_pylist() for column in group.columns), strict=True):
            number += 1
            yield Record(f"row {number}", dict(zip(columns, map(cell, row), strict=True)))
