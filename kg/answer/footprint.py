"""What a plan reads to be answered: predicates, and types of the entities it may meet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kg.domain.fact import PASSAGE, REPLACED_BY
from kg.domain.ontology import ANY, Ontology
from kg.domain.plan import Decide, Entities, Follow, Passages, Paths, Plan, predicates_of, walk
from kg.domain.plan_json import plan_of


@dataclass
class _Footprint:
    ontology: Ontology
    predicates: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)

    def plan(self, plan: Plan) -> None:
        for name in predicates_of(plan):
            self.predicate(name)
        for part in walk(plan):
            if isinstance(part, Entities | Follow) and part.type is not None:
                self.types |= self.ontology.family(part.type)
            if isinstance(part, Paths):
                # Chains of any facts; or what else the records of a predicate say.
                self._along(part.along)
            if isinstance(part, Decide):
                self._table(part.table)
            if isinstance(part, Passages):
                for name, spec in self.ontology.predicates.items():
                    if spec.value == "text":
                        self.predicate(name)
                self.predicate(PASSAGE)

    def predicate(self, name: str) -> None:
        """The recorded predicates that it is read off, and the types at either end of them."""
        if name in self._seen:
            return
        self._seen.add(name)
        spec = self.ontology.predicates.get(name)
        if spec is None:
            self.predicates.add(name)
            return
        for text in (*spec.holds, *spec.fails):
            self.plan(plan_of(text))
        for other in (*(one for one, _ in spec.along), *(spec.during or ())):
            self.predicate(other)
        if not spec.derived:
            self.predicates.add(name)
            for ends, literal in zip(self.ontology.ends(name), (False, spec.value is not None), strict=True):
                self.types |= ends or (set() if literal else {ANY})

    def _along(self, along: str | None) -> None:
        if along is None or self.ontology.predicates[along].explained:
            self.predicates.add(ANY)
            self.types.add(ANY)
        else:
            self.predicate(along)

    def _table(self, name: str) -> None:
        table = self.ontology.tables[name]
        self.types |= self.ontology.family(table.rules)
        for item in table.inputs:
            for predicate in filter(None, (item.column, item.predicate)):
                self.predicate(predicate)
            if item.plan is not None:
                self.plan(plan_of(item.plan))
        self.predicate(table.outcome)


def footprint(plans: Iterable[Plan], ontology: Ontology) -> dict[str, Any]:
    """All that the plans read; of no plan, anything: what a question could not be read as may be there tomorrow."""
    made = _Footprint(ontology)
    none = True
    for plan in plans:
        none = False
        made.plan(plan)
    if none:
        return {"predicates": [ANY], "types": [ANY]}
    made.predicates.add(REPLACED_BY)
    return {"predicates": sorted(made.predicates), "types": sorted(made.types)}
