"""One batch of a load: what is new in it, and the nodes and relationships that say so.

A batch first asks which of its entities and facts the graph holds, so that all else can be created without a
search. It keeps what it counted apart until its transaction is known to have ended well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from kg.backends.neo4j import texts
from kg.backends.neo4j.database import Transaction
from kg.backends.neo4j.names import OWN_PROPERTIES
from kg.backends.neo4j.rows import Support, TypeEntry, copy, found_by, support_properties, type_properties
from kg.backends.neo4j.said import Said, digest, place
from kg.backends.neo4j.supports import Copies, Touched, known, known_types, set_supports
from kg.domain.fact import FOREVER, TYPE, EntityId, Fact, FactId, Instant, Literal
from kg.domain.lookup import lookup_of
from kg.domain.ontology import Ontology
from kg.ports.store import Entry


@dataclass(frozen=True, slots=True)
class Staging:
    """What is the same for all of a load."""

    version: str
    class_: int
    at: Instant
    run: str
    ontology: Ontology
    reload: bool
    """Whether assertions of this version are live already."""
    compared: str
    """The version against which gained facts are told; empty for none."""


@dataclass
class Tally:
    """Assertions so far."""

    added: int = 0
    kept: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries, and the facts they say, each once."""

    entries: tuple[Entry, ...]
    facts: dict[FactId, Fact]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Self:
        held = tuple(dict.fromkeys(entries))
        return cls(held, {entry.fact.id: entry.fact for entry in held})


@dataclass
class _Outcome:
    """What a batch will have changed in the writer once its transaction has ended."""

    added: int = 0
    kept: int = 0
    seen: set[bytes] = field(default_factory=set)
    gained: list[Fact] = field(default_factory=list)
    bare: set[EntityId] = field(default_factory=set)
    dressed: set[EntityId] = field(default_factory=set)
    stale: Copies = field(default_factory=lambda: defaultdict(set))
    objects: set[str] = field(default_factory=set)
    literals: set[str] = field(default_factory=set)


