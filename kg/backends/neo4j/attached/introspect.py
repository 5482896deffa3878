"""Looking at a Neo4j graph that others made: bounded reads, nothing is written."""

from __future__ import annotations

from typing import Any

from kg.backends.neo4j.attached.cypher import FULLTEXT
from kg.backends.neo4j.database import Database
from kg.backends.neo4j.names import quoted
from kg.ports.attachable import GraphSketch, LabelSketch, RelationshipSketch

SAMPLE = 2_000
"""Nodes of a label, and relationships of a type, that are looked at."""
COUNTED = 200_000
"""Nodes up to which a property without an index is tried for being different in each."""

LABELS = "CALL db.labels() YIELD label RETURN label ORDER BY label"
TYPES = "CALL db.relationshipTypes() YIELD relationshipType AS type RETURN type ORDER BY type"
INDEXES = """SHOW INDEXES YIELD type, entityType, labelsOrTypes, properties, owningConstraint, state
WHERE entityType = 'NODE' AND type = 'RANGE' AND state = 'ONLINE' AND size(properties) = 1
RETURN labelsOrTypes[0], properties[0], owningConstraint IS NOT NULL"""


def sketch(database: Database) -> GraphSketch:
    """Labels, relationship types, and what some of each hold. Raises StoreError."""
    indexed: dict[str, dict[str, bool]] = {}
    for label, name, unique in database.read(INDEXES):
        held = indexed.setdefault(label, {})
        held[name] = held.get(name, False) or unique
    labels = [label for (label,) in database.read(LABELS)]
    sketches = (_label(database, label, indexed.get(label, {})) for label in labels)
    types = (_relationships(database, kind) for (kind,) in database.read(TYPES))
    covered = {(one, name) for _, held, names in database.read(FULLTEXT) for one in held for name in names}
    # A label or type that nothing has any more is still listed.
    return GraphSketch(
        tuple(one for one in sketches if one.count), tuple(one for one in types if one.count), frozenset(covered)
    )


def _label(database: Database, label: str, indexed: dict[str, bool]) -> LabelSketch:
    node = f"(n:{quoted(label)})"
    [[count]] = database.read(f"MATCH {node} RETURN count(n)")
    rows = database.read(f"MATCH {node} RETURN labels(n), properties(n) LIMIT $in.limit", limit=SAMPLE)
    sample = tuple({name: _plain(value) for name, value in properties.items()} for _, properties in rows)
    together = frozenset.intersection(*(frozenset(labels) for labels, _ in rows)) if rows else frozenset()
    above = frozenset(
        other
        for other in together - {label}
        if not database.read(f"MATCH {node} WHERE NOT n:{quoted(other)} RETURN 1 LIMIT 1")
    )
    unique = [name for name in _different(sample) if indexed.get(name) or _unique(database, node, name, count)]
    unique.sort(key=lambda name: (not indexed.get(name), name not in indexed))
    return LabelSketch(label, count, sample, tuple(unique), frozenset(indexed), above)


def _different(sample: tuple[dict[str, Any], ...]) -> list[str]:
    """Properties that each of these has, as a text or whole number, and no two alike."""
    found = []
    for name in dict.fromkeys(name for one in sample for name in one):
        values = [one.get(name) for one in sample]
        fit = all(isinstance(value, str | int) and not isinstance(value, bool) and value != "" for value in values)
        if fit and len({str(value) for value in values}) == len(values):
            found.append(name)
    return found


def _unique(database: Database, node: str, name: str, count: int) -> bool:
    if count > COUNTED:
        return False
    text = f"MATCH {node} RETURN count(DISTINCT toStringOrNull(n.{quoted(name)}))"
    return bool(database.read(text)[0][0] == count)


def _relationships(database: Database, kind: str) -> RelationshipSketch:
    pattern = f"(a)-[r:{quoted(kind)}]->(b)"
    [[count]] = database.read(f"MATCH ()-[r:{quoted(kind)}]->() RETURN count(r)")
    rows = database.read(
        f"MATCH {pattern} WITH a, r, b LIMIT $in.limit RETURN labels(a), labels(b), properties(r)", limit=SAMPLE
    )
    ends = dict.fromkeys((frozenset(start), frozenset(end)) for start, end, _ in rows)
    sample = tuple({name: _plain(value) for name, value in properties.items()} for *_, properties in rows)
    return RelationshipSketch(kind, count, tuple(ends), sample)


def _plain(value: Any) -> Any:
    """Times as text; what is neither that nor a plain value is nothing a fact could hold."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if hasattr(value, "iso_format"):
        return value.iso_format()
    return value if isinstance(value, str | int | float | bool) else None
