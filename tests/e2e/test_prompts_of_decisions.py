"""A prompt is saved, labelled, used and taken back, and decisions show it; the model is scripted, its HTTP real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.demo_model import create_demo_model
from kg.answer.pipeline import answer
from kg.answer.prompt_table import released
from kg.answer.prompts import Prompts
from kg.answer.write import Author
from kg.backends.openai.model import OpenAIModel
from kg.bootstrap import Services
from kg.domain.completion import ModelSpec
from kg.domain.decision import Document
from kg.domain.lineage import Classification
from kg.domain.question import Question
from kg.domain.scope import Scope
from tests.api.supply import GAP, loaded_supply
from tests.model_server import serving


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("supply")


@pytest.fixture(scope="module")
def services(folder: Path) -> Iterator[Services]:
    with loaded_supply(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def model() -> Iterator[OpenAIModel]:
    with serving(create_demo_model()) as url:
        yield OpenAIModel(
            ModelSpec("house", "scripted", url, ceiling=Classification.CONFIDENTIAL, scripted=True), "key"
        )


def ask(services: Services, model: OpenAIModel, **wanted: str) -> Document:
    author = Author(model, Prompts(services.prompts, wanted))
    return answer(Question(GAP, Scope()), services.store, services.decisions, services.clock, author=author)


def used(document: Document) -> dict[str, tuple[int, str, str | None]]:
    """By name of a prompt, which version a recorded decision used."""
    return {one["name"]: (one["version"], one["hash"], one["label"]) for one in document["versions"]["prompt"]}


def test_the_released_prompts_are_understood_by_the_scripted_model(services: Services, model: OpenAIModel) -> None:
    document = ask(services, model)
    assert document["outcome"] == "answered"
    assert [(call["purpose"], call["error"]) for call in document["calls"]] == [("plan", None), ("answer", None)]
    assert used(document) == {name: (0, released(name).hash, None) for name in ("plan", "answer")}
    assert document["claims"]
    assert {claim["verdict"] for claim in document["claims"]} == {"supported"}


def test_decisions_show_which_version_they_used(
    services: Services, model: OpenAIModel, folder: Path, tmp_path: Path
) -> None:
    def whence(*args: str) -> None:
        """As another process would."""
        done = CliRunner().invoke(app, ["prompts", *args, "--store", f"sqlite:{folder / 'supply.db'}"])
        assert done.exit_code == 0, done.output

    whence("export", "answer@0", "--out", str(tmp_path))
    file = tmp_path / "answer.yml"
    file.write_text(file.read_text("utf-8").replace("It was read as:", "Read as:"), "utf-8")
    whence("save", str(file), "--message", "shorter")
    assert used(ask(services, model))["answer"][0] == 0
    before = ask(services, model, answer="answer@latest")
    assert used(before)["answer"][::2] == (1, "latest")
    whence("label", "answer", "production", "1", "--reason", "as good, and shorter")
    after = ask(services, model)
    assert used(after)["answer"] == (1, used(before)["answer"][1], "production")
    whence("label", "answer", "production", "--remove", "--reason", "not as good after all")
    again = ask(services, model)
    assert used(again)["answer"] == (0, released("answer").hash, None)
    kept = services.decisions.decision(after["decision_id"])
    assert kept is not None
    assert used(kept) == used(after)
    assert rendered(after) != rendered(again)


def rendered(document: Document) -> Any:
    """Hash of what the model was sent to write the answer."""
    return next(call["rendered"] for call in document["calls"] if call["purpose"] == "answer")
