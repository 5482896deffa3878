"""Rows to values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kg.domain.fact import Fact, Interval, Literal


def fact_of(row: Sequence[Any]) -> Fact:
    """From fact, subject, predicate, object, value, datatype, start, end."""
    fact_id, subject, predicate, target, value, datatype, start, end = row
    held = target if target is not None else Literal(value, datatype)
    return Fact(fact_id, subject, predicate, held, Interval(start, end))
