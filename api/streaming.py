"""An answer as it is made, as server-sent events; its steps run in a thread of their own."""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
import queue
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool

from kg.answer.trace import Tell
from kg.domain.decision import Document
from kg.errors import KgError
from kg.telemetry.log import note

EVENT_STREAM = "text/event-stream"
SILENT_S = 10.0
"""After so long without news a comment is sent, so that a connection that is gone is noticed on both sides."""

Event = tuple[str, Mapping[str, Any]]


async def events_of(make: Callable[[Tell], Document], refused: Callable[[str], None]) -> AsyncIterator[str]:
    """What ``make`` tells while it answers, then the whole `decision`; or the `problem` that ended it.

    A caller that goes away stops nothing: the decision is made and recorded all the same. ``refused`` is told the code
    of a problem.
    """
    told: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
    # What it does belongs to the trace of the request.
    run = contextvars.copy_context().run
    threading.Thread(target=run, args=(_run, make, told, refused), name="answer", daemon=True).start()
    while True:
        try:
            event = await run_in_threadpool(told.get, timeout=SILENT_S)
        except queue.Empty:
            yield ": no news\n\n"
            continue
        if event is None:
            return
        yield event_text(event[0], json.dumps(event[1], ensure_ascii=False))
        await asyncio.sleep(0)


def _run(
    make: Callable[[Tell], Document], told: queue.SimpleQueue[Event | None], refused: Callable[[str], None]
) -> None:
    try:
        told.put(("decision", make(lambda name, data: told.put((name, data)))))
    except KgError as exc:
        refused(exc.code)
        told.put(("problem", {"code": exc.code, "detail": str(exc), "retryable": exc.retryable}))
    except Exception as exc:  # noqa: BLE001 (the outermost line of this thread)
        note("unforeseen error", level=logging.ERROR, exc=exc)
        refused("internal_error")
        told.put(
            ("problem", {"code": "internal_error", "detail": "an unforeseen error; it was logged", "retryable": False})
        )
    finally:
        told.put(None)


def event_text(name: str, data: str) -> str:
    """One event as it is sent."""
    return f"event: {name}\ndata: {data}\n\n"
