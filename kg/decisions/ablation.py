"""One plan, run again on the graph as it would be with a change: each thing is read once for all of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kg.answer.decide import DecisionInputMissing
from kg.answer.execute import TooMuchRead, execute
from kg.answer.merged import Identities, MergedView, with_ties
from kg.answer.views import Views
from kg.decisions.ablated import AblatedView, Change
from kg.decisions.kept import KeptView
from kg.domain.fact import DIFFERENT_FROM, SAME_AS, EntityId, Fact, FactId
from kg.domain.plan import Parts, Plan
from kg.domain.result import Result, Row
from kg.domain.scope import Scope
from kg.errors import PlanInvalid
from kg.ports.store import GraphStore, GraphView

RowKey = tuple[Any, ...]
TIES = frozenset({SAME_AS, DIFFERENT_FROM})


@dataclass(frozen=True, slots=True)
class Found:
    """What a plan finds: nothing of how it was found."""

    parts: tuple[Any, ...]
    """For each part of the plan its value and rows, or why it cannot be run."""
    rows: frozenset[RowKey]
    results: tuple[Result, ...]

    def same(self, other: Found) -> bool:
        """Whether both are one answer."""
        return self.parts == other.parts


@dataclass
class Ablation:
    """Runs one plan; the store is read for what no run before has read."""

    store: GraphStore
    """With every entity by itself: which are one may be what changes."""
    scope: Scope
    plan: Plan
    runs: int = 0
    _kept: dict[Scope, KeptView] = field(default_factory=dict)
    _identities: dict[Scope, Identities] = field(default_factory=dict)
    _done: dict[Change, Found] = field(default_factory=dict)
    _taken: dict[FactId, Fact] = field(default_factory=dict)
    _alone: frozenset[str] | None = None

    def found(self, change: Change = Change()) -> Found:  # noqa: B008 (frozen)
        """What the plan finds in a graph with this change."""
        if change not in self._done:
            self._done[change] = self._run(change)
            self.runs += 1
        return self._done[change]

    def without(self, source: str) -> Found:
        """What it finds without a source; the same as with it, where every fact that is read has another one."""
        return self.found(Change(sources=frozenset({source})) if source in self.alone() else Change())

    def alone(self) -> frozenset[str]:
        """The sources that alone say a fact which the plan reads."""
        if self._alone is None:
            self.found()
            self._alone = frozenset[str]().union(*(kept.alone() for kept in self._kept.values()))
        return self._alone

    def knows(self, facts: Iterable[Fact]) -> None:
        """What the facts say that changes may name."""
        self._taken.update({fact.id: fact for fact in facts})

    def values_of(self, predicate: str) -> list[str]:
        """The literal values that any run read along a predicate."""
        return sorted({value for kept in self._kept.values() for value in kept.values_of(predicate)})

    def kept(self, scope: Scope) -> KeptView:
        """The view that all runs read through."""
        if scope not in self._kept:
            self._kept[scope] = KeptView(self.store.view(scope))
        return self._kept[scope]

    def _run(self, change: Change) -> Found:
        views = Views(self._view(self.scope, change), lambda scope: self._view(scope, change))
        plans = self.plan.plans if isinstance(self.plan, Parts) else (self.plan,)
        parts: list[Any] = []
        rows: set[RowKey] = set()
        results = []
        for plan in plans:
            try:
                result = execute(plan, views)
            except (PlanInvalid, TooMuchRead, DecisionInputMissing) as exc:
                parts.append(type(exc).__name__)
                continue
            if change == Change():
                result = with_ties(result, views)
            parts.append(said(result))
            rows.update(map(row_key, result.rows))
            results.append(result)
        return Found(tuple(parts), frozenset(rows), tuple(results))

    def _view(self, scope: Scope, change: Change) -> GraphView:
        kept = self.kept(scope)
        taken = [self._taken[one] for one in sorted(change.facts) if one in self._taken]
        view: GraphView = kept if change == Change() else AblatedView.of(kept, change, taken)
        if not kept.profile().facts.get(SAME_AS):
            return view
        # Who is whom is the same as long as no tie is taken.
        apart = change.sources or any(fact.predicate in TIES for fact in (*taken, *change.added))
        return MergedView(view, Identities() if apart else self._identities.setdefault(scope, Identities()))


def said(result: Result) -> Any:
    """What an answer says, with which it is the same answer: not by which facts, nor by which of equally short ways."""
    asked_for = result.alternatives[:1] if result.type == "comparison" else ()
    rows = () if result.type == "path" else tuple(map(row_key, result.rows))
    return (result.type, rows, json.dumps(result.value, sort_keys=True), result.of, result.refuted, asked_for)


def row_key(row: Row) -> RowKey:
    """What a row says."""
    return (row.entity, row.other, row.group, row.value, row.of)


def support(found: Found) -> dict[FactId, Fact]:
    """The facts that the rows and chains stand on, in their order."""
    held: dict[FactId, Fact] = {}
    for result in found.results:
        witnesses = [row.witness for row in result.rows] + [chain.facts for chain in result.paths]
        held |= {one: result.facts[one] for witness in witnesses for one in witness}
    return held


def members(found: Found) -> set[EntityId]:
    """Every entity of a row."""
    return {end for result in found.results for row in result.rows for end in (row.entity, row.other) if end}
