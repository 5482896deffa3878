"""What a reader may see."""

from __future__ import annotations

from dataclasses import dataclass

from kg.domain.fact import Instant
from kg.domain.lineage import Classification


@dataclass(frozen=True, slots=True)
class Scope:
    """Datasets, classification ceiling and the two as-of times; every read goes through a View made from one.

    The default reads all current dataset versions as known now and true today, up to ``confidential``.
    """

    datasets: tuple[str, ...] = ()
    """``NAME`` (its current version) or ``NAME@VERSION``; empty means every dataset."""
    ceiling: Classification = Classification.CONFIDENTIAL
    valid_as_of: str | None = None
    """A day, ISO 8601; ``None`` is today."""
    known_as_of: Instant | None = None
    """``None`` is the newest committed state."""
