"""What a load remembers is the same whether it fits in memory or not."""

from __future__ import annotations

from collections import Counter

import pytest

from loaders.spool import Distinct


@pytest.mark.parametrize("least", [1, 7, 1_000_000])
def test_different_texts_are_counted_once_by_kind(least: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loaders.spool.IN_MEMORY", least)
    told = [("ab"[n % 2], f"f-{n * n % 301}") for n in range(2_000)]
    distinct = Distinct()
    for start in range(0, len(told), 100):
        distinct.add(told[start : start + 100])
    assert distinct.counts() == Counter(kind for kind, _ in set(told))
    distinct.close()


def test_counting_none_gives_none() -> None:
    assert Distinct().counts() == Counter()
