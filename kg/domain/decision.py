"""Decisions: the answer contract as one document, and the part of it that "same bytes" speaks of."""

from __future__ import annotations

from typing import Any
from typing import Literal as OneOf

Outcome = OneOf["answered", "abstained", "ambiguous", "false_premise", "pending_review"]
Document = dict[str, Any]
"""A decision as JSON. Keys are fixed: they may be added to, not renamed (docs/answer-contract.md)."""

MOVING = frozenset({"decision_id", "ledger", "trace", "usage", "run", "recorded_at", "known_at", "as_of", "engine"})
"""Keys that differ between two runs of the same question on the same data."""


def comparable(document: Any) -> Any:
    """The document without what moves: equal on every store for the same data and question."""
    if isinstance(document, dict):
        return {key: comparable(value) for key, value in document.items() if key not in MOVING}
    if isinstance(document, list):
        return [comparable(item) for item in document]
    return document
