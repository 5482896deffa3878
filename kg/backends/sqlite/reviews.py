"""What was said of decisions, as rows beside them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection
from typing import Any

from kg.backends.sqlite import audit, sql
from kg.domain import acts
from kg.domain.decision import Document
from kg.domain.fact import Instant
from kg.domain.records import event_without_words, load_review_event, seal_event
from kg.domain.review import ReviewEvent, opening_of, releases, stands, superseding
from kg.errors import ReviewMoved, ReviewNotFound

NEWEST = 2**62
"""A place after all."""


def open_review(connection: Any, document: Document, at: Instant) -> None:
    """In the transaction that records the decision; the review of one whose place it takes ends."""
    before = document.get("trace", {}).get("supersedes")
    if before is not None and connection.execute(sql.HAS_REVIEW, {"decision": before}).get is not None:
        number = connection.execute(sql.LAST_REVIEW_EVENT, {"decision": before}).get
        append(connection, superseding(document, number + 1), at)
    event = opening_of(document)
    if event is not None:
        append(connection, event, at)


def append(connection: Any, event: ReviewEvent, at: Instant) -> None:
    """The next event of its decision, and its entry in the audit log. Raises ReviewMoved."""
    last = connection.execute(sql.LAST_REVIEW_EVENT, {"decision": event.decision}).get or 0
    if event.number != last + 1:
        raise ReviewMoved(f"something was said of {event.decision} meanwhile: look at it again, and then decide")
    text, content = seal_event(event, secrets.token_hex(16))
    row = (event.decision, event.number, text)
    connection.execute("INSERT INTO review_event VALUES (?, ?, ?)", row)
    if (standing := stands(event)) is not None:
        connection.execute(
            """INSERT INTO review (decision, standing) VALUES (?, ?)
            ON CONFLICT (decision) DO UPDATE SET standing = excluded.standing""",
            (event.decision, standing),
        )
    said = events(connection, [event.decision])[event.decision]
    connection.execute("UPDATE review SET approved = ? WHERE decision = ?", (releases(said), event.decision))
    audit.append(connection, acts.of_review(event, content), at)


def empty(connection: Any, decision: str) -> None:
    """Erase what was written of a decision that is erased."""
    for number, text in texts(connection, [decision]):
        put_text(connection, decision, number, event_without_words(text))


def texts(connection: Any, decision_ids: Collection[str]) -> list[tuple[int, str]]:
    """Numbers and texts of events, as they are kept."""
    found = connection.execute(sql.REVIEW_EVENTS, {"ids": json.dumps(sorted(set(decision_ids)))})
    return [(int(json.loads(text)["number"]), str(text)) for (text,) in found]


def put_text(connection: Any, decision: str, number: int, text: str) -> None:
    """In the place of the one that is there."""
    row = (text, decision, number)
    connection.execute("UPDATE review_event SET document = ? WHERE decision = ? AND number = ?", row)


def events(connection: Any, decision_ids: Collection[str]) -> dict[str, tuple[ReviewEvent, ...]]:
    found: dict[str, tuple[ReviewEvent, ...]] = {}
    for (text,) in connection.execute(sql.REVIEW_EVENTS, {"ids": json.dumps(sorted(set(decision_ids)))}):
        event = load_review_event(text)
        found[event.decision] = (*found.get(event.decision, ()), event)
    return found


def listed(connection: Any, *, standing: bool, after: str | None, limit: int, skip: int) -> list[str]:
    before = NEWEST if after is None else connection.execute(sql.REVIEW_SEQ, {"decision": after}).get
    if before is None:
        raise ReviewNotFound(f"no review of {after!r} to go on after")
    text = sql.STANDING_REVIEWS if standing else sql.REVIEWS
    return [str(decision) for (decision,) in connection.execute(text, {"before": before, "limit": limit, "skip": skip})]
