"""What a view shows, in short."""

from __future__ import annotations

from kg.domain.fact import Fact
from kg.ports.store import GraphView

EVERYTHING = ("type", "name", "alias", "key", "status")


def ids_seen(view: GraphView) -> list[str]:
    return list(view.scan(["Person", "Firm", "Run"], 1_000).ids)


def facts_seen(view: GraphView, predicates: tuple[str, ...] = ()) -> list[Fact]:
    """Facts of all entities; the identity ones only if asked for."""
    return list(view.follow(ids_seen(view), predicates, "out", 1_000).facts)
