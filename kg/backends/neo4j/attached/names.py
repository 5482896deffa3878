"""Names of an attached graph in memory: found as the stores of Whence find them, whatever the database's own index."""

from __future__ import annotations

import bisect
import functools
from collections import defaultdict
from collections.abc import Collection, Iterable

from rapidfuzz.distance import OSA

from kg.backends.neo4j.attached.nodes import Node, texts
from kg.domain.fact import EntityId
from kg.domain.words import fold
from kg.ports.store import Listing


class Names:
    """The names and aliases of these nodes; ``cut`` says that there are nodes besides whose names were not read."""

    def __init__(self, nodes: Iterable[Node], *, cut: bool) -> None:
        self.cut = cut
        self._names: list[tuple[str, EntityId, str]] = []
        self._whole: dict[str, set[EntityId]] = defaultdict(set)
        self._holding: dict[str, set[int]] = defaultdict(set)
        for one in nodes:
            for name in (one.type.named, *one.type.aliases):
                for text in texts(one.properties.get(name)) if name else ():
                    self._add(text, one)

    def _add(self, text: str, one: Node) -> None:
        folded = fold(text)
        self._whole[folded].add(one.id)
        for word in folded.split():
            self._holding[word].add(len(self._names))
        self._names.append((text, one.id, one.type.name))

    @functools.cached_property
    def _words(self) -> list[str]:
        return sorted(self._holding)

    def named(self, folded: str) -> list[EntityId]:
        return sorted(self._whole.get(folded, ()))

    def search(self, folded: str, types: Collection[str], limit: int, edits: int) -> Listing:
        """As ``GraphView.search`` says."""
        words = folded.split()
        if not words:
            return Listing(())
        fitting = [self._like(word, edits) if edits else self._exactly(word) for word in words]
        if not edits:
            fitting[-1] = self._beginning(words[-1])
        best: dict[EntityId, tuple[int, str]] = {}
        for place in set.intersection(*fitting):
            text, entity, type_name = self._names[place]
            if not types or type_name in types:
                best[entity] = min(best.get(entity, (len(text), text)), (len(text), text))
        ids = sorted(best, key=lambda one: (best[one], one))
        return Listing(tuple(ids[:limit]), cut=len(ids) > limit or self.cut)

    def _exactly(self, word: str) -> set[int]:
        return self._holding.get(word, set())

    def _beginning(self, word: str) -> set[int]:
        first = bisect.bisect_left(self._words, word)
        last = bisect.bisect_left(self._words, word + "\U0010ffff")
        return set().union(*(self._holding[one] for one in self._words[first:last]))

    def _like(self, word: str, edits: int) -> set[int]:
        first, last = (bisect.bisect_left(self._words, end) for end in (word[0], chr(ord(word[0]) + 1)))
        like = (one for one in self._words[first:last] if OSA.distance(word, one, score_cutoff=edits) <= edits)
        return set().union(*(self._holding[one] for one in like))
