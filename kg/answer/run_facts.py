"""The facts that a run gained, lost or kept, in words, page by page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal as OneOf

from kg.answer.wording import Wording
from kg.domain.fact import IDENTITY, Fact, FactId
from kg.domain.lineage import Run
from kg.domain.scope import Scope
from kg.errors import DatasetNotFound
from kg.ports.ledger import RunLedger
from kg.ports.store import GraphStore, GraphView

Change = OneOf["gained", "lost", "kept"]
AT_ONCE = 200
MOST_READ = 20_000
"""Assertions of one source that are read; whoever wants more exports the graph."""


@dataclass(frozen=True, slots=True)
class ChangedFact:
    """A fact in words."""

    fact: Fact
    text: str


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A page of them; ``next`` is where the next one goes on after, ``cut`` that a source has more than is read."""

    facts: tuple[ChangedFact, ...]
    next: int | None = None
    cut: bool = False


def run_facts(  # noqa: PLR0913
    store: GraphStore,
    runs: RunLedger,
    scope: Scope,
    run: Run,
    change: Change,
    *,
    before: Run | None,
    after: int,
    limit: int,
) -> RunFacts:
    """Facts that a complete run changed, as the scope shows them; ``before`` is the complete run before it.

    What a first load gained, and what was kept, is read off the sources; what names an entity is not among it.
    """
    loaded = _view(store, scope, f"{run.dataset}@{run.version}", run)
    changes = runs.changes(run.id)
    if change == "lost":
        seen = None if before is None else _view(store, scope, run.compared or f"{run.dataset}@{run.version}", before)
    else:
        seen = loaded
    if seen is None or (change == "kept" and not run.compared):
        return RunFacts(())
    if change == "kept" or (change == "gained" and not run.compared):
        return _read_off(seen, run, {one.fact.id for one in changes if one.gained}, after, limit)
    some = [one.fact for one in changes if one.gained == (change == "gained")]
    page = some[after : after + limit]
    shown = seen.facts([one.id for one in page])
    told = _in_words([one for one in page if one.id in shown], seen)
    return RunFacts(told, after + limit if after + limit < len(some) else None)


def _view(store: GraphStore, scope: Scope, ref: str, point: Run) -> GraphView | None:
    """What was current after a run, with this version of its dataset; none where that was not there, or was purged."""
    then = replace(scope, known_as_of=point.ended_at)
    try:
        others = [one.ref for one in store.view(then).datasets() if one.dataset != ref.partition("@")[0]]
        return store.view(replace(then, datasets=(ref, *others)))
    except DatasetNotFound:
        return None


def _read_off(view: GraphView, run: Run, but: set[FactId], after: int, limit: int) -> RunFacts:
    """Facts that the sources of the loaded version say, in their order, but these; ``after`` so many assertions."""
    held = view.sources().items()
    sources = sorted(key for key, one in held if (one.dataset, one.version) == (run.dataset, run.version))
    found: dict[FactId, Fact] = {}
    place = 0
    for source in sources:
        skip = max(0, after - place)
        whole = False
        while not whole:
            most = min(skip + AT_ONCE, MOST_READ)
            said = view.said_by([source], most).get(source, ())
            some = said[skip:]
            seen = view.facts({one.fact for one in some})
            for number, one in enumerate(some, skip + 1):
                fact = seen.get(one.fact)
                if fact is not None and fact.predicate not in IDENTITY and one.fact not in but:
                    found[fact.id] = fact
                if len(found) == limit:
                    return RunFacts(_in_words(found.values(), view), place + number)
            skip, whole = len(said), len(said) < most
            if skip == MOST_READ:
                return RunFacts(_in_words(found.values(), view), cut=True)
        place += skip
    return RunFacts(_in_words(found.values(), view))


def _in_words(facts: Iterable[Fact], view: GraphView) -> tuple[ChangedFact, ...]:
    facts = list(facts)
    ends = {end for fact in facts for end in (fact.subject, fact.target) if end is not None}
    wording = Wording(view.ontology(), view.entities(ends))
    return tuple(ChangedFact(one, wording.fact(one)) for one in facts)
