"""The queue of reviews, page by page: no page reads more than it is bounded to, whatever is wanted of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kg.decisions.ledger import AT_ONCE, place
from kg.domain.decision import Document
from kg.domain.fact import Instant
from kg.domain.review import Review, review_of
from kg.errors import ReviewNotFound
from kg.ports.ledger import Ledger

MOST_LOOKED_AT = 2_000
"""Reviews that are read for one page, of which the reader may want or see few."""
MayRead = Callable[[Document], bool]


@dataclass(frozen=True, slots=True)
class Queued:
    """Reviews with the question of each, newest first."""

    reviews: tuple[tuple[Review, str], ...]
    next: str | None = None
    """Where to go on after, if there may be more: a decision that was shown, or ``DECISION~LOOKS``."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Which reviews of a queue, and from where on."""

    wanted: Callable[[Review], bool] = lambda _: True
    may_read: MayRead = lambda _: True
    """Whether the decision is there for the reader; nothing tells of those that are not, but how long it takes."""
    standing: bool = True
    """Only those that something may still change."""
    after: str | None = None
    limit: int = 50
    most: int = MOST_LOOKED_AT


def queue(ledger: Ledger, sought: Sought, now: Instant) -> Queued:
    """The next of them; short where many were looked at in vain. Raises ReviewNotFound for ``after``."""

    def is_there(decision: str) -> bool:
        document = ledger.decision(decision)
        return document is not None and sought.may_read(document)

    at, looks = place(sought.after, is_there, ReviewNotFound)
    found: list[tuple[Review, str]] = []
    first, looked_at, skip = at, 0, looks * sought.most
    while looked_at < sought.most:
        at_once = AT_ONCE if looked_at else min(sought.limit + 1, AT_ONCE)
        some = ledger.reviews(
            standing=sought.standing, after=at, limit=min(at_once, sought.most - looked_at), skip=skip
        )
        if not some:
            return Queued(tuple(found))
        events = ledger.review_events(some)
        reviews = [one for decision in some if (one := review_of(events.get(decision, ()), now)) is not None]
        wanted = [one for one in reviews if sought.wanted(one)]
        documents = ledger.documents([one.decision for one in wanted]) if wanted else {}
        for one in wanted:
            document = documents.get(one.decision)
            if document is not None and sought.may_read(document):
                found.append((one, str(document.get("question", ""))))
        if len(found) > sought.limit:
            return Queued(tuple(found[: sought.limit]), found[sought.limit - 1][0].decision)
        at, looked_at, skip = some[-1], looked_at + len(some), 0
    return Queued(tuple(found), found[-1][0].decision if found else f"{first or ''}~{looks + 1}")
