"""Append-only records: decisions and runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from kg.domain.lineage import Rejection, Run


class DecisionLedger(Protocol):
    """Decisions as canonical JSON documents; append and read, no update."""

    def append(self, decision_id: str, document: dict[str, Any]) -> None: ...

    def decision(self, decision_id: str) -> dict[str, Any] | None: ...

    def decisions(self, limit: int) -> list[dict[str, Any]]:
        """Newest first."""
        ...


class RunLedger(Protocol):
    """Runs and the records they rejected."""

    def append_run(self, run: Run, rejections: Iterable[Rejection]) -> None:
        """Record a run that changed nothing (failed, unchanged); commits record their own."""
        ...

    def runs(self, limit: int) -> list[Run]:
        """Newest first."""
        ...

    def last_fingerprint(self, dataset: str, version: str) -> str | None:
        """Fingerprint of the newest complete run of this dataset version."""
        ...

    def rejections(self, run_id: str) -> list[Rejection]: ...
