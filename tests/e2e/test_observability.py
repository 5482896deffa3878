"""What ``whence serve`` tells of its work: spans over OTLP, metrics, log lines; and what none of them may hold.

The server, the scripted model's HTTP and the receiver of OTLP are real, each over a socket of this machine.
"""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi import FastAPI, Request
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from api.demo_model import create_demo_model
from tests.api.supply import GAP, SUPPLY, loaded_supply
from tests.faults.children import ROOT, command, environment, whence
from tests.model_server import serving

KEY = "sk-planted-4711"
PERSON = "Ann Plantedsmith"
PLANTED = (KEY, PERSON, "Plantedsmith", "sunflower", "Sunflower", "Dniprovia", "SUP-7")
"""A key, who was asked about, and what the answer is made of."""
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Receiver:
    """Takes what is sent over OTLP."""

    def __init__(self) -> None:
        self.bodies: dict[str, list[bytes]] = {"traces": [], "metrics": []}
        self.app = FastAPI(openapi_url=None)

        @self.app.post("/v1/{signal}")
        async def take(signal: str, request: Request) -> dict[str, str]:
            self.bodies[signal].append(await request.body())
            return {}

    def spans(self) -> list[Span]:
        read = [ExportTraceServiceRequest.FromString(body) for body in self.bodies["traces"]]
        return [span for one in read for of in one.resource_spans for scope in of.scope_spans for span in scope.spans]


@dataclass(frozen=True)
class Worked:
    """A server that answered and ended, and all that it told."""

    receiver: Receiver
    metrics: str
    log: str
    decisions: dict[str, dict[str, Any]]

    def spans(self, name: str) -> list[Span]:
        return [one for one in self.receiver.spans() if one.name == name]

    def lines(self, event: str) -> list[dict[str, Any]]:
        found = [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]
        return [line for line in found if line["event"] == event]

    def counted(self, name: str) -> dict[tuple[str, ...], float]:
        """By the values of its labels."""
        rows = re.findall(rf"^{name}(?:{{(.*?)}})? (\S+)$", self.metrics, re.MULTILINE)
        return {tuple(re.findall(r'"([^"]*)"', labels)): float(value) for labels, value in rows}


