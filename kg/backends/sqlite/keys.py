"""Keys of callers, as rows."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace

from kg.backends.sqlite import audit
from kg.backends.sqlite.database import Database
from kg.domain.access import Key
from kg.domain.audit import Act
from kg.domain.records import load_key, seal_key
from kg.errors import Conflict
from kg.ports.clock import Clock, instant

KEY = "SELECT document FROM access_key WHERE id = :id"
KEYS = "SELECT document FROM access_key ORDER BY seq"
PUT = "INSERT INTO access_key (id, document) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET document = excluded.document"


class SqliteKeys:
    """The keys of one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def put_keys(self, keys: Sequence[Key], act: Act, was: Key | None = None) -> None:
        with self._database.write() as connection:
            held = None if was is None else connection.execute(KEY, {"id": was.id}).get
            if was is not None and (held is None or load_key(held) != was):
                raise Conflict(f"key {was.id!r} was changed at the same time: look at it again")
            sealed = [seal_key(key, secrets.token_hex(16)) for key in keys]
            connection.executemany(PUT, [(key.id, text) for key, (text, _) in zip(keys, sealed, strict=True)])
            audit.append(connection, replace(act, content=sealed[-1][1]), instant(self._clock()))

    def key(self, key_id: str) -> Key | None:
        with self._database.use() as connection:
            found: str | None = connection.execute(KEY, {"id": key_id}).get
            return None if found is None else load_key(found)

    def keys(self) -> tuple[Key, ...]:
        with self._database.use() as connection:
            return tuple(load_key(text) for (text,) in connection.execute(KEYS))
