"""What a dataset file expects of its load, held against what the load found."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from kg.domain.fact import Instant
from kg.errors import ExpectationFailed
from loaders.dataset import DatasetFile
from loaders.paths import Lookups, Path, ValueRejected, date
from loaders.readers import Record
from loaders.spool import Spool
from loaders.tally import Tally
from loaders.validate import MISSING


class Watch:
    """Looks at every record that is not skipped, for expectations of its fields."""

    def __init__(self, spec: DatasetFile, compiled: Callable[[str], Path], spool: Spool) -> None:
        self._spec = spec
        self._spool = spool
        self._filled = {text: compiled(text) for text in spec.expect.filled}
        self._unique = {text: compiled(text) for text in spec.expect.unique}
        self._fresh = {text: compiled(text) for text in spec.expect.fresh}
        self.watches = bool(self._filled or self._unique or self._fresh)
        self._records = 0
        self._gave: Counter[str] = Counter()
        self._newest: dict[str, str] = {}
        self._shared: dict[str, tuple[str, str, str]] = {}

    def see(self, records: list[Record], lookups: Lookups) -> None:
        """Count what these records give."""
        self._records += len(records)
        for text, path in self._filled.items():
            self._gave[text] += sum(bool(_values(path, record, lookups)) for record in records)
        for text, path in self._fresh.items():
            days = [day for record in records for value in _values(path, record, lookups) if (day := _day(value))]
            self._newest[text] = max([*days, self._newest.get(text, "")])
        for text, path in self._unique.items():
            self._look_for_two(text, path, records, lookups)

    def _look_for_two(self, text: str, path: Path, records: list[Record], lookups: Lookups) -> None:
        given = [
            (f"{text}\x1f{value}", record.locator) for record in records for value in _values(path, record, lookups)
        ]
        first = self._spool.unique.get({key for key, _ in given})
        new: dict[str, str] = {}
        for key, locator in given:
            if (other := first.get(key) or new.get(key)) is not None:
                self._shared.setdefault(text, (key.partition("\x1f")[2], other, locator))
            else:
                new[key] = locator
        self._spool.unique.update(new)

    def check(self, now: Instant) -> None:
        """Raise ExpectationFailed naming the field, what was expected of it and what was found."""
        name, expect = self._spec.version_value().ref, self._spec.expect
        for text, least in expect.filled.items():
            share = self._gave[text] / self._records if self._records else 1.0
            if share < least:
                raise ExpectationFailed(
                    f"{name}: field {text!r} has a value in {self._gave[text]:,} of {self._records:,} records "
                    f"({share:.1%}), expected {least:.1%} or more"
                )
        for text, (value, one, other) in self._shared.items():
            raise ExpectationFailed(f"{name}: field {text!r} is {value[:60]!r} at {one} and at {other}, expected once")
        today = dt.date.fromisoformat(now[:10])
        for text, days in expect.fresh.items():
            newest = self._newest.get(text)
            if not newest or (today - dt.date.fromisoformat(newest)).days > days:
                found = f"the newest is {newest}" if newest else "there is none"
                raise ExpectationFailed(f"{name}: field {text!r}: expected a day of the last {days:,}, {found}")


def _values(path: Path, record: Record, lookups: Lookups) -> list[Any]:
    try:
        return path.values(record.fields, lookups)
    except ValueRejected:
        return []


def _day(value: Any) -> str:
    try:
        return date(value)
    except ValueRejected:
        return ""


def check(spec: DatasetFile, tally: Tally, spool: Spool) -> None:
    """Raise ExpectationFailed naming what was expected and what was found."""
    name = spec.version_value().ref
    rejected = spool.rejected_records()
    share = rejected / tally.records if tally.records else 0.0
    if share > spec.expect.rejected:
        first = next(spool.rejected())
        hint = f"; load first: {', '.join(spec.after)}" if first.reason.endswith(MISSING) and spec.after else ""
        raise ExpectationFailed(
            f"{name}: {rejected:,} of {tally.records:,} records rejected "
            f"({share:.1%}, allowed {spec.expect.rejected:.1%}); the first, {first.locator}: {first.reason}{hint}"
        )
    _counts(name, "entities", tally.entities, spec.expect.entities)
    _counts(name, "facts", tally.facts, spec.expect.facts)


def _counts(name: str, what: str, found: Mapping[str, int], bounds: Mapping[str, tuple[int, int]]) -> None:
    for kind, (least, most) in bounds.items():
        if not least <= found.get(kind, 0) <= most:
            raise ExpectationFailed(f"{name}: {found.get(kind, 0):,} {what} of {kind}, expected {least:,} to {most:,}")
