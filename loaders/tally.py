"""What a load counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """What a load has counted so far."""

    records: int = 0
    skipped: int = 0
    staged: int = 0
    """Assertions given to the store."""
    left_over: set[str] = field(default_factory=set)
    entities: Counter[str] = field(default_factory=Counter)
    """Of each type."""
    facts: Counter[str] = field(default_factory=Counter)
    """Different ones, of each predicate."""
