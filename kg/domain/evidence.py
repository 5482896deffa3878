"""Numbered evidence, claims that cite it, and verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

from kg.domain.fact import Assertion, EntityId, Fact, FactId
from kg.domain.lineage import Source
from kg.domain.plan import Point

EvidenceKind = OneOf["fact", "path", "passage", "absence", "policy", "conflict"]
Verdict = OneOf["supported", "unsupported", "contradicted"]


@dataclass(frozen=True, slots=True)
class Support:
    """One place a fact was read at."""

    assertion: Assertion
    source: Source


@dataclass(frozen=True, slots=True)
class Grounds:
    """What stands behind a result: its facts, who asserts each, and the sources in view."""

    facts: dict[FactId, Fact]
    assertions: dict[FactId, tuple[Assertion, ...]]
    sources: dict[str, Source]
    searched: dict[Point, tuple[Source, ...]]
    """The sources that are read at each point."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One numbered thing an answer leans on."""

    id: str
    """``E1``, ``E2`` …"""
    kind: EvidenceKind
    text: str
    facts: tuple[FactId, ...] = ()
    supports: tuple[Support, ...] = ()
    searched: tuple[Source, ...] = ()
    """For an absence: the sources that were searched."""
    entities: tuple[EntityId, ...] = ()
    quote: str | None = None
    """For a passage: its text as it stands in the source."""


@dataclass(frozen=True, slots=True)
class EvidenceSet:
    """The evidence of one answer, and how much did not fit."""

    items: tuple[Evidence, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence and the evidence it cites."""

    id: str
    text: str
    evidence: tuple[str, ...]
    row: int | None = None
    """The row of the answer it speaks of."""
    verdict: Verdict = "unsupported"


@dataclass(frozen=True, slots=True)
class Draft:
    """Claims before they are verified; the first one is the answer in a sentence."""

    claims: tuple[Claim, ...] = ()
