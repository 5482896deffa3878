"""What is found in a graph that others made, as far as a draft of an attachment needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class LabelSketch:
    """Nodes with one label: how many, and the properties of some of them, days as text."""

    label: str
    count: int
    sample: tuple[dict[str, Any], ...]
    unique: tuple[str, ...]
    """Properties that every node has, each with another value; those that an index finds come first."""
    indexed: frozenset[str]
    above: frozenset[str]
    """Labels that all of these nodes have besides."""


@dataclass(frozen=True, slots=True)
class RelationshipSketch:
    """Relationships of one type: how many, and of some of them the labels of both ends and the properties."""

    type: str
    count: int
    ends: tuple[tuple[frozenset[str], frozenset[str]], ...]
    sample: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class GraphSketch:
    """All of a database."""

    labels: tuple[LabelSketch, ...]
    relationships: tuple[RelationshipSketch, ...]
    fulltext: frozenset[tuple[str, str]]
    """Label and property of nodes that a full-text index covers."""
