"""Choosing the few that together reach most: exactly where that is feasible, greedily beyond."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MAX_COMBINATIONS = 200_000
"""Choices tried one by one: about a second."""
MAX_TIES = 20


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen, how many targets they reach, other choices that reach as many, and whether none reaches more."""

    chosen: tuple[str, ...]
    reached: int
    ties: tuple[tuple[str, ...], ...] = ()
    exact: bool = True
    as_good: int = 0
    """How many others reach as many, of those that were tried; the first MAX_TIES are the ties."""


def cover(reach: Mapping[str, frozenset[str]], order: Sequence[str], number: int) -> Choice:
    """The ``number`` keys of ``reach`` whose sets have the largest union; keys in ``order`` where equally good.

    Exact up to MAX_COMBINATIONS choices among those that no other key of equal or larger reach contains. Beyond, the
    greedy choice, which reaches at least 1 - 1/e (63 %) of what the best does (Nemhauser, Wolsey, Fisher 1978).
    """
    targets = {target: 1 << i for i, target in enumerate(sorted(frozenset().union(*reach.values())))}
    masks = {key: sum(targets[target] for target in reach[key]) for key in order if reach.get(key)}
    number = min(number, len(masks))
    if number == 0:
        return Choice((), 0)
    useful = _undominated(masks, number)
    if math.comb(len(useful), number) > MAX_COMBINATIONS:
        return _greedy(masks, number)
    best = 0
    for keys in itertools.combinations(useful, number):
        best = max(best, _union(masks, keys))
    if math.comb(len(masks), number) <= MAX_COMBINATIONS:
        useful = list(masks)
    ties = [keys for keys in itertools.combinations(useful, number) if _union(masks, keys) == best]
    return Choice(ties[0], best, tuple(ties[1 : MAX_TIES + 1]), as_good=len(ties) - 1)


def _union(masks: Mapping[str, int], keys: Sequence[str]) -> int:
    reached = 0
    for key in keys:
        reached |= masks[key]
    return reached.bit_count()


def _undominated(masks: Mapping[str, int], number: int) -> list[str]:
    """Keys that fewer than ``number`` others contain: the best choice never needs more of the contained ones."""
    kept = []
    for i, (key, mask) in enumerate(masks.items()):
        above = sum(
            1
            for j, (other, wide) in enumerate(masks.items())
            if other != key and mask | wide == wide and (mask != wide or j < i)
        )
        if above < number:
            kept.append(key)
    return kept


def _greedy(masks: Mapping[str, int], number: int) -> Choice:
    chosen: list[str] = []
    reached = 0
    for _ in range(number):
        best = max((key for key in masks if key not in chosen), key=lambda key: (masks[key] & ~reached).bit_count())
        chosen.append(best)
        reached |= masks[best]
    return Choice(tuple(sorted(chosen, key=list(masks).index)), reached.bit_count(), exact=False)
