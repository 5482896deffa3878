"""Canonical JSON: the bytes of the library, whatever the value is, and its refusals."""

from __future__ import annotations

import math
from enum import IntEnum
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from kg.domain.canonical_json import canonical

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-1000, 1000).map(float),
    TEXT,
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner), st.lists(inner).map(tuple), st.dictionaries(TEXT, inner))
)


class Number(IntEnum):
    """A kind of int."""

    ONE = 1


@given(VALUES)
def test_it_is_what_the_library_writes(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value",
    [
        -0.0, 0.0, 1.0, -7.0, 0.1, 1e-4, 9.999e-5, 1e-7, 1e15 + 0.5, 1e16, 1e21, 5e-324, 2**53 - 1,
        Number.ONE, True, '\x7f\u2028\x00\b\f"\\/', {"\ue000": 1, "\U00010000": 2}, {"b": 1, "a": [], "": {}},
    ],
)  # fmt: skip
def test_what_is_rare_is_written_so_too(value: Any) -> None:
    assert canonical([value]) == rfc8785.dumps([value])


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**53, "\ud800", {"\ud800": 1}, {1: 2}, {1: 2, "a": 3}, {1, 2}])
def test_what_the_library_refuses_is_refused(value: Any) -> None:
    with pytest.raises((rfc8785.CanonicalizationError, UnicodeEncodeError)):
        canonical({"inside": [value]})
