"""The audit log as nodes: one chain, held by the lock of its head, which each transaction takes last."""

from __future__ import annotations

import secrets
from collections.abc import Collection

from kg.backends.neo4j.database import Database, Transaction
from kg.domain.audit import Act, AuditEntry, Head, Personal, Row, entry_after
from kg.domain.erasure import erased_with
from kg.domain.fact import Instant
from kg.ports.clock import Clock, instant

# The SET takes the lock of the head, so that what is read after it stays so to the end.
HOLD = """MATCH (g:Graph {id: 'audit'}) SET g.touched = timestamp()
WITH g
OPTIONAL MATCH (actor:AuditText {text: $in.actor})
OPTIONAL MATCH (reason:AuditText {text: $in.reason})
RETURN g.database, g.last, g.hash, min(actor.id), min(reason.id)"""
APPEND = """MATCH (g:Graph {id: 'audit'})
CREATE (:AuditEntry {seq: $in.seq, document: $in.document, hash: $in.hash})
SET g.last = $in.seq, g.hash = $in.hash
WITH g UNWIND $in.texts AS text CREATE (:AuditText {id: text[0], salt: text[1], text: text[2]})"""
HEAD = "MATCH (g:Graph {id: 'audit'}) RETURN g.database, g.last, g.hash"
ROWS = """MATCH (e:AuditEntry) WHERE e.seq > $in.after
RETURN e.seq AS seq, e.document, e.hash ORDER BY seq LIMIT $in.limit"""
TEXTS = "UNWIND $in.digests AS digest MATCH (t:AuditText {id: digest}) RETURN t.id, t.salt, t.text"
TEXT_OF = "MATCH (t:AuditText {text: $in.name}) RETURN t.id LIMIT 1"
ERASE = "UNWIND $in.names AS name MATCH (t:AuditText {text: name}) DELETE t RETURN 1"


def append(tx: Transaction, act: Act, at: Instant) -> AuditEntry:
    """Append the act within the write transaction that does what it tells of, after its other locks."""
    [[database, last, held, actor, reason]] = tx.run(HOLD, actor=act.actor or None, reason=act.reason or None)
    made = {text: _personal(text) for text, digest in ((act.actor, actor), (act.reason, reason)) if text and not digest}
    named = [
        digest or (made[text].digest if text else "") for text, digest in ((act.actor, actor), (act.reason, reason))
    ]
    entry = entry_after(Head(database, last, held), act, at, *named)
    texts = [[one.digest, one.salt, one.text] for one in made.values()]
    tx.run(APPEND, seq=entry.seq, document=entry.document, hash=entry.hash, texts=texts)
    return entry


def _personal(text: str) -> Personal:
    return Personal.of(text, secrets.token_hex(16))


class Neo4jAudit:
    """The audit log of one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def audit(self, act: Act) -> AuditEntry:
        return self._database.write(lambda tx: append(tx, act, instant(self._clock())))

    def audit_head(self) -> Head:
        return Head(*self._database.read(HEAD)[0])

    def audit_rows(self, after: int, limit: int) -> list[Row]:
        return [Row(*row) for row in self._database.read(ROWS, after=after, limit=limit)]

    def audit_texts(self, digests: Collection[str]) -> dict[str, Personal]:
        found = self._database.read(TEXTS, digests=sorted(digests))
        return {row[0]: Personal(*row) for row in found}


def digest_of(database: Database, text: str) -> str | None:
    """By which entries name it."""
    found = database.read(TEXT_OF, name=text)
    return str(found[0][0]) if found else None


def erase(database: Database, text: str, act: Act, at: Instant, *, also: bool) -> int:
    """Erase it from the log, and tell of it where it was there, or elsewhere: the last step of an erasure."""

    def work(tx: Transaction) -> int:
        erased = len(tx.run(ERASE, names=erased_with(text)))
        if erased or also:
            append(tx, act, at)
        return erased

    return database.write(work)
