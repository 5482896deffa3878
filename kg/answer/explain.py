"""Evidence to the explanation: the part of the graph that the answer leans on, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kg.domain.evidence import EvidenceSet
from kg.domain.fact import PASSAGE, TYPE, Entity, EntityId, Fact, FactId, Literal
from kg.domain.ontology import Ontology
from kg.domain.result import Result
from kg.text.passages import quotation

ELEMENT = re.compile(r"(?P<kind>node|relationship) (?P<id>\d+:[0-9a-f-]+:\d+)(#.*)?", re.DOTALL)
"""A place in an attached graph."""


def explanation(
    evidence: EvidenceSet,
    facts: Mapping[FactId, Fact],
    result: Result,
    ontology: Ontology,
) -> dict[str, Any]:
    """Nodes, relationships, one path a row, and Cypher that shows the same in Neo4j Browser."""
    entities = result.entities
    cited = dict.fromkeys(fact for item in evidence.items for fact in item.facts)
    # What an entity's type is shows as its label, not as a relationship.
    shown = [fact for fact in cited if facts[fact].predicate != TYPE]
    nodes: dict[str, dict[str, Any]] = {}
    relationships = []
    for fact_id in shown:
        fact = facts[fact_id]
        for entity in (fact.subject, fact.target):
            if entity is not None:
                nodes.setdefault(entity, _node(entity, entities, ontology))
        end = fact.target
        if end is None and isinstance(fact.object, Literal):
            end = fact.id
            nodes[end] = {
                "id": end,
                "labels": ["Literal"],
                "name": quotation(fact.object.value) if fact.predicate == PASSAGE else fact.object.value,
                "properties": {"value": fact.object.value, "datatype": fact.object.datatype},
            }
        relationships.append(_relationship(fact, str(end)))
    for row in result.rows:
        nodes.setdefault(row.entity, _node(row.entity, entities, ontology))
    drawn = set(shown)
    paths = [
        {"entity": row.entity, "relationships": [fact for fact in row.witness if fact in drawn]} for row in result.rows
    ]
    paths += [{"entity": c.entities[-1], "relationships": [f for f in c.facts if f in drawn]} for c in result.paths]
    return {
        "nodes": sorted(nodes.values(), key=lambda node: str(node["id"])),
        "relationships": sorted(relationships, key=lambda edge: str(edge["id"])),
        "paths": paths,
        "cypher": _by_elements(evidence) or cypher(sorted(nodes), sorted(shown)),
        "left_out": evidence.left_out,
    }


def _by_elements(evidence: EvidenceSet) -> str | None:
    """The query for a graph of others, whose facts were read at nodes and relationships of it."""
    found: dict[str, set[str]] = {"node": set(), "relationship": set()}
    for item in evidence.items:
        for support in item.supports:
            place = ELEMENT.fullmatch(support.assertion.locator)
            if place is None:
                return None
            found[place["kind"]].add(place["id"])
    if not any(found.values()):
        return None
    said = {kind: ", ".join(_quoted(one) for one in sorted(ids)) for kind, ids in found.items()}
    return (
        f"UNWIND [{said['relationship']}] AS id MATCH (n)-[r]->(m) WHERE elementId(r) = id RETURN n, r, m\n"
        f"UNION UNWIND [{said['node']}] AS id MATCH (n) WHERE elementId(n) = id RETURN n, null AS r, null AS m"
    )


def _node(entity: EntityId, entities: Mapping[EntityId, Entity], ontology: Ontology) -> dict[str, Any]:
    met = entities[entity]
    labels = [met.type]
    while (above := ontology.types[labels[-1]].parent if labels[-1] in ontology.types else None) is not None:
        labels.append(above)
    return {"id": entity, "labels": labels, "name": met.name, "properties": {"key": met.keys[0]}}


def _relationship(fact: Fact, end: str) -> dict[str, Any]:
    valid = {"valid_from": fact.valid.start, "valid_to": fact.valid.end}
    return {
        "id": fact.id,
        "type": fact.predicate.upper(),
        "start": fact.subject,
        "end": end,
        "properties": {key: value for key, value in valid.items() if value is not None},
    }


def cypher(nodes: list[str], facts: list[FactId]) -> str:
    """A query for Neo4j Browser that returns exactly these nodes and relationships."""
    entities = ", ".join(_quoted(node) for node in nodes if ":" in node)
    return (
        f"MATCH (n:Entity) WHERE n.id IN [{entities}]\n"
        f"OPTIONAL MATCH (n)-[r]->(m) WHERE r.fact IN [{', '.join(_quoted(fact) for fact in facts)}]\n"
        "RETURN n, r, m"
    )


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
