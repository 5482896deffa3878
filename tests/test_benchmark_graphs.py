"""The graphs that benchmarks ask: copies in which the first is as before, and blocks that do not mix."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.graphs import BLOCK, PERSONS, copy, make_up, person
from kg.answer.pipeline import answer
from kg.bootstrap import Services, open_services
from kg.domain.question import Question
from kg.domain.scope import Scope
from kg.settings import Settings
from loaders.jobs import load_files

SUPPLY = Path(__file__).resolve().parents[1] / "examples" / "supply"
DELIVER = "Which suppliers deliver sunflower oil?"


def opened(path: Path) -> Services:
    return open_services(Settings(store=f"sqlite:{path}"))


def keys(services: Services, question: str) -> list[str]:
    document = answer(Question(question), services.store, services.decisions, services.clock)
    return [entity["keys"][0] for entity in document["answer"]["entities"]]


@pytest.fixture(scope="module")
def supply(tmp_path_factory: pytest.TempPathFactory) -> Services:
    services = opened(tmp_path_factory.mktemp("graphs") / "supply.db")
    assert all(
        run.state == "complete" for run in load_files(sorted(SUPPLY.glob("*.yml")), None, services, lambda *_: None)
    )
    return services


def test_a_grown_graph_has_the_old_answers_and_others_beside(supply: Services, tmp_path: Path) -> None:
    once, grown = opened(tmp_path / "once.db"), opened(tmp_path / "grown.db")
    facts = copy(supply, once, 1)
    assert copy(supply, grown, 3) == 3 * facts
    small, large = (services.store.view(Scope()) for services in (supply, grown))
    assert large.datasets() == small.datasets()
    assert large.versions() == small.versions()
    assert len(large.scan(["Supplier"], 10_000).ids) == 3 * len(small.scan(["Supplier"], 10_000).ids) > 0
    assert keys(grown, DELIVER) == keys(supply, DELIVER) != []
    other = large.entities(["supplier:TVQ-1~1"])["supplier:TVQ-1~1"]
    assert other.name == "Lftusfm Pjmt"  # Kestrel Oils, one letter on
    once.store.close()
    grown.store.close()


def test_a_made_up_graph_has_ten_facts_an_entity_and_what_is_asked_is_the_same_in_a_larger_one(tmp_path: Path) -> None:
    one, two = opened(tmp_path / "1.db"), opened(tmp_path / "2.db")
    assert make_up(one, 1) == (10 + 2) * BLOCK
    assert make_up(two, 2) == 2 * (10 + 2) * BLOCK
    views = [services.store.view(Scope()) for services in (one, two)]
    seeds = [person(0, place)[0] for place in range(0, PERSONS, 100)]
    first, second = (view.follow(seeds, ("knows", "works_on"), "out", 50) for view in views)
    assert first == second
    assert len(first.facts) == 11 * len(seeds)
    assert first.cut == ()
    for services in (one, two):
        services.store.close()
