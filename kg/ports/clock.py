"""Time, passed in so that tests can freeze it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from kg.domain.fact import Instant

Clock = Callable[[], datetime]
"""Gives the present, with a time zone."""


def system_clock() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def instant(moment: datetime) -> Instant:
    """The moment as text that sorts by time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def later(than: Instant, moment: datetime) -> Instant:
    """The moment, or one microsecond after ``than`` if the clock stands still or was set back."""
    now = instant(moment)
    if now > than:
        return now
    return instant(datetime.strptime(than, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC) + timedelta(microseconds=1))
