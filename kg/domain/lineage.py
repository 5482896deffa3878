"""Where facts come from: sources, datasets and their versions, runs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum
from typing import Any
from typing import Literal as OneOf

from kg.domain.fact import Instant


class Classification(IntEnum):
    """Who may see a source, in rising order."""

    PUBLIC = 0
    INTERNAL = 1
    CONFIDENTIAL = 2
    RESTRICTED = 3

    @property
    def label(self) -> str:
        """The word used in files and answers."""
        return self.name.lower()


Refresh = OneOf["hourly", "daily", "weekly", "monthly", "quarterly", "yearly", "never"]
REFRESH_DAYS: dict[Refresh, float | None] = {
    "hourly": 1 / 24, "daily": 1, "weekly": 7, "monthly": 31, "quarterly": 92, "yearly": 366, "never": None,
}  # fmt: skip
"""How long after a load the next one is due, at most."""


@dataclass(frozen=True, slots=True)
class DatasetVersion:
    """One state of a named collection from one publisher."""

    dataset: str
    version: str
    title: str
    publisher: str
    licence: str
    classification: Classification
    ontology: str
    issued: str | None = None
    """The day this version was published."""
    aliases: tuple[str, ...] = ()
    """What people call the dataset."""
    record: str | None = None
    """What tells its records apart across files, so that a delta can replace them."""
    sequence: int | None = None
    """Place of the file loaded last among those of a feed."""
    refresh: Refresh | None = None
    """How often its publisher renews it."""

    @property
    def ref(self) -> str:
        """``NAME@VERSION``."""
        return f"{self.dataset}@{self.version}"


@dataclass(frozen=True, slots=True)
class Source:
    """One file that was read."""

    id: str
    dataset: str
    version: str
    name: str
    """Path as the dataset file gives it."""
    checksum: str
    """``sha256:`` and the hex digest of the bytes as stored (packed, if they were packed)."""
    classification: Classification
    title: str = ""
    publisher: str = ""
    licence: str = ""
    issued: str | None = None


RunState = OneOf["running", "complete", "failed", "unchanged", "lost"]
"""A run is lost when its process ended, or fell silent, before the load did."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a run did to the assertions of its dataset version."""

    added: int = 0
    kept: int = 0
    retired: int = 0
    gained: int = 0
    """Facts that it says and that what it is compared with did not say."""
    lost: int = 0
    """Facts that it no longer says; of a retirement or a purge, those that nothing says any more."""


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a load, a retirement or a purge."""

    id: str
    job: str
    """What ran: ``load NAME@VERSION``, ``retire REF``, ``purge REF``."""
    dataset: str
    version: str
    """Empty where all versions were retired or purged."""
    state: RunState
    started_at: Instant
    ended_at: Instant | None
    """``None`` while it is running."""
    fingerprint: str
    """Hash of source bytes, dataset file and ontology: the same again is a said no-op."""
    changes: Changes = Changes()
    records: int = 0
    rejected: int = 0
    skipped: int = 0
    """Records the dataset file says it does not want."""
    left_over: tuple[str, ...] = ()
    """Fields no mapping entry used and the dataset file does not name under ``ignore``."""
    message: str = ""
    compared: str = ""
    """The dataset version that gained and lost facts are told against: the one before, or the same as it was."""
    actor: str = ""
    """Who loaded, retired, purged or matched; empty where that is not known."""
    classification: str = ""
    """Of what it loads, as its dataset file says; empty of retirements and purges."""


Stage = OneOf["load", "commit"]


@dataclass(frozen=True, slots=True)
class LiveRun:
    """A load that has not ended, as far as it had come when it told so last; its run is running, failed or lost."""

    run: Run
    stage: Stage
    told_at: Instant
    staged: int
    """Assertions given to the store, new ones and ones that stay."""
    bytes_read: int
    bytes: int
    """Of all files, as they are stored."""

    @property
    def expected_records(self) -> int | None:
        """How many records there are, as far as the part of the bytes read lets expect."""
        return round(self.run.records * self.bytes / self.bytes_read) if self.bytes_read else None

    @property
    def seconds(self) -> float:
        """From its start to when it told last."""
        return (datetime.fromisoformat(self.told_at) - datetime.fromisoformat(self.run.started_at)).total_seconds()

    @property
    def rate(self) -> float | None:
        """Records a second."""
        return round(self.run.records / self.seconds, 1) if self.seconds > 0 else None

    def lost(self) -> LiveRun:
        """What it is when nothing is at work on it any more."""
        message = "its process ended, or fell silent, before the load did: nothing of it is visible; load it again"
        return replace(self, run=replace(self.run, state="lost", ended_at=self.told_at, message=message))


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that was not loaded, and why."""

    source: str
    locator: str
    reason: str
    record: Any = field(hash=False)


@dataclass(frozen=True, slots=True)
class GraphProfile:
    """How much of what the current versions in a scope hold; kept by the loads, never counted by a scan."""

    engine: str
    entities: dict[str, int]
    facts: dict[str, int]
