"""Files to records. A reader takes the bytes of one file and gives its records, each with its locator."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from kg.errors import SourceUnreadable
from loaders.dataset import Format, Options

MAX_BYTES = 2_000_000_000
"""Largest unpacked file read; a packed file that unpacks to more is refused."""


class Record(NamedTuple):
    """One record of a file; ``problem`` says why it cannot be used, if it cannot."""

    locator: str
    fields: dict[str, Any]
    problem: str | None = None


OWN_KEY, ENCLOSING = "@key", "@up"
"""Fields of a record that stands inside others, if asked for: the name it stands under, and the object around it."""

Reader = Callable[[bytes, Options], Iterator[Record]]


def read_file(path: Path, most: int = MAX_BYTES) -> tuple[bytes, str]:
    """The unpacked bytes of a file, and the checksum of the bytes as stored."""
    try:
        with path.open("rb") as file:
            if file.seek(0, io.SEEK_END) > most:
                raise SourceUnreadable(f"{str(path)!r} has more than {most:,} bytes")
            file.seek(0)
            stored = file.read()
    except OSError as exc:
        raise SourceUnreadable(f"cannot read {str(path)!r}: {exc.strerror or exc}") from exc
    checksum = f"sha256:{hashlib.sha256(stored).hexdigest()}"
    if not stored.startswith(b"\x1f\x8b"):
        return stored, checksum
    try:
        with gzip.open(io.BytesIO(stored)) as packed:
            unpacked = packed.read(most + 1)
    except (OSError, EOFError, zlib.error) as exc:
        raise SourceUnreadable(f"{str(path)!r} is not whole gzip: {exc}") from exc
    if len(unpacked) > most:
        raise SourceUnreadable(f"{str(path)!r} unpacks to more than {most:,} bytes")
    return unpacked, checksum


def reader_for(name: Format) -> Reader:
    """The reader of a format."""
    from loaders.readers import csv, json, oscal, stix

    readers: dict[str, Reader] = {
        "csv": csv.read,
        "tsv": csv.read_tabs,
        "json": json.read,
        "jsonl": json.read_lines,
        "stix": stix.read,
        "oscal": oscal.read,
    }
    return readers[name]


def decode(data: bytes, encoding: str) -> str:
    """Text of the bytes, less a byte order mark. Raises SourceUnreadable with the byte that is not of the encoding."""
    try:
        # Not utf-8-sig: its errors count from after the mark.
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as exc:
        raise SourceUnreadable(f"not {encoding} at byte {exc.start}: give the file's encoding under options") from exc
    except (LookupError, ValueError) as exc:
        raise SourceUnreadable(f"no encoding {encoding!r}") from exc