def attributes(span: Span) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value") or "") for one in span.attributes}


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Worked:
    folder, receiver = tmp_path_factory.mktemp("observed"), Receiver()
    with loaded_supply(folder):
        pass
    with serving(create_demo_model()) as models, serving(receiver.app) as otlp:
        entries = [
            {"name": name, "model": model, "base_url": models, "ceiling": "confidential", "key_variable": "PLANTED_KEY"}
            for name, model in (("house", "scripted"), ("liar", "scripted-wrong"), ("broken", "scripted-e401"))
        ]
        (folder / "models.yml").write_text(yaml.safe_dump({"use": "house", "models": entries}), "utf-8")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        child = subprocess.Popen(
            command("serve", "--port", str(port), "--store", f"sqlite:{folder / 'supply.db'}"),
            cwd=ROOT,
            env=environment()
            | {
                "PLANTED_KEY": KEY,
                "WHENCE_MODELS": str(folder / "models.yml"),
                "WHENCE_LOG": "json",
                "OTEL_EXPORTER_OTLP_ENDPOINT": otlp.removesuffix("/v1"),
                "OTEL_METRIC_EXPORT_INTERVAL": "60000",
            },
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            base = f"http://127.0.0.1:{port}"
            ready(base)
            decisions = used(base)
            again = whence(
                "load", str(SUPPLY / "site-list.yml"), "--store", f"sqlite:{folder / 'supply.db'}", "--json", cwd=ROOT
            )
            assert again.code == 0, again
            metrics = got(f"{base}/metrics")
        finally:
            child.send_signal(signal.SIGINT)
            _, log = child.communicate(timeout=30)
    return Worked(receiver, metrics, log, decisions)


def ready(base: str) -> None:
    for _ in range(300):
        try:
            got(f"{base}/metrics")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server did not start")


def got(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as reply:  # noqa: S310 (loopback)
        return str(reply.read().decode())


def sent(url: str, body: bytes, **headers: str) -> Any:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", **headers})  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310
        return reply.read().decode()


def used(base: str) -> dict[str, dict[str, Any]]:
    """Ask rightly and wrongly; the decisions by what was asked for."""

    def asked(question: str, model: str, **headers: str) -> dict[str, Any]:
        body = json.dumps({"question": question, "model": model}).encode()
        return dict(json.loads(sent(f"{base}/v1/decisions", body, **headers)))

    decisions = {model: asked(GAP, model, traceparent=PARENT) for model in ("house", "liar", "broken", "none")}
    decisions["abstained"] = asked(f"Is {PERSON} a better whistler than her mother?", "none")
    streamed = sent(f"{base}/v1/decisions", json.dumps({"question": GAP}).encode(), Accept="text/event-stream")
    decisions["streamed"] = json.loads(streamed.partition("event: decision\ndata: ")[2].partition("\n")[0])
    name = PERSON.replace(" ", "%20")
    got(f"{base}/v1/entities?q=Dniprovia")
    for path in (f"/v1/decisions/{name}", f"/v1/entities/person:{name}", f"/{name}", "/v1/entities?limit=none"):
        with pytest.raises(urllib.error.HTTPError):
            got(f"{base}{path}")
    for body in (b'{"question": "' + PERSON.encode(), json.dumps({"question": "", "who": PERSON}).encode()):
        with pytest.raises(urllib.error.HTTPError):
            sent(f"{base}/v1/decisions", body)
    with pytest.raises(urllib.error.HTTPError):
        asked("Which suppliers?", PERSON)
    return decisions


# --- what none of them may hold ------------------------------------------------------------------------------------


@pytest.mark.parametrize("planted", PLANTED)
def test_nothing_that_was_asked_read_or_secret_is_logged_traced_or_measured(worked: Worked, planted: str) -> None:
    assert "Dniprovia" in worked.decisions["house"]["answer"]["text"]
    assert worked.receiver.bodies["traces"]
    assert worked.receiver.bodies["metrics"]
    found = [*worked.receiver.bodies["traces"], *worked.receiver.bodies["metrics"]]
    for told in (*found, worked.metrics.encode(), worked.log.encode()):
        assert planted.encode() not in told
        assert planted.replace(" ", "%20").encode() not in told


# --- spans -----------------------------------------------------------------------------------------------------------


def test_a_decision_is_a_span_with_its_steps_in_it(worked: Worked) -> None:
    decision = next(
        one
        for one in worked.spans("decision")
        if attributes(one)["whence.decision.id"] == worked.decisions["house"]["decision_id"]
    )
    assert attributes(decision)["whence.decision.outcome"] == "answered"
    steps = [one for one in worked.receiver.spans() if one.parent_span_id == decision.span_id]
    assert [one.name for one in sorted(steps, key=lambda one: one.start_time_unix_nano)] == [
        *(one["step"] for one in worked.decisions["house"]["trace"]["steps"]),
        "record",
    ]


def test_calls_of_the_model_lie_in_the_steps_that_make_them(worked: Worked) -> None:
    steps = {one.span_id: one.name for one in worked.receiver.spans()}
    calls = worked.spans("chat scripted")
    found = Counter((steps[one.parent_span_id], attributes(one)["whence.purpose"]) for one in calls)
    assert found == {("think", "plan"): 2, ("write", "answer"): 2}
    assert {one.kind for one in calls} == {Span.SPAN_KIND_CLIENT}


def test_a_decision_belongs_to_the_trace_of_its_caller(worked: Worked) -> None:
    trace = PARENT.split("-")[1]
    mine = [one for one in worked.spans("decision") if one.trace_id.hex() == trace]
    assert len(mine) == 4
    assert {line["trace_id"] for line in worked.lines("decision")} >= {trace}


def test_a_streamed_decision_lies_in_the_span_of_its_request(worked: Worked) -> None:
    spans = {one.span_id: one.name for one in worked.receiver.spans()}
    assert {spans.get(one.parent_span_id) for one in worked.spans("decision")} == {"POST /v1/decisions"}


def test_an_error_of_a_model_is_its_code(worked: Worked) -> None:
    failed = worked.spans("chat scripted-e401")
    assert failed
    assert {attributes(one)["error.type"] for one in failed} == {"model_rejected"}
    assert {(one.status.message, len(one.events)) for one in failed} == {("", 0)}


# --- metrics ---------------------------------------------------------------------------------------------------------


def test_decisions_are_counted_by_outcome_and_timed_by_step(worked: Worked) -> None:
    outcomes = Counter(one["outcome"] for one in worked.decisions.values())
    assert worked.counted("whence_decisions_total") == {(name,): count for name, count in outcomes.items()}
    assert worked.counted("whence_decision_seconds_count") == {(): 6}
    steps = Counter(step for one in worked.decisions.values() for step in {s["step"] for s in one["trace"]["steps"]})
    assert worked.counted("whence_step_seconds_count") == {(name,): count for name, count in steps.items()}


def test_calls_tokens_and_cost_are_counted_by_model_and_purpose(worked: Worked) -> None:
    calls = worked.counted("whence_model_calls_total")
    assert calls["house", "plan", "ok"] == calls["house", "answer", "ok"] == 2
    assert calls["broken", "plan", "model_rejected"] == 1
    used = [worked.decisions[name]["usage"]["tokens"] for name in ("house", "streamed")]
    tokens = worked.counted("whence_model_tokens_total")
    assert sum(count for labels, count in tokens.items() if labels[1] == "house" or "house" in labels) == sum(used)
    assert set(worked.counted("whence_model_cost_total").values()) == {0.0}


def test_claims_that_did_not_stand_are_counted_by_verdict(worked: Worked) -> None:
    dropped = Counter(one["verdict"] for one in worked.decisions["liar"]["writer"]["dropped"])
    assert dropped
    assert worked.counted("whence_claims_dropped_total") == {(name,): count for name, count in dropped.items()}


def test_errors_are_counted_by_code_whoever_refuses(worked: Worked) -> None:
    counted = worked.counted("whence_errors_total")
    codes = (
        "decision_not_found",
        "entity_not_found",
        "not_found",
        "request_invalid",
        "json_invalid",
        "model_not_found",
    )
    assert {code: counted[code,] for code in codes} == dict.fromkeys(codes, 1.0) | {"request_invalid": 2.0}
    assert counted["model_rejected",] >= 1


def test_loads_of_other_processes_are_counted_by_state(worked: Worked) -> None:
    loads = {"complete": 0, "unchanged": 1, "failed": 0, "lost": 0}
    assert worked.counted("whence_loads_total") == {(state,): count for state, count in loads.items()}
    assert worked.counted("whence_load_running") == {(): 0}


# --- the log ---------------------------------------------------------------------------------------------------------


def test_each_decision_and_call_is_one_line(worked: Worked) -> None:
    lines = {line["decision_id"]: line for line in worked.lines("decision")}
    assert lines.keys() == {one["decision_id"] for one in worked.decisions.values()}
    for document in worked.decisions.values():
        line = lines[document["decision_id"]]
        assert (line["outcome"], line["tokens"]) == (document["outcome"], document["usage"]["tokens"])
        assert line["ms"] == pytest.approx(sum(one["ms"] for one in document["trace"]["steps"]), abs=0.01)
        calls = [one for one in worked.lines("model call") if one["decision_id"] == document["decision_id"]]
        assert [one["purpose"] for one in calls] == [one["purpose"] for one in document["calls"]]
        assert all(one["ms"] > 0 for one in calls)
    assert lines[worked.decisions["broken"]["decision_id"]]["codes"] == ["model_rejected"]
    assert lines[worked.decisions["liar"]["decision_id"]]["dropped"]


def test_requests_are_logged_by_their_route(worked: Worked) -> None:
    found = Counter((line["method"], line["route"], line["status"]) for line in worked.lines("request"))
    assert found["POST", "/v1/decisions", 201] == 5
    assert found["GET", "/v1/decisions/{decision_id}", 404] == 1
    assert found["GET", "none", 404] == 1


# --- the command line ------------------------------------------------------------------------------------------------


def test_a_load_is_a_span_with_reading_staging_and_commit_in_it(tmp_path: Path) -> None:
    receiver = Receiver()
    with serving(receiver.app) as otlp:
        files = [str(path) for path in sorted(SUPPLY.glob("*.yml"))]
        ended = whence(
            "load",
            *files,
            "--store",
            f"sqlite:{tmp_path / 'w.db'}",
            cwd=ROOT,
            OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{otlp}/traces",
            OTEL_SERVICE_NAME="night-load",
        )
    assert ended.code == 0, ended
    loads = {one.span_id: attributes(one) for one in receiver.spans() if one.name == "load"}
    assert len(loads) == len(files) - 1
    for load in loads:
        parts = [one for one in receiver.spans() if one.parent_span_id == load]
        assert sorted(one.name for one in parts) == ["commit", "read", "stage"]
    assert {one["whence.run.state"] for one in loads.values()} == {"complete"}
    assert b"night-load" in receiver.bodies["traces"][0]
    assert receiver.bodies["metrics"] == []


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"WHENCE_LOG": "loud"}, "WHENCE_LOG: 'loud' is not json or plain"),
        ({"OTEL_TRACES_EXPORTER": "jaeger"}, "OTEL_TRACES_EXPORTER: 'jaeger' is not otlp, console or none"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "'grpc' is not http/protobuf",
        ),
    ],
    ids=["log", "exporter", "protocol"],
)
def test_a_wrong_setting_is_named(tmp_path: Path, variables: dict[str, str], words: str) -> None:
    ended = whence("runs", "--store", f"sqlite:{tmp_path / 'w.db'}", cwd=ROOT, **variables)
    assert ended.code == 1
    assert words in ended.err


