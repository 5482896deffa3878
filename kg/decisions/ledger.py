"""Reading and keeping the ledger of decisions: pages of it, requests that are sent again, holds, what is expired."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from kg.domain.audit import content_of
from kg.domain.decision import Document
from kg.domain.fact import Instant
from kg.domain.scope import instant_of
from kg.errors import DecisionNotFound, InvalidInput, LimitInvalid, ReviewNotFound
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
    """Where to go on after, if there may be more: a decision that was shown, or ``DECISION~LOOKS``."""


Shown = Callable[[list[Document]], list[Document]]
"""Those that a reader may read, as they may read them."""


def page(  # noqa: PLR0913 (what a page is made of)
    ledger: DecisionLedger,
    wanted: Wanted,
    after: str | None,
    limit: int,
    shown: Shown,
    *,
    words: str = "",
    most: int = MOST_LOOKED_AT,
) -> Page:
    """The next so many, as they are shown, whose questions hold each of the words.

    An outcome that is withheld is not found by. Where many are looked at, the page may be short and goes on. Nothing
    tells of those that are not shown, but that so many were looked at in vain and how long it takes.
    Raises DecisionNotFound for ``after``.
    """
    # One that is withheld lies there under the outcome that it has.
    kept = replace(wanted, outcome=None) if wanted.outcome == "pending_review" else wanted

    def is_there(decision: str) -> bool:
        document = ledger.decision(decision)
        return document is not None and bool(shown([document]))

    last, looks = place(after, is_there, DecisionNotFound)
    sought = words.casefold().split()
    found: list[Document] = []
    at, reached, looked_at, searched, skip = last, "", 0, 0, looks * most
    while looked_at < most:
        at_once = AT_ONCE if sought or looked_at else min(limit + 1, AT_ONCE)
        some = ledger.decisions(min(at_once, most - looked_at), at, kept, skip=skip)
        if not some:
            return Page(tuple(found))
        readable = shown(some)
        fitting = [one for one in readable if wanted.outcome in (None, one["outcome"])]
        found += [one for one in fitting if all(word in one["question"].casefold() for word in sought)]
        if len(found) > limit:
            return Page(tuple(found[:limit]), found[limit - 1]["decision_id"])
        at, looked_at, searched, skip = some[-1]["decision_id"], looked_at + len(some), searched + len(readable), 0
        reached = readable[-1]["decision_id"] if readable else reached
        if sought and readable and searched >= MOST_SEARCHED:
            break
    return Page(tuple(found), reached or f"{last or ''}~{looks + 1}")


def place(
    after: str | None, is_there: Callable[[str], bool], refusal: type[DecisionNotFound | ReviewNotFound]
) -> tuple[str | None, int]:
    """The decision to go on after, if it is there for the reader, and how many looks after it were in vain.

    Looks are of a fixed size, so that nobody can count what is not shown. Raises the refusal.
    """
    last, _, looks = (after or "").partition("~")
    if not re.fullmatch("[0-9]{0,9}", looks, re.ASCII):
        raise refusal(f"no decision {after!r} to go on after")
    if last and not is_there(last):
        raise refusal(f"no decision {last!r} to go on after")
    return last or None, int(looks or 0)


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


def expire(  # noqa: PLR0913 (what is erased, by whom, who looks on)
    ledger: DecisionLedger,
    clock: Clock,
    days: int,
    actor: str,
    told: Callable[[int], None],
    *,
    most: int | None = None,
) -> tuple[str, ...]:
    """Erase for good the decisions older than so many days that are not held, the oldest first, so many at the most.

    Raises LimitInvalid for too few days.
    """
    if days < LEAST_DAYS:
        raise LimitInvalid(f"decisions are kept at least {LEAST_DAYS} days: {days} is too few")
    before: Instant = instant(clock() - timedelta(days=days))
    gone: list[str] = []
    while (most is None or len(gone) < most) and (some := ledger.expire(before, AT_ONCE, actor)):
        gone += some
        told(len(gone))
    return tuple(gone)
