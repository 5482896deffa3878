"""Items, so many at a time."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def batches(items: Iterable[Item], size: int) -> Iterator[tuple[Item, ...]]:
    """The items in order, in tuples of this size; the last may be shorter."""
    iterator = iter(items)
    while batch := tuple(itertools.islice(iterator, size)):
        yield batch