def test_a_receiver_that_is_not_there_keeps_nothing_from_being_done(tmp_path: Path) -> None:
    store = f"sqlite:{tmp_path / 'w.db'}"
    files = [str(path) for path in sorted(SUPPLY.glob("*.yml"))]
    began = time.perf_counter()
    ended = whence(
        "load", *files, "--json", "--store", store, cwd=ROOT, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9"
    )
    assert {run["state"] for run in json.loads(ended.out)} == {"complete"}
    assert ended.code == 0
    assert time.perf_counter() - began < 20


def test_plain_lines_are_for_people_and_nothing_is_logged_unasked(tmp_path: Path) -> None:
    with loaded_supply(tmp_path):
        pass
    store = f"sqlite:{tmp_path / 'supply.db'}"
    quiet = whence("ask", GAP, "--json", "--store", store, cwd=ROOT)
    plain = whence("ask", GAP, "--json", "--store", store, cwd=ROOT, WHENCE_LOG="plain")
    assert (quiet.code, quiet.err) == (0, "")
    decided = json.loads(plain.out)["decision_id"]
    assert re.fullmatch(rf"\S+ info decision decision_id={decided} outcome=answered ms=\S+ .*\n", plain.err)


# --- the page --------------------------------------------------------------------------------------------------------


def test_every_metric_is_documented_and_no_other(worked: Worked) -> None:
    page = (ROOT / "docs" / "observability.md").read_text("utf-8")
    named = set(re.findall(r"^\| `(whence_\w+)` \|", page, re.MULTILINE))
    assert named == {one for one in re.findall(r"^# HELP (\w+) ", worked.metrics, re.MULTILINE) if "whence" in one}


def test_every_line_of_the_log_has_the_documented_fields(worked: Worked) -> None:
    page = (ROOT / "docs" / "observability.md").read_text("utf-8")
    rows = re.findall(r"^\| `([a-z ]+)` \|(.*)\|$", page.partition("## Logs")[2], re.MULTILINE)
    fields = {event: set(re.findall(r"`(\w+)`", re.sub(r"\(.*?\)", "", cells))) for event, cells in rows}
    for event in ("decision", "model call", "request"):
        for line in worked.lines(event):
            assert line.keys() - {"time", "level", "event", "trace_id"} == fields[event]
