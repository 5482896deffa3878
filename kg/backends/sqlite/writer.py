"""Loading into SQLite: staged in short transactions, made visible by moving the head.

Rows of a load carry its known time, which lies after the head; views read up to the head. So a load is
invisible until its commit sets the head, other writers (decisions) are held up for one batch at most, and what a
killed load leaves behind is never read and is removed by the next load.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from kg.backends.sqlite import changes, sql
from kg.backends.sqlite.database import Database
from kg.backends.sqlite.records import (
    current_version,
    held_profile,
    live_run,
    put_current,
    put_live,
    put_ontology,
    put_run,
    put_states,
)
from kg.backends.sqlite.said import Said
from kg.domain.batches import batches
from kg.domain.difference import profile_after
from kg.domain.fact import FOREVER, TYPE, EntityId, Fact, Instant, Literal
from kg.domain.lineage import Changes, GraphProfile, LiveRun, Rejection, Run
from kg.domain.lookup import folded_name, lookup_for, lookup_of
from kg.ports.clock import Clock, instant, later
from kg.ports.ledger import RunEvents, no_events
from kg.ports.store import Entry, LoadTarget
from kg.text.passages import passage_words

Place = tuple[int, int, str, str | None]
"""Fact, source, locator, record."""
BATCH = 20_000
"""Entries a transaction: about 0.4 s, the longest another writer waits."""


class SqliteWriter:
    """One load of one dataset version; made by ``SqliteStore.writer``."""

    def __init__(self, database: Database, target: LoadTarget, run_id: str, clock: Clock) -> None:
        self._database = database
        self._target = target
        self._run = run_id
        self._clock = clock
        self._committed = False
        self._put = 0
        self._kept = 0
        with database.write() as connection:
            self.clean_up(connection)
            head: Instant = connection.execute("SELECT value FROM meta WHERE key = 'head'").get
            self.known_from = later(head, clock())
            self._version = self._number_version(connection)
            of_dataset = "SELECT n FROM dataset_version WHERE dataset = ?"
            own = {n for (n,) in connection.execute(of_dataset, (target.version.dataset,))}
            self._hidden_versions = sorted(own - {self._version} if target.delta else own)
            self._sources = {source.id: self._number_source(connection, source.id) for source in target.sources}
            self._predicates: dict[str, int] = dict(connection.execute("SELECT name, n FROM predicate"))
            self._next_fact = (connection.execute("SELECT max(n) FROM fact").get or 0) + 1
            self._next_entity = (connection.execute("SELECT max(n) FROM entity").get or 0) + 1
            self._held = held_profile(connection, self._version)
            self._reload = self._held is not None
            # What the version itself said before, or else what is current until now.
            self._before = None if self._reload else current_version(connection, target.version.dataset)
            connection.execute(sql.SEEN)
            connection.execute("DELETE FROM temp.seen")
            connection.execute(sql.REPLACED)
            connection.execute("DELETE FROM temp.replaced")
            changes.begin(connection)
            class_ = int(target.version.classification)
            self._said = Said(connection, self._version, class_, self._sources)
            floor = {
                "version": self._version,
                "facts": self._next_fact - 1,
                "entities": self._next_entity - 1,
                "first": not self._reload,
            }
            connection.execute("INSERT INTO meta VALUES ('staged', ?)", (json.dumps(floor),))

    @staticmethod
    def clean_up(connection: Any) -> None:
        """Remove what a load that did not end left behind."""
        staged = connection.execute("SELECT value FROM meta WHERE key = 'staged'").get
        if staged is None:
            return
        head = connection.execute("SELECT value FROM meta WHERE key = 'head'").get
        for text in sql.DISCARD:
            connection.execute(text, {"first": False} | json.loads(staged) | {"at": head})
        connection.execute("DELETE FROM meta WHERE key = 'staged'")

    def _number_version(self, connection: Any) -> int:
        key = (self._target.version.dataset, self._target.version.version)
        connection.execute("INSERT OR IGNORE INTO dataset_version (dataset, version) VALUES (?, ?)", key)
        number: int = connection.execute("SELECT n FROM dataset_version WHERE dataset = ? AND version = ?", key).get
        return number

    def _number_source(self, connection: Any, source: str) -> int:
        connection.execute("INSERT OR IGNORE INTO source (id, version) VALUES (?, ?)", (source, self._version))
        number: int = connection.execute("SELECT n FROM source WHERE id = ?", (source,)).get
        return number

    def declared(self, ids: Collection[EntityId]) -> dict[EntityId, str]:
        with self._database.use() as connection:
            head = connection.execute("SELECT value FROM meta WHERE key = 'head'").get
            bound = {
                "ids": json.dumps(sorted(set(ids))),
                "type": self._predicates.get(TYPE, -1),
                "at": head,
                "own": json.dumps(self._hidden_versions),
            }
            return dict(connection.execute(sql.LIVE_TYPES, bound))

    def put(self, entries: Iterable[Entry]) -> None:
        for batch in batches(entries, BATCH):
            with self._database.write() as connection:
                if not self._reload:
                    self._said.first(connection, batch)
                    self._put_batch(connection, batch)
                elif self._target.delta:
                    self._said.told(connection, batch)
                    self._put_batch(connection, batch)
                else:
                    changed, kept = self._said.compared(connection, batch)
                    self._kept += kept
                    self._put_batch(connection, changed)

    def _put_batch(self, connection: Any, batch: Sequence[Entry]) -> None:
        facts = {entry.fact.id: entry.fact for entry in batch}
        numbers: dict[str, int] = dict(connection.execute(sql.KNOWN_FACTS, {"ids": json.dumps(list(facts))}))
        new = [fact for key, fact in facts.items() if key not in numbers]
        numbers |= {fact.id: number for number, fact in enumerate(new, self._next_fact)}
        self._put_facts(connection, new)
        sources = self._sources
        places: list[Place] = [
            (numbers[fact.id], sources[source], locator, record) for fact, source, locator, record in batch
        ]
        if self._reload:
            places = self._unseen(connection, places)
            changes.touch(connection, (place[0] for place in places), gained=True)
        since, version, class_ = self.known_from, self._version, int(self._target.version.classification)
        before = connection.total_changes()
        connection.executemany(
            sql.PUT_ASSERTION,
            [
                (fact, source, locator, since, FOREVER, version, class_, self._run, record)
                for fact, source, locator, record in places
            ],
        )
        self._put += connection.total_changes() - before

    def _put_facts(self, connection: Any, facts: Sequence[Fact]) -> None:
        """Put facts that are not there yet, numbered on."""
        entities = self._numbers(connection, facts)
        predicates = {name: self._predicate(connection, name) for name in {fact.predicate for fact in facts}}
        fact_rows, name_rows, passage_rows = [], [], []
        for number, fact in enumerate(facts, self._next_fact):
            subject, predicate, valid = entities[fact.subject], predicates[fact.predicate], fact.valid
            row: tuple[int | str | None, ...]
            if isinstance(fact.object, Literal):
                literal = fact.object
                folded = folded_name(fact.predicate, literal)
                if folded is not None:
                    name_rows.append((number, folded))
                elif (words := passage_words(fact.predicate, literal)) is not None:
                    passage_rows.append((number, words))
                lookup = lookup_of(fact.predicate, literal) if folded is None else lookup_for(folded)
                row = (
                    number, fact.id, subject, predicate, None, literal.value, literal.datatype,
                    valid.start, valid.end, lookup,
                )  # fmt: skip
            else:
                target = entities[fact.object]
                row = (number, fact.id, subject, predicate, target, None, None, valid.start, valid.end, None)
            fact_rows.append(row)
        self._next_fact += len(facts)
        connection.executemany(sql.PUT_FACT, fact_rows)
        connection.executemany(sql.PUT_NAME, name_rows)
        connection.executemany(sql.PUT_PASSAGE, passage_rows)

    def replace(self, records: Collection[str]) -> None:
        if self._target.delta:
            with self._database.write() as connection:
                connection.executemany(sql.REPLACE, ((record,) for record in records))

    def _unseen(self, connection: Any, places: list[Place]) -> list[Place]:
        """Mark all as seen; give back those that no live assertion has yet."""
        before = connection.total_changes()
        connection.executemany(sql.MARK_SEEN, places)
        marked = connection.total_changes() - before
        class_ = int(self._target.version.classification)
        new = [
            place
            for place in dict.fromkeys(places)
            if not connection.execute(sql.LIVE_ASSERTION, (*place, FOREVER, class_)).get
        ]
        self._kept += marked - len(new)
        return new

    def _numbers(self, connection: Any, facts: Sequence[Fact]) -> dict[EntityId, int]:
        ids = {fact.subject for fact in facts}
        ids.update(fact.object for fact in facts if isinstance(fact.object, str))
        numbers: dict[EntityId, int] = dict(connection.execute(sql.KNOWN_ENTITIES, {"ids": json.dumps(list(ids))}))
        rows = []
        for entity in sorted(ids - set(numbers)):
            numbers[entity] = self._next_entity
            rows.append((self._next_entity, entity))
            self._next_entity += 1
        connection.executemany(sql.PUT_ENTITY, rows)
        return numbers

    def _predicate(self, connection: Any, name: str) -> int:
        if name not in self._predicates:
            connection.execute("INSERT OR IGNORE INTO predicate (name) VALUES (?)", (name,))
            self._predicates[name] = connection.execute("SELECT n FROM predicate WHERE name = ?", (name,)).get
        return self._predicates[name]

    def commit(
        self, run: Run, profile: GraphProfile, rejections: Iterable[Rejection], events: RunEvents = no_events
    ) -> Run:
        with self._database.write() as connection:
            retired = self._retire(connection)
            tally = Changes(self._put, self._kept, retired, *changes.counted(connection, run.id))
            done = replace(run, changes=tally, compared=self._compared)
            if self._target.delta and self._held is not None:
                profile = profile_after(self._held, changes.changes_of(connection, run.id))
            put_ontology(connection, self._target.version.ontology, self._target.ontology, self.known_from)
            put_states(connection, self._target, self._version, self._sources, profile, self.known_from)
            put_current(connection, self._target, self._version, self.known_from)
            put_run(connection, done, instant(self._clock()), rejections, events(done))
            connection.execute("UPDATE meta SET value = ? WHERE key = 'head'", (self.known_from,))
            connection.execute("DELETE FROM meta WHERE key = 'staged'")
        self._committed = True
        return done

    def _retire(self, connection: Any) -> int:
        """End what is not said any more, and note which facts that and what was put have changed."""
        retired = 0
        if self._reload:
            bounds = {"forever": FOREVER, "at": self.known_from}
            said = self._said
            retired = (said.retire_replaced if self._target.delta else said.retire)(connection, bounds)
            changes.note_changed(connection, self._run, self._version, self.known_from)
        elif self._before is not None:
            changes.note_apart(connection, self._run, self._version, self._before[0])
        return retired

    @property
    def _compared(self) -> str:
        if self._reload:
            return self._target.version.ref
        return "" if self._before is None else f"{self._target.version.dataset}@{self._before[1]}"

    def tell(self, live: LiveRun) -> None:
        with self._database.write() as connection:
            put_live(connection, live)

    def fail(self, message: str) -> None:
        """Say of the load that it failed, so that nobody takes it for lost before its run is recorded."""
        with self._database.write() as connection:
            if (live := live_run(connection)) is not None:
                put_live(connection, replace(live, run=replace(live.run, state="failed", message=message)))

    def close(self) -> None:
        """Discard what was staged, unless it was committed."""
        if not self._committed:
            with self._database.write() as connection:
                self.clean_up(connection)
