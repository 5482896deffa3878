"""Two at once: a second load is refused, and a question asked during a load is answered from the state before it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.answer.pipeline import answer
from kg.bootstrap import Services, open_services
from kg.domain.question import Question
from kg.settings import Settings
from loaders.jobs import load_files
from tests.faults.children import Ended, read_graph, said_once, whence, write_dataset

QUESTION = "How many suppliers supply ITEM-7?"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with two hundred suppliers, five of them of ITEM-7."""
    path = tmp_path / "whence.db"
    assert whence("load", write_dataset(tmp_path / "first", 200), "--store", f"sqlite:{path}").code == 0
    return path


@pytest.fixture
def services(database: Path) -> Iterator[Services]:
    opened = open_services(Settings(store=f"sqlite:{database}"))
    yield opened
    opened.store.close()


class Meanwhile:
    """Runs commands once, in processes of their own, when the load has written its first records."""

    def __init__(self, *commands: tuple[str | Path, ...]) -> None:
        self.commands = commands
        self.ended: list[Ended] = []

    def __call__(self, stage: str, _done: int, _total: int | None) -> None:
        if stage == "commit" and not self.ended:
            self.ended = [whence(*one) for one in self.commands]


def test_a_second_load_is_refused_and_the_first_completes(database: Path, services: Services, tmp_path: Path) -> None:
    store = f"sqlite:{database}"
    other = write_dataset(tmp_path / "other", 10, dataset="other")
    meanwhile = Meanwhile(("load", other, "--store", store))
    runs = list(load_files([write_dataset(tmp_path / "second", 300)], None, services, meanwhile))
    assert "another load is writing to" in said_once(meanwhile.ended[0])
    assert [(run.state, run.records) for run in runs] == [("complete", 300)]
    assert whence("load", other, "--store", store).code == 0


def test_a_refused_load_changes_nothing(database: Path, services: Services, tmp_path: Path) -> None:
    other = write_dataset(tmp_path / "other", 10, dataset="other")
    list(load_files([other], None, services, Meanwhile(("load", other, "--store", f"sqlite:{database}"))))
    assert {one.dataset for one in services.store.view(Question("?").scope).datasets()} == {"register", "other"}
    assert read_graph(database).state[-1][0].state == "complete"


def test_a_question_during_a_load_is_answered_from_the_state_before_it_and_recorded(
    database: Path, services: Services, tmp_path: Path
) -> None:
    meanwhile = Meanwhile(("ask", QUESTION, "--json", "--store", f"sqlite:{database}"))
    list(load_files([write_dataset(tmp_path / "second", 400)], None, services, meanwhile))
    assert [one.code for one in meanwhile.ended] == [0], meanwhile.ended
    recorded = services.decisions.decisions(1)[0]
    assert recorded["answer"]["value"] == 5
    assert recorded["decision_id"] in meanwhile.ended[0].out
    after = answer(Question(QUESTION), services.store, services.decisions, services.clock)
    assert after["answer"]["value"] == 10


def test_a_view_made_before_a_load_reads_the_state_it_was_made_of(services: Services, tmp_path: Path) -> None:
    view = services.store.view(Question("?").scope)
    list(load_files([write_dataset(tmp_path / "second", 400)], None, services, Meanwhile()))
    assert len(view.scan(["Supplier"], 1_000).ids) == 200
    assert len(services.store.view(Question("?").scope).scan(["Supplier"], 1_000).ids) == 400
