"""What each run made of a thing, a fact and a dataset version, the same on both stores."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.answer.history import entity_history, fact_history
from kg.answer.run_facts import Change, run_facts
from kg.domain.lineage import Run
from kg.domain.ontology import Ontology
from kg.domain.scope import Scope
from tests.builders import Store, TickingClock
from tests.e2e.test_lineage_walk import CSV, World

KESTREL = "supplier:SUP-1"


@pytest.fixture
def world(store: Store, core: Ontology, clock: TickingClock, tmp_path: Path) -> World:
    """Loaded three times: as it is, with another value, without its first row."""
    made = World(store, core, clock, tmp_path)
    for content in (CSV, CSV.replace("high", "low"), CSV.replace("SUP-1,Kestrel,high\n", "")):
        made.load(content)
    return made


def runs(world: World) -> list[Run]:
    return world.services.runs.runs(10)


def texts(world: World, run: Run, change: Change, limit: int = 10) -> list[str]:
    before = next((one for one in runs(world) if (one.ended_at or "") < (run.ended_at or "")), None)
    services = world.services
    found = run_facts(
        services.store, services.runs, Scope(any_day=True), run, change, before=before, after=0, limit=limit
    )
    return [one.text for one in found.facts]


def test_a_thing_is_told_from_its_beginning_to_its_end(world: World) -> None:
    steps = entity_history(world.services.store, Scope(), runs(world), None, KESTREL)
    assert [(len(one.came), len(one.went), one.after is not None) for one in steps] == [
        (0, 1, False),
        (1, 1, True),
        (1, 0, True),
    ]
    assert [one.run.id for one in steps] == [one.id for one in runs(world)]


def test_the_runs_of_a_page_are_held_against_the_one_before_them(world: World) -> None:
    newest, middle, _ = runs(world)
    (step,) = entity_history(world.services.store, Scope(), [newest], middle, KESTREL)
    assert [said.value for said in step.went] == ["low"]


def test_a_fact_is_told_with_who_said_it(world: World) -> None:
    fact = next(said.fact for said in entity_history(world.services.store, Scope(), runs(world), None, KESTREL)[1].went)
    ended, begun = fact_history(world.services.store, Scope(), runs(world), None, fact)
    assert (ended.run, begun.run) == (runs(world)[1], runs(world)[2])
    assert [one.assertion.locator for one in ended.went] == ["line 2#rating"]
    assert begun.text == "Kestrel (SUP-1): risk is high."


def test_what_a_run_gained_lost_and_kept_is_in_words(world: World) -> None:
    newest, middle, first = runs(world)
    high, low, other = (f"{who}: risk is {what}." for who, what in (
        ("Kestrel (SUP-1)", "high"), ("Kestrel (SUP-1)", "low"), ("Ortiga (SUP-2)", "low"),
    ))  # fmt: skip
    assert texts(world, first, "gained") == [high, other]
    assert (texts(world, middle, "gained"), texts(world, middle, "lost")) == ([low], [high])
    assert (texts(world, middle, "kept"), texts(world, newest, "kept")) == ([other], [other])
    assert low in texts(world, newest, "lost")
