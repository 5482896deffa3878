"""What this process did, as Prometheus counts it. Labels are names that an operator gave or that are fixed here."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from kg.bootstrap import Services
from kg.domain.decision import Document
from kg.errors import KgError
from kg.ports.ledger import RunLedger
from kg.telemetry.measured import CACHED, OK, measured

MEDIA = CONTENT_TYPE_LATEST
STEP_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""A step without a model takes milliseconds, one with a model up to its deadline."""
OTHER = "other"
RUNS_AT_ONCE = 50
MOST_RUNS = 1_600
"""Newest runs that are read for those that ended since the last look."""
STATES = ("complete", "unchanged", "failed", "lost")


class Metrics:
    """Of one application; a registry of its own, so that two in one process do not mix."""

    def __init__(self, services: Services) -> None:
        # When a counter began is noise in the text form; Prometheus sees restarts by itself.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._services = services
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._registry.register(_Loads(services.runs))
        self._decisions = self._counter("whence_decisions", "Decisions recorded.", "outcome")
        self._decision_s = self._histogram("whence_decision_seconds", "How long decisions took.")
        self._step_s = self._histogram("whence_step_seconds", "How long the steps of decisions took.", "step")
        self._calls = self._counter("whence_model_calls", "Uses of models.", "model", "purpose", "result")
        self._call_s = self._histogram("whence_model_call_seconds", "How long models took.", "model", "purpose")
        self._tokens = self._counter("whence_model_tokens", "Tokens used.", "model", "purpose", "kind")
        self._cost = self._counter("whence_model_cost", "What models cost, as prices are set.", "model", "purpose")
        self._dropped = self._counter("whence_claims_dropped", "Claims of models that did not stand.", "verdict")
        self._errors = self._counter("whence_errors", "Refusals and errors, of models too.", "code")

    def decided(self, document: Document, outcome: str) -> None:
        """A decision was recorded, and answered with this outcome: an answer that is withheld is not counted as one."""
        one = measured(document)
        self._decisions.labels(outcome).inc()
        self._decision_s.observe(one.ms / 1000)
        for step, ms in one.steps.items():
            self._step_s.labels(step).observe(ms / 1000)
        for verdict, count in one.dropped.items():
            self._dropped.labels(verdict).inc(count)
        for call in one.calls:
            model = self._model(call.model)
            self._calls.labels(model, call.purpose, call.result).inc()
            if call.result != CACHED:
                self._call_s.labels(model, call.purpose).observe(call.ms / 1000)
            self._tokens.labels(model, call.purpose, "input").inc(call.input)
            self._tokens.labels(model, call.purpose, "output").inc(call.output)
            self._cost.labels(model, call.purpose).inc(call.cost)
            if call.result not in (OK, CACHED):
                self.refused(call.result)

    def refused(self, code: str) -> None:
        """A request was refused or failed, or a model did."""
        self._errors.labels(code).inc()

    def text(self) -> bytes:
        return generate_latest(self._registry)

    def _model(self, name: str) -> str:
        """A caller may name any model of a server; only names that are set become labels."""
        models = self._services.models
        with suppress(KgError):
            if models is not None and name in {spec.name for spec in models.specs()}:
                return name
        return OTHER

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(name, told, labels, registry=self._registry)

    def _histogram(self, name: str, told: str, *labels: str) -> Histogram:
        return Histogram(name, told, labels, buckets=STEP_S, registry=self._registry)


class _Loads(Collector):
    """Runs that were recorded while this process runs, by whichever process, read from the store when it is asked."""

    def __init__(self, ledger: RunLedger) -> None:
        self._ledger = ledger
        self._guard = threading.Lock()
        self._ended = dict.fromkeys(STATES, 0)
        self._seen: set[str] | None = None

    def describe(self) -> list[Metric]:
        return [CounterMetricFamily("whence_loads", ""), GaugeMetricFamily("whence_load_running", "")]

    def collect(self) -> Iterator[Metric]:
        """Nothing where the store does not answer: the other metrics are told all the same."""
        with self._guard:
            try:
                self._look()
                live = self._ledger.live()
            except KgError:
                return
            ended = CounterMetricFamily(
                "whence_loads", "Runs recorded since this process was first asked.", None, ["state"]
            )
            for state, count in self._ended.items():
                ended.add_metric([state], count)
        yield ended
        running = live is not None and live.run.state == "running"
        yield GaugeMetricFamily("whence_load_running", "Whether a load is at work.", float(running))

    def _look(self) -> None:
        asked, new = RUNS_AT_ONCE, []
        while True:
            runs = self._ledger.runs(asked)
            new = [run for run in runs if self._seen is not None and run.id not in self._seen]
            # Fewer than were asked for, or some that were seen before: there are no further new ones.
            if self._seen is None or len(new) < len(runs) or len(runs) < asked or asked >= MOST_RUNS:
                break
            asked *= 2
        for run in new:
            self._ended[run.state] = self._ended.get(run.state, 0) + 1
        self._seen = (self._seen or set()) | {run.id for run in runs}
