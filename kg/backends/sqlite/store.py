"""The embedded graph store and ledgers over one SQLite database."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from kg.backends.sqlite import audit, reviews, spending, sql, touches
from kg.backends.sqlite.audit import SqliteAudit
from kg.backends.sqlite.changes import changes_of
from kg.backends.sqlite.database import Database
from kg.backends.sqlite.decisions import SqliteDecisions
from kg.backends.sqlite.forget import forget
from kg.backends.sqlite.keys import SqliteKeys
from kg.backends.sqlite.prompts import SqlitePrompts
from kg.backends.sqlite.purge import finish, purge
from kg.backends.sqlite.records import live_run, put_events, put_ontology, put_run, settle
from kg.backends.sqlite.retire import retire
from kg.backends.sqlite.rules import SqliteRules
from kg.backends.sqlite.view import SqliteView
from kg.backends.sqlite.writer import SqliteWriter
from kg.domain import acts
from kg.domain.audit import Act
from kg.domain.difference import FactChange
from kg.domain.erasure import Erased, pseudonym
from kg.domain.fact import Instant
from kg.domain.lineage import LiveRun, Rejection, Run
from kg.domain.ontology import Ontology
from kg.domain.ontology_file import together
from kg.domain.openlineage import LineageEvent, LineageNode, Toward, in_order
from kg.domain.records import add_profiles, load_profile, load_rejection, load_run, load_version
from kg.domain.ref import Ref
from kg.domain.review import ReviewEvent
from kg.domain.scope import Scope
from kg.domain.spending import Limits, Spending
from kg.errors import DatasetNotFound, KgError, LoadInProgress
from kg.ports.clock import Clock, instant, later
from kg.ports.ledger import check_unmoved
from kg.ports.store import GraphView, GraphWriter, LoadTarget

ENGINE = "sqlite"


class SqliteStore(SqlitePrompts, SqliteRules, SqliteDecisions, SqliteAudit, SqliteKeys):
    """Graph, decisions, runs, prompts and rules in one SQLite file, or in memory with ``:memory:``."""

    def __init__(self, path: str, core: Ontology, clock: Clock) -> None:
        super().__init__(Database(path), clock)
        self._core = core
        self._predicates: dict[str, int] = {}

    # --- graph ---

    def view(self, scope: Scope) -> GraphView:
        with self._database.use() as connection:
            head: Instant = connection.execute("SELECT value FROM meta WHERE key = 'head'").get
            at = min(head, scope.known_as_of) if scope.known_as_of else head
            rows: list[tuple[int, str, str, str, str]] = []
            if scope.datasets:
                for ref in scope.datasets:
                    rows += self._named_version(connection, ref, at)
            else:
                rows = list(connection.execute(sql.VERSIONS_NOW, {"at": at}))
            seen = [
                (n, version, load_profile(profile), name)
                for n, document, profile, name, newest in rows
                if scope.sees(version := load_version(document), load_version(newest))
            ]
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
            scope.days(self._clock().date().isoformat()),
            self._predicate_numbers(),
        )

    @staticmethod
    def _named_version(connection: Any, ref: str, at: Instant) -> list[tuple[int, str, str, str, str]]:
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
        with self._loading():
            writer = SqliteWriter(self._database, target, run_id, self._clock)
            try:
                yield writer
            except KgError as exc:
                with contextlib.suppress(KgError):
                    writer.fail(str(exc))
                raise
            finally:
                writer.close()

    def put_ontology(self, name: str, document: str, actor: str = "") -> bool:
        if self.ontology_document(name) == document:
            return False
        # As a load of its own: the head moves, so that the next view reads it, and with it what is staged would show.
        with self._moving_known_time() as (connection, at):
            put_ontology(connection, name, document, at)
            audit.append(connection, acts.of_ontology(name, document, actor), instant(self._clock()))
        return True

    @contextlib.contextmanager
    def _moving_known_time(self) -> Iterator[tuple[Any, Instant]]:
        with self._loading(), self._moving_head() as (connection, at):
            yield connection, at

    def retire(self, ref: Ref, run: Run) -> Run:
        with self._loading(), self._moving_head() as (connection, at):
            done = retire(connection, ref, run, at)
            put_run(connection, done, instant(self._clock()))
        return done

    def purge(self, ref: Ref, run: Run) -> Run:
        with self._loading():
            with self._moving_head() as (connection, at):
                done = purge(connection, ref, run, at)
            finish(self._database, self._clock)
        return done

    @contextlib.contextmanager
    def _loading(self) -> Iterator[None]:
        """Hold the right to load; a purge that was cut off is finished first."""
        with self._database.load_lock() as held:
            if not held:
                raise LoadInProgress(f"another load is writing to {self._database.path!r}; try again when it has ended")
            finish(self._database, self._clock)
            settle(self._database, self._clock)
            yield

    @contextlib.contextmanager
    def _moving_head(self) -> Iterator[tuple[Any, Instant]]:
        """One transaction that views read from its end on, with its known time."""
        with self._database.write() as connection:
            SqliteWriter.clean_up(connection)
            head: Instant = connection.execute("SELECT value FROM meta WHERE key = 'head'").get
            at = later(head, self._clock())
            yield connection, at
            connection.execute("UPDATE meta SET value = ? WHERE key = 'head'", (at,))

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

    def erase_text(self, text: str, actor: str) -> Erased:
        digest = audit.digest_of(self._database, text)
        found = forget(self._database, text, pseudonym(digest or secrets.token_hex(6)))
        act = Act("audit.erase", digest or "", actor)
        erased = audit.erase(self._database, text, act, instant(self._clock()), also=found.any)
        return replace(found, log=erased)

    def append_review(self, event: ReviewEvent, known: Instant | None = None) -> None:
        with self._database.write() as connection:
            check_unmoved(event, connection.execute("SELECT value FROM meta WHERE key = 'head'").get, known)
            reviews.append(connection, event, instant(self._clock()))

    def review_events(self, decision_ids: Collection[str]) -> dict[str, tuple[ReviewEvent, ...]]:
        with self._database.use() as connection:
            return reviews.events(connection, decision_ids)

    def reviews(self, *, standing: bool, after: str | None, limit: int, skip: int = 0) -> list[str]:
        with self._database.use() as connection:
            return reviews.listed(connection, standing=standing, after=after, limit=limit, skip=skip)

    def touching(self, keys: Collection[str], limit: int) -> list[tuple[str, bool]]:
        with self._database.use() as connection:
            return touches.touching(connection, keys, limit)

    def append_run(self, run: Run, rejections: Iterable[Rejection], events: Iterable[LineageEvent] = ()) -> None:
        with self._database.write() as connection:
            put_run(connection, run, instant(self._clock()), rejections, events)

    def runs(self, limit: int) -> list[Run]:
        with self._database.use() as connection:
            return [
                load_run(text)
                for (text,) in connection.execute("SELECT document FROM run ORDER BY seq DESC LIMIT ?", (limit,))
            ]

    def run(self, run_id: str) -> Run | None:
        with self._database.use() as connection:
            found: str | None = connection.execute("SELECT document FROM run WHERE id = ?", (run_id,)).get
            return None if found is None else load_run(found)

    def live(self) -> LiveRun | None:
        with self._database.use() as connection:
            found = live_run(connection)
            if found is None or found.run.state != "running" or self._database.is_loading():
                return found
            # It may have ended since: a load records its end before it gives the right to load back.
            now = live_run(connection)
            return found.lost() if now is not None and (now.run.id, now.run.state) == (found.run.id, "running") else now

    def last_fingerprint(self, dataset: str, version: str) -> str | None:
        with self._database.use() as connection:
            rows = connection.execute(
                "SELECT document FROM run WHERE dataset = ? AND version IN (?, '') ORDER BY seq DESC",
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

    def append_events(self, events: Sequence[LineageEvent], actor: str = "") -> int:
        with self._database.write() as connection:
            new = put_events(connection, events)
            if new:
                audit.append(connection, acts.of_events(events, new, actor), instant(self._clock()))
            return new

    def events(self, run: str) -> list[dict[str, Any]]:
        with self._database.use() as connection:
            return in_order([json.loads(text) for (text,) in connection.execute(sql.EVENTS, {"run": run})])

    def known(self, nodes: Collection[LineageNode]) -> frozenset[LineageNode]:
        keys = json.dumps([node.key for node in nodes])
        with self._database.use() as connection:
            return frozenset(LineageNode.of(str(key)) for (key,) in connection.execute(sql.KNOWN_NODES, {"keys": keys}))

    def linked(
        self, nodes: Collection[LineageNode], toward: Toward, limit_each: int
    ) -> dict[LineageNode, tuple[LineageNode, ...]]:
        text = sql.LINKED_DOWN if toward == "down" else sql.LINKED_UP
        found: dict[LineageNode, tuple[LineageNode, ...]] = {}
        with self._database.use() as connection:
            for node in sorted(set(nodes)):
                rows = connection.execute(text, {"key": node.key, "limit": limit_each}).fetchall()
                if rows:
                    found[node] = tuple(LineageNode.of(str(key)) for (key,) in rows)
        return found

    def changes(self, run_id: str) -> list[FactChange]:
        with self._database.use() as connection:
            return changes_of(connection, run_id)

    def spend(self, asked: Spending, limits: Limits) -> str | None:
        with self._database.write() as connection:
            return spending.spend(connection, asked, limits)

    def settle(self, difference: Spending) -> None:
        with self._database.write() as connection:
            spending.add(connection, difference)

    def spendings(self, day: str) -> tuple[Spending, ...]:
        with self._database.use() as connection:
            return spending.spendings(connection, day)
