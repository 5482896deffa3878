"""Intervals, calibration and paired differences, against published values and against what must hold of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.answer.measures import calibration_error, paired, percentile, reliability, wilson


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17, 857-872, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (29, 29, 0.8830, 1.0),
    ],
)
def test_the_interval_of_a_share_is_the_published_one(count: int, total: int, low: float, high: float) -> None:
    assert wilson(count, total) == pytest.approx((low, high), abs=5e-5)


def test_no_questions_have_no_interval() -> None:
    assert wilson(0, 0) is None
    assert percentile([], 50) is None


@pytest.mark.parametrize(("percent", "expected"), [(0, 1.0), (50, 5.0), (95, 10.0), (100, 10.0)])
def test_a_percentile_is_a_value_that_was_measured(percent: int, expected: float) -> None:
    assert percentile([float(n) for n in range(10, 0, -1)], percent) == expected


def test_the_calibration_error_weighs_each_bin_by_its_answers() -> None:
    bins = reliability([(0.95, True), (0.95, False), (0.25, False), (1.0, True)])
    assert [(one.low, one.count) for one in bins] == [(0.2, 1), (0.9, 3)]
    # 3/4 of |2/3 - 2.9/3| and 1/4 of |0 - 0.25|.
    assert calibration_error(bins) == pytest.approx(0.225 + 0.0625)


def test_who_says_how_sure_they_are_and_is_has_no_calibration_error() -> None:
    assert calibration_error(reliability([(0.5, True), (0.5, False), (1.0, True), (0.0, False)])) == 0.0
    assert calibration_error(reliability([])) is None


@pytest.mark.parametrize(
    ("gained", "lost", "p"),
    # Two-sided binomial tails of a fair coin: 2/2^6, 2(1+8)/2^8, and all of it.
    [(6, 0, 0.03125), (0, 6, 0.03125), (7, 1, 0.0703125), (3, 3, 1.0)],
)
def test_the_test_is_exact(gained: int, lost: int, p: float) -> None:
    before = [False] * gained + [True] * lost + [True] * 10
    after = [True] * gained + [False] * lost + [True] * 10
    found = paired(before, after)
    assert (found.gained, found.lost) == (gained, lost)
    assert found.p == pytest.approx(p)
    assert found.difference == pytest.approx((gained - lost) / len(before))


def test_the_interval_is_the_exact_one_of_the_questions_that_changed() -> None:
    # Clopper and Pearson for 8 of 10: 0.4439 to 0.9748; ten of twenty questions changed.
    found = paired([False] * 8 + [True] * 12, [True] * 8 + [False] * 2 + [True] * 10)
    assert found.interval == pytest.approx(((2 * 0.4439 - 1) / 2, (2 * 0.9748 - 1) / 2), abs=1e-4)


def test_without_a_change_there_is_no_difference_and_no_interval() -> None:
    found = paired([True, False], [True, False])
    assert (found.p, found.difference, found.interval, found.beyond_noise) == (1.0, 0.0, None, False)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_the_interval_leaves_out_zero_exactly_where_the_test_sees_a_difference(pairs: list[tuple[bool, bool]]) -> None:
    found = paired([before for before, _ in pairs], [after for _, after in pairs])
    if found.interval is None:
        assert found.gained == found.lost == 0
        return
    low, high = found.interval
    assert low <= found.difference <= high
    assert found.beyond_noise == (low > 0 or high < 0)
