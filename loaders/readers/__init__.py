"""Files to records. A reader takes the bytes of one file and gives its records, each with its locator.

A reader of another format is a function of the same form, named in the entry point group ``whence.readers`` of an
installed package; ``format`` in a dataset file then takes its name.
"""

from __future__ import annotations

import codecs
import importlib
import importlib.metadata
import io
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, NamedTuple

from kg.errors import MappingInvalid, SourceUnreadable
from loaders.dataset import Options
from loaders.formats import OWN, PLUG_INS, formats


class Span(NamedTuple):
    """Characters of the text that a record was cut out of: a decoded document, or the string value of an element."""

    text: str
    start: int
    end: int

    @property
    def quoted(self) -> str:
        return self.text[self.start : self.end]

    @property
    def fragment(self) -> str:
        """The place as RFC 5147 writes it."""
        return f"#char={self.start},{self.end}"


class Record(NamedTuple):
    """One record of a file; ``problem`` says why it cannot be used, if it cannot."""

    locator: str
    fields: dict[str, Any]
    problem: str | None = None
    part: str = ""
    """The part of the file that is a source of its own: a named graph."""
    span: Span | None = None
    """For a record that is a stretch of text: where it stands."""

    @property
    def exact(self) -> bool:
        """Whether the locator says the very characters, so that no field needs to be named."""
        return self.span is not None and self.locator == self.span.fragment


OWN_KEY, ENCLOSING = "@key", "@up"
"""Fields of a record that stands inside others, if asked for: the name it stands under, and the object around it."""

FILE = "@file"
"""Field of every record: the file it stands in, as a path from the folder of the data."""

SHEET = "@sheet"
"""Field of a row of a workbook: the sheet it stands in."""

KIND, DATASET, NAMESPACE, COLUMN = "@kind", "@dataset", "@namespace", "@column"
"""Fields of a record of a lineage event: what it is, and the dataset and column that it is of."""
JOB, JOB_NAMESPACE, SIDE = "@job", "@job_namespace", "@side"
"""Fields of a dataset of a job's event: the job, and whether the dataset is one of its ``inputs`` or ``outputs``."""
ADDED = frozenset({OWN_KEY, ENCLOSING, FILE, SHEET, KIND, DATASET, NAMESPACE, COLUMN, JOB, JOB_NAMESPACE, SIDE})
"""Fields that readers add. They stand nowhere in the file, so no locator names them, and none is left over."""

Reader = Callable[[BinaryIO, Options], Iterator[Record]]
"""Reads an unpacked file from its beginning. Raises SourceUnreadable, and nothing else, on a file it cannot use."""

MAX_LINE = 50_000_000
"""Characters; the longest line of a real file seen has two million."""
MAX_DOCUMENT = 2_000_000_000


def reader_for(name: str) -> Reader:
    """The reader of a format. Raises MappingInvalid naming the formats there are."""
    if name in OWN:
        module, function = OWN[name]
        own: Reader = getattr(importlib.import_module(f"loaders.readers.{module}"), function)
        return own
    plug_in = next(iter(importlib.metadata.entry_points(group=PLUG_INS, name=name)), None)
    if plug_in is None:
        raise MappingInvalid(f"format: no reader for {name!r}; there are {', '.join(formats())}")
    try:
        return _guarded(name, plug_in.load())
    except (ImportError, AttributeError) as exc:
        raise MappingInvalid(f"format: the reader {name!r}, {plug_in.value}, cannot be imported: {exc}") from exc


def _record(found: object) -> Record:
    if not isinstance(found, Record):
        raise TypeError(f"gives a {type(found).__name__} where a Record is wanted")
    return found


def _guarded(name: str, read: Reader) -> Reader:
    """A reader of somebody else, whose own errors are told as those of the file."""

    def guarded(file: BinaryIO, options: Options) -> Iterator[Record]:
        try:
            yield from map(_record, read(file, options))
        except SourceUnreadable:
            raise
        except Exception as exc:  # code of others may raise anything, and the run has to end with its reason
            told = " ".join(f"{type(exc).__name__}: {exc}".split())
            raise SourceUnreadable(f"the reader {name!r} failed: {told}") from exc

    return guarded


def needed(module: str, extra: str) -> Any:
    """A module of an optional package. Raises SourceUnreadable saying what to install."""
    try:
        return importlib.import_module(module)
    except ImportError as exc:
        raise SourceUnreadable(
            f"this format needs a package that is not installed: pip install 'whence[{extra}]'"
        ) from exc


def lines_of(file: BinaryIO, encoding: str) -> Iterator[str]:
    """The lines of a file with their ends, less a byte order mark. Raises SourceUnreadable as ``decode`` does."""
    try:
        text = io.TextIOWrapper(file, encoding, newline="")
    except (LookupError, ValueError) as exc:
        raise SourceUnreadable(f"no encoding {encoding!r}") from exc
    number = 0
    try:
        while line := text.readline(MAX_LINE):
            if len(line) == MAX_LINE:
                raise SourceUnreadable(f"line {number + 1} has {MAX_LINE:,} characters or more")
            number += 1
            yield line.removeprefix("\ufeff") if number == 1 else line
    except UnicodeDecodeError as exc:
        raise _not_of(encoding, _first_bad(file, encoding)) from exc
    finally:
        if not file.closed:
            text.detach()


def whole(file: BinaryIO) -> bytes:
    """All bytes of a file that can only be read as one document. Raises SourceUnreadable when it is too large."""
    data = file.read(MAX_DOCUMENT + 1)
    if len(data) > MAX_DOCUMENT:
        raise SourceUnreadable(f"a document of more than {MAX_DOCUMENT:,} bytes, read into memory as a whole")
    return data


def decode(data: bytes, encoding: str) -> str:
    """Text of the bytes, less a byte order mark. Raises SourceUnreadable with the byte that is not of the encoding."""
    try:
        # Not utf-8-sig: its errors count from after the mark.
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as exc:
        raise _not_of(encoding, exc.start) from exc
    except (LookupError, ValueError) as exc:
        raise SourceUnreadable(f"no encoding {encoding!r}") from exc


def _not_of(encoding: str, byte: int) -> SourceUnreadable:
    return SourceUnreadable(f"not {encoding} at byte {byte}: give the file's encoding under options")


def _first_bad(file: BinaryIO, encoding: str) -> int:
    """The first byte that the encoding cannot have there."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    before = 0
    while data := file.read(1 << 20):
        waiting = len(decoder.getstate()[0])
        try:
            decoder.decode(data)
        except UnicodeDecodeError as exc:
            return before - waiting + exc.start
        before += len(data)
    return before - len(decoder.getstate()[0])
