"""Files of one feed after another: a delta builds on what was loaded before it, so an older one is refused."""

from __future__ import annotations

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
    if spec.sequence is not None and last.sequence is not None:
        what, given, held = "sequence", str(spec.sequence), str(last.sequence)
        later = spec.sequence - last.sequence
    elif spec.issued is not None and last.issued is not None:
        what, given, held = "issued", spec.issued, last.issued
        later = (given > held) - (given < held)
    elif delta:
        raise MappingInvalid(f"{last.ref}: sequence: the file loaded last has none, and no `issued`: load it in full")
    else:
        return
    if later < 0 or (delta and later == 0):
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
