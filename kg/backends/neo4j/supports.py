"""Which dataset versions support a fact: read, changed and written back for a batch of facts, wherever they stand.

Facts between entities and literal facts keep their supports on the relationship, type facts on the entity.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg.backends.neo4j import texts
from kg.backends.neo4j.database import Transaction
from kg.backends.neo4j.names import OWN_PROPERTIES
from kg.backends.neo4j.rows import (
    Change,
    Support,
    TypeEntry,
    copy,
    support_properties,
    supports,
    type_entries,
    type_properties,
)
from kg.domain.fact import TYPE, EntityId, FactId, Instant

Copies = dict[str, set[EntityId]]
"""By predicate, the entities whose readable copy may be out of date."""


@dataclass(frozen=True, slots=True)
class Touched:
    """A fact to change, and where it stands."""

    fact: FactId
    predicate: str
    subject: EntityId


def known(tx: Transaction, facts: Iterable[Touched], objects: Sequence[str]) -> dict[FactId, tuple[Support, ...]]:
    """Supports of those of these facts that stand on relationships."""
    ids: dict[str, list[FactId]] = defaultdict(list)
    for item in facts:
        if item.predicate != TYPE:
            literal = item.predicate not in objects
            ids[texts.KNOWN_LITERALS if literal else texts.known_relationships(item.predicate)].append(item.fact)
    return {row[0]: supports(row[1:]) for text, batch in ids.items() for row in tx.run(text, ids=batch)}


def known_types(tx: Transaction, ids: Iterable[EntityId]) -> dict[EntityId, tuple[TypeEntry, ...]]:
    """What declares each of these entities; those that the graph does not hold are left out."""
    return {row[0]: type_entries(row[1:]) for row in tx.run(texts.KNOWN_ENTITIES, ids=sorted(ids))}


def supports_of(tx: Transaction, facts: Sequence[Touched], objects: Sequence[str]) -> dict[FactId, tuple[Support, ...]]:
    """Supports of all of these facts."""
    found = known(tx, facts, objects)
    subjects = {item.subject for item in facts if item.predicate == TYPE}
    for entries in (known_types(tx, subjects) if subjects else {}).values():
        for entry in entries:
            found[entry.fact] = (*found.get(entry.fact, ()), entry.support)
    return found


def set_supports(tx: Transaction, facts: Mapping[Touched, tuple[Support, ...]], objects: Sequence[str]) -> None:
    """Write the lists back."""
    rows: dict[str, list[Any]] = defaultdict(list)
    for item, entries in facts.items():
        text = texts.set_support(item.predicate) if item.predicate in objects else texts.SET_LITERAL_SUPPORT
        rows[text].append([item.fact, support_properties(entries)])
    for text, batch in rows.items():
        tx.run(text, rows=batch)


def change(
    tx: Transaction, facts: Sequence[Touched], objects: Sequence[str], changes: Mapping[FactId, Change]
) -> Copies:
    """Change the supports of each fact as told.

    A fact left without any goes, and with it the entities that nothing else speaks of.
    """
    copies: Copies = defaultdict(set)
    on_relationships = [item for item in facts if item.predicate != TYPE]
    held = known(tx, on_relationships, objects)
    kept: dict[Touched, tuple[Support, ...]] = {}
    gone: list[Touched] = []
    for item in on_relationships:
        if item.fact not in held:
            continue
        entries = changes[item.fact](held[item.fact])
        if entries:
            kept[item] = entries
        else:
            gone.append(item)
        if item.predicate not in objects and item.predicate not in OWN_PROPERTIES:
            copies[item.predicate].add(item.subject)
    set_supports(tx, kept, objects)
    loose = _delete(tx, gone, objects)
    loose |= _change_types(tx, [item for item in facts if item.predicate == TYPE], changes)
    if loose:
        tx.run(texts.DELETE_ENTITIES, ids=sorted(loose))
    return copies


def _delete(tx: Transaction, facts: Sequence[Touched], objects: Sequence[str]) -> set[EntityId]:
    """Remove the facts; gives the entities they hung on."""
    ids: dict[str, list[FactId]] = defaultdict(list)
    for item in facts:
        literal = item.predicate not in objects
        ids[texts.DELETE_LITERALS if literal else texts.delete_relationships(item.predicate)].append(item.fact)
    return {end for text, batch in ids.items() for row in tx.run(text, ids=batch) for end in row}


def _change_types(tx: Transaction, facts: Sequence[Touched], changes: Mapping[FactId, Change]) -> set[EntityId]:
    """Change the type lists; gives the entities that nothing declares any more."""
    wanted: dict[EntityId, list[FactId]] = defaultdict(list)
    for item in facts:
        wanted[item.subject].append(item.fact)
    rows: list[Any] = []
    unlabelled: dict[str, list[EntityId]] = defaultdict(list)
    loose: set[EntityId] = set()
    for entity, entries in (known_types(tx, wanted) if wanted else {}).items():
        new: list[TypeEntry] = []
        for fact_id, name in dict.fromkeys((entry.fact, entry.name) for entry in entries):
            mine = tuple(entry.support for entry in entries if entry.fact == fact_id)
            left = changes[fact_id](mine) if fact_id in wanted[entity] else mine
            new += [TypeEntry(fact_id, name, support) for support in left]
            if not left:
                unlabelled[name].append(entity)
        rows.append([entity, type_properties(new)])
        if not new:
            loose.add(entity)
    if rows:
        tx.run(texts.SET_COPIES, rows=rows)
    for name, ids in unlabelled.items():
        tx.run(texts.remove_labels((name,)), ids=ids)
    return loose


def refresh(tx: Transaction, predicate: str, entities: Sequence[EntityId], at: Instant) -> None:
    """Write the readable copies of these entities anew from what is known at this time."""
    found = tx.run(texts.live_literals(predicate), ids=list(entities), at=at)
    rows = [[entity, {predicate: copy([(value, kind) for value, kind in said])}] for entity, said in found]
    tx.run(texts.SET_COPIES, rows=rows)
