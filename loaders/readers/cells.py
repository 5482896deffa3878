"""Values of typed tables (columns of Parquet, cells of a sheet, rows of a database) as JSON has them."""

from __future__ import annotations

import datetime as dt
import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from kg.errors import SourceUnreadable
from loaders.text import refused

EXACT = 1e15
"""Below it a float holds every whole number."""
_PLAIN = frozenset((str, int, bool, type(None)))


def cell(value: Any) -> Any:
    """Text, number, boolean, ``None``, or lists and objects of them.

    Days and times as ISO 8601; decimals as text, so that no digit goes; a number that is not one as text, so that
    a number wanted there is rejected; bytes as hex digits.
    """
    return value if type(value) in _PLAIN else _cell(value)


@functools.singledispatch
def _cell(value: Any) -> Any:
    return str(value)


@_cell.register
def _(value: float) -> Any:
    if not math.isfinite(value):
        return str(value)
    return int(value) if value.is_integer() and abs(value) < EXACT else value


@_cell.register
def _(value: dt.date) -> str:
    return value.isoformat()


@_cell.register
def _(value: dt.datetime) -> str:
    midnight = value.time() == dt.time() and value.tzinfo is None
    return value.date().isoformat() if midnight else value.isoformat()


@_cell.register
def _(value: bytes) -> str:
    return value.hex()


@_cell.register
def _(value: Mapping) -> dict[str, Any]:  # type: ignore[type-arg]
    return {str(key): cell(member) for key, member in value.items()}


@_cell.register(list)
@_cell.register(tuple)
def _(value: list[Any] | tuple[Any, ...]) -> list[Any]:
    return [cell(member) for member in value]


def header(names: Sequence[Any], place: str) -> list[str]:
    """The names of the columns. Raises SourceUnreadable for two of one name or one with hidden characters."""
    found = [str(name).strip() if name is not None else "" for name in names]
    if not any(found):
        raise SourceUnreadable(f"{place}: no header row")
    for name in found:
        if what := refused(name):
            raise SourceUnreadable(f"{place}: {what} in the name of field {name[:60]!r}")
    if twice := sorted({name for name in found if found.count(name) > 1}):
        raise SourceUnreadable(f"{place}: field {twice[0]!r} is named twice")
    return found
