"""Lines of the log ``whence``: numbers, codes and ids. What was asked, read or answered is in the ledger alone."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, TextIO

from kg.domain.decision import Document
from kg.telemetry.measured import measured
from kg.telemetry.spans import SCOPE, trace_id

_log = logging.getLogger(SCOPE)


def note(event: str, *, level: int = logging.INFO, exc: BaseException | None = None, **told: Any) -> None:
    """One line: what happened, and what is told of it."""
    if _log.isEnabledFor(level):
        if exc is not None:
            # Where it came from. The message of an error that nobody foresaw may hold anything.
            at = traceback.extract_tb(exc.__traceback__)
            told |= {"type": type(exc).__name__, "at": [f"{one.filename}:{one.lineno} {one.name}" for one in at]}
        found = {"trace_id": trace_id(), **told}
        _log.log(level, event, extra={"told": {key: value for key, value in found.items() if value is not None}})


def decided(document: Document) -> None:
    """A line for the decision and one for each use of a model."""
    if not _log.isEnabledFor(logging.INFO):
        return
    one = measured(document)
    for call in one.calls:
        note("model call", decision_id=one.decision_id, **asdict(call))
    note(
        "decision",
        decision_id=one.decision_id,
        outcome=one.outcome,
        ms=one.ms,
        steps=one.steps,
        model_calls=document["usage"]["model_calls"],
        tokens=document["usage"]["tokens"],
        cost=document["usage"]["cost"],
        dropped=one.dropped,
        codes=list(one.codes),
    )


class AsJson(logging.Formatter):
    """A JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        head = {"time": _time(record), "level": record.levelname.lower(), "event": record.getMessage()}
        return json.dumps({**head, **_told(record)}, ensure_ascii=False, default=str)


class Plain(logging.Formatter):
    """For a person: the same, as words and ``name=value``."""

    def format(self, record: logging.LogRecord) -> str:
        told = " ".join(f"{key}={_word(value)}" for key, value in _told(record).items())
        return f"{_time(record)} {record.levelname.lower()} {record.getMessage()} {told}".rstrip()


def _told(record: logging.LogRecord) -> dict[str, Any]:
    told: dict[str, Any] = record.__dict__.get("told", {})
    return told


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _word(value: Any) -> str:
    return value if isinstance(value, str) and value.isprintable() and " " not in value else json.dumps(value)


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to what standard error is when it writes."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]  # as logging's own handler of last resort does
        return sys.stderr


def write(form: str | None) -> None:
    """Write the lines to standard error from now on, in this form; with none, what the program around it says."""
    for one in [one for one in _log.handlers if isinstance(one, _Stderr)]:
        _log.removeHandler(one)
    _log.setLevel(logging.NOTSET if form is None else logging.INFO)
    _log.propagate = form is None
    if form is not None:
        handler = _Stderr()
        handler.setFormatter(FORMS[form]())
        _log.addHandler(handler)


FORMS: dict[str, type[logging.Formatter]] = {"json": AsJson, "plain": Plain}
