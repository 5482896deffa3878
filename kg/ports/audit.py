"""The audit log of a database.

A store writes the entry of a change in the transaction of the change, so there is none without the other.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from kg.domain.audit import Act, AuditEntry, Head, Personal, Row


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

    def erase_audit_text(self, text: str, actor: str) -> int:
        """Erase a name, or a reason, for good: entries keep its digest, which nobody can turn back. Says how many."""
        ...
