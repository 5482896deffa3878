"""The audit log as rows: one chain, appended to in the transaction of whatever it tells of."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection
from typing import Any

from kg.backends.sqlite.database import Database
from kg.domain.audit import Act, AuditEntry, Head, Personal, Row, entry_after
from kg.domain.erasure import erased_with
from kg.domain.fact import Instant
from kg.errors import StoreTimeout
from kg.ports.clock import Clock, instant

TEXT_OF = "SELECT digest FROM audit_text WHERE text = :text LIMIT 1"
ROWS = "SELECT seq, document, hash FROM audit WHERE seq > :after ORDER BY seq LIMIT :limit"
TEXTS = "SELECT digest, salt, text FROM audit_text WHERE digest IN (SELECT value FROM json_each(:digests))"
ERASE = "DELETE FROM audit_text WHERE text = :text"
PLANNED = {"audit_text_of": TEXT_OF, "audit_rows": ROWS, "audit_texts": TEXTS, "audit_erase": ERASE}


def append(connection: Any, act: Act, at: Instant) -> AuditEntry:
    """Append the act within the write transaction that does what it tells of."""
    entry = entry_after(head(connection), act, at, _named(connection, act.actor), _named(connection, act.reason))
    connection.execute("INSERT INTO audit VALUES (?, ?, ?)", (entry.seq, entry.document, entry.hash))
    connection.execute("UPDATE audit_head SET seq = ?, hash = ?", (entry.seq, entry.hash))
    return entry


def head(connection: Any) -> Head:
    return Head(*connection.execute("SELECT database, seq, hash FROM audit_head").fetchone())


def _named(connection: Any, text: str) -> str:
    """Digest of the text, which is kept apart; one text has one."""
    if not text:
        return ""
    digest: str | None = connection.execute(TEXT_OF, {"text": text}).get
    if digest is None:
        made = Personal.of(text, secrets.token_hex(16))
        connection.execute("INSERT INTO audit_text VALUES (?, ?, ?)", (made.digest, made.salt, made.text))
        digest = made.digest
    return digest


class SqliteAudit:
    """The audit log of one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def audit(self, act: Act) -> AuditEntry:
        with self._database.write() as connection:
            return append(connection, act, instant(self._clock()))

    def audit_head(self) -> Head:
        with self._database.use() as connection:
            return head(connection)

    def audit_rows(self, after: int, limit: int) -> list[Row]:
        with self._database.use() as connection:
            return [Row(*row) for row in connection.execute(ROWS, {"after": after, "limit": limit})]

    def audit_texts(self, digests: Collection[str]) -> dict[str, Personal]:
        with self._database.use() as connection:
            rows = connection.execute(TEXTS, {"digests": json.dumps(sorted(digests))})
            return {row[0]: Personal(*row) for row in rows}


def digest_of(database: Database, text: str) -> str | None:
    """By which entries name it."""
    with database.use() as connection:
        found: str | None = connection.execute(TEXT_OF, {"text": text}).get
        return found


def erase(database: Database, text: str, act: Act, at: Instant, *, also: bool) -> int:
    """Erase it from the log, and tell of it where it was there, or elsewhere: the last step of an erasure."""
    with database.write() as connection:
        # What is deleted is overwritten, in the file and in the log that comes before it.
        connection.execute("PRAGMA secure_delete = ON")
        erased = 0
        for one in erased_with(text):
            connection.execute(ERASE, {"text": one})
            erased += connection.changes()
        if erased or also:
            append(connection, act, at)
    # Also where nothing was left to erase: a reader may have held the log before.
    if not database.empty_log():
        raise StoreTimeout(
            f"{database.path!r}: the name is erased, but a reader still holds the log it was in: end it and erase again"
        )
    return erased
