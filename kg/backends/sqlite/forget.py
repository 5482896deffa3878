"""Erasing who did something, and words as a whole, from decisions, what was said of them, holds and keys."""

from __future__ import annotations

import json
from typing import Any

from kg.backends.sqlite import keys, reviews
from kg.backends.sqlite.database import Database
from kg.domain.erasure import Erased
from kg.domain.records import event_without, hold_without, key_without

AFTER = """SELECT d.seq, d.id, d.actor, CASE WHEN d.actor = :text THEN d.record ->> '$.trace.actor' END,
    coalesce((SELECT h.document ->> '$.held' FROM decision_hold h WHERE h.decision = d.id ORDER BY h.n DESC LIMIT 1), 0)
FROM decision d WHERE d.seq > :after ORDER BY d.seq LIMIT :limit"""
TEXT = "SELECT document FROM decision_text WHERE seq = :seq"
SET_TEXT = "UPDATE decision_text SET document = :document WHERE seq = :seq"
SET_ACTOR = "UPDATE decision SET actor = :actor WHERE seq = :seq"
HOLDS = """SELECT h.n, h.document FROM json_each(:ids) j CROSS JOIN decision_hold h ON h.decision = j.value
ORDER BY h.n"""
SET_HOLD = "UPDATE decision_hold SET document = :document WHERE n = :n"
FORGET_REQUESTS = "DELETE FROM idempotency WHERE caller = :text"
PLANNED = {
    "forget_after": AFTER,
    "forget_text": TEXT,
    "forget_set_text": SET_TEXT,
    "forget_set_actor": SET_ACTOR,
    "forget_holds": HOLDS,
    "forget_set_hold": SET_HOLD,
    "forget_requests": FORGET_REQUESTS,
}
AT_ONCE = 500


def forget(database: Database, text: str, instead: str) -> Erased:
    """So many decisions in one transaction; one that is broken off is made whole by another."""
    found, last = Erased(instead), 0
    while True:
        with database.write() as connection:
            # What is written over is overwritten in the file, too.
            connection.execute("PRAGMA secure_delete = ON")
            rows = connection.execute(AFTER, {"after": last, "limit": AT_ONCE, "text": text}).fetchall()
            if not rows:
                return found + _forget_keys(connection, text, instead)
            last = int(rows[-1][0])  # type: ignore[arg-type]
            found += _forget(connection, rows, text, instead)


def _forget(connection: Any, rows: list[Any], text: str, instead: str) -> Erased:
    # What is said of a decision that keeps the name is left, too: nobody shall judge their own by two names.
    keep = {decision for _, decision, _, recorded, held in rows if held or recorded == text}
    found = _forget_said(connection, [one for _, one, *_ in rows if one not in keep], text, instead)
    for seq, decision, actor, _, held in rows:
        if actor != text:
            continue
        if decision in keep:
            found += Erased(instead, held=int(held), kept=int(not held))
            continue
        kept: str | None = connection.execute(TEXT, {"seq": seq}).get
        if kept is not None:
            left = {name: value for name, value in json.loads(kept).items() if name != "person"}
            connection.execute(SET_TEXT, {"seq": seq, "document": _dump(left)})
        connection.execute(SET_ACTOR, {"seq": seq, "actor": instead})
        found += Erased(instead, decisions=1)
    return found


def _forget_said(connection: Any, decisions: list[str], text: str, instead: str) -> Erased:
    found = Erased(instead)
    for decision in decisions:
        for number, said in reviews.texts(connection, [decision]):
            if (left := event_without(said, text, instead)) is not None:
                reviews.put_text(connection, decision, number, left)
                found += Erased(instead, said=1)
    for n, document in connection.execute(HOLDS, {"ids": json.dumps(decisions)}).fetchall():
        if (move := hold_without(document, text, instead)) is not None:
            connection.execute(SET_HOLD, {"n": n, "document": move})
            found += Erased(instead, holds=1)
    return found


def _forget_keys(connection: Any, text: str, instead: str) -> Erased:
    """Of a few hundred, and of requests that are remembered for a day."""
    connection.execute(FORGET_REQUESTS, {"text": text})
    count = 0
    for (document,) in connection.execute(keys.KEYS).fetchall():
        if (left := key_without(document, text, instead)) is not None:
            connection.execute(keys.PUT, (json.loads(left)["id"], left))
            count += 1
    return Erased(instead, keys=count)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
