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


_Candidate = tuple[int, Entry]
"""An entry that is yet to be checked, with the number of its record."""


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
        self._fits: set[tuple[str, str | None, str | None]] = set()
        """Predicates, with the types of subject and object that they were found to fit; a literal has none."""

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
        if not told:
            return list(chosen)
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
        found: list[_Candidate] = []
        for sourced, choice in wanted:
            if choice.skipped:
                self._tally.skipped += 1
                continue
            number, source, record = sourced
            if left := self._mapping.left_over(record, choice):
                self._tally.left_over |= left
            for locator, fact, reason in self._mapping.apply(record, choice, lookups):
                if fact is None:
                    self._reject(sourced, reason, locator)
                else:
                    found.append((number, Entry(fact, source, locator, choice.identity)))
        return found

    def _check(self, candidates: Sequence[_Candidate], *, last: bool) -> list[Entry]:
        """The entries that may stand; with ``last`` nothing more will be declared."""
        ends: set[EntityId] = set()
        for _, entry in candidates:
            ends.add(entry.fact.subject)
            if isinstance(entry.fact.object, str):
                ends.add(entry.fact.object)
        types = self._spool.declared.get(ends)
        types |= self._writer.declared(ends - types.keys())
        standing: list[Entry] = []
        for one in candidates:
            number, entry = one
            fact = entry.fact
            reached = types.get(fact.object) if isinstance(fact.object, str) else ""
            kinds = (fact.predicate, types.get(fact.subject), reached)
            if kinds in self._fits:
                standing.append(entry)
            elif not last and undeclared(fact, types):
                self._waiting.append(one)
            elif reason := violation(fact, self._ontology, types):
                self._spool.reject(number, Rejection(entry.source, entry.locator, reason, _readable(fact)))
            else:
                self._fits.add(kinds)
                standing.append(entry)
        if len(self._waiting) > WAITING_IN_MEMORY:
            self._spool.hold(map(_packed, self._waiting))
            self._waiting.clear()
        self._tally.staged += len(standing)
        self._spool.facts.add((entry.fact.predicate, entry.fact.id) for entry in standing)
        return standing

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
    number, (fact, source, locator, identity) = one
    target = [fact.object.value, fact.object.datatype] if isinstance(fact.object, Literal) else fact.object
    ends = [fact.subject, fact.predicate, target, fact.valid.start, fact.valid.end]
    return [number, source, locator, ends, identity]


def _unpacked(item: list[Any]) -> _Candidate:
    number, source, locator, (subject, predicate, target, start, end), identity = item
    reached = target if isinstance(target, str) else Literal(*target)
    return number, Entry(Fact.of(subject, predicate, reached, Interval(start, end)), source, locator, identity)
