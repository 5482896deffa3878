"""Reading back from the newest record: no further than needed."""

from __future__ import annotations

import pytest

from api.newest import newest


class Numbers:
    """The numbers from the newest (0) on, and how many were asked for each time."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.asked: list[int] = []

    def read(self, limit: int) -> list[int]:
        self.asked.append(limit)
        return list(range(min(limit, self._size)))


@pytest.mark.parametrize(
    ("size", "every", "expected", "asked"),
    [
        (1_000, 1, list(range(10)), [10]),
        (1_000, 3, list(range(0, 30, 3)), [10, 40]),
        (1_000, 90, [0, 90, 180, 270], [10, 40, 160, 300]),
        (5, 2, [0, 2, 4], [10]),
        (30, 10, [0, 10, 20], [10, 40]),
        (0, 1, [], [10]),
    ],
)
def test_a_list_is_read_back_only_as_far_as_it_needs(
    size: int, every: int, expected: list[int], asked: list[int]
) -> None:
    numbers = Numbers(size)
    found = newest(numbers.read, lambda some: [one for one in some if one % every == 0], 10, 300)
    assert (found, numbers.asked) == (expected, asked)
