"""How often each caller may ask: a bucket of requests for each, filled as time goes by."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

MOST_BUCKETS = 10_000
"""Callers that are remembered; one not heard of for that long has a full bucket anyway."""


class Rates:
    """Of one process. A caller may use a minute's requests at once, and then as many as come in."""

    def __init__(self, per_minute: int, seconds: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._seconds = seconds
        self._guard = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, who: str, per_minute: int | None = None, *, spend: bool = True) -> int:
        """Take one request, or only look whether there is one; or say in how many seconds there is one."""
        most = self._per_minute if per_minute is None else per_minute
        if most <= 0:
            return 0
        with self._guard:
            now = self._seconds()
            left, then = self._buckets.pop(who, (float(most), now))
            left = min(float(most), left + (now - then) * most / 60)
            waits = 0 if left >= 1 else math.ceil((1 - left) * 60 / most)
            self._buckets[who] = (left - 1 if spend and not waits else left, now)
            if len(self._buckets) > MOST_BUCKETS:
                self._buckets.popitem(last=False)
            return waits
