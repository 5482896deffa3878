"""Decision tables: which row fires for an entity, from facts of the graph and from what the question gives."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from kg.answer.sets import Sets
from kg.answer.steps import join
from kg.domain.fact import EntityId, FactId, Literal
from kg.domain.ontology import DecisionTable, TableInput
from kg.domain.plan import RECORDED, Decide
from kg.domain.plan_json import plan_of
from kg.domain.result import Row
from kg.domain.words import fold

Held = tuple[str, tuple[FactId, ...]]
"""The value of an input and the facts that say so."""
Inputs = dict[EntityId, list[Held]]
"""For each entity what an input may be."""


class DecisionInputMissing(Exception):
    """An input that neither the graph nor the question gives."""


def decide(plan: Decide, table: DecisionTable, sets: Sets) -> list[Row]:
    """One row for each member and each combination of what its inputs may be: what is decided, by which facts.

    An input may be several things: the question gives several, or sources disagree. Raises DecisionInputMissing naming
    the input.
    """
    given = dict(plan.given)
    ids = sets.ids(plan.source)
    held = {
        item.name: _inputs(item, ids, sets) for item in table.inputs if RECORDED in given.get(item.name, (RECORDED,))
    }
    if asked := [item for item in table.inputs if item.name not in given and item.plan is None and not item.predicate]:
        known = ", ".join(name for name, _ in asked[0].values)
        raise DecisionInputMissing(f"the question has to say the {asked[0].name} ({known})")
    rules = _rules(table, sets)
    rows = []
    for entity in ids:
        options: dict[str, list[Held]] = {}
        for item in table.inputs:
            options[item.name] = []
            for value in given.get(item.name, (RECORDED,)):
                options[item.name] += _recorded(item, held, entity, sets) if value == RECORDED else [(value, ())]
        several = [name for name, found in options.items() if len(found) > 1]
        for values in itertools.product(*options.values()):
            said = dict(zip(options, values, strict=True))
            outcome, witness = _row(said, rules, table, sets)
            rows.append(Row(entity, witness, outcome, group=", ".join(said[name][0] for name in several) or None))
    return rows


def _recorded(item: TableInput, held: Mapping[str, Inputs], entity: EntityId, sets: Sets) -> list[Held]:
    found = held[item.name].get(entity)
    if found is None:
        raise DecisionInputMissing(f"no source says the {item.name} of {_label(entity, sets)}")
    return found


def _label(entity: EntityId, sets: Sets) -> str:
    met = sets.book.entities.get(entity)
    return met.keys[0] if met else entity


def _inputs(item: TableInput, ids: list[EntityId], sets: Sets) -> Inputs:
    """What the graph says of an input, for each entity: one value, or all of those that sources disagree about."""
    if item.plan is not None:
        groups = sets.for_each(plan_of(item.plan), ids)
        if none := [one for one in ids if one not in groups]:
            sets.book.absent(none, plan_of(item.plan))
        return {one: [("yes", join(*(w for _, w in groups[one]))) if one in groups else ("no", ())] for one in ids}
    said: dict[EntityId, dict[str, tuple[FactId, ...]]] = {}
    for fact in sets.reader.facts(ids, item.predicate or "", "out") if item.predicate else ():
        if isinstance(fact.object, Literal):
            sets.reader.keep([fact])
            values = said.setdefault(fact.subject, {})
            values[fact.object.value] = (*values.get(fact.object.value, ()), fact.id)
    return {one: sorted(values.items()) for one, values in said.items()}


def _rules(table: DecisionTable, sets: Sets) -> list[tuple[dict[str, str], str, FactId]]:
    """Conditions, outcome and the fact that says the outcome, for each rule of the table."""
    ids = sets.reader.scan(table.rules)
    columns: dict[str, dict[EntityId, str]] = {}
    for item in table.inputs:
        columns[item.name] = {
            fact.subject: fact.object.value
            for fact in sets.reader.facts(ids, item.column, "out")
            if isinstance(fact.object, Literal)
        }
    rules = []
    for fact in sets.reader.facts(ids, table.outcome, "out"):
        if isinstance(fact.object, Literal) and all(fact.subject in column for column in columns.values()):
            sets.reader.keep([fact])
            conditions = {name: column[fact.subject] for name, column in columns.items()}
            rules.append((conditions, fact.object.value, fact.id))
    return rules


def _row(
    said: Mapping[str, Held],
    rules: list[tuple[dict[str, str], str, FactId]],
    table: DecisionTable,
    sets: Sets,
) -> tuple[str, tuple[FactId, ...]]:
    """What the first rule that fits decides, and the facts it rests on."""
    inputs = {item.name: item for item in table.inputs}
    for conditions, outcome, fact in rules:
        if all(_meets(said[name][0], wanted, inputs[name], sets) for name, wanted in conditions.items()):
            return outcome, join(*(facts for _, facts in said.values()), (fact,))
    told = ", ".join(f"{name} {value}" for name, (value, _) in said.items())
    raise DecisionInputMissing(f"no row of the table is for {told}")


def _meets(value: str, wanted: str, item: TableInput, sets: Sets) -> bool:
    """Whether a value is what a rule wants, in any of the spellings that the ontology counts as one."""
    spec = sets.reader.ontology.predicates.get(item.predicate or "")
    choices = [{fold(name), *map(fold, phrases)} for name, phrases in (*item.values, *(spec.values if spec else ()))]
    return fold(value) == fold(wanted) or any({fold(value), fold(wanted)} <= choice for choice in choices)
