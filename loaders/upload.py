"""Files that were sent in: laid into a folder of their own, then checked or loaded as those of a command line are."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TypeVar

from kg.bootstrap import Services
from kg.domain.lineage import Run
from kg.errors import InvalidInput, LoadError, MappingInvalid
from loaders.check import Checked
from loaders.dataset import is_ontology, read_dataset, read_document
from loaders.jobs import check_files, load_files
from loaders.sending import Send, nowhere

T = TypeVar("T")
MAX_NAME = 200
DATABASES = ("sql",)
"""Formats that read elsewhere than in the files; whoever sends a file may not read what the server can reach."""


def check_upload(files: Mapping[str, bytes], wanted: Sequence[str], services: Services) -> list[Checked]:
    """What loading these of the files would do; nothing is loaded. Raises InvalidInput, LoadError, LoadInProgress."""
    return _within(files, wanted, lambda paths: list(check_files(paths, None, services, _untold)))


def load_upload(
    files: Mapping[str, bytes], wanted: Sequence[str], services: Services, send: Send = nowhere, *, actor: str = ""
) -> list[Run]:
    """Load these of the files: dataset and ontology files. Raises InvalidInput, LoadError, LoadInProgress."""
    return _within(files, wanted, lambda paths: list(load_files(paths, None, services, _untold, send, actor=actor)))


def _within(files: Mapping[str, bytes], wanted: Sequence[str], work: Callable[[list[Path]], T]) -> T:
    with tempfile.TemporaryDirectory(prefix="whence-upload-") as scratch, _told_without(scratch):
        folder = Path(scratch)
        for name, content in files.items():
            path = folder / _safe(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        paths = []
        for name in wanted:
            if name not in files:
                raise InvalidInput(f"load names {name!r}, which is not among the files")
            _check_reads_only_files(folder / name)
            paths.append(folder / name)
        return work(paths)


def _safe(name: str) -> PurePosixPath:
    """The name as a path below the folder. Raises InvalidInput."""
    path = PurePosixPath(name)
    odd = any(part.startswith(".") for part in path.parts) or "\\" in name or not name.isprintable()
    if path.is_absolute() or odd or not path.parts or len(name) > MAX_NAME:
        raise InvalidInput(f"files: {name[:80]!r} is not a name like suppliers.csv or data/suppliers.csv")
    return path


def _check_reads_only_files(path: Path) -> None:
    document = read_document(path)
    if is_ontology(document):
        return
    spec = read_dataset(path, document)
    if spec.format in DATABASES:
        raise MappingInvalid(f"{path}: format {spec.format!r} reads a database; load it with `whence load`")


@contextmanager
def _told_without(folder: str) -> Iterator[None]:
    """Errors name files as they were sent, not where they lay for the moment."""
    try:
        yield
    except LoadError as exc:
        raise type(exc)(str(exc).replace(f"{folder}/", "").replace(f"'{folder}'", "what was sent")) from exc


def _untold(*_: object) -> None:
    """Progress that nobody looks at: what is sent is read in moments."""
