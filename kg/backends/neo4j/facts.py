"""What facts say, whoever may see them: for the record of what a run changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from kg.backends.neo4j import rows, texts
from kg.backends.neo4j.database import Row
from kg.backends.neo4j.supports import Touched
from kg.domain.fact import TYPE, Fact, Literal

Read = Callable[..., list[Row]]


def facts_of(read: Read, touched: Iterable[Touched], objects: Sequence[str]) -> list[Fact]:
    """The facts that the graph holds, in no order."""
    ids: dict[tuple[str, str], list[str]] = defaultdict(list)
    types: dict[str, set[str]] = defaultdict(set)
    for item in touched:
        if item.predicate == TYPE:
            types[item.subject].add(item.fact)
        else:
            text = texts.ends_of(item.predicate) if item.predicate in objects else texts.LITERALS_OF
            ids[item.predicate, text].append(item.fact)
    found = [
        rows.fact([predicate, *row]) for (predicate, text), some in ids.items() for row in read(text, ids=sorted(some))
    ]
    declared: list[list[Any]] = read(texts.KNOWN_ENTITIES, ids=sorted(types)) if types else []
    for entity, facts, names, *_ in declared:
        said = {fact: name for fact, name in zip(facts or (), names or (), strict=True) if fact in types[entity]}
        found += [Fact(fact, entity, TYPE, Literal(name)) for fact, name in said.items()]
    return found
