"""What a dataset file reads: its files, found, hashed, and opened as bytes unpacked."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from kg.errors import SourceUnreadable

MAX_BYTES = 20_000_000_000
"""Largest unpacked file read; a packed file that unpacks to more is refused."""
MAX_FILES = 100_000
"""Most files that one dataset file may find."""
_PATTERN = frozenset("*?[")
_PACKED = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Opened:
    """An open file: its unpacked bytes, and the stored ones they come from."""

    bytes: BinaryIO
    stored: BinaryIO

    def close(self) -> None:
        self.bytes.close()
        self.stored.close()


@dataclass(frozen=True, slots=True)
class Input:
    """One file to read, as it was when the load began."""

    name: str
    """Path from the folder of the data, with ``/`` between its parts."""
    path: Path
    checksum: str
    """``sha256:`` and the hex digest of the bytes as stored."""
    size: int
    """Bytes as stored."""
    changed: int
    """When the file was last written, in nanoseconds, by its own file system."""
    table: tuple[str, str] | None = None
    """Namespace and name by which OpenLineage knows it, where it is a copy of a table and no file of its own."""

    def open(self) -> Opened:
        """The file from its beginning. Raises SourceUnreadable if it is no longer the one hashed."""
        opened = open_unpacked(self.path)
        found = os.fstat(opened.stored.fileno())
        if (found.st_size, found.st_mtime_ns) != (self.size, self.changed):
            opened.close()
            raise SourceUnreadable(f"{str(self.path)!r} changed while it was read: load again")
        return opened


def find_inputs(names: Sequence[str], folder: Path) -> list[Input]:
    """Every file the names mean, in order and each once: files, patterns (``*``, ``**``) and whole folders.

    Raises SourceUnreadable naming what finds nothing, lies outside the folder or cannot be read.
    """
    found: dict[str, Path] = {}
    for name in names:
        for path in _paths(name, folder):
            found.setdefault(path.relative_to(folder).as_posix(), path)
            if len(found) > MAX_FILES:
                raise SourceUnreadable(f"{name!r} finds more than {MAX_FILES:,} files")
    return [hashed(name, path) for name, path in found.items()]


def _paths(name: str, folder: Path) -> Iterator[Path]:
    path = folder / name
    within(folder, path)
    if not _PATTERN.isdisjoint(name) and not path.exists():
        files = sorted(found for found in folder.glob(name) if found.is_file())
    elif path.is_dir():
        files = [Path(top) / file for top, _, inside in os.walk(path) for file in inside if not file.startswith(".")]
        files.sort()
    else:
        yield path
        return
    if not files:
        raise SourceUnreadable(f"{name!r} finds no file in {str(folder)!r}")
    for file in files:
        within(folder, file)
        yield file


def within(folder: Path, path: Path) -> Path:
    """The path with its links followed. Raises SourceUnreadable when that leads out of the folder."""
    try:
        real = path.resolve()
    except (OSError, RuntimeError) as exc:
        raise SourceUnreadable(f"cannot read {str(path)!r}: its links lead in a circle") from exc
    if not real.is_relative_to(folder.resolve()):
        raise SourceUnreadable(f"file {str(path)!r} lies outside {str(folder)!r}")
    return real


def hashed(name: str, path: Path) -> Input:
    """The file as it is now. Raises SourceUnreadable."""
    try:
        with path.open("rb") as file:
            stat = os.fstat(file.fileno())
            if stat.st_size > MAX_BYTES:
                raise SourceUnreadable(f"{str(path)!r} has more than {MAX_BYTES:,} bytes")
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as exc:
        raise SourceUnreadable(f"cannot read {str(path)!r}: {exc.strerror or exc}") from exc
    return Input(name, path, f"sha256:{digest}", stat.st_size, stat.st_mtime_ns)


def open_unpacked(path: Path, most: int = MAX_BYTES) -> Opened:
    """The file's bytes, unpacked if it is gzip. Reading them raises SourceUnreadable on damage or too many."""
    try:
        file = path.open("rb")
    except OSError as exc:
        raise SourceUnreadable(f"cannot read {str(path)!r}: {exc.strerror or exc}") from exc
    packed = file.read(len(_PACKED)) == _PACKED
    file.seek(0)
    return Opened(io.BufferedReader(_Unpacked(file, path, most), 1 << 16) if packed else file, file)


class _Unpacked(io.RawIOBase):
    """A gzip file that is whole and not too large, or SourceUnreadable."""

    def __init__(self, file: BinaryIO, path: Path, most: int) -> None:
        self._file = gzip.GzipFile(fileobj=file)
        self._path = path
        self._most = most

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        try:
            count = self._file.readinto(buffer)  # type: ignore[arg-type]
        except (OSError, EOFError, zlib.error) as exc:
            raise SourceUnreadable(f"{str(self._path)!r} is not whole gzip: {exc}") from exc
        if self._file.tell() > self._most:
            raise SourceUnreadable(f"{str(self._path)!r} unpacks to more than {self._most:,} bytes")
        return count

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()
