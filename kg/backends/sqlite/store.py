"""The embedded graph store and ledgers over one SQLite database."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kg.backends.sqlite import sql
from kg.backends.sqlite.database import Database
from kg.backends.sqlite.records import put_ontology, put_run
from kg.backends.sqlite.writer import SqliteWriter
from kg.domain.fact import (
    FOREVER,
    IDENTITY,
    TYPE,
    Assertion,
    Entity,
    EntityId,
    Fact,
    FactId,
    Instant,
    Interval,
    Literal,
    assemble,
)
from kg.domain.lineage import DatasetVersion, GraphProfile, Rejection, Run, Source
from kg.domain.lookup import lookup_for, lookup_for_type
from kg.domain.ontology import Direction, Ontology
from kg.domain.ontology_file import together
from kg.domain.records import add_profiles, load_profile, load_rejection, load_run, load_source, load_version
from kg.domain.scope import Scope
from kg.errors import DatasetNotFound, LoadInProgress
from kg.ports.clock import Clock, later
from kg.ports.store import Expansion, GraphView, GraphWriter, Listing, LoadTarget

ENGINE = "sqlite"


class SqliteStore:
    """Graph, decisions and runs in one SQLite file, or in memory with ``:memory:``."""

    def __init__(self, path: str, core: Ontology, clock: Clock) -> None:
        self._database = Database(path)
        self._core = core
        self._clock = clock
        self._predicates: dict[str, int] = {}

    # --- graph ---

    def view(self, scope: Scope) -> GraphView:
        with self._database.use() as connection:
            head: Instant = connection.execute("SELECT value FROM meta WHERE key = 'head'").get
            at = min(head, scope.known_as_of) if scope.known_as_of else head
            rows: list[tuple[int, str, str, str]] = []
            if scope.datasets:
                for ref in scope.datasets:
                    rows += self._named_version(connection, ref, at)
            else:
                rows = list(connection.execute(sql.VERSIONS_NOW, {"at": at}))
            seen = [(n, load_version(document), load_profile(profile), name) for n, document, profile, name in rows]
            seen = [row for row in seen if row[1].classification <= scope.ceiling]
            # Each once, although a scope may name one twice (``NAME`` and ``NAME@VERSION``).
            seen = sorted({row[0]: row for row in seen}.values(), key=lambda row: row[1].ref)
            for ref in scope.datasets:
                if not any(ref in (version.dataset, version.ref) for _, version, _, _ in seen):
                    raise DatasetNotFound(f"no dataset {ref!r}; see `whence sources`")
            documents = tuple(
                connection.execute(sql.ONTOLOGY, {"name": name, "at": at}).get
                for name in sorted({name for *_, name in seen})
            )
        return SqliteView(
            self._database,
            scope,
            at,
            tuple(n for n, *_ in seen),
            tuple(version for _, version, _, _ in seen),
            add_profiles(ENGINE, [profile for *_, profile, _ in seen]),
            together(self._core, documents),
            scope.valid_as_of or self._clock().date().isoformat(),
            self._predicate_numbers(),
        )

    @staticmethod
    def _named_version(connection: Any, ref: str, at: Instant) -> list[tuple[int, str, str, str]]:
        dataset, _, version = ref.partition("@")
        if version:
            return list(connection.execute(sql.VERSION_NAMED, {"dataset": dataset, "version": version, "at": at}))
        return [
            row for row in connection.execute(sql.VERSIONS_NOW, {"at": at}) if load_version(row[1]).dataset == dataset
        ]

    def _predicate_numbers(self) -> dict[str, int]:
        with self._database.use() as connection:
            count = connection.execute("SELECT max(n) FROM predicate").get or 0
            if count != len(self._predicates):
                self._predicates = dict(connection.execute("SELECT name, n FROM predicate"))
        return self._predicates

    @contextlib.contextmanager
    def writer(self, target: LoadTarget, run_id: str) -> Iterator[GraphWriter]:
        with self._database.load_lock() as held:
            if not held:
                raise LoadInProgress(f"another load is writing to {self._database.path!r}; try again when it has ended")
            writer = SqliteWriter(self._database, target, run_id, self._clock)
            try:
                yield writer
            finally:
                writer.close()

    def put_ontology(self, name: str, document: str) -> bool:
        if self.ontology_document(name) == document:
            return False
        # As a load of its own: the head moves, so that the next view reads it, and with it what is staged would show.
        with self._database.load_lock() as held:
            if not held:
                raise LoadInProgress(f"another load is writing to {self._database.path!r}; try again when it has ended")
            with self._database.write() as connection:
                SqliteWriter.clean_up(connection)
                head: Instant = connection.execute("SELECT value FROM meta WHERE key = 'head'").get
                at = later(head, self._clock())
                put_ontology(connection, name, document, at)
                connection.execute("UPDATE meta SET value = ? WHERE key = 'head'", (at,))
        return True

    def ontology_document(self, name: str) -> str | None:
        with self._database.use() as connection:
            document: str | None = connection.execute(
                "SELECT document FROM ontology_state WHERE name = ? ORDER BY known_from DESC LIMIT 1", (name,)
            ).get
            return document

    def check(self) -> None:
        with self._database.use() as connection:
            connection.execute("SELECT value FROM meta").fetchone()

    def close(self) -> None:
        self._database.close()

    # --- ledgers ---

    def append(self, decision_id: str, document: dict[str, Any]) -> None:
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO decision (id, document) VALUES (?, ?) ON CONFLICT (id) DO NOTHING",
                (decision_id, text),
            )

    def decision(self, decision_id: str) -> dict[str, Any] | None:
        with self._database.use() as connection:
            text: str | None = connection.execute("SELECT document FROM decision WHERE id = ?", (decision_id,)).get
            return None if text is None else json.loads(text)

    def decisions(self, limit: int) -> list[dict[str, Any]]:
        with self._database.use() as connection:
            return [
                json.loads(text)
                for (text,) in connection.execute("SELECT document FROM decision ORDER BY seq DESC LIMIT ?", (limit,))
            ]

    def append_run(self, run: Run, rejections: Sequence[Rejection]) -> None:
        with self._database.write() as connection:
            put_run(connection, run, rejections)

    def runs(self, limit: int) -> list[Run]:
        with self._database.use() as connection:
            return [
                load_run(text)
                for (text,) in connection.execute("SELECT document FROM run ORDER BY seq DESC LIMIT ?", (limit,))
            ]

    def last_fingerprint(self, dataset: str, version: str) -> str | None:
        with self._database.use() as connection:
            rows = connection.execute(
                "SELECT document FROM run WHERE dataset = ? AND version = ? ORDER BY seq DESC",
                (dataset, version),
            )
            return next((run.fingerprint for (text,) in rows if (run := load_run(text)).state == "complete"), None)

    def rejections(self, run_id: str) -> list[Rejection]:
        with self._database.use() as connection:
            return [
                load_rejection(text)
                for (text,) in connection.execute(
                    "SELECT document FROM rejection WHERE run = ? ORDER BY seq", (run_id,)
                )
            ]


def _fact(row: tuple[Any, ...]) -> Fact:
    fact_id, subject, predicate, target, value, datatype, start, end = row
    return Fact(
        fact_id,
        subject,
        predicate,
        target if target is not None else Literal(value, datatype),
        Interval(start, end),
    )


@dataclass(frozen=True)
class SqliteView:
    """All reading within one scope."""

    _database: Database
    scope: Scope
    known_at: Instant
    _versions: tuple[int, ...]
    _datasets: tuple[DatasetVersion, ...]
    _profile: GraphProfile
    _ontology: Ontology
    _day: str
    _predicates: dict[str, int]

    @functools.cached_property
    def _bounds(self) -> dict[str, Any]:
        """What every visibility test is bound to."""
        return {
            "versions": json.dumps(self._versions),
            "ceiling": int(self.scope.ceiling),
            "at": self.known_at,
            "day": self._day,
            "type": self._predicates.get(TYPE, -1),
        }

    def _read(self, text: str, **values: Any) -> list[tuple[Any, ...]]:
        with self._database.use() as connection:
            return list(connection.execute(text, self._bounds | values))

    def ontology(self) -> Ontology:
        return self._ontology

    def datasets(self) -> tuple[DatasetVersion, ...]:
        return self._datasets

    def profile(self) -> GraphProfile:
        return self._profile

    def entities(self, ids: Collection[EntityId]) -> dict[EntityId, Entity]:
        numbers = json.dumps([self._predicates[name] for name in IDENTITY if name in self._predicates])
        said: dict[EntityId, list[Fact]] = {}
        for entity, predicate, value in self._read(
            sql.IDENTITY_FACTS, ids=json.dumps(sorted(set(ids))), predicates=numbers
        ):
            said.setdefault(entity, []).append(Fact("", entity, predicate, Literal(value)))
        built = ((entity, assemble(entity, facts)) for entity, facts in said.items())
        return {entity: value for entity, value in built if value is not None}

    def named(self, texts: Collection[str], limit_each: int) -> dict[str, tuple[EntityId, ...]]:
        wanted = {lookup_for(text): text for text in texts}
        found: dict[str, tuple[EntityId, ...]] = {}
        with self._database.use() as connection:
            held = connection.execute(sql.HELD, {"lookups": json.dumps(sorted(wanted))}).fetchall()
            for (lookup,) in held:
                rows = connection.execute(sql.NAMED, self._bounds | {"lookup": lookup, "limit": limit_each})
                if ids := tuple(row[0] for row in rows):
                    found[wanted[str(lookup)]] = ids
        return dict(sorted(found.items()))

    def search(self, words: Sequence[str], types: Collection[str], limit: int) -> Listing:
        if not words:
            return Listing(())
        match = " AND ".join(f'"{word}"' for word in words) + "*"
        rows = self._read(sql.SEARCH, match=match, types=json.dumps(sorted(types)), limit=limit + 1)
        return _listing([row[0] for row in rows], limit)

    def scan(self, types: Collection[str], limit: int) -> Listing:
        ids: list[EntityId] = []
        with self._database.use() as connection:
            for name in sorted(set(types)):
                rows = connection.execute(
                    sql.NAMED, self._bounds | {"lookup": lookup_for_type(name), "limit": limit + 1}
                )
                ids += [row[0] for row in rows]
        return _listing(sorted(set(ids)), limit)

    def follow(
        self, ids: Collection[EntityId], predicates: Collection[str], direction: Direction, limit_each: int
    ) -> Expansion:
        names = sorted(set(predicates) or set(self._predicates) - set(IDENTITY))
        numbers = [self._predicates[name] for name in names if name in self._predicates]
        text = sql.FOLLOW_OUT if direction == "out" else sql.FOLLOW_IN
        facts: list[Fact] = []
        cut: list[EntityId] = []
        asked = json.dumps(sorted(set(ids)))
        with self._database.use() as connection:
            nears = connection.execute(sql.DECLARED_NUMBERS, self._bounds | {"ids": asked}).fetchall()
            for near, entity in nears:
                for number in numbers:
                    rows = connection.execute(
                        text, self._bounds | {"n": near, "predicate": number, "limit": limit_each + 1}
                    ).fetchall()
                    if len(rows) > limit_each:
                        cut.append(str(entity))
                    facts += [_fact(row) for row in rows[:limit_each]]
        far = {fact.target if direction == "out" else fact.subject for fact in facts}
        return Expansion(
            tuple(facts), tuple(dict.fromkeys(cut)), self.entities({one for one in far if one is not None})
        )

    def facts(self, ids: Collection[FactId]) -> dict[FactId, Fact]:
        return {row[0]: _fact(row) for row in self._read(sql.FACTS, ids=json.dumps(sorted(set(ids))))}

    def assertions(self, facts: Collection[FactId]) -> dict[FactId, tuple[Assertion, ...]]:
        found: dict[FactId, list[Assertion]] = {}
        for fact, source, locator, run, start, end in self._read(sql.ASSERTIONS, ids=json.dumps(sorted(set(facts)))):
            retired = None if end == FOREVER else end
            found.setdefault(fact, []).append(Assertion(fact, source, locator, run, start, retired))
        return {fact: tuple(items) for fact, items in found.items()}

    def sources(self, ids: Collection[str] | None = None) -> dict[str, Source]:
        found = {source: load_source(text) for source, text in self._read(sql.SOURCES)}
        return {
            key: source
            for key, source in found.items()
            if source.classification <= self.scope.ceiling and (ids is None or key in ids)
        }


def _listing(ids: list[EntityId], limit: int) -> Listing:
    return Listing(tuple(ids[:limit]), cut=len(ids) > limit)
