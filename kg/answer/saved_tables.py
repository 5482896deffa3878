"""A saved decision table as a dataset would have brought it: its part of the ontology, its rows as entities and facts.

One way for both: what reads a table reads types, predicates, entities and facts, wherever they come from.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg.domain.fact import Assertion, Entity, EntityId, Fact, FactId, Literal
from kg.domain.lineage import Classification, Source
from kg.domain.ontology import ANY, DecisionTable, EntityType, Ontology, Predicate, TableInput, merge
from kg.domain.rule_file import RuleVersion

OUTCOME = "gives"


@dataclass(frozen=True, eq=False)
class SavedTable:
    """One version of a saved table."""

    version: RuleVersion
    classification: Classification
    table: DecisionTable
    type: EntityType
    predicates: Mapping[str, Predicate]
    entities: Mapping[EntityId, Entity]
    facts: Mapping[FactId, Fact]
    assertions: Mapping[FactId, Assertion]
    source: Source

    def fits(self, ontology: Ontology) -> bool:
        """Whether the ontology has what the table speaks of, and nothing of its name."""
        wanted = {item.predicate for item in self.table.inputs if item.predicate is not None}
        taken = {self.type.name} & ontology.types.keys() | self.predicates.keys() & ontology.predicates.keys()
        known = self.table.of in (ANY, *ontology.types) and wanted <= ontology.predicates.keys()
        return known and not taken and self.table.name not in ontology.tables


@functools.lru_cache(maxsize=64)
def compiled(version: RuleVersion) -> SavedTable:
    """The table of a version, which does not change."""
    content = version.content
    name, inputs = str(content["table"]), content["inputs"]
    columns = [f"{name}_if_{number}" for number, _ in enumerate(inputs, 1)]
    outcome = f"{name}_{OUTCOME}"
    type_name = f"{_camel(name)}Row"
    table = DecisionTable(
        name,
        of=content["of"],
        rules=type_name,
        outcome=outcome,
        inputs=tuple(_input(item, column) for item, column in zip(inputs, columns, strict=True)),
        nouns=tuple(content.get("nouns", ())),
        hit=content["hit"],
        saved=(version.ref, version.hash),
    )
    predicates = {
        column: Predicate(column, (type_name,), value="text", roles=(f"condition on {item['name']}",))
        for item, column in zip(inputs, columns, strict=True)
    }
    predicates[outcome] = Predicate(
        outcome, (type_name,), value="text", phrases=(OUTCOME,), roles=(content["outcome"],), functional=True
    )
    classification = classified(version)
    source = Source(
        f"decision table {version.ref}", name, str(version.number), f"decision table {version.ref}", version.hash,
        classification, content.get("title") or name, issued=version.created_at[:10],
    )  # fmt: skip
    entities: dict[EntityId, Entity] = {}
    facts: dict[FactId, Fact] = {}
    assertions: dict[FactId, Assertion] = {}
    for number, (row, cells, then) in enumerate(content["rows"], 1):
        # In the order of the rows, which says what fires first.
        entity = f"table:{version.ref}/{number:05}"
        told = ", ".join(f"{item['name']} {cell}" for item, cell in zip(inputs, cells, strict=True))
        entities[entity] = Entity(entity, type_name, told, keys=(f"{version.ref} row {row}",))
        for predicate, value in (*zip(columns, cells, strict=True), (outcome, then)):
            fact = Fact.of(entity, predicate, Literal(value))
            facts[fact.id] = fact
            assertions[fact.id] = Assertion(fact.id, source.id, f"row {row}", version.ref, version.created_at)
    return SavedTable(
        version, classification, table, EntityType(type_name), predicates, entities, facts, assertions, source
    )


def classified(version: RuleVersion) -> Classification:
    """Who may see the table."""
    return Classification[str(version.content.get("classification", "internal")).upper()]


def _input(item: Mapping[str, Any], column: str) -> TableInput:
    return TableInput(
        item["name"],
        column,
        plan=json.dumps(item["plan"], sort_keys=True) if "plan" in item else None,
        predicate=item.get("predicate"),
        phrases=tuple(item.get("phrases", ())),
        values=tuple((value, tuple(phrases)) for value, phrases in item.get("values", {}).items()),
    )


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in re.split("_+", name))


@functools.lru_cache(maxsize=64)
def with_tables(ontology: Ontology, tables: Sequence[SavedTable]) -> Ontology:
    """The ontology with the tables in it; remembered, since every view asks for it."""
    added = [
        Ontology((), {}, {one.type.name: one.type}, one.predicates, {}, {one.table.name: one.table}) for one in tables
    ]
    return merge([ontology, *added])
