"""What a reader may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from kg.domain.fact import Instant
from kg.domain.lineage import Classification, DatasetVersion
from kg.errors import ScopeInvalid

LAST_DAY = "9999-12-31"


@dataclass(frozen=True, slots=True)
class Scope:
    """Datasets, classification ceiling and the two as-of times; every read goes through a View made from one.

    The default reads all current dataset versions as known now and true today, up to ``confidential``.
    """

    datasets: tuple[str, ...] = ()
    """``NAME`` (its current version) or ``NAME@VERSION``; empty means every dataset."""
    ceiling: Classification = Classification.CONFIDENTIAL
    valid_as_of: str | None = None
    """A day, ISO 8601; ``None`` is today."""
    known_as_of: Instant | None = None
    """``None`` is the newest committed state."""
    granted: tuple[str, ...] | None = None
    """Names of the datasets that are there for the reader; ``None`` is all. Others are as if they did not exist."""
    any_day: bool = False
    """Facts of every valid time in place of those true on one day."""
    tables: tuple[str, ...] = ()
    """Versions of saved decision tables, ``NAME@3``, that are read in place of those in use."""

    def sees(self, version: DatasetVersion, newest: DatasetVersion) -> bool:
        """Whether the version is there for the reader: this is the access control.

        ``version`` is as it was known at the time that is read, ``newest`` as it is known now: the higher of the two
        classifications holds, so that what was raised is not read through the past.
        """
        highest = max(version.classification, newest.classification)
        return highest <= self.ceiling and (self.granted is None or version.dataset in self.granted)

    def days(self, today: str) -> tuple[str, str]:
        """The first and the last day of those that a fact has to be true on one of."""
        day = self.valid_as_of or today
        return ("", LAST_DAY) if self.any_day else (day, day)


def scope_of(  # noqa: PLR0913 (as a caller may write them)
    *,
    datasets: Iterable[str] = (),
    ceiling: str | None = None,
    highest: Classification = Classification.CONFIDENTIAL,
    granted: tuple[str, ...] | None = None,
    valid_as_of: str | None = None,
    known_as_of: str | None = None,
) -> Scope:
    """Make a scope from what a caller wrote; without a ceiling it is ``highest``. Raises ScopeInvalid."""
    name = highest.label if ceiling is None else ceiling.lower()
    if name.upper() not in Classification.__members__:
        raise ScopeInvalid(f"ceiling {ceiling!r} is not public, internal, confidential or restricted")
    return Scope(
        datasets=tuple(datasets),
        ceiling=Classification[name.upper()],
        valid_as_of=_day(valid_as_of) if valid_as_of else None,
        known_as_of=instant_of(known_as_of) if known_as_of else None,
        granted=granted,
    )


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as exc:
        raise ScopeInvalid(f"{text[:40]!r} is not a day; write it like 2026-03-31") from exc


def instant_of(text: str) -> Instant:
    """The time that a caller wrote; of a day, its end. Raises ScopeInvalid."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        raise ScopeInvalid(f"{text[:40]!r} is not a time; write it like 2026-03-31T09:00:00Z") from exc
    if len(text) <= len("2026-03-31"):
        # A bare day means all that was known by its end.
        moment = moment.replace(hour=23, minute=59, second=59, microsecond=999_999)
    try:
        zoned = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as exc:
        raise ScopeInvalid(f"{text[:40]!r} lies outside the years 1 to 9999") from exc
    # Not strftime: it writes the year 999 with three digits, and text order would no longer be time order.
    return zoned.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
