"""Steps of a decision as spans: each named when it is done, what it does within it, errors by their code."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode, Tracer

from kg.errors import StoreTimeout
from kg.telemetry.spans import Steps, deciding, trace_id

DOCUMENT = {"decision_id": "d-1", "outcome": "answered"}


class Spans:
    """A provider of our own, and what came of it."""

    def __init__(self) -> None:
        self._kept = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self._kept))
        self.tracer: Tracer = provider.get_tracer("test")

    def ended(self) -> dict[str, ReadableSpan]:
        return {one.name: one for one in self._kept.get_finished_spans()}


@pytest.fixture
def spans() -> Iterator[Spans]:
    before = trace.get_current_span()
    yield Spans()
    assert trace.get_current_span() is before


def test_steps_are_named_when_they_are_done_and_hold_what_they_do(spans: Spans) -> None:
    with spans.tracer.start_as_current_span("decision") as whole:
        steps = Steps(spans.tracer, whole)
        steps.done("link")
        spans.tracer.start_span("call").end()
        steps.done("think")
        steps.recorded(DOCUMENT)
        steps.close()
    ended = spans.ended()
    assert list(ended) == ["link", "call", "think", "record", "decision"]
    inside = ended["think"].context
    parent = ended["call"].parent
    assert inside is not None
    assert parent is not None
    assert parent.span_id == inside.span_id
    assert dict(ended["decision"].attributes or {}) == {
        "whence.decision.id": "d-1",
        "whence.decision.outcome": "answered",
    }


def test_a_step_that_breaks_off_says_which_error_and_nothing_of_it(spans: Spans) -> None:
    with spans.tracer.start_as_current_span("decision") as whole:
        steps = Steps(spans.tracer, whole)
        steps.done("link")
        steps.close(StoreTimeout("Ann took too long"))
    broken = spans.ended()["step"]
    assert dict(broken.attributes or {}) == {"error.type": "store_timeout"}
    assert broken.status.status_code is StatusCode.ERROR
    assert "Ann" not in broken.to_json()


def test_without_an_sdk_there_is_no_trace_and_errors_pass(spans: Spans) -> None:
    def broken() -> None:
        with deciding() as steps:
            steps.done("link")
            assert trace_id() is None
            raise StoreTimeout("late")

    with pytest.raises(StoreTimeout, match="late"):
        broken()
