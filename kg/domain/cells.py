"""What stands in a cell of a decision table, and which values it takes. Pure.

::

    -             anything
    high | low    one of these
    >= 7          a number; also <, <=, >
    4 .. 7        a number from 4 to 7, both included
    none          this value
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation

ANYTHING = "-"
OR = "|"
_COMPARED = re.compile(r"(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?)")
_RANGE = re.compile(r"(-?\d+(?:\.\d+)?)\s*\.\.\s*(-?\d+(?:\.\d+)?)")

Canon = Callable[[str], str]
"""The one spelling of a value."""


def takes(cell: str, value: str, canon: Canon) -> bool:
    """Whether the cell takes the value."""
    return any(_takes(one, value, canon) for one in parts(cell))


def parts(cell: str) -> tuple[str, ...]:
    """The alternatives in a cell."""
    return tuple(one.strip() for one in cell.split(OR))


def _takes(part: str, value: str, canon: Canon) -> bool:
    if part == ANYTHING:
        return True
    if (compared := _COMPARED.fullmatch(part)) is not None:
        number, bound = _number(value), Decimal(compared[2])
        return number is not None and {
            "<": number < bound, "<=": number <= bound, ">": number > bound, ">=": number >= bound,
        }[compared[1]]  # fmt: skip
    if (between := _RANGE.fullmatch(part)) is not None:
        number = _number(value)
        return number is not None and Decimal(between[1]) <= number <= Decimal(between[2])
    return canon(part) == canon(value)


def _number(value: str) -> Decimal | None:
    try:
        return Decimal(value)
    except InvalidOperation:
        return None


def numeric(cells: Iterable[str]) -> bool:
    """Whether a column compares numbers: a cell of it is a comparison or a range."""
    return any(_COMPARED.fullmatch(one) or _RANGE.fullmatch(one) for cell in cells for one in parts(cell))


def samples(cells: Iterable[str]) -> tuple[str, ...]:
    """Of a column that compares numbers: one number of each stretch that its cells do not tell apart further.

    Exact, since between two neighbouring bounds every number is taken by the same cells.
    """
    bounds = sorted({number for cell in cells for one in parts(cell) for number in _bounds(one)})
    if not bounds:
        return ("0",)
    found = [bounds[0] - 1]
    for low, high in zip(bounds, [*bounds[1:], bounds[-1] + 2], strict=True):
        found += [low, (low + high) / 2]
    return tuple(format(one.normalize(), "f") for one in found)


def _bounds(part: str) -> list[Decimal]:
    compared, between = _COMPARED.fullmatch(part), _RANGE.fullmatch(part)
    if compared is not None:
        return [Decimal(compared[2])]
    if between is not None:
        return [Decimal(between[1]), Decimal(between[2])]
    number = _number(part)
    return [number] if number is not None and number.is_finite() else []


def values_of(cells: Iterable[str]) -> tuple[str, ...]:
    """The values that a column names, each once, in order."""
    named = (one for cell in cells for one in parts(cell) if one != ANYTHING)
    return tuple(dict.fromkeys(named))
