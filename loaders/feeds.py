"""Files of one feed after another: a delta builds on what was loaded before it, so an older one is refused."""

from __future__ import annotations

from typing import Any

from kg.domain.lineage import Classification, DatasetVersion
from kg.domain.scope import Scope
from kg.errors import DatasetNotFound, FeedOutOfOrder, MappingInvalid
from kg.ports.store import GraphStore
from loaders.dataset import DatasetFile


def check_order(spec: DatasetFile, store: GraphStore) -> None:
    """Raises FeedOutOfOrder, or MappingInvalid where what was loaded before cannot be built on."""
    if spec.record is None or (last := _last(spec, store)) is None:
        return
    delta = spec.feed == "delta"
    if delta and last.record != spec.record:
        told = "cannot be told apart" if last.record is None else f"are told apart by {last.record!r}"
        raise MappingInvalid(
            f"{last.ref}: record: the records loaded before {told}: load it in full with this `record`"
        )
    if delta and spec.sequence is None and last.sequence is not None:
        raise MappingInvalid(
            f"{last.ref}: sequence: missing, and the file loaded last had {last.sequence}: give it too"
        )
    if spec.sequence is not None and last.sequence is not None:
        _follows("sequence", spec.sequence, last.sequence, last, again=not delta)
    elif spec.issued is not None and last.issued is not None:
        # The first file with a sequence may be of the day of the one it builds on.
        _follows("issued", spec.issued, last.issued, last, again=not delta or spec.sequence is not None)


def _follows(what: str, given: Any, held: Any, last: DatasetVersion, *, again: bool) -> None:
    """Raises FeedOutOfOrder unless the file is later than the last one, or with ``again`` as late."""
    if given < held or (given == held and not again):
        raise FeedOutOfOrder(
            f"{last.ref}: {what} {given} is not later than {held}, which was loaded last: load the files of a feed in "
            f"their order; to start again, `whence retire {last.ref}` and load it in full"
        )


def _last(spec: DatasetFile, store: GraphStore) -> DatasetVersion | None:
    """The version as it was loaded last."""
    ref = spec.version_value().ref
    try:
        [found] = store.view(Scope(datasets=(ref,), ceiling=Classification.RESTRICTED)).datasets()
    except DatasetNotFound:
        return None
    return found
