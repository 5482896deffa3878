"""Texts that read a graph others made. Labels, types and properties stand in them quoted, all else is parameters.

Every text gives rows that begin with element id, labels and the properties that are read of a node.
"""

from __future__ import annotations

import functools

from kg.backends.neo4j.attached.attachment import Attachment, NodeType
from kg.backends.neo4j.names import quoted


class Texts:
    """The texts of one attachment."""

    def __init__(self, attachment: Attachment) -> None:
        self._attachment = attachment
        self._map = _projection(attachment.read)
        self._dated = _projection(attachment.dated)
        labels = sorted({one.label for one in attachment.types})
        self._mapped = "|".join(quoted(label) for label in labels)

    def _columns(self, node: str) -> str:
        return f"elementId({node}) AS element, labels({node}) AS labels, {node} {self._map} AS properties"

    def located(self, types: tuple[int, ...]) -> str:
        """Nodes of these types by their keys: ``keys`` has a list for each type."""
        return _together(
            [
                f"UNWIND $in.keys[{place}] AS key MATCH (n:{quoted(self._attachment.types[number].label)}) "
                f"WHERE {_key(self._attachment.types[number])} = key RETURN {self._columns('n')}"
                for place, number in enumerate(types)
            ],
            "element, labels, properties",
        )

    def follow(self, relations: tuple[int, ...], direction: str) -> str:
        """Relationships of these nodes, so many of each node and type, and the nodes at their far ends."""
        branches = []
        for number in relations:
            arrow = f"-[r:{quoted(self._attachment.relations[number].type)}]-"
            pattern = f"(n){arrow}>(o:{self._mapped})" if direction == "out" else f"(n)<{arrow}(o:{self._mapped})"
            branches.append(f"MATCH {pattern} RETURN {number} AS said, r, o ORDER BY elementId(r) LIMIT $in.limit")
        return (
            "UNWIND $in.nodes AS near MATCH (n) WHERE elementId(n) = near\n"
            f"CALL (n) {{\n{_union(branches)}\n}}\n"
            f"RETURN near, said, elementId(r), r {self._dated}, {self._columns('o')}"
        )

    def scan(self, types: tuple[int, ...]) -> str:
        """Nodes of exactly these types in order of key, so many of each, after an id."""
        branches = []
        for number in types:
            one = self._attachment.types[number]
            above = "".join(f" AND NOT n:{quoted(other.label)}" for other in self._attachment.types[:number])
            prefix = f"'{one.scheme}:'"
            key = f"toString({_key(one)})"
            branches.append(
                f"MATCH (n:{quoted(one.label)}) WHERE {key} <> '' AND {prefix} + {key} > $in.after{above} "
                f"RETURN {self._columns('n')} ORDER BY {key} LIMIT $in.limit"
            )
        return _together(branches, "element, labels, properties")

    def names(self, labels: tuple[str, ...]) -> str:
        """The nodes of each of these labels, so many, for their names."""
        return _together(
            [f"MATCH (n:{quoted(label)}) RETURN {self._columns('n')} LIMIT $in.limit" for label in labels],
            "element, labels, properties",
        )

    @functools.cached_property
    def found(self) -> str:
        """The nodes that a full-text query finds."""
        return (
            "UNWIND $in.queries AS query CALL db.index.fulltext.queryNodes($in.index, query, {limit: $in.limit}) "
            f"YIELD node AS n RETURN {self._columns('n')}"
        )

    def values(self, label: str, name: str) -> str:
        """Different values of a property, of so many nodes."""
        return (
            f"MATCH (n:{quoted(label)}) WITH n LIMIT $in.limit UNWIND n.{quoted(name)} AS value "
            "WITH DISTINCT value WHERE size(toStringOrNull(value)) <= $in.longest RETURN value LIMIT $in.most"
        )

    @functools.cached_property
    def counts(self) -> str:
        """How many nodes and relationships: Neo4j keeps these counts."""
        nodes = [
            f"MATCH (n:{quoted(one.label)}) RETURN 'type' AS kind, {number} AS number, count(n) AS held"
            for number, one in enumerate(self._attachment.types)
        ]
        nodes += [
            f"MATCH ()-[r:{quoted(one.type)}]->() RETURN 'relation' AS kind, {number} AS number, count(r) AS held"
            for number, one in enumerate(self._attachment.relations)
        ]
        return _together(nodes, "kind, number, held")

    def filled(self, labels: tuple[str, ...], name: str) -> str:
        """How many of the first nodes of these labels have a property."""
        branches = [
            f"MATCH (n:{quoted(one)}) WITH n LIMIT $in.limit RETURN count(n.{quoted(name)}) AS held" for one in labels
        ]
        return _together(branches, "sum(held)")


FULLTEXT = """SHOW FULLTEXT INDEXES YIELD name, state, entityType, labelsOrTypes, properties
WHERE state = 'ONLINE' AND entityType = 'NODE' RETURN name, labelsOrTypes, properties ORDER BY name"""


def _projection(names: tuple[str, ...]) -> str:
    return f"{{{', '.join(f'.{quoted(name)}' for name in names)}}}" if names else "{}"


def _key(one: NodeType) -> str:
    return "elementId(n)" if one.key is None else f"n.{quoted(one.key)}"


def _union(branches: list[str]) -> str:
    return "\nUNION ALL\n".join(branches)


def _together(branches: list[str], columns: str) -> str:
    return f"CALL () {{\n{_union(branches)}\n}}\nRETURN {columns}"
