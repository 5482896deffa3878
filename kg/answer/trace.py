"""The steps of an answer as they are done: how long each took, and who is told of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Tell = Callable[[str, Mapping[str, Any]], None]
"""Told of each step as it is done: its name and what came of it."""


def nobody(_: str, __: Mapping[str, Any]) -> None:
    """Nobody listens."""


def _unheard(_: str) -> None:
    """Nobody asks for steps."""


@dataclass
class Trace:
    """How long each step took, in milliseconds, and who is told of it."""

    steps: list[dict[str, Any]] = field(default_factory=list)
    tell: Tell = nobody
    done: Callable[[str], None] = _unheard
    """Told of the name of each step when it ends."""
    _last: float = field(default_factory=time.perf_counter)

    def mark(self, step: str) -> None:
        now = time.perf_counter()
        self.steps.append({"step": step, "ms": round((now - self._last) * 1000, 3)})
        self._last = now
        self.done(step)
