"""Saving decision tables: what is kept fits the graph and is whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kg.answer.saved_tables import classified
from kg.decisions.rule_files import not_there, resolve
from kg.decisions.rule_files import save as keep
from kg.decisions.table_check import Checked, check_table
from kg.domain.lineage import Classification
from kg.domain.rule_file import RuleVersion
from kg.domain.scope import Scope
from kg.errors import InvalidInput
from kg.ports.rules import RuleRegistry
from kg.ports.store import GraphStore


def checked(content: Mapping[str, Any], store: GraphStore) -> Checked:
    """Hold a table against all of the graph. Raises TableInvalid."""
    return check_table(content, store.view(Scope(ceiling=Classification.RESTRICTED)).ontology())


def classification_of(name: str, registry: RuleRegistry) -> Classification:
    """Of a table, the highest of its versions: what one says, the changes to the next one tell too."""
    versions = registry.rule_versions("table", name)
    return max((classified(one) for one in versions), default=min(Classification))


def chosen(references: Iterable[str], ceiling: Classification, registry: RuleRegistry) -> tuple[str, ...]:
    """The versions that are meant by ``NAME@staging``, ``NAME@3`` …, one of each table. Raises RulesNotFound."""
    found: dict[str, str] = {}
    for reference in references:
        name = reference.partition("@")[0]
        if classification_of(name, registry) > ceiling:
            raise not_there("table", name)
        if name in found:
            raise InvalidInput(f"two versions of the decision table {name!r}: a question is decided by one")
        found[name] = resolve("table", reference, registry).ref
    return tuple(ref for _, ref in sorted(found.items()))


def save(
    content: Mapping[str, Any], message: str, actor: str, store: GraphStore, registry: RuleRegistry
) -> RuleVersion:
    """The next version of the table, or the one that has this content. Raises TableInvalid."""
    checked(content, store)
    return keep("table", str(content["table"]), content, message, actor, registry)
