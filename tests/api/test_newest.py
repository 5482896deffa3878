"""Reading back from the newest record: no further than needed, and far enough for an old run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from api.newest import newest, run_of
from kg.bootstrap import Services
from kg.domain.difference import FactChange
from kg.domain.lineage import LiveRun, Rejection, Run
from kg.domain.openlineage import LineageNode


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


class Runs:
    """A record of many runs."""

    def __init__(self, template: Run, size: int) -> None:
        self._template, self._size = template, size
        self.asked: list[int] = []

    def runs(self, limit: int) -> list[Run]:
        self.asked.append(limit)
        return [replace(self._template, id=f"run-{number}") for number in range(min(limit, self._size))]

    def live(self) -> LiveRun | None:
        raise NotImplementedError

    def append_run(self, run: Run, rejections: object, events: object = ()) -> None:
        raise NotImplementedError

    def last_fingerprint(self, dataset: str, version: str) -> str | None:
        raise NotImplementedError

    def rejections(self, run_id: str) -> list[Rejection]:
        raise NotImplementedError

    def changes(self, run_id: str) -> list[FactChange]:
        raise NotImplementedError

    def append_events(self, events: object, actor: str = "") -> int:
        raise NotImplementedError

    def events(self, run: str) -> list[dict[str, Any]]:
        raise NotImplementedError

    def known(self, nodes: object) -> frozenset[LineageNode]:
        raise NotImplementedError

    def linked(self, nodes: object, toward: object, limit_each: int) -> dict[LineageNode, tuple[LineageNode, ...]]:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("wanted", "found", "asked"),
    [
        ("run-999", True, [1_000]),
        ("run-1000", True, [1_000, 10_000]),
        ("run-10001", True, [1_000, 10_000, 100_000]),
        ("run-12000", False, [1_000, 10_000, 100_000]),
    ],
)
def test_an_old_run_is_found(services: Services, wanted: str, found: bool, asked: list[int]) -> None:  # noqa: FBT001
    record = Runs(services.runs.runs(1)[0], 12_000)
    met = run_of(record, wanted)
    assert (met.id if met else None) == (wanted if found else None)
    assert record.asked == asked
