"""Records to entries of the store: mapped, declared, checked. A bounded number is in memory at a time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from kg.domain.batches import batches
from kg.domain.fact import EntityId, Fact, Interval, Literal
from kg.domain.lineage import Rejection
from kg.domain.ontology import Ontology
from kg.ports.store import Entry
from loaders.expectations import Watch
from loaders.mapping import Choice, RecordMapping
from loaders.paths import Lookups, ValueRejected
from loaders.readers import ADDED, Record
from loaders.spool import Spool
from loaders.tally import Tally
from loaders.validate import clash, undeclared, violation

CHUNK = 5_000
WAITING_IN_MEMORY = 50_000
"""Facts; more of them wait in the spool."""
FEED = "\x1e"
"""Before what tells records apart, so that it is apart from values of fields that are expected to be unique."""


class Declared(Protocol):
    """What other datasets declare, and what a delta replaces; a writer is one."""

    def declared(self, ids: Collection[EntityId]) -> dict[EntityId, str]: ...

    def replace(self, records: Collection[str]) -> None: ...


class Sourced(NamedTuple):
    """A record with its number in the load and the id of its source."""

    number: int
    source: str
    record: Record


class _Candidate(NamedTuple):
    """A fact that is yet to be checked, with the number of its record and what tells that apart in a feed."""

    record: int
    source: str
    locator: str
    fact: Fact
    identity: str | None


class Stage:
    """The records of one load on their way to the store.

    A fact with an end that nothing has declared yet waits until all records are read.
    """

    def __init__(  # noqa: PLR0913, PLR0917 (what a load works with)
        self,
        mapping: RecordMapping,
        ontology: Ontology,
        writer: Declared,
        spool: Spool,
        tally: Tally,
        watch: Watch,
    ) -> None:
        self._mapping = mapping
        self._watch = watch
        self._ontology = ontology
        self._writer = writer
        self._spool = spool
        self._tally = tally
        self._waiting: list[_Candidate] = []

    def entries(self, records: Iterable[Sourced], progress: Callable[[int], None]) -> Iterator[Entry]:
        """Every fact whose ends are declared here or by a loaded dataset; the rest is rejected with its reason."""
        lookups: Lookups = {}
        if self._mapping.needs_lookups:
            records = list(records)
            lookups = self._mapping.lookups([one.record for one in records])
        for batch in batches(records, CHUNK):
            self._tally.records += len(batch)
            wanted = self._declare(self._alone([found for one in batch if (found := self._choose(one, lookups))]))
            self._writer.replace([choice.identity for _, choice in wanted if choice.identity and _can_be_read(choice)])
            if self._watch.watches:
                self._watch.see([one.record for one, choice in wanted if not choice.skipped], lookups)
            yield from self._check(self._candidates(wanted, lookups), last=False)
            progress(self._tally.records)
        held = itertools.chain(map(_unpacked, self._spool.held_back()), self._waiting)
        for late in batches(held, CHUNK):
            yield from self._check(late, last=True)
            progress(self._tally.records)
        self._tally.facts = self._spool.facts.counts()

    def _choose(self, sourced: Sourced, lookups: Lookups) -> tuple[Sourced, Choice] | None:
        """What the mapping wants of the record; None when it is rejected."""
        problem = sourced.record.problem
        if problem is None:
            try:
                return sourced, self._mapping.choose(sourced.record, lookups)
            except ValueRejected as exc:
                problem = str(exc)
        self._reject(sourced, problem)
        return None

    def _alone(self, chosen: Sequence[tuple[Sourced, Choice]]) -> list[tuple[Sourced, Choice]]:
        """Those that no earlier record of this load is told apart from; the others are rejected."""
        told = [one for one in chosen if one[1].identity is not None]
        marks = [(f"{FEED}{choice.identity}", sourced.record.locator) for sourced, choice in told]
        again = set()
        for (sourced, choice), other in zip(told, self._spool.earlier(marks), strict=True):
            if other is not None:
                self._reject(sourced, f"record {str(choice.identity)[:60]!r} stands at {other} already")
                again.add(sourced.number)
        return [one for one in chosen if one[0].number not in again]

    def _declare(self, chosen: Sequence[tuple[Sourced, Choice]]) -> list[tuple[Sourced, Choice]]:
        """Declare the entities of these records; rejects a record that gives one another type than it has."""
        declared = [self._mapping.declarations(choice) for _, choice in chosen]
        ids = {entity for of_record in declared for entity, _ in of_record}
        own = self._spool.declared.get(ids)
        elsewhere = self._writer.declared(ids - own.keys())
        new: dict[EntityId, str] = {}
        fit = []
        for (sourced, choice), of_record in zip(chosen, declared, strict=True):
            if problem := clash(of_record, own, elsewhere):
                self._reject(sourced, problem)
                continue
            new |= {entity: type_name for entity, type_name in of_record if entity not in own}
            own.update(of_record)
            fit.append((sourced, choice))
        self._tally.entities.update(new.values())
        self._spool.declared.update(new)
        return fit

    def _candidates(self, wanted: Sequence[tuple[Sourced, Choice]], lookups: Lookups) -> list[_Candidate]:
        """The facts of these records; what cannot be mapped is rejected."""
        found = []
        for sourced, choice in wanted:
            if choice.skipped:
                self._tally.skipped += 1
                continue
            self._tally.left_over |= self._mapping.left_over(sourced.record, choice)
            for locator, fact, reason in self._mapping.apply(sourced.record, choice, lookups):
                if fact is None:
                    self._reject(sourced, reason, locator)
                else:
                    found.append(_Candidate(sourced.number, sourced.source, locator, fact, choice.identity))
        return found

    def _check(self, candidates: Sequence[_Candidate], *, last: bool) -> Iterator[Entry]:
        """The entries that may stand; with ``last`` nothing more will be declared."""
        ends = {end for one in candidates for end in (one.fact.subject, one.fact.object) if isinstance(end, str)}
        types = self._spool.declared.get(ends)
        types |= self._writer.declared(ends - types.keys())
        standing: list[_Candidate] = []
        for one in candidates:
            if not last and undeclared(one.fact, types):
                self._waiting.append(one)
            elif reason := violation(one.fact, self._ontology, types):
                self._spool.reject(one.record, Rejection(one.source, one.locator, reason, _readable(one.fact)))
            else:
                standing.append(one)
        if len(self._waiting) > WAITING_IN_MEMORY:
            self._spool.hold(map(_packed, self._waiting))
            self._waiting.clear()
        self._tally.staged += len(standing)
        self._spool.facts.add((one.fact.predicate, one.fact.id) for one in standing)
        return (Entry(one.fact, one.source, one.locator, one.identity) for one in standing)

    def _reject(self, sourced: Sourced, reason: str, locator: str = "") -> None:
        """Keep the whole record with its reason."""
        number, source, record = sourced
        own = {key: value for key, value in record.fields.items() if key not in ADDED}
        self._spool.reject(number, Rejection(source, locator or record.locator, reason, own))


def _can_be_read(choice: Choice) -> bool:
    """Whether the record says what it is of; one that does not leaves what was said of it before."""
    return all(one is None or not one.problem for one in choice.declared)


def _readable(fact: Fact) -> dict[str, Any]:
    target = fact.object.value if isinstance(fact.object, Literal) else fact.object
    return {"subject": fact.subject, "predicate": fact.predicate, "object": target}


def _packed(one: _Candidate) -> list[Any]:
    """The candidate as a value of JSON."""
    fact = one.fact
    target = [fact.object.value, fact.object.datatype] if isinstance(fact.object, Literal) else fact.object
    ends = [fact.subject, fact.predicate, target, fact.valid.start, fact.valid.end]
    return [one.record, one.source, one.locator, ends, one.identity]


def _unpacked(item: list[Any]) -> _Candidate:
    record, source, locator, (subject, predicate, target, start, end), identity = item
    reached = target if isinstance(target, str) else Literal(*target)
    return _Candidate(record, source, locator, Fact.of(subject, predicate, reached, Interval(start, end)), identity)
