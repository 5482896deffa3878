"""What a load has to remember until its end, in a temporary file once it is too much for memory.

SQLite gives a private temporary database to an empty file name: it lives in memory up to its page cache, on disk beyond
it, and is gone when it is closed or its process dies.
"""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import tempfile
from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import IO, Any, Self

from kg.domain.lineage import Rejection
from kg.errors import StoreFull

IN_MEMORY = 50_000
"""Entries of each map kept in memory before they go to the file."""
CACHE_KB = 16_000
RANGES = 0x3F
"""Bits of a hash that tell which of the parts it is counted in: one part at a time is in memory."""
_TABLES = """
CREATE TABLE declared (key PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE taken (key PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE held (n INTEGER PRIMARY KEY, content TEXT);
CREATE TABLE rejection (record INTEGER, source TEXT, content TEXT);
"""


class SpilledMap:
    """A mapping that is asked and told many entries at once, and keeps a bounded number of them in memory."""

    def __init__(self, file: sqlite3.Connection, table: str) -> None:
        self._file = file
        self._table = table
        self._recent: dict[str, str] = {}
        self._spilled = False

    def get(self, keys: Collection[str]) -> dict[str, str]:
        """The entries of those keys that have one."""
        found = {key: self._recent[key] for key in keys if key in self._recent}
        if self._spilled and len(found) < len(keys):
            missing = json.dumps([key for key in keys if key not in found])
            text = f"SELECT key, value FROM {self._table} WHERE key IN (SELECT value FROM json_each(?))"
            found.update(self._file.execute(text, (missing,)))
        return found

    def items(self) -> Iterator[tuple[str, str]]:
        """Every entry, those in the file first."""
        yield from self._file.execute(f"SELECT key, value FROM {self._table}")
        yield from self._recent.items()

    def update(self, entries: Mapping[str, str]) -> None:
        """Add entries of keys that have none yet."""
        self._recent.update(entries)
        if len(self._recent) > IN_MEMORY:
            text = f"INSERT INTO {self._table} VALUES (?, ?)"
            self._file.executemany(text, sorted(self._recent.items()))
            self._recent.clear()
            self._spilled = True


class Distinct:
    """Counts the different texts of each kind. Beyond so many in memory their hashes go to a file."""

    def __init__(self) -> None:
        self._recent: dict[str, set[int]] = defaultdict(set)
        self._file: IO[bytes] | None = None
        self._runs: dict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
        """Where in the file the hashes of a kind and range lie: start and length in bytes."""

    def add(self, entries: Iterable[tuple[str, str]]) -> None:
        """Kinds and texts."""
        recent = self._recent
        for kind, text in entries:
            recent[kind].add(hash(text))
        if sum(map(len, recent.values())) > IN_MEMORY:
            self._spill()

    def counts(self) -> Counter[str]:
        """How many different texts of each kind there are."""
        if self._file is None:
            return Counter({kind: len(found) for kind, found in self._recent.items()})
        self._spill()
        counted: Counter[str] = Counter()
        for (kind, _), places in self._runs.items():
            found: set[int] = set()
            for start, length in places:
                self._file.seek(start)
                found.update(array("q", self._file.read(length)))
            counted[kind] += len(found)
        return counted

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            self._file.close()

    def _spill(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the spool)
        at = self._file.seek(0, os.SEEK_END)
        for kind, found in self._recent.items():
            ranges: dict[int, array[int]] = defaultdict(lambda: array("q"))
            for number in found:
                ranges[number & RANGES].append(number)
            for key, numbers in ranges.items():
                held = numbers.tobytes()
                self._file.write(held)
                self._runs[kind, key].append((at, len(held)))
                at += len(held)
        self._recent.clear()


class Spool:
    """The memory of one load. Its size on disk grows with the load, its memory does not."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None)
        self._file.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-{CACHE_KB};")
        self._file.executescript(_TABLES)
        self.declared: SpilledMap = SpilledMap(self._file, "declared")
        self.facts = Distinct()
        self.unique: SpilledMap = SpilledMap(self._file, "taken")
        self.rejections = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self.facts.close()
        if isinstance(error, sqlite3.Error) or (isinstance(error, OSError) and error.errno == errno.ENOSPC):
            raise StoreFull(f"no room left for the temporary file of a load: {error}") from error

    def earlier(self, given: Sequence[tuple[str, str]]) -> list[str | None]:
        """For each key, given with its place: where it stood first, ``None`` at that first place itself."""
        first = self.unique.get({key for key, _ in given})
        new: dict[str, str] = {}
        found: list[str | None] = []
        for key, place in given:
            other = first.get(key) or new.get(key)
            found.append(other)
            if other is None:
                new[key] = place
        self.unique.update(new)
        return found

    def hold(self, items: Iterable[Any]) -> None:
        """Keep values of JSON for the end."""
        self._file.executemany("INSERT INTO held (content) VALUES (?)", ((json.dumps(item),) for item in items))

    def held_back(self) -> Iterator[Any]:
        """What was kept, in order."""
        for (content,) in self._file.execute("SELECT content FROM held ORDER BY n"):
            yield json.loads(content)

    def reject(self, record: int, rejection: Rejection) -> None:
        """Keep what is not loaded, with the number of the record it is of: one may be rejected for several reasons."""
        content = json.dumps([rejection.locator, rejection.reason, rejection.record], ensure_ascii=False, default=str)
        self._file.execute("INSERT INTO rejection VALUES (?, ?, ?)", (record, rejection.source, content))
        self.rejections += 1

    def rejected_records(self) -> int:
        """How many different records have a rejection."""
        count: int = self._file.execute("SELECT count(DISTINCT record) FROM rejection").fetchone()[0]
        return count

    def rejected(self) -> Iterator[Rejection]:
        """Every rejection, in the order of the records."""
        for source, content in self._file.execute("SELECT source, content FROM rejection ORDER BY record, rowid"):
            yield Rejection(source, *json.loads(content))
