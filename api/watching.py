"""Following a load at work: its numbers as server-sent events, read from the store once for all who look on."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from starlette.concurrency import run_in_threadpool

from api.reach import Reach
from api.streaming import SILENT_S, event_text
from api.wire_impact import ImpactOut
from api.wire_runs import LiveOut, RunOut, SummaryOut
from kg.bootstrap import Services
from kg.domain.difference import Summary, difference, summary
from kg.domain.lineage import LiveRun, Run
from kg.errors import KgError, RunNotFound, StoreTimeout
from kg.ports.ledger import RunLedger

EACH_S = 1.0
"""A load tells of itself once a second."""
MAX_KEPT = 20
"""Runs of which the decisions that they touched are remembered."""
KEPT_S = 3.0
"""So long they are: what is withheld depends on the time of day too, which no log tells."""
WAIT_S = 5.0
"""So long a caller waits for what is being looked for already."""
MOST_WAITING = 8
"""Callers that wait; threads of a server are few, and others need them."""
MAX_TOLD, MAX_RUN_AGAIN = 200, 20
"""Of these decisions: a run is shown within a second, however many there are; impact of it says more."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A run as it is now; ``live`` while it is not recorded."""

    live: LiveRun | None
    run: Run

    @property
    def ended(self) -> bool:
        return self.run.state != "running"


class Watch:
    """What is at work in the store. Asked by many at once, it reads at most once a second."""

    def __init__(self, ledger: RunLedger) -> None:
        self._ledger = ledger
        self._guard = threading.Lock()
        self._live: LiveRun | None = None
        self._read_at = float("-inf")
        self._summaries: dict[str, Summary] = {}

    def now(self, run_id: str) -> Watched:
        """Raises RunNotFound when the run is neither at work nor recorded."""
        with self._guard:
            if time.monotonic() - self._read_at >= EACH_S:
                self._live = self._ledger.live()
                self._read_at = time.monotonic()
            live = self._live
        if live is not None and live.run.id == run_id:
            return Watched(live, live.run)
        run = self._ledger.run(run_id)
        if run is None:
            raise RunNotFound(f"no run {run_id!r}")
        return Watched(None, run)

    def summary(self, run: Run) -> Summary:
        """The difference that the run made, in counts; made once for all who followed it."""
        with self._guard:
            if run.id not in self._summaries:
                changed = run.changes.gained or run.changes.lost
                self._summaries = {run.id: summary(difference(self._ledger.changes(run.id) if changed else ()))}
            return self._summaries[run.id]


@dataclass(frozen=True, slots=True)
class _Found:
    """The decisions that a run touched, as of the audit log's ``head``."""

    head: str
    began: float
    ended: float
    decisions: ImpactOut


class Touched:
    """The decisions that runs touched, each found once for all who ask the same at once; outside of any lock."""

    def __init__(self, services: Services, seconds: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._seconds = seconds
        self._state = threading.Condition()
        self._turn = asyncio.Semaphore()
        self._found: dict[tuple[str, Reach], _Found] = {}
        self._looking: set[tuple[str, Reach]] = set()
        self._waiting = 0

    def by(self, run: Run, reach: Reach) -> ImpactOut | None:
        """Those within reach; None of a run that is not complete. Raises StoreTimeout where others wait for them."""
        if run.state != "complete":
            return None
        which, came = (run.id, reach), self._seconds()
        # All that loads, decides or judges moves the audit log.
        head = self._services.audit.audit_head().hash
        with self._state:
            if (known := self._known(which, head, came)) is not None:
                return known
            self._looking.add(which)
        made: _Found | None = None
        try:
            began = self._seconds()
            impacts = replace(self._services.impacts, may_read=reach.may_read, most_touched=MAX_TOLD)
            [found] = impacts.of_runs([run], MAX_RUN_AGAIN)
            made = _Found(head, began, self._seconds(), ImpactOut.of(found))
            return made.decisions
        finally:
            with self._state:
                self._looking.remove(which)
                if made is not None:
                    self._found.pop(which, None)
                    self._found = dict([*list(self._found.items())[1 - MAX_KEPT :], (which, made)])
                self._state.notify_all()

    def _known(self, which: tuple[str, Reach], head: str, came: float) -> ImpactOut | None:
        """What can be given without looking; none where this caller has to. Raises StoreTimeout."""
        while True:
            held = self._found.get(which)
            if held is not None:
                fresh = held.head == head and self._seconds() - held.ended < KEPT_S
                # What was begun after this caller came is as new as what they would find.
                if fresh or held.began > came:
                    return held.decisions
            if which not in self._looking:
                return None
            left = came + WAIT_S - self._seconds()
            if left <= 0 or self._waiting >= MOST_WAITING:
                raise StoreTimeout(f"those that {which[0]} touched are being looked for: ask again")
            self._waiting += 1
            try:
                self._state.wait(left)
            finally:
                self._waiting -= 1

    async def told(self, run: Run, reach: Reach) -> ImpactOut | None:
        """The same for those who follow it: however many they are, one thread at a time is taken from others."""
        async with self._turn:
            return await run_in_threadpool(self.by, run, reach)


async def events_of(
    first: Watched, watch: Watch, touched: Callable[[Run], Awaitable[ImpactOut | None]]
) -> AsyncIterator[str]:
    """A run up to its end, and then the decisions it touched, for which nobody has to wait.

    A store that does not answer ends the stream with a ``problem``: clients connect again.
    """
    found, said, said_at = first, "", time.monotonic()
    try:
        while not found.ended:
            if (text := data_of(found)) != said:
                said, said_at = text, time.monotonic()
                yield event_text("progress", text)
            elif time.monotonic() - said_at >= SILENT_S:
                said_at = time.monotonic()
                yield ": no news\n\n"
            await asyncio.sleep(EACH_S)
            found = await run_in_threadpool(watch.now, first.run.id)
        made = await run_in_threadpool(watch.summary, found.run)
        yield event_text("end", data_of(found, difference=SummaryOut.of(made, found.run).model_dump()))
        if (decisions := await touched(found.run)) is not None:
            yield event_text("decisions", decisions.model_dump_json())
    except KgError as exc:
        yield event_text("problem", json.dumps({"code": exc.code, "detail": str(exc), "retryable": exc.retryable}))


def data_of(found: Watched, **more: Any) -> str:
    """The run and its numbers, and ``more``, as JSON of one line."""
    live = LiveOut.of(found.live).model_dump() if found.live else None
    return json.dumps({"run": RunOut.of(found.run).model_dump(), "live": live, **more}, ensure_ascii=False)
