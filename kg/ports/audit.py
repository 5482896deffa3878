"""The audit log of a database.

A store writes the entry of a change in the transaction of the change, so there is none without the other.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from kg.domain.audit import Act, AuditEntry, Head, Personal, Row
from kg.domain.erasure import Erased


class AuditLog(Protocol):
    """Entries are appended, each after the one before, and never changed."""

    def audit(self, act: Act) -> AuditEntry:
        """Append what changed nothing in the database itself: an export, a checkpoint, a refusal."""
        ...

    def audit_head(self) -> Head: ...

    def audit_rows(self, after: int, limit: int) -> list[Row]:
        """Entries with a higher number, lowest first."""
        ...

    def audit_texts(self, digests: Collection[str]) -> dict[str, Personal]:
        """Those of them that were not erased."""
        ...

    def erase_text(self, text: str, actor: str) -> Erased:
        """Erase a name, or a reason as a whole, for good: from the log, decisions, what was said of them and keys.

        Digests of it stay, which nobody can turn back, so that ids and hashes fit as before.
        """
        ...
