"""Versions by kind, and their labels, as rows beside the graph: of prompts, of decision tables, of review rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kg.backends.sqlite import audit, sql
from kg.backends.sqlite.database import Database
from kg.domain import acts
from kg.domain.fact import Instant
from kg.domain.prompt import LabelMove
from kg.domain.records import dump, load_move
from kg.ports.clock import Clock, instant

Made = Callable[[int, Instant], str]
"""The document of a version, once its number and time are known."""


class SqliteVersions:
    """The registries of one database; each change is one transaction that holds the writer's lock."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def _save(self, kind: str, name: str, digest: str, made: Made) -> str:
        """The document of the version that has this content; it is made where there is none."""
        with self._database.write() as connection:
            held: str | None = connection.execute(sql.VERSION_CONTENT, {"kind": kind, "name": name, "hash": digest}).get
            if held is not None:
                return held
            number = 1 + (connection.execute(sql.LAST_VERSION, {"kind": kind, "name": name}).get or 0)
            at = instant(self._clock())
            document = made(number, at)
            connection.execute("INSERT INTO version VALUES (?, ?, ?, ?, ?)", (kind, name, number, digest, document))
            audit.append(connection, acts.of_version(kind, digest, document), at)
        return document

    def _names(self, kind: str) -> tuple[str, ...]:
        with self._database.use() as connection:
            return tuple(str(name) for (name,) in connection.execute(sql.VERSION_NAMES, {"kind": kind}))

    def _versions(self, kind: str, name: str) -> tuple[str, ...]:
        with self._database.use() as connection:
            rows = connection.execute(sql.VERSIONS_OF, {"kind": kind, "name": name})
            return tuple(str(text) for (text,) in rows)

    def _labels(self, kind: str, name: str) -> dict[str, int]:
        with self._database.use() as connection:
            return dict(connection.execute(sql.VERSION_LABELS, {"kind": kind, "name": name}))

    @staticmethod
    def _move(connection: Any, kind: str, move: LabelMove, check: Callable[[LabelMove, bool], None]) -> LabelMove:
        """Check and record a move in the transaction at hand; where the label points is read in it."""
        key = {"kind": kind, "name": move.name}
        before: int | None = dict(connection.execute(sql.VERSION_LABELS, key)).get(move.label)
        move = LabelMove(move.name, move.label, move.number, before, move.actor, move.reason, move.moved_at)
        check(move, connection.execute(sql.VERSION_NUMBER, key | {"number": move.number}).get is not None)
        if move.number is None:
            connection.execute(
                "DELETE FROM version_label WHERE kind = ? AND name = ? AND label = ?", (kind, move.name, move.label)
            )
        else:
            row = (kind, move.name, move.label, move.number)
            connection.execute("INSERT OR REPLACE INTO version_label VALUES (?, ?, ?, ?)", row)
        connection.execute(
            "INSERT INTO label_move (kind, name, document) VALUES (?, ?, ?)", (kind, move.name, dump(move))
        )
        audit.append(connection, acts.of_move(kind, move), move.moved_at)
        return move

    def _history(self, kind: str, name: str | None) -> tuple[LabelMove, ...]:
        text = sql.LABEL_HISTORY if name is not None else sql.LABEL_HISTORY_OF_ALL
        with self._database.use() as connection:
            return tuple(load_move(text) for (text,) in connection.execute(text, {"kind": kind, "name": name}))
