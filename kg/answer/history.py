"""What the runs of a graph made of one entity or fact, newest run first: read at the known time after each run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TypeVar

from kg.answer.explore import Statement, statement
from kg.answer.wording import Wording
from kg.domain.fact import Assertion, Entity, EntityId, FactId
from kg.domain.lineage import Run, Source
from kg.domain.ontology import Direction
from kg.domain.scope import Scope
from kg.errors import DatasetNotFound
from kg.ports.store import GraphStore, GraphView

MOST_EACH = 200
"""Facts of each predicate and direction that are compared."""
WAYS: tuple[Direction, Direction] = ("out", "in")
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class EntityStep:
    """What one run changed of an entity; ``before`` and ``after`` are what it was called then, if it was known."""

    run: Run
    before: Entity | None
    after: Entity | None
    came: tuple[Statement, ...]
    went: tuple[Statement, ...]
    cut: bool
    """Whether there were more facts of a predicate than were compared."""


@dataclass(frozen=True, slots=True)
class Said:
    """An assertion with its source."""

    assertion: Assertion
    source: Source


@dataclass(frozen=True, slots=True)
class FactStep:
    """The assertions of a fact that one run added and ended; and the fact in words."""

    run: Run
    text: str
    came: tuple[Said, ...]
    went: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class _State:
    entity: Entity | None = None
    facts: dict[FactId, Statement] = field(default_factory=dict)
    cut: bool = False


@dataclass(frozen=True, slots=True)
class _Told:
    text: str = ""
    said: dict[tuple[str, str, str], Said] = field(default_factory=dict)


def entity_history(
    store: GraphStore, scope: Scope, runs: Sequence[Run], before: Run | None, entity: EntityId
) -> list[EntityStep]:
    """What each of these runs, newest first, changed of the entity; ``before`` is the run before them, if any was."""
    found = []
    for run, now, was in _compared(store, scope, runs, before, lambda view: _state(view, entity), _State()):
        came = tuple(said for one, said in now.facts.items() if one not in was.facts)
        went = tuple(said for one, said in was.facts.items() if one not in now.facts)
        if came or went or now.entity != was.entity:
            found.append(EntityStep(run, was.entity, now.entity, came, went, now.cut or was.cut))
    return found


def fact_history(
    store: GraphStore, scope: Scope, runs: Sequence[Run], before: Run | None, fact: FactId
) -> list[FactStep]:
    """The assertions of the fact that each of these runs, newest first, added and ended."""
    found = []
    for run, now, was in _compared(store, scope, runs, before, lambda view: _told(view, fact), _Told()):
        came = tuple(one for key, one in now.said.items() if key not in was.said)
        went = tuple(one for key, one in was.said.items() if key not in now.said)
        if came or went:
            found.append(FactStep(run, now.text or was.text, came, went))
    return found


def _compared(  # noqa: PLR0913, PLR0917
    store: GraphStore,
    scope: Scope,
    runs: Sequence[Run],
    before: Run | None,
    read: Callable[[GraphView], S],
    nothing: S,
) -> Iterator[tuple[Run, S, S]]:
    """Each run with what is read after it and what is read before it."""
    states = []
    for run in (*runs, before):
        try:
            view = None if run is None else store.view(replace(scope, known_as_of=run.ended_at))
        except DatasetNotFound:
            view = None
        states.append(nothing if view is None else read(view))
    return zip(runs, *zip(*pairwise(states), strict=True), strict=True) if runs else iter(())


def _state(view: GraphView, asked: EntityId) -> _State:
    met = view.entities([asked])
    if asked not in met:
        return _State()
    entity = met[asked]
    read = [(way, view.follow([entity.id], (), way, MOST_EACH)) for way in WAYS]
    met |= {key: one for _, expansion in read for key, one in expansion.entities.items()}
    wording = Wording(view.ontology(), met)
    facts = {fact.id: statement(fact, way, met, wording) for way, expansion in read for fact in expansion.facts}
    return _State(entity, facts, any(expansion.cut for _, expansion in read))


def _told(view: GraphView, asked: FactId) -> _Told:
    fact = view.facts([asked]).get(asked)
    if fact is None:
        return _Told()
    said = view.assertions([asked]).get(asked, ())
    sources = view.sources({one.source for one in said})
    ends = view.entities([one for one in (fact.subject, fact.target) if one is not None])
    told = {(one.source, one.locator, one.run): Said(one, sources[one.source]) for one in said if one.source in sources}
    return _Told(Wording(view.ontology(), ends).fact(fact), told)
