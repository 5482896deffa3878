"""What was said of decisions, as nodes tied to them: one query goes from a source to who approved what came of it."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import Any

from kg.backends.neo4j.database import Database, Transaction
from kg.domain import acts
from kg.domain.audit import Act
from kg.domain.decision import Document
from kg.domain.fact import Instant
from kg.domain.records import event_without_words, load_review_event, seal_event
from kg.domain.review import ReviewEvent, opening_of, releases, stands, superseding
from kg.errors import ReviewMoved, ReviewNotFound
from kg.ports.ledger import check_unmoved

# The SET takes the lock of the node whose head a load moves, so that none moves it before this ends.
HOLD_HEAD = "MATCH (g:Graph {id: 'graph'}) SET g.touched = timestamp() RETURN g.head"
# The SET takes the lock of the decision's node, so that two events do not get one number.
HOLD_REVIEW = """MATCH (d:Decision {id: $in.decision}) SET d.said = coalesce(d.said, 0) RETURN d.said"""
HAS_REVIEW = "MATCH (r:Review {id: $in.decision}) RETURN 1"
ADD_REVIEW_EVENT = """MATCH (d:Decision {id: $in.decision}) SET d.said = $in.readable.number
CREATE (d)<-[:SAID_OF]-(e:ReviewEvent {id: $in.id}) SET e += $in.readable"""
# In order of the counter of reviews, as decisions are.
SET_STANDING = """MATCH (c:Graph {id: 'reviews'}) SET c.touched = timestamp()
WITH c MATCH (d:Decision {id: $in.decision}) MERGE (d)<-[:REVIEW_OF]-(r:Review {id: $in.decision})
ON CREATE SET c.last = c.last + 1, r.seq = c.last
SET r.standing = $in.standing, r.standing_seq = CASE WHEN $in.standing THEN r.seq END"""
SET_APPROVED = "MATCH (r:Review {id: $in.decision}) SET r.approved = $in.approved"
REVIEW_EVENTS = """UNWIND $in.ids AS id MATCH (d:Decision {id: id})<-[:SAID_OF]-(e:ReviewEvent)
USING INDEX SEEK d:Decision(id) RETURN e.document ORDER BY id, e.number"""
SET_REVIEW_EVENT = "MATCH (e:ReviewEvent {id: $in.id}) SET e += $in.readable"
REVIEW_SEQ = "MATCH (r:Review {id: $in.decision}) RETURN r.seq"
REVIEWS = """MATCH (r:Review) WHERE r.seq > 0 AND r.seq < $in.before
RETURN r.id ORDER BY r.seq DESC SKIP $in.skip LIMIT $in.limit"""
STANDING_REVIEWS = """MATCH (r:Review) WHERE r.standing_seq > 0 AND r.standing_seq < $in.before
RETURN r.id ORDER BY r.standing_seq DESC SKIP $in.skip LIMIT $in.limit"""

NEWEST = 2**62
"""A place after all."""
AT_ONCE = 100


def open_review(tx: Transaction, document: Document) -> list[Act]:
    """In the transaction that records the decision; the review of one whose place it takes ends.

    Says what the audit log has to tell of it.
    """
    said = []
    before = document.get("trace", {}).get("supersedes")
    if before is not None and tx.run(HAS_REVIEW, decision=before):
        [[number]] = tx.run(HOLD_REVIEW, decision=before)
        said.append(append(tx, superseding(document, number + 1)))
    event = opening_of(document)
    return [*said, *([] if event is None else [append(tx, event)])]


def hold_head(tx: Transaction, event: ReviewEvent, known: Instant) -> None:
    """Keep the graph as its evidence was looked at, to the end of this transaction. Raises ReviewMoved."""
    [[head]] = tx.run(HOLD_HEAD)
    check_unmoved(event, head, known)


def append(tx: Transaction, event: ReviewEvent) -> Act:
    """The next event of its decision; says what the audit log has to tell of it. Raises ReviewMoved."""
    held = tx.run(HOLD_REVIEW, decision=event.decision)
    if held != [[event.number - 1]]:
        raise ReviewMoved(f"something was said of {event.decision} meanwhile: look at it again, and then decide")
    text, content = seal_event(event, secrets.token_hex(16))
    tx.run(ADD_REVIEW_EVENT, decision=event.decision, id=f"{event.decision}/{event.number}", readable=_readable(text))
    if (standing := stands(event)) is not None:
        tx.run(SET_STANDING, decision=event.decision, standing=standing)
    said = [load_review_event(text) for (text,) in tx.run(REVIEW_EVENTS, ids=[event.decision])]
    tx.run(SET_APPROVED, decision=event.decision, approved=releases(said))
    return acts.of_review(event, content)


def empty(tx: Transaction, decision: str) -> None:
    """Erase what was written of a decision that is erased."""
    for (text,) in tx.run(REVIEW_EVENTS, ids=[decision]):
        put_text(tx, event_without_words(text))


def put_text(tx: Transaction, text: str) -> None:
    """In the place of the event that is there."""
    event = load_review_event(text)
    tx.run(SET_REVIEW_EVENT, id=f"{event.decision}/{event.number}", readable=_readable(text))


def events(database: Database, decision_ids: Collection[str]) -> dict[str, tuple[ReviewEvent, ...]]:
    found: dict[str, tuple[ReviewEvent, ...]] = {}
    for (text,) in database.read(REVIEW_EVENTS, ids=sorted(set(decision_ids))):
        event = load_review_event(text)
        found[event.decision] = (*found.get(event.decision, ()), event)
    return found


def fill(database: Database) -> None:
    """Say of the reviews of an earlier schema whether they release an answer."""
    last: str | None = None
    while found := listed(database, standing=True, after=last, limit=AT_ONCE, skip=0):
        last = found[-1]
        for decision, said in events(database, found).items():
            now = {"decision": decision, "approved": releases(said)}
            database.write(lambda tx, now=now: tx.run(SET_APPROVED, **now))  # type: ignore[misc]


def listed(database: Database, *, standing: bool, after: str | None, limit: int, skip: int) -> list[str]:
    found = [[NEWEST]] if after is None else database.read(REVIEW_SEQ, decision=after)
    if not found:
        raise ReviewNotFound(f"no review of {after!r} to go on after")
    text = STANDING_REVIEWS if standing else REVIEWS
    return [str(decision) for (decision,) in database.read(text, before=found[0][0], limit=limit, skip=skip)]


def _readable(text: str) -> dict[str, Any]:
    """Properties of its node, for people, and the document."""
    event = load_review_event(text)
    told = {"kind": event.kind, "actor": event.actor, "at": event.at, "reason": event.reason or None}
    return {**told, "number": event.number, "document": text}
