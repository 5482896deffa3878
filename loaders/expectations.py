"""What a dataset file expects of its load, held against what the load found."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from typing import Literal as OneOf

from kg.domain.fact import Instant
from kg.errors import ExpectationFailed
from loaders.dataset import DatasetFile
from loaders.paths import Lookups, Path, ValueRejected, date
from loaders.readers import Record
from loaders.spool import Spool
from loaders.tally import Tally
from loaders.validate import MISSING

ExpectedOf = OneOf["rejected", "entities", "facts", "filled", "unique", "fresh"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One expectation and what was found; ``problem`` says that it does not hold."""

    what: ExpectedOf
    about: str
    """The type, predicate or field."""
    expected: str
    found: str
    problem: str = ""


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
        for (key, locator), other in zip(given, self._spool.earlier(given), strict=True):
            if other is not None:
                self._shared.setdefault(text, (key.partition("\x1f")[2], other, locator))

    def outcomes(self, now: Instant) -> Iterator[Outcome]:
        """For each field, what was expected of it and what was found."""
        name, expect = self._spec.version_value().ref, self._spec.expect
        for text, least in expect.filled.items():
            share = self._gave[text] / self._records if self._records else 1.0
            problem = (
                ""
                if share >= least
                else (
                    f"{name}: field {text!r} has a value in {self._gave[text]:,} of {self._records:,} records "
                    f"({share:.1%}), expected {least:.1%} or more"
                )
            )
            yield Outcome("filled", text, f"{least:.1%} or more", f"{share:.1%}", problem)
        for text in expect.unique:
            value, one, other = self._shared.get(text, ("", "", ""))
            where = f"{value[:60]!r} at {one} and at {other}"
            problem = f"{name}: field {text!r} is {where}, expected once" if one else ""
            yield Outcome("unique", text, "each value once", where if one else "each value once", problem)
        today = dt.date.fromisoformat(now[:10])
        for text, days in expect.fresh.items():
            newest = self._newest.get(text)
            stale = not newest or (today - dt.date.fromisoformat(newest)).days > days
            found = f"the newest is {newest}" if newest else "there is none"
            problem = f"{name}: field {text!r}: expected a day of the last {days:,}, {found}" if stale else ""
            yield Outcome("fresh", text, f"a day of the last {days:,}", found, problem)

    @property
    def filled(self) -> dict[str, tuple[int, int]]:
        """For each field of which it is expected, how many records gave something, and of how many."""
        return {text: (self._gave[text], self._records) for text in self._filled}


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


def outcomes(spec: DatasetFile, tally: Tally, spool: Spool, watch: Watch, now: Instant) -> tuple[Outcome, ...]:
    """Every expectation, held against what was found."""
    name = spec.version_value().ref
    counts = (
        *_counts(name, "entities", tally.entities, spec.expect.entities),
        *_counts(name, "facts", tally.facts, spec.expect.facts),
    )
    return (_rejected(spec, tally, spool), *counts, *watch.outcomes(now))


def check(found: Iterable[Outcome]) -> None:
    """Raise ExpectationFailed for the first that does not hold."""
    for one in found:
        if one.problem:
            raise ExpectationFailed(one.problem)


def _rejected(spec: DatasetFile, tally: Tally, spool: Spool) -> Outcome:
    rejected = spool.rejected_records()
    share = rejected / tally.records if tally.records else 0.0
    allowed = spec.expect.rejected
    problem = ""
    if share > allowed:
        first = next(spool.rejected())
        hint = f"; load first: {', '.join(spec.after)}" if first.reason.endswith(MISSING) and spec.after else ""
        problem = (
            f"{spec.version_value().ref}: {rejected:,} of {tally.records:,} records rejected "
            f"({share:.1%}, allowed {allowed:.1%}); the first, {first.locator}: {first.reason}{hint}"
        )
    return Outcome("rejected", "", f"{allowed:.1%} or less", f"{share:.1%}", problem)


def _counts(
    name: str, what: ExpectedOf, found: Mapping[str, int], bounds: Mapping[str, tuple[int, int]]
) -> Iterator[Outcome]:
    for kind, (least, most) in bounds.items():
        count, wanted = found.get(kind, 0), f"{least:,} to {most:,}"
        problem = "" if least <= count <= most else f"{name}: {count:,} {what} of {kind}, expected {wanted}"
        yield Outcome(what, kind, wanted, f"{count:,}", problem)
