"""Calls of models as spans and measurements, in the names of either version of the conventions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from kg.answer.prompt_table import released
from kg.domain.completion import ModelSpec, Reply, Request, Tokens
from kg.domain.prompt import PromptChoice
from kg.errors import ModelError, ModelTimeout
from kg.models.cached import Cached
from kg.models.traced import Traced
from kg.telemetry.calls import Calls
from kg.telemetry.conventions import conventions

SPEC = ModelSpec("house", "house-1", "http://127.0.0.1:8123/v1")
PROMPT = PromptChoice(released("answer"), "staging")
REQUEST = Request(
    "Be true.", "Who is Ann?", {"title": "answer"}, {"max_tokens": 50}, purpose="answer", caller="bob", prompt=PROMPT
)
REPLY = Reply({"a": 1}, '{"a": 1}', "house-1-2026", "r-1", tokens=Tokens(40, 10, 8), cost=0.00008)
LATEST = {"OTEL_SEMCONV_STABILITY_OPT_IN": "http, gen_ai_latest_experimental"}
CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"


class Fixed:
    """Gives a reply, or raises an error."""

    def __init__(self, reply: Reply = REPLY, error: ModelError | None = None, spec: ModelSpec = SPEC) -> None:
        self.spec = spec
        self._reply, self._error = reply, error

    def complete(self, _: Request) -> Reply:
        if self._error is not None:
            raise self._error
        return self._reply


class Told:
    """What is told of calls, in the conventions that an environment asks for."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._spans, self._reader = InMemorySpanExporter(), InMemoryMetricReader()
        tracing = TracerProvider()
        tracing.add_span_processor(SimpleSpanProcessor(self._spans))
        self.calls = Calls(conventions(environment), tracing, MeterProvider([self._reader]))

    def span(self) -> ReadableSpan:
        (one,) = self._spans.get_finished_spans()
        return one

    def attributes(self) -> dict[str, Any]:
        return dict(self.span().attributes or {})

    def count(self) -> int:
        return len(self._spans.get_finished_spans())

    def measured(self) -> dict[str, list[Any]]:
        data = self._reader.get_metrics_data()
        assert data is not None
        return {
            one.name: list(one.data.data_points)
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for one in scope.metrics
        }


def called(environment: Mapping[str, str], reply: Reply = REPLY) -> Told:
    told = Told(environment)
    Traced(Fixed(reply), told.calls).complete(REQUEST)
    return told


def test_a_call_is_a_client_span_named_for_the_model() -> None:
    told = called({})
    assert (told.span().name, told.span().kind) == ("chat house-1", SpanKind.CLIENT)
    assert told.attributes() == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "house-1",
        "gen_ai.request.stream": True,
        "gen_ai.request.max_tokens": 50,
        "gen_ai.output.type": "json",
        "gen_ai.response.model": "house-1-2026",
        "gen_ai.response.id": "r-1",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 40,
        "gen_ai.usage.output_tokens": 10,
        "gen_ai.usage.cache_read.input_tokens": 8,
        "server.address": "127.0.0.1",
        "server.port": 8123,
        "whence.model.name": "house",
        "whence.purpose": "answer",
        "whence.prompt.name": "answer",
        "whence.prompt.version": "0",
        "whence.prompt.hash": PROMPT.version.hash,
        "whence.prompt.label": "staging",
        "whence.cost": 0.00008,
        "whence.requests": 1,
    }


def test_the_latest_conventions_have_names_for_prompts_and_none_for_hash_and_label() -> None:
    told = called(LATEST).attributes()
    assert (told["gen_ai.prompt.name"], told["gen_ai.prompt.version"]) == ("answer", "0")
    assert {key for key in told if key.startswith("whence.prompt.")} == {"whence.prompt.hash", "whence.prompt.label"}


def test_measurements_have_the_names_of_1_41_or_of_the_latest() -> None:
    old = called({}).measured()
    assert set(old) == {"gen_ai.client.operation.duration", "gen_ai.client.token.usage"}
    used = {one.attributes["gen_ai.token.type"]: one.sum for one in old["gen_ai.client.token.usage"]}
    assert used == {"input": 40, "output": 10}
    new = called(LATEST).measured()
    counters = {name: points[0].value for name, points in new.items() if name != "gen_ai.client.inference.duration"}
    assert counters == {
        "gen_ai.client.inference.usage.input_tokens": 40,
        "gen_ai.client.inference.usage.output_tokens": 10,
        "gen_ai.client.inference.usage.cache_read.input_tokens": 8,
    }
    assert new["gen_ai.client.inference.duration"][0].explicit_bounds[:2] == (0.01, 0.02)


def test_tokens_that_nobody_counted_are_not_measured() -> None:
    assert set(called({}, Reply({}, "{}", "m")).measured()) == {"gen_ai.client.operation.duration"}


@pytest.mark.parametrize("said", ["true", "SPAN_ONLY", "span_and_event"])
def test_what_is_said_is_told_where_the_environment_asks_for_it(said: str) -> None:
    told = called({CAPTURE: said}).attributes()
    assert json.loads(told["gen_ai.system_instructions"]) == [{"type": "text", "content": "Be true."}]
    assert json.loads(told["gen_ai.input.messages"])[0]["parts"][0]["content"] == "Who is Ann?"
    assert json.loads(told["gen_ai.output.messages"])[0]["parts"][0]["content"] == '{"a": 1}'


@pytest.mark.parametrize("said", ["", "false", "event_only", "no_content", "yes please"])
def test_what_is_said_is_told_nowhere_else(said: str) -> None:
    told = called({CAPTURE: said} if said else {})
    assert "Ann" not in told.span().to_json()
    assert "Be true" not in told.span().to_json()


def test_an_error_is_its_code_and_never_its_message() -> None:
    told = Told({})
    with pytest.raises(ModelTimeout):
        Traced(Fixed(error=ModelTimeout("Ann took too long")), told.calls).complete(REQUEST)
    assert told.attributes()["error.type"] == "model_timeout"
    assert told.span().status.status_code is StatusCode.ERROR
    assert "Ann" not in told.span().to_json()
    (point,) = told.measured()["gen_ai.client.operation.duration"]
    assert point.attributes["error.type"] == "model_timeout"


def test_a_reply_from_the_cache_is_no_call() -> None:
    told = Told({})
    model = Cached(Traced(Fixed(), told.calls), most=1)
    assert [model.complete(REQUEST).calls for _ in range(3)] == [1, 0, 0]
    assert told.count() == 1


@pytest.mark.parametrize(
    ("spec", "provider"),
    [
        (ModelSpec("a", "a", "https://acme.openai.azure.com/openai/v1"), "azure.ai.openai"),
        (ModelSpec("a", "a", "http://127.0.0.1:1/v1", scripted=True), "scripted"),
        (ModelSpec("a", "a", "https://api.openai.com/v1"), "openai"),
    ],
    ids=["azure", "scripted", "openai"],
)
def test_the_provider_is_whose_interface_it_is(spec: ModelSpec, provider: str) -> None:
    told = Told({})
    Traced(Fixed(spec=spec), told.calls).complete(REQUEST)
    assert told.attributes()["gen_ai.provider.name"] == provider


def test_without_an_sdk_a_call_goes_through_and_nothing_is_told() -> None:
    assert Traced(Fixed(), Calls(conventions({CAPTURE: "true"}))).complete(REQUEST) == REPLY
