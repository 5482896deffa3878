"""The audit log: what somebody did as entries, each of which holds the hash of the one before it. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from kg.domain.fact import Instant


@dataclass(frozen=True, slots=True)
class Act:
    """Something that the log has to tell of. Names of people and free text stand in ``actor`` and ``reason`` only."""

    kind: str
    """What was done: ``decision``, ``run.load``, ``prompt.label`` …"""
    subject: str
    """Id of what it was done to."""
    actor: str
    """Who did it."""
    detail: str = ""
    """How it ended, or from what to what, in words of ours."""
    content: str = ""
    """``sha256:`` of the record that tells the whole of it, where there is one."""
    reason: str = ""
    """Why, as somebody wrote it."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An act in its place in the log. It holds digests of who and why; the texts lie apart and can be erased."""

    seq: int
    """From 1 on, without a gap. It is the order; ``at`` is what the clock said."""
    prev: str
    """Hash of the entry before; of the first one, of the database."""
    at: Instant
    kind: str
    subject: str
    detail: str
    content: str
    actor: str
    reason: str

    @property
    def document(self) -> str:
        """RFC 8785 JSON; of texts and one whole number, sorted keys and no spaces are all there is to it."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    @property
    def hash(self) -> str:
        return sha256(self.document)

    @staticmethod
    def of(document: str) -> AuditEntry:
        """The entry of a document. Raises ValueError, TypeError."""
        return AuditEntry(**json.loads(document))


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as it lies in a store, which anybody may have changed."""

    seq: int
    document: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """Which database the log is of, and what it says its last entry is."""

    database: str
    seq: int
    hash: str
    """Empty while there is none."""

    @property
    def follows(self) -> str:
        """What the next entry holds of the one before it; the first one holds which database it is of."""
        return self.hash or founded(self.database)


@dataclass(frozen=True, slots=True)
class Personal:
    """A text that entries name by its digest."""

    digest: str
    salt: str
    text: str

    @staticmethod
    def of(text: str, salt: str) -> Personal:
        return Personal(sha256(f"{salt} {text}"), salt, text)

    @property
    def whole(self) -> bool:
        """Whether it is still what was said."""
        return self.digest == sha256(f"{self.salt} {self.text}")


def sha256(text: str) -> str:
    """``sha256:`` and the hex digest of the UTF-8 text; half characters count as they are."""
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def founded(database: str) -> str:
    """What the first entry of a database follows."""
    return sha256(f"whence audit log of {database}")


def entry_after(head: Head, act: Act, at: Instant, actor: str, reason: str) -> AuditEntry:
    """The entry of the act after those there are; ``actor`` and ``reason`` are digests, or empty."""
    return AuditEntry(head.seq + 1, head.follows, at, act.kind, act.subject, act.detail, act.content, actor, reason)


def content_of(document: Any) -> str:
    """Digest of a record, for ``Act.content``."""
    return sha256(json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")))
