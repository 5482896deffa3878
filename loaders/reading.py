"""The records of a dataset file: its inputs found and hashed, then read one after another."""

from __future__ import annotations

import contextlib
import gc
import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from kg.domain.lineage import Source
from kg.errors import SourceUnreadable
from loaders.databases import fetch
from loaders.dataset import DatasetFile
from loaders.formats import PARTED
from loaders.inputs import Input, Opened, find_inputs
from loaders.lineage import Table
from loaders.readers import FILE, Record, reader_for
from loaders.stage import Sourced

SQL = "sql"
BESIDE = ("catalogs", "shapes")
"""Options that name files which are read beside those of the dataset."""
Progress = Callable[[str, int, int | None], None]
"""Told the stage, how many records are done and how many there are, if that is known."""


class Reading:
    """What one load reads, and how far it has come. Raises SourceUnreadable when it is made and while it reads."""

    def __init__(self, spec: DatasetFile, folder: Path, scratch: Path, progress: Progress) -> None:
        self._spec = spec
        # A feed may use one file name over and over; what an earlier one said stays where it said it.
        self._place = f"{spec.version_value().ref}/" + (f"{spec.position}/" if spec.feed == "delta" else "")
        self.progress = progress
        self.inputs = fetch(spec, folder, scratch) if spec.format == SQL else find_inputs(spec.files, folder)
        beside = {name: find_inputs(getattr(spec.options, name), folder) for name in BESIDE}
        paths = {name: [str(one.path) for one in found] for name, found in beside.items()}
        self._options = spec.options.model_copy(update=paths)
        self.checksums = [(one.name, one.checksum) for found in (self.inputs, *beside.values()) for one in found]
        self._read = reader_for(spec.format)
        self.bytes = sum(one.size for one in self.inputs)
        self._before = 0
        self._current: Opened | None = None

    def records(self) -> Iterator[Sourced]:
        """Every record of every input, in order, with the id of its source."""
        numbers = itertools.count()
        for one in self.inputs:
            ids: dict[str, str] = {}
            for record in self._records(one):
                part = record.part
                if part not in ids:
                    ids[part] = self.source_id(one, part)
                yield Sourced(next(numbers), ids[part], record)
            self._before += one.size

    def source_id(self, one: Input, part: str) -> str:
        """Id of the source that this part of a file is, or the whole file."""
        return f"{self._place}{one.name}#{part}" if part else f"{self._place}{one.name}"

    def parts(self, one: Input) -> list[str]:
        """The parts of a file that are sources of their own; a format that has none is not read for them."""
        return sorted({record.part for record in self._records(one)}) if self._spec.format in PARTED else [""]

    def tables(self, sources: Iterable[Source] = ()) -> list[Table]:
        """What is read, by the names that other jobs know it by, with the ids of those sources that it is."""
        by_name: dict[str, list[str]] = {}
        for source in sources:
            by_name.setdefault(source.name.partition("#")[0], []).append(source.id)
        return [_table(one, tuple(by_name.get(one.name.partition("#")[0], ()))) for one in self.inputs]

    def _records(self, one: Input) -> Iterator[Record]:
        try:
            with contextlib.closing(one.open()) as self._current:
                for record in self._read(self._current.bytes, self._options):
                    record.fields.setdefault(FILE, one.name)
                    yield record
        except SourceUnreadable as exc:
            raise SourceUnreadable(f"{one.name}: {exc}") from exc

    def told(self, records: int) -> None:
        """Report so many records of as many as the part of the bytes read lets expect."""
        read = self.bytes_read
        self.progress("load", records, round(records * self.bytes / read) if read else None)

    @property
    def bytes_read(self) -> int:
        """Of the files as they are stored."""
        return self._before + (self._current.stored.tell() if self._current and not self._current.stored.closed else 0)


def _table(one: Input, sources: tuple[str, ...]) -> Table:
    path = one.path.resolve()
    namespace, name = one.table or ("file", path.as_posix())
    return Table(namespace, name, namespace if one.table else path.as_uri(), one.checksum, one.size, sources)


@contextlib.contextmanager
def no_cycles_looked_for() -> Iterator[None]:
    """A load makes millions of objects and no cycles: looking for some over and over takes a fifth of its time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
