"""Spans of decisions and loads. Without an SDK of OpenTelemetry they are nothing and cost a microsecond each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import context, trace
from opentelemetry.trace import Span, StatusCode, Tracer
from opentelemetry.util.types import AttributeValue

from kg.domain.decision import Document
from kg.errors import KgError
from kg.telemetry.conventions import DECISION, ERROR_TYPE, OUTCOME

SCOPE = "whence"
UNFINISHED = "step"
"""What a step is called that broke off before it was known which one it is."""


@contextmanager
def span(name: str, attributes: Mapping[str, AttributeValue] | None = None) -> Iterator[Span]:
    """A span around the block. An error is told by its code alone: messages may repeat what was asked or read."""
    tracer = trace.get_tracer(SCOPE)
    with tracer.start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as opened:
        try:
            yield opened
        except BaseException as exc:
            failed(opened, exc)
            raise


def failed(opened: Span, exc: BaseException) -> None:
    """Say that it ended in this error."""
    opened.set_attribute(ERROR_TYPE, exc.code if isinstance(exc, KgError) else type(exc).__name__)
    opened.set_status(StatusCode.ERROR)


class Steps:
    """The steps of one decision, a span each; what a step does itself lies in its span.

    Which step it was is known when it is done, so a span gets its name at its end.
    """

    def __init__(self, tracer: Tracer, decision: Span) -> None:
        self._tracer, self._decision = tracer, decision
        self._begin()

    def done(self, step: str) -> None:
        """The step that ended now."""
        self._open.update_name(step)
        self._end()
        self._begin()

    def recorded(self, document: Document) -> None:
        """The last step is done, and this came of it all."""
        self._open.update_name("record")
        self._decision.set_attribute(DECISION, document["decision_id"])
        self._decision.set_attribute(OUTCOME, document["outcome"])

    def _begin(self) -> None:
        self._open = self._tracer.start_span(UNFINISHED)
        self._token = context.attach(trace.set_span_in_context(self._open))

    def _end(self) -> None:
        self._open.end()
        context.detach(self._token)

    def close(self, exc: BaseException | None = None) -> None:
        if exc is not None:
            failed(self._open, exc)
        self._end()


@contextmanager
def deciding() -> Iterator[Steps]:
    """The span of a decision, and what tells of its steps."""
    with span("decision") as whole:
        steps = Steps(trace.get_tracer(SCOPE), whole)
        try:
            yield steps
        except BaseException as exc:
            steps.close(exc)
            raise
        steps.close()


def trace_id() -> str | None:
    """Of the trace that this belongs to, if one is made."""
    at = trace.get_current_span().get_span_context()
    return f"{at.trace_id:032x}" if at.is_valid else None