class BatchWriter:
    """Writes the batches of one load, one after the other."""

    def __init__(self, staging: Staging, objects: set[str], literals: set[str]) -> None:
        self.staging = staging
        self.objects = objects
        self.literals = literals
        self.tally = Tally()
        self.said = Said()
        self.gained: list[Fact] = []
        """Facts that the compared version did not say."""
        self.stale: Copies = defaultdict(set)
        """Readable copies to write anew at the end, since the graph held values of theirs before."""
        self._seen: set[bytes] = set()
        self._bare: set[EntityId] = set()
        """Entities that this load created and gave no literal yet: their copies need no look at the graph."""
        self._outcome = _Outcome()

    def new_objects(self, batch: Batch) -> list[str]:
        """Predicates that lead to entities and have no index yet."""
        found = {fact.predicate for fact in batch.facts.values() if fact.target is not None}
        return sorted(found - self.objects)

    def unsaid(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Those that are not live as they are."""
        for entry in entries:
            again = self.said.again(digest(place(entry.fact.id, entry.source, entry.locator, entry.record)))
            if again is None:
                yield entry
            else:
                self.tally.kept += again

    def accept(self) -> None:
        """Take over what the last batch changed: its transaction has ended."""
        done = self._outcome
        self.tally.added += done.added
        self.tally.kept += done.kept
        self._seen |= done.seen
        self.gained += done.gained
        self._bare = (self._bare | done.bare) - done.dressed
        self.objects, self.literals = done.objects, done.literals
        for predicate, entities in done.stale.items():
            self.stale[predicate] |= entities

    def write(self, tx: Transaction, batch: Batch) -> None:
        """Write the batch; may be run again if the transaction has to be repeated."""
        self._outcome = _Outcome()
        self._register(tx, batch)
        facts = batch.facts.values()
        touched = [Touched(fact.id, fact.predicate, fact.subject) for fact in facts]
        ends = {fact.subject for fact in facts} | {fact.target for fact in facts if fact.target is not None}
        types = known_types(tx, ends)
        held = known(tx, touched, sorted(self._outcome.objects))
        opened = self._put_types(tx, batch, ends, types, held)
        opened |= self._extend(tx, touched, held)
        if self.staging.compared:
            self._outcome.gained = [fact for fact in facts if self._is_gained(fact, opened, types, held)]
        self._create(tx, [fact for fact in facts if fact.predicate != TYPE and fact.id not in held])
        self._put_assertions(tx, batch, opened)

    def _register(self, tx: Transaction, batch: Batch) -> None:
        """Note predicates the graph did not have, so that views follow them."""
        outcome = self._outcome
        for fact in batch.facts.values():
            (outcome.literals if fact.target is None else outcome.objects).add(fact.predicate)
        outcome.objects |= self.objects
        outcome.literals |= self.literals
        if (outcome.objects, outcome.literals) != (self.objects, self.literals):
            tx.run(texts.REGISTER, objects=sorted(outcome.objects), literals=sorted(outcome.literals))

    # --- entities ---

    def _put_types(
        self,
        tx: Transaction,
        batch: Batch,
        ends: set[EntityId],
        types: dict[EntityId, tuple[TypeEntry, ...]],
        held: dict[FactId, tuple[Support, ...]],
    ) -> set[FactId]:
        """Create the entities, declare them and copy their literals; gives the type facts supported before."""
        opened: set[FactId] = set()
        declared: dict[EntityId, list[TypeEntry]] = defaultdict(list)
        for fact in batch.facts.values():
            if fact.predicate == TYPE and isinstance(fact.object, Literal):
                before = [entry.support for entry in types.get(fact.subject, ()) if entry.fact == fact.id]
                if self._is_open(before):
                    opened.add(fact.id)
                else:
                    declared[fact.subject].append(TypeEntry(fact.id, fact.object.value, self._support()))
        copies = self._copies(batch, types, held)
        new: dict[tuple[str, ...], list[Any]] = defaultdict(list)
        old: dict[tuple[str, ...], list[Any]] = defaultdict(list)
        for entity in sorted(ends):
            properties: dict[str, Any] = dict(copies.get(entity, {}))
            if entity in declared:
                properties |= type_properties([*types.get(entity, ()), *declared[entity]])
            names = self._labels(entry.name for entry in declared.get(entity, ()))
            if entity not in types:
                new[names].append([entity, entity.partition(":")[2], properties])
            elif properties:
                old[names].append([entity, properties])
        for names, rows in new.items():
            tx.run(texts.create_entities(names), rows=rows)
        for names, rows in old.items():
            tx.run(texts.update_entities(names), rows=rows)
        return opened

    def _labels(self, names: Iterable[str]) -> tuple[str, ...]:
        """The types and their supertypes."""
        found: set[str] = set()
        for name in names:
            current: str | None = name
            while current is not None:
                found.add(current)
                known_type = self.staging.ontology.types.get(current)
                current = known_type.parent if known_type else None
        return tuple(sorted(found))

    def _copies(
        self,
        batch: Batch,
        types: dict[EntityId, tuple[TypeEntry, ...]],
        held: dict[FactId, tuple[Support, ...]],
    ) -> dict[EntityId, dict[str, Any]]:
        """Readable copies for entities that had no literal; all others are noted as stale."""
        values: dict[EntityId, dict[str, list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
        bare = self._outcome.bare
        bare |= {end for fact in batch.facts.values() for end in (fact.subject, fact.target) if end is not None} - set(
            types
        )
        for fact in batch.facts.values():
            if not isinstance(fact.object, Literal) or fact.predicate in (TYPE, *OWN_PROPERTIES):
                continue
            if fact.subject in bare or fact.subject in self._bare:
                values[fact.subject][fact.predicate].append((fact.object.value, fact.object.datatype))
            elif not self._is_open(held.get(fact.id, ())):
                self._outcome.stale[fact.predicate].add(fact.subject)
        self._outcome.dressed = set(values)
        return {
            entity: {predicate: copy(found) for predicate, found in said.items()} for entity, said in values.items()
        }

    # --- facts ---

    def _support(self) -> Support:
        return Support(self.staging.version, self.staging.class_, self.staging.at)

    def _is_gained(
        self,
        fact: Fact,
        opened: set[FactId],
        types: dict[EntityId, tuple[TypeEntry, ...]],
        held: dict[FactId, tuple[Support, ...]],
    ) -> bool:
        """Whether neither this version nor the one it is compared with said the fact before this batch."""
        before = held.get(fact.id, ())
        if fact.predicate == TYPE:
            before = tuple(entry.support for entry in types.get(fact.subject, ()) if entry.fact == fact.id)
        said = any((entry.version, entry.known_to) == (self.staging.compared, FOREVER) for entry in before)
        return not said and fact.id not in opened

    def _is_open(self, entries: Iterable[Support]) -> bool:
        """Whether this version supports the fact already, by an earlier load or by this one."""
        mine = (self.staging.version, self.staging.class_, FOREVER)
        return any((entry.version, entry.class_, entry.known_to) == mine for entry in entries)

    def _extend(
        self, tx: Transaction, touched: Sequence[Touched], held: dict[FactId, tuple[Support, ...]]
    ) -> set[FactId]:
        """Add this version to the supports of facts the graph holds; gives those it supported before."""
        opened = {fact for fact, entries in held.items() if self._is_open(entries)}
        more = {
            item: (*held[item.fact], self._support())
            for item in touched
            if item.fact in held and item.fact not in opened
        }
        set_supports(tx, more, sorted(self._outcome.objects))
        return opened

    def _create(self, tx: Transaction, facts: Sequence[Fact]) -> None:
        rows: dict[str, list[Any]] = defaultdict(list)
        for fact in facts:
            row = [fact.id, fact.subject, fact.object, fact.valid.start, fact.valid.end]
            if isinstance(fact.object, Literal):
                row[2] = fact.object.value
                words, label = found_by(fact.predicate, fact.object)
                row += [fact.object.datatype, lookup_of(fact.predicate, fact.object), words]
                text = texts.create_literals(fact.predicate, label)
            else:
                text = texts.create_relationships(fact.predicate)
            rows[text].append(row)
        support = support_properties([self._support()])
        for text, batch in rows.items():
            tx.run(text, rows=batch, **support)

    # --- assertions ---

    def _put_assertions(self, tx: Transaction, batch: Batch, opened: set[FactId]) -> None:
        """Create the assertions that are not live; only facts supported before can have one."""
        staging, outcome = self.staging, self._outcome
        bounds = {"version": staging.version, "class": staging.class_, "forever": FOREVER}
        live: set[tuple[str | None, ...]] = set()
        if places := sorted({(entry.fact.id, entry.locator) for entry in batch.entries if entry.fact.id in opened}):
            live = {tuple(row) for row in tx.run(texts.LIVE_ASSERTIONS, places=places, **bounds)}
        groups: dict[str, list[Any]] = defaultdict(list)
        for entry in batch.entries:
            fact = entry.fact
            at = (fact.id, entry.source, entry.locator, entry.record)
            mark = digest(place(*at)) if staging.reload else b""
            if at not in live:
                groups[entry.source].append([fact.id, fact.subject, fact.predicate, entry.locator, entry.record])
                outcome.added += 1
            elif staging.reload and mark not in self._seen:
                outcome.kept += 1
            if staging.reload:
                outcome.seen.add(mark)
        rows = [[source, items] for source, items in groups.items()]
        tx.run(texts.PUT_ASSERTIONS, groups=rows, run=staging.run, at=staging.at, **bounds)
