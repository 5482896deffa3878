"""A printed plan is a question too: sent back it finds the same, edited it finds what it then says."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from kg.answer.pipeline import answer
from kg.bootstrap import Services, open_services
from kg.domain.plan_json import from_json, to_json
from kg.domain.question import Question
from kg.settings import Settings
from loaders.jobs import load_files
from tests.faults.children import ROOT, whence

SUPPLY = ROOT / "examples" / "supply"
GOLDS = [json.loads(line) for line in (SUPPLY / "questions.jsonl").read_text("utf-8").splitlines()]
DELIVER = "Which suppliers deliver sunflower oil?"
CERTIFIED = "Which suppliers of sunflower oil hold a valid organic certificate?"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    address = f"sqlite:{tmp_path_factory.mktemp('plans') / 'supply.db'}"
    opened = open_services(Settings(store=address))
    assert all(
        run.state == "complete" for run in load_files(sorted(SUPPLY.glob("*.yml")), None, opened, lambda *_: None)
    )
    opened.store.close()
    return address


@pytest.fixture(scope="module")
def services(database: str) -> Iterator[Services]:
    opened = open_services(Settings(store=database))
    yield opened
    opened.store.close()


@pytest.fixture(scope="module")
def client(services: Services) -> Iterator[TestClient]:
    with TestClient(create_app(services), base_url="http://localhost") as made:
        yield made


@pytest.fixture
def ask(database: str, tmp_path: Path) -> Any:
    """`whence ask --json` in a process of its own."""

    def asked(question: str, *arguments: str, given: dict[str, Any] | None = None) -> dict[str, Any]:
        path = tmp_path / "given.json"
        if given is not None:
            path.write_text(json.dumps(given), "utf-8")
        options = (*arguments, *(("--plan", str(path)) if given is not None else ()))
        ended = whence("ask", question, "--json", "--store", database, *options)
        assert ended.code == 0, ended.err
        return dict(json.loads(ended.out))

    return asked


def keys(document: dict[str, Any]) -> list[str]:
    return [entity["keys"][0] for entity in document["answer"]["entities"]]


def edited(plan: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    text = json.dumps(plan)
    assert old in text
    return dict(json.loads(text.replace(old, new)))


def said(document: dict[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in ("outcome", "answer", "interpretation", "plan", "evidence")}


@pytest.mark.parametrize("gold", GOLDS, ids=lambda gold: str(gold["id"]))
def test_every_plan_that_was_run_finds_the_same_again(services: Services, gold: dict[str, Any]) -> None:
    question = Question(gold["question"])
    document = answer(question, services.store, services.decisions, services.clock)
    sent = [document] if document["plan"] is not None else document["answer"]["choices"]
    for one in copy.deepcopy(sent):
        plan = from_json(json.loads(json.dumps(one["plan"])))
        assert to_json(plan) == one["plan"]
        again = answer(question, services.store, services.decisions, services.clock, plan)
        if one["plan"] == document["plan"]:
            assert said(again) == said(document)
        else:
            assert again["answer"]["entities"] == one["answer"]["entities"]
            assert again["plan"] == one["plan"]


def test_on_the_command_line_the_printed_document_can_be_edited_and_passed_back(ask: Any) -> None:
    first = ask(DELIVER)
    assert said(ask(DELIVER, given=first)) == said(first)
    olive = edited(first, "ingredient:ING-1", "ingredient:ING-2")
    assert keys(ask(DELIVER, given=olive)) == keys(ask("Which suppliers deliver rapeseed oil?")) != keys(first)


def test_over_http_the_plan_can_be_edited_and_sent_back(client: TestClient) -> None:
    def sent(question: str, plan: dict[str, Any] | None = None) -> dict[str, Any]:
        made = client.post("/v1/decisions", json={"question": question} | ({"plan": plan} if plan else {}))
        assert made.status_code == 201, made.text
        return dict(made.json())

    first = sent(DELIVER)
    assert said(sent(DELIVER, first["plan"])) == said(first)
    counted = sent(DELIVER, {"op": "count", "source": edited(first["plan"], "ingredient:ING-1", "ingredient:ING-2")})
    assert counted["answer"]["value"] == len(keys(sent("Which suppliers deliver rapeseed oil?")))


@pytest.mark.parametrize(("day", "found"), [("2025-06-01", ["1", "7", "11", "26"]), ("2026-03-20", ["1", "11", "42"])])
def test_as_of_a_day_a_question_and_its_plan_find_what_was_true_then(ask: Any, day: str, found: list[str]) -> None:
    first = ask(CERTIFIED, "--as-of", day)
    assert first["as_of"]["valid"] == first["scope"]["valid_as_of"] == day
    assert keys(first) == [f"SUP-{number}" for number in found]
    assert said(ask(CERTIFIED, "--as-of", day, given=first)) == said(first)
