"""Keys of callers, as nodes."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace

from kg.backends.neo4j import audit
from kg.backends.neo4j.database import Database, Transaction
from kg.domain.access import Key
from kg.domain.audit import Act
from kg.domain.records import load_key, seal_key
from kg.errors import Conflict
from kg.ports.clock import Clock, instant

KEY = "MATCH (k:AccessKey {id: $in.id}) RETURN k.document"
# What is set, if only to what it is, is locked until the end of the transaction.
LOCKED = "MATCH (k:AccessKey {id: $in.id}) SET k.id = k.id RETURN k.document"
# A few hundred, so all of them are read.
KEYS = "MATCH (k:AccessKey) RETURN k.document ORDER BY k.created_at, k.id"
PUT = """UNWIND $in.rows AS row MERGE (k:AccessKey {id: row[0]})
SET k.caller = row[1], k.created_at = row[2], k.document = row[3]"""


class Neo4jKeys:
    """The keys of one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def put_keys(self, keys: Sequence[Key], act: Act, was: Key | None = None) -> None:
        sealed = {key.id: seal_key(key, secrets.token_hex(16)) for key in keys}
        rows = [[key.id, key.caller, key.created_at, sealed[key.id][0]] for key in sorted(keys, key=lambda key: key.id)]
        told = replace(act, content=sealed[keys[-1].id][1])

        def put(tx: Transaction) -> None:
            held = [] if was is None else tx.run(LOCKED, id=was.id)
            if was is not None and [load_key(text) for (text,) in held] != [was]:
                raise Conflict(f"key {was.id!r} was changed at the same time: look at it again")
            tx.run(PUT, rows=rows)
            audit.append(tx, told, instant(self._clock()))

        self._database.write(put)

    def key(self, key_id: str) -> Key | None:
        found = self._database.read(KEY, id=key_id)
        return load_key(found[0][0]) if found else None

    def keys(self) -> tuple[Key, ...]:
        return tuple(load_key(text) for (text,) in self._database.read(KEYS))
