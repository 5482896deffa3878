"""Reading the audit log, and holding it against itself and against what was seen of it outside the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from kg.decisions.checkpoint import Checkpoint
from kg.domain.audit import AuditEntry, Head, Row, sha256
from kg.domain.erasure import Erased
from kg.domain.fact import Instant
from kg.errors import CheckpointInvalid, Conflict, StoreRejected
from kg.ports.access import KeyRing
from kg.ports.audit import AuditLog
from kg.ports.clock import Clock, instant

AT_ONCE = 5_000
"""Entries that are read together, some 2 MB."""
MOST_PROBLEMS = 1_000
"""Places of faults that are told; how many there are is told of all."""


@dataclass(frozen=True, slots=True)
class ToldEntry:
    """An entry with its names."""

    seq: int
    at: Instant
    kind: str
    subject: str
    detail: str
    content: str
    actor: str | None
    reason: str | None
    prev: str
    hash: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and where."""

    seq: int
    problem: str


@dataclass(frozen=True, slots=True)
class Verification:
    """Three answers, apart: is what is there unchanged, is all of it there, how old is what that is known from."""

    database: str
    entries: int
    integrity: bool
    problems: tuple[Problem, ...]
    """Lowest number first."""
    problems_found: int
    complete: bool | None
    """Against the last checkpoint; ``None`` without one."""
    completeness: tuple[str, ...]
    """What is missing or other than a checkpoint saw."""
    anchored: int
    """Number of the entry that the last checkpoint saw."""
    unanchored: int
    """Entries since; what was done to these with the whole chain made anew is not seen."""
    last_at: Instant | None
    checkpoint_at: Instant | None
    age_s: float | None
    """Seconds since the last entry."""
    checkpoint_age_s: float | None
    set_back: tuple[int, ...]
    """Entries before which the clock was set back. Their order is the number."""
    erased: int
    """Names and reasons that were erased."""

    @property
    def sound(self) -> bool:
        return self.integrity and self.complete is not False


def read_log(log: AuditLog, after: int, limit: int) -> list[ToldEntry]:
    """Entries after a number, with names. Raises StoreRejected where one cannot be read."""
    rows = log.audit_rows(after, limit)
    try:
        entries = [(row, AuditEntry.of(row.document)) for row in rows]
    except (ValueError, TypeError) as exc:
        raise StoreRejected("the audit log was changed: `whence audit verify` says where") from exc
    texts = log.audit_texts({one for _, entry in entries for one in (entry.actor, entry.reason) if one})

    def named(digest: str) -> str | None:
        return texts[digest].text if digest in texts else None

    return [
        ToldEntry(
            row.seq, one.at, one.kind, one.subject, one.detail, one.content,
            named(one.actor), named(one.reason), one.prev, row.hash,
        )
        for row, one in entries
    ]  # fmt: skip


def erase(text: str, actor: str, log: AuditLog, ring: KeyRing, clock: Clock) -> Erased:
    """Erase a name, or words as a whole. Raises Conflict while a key of who is called so opens."""
    now, held = instant(clock()), ring.keys()
    if valid := [key.id for key in held if key.caller == text and key.valid(now)]:
        raise Conflict(f"{text!r} has a key that opens: end it first, with `whence keys revoke {valid[0]} --reason …`")
    return log.erase_text(text, actor)


def verify(log: AuditLog, checkpoints: Sequence[Checkpoint], clock: Clock) -> Verification:
    """Hold the log against itself and these checkpoints. Raises CheckpointInvalid for one of another database."""
    head = log.audit_head()
    for one in checkpoints:
        if one.database != head.database:
            raise CheckpointInvalid(
                f"the checkpoint is of the database {one.database!r}, and this is {head.database!r}: "
                "hold it against the one it was made of"
            )
    found = _Reading(head, checkpoints)
    for rows in _pages(log):
        found.read(rows, log)
    found.end(log.audit_head())
    last = max(checkpoints, key=lambda one: one.seq, default=None)
    now = instant(clock())
    problems = sorted(found.problems, key=lambda one: one.seq)
    return Verification(
        database=head.database,
        entries=found.count,
        integrity=not problems,
        problems=tuple(problems[:MOST_PROBLEMS]),
        problems_found=len(problems),
        complete=None if last is None else not found.missing,
        completeness=tuple(found.missing),
        anchored=0 if last is None else last.seq,
        unanchored=max(0, found.last - (0 if last is None else last.seq)),
        last_at=found.last_at,
        checkpoint_at=None if last is None else last.at,
        age_s=_seconds(found.last_at, now),
        checkpoint_age_s=_seconds(None if last is None else last.at, now),
        set_back=tuple(found.set_back[:MOST_PROBLEMS]),
        erased=len(found.gone),
    )


