"""Reading and keeping the ledger of decisions: pages of it, requests that are sent again, holds, what is expired."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kg.domain.audit import content_of
from kg.domain.decision import Document
from kg.domain.fact import Instant
from kg.domain.scope import instant_of
from kg.errors import InvalidInput, LimitInvalid
from kg.ports.clock import Clock, instant
from kg.ports.kept import HoldMove, Requested, Wanted
from kg.ports.ledger import DecisionLedger, check_body

REMEMBERED = timedelta(days=1)
"""How long a request can be sent again under its key."""
LEAST_DAYS = 183
"""How long decisions are kept at least: six months, as the EU AI Act asks of logs (art. 19, 26)."""
AT_ONCE = 100
MOST_LOOKED_AT = 5_000
"""Decisions that are read for one page, of which the reader may see few; each is read whole."""
MOST_SEARCHED = 1_000
"""Decisions that a reader may see and that are searched for words for one page."""
MAX_REASON = 500


@dataclass(frozen=True, slots=True)
class Page:
    """Decisions, newest first."""

    decisions: tuple[Document, ...]
    next: str | None = None
    """Go on after this one, where there may be more."""


def page(  # noqa: PLR0913 (what is asked for, and by whom)
    ledger: DecisionLedger,
    wanted: Wanted,
    after: str | None,
    limit: int,
    may_read: Callable[[Document], bool],
    *,
    words: str = "",
) -> Page:
    """The next so many that may be read, whose questions hold each of the words.

    Nothing tells of those that may not be read, but for how long it takes. Where many are searched for words, the page
    may be short, and names the one to go on after.
    """
    sought = words.casefold().split()
    found: list[Document] = []
    at, looked_at, searched = after, 0, 0
    while looked_at < MOST_LOOKED_AT:
        some = ledger.decisions(AT_ONCE if sought or looked_at else min(limit + 1, AT_ONCE), at, wanted)
        looked_at += len(some)
        readable = [one for one in some if may_read(one)]
        searched += len(readable)
        found += [one for one in readable if all(word in one["question"].casefold() for word in sought)]
        if len(found) > limit:
            return Page(tuple(found[:limit]), found[limit - 1]["decision_id"])
        if not some:
            break
        at = some[-1]["decision_id"]
        if sought and readable and searched >= MOST_SEARCHED:
            return Page(tuple(found), readable[-1]["decision_id"])
    return Page(tuple(found))


def wanted_of(
    *,
    outcome: str | None = None,
    actor: str | None = None,
    since: str | None = None,
    until: str | None = None,
    current: bool = False,
) -> Wanted:
    """From what a caller wrote: times, or days, of which all is meant. Raises ScopeInvalid."""
    begin = None if since is None else instant_of(since)
    if since is not None and begin is not None and len(since) <= len("2026-03-31"):
        begin = f"{begin[:10]}T00:00:00.000000Z"
    return Wanted(outcome, actor, begin, None if until is None else instant_of(until), current)


def requested(caller: str, key: str, body: Any, clock: Clock) -> Requested:
    """A request that may be sent again."""
    now = clock()
    return Requested(caller, key, content_of(body), instant(now), instant(now + REMEMBERED))


def answered_before(asked: Requested, ledger: DecisionLedger) -> Document | None:
    """The decision of a request that was sent before. Raises RequestReused if it asked something else."""
    held = ledger.requested(asked.caller, asked.key, asked.at)
    if held is None:
        return None
    check_body(asked, held[0])
    return ledger.decision(held[1])


def move_hold(  # noqa: PLR0913 (a move is recorded with all of these)
    ledger: DecisionLedger, clock: Clock, decision: str, *, held: bool, actor: str, reason: str
) -> HoldMove:
    """Put it under legal hold, or end that. Raises InvalidInput without a reason, DecisionNotFound, Conflict."""
    said = " ".join(reason.split())
    if not said or len(said) > MAX_REASON:
        raise InvalidInput(f"say in at most {MAX_REASON} characters why")
    move = HoldMove(decision, held, actor, said, instant(clock()))
    ledger.hold(move)
    return move


def expire(ledger: DecisionLedger, clock: Clock, days: int, actor: str, told: Callable[[int], None]) -> tuple[str, ...]:
    """Erase for good the decisions older than so many days that are not held. Raises LimitInvalid for too few days."""
    if days < LEAST_DAYS:
        raise LimitInvalid(f"decisions are kept at least {LEAST_DAYS} days: {days} is too few")
    before: Instant = instant(clock() - timedelta(days=days))
    gone: list[str] = []
    while some := ledger.expire(before, AT_ONCE, actor):
        gone += some
        told(len(gone))
    return tuple(gone)
