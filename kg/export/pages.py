"""The graph of a view, page by page: what every format is written from. Never all of it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kg.domain.fact import IDENTITY, Assertion, Entity, EntityId, Fact, FactId
from kg.ports.store import GraphView

PAGE = 500
"""Entities a page: some ten thousand facts with where each was read."""
ALL = 2**31
"""More facts than an entity has."""


@dataclass(frozen=True, slots=True)
class Page:
    """Entities in order of id, and all facts they are the subject of, in order of subject, predicate and id."""

    entities: dict[EntityId, Entity]
    far: dict[EntityId, Entity]
    """The entities that the facts lead to."""
    facts: tuple[Fact, ...]
    assertions: dict[FactId, tuple[Assertion, ...]]


Writer = Callable[[Path, Iterable[Page]], None]
"""Writes all pages into an empty folder."""


def pages(view: GraphView, size: int = PAGE) -> Iterator[Page]:
    """All pages of a view."""
    after = ""
    while True:
        listing = view.walk(after, size)
        if not listing.ids:
            return
        after = listing.ids[-1]
        identity = view.follow(listing.ids, IDENTITY, "out", ALL)
        said = view.follow(listing.ids, (), "out", ALL)
        facts = sorted((*identity.facts, *said.facts), key=lambda fact: (fact.subject, fact.predicate, fact.id))
        yield Page(
            view.entities(listing.ids), said.entities, tuple(facts), view.assertions([fact.id for fact in facts])
        )
        if not listing.cut:
            return
