"""What a View that is seen through another has from it as it is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg.domain.fact import Assertion, FactId, Instant
from kg.ports.store import GraphView

if TYPE_CHECKING:
    from kg.domain.lineage import DatasetVersion, GraphProfile, Source
    from kg.domain.ontology import Ontology
    from kg.domain.scope import Scope


@dataclass(frozen=True)
class OverView:
    """Hands on what says nothing of which entities there are; what does is for each kind to say."""

    _view: GraphView

    @property
    def scope(self) -> Scope:
        return self._view.scope

    @property
    def known_at(self) -> Instant:
        return self._view.known_at

    def ontology(self) -> Ontology:
        return self._view.ontology()

    def datasets(self) -> tuple[DatasetVersion, ...]:
        return self._view.datasets()

    def versions(self) -> tuple[DatasetVersion, ...]:
        return self._view.versions()

    def profile(self) -> GraphProfile:
        return self._view.profile()

    def sources(self, ids: Collection[str] | None = None) -> dict[str, Source]:
        return self._view.sources(ids)

    def values(self, texts: Collection[str]) -> dict[str, tuple[str, ...]]:
        return self._view.values(texts)

    def assertions(self, facts: Collection[FactId]) -> dict[FactId, tuple[Assertion, ...]]:
        return self._view.assertions(facts)

    def said_by(self, sources: Collection[str], limit_each: int) -> dict[str, tuple[Assertion, ...]]:
        return self._view.said_by(sources, limit_each)
