"""A question is asked with a model over real HTTP, as a whole and step by step; the model is scripted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner

from api.app import create_app
from api.cli import app
from api.demo_model import create_demo_model
from api.scripted import Script
from kg.bootstrap import Services, open_services
from kg.settings import Settings
from tests.api.supply import GAP, loaded_supply, served
from tests.model_server import serving

Event = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("supply")
    with loaded_supply(folder):
        pass
    return f"sqlite:{folder / 'supply.db'}"


@pytest.fixture(scope="module")
def model_url() -> Iterator[str]:
    with serving(create_demo_model()) as url:
        yield url


@pytest.fixture(scope="module")
def services(store: str, model_url: str) -> Iterator[Services]:
    opened = open_services(Settings(store=store, environment={"OPENAI_BASE_URL": model_url}))
    yield opened
    opened.store.close()


@pytest.fixture(scope="module")
def url(services: Services) -> Iterator[str]:
    with served(create_app(services)) as address:
        yield address


def stream(url: str, **body: Any) -> list[Event]:
    with httpx2.stream(
        "POST", f"{url}/v1/decisions", json=body, headers={"Accept": "text/event-stream"}, timeout=30
    ) as reply:
        assert reply.status_code == 200
        assert reply.headers["content-type"].startswith("text/event-stream")
        text = "".join(reply.iter_text())
    found = []
    for block in filter(None, text.split("\n\n")):
        name, data = (line.partition(": ")[2] for line in block.splitlines())
        found.append((name, json.loads(data)))
    return found


def test_the_steps_come_in_order_each_claim_with_its_verdict_and_the_decision_last(url: str) -> None:
    events = stream(url, question=GAP)
    names = [name for name, _ in events]
    assert list(dict.fromkeys(names)) == ["linked", "plan", "rows", "evidence", "claim", "decision"]
    told: dict[str, list[dict[str, Any]]] = {}
    for name, data in events:
        told.setdefault(name, []).append(data)
    [decision] = told["decision"]
    assert told["claim"] == decision["claims"]
    assert told["evidence"] == decision["evidence"]
    assert {claim["verdict"] for claim in told["claim"]} == {"supported"}
    assert told["plan"][-1]["plan"] == decision["plan"]
    assert httpx2.get(f"{url}/v1/decisions/{decision['decision_id']}").json() == decision


def test_a_stream_that_fails_ends_with_the_problem(url: str) -> None:
    [*_, (name, problem)] = stream(url, question=" ")
    assert (name, problem["code"]) == ("problem", "question_invalid")


def test_the_decision_shows_the_model_the_prompts_the_tokens_and_the_cost(url: str) -> None:
    document = httpx2.post(f"{url}/v1/decisions", json={"question": GAP}, timeout=30).json()
    assert document["versions"]["model"] == {
        "name": "scripted", "model": "scripted", "scripted": True,
        "ceiling": "internal", "redact": [], "context_tokens": 16_000,
    }  # fmt: skip
    assert {one["name"] for one in document["versions"]["prompt"]} == {"answer", "plan"}
    assert document["reader"]["by"] == "grammar and model"
    assert document["writer"]["by"] == "model"
    assert document["usage"]["tokens"] > 0
    assert [call["purpose"] for call in document["calls"]] == ["plan", "answer"]


def test_a_caller_may_do_without_a_model(url: str) -> None:
    document = httpx2.post(f"{url}/v1/decisions", json={"question": GAP, "model": "none"}, timeout=30).json()
    assert document["versions"]["model"] is None
    assert (document["reader"]["by"], document["writer"]["by"], document["calls"]) == ("grammar", "extractive", [])


def test_an_unknown_prompt_version_is_refused(url: str) -> None:
    body = {"question": GAP, "prompts": {"answer": "answer@77"}}
    reply = httpx2.post(f"{url}/v1/decisions", json=body, timeout=30)
    assert (reply.status_code, reply.json()["code"]) == (404, "prompt_not_found")


def whence(store: str, model_url: str, *args: str) -> Any:
    environment = {"OPENAI_BASE_URL": model_url, "WHENCE_MODEL": "scripted", "WHENCE_STORE": store}
    done = CliRunner().invoke(app, ["ask", GAP, *args, "--json"], env=environment, catch_exceptions=False)
    assert done.exit_code == 0
    return json.loads(done.stdout)


def test_an_estimate_asks_nothing_and_records_nothing(store: str, model_url: str, services: Services) -> None:
    before = len(services.decisions.decisions(1_000))
    told = whence(store, model_url, "--estimate")
    assert [one["purpose"] for one in told["calls"]] == ["plan", "answer"]
    assert told["tokens"] == sum(one["input"] + one["output"] for one in told["calls"])
    spent = whence(store, model_url)["usage"]["tokens"]
    assert 0 < spent < told["tokens"]
    assert len(services.decisions.decisions(1_000)) == before + 1


def test_a_claim_that_cites_what_is_no_evidence_goes_and_the_answer_says_so(store: str) -> None:
    invented = {"claims": [{"text": "Dniprovia Agro (SUP-7) supplies Sunflower oil (ING-1).", "evidence": ["E77"]}]}
    with serving(create_demo_model(Script(replies=((("<evidence>",), json.dumps(invented)),)))) as address:
        document = whence(store, address)
    assert [one["problem"] for one in document["writer"]["dropped"]] == ["it cites E77, which is no evidence"]
    assert (document["outcome"], document["writer"]["by"]) == ("answered", "extractive")
    assert {claim["verdict"] for claim in document["claims"]} == {"supported"}


def test_two_prompt_versions_answer_side_by_side(store: str, model_url: str) -> None:
    one, other = whence(store, model_url, "--prompt", "answer@0", "--against", "answer@latest")
    assert one["question"] == other["question"]
    assert [used["version"] for used in one["versions"]["prompt"] if used["name"] == "answer"] == [0]
    assert one["answer"]["entities"] == other["answer"]["entities"]


def test_a_server_that_is_not_there_leaves_the_answer_of_the_grammar(store: str) -> None:
    document = whence(store, "http://127.0.0.1:9/v1")
    assert document["outcome"] == "answered"
    assert document["reader"]["by"] == "grammar"
    assert document["writer"]["by"] == "extractive"
    assert all(call["error"].startswith("model_unavailable") for call in document["calls"])
