"""What each decision rests on and read, as rows beside it."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from kg.backends.sqlite import sql
from kg.domain.decision import Document
from kg.domain.touched import touched
from kg.ports.kept import loaded


def put(connection: Any, decision_id: str, document: Document) -> None:
    """The keys of a decision that is recorded, in place of those it had."""
    seq = connection.execute("SELECT seq FROM decision WHERE id = ?", (decision_id,)).get
    connection.execute("DELETE FROM touch WHERE decision = ?", (seq,))
    rows = [(key, seq, carried) for key, carried in touched(document).items()]
    connection.executemany("INSERT INTO touch VALUES (?, ?, ?)", rows)


def touching(connection: Any, keys: Collection[str], limit: int) -> list[tuple[str, bool]]:
    bounds = {"keys": json.dumps(sorted(set(keys))), "limit": limit}
    return [(decision, bool(carried)) for decision, carried in connection.execute(sql.TOUCHING, bounds)]


def as_json(decision_id: str, record: str, text: str | None, purged: str | None) -> str:
    """The keys of a decision, for a database of an earlier schema."""
    return json.dumps(touched(loaded(decision_id, record, text, purged, None, None).document))
