"""Erasing who did something, and words as a whole, from decisions, what was said of them, holds and keys."""

from __future__ import annotations

import json
from typing import Any

from kg.backends.neo4j import keys, reviews
from kg.backends.neo4j.database import Database, Row, Transaction
from kg.domain.erasure import Erased
from kg.domain.records import event_without, hold_without, key_without

AFTER = """MATCH (d:Decision) USING INDEX SEEK d:Decision(seq) WHERE d.seq > $in.after
WITH d ORDER BY d.seq LIMIT $in.limit
RETURN d.seq, d.id, d.actor, CASE WHEN d.actor = $in.name THEN d.record END, coalesce(d.held, false)"""
_TEXT = "MATCH (d:Decision {id: $in.id})-[:QUOTES]->(t:DecisionText) USING INDEX SEEK d:Decision(id)"
TEXT = f"{_TEXT} RETURN t.document"
SET_TEXT = f"{_TEXT} SET t.document = $in.document"
SET_ACTOR = "MATCH (d:Decision {id: $in.id}) SET d.actor = $in.actor"
HOLDS = """UNWIND $in.ids AS id MATCH (d:Decision {id: id})<-[:HOLD_OF]-(h:DecisionHold)
USING INDEX SEEK d:Decision(id) RETURN d.id, h.n, h.document ORDER BY d.id, h.n"""
SET_HOLD = """MATCH (d:Decision {id: $in.id})<-[:HOLD_OF]-(h:DecisionHold {n: $in.n})
USING INDEX SEEK d:Decision(id) SET h.document = $in.document"""
FORGET_REQUESTS = """MATCH (r:DecisionRequest) WHERE r.id STARTS WITH $in.caller DELETE r"""
AT_ONCE = 500


def forget(database: Database, text: str, instead: str) -> Erased:
    """So many decisions in one transaction; one that is broken off is made whole by another."""
    found, last = Erased(instead), 0
    while rows := database.read(AFTER, after=last, limit=AT_ONCE, name=text):
        last = rows[-1][0]
        found += database.write(lambda tx, rows=rows: _forget(tx, rows, text, instead))  # type: ignore[misc]
    return found + database.write(lambda tx: _forget_keys(tx, text, instead))


def _forget(tx: Transaction, rows: list[Row], text: str, instead: str) -> Erased:
    # What is said of a decision that keeps the name is left, too: nobody shall judge their own by two names.
    keep = {decision for _, decision, _, record, held in rows if held or _names(record, text)}
    found = _forget_said(tx, [one for _, one, *_ in rows if one not in keep], text, instead)
    for _, decision, actor, _, held in rows:
        if actor != text:
            continue
        if decision in keep:
            found += Erased(instead, held=int(held), kept=int(not held))
            continue
        for (kept,) in tx.run(TEXT, id=decision):
            left = {name: value for name, value in json.loads(kept).items() if name != "person"}
            tx.run(SET_TEXT, id=decision, document=_dump(left))
        tx.run(SET_ACTOR, id=decision, actor=instead)
        found += Erased(instead, decisions=1)
    return found


def _names(record: str | None, text: str) -> bool:
    """Whether it is of an earlier form, which has who asked in the record; it is read where that may be."""
    return record is not None and json.loads(record).get("trace", {}).get("actor") == text


def _forget_said(tx: Transaction, decisions: list[str], text: str, instead: str) -> Erased:
    found = Erased(instead)
    for (said,) in tx.run(reviews.REVIEW_EVENTS, ids=decisions):
        if (left := event_without(said, text, instead)) is not None:
            reviews.put_text(tx, left)
            found += Erased(instead, said=1)
    for decision, n, document in tx.run(HOLDS, ids=decisions):
        if (move := hold_without(document, text, instead)) is not None:
            tx.run(SET_HOLD, id=decision, n=n, document=move)
            found += Erased(instead, holds=1)
    return found


def _forget_keys(tx: Transaction, text: str, instead: str) -> Erased:
    """Of a few hundred, and of requests that are remembered for a day."""
    tx.run(FORGET_REQUESTS, caller=f"{text}\x1f")
    rows = []
    for (document,) in tx.run(keys.KEYS):
        if (left := key_without(document, text, instead)) is not None:
            key = json.loads(left)
            rows.append([key["id"], key["caller"], key["created_at"], left])
    if rows:
        tx.run(keys.PUT, rows=rows)
    return Erased(instead, keys=len(rows))


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
