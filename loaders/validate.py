"""Whether the ontology allows a fact between entities of these types. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from kg.domain.fact import TYPE, EntityId, Fact
from kg.domain.ontology import Ontology

MISSING = "is declared by no loaded dataset"


def undeclared(fact: Fact, types: Mapping[EntityId, str]) -> bool:
    """Whether an end of the fact has no type."""
    return fact.predicate != TYPE and (
        fact.subject not in types or (isinstance(fact.object, str) and fact.object not in types)
    )


def violation(fact: Fact, ontology: Ontology, types: Mapping[EntityId, str]) -> str | None:
    """Why the fact cannot stand, if it cannot."""
    if fact.predicate == TYPE:
        return None
    predicate = ontology.predicates[fact.predicate]
    subjects, objects = ontology.ends(fact.predicate)
    reason = _misfit("subject", fact.subject, types, subjects, predicate.subjects)
    if reason is None and isinstance(fact.object, str):
        reason = _misfit("object", fact.object, types, objects, predicate.objects)
    return None if reason is None else f"{fact.predicate}: {reason}"


def _misfit(
    role: str, entity: EntityId, types: Mapping[EntityId, str], allowed: frozenset[str], said: tuple[str, ...]
) -> str | None:
    actual = types.get(entity)
    if actual is None:
        return f"{role} {entity!r} {MISSING}"
    return f"{role} {entity!r} is a {actual}, not a {' or '.join(said)}" if allowed and actual not in allowed else None


def clash(
    declared: list[tuple[EntityId, str]], own: Mapping[EntityId, str], elsewhere: Mapping[EntityId, str]
) -> str | None:
    """Why a record cannot declare these entities, if it cannot: one has another type already, which stands."""
    first: dict[EntityId, str] = {}
    for entity, type_name in declared:
        if elsewhere.get(entity, type_name) != type_name:
            return f"{entity!r} is already a {elsewhere[entity]}, here it is a {type_name}"
        has = own.get(entity) or first.setdefault(entity, type_name)
        if has != type_name:
            return f"{entity!r} is declared twice, as {has} and as {type_name}"
    return None
