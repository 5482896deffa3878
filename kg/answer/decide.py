"""Decision tables: which rows fire for an entity, from facts of the graph and from what the question gives."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kg.answer.sets import Sets
from kg.answer.steps import join
from kg.domain.cells import numeric, takes, values_of
from kg.domain.fact import EntityId, Fact, FactId, Literal
from kg.domain.ontology import DecisionTable, Predicate, TableInput
from kg.domain.plan import RECORDED, Decide
from kg.domain.plan_json import plan_of
from kg.domain.result import Decided, Flip, Row
from kg.domain.words import fold

Held = tuple[str, tuple[FactId, ...]]
"""The value of an input and the facts that say so."""
Inputs = dict[EntityId, list[Held]]
"""For each entity what an input may be."""
MOST_FLIPPED = 20
"""Members for which is told what would flip the decision; each costs a look at every other value of every input."""


class DecisionInputMissing(Exception):
    """An input that neither the graph nor the question gives, or inputs that no row, or several, are for."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: the cell of each input, what it decides, and the fact that says so."""

    row: EntityId
    cells: tuple[str, ...]
    outcome: str
    fact: Fact


@dataclass
class Rules:
    """The rows of a table, and how values are held against them."""

    table: DecisionTable
    rules: Sequence[Rule]
    spellings: Sequence[Mapping[str, str]]
    """For each input, by folded spelling, the one that counts."""
    _fired: dict[tuple[str, ...], tuple[Rule, ...]] = field(default_factory=dict)

    def fired(self, values: tuple[str, ...]) -> tuple[Rule, ...]:
        """The rows that fire, by the table's hit policy. Raises DecisionInputMissing where none, or too many, do."""
        found = self.fitting(values)
        if not found:
            raise DecisionInputMissing(f"no row of the table is for {self.told(values)}")
        if self.table.hit == "unique" and len(found) > 1:
            rows = ", ".join(rule.row.partition(":")[2] for rule in found[:3])
            raise DecisionInputMissing(f"several rows of the table ({rows}) are for {self.told(values)}")
        return found if self.table.hit == "collect" else found[:1]

    def fitting(self, values: tuple[str, ...]) -> tuple[Rule, ...]:
        """All rows that the values fit, in order."""
        if values not in self._fired:
            self._fired[values] = tuple(rule for rule in self.rules if self._fits(rule, values))
        return self._fired[values]

    def _fits(self, rule: Rule, values: tuple[str, ...]) -> bool:
        cells = zip(rule.cells, values, self.spellings, strict=True)
        return all(takes(cell, value, lambda text, held=held: _canon(text, held)) for cell, value, held in cells)  # type: ignore[misc]

    def flips(self, values: tuple[str, ...]) -> tuple[Flip, ...]:
        """Which other value of one input would give another outcome, all else being as it is."""
        now = self._outcomes(values)
        found = []
        for number, item in enumerate(self.table.inputs):
            for other in self._others(number, item, values[number]):
                then = self._outcomes((*values[:number], other, *values[number + 1 :]))
                if then and then != now:
                    found.append(Flip(item.name, other, then))
        return tuple(found)

    def _outcomes(self, values: tuple[str, ...]) -> tuple[str, ...]:
        fitting = self.fitting(values)
        told = fitting if self.table.hit == "collect" else fitting[:1]
        return tuple(dict.fromkeys(rule.outcome for rule in told))

    def _others(self, number: int, item: TableInput, value: str) -> list[str]:
        """The values that an input can have besides this one, each in one spelling."""
        cells = [rule.cells[number] for rule in self.rules]
        if numeric(cells):
            return []
        named = ("yes", "no") if item.plan is not None else tuple(name for name, _ in item.values) or values_of(cells)
        held = self.spellings[number]
        others = {_canon(name, held): name for name in reversed(named)}
        others.pop(_canon(value, held), None)
        return [name for name in named if name in others.values()]

    def told(self, values: tuple[str, ...]) -> str:
        return ", ".join(f"{item.name} {value}" for item, value in zip(self.table.inputs, values, strict=True))


def _canon(text: str, spellings: Mapping[str, str]) -> str:
    folded = fold(text)
    return spellings.get(folded, folded)


def spellings_of(item: TableInput, spec: Predicate | None) -> dict[str, str]:
    """By folded spelling, the one that counts: all that the table or the ontology says are one."""
    found: dict[str, str] = {}
    for name, phrases in (*item.values, *(spec.values if spec is not None else ())):
        one = found.get(fold(name), fold(name))
        for text in (name, *phrases):
            found.setdefault(fold(text), one)
    return found


def decide(plan: Decide, table: DecisionTable, sets: Sets) -> list[Row]:
    """One row for each member, each combination of what its inputs may be, and each rule that fires for it.

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
        options: list[list[Held]] = []
        for item in table.inputs:
            found: list[Held] = []
            for value in given.get(item.name, (RECORDED,)):
                found += _recorded(item, held, entity, sets) if value == RECORDED else [(value, ())]
            options.append(found)
        several = [number for number, found in enumerate(options) if len(found) > 1]
        for said in itertools.product(*options):
            values = tuple(value for value, _ in said)
            fired = rules.fired(values)
            flips = rules.flips(values) if len(ids) <= MOST_FLIPPED else ()
            inputs = tuple((item.name, value) for item, value in zip(table.inputs, values, strict=True))
            group = ", ".join(values[number] for number in several) or None
            for rule in fired:
                sets.reader.keep([rule.fact])
                witness = join(*(facts for _, facts in said), (rule.fact.id,))
                decided = Decided(sets.book.entities[rule.row].keys[0], inputs, flips)
                rows.append(Row(entity, witness, rule.outcome, group=group, decided=decided))
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


def _rules(table: DecisionTable, sets: Sets) -> Rules:
    """The rows that say something of every input."""
    ids = sets.reader.scan(table.rules)
    columns = [_column(ids, item.column, sets) for item in table.inputs]
    rules = [
        Rule(fact.subject, tuple(column[fact.subject] for column in columns), fact.object.value, fact)
        for fact in sets.reader.facts(ids, table.outcome, "out")
        if isinstance(fact.object, Literal) and all(fact.subject in column for column in columns)
    ]
    if table.saved is not None:
        rules.sort(key=lambda rule: rule.row)
    specs = [sets.reader.ontology.predicates.get(item.predicate or "") for item in table.inputs]
    spellings = [spellings_of(item, spec) for item, spec in zip(table.inputs, specs, strict=True)]
    return Rules(table, rules, spellings)


def _column(ids: Iterable[EntityId], predicate: str, sets: Sets) -> dict[EntityId, str]:
    facts = sets.reader.facts(list(ids), predicate, "out")
    return {fact.subject: fact.object.value for fact in facts if isinstance(fact.object, Literal)}
