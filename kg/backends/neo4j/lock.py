"""The one right to load: a lease on the Graph node, renewed while the load lives and checked by each of its writes."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from kg.backends.neo4j import texts
from kg.backends.neo4j.database import Database, Row, Transaction
from kg.domain.fact import Instant
from kg.domain.lineage import LiveRun
from kg.domain.records import load_live
from kg.errors import KgError, LoadInProgress

LEASE_S = 15.0
RENEWED_EACH_S = 4.0
"""Three renewals may fail before another load takes over."""


@dataclass(frozen=True, slots=True)
class Staged:
    """What a load that did not end left behind."""

    run: str
    version: str
    """The dataset version, or several with spaces between them."""
    at: Instant


class LoadLock:
    """Held while the block runs. Entering raises LoadInProgress while another live load holds it.

    A load whose process is dead on this machine is taken over at once, any other one when its lease has run out.
    The one taken over cannot write any more, since each of its transactions asks ``fence`` first.
    """

    def __init__(self, database: Database, run_id: str) -> None:
        self.database = database
        self.run = run_id
        self._ended = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="load-lease", daemon=True)
        self.head: Instant = ""
        self.staged: Staged | None = None

    def __enter__(self) -> Self:
        [[loading, holder]] = self.database.read(texts.HOLDER)
        dead = loading if holder is not None and _is_dead(holder) else None
        taken = self.database.write(
            lambda tx: tx.run(texts.TAKE, run=self.run, holder=_this_process(), dead=dead, lease=int(LEASE_S * 1000))
        )
        if not taken:
            raise LoadInProgress(
                f"another load ({holder or loading}) is writing to {self.database.name!r} at "
                f"{self.database.address!r}; try again when it has ended"
            )
        [[self.head, run, version, at]] = taken
        self.staged = None if run is None else Staged(run, version, at)
        self._heart.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._heart.join()
        # The commit has released it already; a server that is gone lets the lease run out.
        with contextlib.suppress(KgError):
            self.database.write(lambda tx: tx.run(texts.RELEASE, run=self.run))

    def fence(self, tx: Transaction) -> Row:
        """Hold the lock to the end of this transaction; gives head and registered predicates. Raises LoadInProgress."""
        found = tx.run(texts.FENCE, run=self.run, lease=int(LEASE_S * 1000))
        if not found:
            raise LoadInProgress(
                f"run {self.run!r} was silent for {LEASE_S:.0f} s and another load has taken over: run it again"
            )
        return found[0]

    def _beat(self) -> None:
        while not self._ended.wait(RENEWED_EACH_S):
            # If it cannot be renewed, the next write of the load finds out and says so.
            with contextlib.suppress(KgError):
                self.database.write(self.fence)


def live_run(database: Database) -> LiveRun | None:
    """What the load at work told last; one that nobody holds the lease for is lost."""
    found = database.read(texts.LIVE)
    if not found:
        return None
    [[document, held, holder]] = found
    live = load_live(document)
    return live if live.run.state != "running" or (held and not _is_dead(holder)) else live.lost()


def staged_by(lock: LoadLock, run_id: str) -> Staged | None:
    """What this run has staged and not made visible."""
    [[run, version, at]] = lock.database.read(texts.STAGED_NOW)
    return Staged(run, version, at) if run == run_id else None


def _this_process() -> str:
    return f"{_host()} pid {os.getpid()} since {_started(os.getpid())}"


def _host() -> str:
    """The machine since its start and, in a container, its own numbering of processes."""
    with contextlib.suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{socket.gethostname()} {boot[:8]} {Path('/proc/self/ns/pid').readlink()}"
    return socket.gethostname()


def _started(pid: int) -> str | None:
    """What tells the process from a later one with its number; ``None`` when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        if Path("/proc/self/stat").exists():
            return None
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return None
        except OSError:
            return "unknown"
        return "unknown"
    return None if stat[0] == "Z" else stat[19]


def _is_dead(holder: str) -> bool:
    """Whether the holder was a process of this machine that has ended."""
    host, _, rest = holder.rpartition(" pid ")
    pid, _, since = rest.partition(" since ")
    return host == _host() and pid.isdigit() and _started(int(pid)) != since
