"""A store as it would be read if sources or dataset versions were retired: for looking before the deed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kg.decisions.ablated import AblatedView, Change
from kg.decisions.kept import KeptView, OnlyRead
from kg.decisions.replay import BEFORE_ALL
from kg.domain.fact import TYPE, Entity, EntityId, FactId, Instant, Literal
from kg.domain.lineage import GraphProfile
from kg.domain.words import fold
from kg.errors import DatasetNotFound
from kg.ports.store import GraphView, Listing

if TYPE_CHECKING:
    from kg.domain.lineage import DatasetVersion, Source
    from kg.domain.scope import Scope

MOST_SAID = 200_000
"""Assertions of a source that are looked at; of a larger one the counts of predicates stay as they are."""


@dataclass(frozen=True)
class WithoutView(AblatedView):
    """A view without some sources, also where a question is understood: names, counts, what there is to search."""

    _left: tuple[DatasetVersion, ...] = ()
    """The versions that would be left, current or not."""

    _at: Instant = ""

    @property
    def known_at(self) -> Instant:
        """Also where nothing would be left."""
        return self._at

    def versions(self) -> tuple[DatasetVersion, ...]:
        return self._left

    def sources(self, ids: Collection[str] | None = None) -> dict[str, Source]:
        return {key: one for key, one in self._kept.sources(ids).items() if key not in self._change.sources}

    def profile(self) -> GraphProfile:
        counts = self._kept.profile()
        lost: set[FactId] = set()
        for said in self._kept.said_by(self._change.sources, MOST_SAID).values():
            lost |= self.gone({one.fact for one in said})
        facts, entities = Counter(counts.facts), Counter(counts.entities)
        for fact in self._kept.facts(lost).values():
            facts[fact.predicate] -= 1
            if fact.predicate == TYPE and isinstance(fact.object, Literal):
                entities[fact.object.value] -= 1
        return GraphProfile(counts.engine, _positive(entities), _positive(facts))

    def named(self, texts: Collection[str], limit_each: int) -> dict[str, tuple[EntityId, ...]]:
        found = self._kept.named(texts, limit_each)
        met = self.entities({one for ids in found.values() for one in ids})
        kept = {
            text: tuple(one for one in ids if one in met and _called(met[one], text)) for text, ids in found.items()
        }
        return {text: ids for text, ids in kept.items() if ids}

    def search(
        self, texts: Collection[str], types: Collection[str], limit_each: int, *, edits: int = 0
    ) -> dict[str, Listing]:
        found = self._kept.search(texts, types, limit_each, edits=edits)
        met = self.entities({one for listing in found.values() for one in listing.ids})
        return {
            text: replace(listing, ids=tuple(one for one in listing.ids if one in met))
            for text, listing in found.items()
        }


def _called(entity: Entity, text: str) -> bool:
    names = (*entity.aliases, entity.name)
    return text.partition(":")[2] in entity.keys or text in map(fold, names)


def _positive(counts: Counter[str]) -> dict[str, int]:
    return {name: count for name, count in sorted(counts.items()) if count > 0}


@dataclass(frozen=True)
class WithoutStore(OnlyRead):
    """Reads what another store holds, less what would be retired."""

    _sources: frozenset[str]
    _versions: frozenset[str]
    """Dataset versions that would end as a whole: no view would have them."""

    def view(self, scope: Scope) -> GraphView:
        view = self._store.view(scope)
        at = view.known_at
        left = tuple(one for one in view.versions() if one.ref not in self._versions)
        staying = tuple(one for one in view.datasets() if one.ref not in self._versions)
        for ref in scope.datasets:
            if not any(ref in (one.dataset, one.ref) for one in staying):
                raise DatasetNotFound(f"no dataset {ref!r} would be left")
        if not staying:
            # Nothing is left: as before anything was loaded.
            view = self._store.view(replace(scope, datasets=(), known_as_of=BEFORE_ALL))
        elif len(staying) < len(view.datasets()):
            view = self._store.view(replace(scope, datasets=tuple(one.ref for one in staying)))
        kept = KeptView(view)
        return WithoutView(kept, kept, Change(sources=self._sources), _left=left, _at=at)
