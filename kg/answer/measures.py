"""What counts say beyond themselves: intervals, calibration, and whether two runs differ by more than chance."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Z = 1.959963984540054
"""Of the normal distribution, for 95 %."""
BINS = 10
ALPHA = 0.05


def wilson(count: int, total: int) -> tuple[float, float] | None:
    """The 95 % interval of a share (Wilson 1927): it holds for small totals, and for none and all."""
    if not total:
        return None
    share, spread = count / total, Z * Z / total
    middle = share + spread / 2
    half = Z * math.sqrt(share * (1 - share) / total + spread / (4 * total))
    low, high = (middle - half) / (1 + spread), (middle + half) / (1 + spread)
    # At the ends the formula gives 0 and 1 up to rounding.
    return (0.0 if count == 0 else low, 1.0 if count == total else high)


def percentile(values: Sequence[float], percent: int) -> float | None:
    """The value that so many per cent of the values do not exceed."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


@dataclass(frozen=True, slots=True)
class Bin:
    """The answers with a confidence in one tenth of the range."""

    low: float
    high: float
    count: int
    confidence: float
    """The mean of what was said."""
    right: float
    """The share that was right."""


def reliability(said: Sequence[tuple[float, bool]]) -> tuple[Bin, ...]:
    """Ten bins of equal width, those without answers left out; a bound belongs to the bin above it."""
    found = []
    for number in range(BINS):
        held = [one for one in said if min(int(one[0] * BINS), BINS - 1) == number]
        if held:
            confidence = sum(value for value, _ in held) / len(held)
            right = sum(is_right for _, is_right in held) / len(held)
            found.append(Bin(number / BINS, (number + 1) / BINS, len(held), confidence, right))
    return tuple(found)


def calibration_error(bins: Sequence[Bin]) -> float | None:
    """The expected calibration error (Naeini, Cooper & Hauskrecht 2015; Guo et al. 2017)."""
    total = sum(one.count for one in bins)
    return sum(one.count * abs(one.right - one.confidence) for one in bins) / total if total else None


@dataclass(frozen=True, slots=True)
class Paired:
    """The same questions asked twice: what became so, what ceased to be so, and how much that says."""

    total: int
    gained: int
    lost: int
    p: float
    """Of the exact McNemar test: how often chance alone would change as many one way."""
    difference: float
    """Of the shares, after less before."""
    interval: tuple[float, float] | None
    """Its 95 % interval; ``None`` where no question changed, since then there is nothing to make one of."""

    @property
    def beyond_noise(self) -> bool:
        return self.p < ALPHA


def paired(before: Sequence[bool], after: Sequence[bool]) -> Paired:
    """Compare answers to the same questions, in the same order.

    The exact McNemar test (McNemar 1947): of the questions that changed, half would go each way by chance. The
    interval is the exact one of their share (Clopper & Pearson 1934), as a difference over all questions; so it
    leaves 0 out exactly where the test says that there is a difference.
    """
    gained = sum(now and not then for then, now in zip(before, after, strict=True))
    lost = sum(then and not now for then, now in zip(before, after, strict=True))
    total, changed = len(before), gained + lost
    if not changed:
        return Paired(total, 0, 0, 1.0, 0.0, None)
    p = min(1.0, 2 * min(_at_most(gained, changed, 0.5), _at_most(lost, changed, 0.5)))
    low = 0.0 if gained == 0 else _where(lambda share: 1 - _at_most(gained - 1, changed, share) >= ALPHA / 2)
    high = 1.0 if lost == 0 else _where(lambda share: _at_most(gained, changed, share) < ALPHA / 2)
    interval = ((2 * low - 1) * changed / total, (2 * high - 1) * changed / total)
    return Paired(total, gained, lost, p, (gained - lost) / total, interval)


def _at_most(count: int, total: int, share: float) -> float:
    """How often so many of the total or fewer come up."""
    return math.fsum(math.comb(total, i) * share**i * (1 - share) ** (total - i) for i in range(count + 1))


def _where(holds: Callable[[float], bool]) -> float:
    """The least share from which on it holds."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
