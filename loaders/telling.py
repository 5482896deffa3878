"""How far a load has come, told to the store for those who look on."""

from __future__ import annotations

import time
from dataclasses import replace

from kg.domain.lineage import LiveRun, Run, Stage
from kg.ports.clock import Clock, instant
from kg.ports.store import GraphWriter
from loaders.reading import Reading
from loaders.spool import Spool
from loaders.tally import Tally

EACH_S = 1.0
"""Each word is a write to the store: rare enough to cost nothing, and soon enough for a person."""


class Teller:
    """Tells of one load, at most once a second."""

    def __init__(  # noqa: PLR0913, PLR0917 (all that is told of)
        self, writer: GraphWriter, run: Run, reading: Reading, tally: Tally, spool: Spool, clock: Clock
    ) -> None:
        self._writer = writer
        self._run = replace(run, state="running", ended_at=None)
        self._reading = reading
        self._tally = tally
        self._spool = spool
        self._clock = clock
        self._due = 0.0

    def tell(self, stage: Stage = "load") -> None:
        """Say so if it is time, and always that the end has come."""
        if stage == "load" and time.monotonic() < self._due:
            return
        tally = self._tally
        run = replace(
            self._run,
            records=tally.records,
            rejected=self._spool.rejections,
            skipped=tally.skipped,
            left_over=tuple(sorted(tally.left_over)),
        )
        reading = self._reading
        self._writer.tell(LiveRun(run, stage, instant(self._clock()), tally.staged, reading.bytes_read, reading.bytes))
        self._due = time.monotonic() + EACH_S