def _pages(log: AuditLog) -> Iterator[list[Row]]:
    after = -(2**62)
    while rows := log.audit_rows(after, AT_ONCE):
        yield rows
        after = rows[-1].seq


def _seconds(then: Instant | None, now: Instant) -> float | None:
    if then is None:
        return None
    try:
        return (datetime.fromisoformat(now) - datetime.fromisoformat(then)).total_seconds()
    except ValueError:
        return None


class _Reading:
    """A log as it is read, entry by entry."""

    def __init__(self, head: Head, seen: Sequence[Checkpoint]) -> None:
        self._head = head
        self._expected = Head(head.database, 0, "")
        self._seen: dict[int, list[Checkpoint]] = {}
        for one in seen:
            self._seen.setdefault(one.seq, []).append(one)
        self._of_texts: dict[str, int] = {}
        self.problems: list[Problem] = []
        self.missing: list[str] = []
        self.set_back: list[int] = []
        self.gone: set[str] = set()
        self.last_at: Instant | None = None
        self.count = 0

    @property
    def last(self) -> int:
        """Number of the last entry."""
        return self._expected.seq

    def read(self, rows: Sequence[Row], log: AuditLog) -> None:
        named: dict[str, int] = {}
        for row in rows:
            self.count += 1
            entry = self._entry(row)
            self._checked(row)
            self._expected = Head(self._head.database, row.seq, row.hash)
            if entry is not None:
                for digest in (entry.actor, entry.reason):
                    if digest and digest not in self._of_texts:
                        named.setdefault(digest, row.seq)
        held = log.audit_texts(named)
        self.gone |= named.keys() - held.keys()
        for digest, seq in named.items():
            if digest in held and not held[digest].whole:
                self._say(seq, "a name or reason that it gives was changed")
        self._of_texts |= named

    def _entry(self, row: Row) -> AuditEntry | None:
        """The entry, if it is one; what is wrong with it is noted."""
        before = self._expected
        if row.seq > before.seq + 1:
            gap = (
                f"entry {before.seq + 1}" if row.seq == before.seq + 2 else f"entries {before.seq + 1} to {row.seq - 1}"
            )
            verb = "is" if row.seq == before.seq + 2 else "are"
            self._say(before.seq + 1, f"{gap} {verb} missing")
        elif row.seq <= before.seq:
            self._say(row.seq, "its number is taken, or below the first")
        if sha256(row.document) != row.hash:
            self._say(row.seq, "it is not as it was written")
            return None
        try:
            entry = AuditEntry.of(row.document)
        except (ValueError, TypeError):
            self._say(row.seq, "it is no entry")
            return None
        if entry.seq != row.seq:
            self._say(row.seq, f"it was written as entry {entry.seq}")
        if row.seq == before.seq + 1 and entry.prev != before.follows:
            self._say(row.seq, "it does not follow the entry before it")
        if self.last_at is not None and entry.at < self.last_at:
            self.set_back.append(row.seq)
        self.last_at = entry.at
        return entry

    def _checked(self, row: Row) -> None:
        self.missing += [
            f"entry {row.seq} is another than the checkpoint of {seen.at} saw: it, or one before it, was rewritten"
            for seen in self._seen.pop(row.seq, ())
            if seen.hash != row.hash
        ]

    def end(self, head: Head) -> None:
        self.missing += [
            f"the checkpoint of {seen.at} saw entry {seq}, which is not there; the last is {self.last}"
            for seq, several in sorted(self._seen.items())
            for seen in several
            if seq
        ]
        # Entries that came while it was read are no fault.
        if head.seq < self.last or (head.seq == self._head.seq and head.seq > self.last):
            self._say(
                min(head.seq, self.last) + 1, f"the head says that {head.seq} is the last entry, it is {self.last}"
            )
        elif head.seq == self.last and head.hash != self._expected.hash:
            self._say(self.last, "it is another than the head says")

    def _say(self, seq: int, problem: str) -> None:
        self.problems.append(Problem(seq, problem))
