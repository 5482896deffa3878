"""An answer as it is made, as server-sent events; its steps run in a thread of their own."""

from __future__ import annotations

import asyncio
import json
import queue
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool

from kg.answer.pipeline import Tell
from kg.domain.decision import Document
from kg.errors import KgError

EVENT_STREAM = "text/event-stream"
SILENT_S = 10.0
"""After so long without news a comment is sent, so that a connection that is gone is noticed on both sides."""

Event = tuple[str, Mapping[str, Any]]


async def events_of(make: Callable[[Tell], Document]) -> AsyncIterator[str]:
    """What ``make`` tells while it answers, then the whole `decision`; or the `problem` that ended it.

    A caller that goes away stops nothing: the decision is made and recorded all the same.
    """
    told: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
    threading.Thread(target=_run, args=(make, told), name="answer", daemon=True).start()
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


def _run(make: Callable[[Tell], Document], told: queue.SimpleQueue[Event | None]) -> None:
    try:
        told.put(("decision", make(lambda name, data: told.put((name, data)))))
    except KgError as exc:
        told.put(("problem", {"code": exc.code, "detail": str(exc), "retryable": exc.retryable}))
    except Exception:
        told.put(
            ("problem", {"code": "internal", "detail": "an error of Whence; it is in its log", "retryable": False})
        )
        raise
    finally:
        told.put(None)


def event_text(name: str, data: str) -> str:
    """One event as it is sent."""
    return f"event: {name}\ndata: {data}\n\n"
