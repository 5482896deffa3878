"""The one driver of a process: sends the texts, counts them, and turns the driver's errors into ours."""

from __future__ import annotations

import contextlib
import itertools
import logging
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import neo4j
from neo4j import NotificationDisabledClassification as Notice
from neo4j.exceptions import ClientError

from kg.backends.neo4j.errors import store_errors

READ_S = 30.0
WRITE_S = 120.0
"""Longest transaction; a batch takes about a second, so this only ends what is stuck."""

# Names that no data has yet, indexes that exist already and the like: nothing that a caller can act on.
_QUIET = [
    Notice.HINT,
    Notice.UNRECOGNIZED,
    Notice.PERFORMANCE,
    Notice.GENERIC,
    Notice.TOPOLOGY,
    Notice.SCHEMA,
]

_MADE_ALREADY = (
    "EquivalentSchemaRuleAlreadyExists",
    "IndexAlreadyExists",
    "ConstraintAlreadyExists",
    "IndexWithNameAlreadyExists",
    "ConstraintWithNameAlreadyExists",
)

Result = TypeVar("Result")
Row = list[Any]


class Transaction:
    """One write transaction; every text sent is counted."""

    def __init__(self, transaction: neo4j.ManagedTransaction, count: Callable[[], None]) -> None:
        self._transaction = transaction
        self._count = count

    def run(self, text: str, **values: Any) -> list[Row]:
        self._count()
        return self._transaction.run(text, {"in": values}).values()


class Database:
    """A database of a Neo4j server. A dead or silent server answers StoreUnavailable within seconds."""

    def __init__(self, address: str, name: str, user: str, password: str) -> None:
        self.address = address
        self.name = name
        # What the driver logs is told by our errors; without a handler Python would print it.
        logging.getLogger("neo4j").addHandler(logging.NullHandler())
        self._queries = itertools.count()
        self.round_trips = 0
        with store_errors(address):
            self._driver = neo4j.GraphDatabase.driver(
                address,
                auth=(user, password) if user else None,
                connection_timeout=2,
                connection_acquisition_timeout=3,
                max_transaction_retry_time=3,
                # A connection idle for longer is tried before it is used. Without, a read on one whose server has
                # frozen waits as long as the server itself asked for when it was made: two minutes.
                liveness_check_timeout=1,
                notifications_disabled_classifications=_QUIET,
                user_agent="whence",
            )

    def _count(self) -> None:
        # next() of a count is atomic, so that threads lose no query.
        self.round_trips = next(self._queries) + 1

    def _session(self, mode: str = "WRITE") -> neo4j.Session:
        # The manager of execute_query, so that on a cluster a read comes after the writes before it.
        manager = self._driver.execute_query_bookmark_manager
        return self._driver.session(
            database=self.name, default_access_mode=mode, bookmark_manager=manager, fetch_size=2_000
        )

    def read(self, text: str, **values: Any) -> list[Row]:
        """The rows of one reading text, in one transaction."""
        self._count()
        with store_errors(self.address):
            return self._driver.execute_query(
                neo4j.Query(text, timeout=READ_S),
                {"in": values},
                routing_="r",
                database_=self.name,
                result_transformer_=lambda result: result.values(),
            )

    def write(self, work: Callable[[Transaction], Result]) -> Result:
        """Do the work in one transaction; it may be run again, so it must have no other effect."""
        timed = neo4j.unit_of_work(timeout=WRITE_S)

        @timed
        def unit(transaction: neo4j.ManagedTransaction) -> Result:
            return work(Transaction(transaction, self._count))

        with (
            store_errors(self.address),
            self._session() as session,
        ):
            return session.execute_write(unit)

    def define(self, text: str) -> None:
        """Run one schema text by itself, as Neo4j asks for."""
        self._count()
        with store_errors(self.address), self._session() as session:
            try:
                session.run(neo4j.Query(text, timeout=WRITE_S)).consume()
            except ClientError as exc:
                # Two processes that start at the same time: the other one has made it.
                if not (exc.code or "").endswith(_MADE_ALREADY):
                    raise

    @contextlib.contextmanager
    def stream(self, text: str, **values: Any) -> Iterator[Iterator[Row]]:
        """Rows one after the other, for results too long to hold."""
        self._count()
        with (
            store_errors(self.address),
            self._session("READ") as session,
        ):
            result = session.run(neo4j.Query(text, timeout=WRITE_S * 10), {"in": values})
            yield (record.values() for record in result)

    def plan(self, text: str, values: dict[str, Any]) -> dict[str, Any]:
        """How Neo4j would run the text."""
        with store_errors(self.address), self._session() as session:
            plan: dict[str, Any] | None = session.run("EXPLAIN " + text, {"in": values}).consume().plan
            return plan or {}

    def check(self) -> None:
        """Try a connection, whenever it was used last."""
        with store_errors(self.address):
            self._driver.verify_connectivity()

    def close(self) -> None:
        self._driver.close()
