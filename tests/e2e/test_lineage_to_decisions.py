"""From a row, a source or a dataset down to the decisions that it carried, on both stores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kg.answer.lineage import Walk
from kg.answer.lineage_decisions import with_decisions
from kg.answer.pipeline import answer
from kg.domain.ontology import Ontology
from kg.domain.plan import Entities, Where
from kg.domain.question import Question
from kg.errors import InvalidInput, LineageNotFound
from tests.builders import MakeStore, Store, TickingClock
from tests.e2e.test_lineage_walk import World

ROW = "row:register@1/data.csv#line 2"


def risky(world: World, value: str = "high") -> str:
    """A decision on who has this rating, as it stands in one row."""
    plan = Where(Entities(type="Supplier"), "risk", "=", value)
    services = world.services
    made = answer(Question(f"Who is {value}?"), services.store, services.decisions, services.clock, plan)
    return str(made["decision_id"])


def after(world: World, ref: str, limit: int = 20, depth: int = 10, hidden: str = "") -> Walk:
    found = world.walk(ref, depth=depth)
    ledger = world.services.decisions
    return with_decisions(found, ledger, lambda one: None if one == hidden else ledger.decision(one), limit)


def decisions(found: Walk) -> list[Any]:
    return [(one.name, one.carried) for one in found.nodes if one.kind == "decision"]


@pytest.fixture
def world(store: Store, core: Ontology, clock: TickingClock, tmp_path: Path) -> World:
    made = World(store, core, clock, tmp_path)
    made.load()
    return made


@pytest.fixture
def small(make_store: MakeStore, core: Ontology, clock: TickingClock, tmp_path: Path) -> World:
    made = World(make_store("sqlite-memory"), core, clock, tmp_path)
    made.load()
    return made


def test_a_row_leads_over_its_fact_to_the_decision_that_it_carried(world: World) -> None:
    high, low = risky(world), risky(world, "low")
    found = after(world, ROW)
    assert found.root == ROW
    assert decisions(found) == [(high, True)]
    [near] = [start for start, end in found.links if end == f"decision:{high}"]
    assert next(node.text for node in found.nodes if node.id == near) == "Kestrel (SUP-1): risk is high."
    assert decisions(after(world, "register@1/data.csv")) == [(low, True), (high, True)]


def test_a_decision_hangs_on_the_source_where_the_walk_meets_none_of_its_rows(small: World) -> None:
    made = risky(small)
    found = after(small, "register@1/data.csv", depth=1)
    assert (f"decision:{made}", True) in {(one.id, one.carried) for one in found.nodes}
    shallow = after(small, "file/" + str(small.folder / "data.csv"), depth=1)
    assert [start for start, end in shallow.links if end == f"decision:{made}"] == ["source:register@1/data.csv"]


def test_decisions_that_may_not_be_read_are_not_told(small: World) -> None:
    first, second = risky(small), risky(small, "low")
    assert decisions(after(small, "register", hidden=second)) == [(first, True)]
    assert not after(small, "register", limit=1, hidden=second).more_decisions


def test_that_there_are_more_is_said(small: World) -> None:
    risky(small)
    newest = risky(small, "low")
    found = after(small, "register", limit=1)
    assert decisions(found) == [(newest, True)]
    assert found.more_decisions


def test_decisions_are_asked_for_downwards(small: World) -> None:
    with pytest.raises(InvalidInput):
        with_decisions(small.walk(ROW, "up"), small.services.decisions, small.services.decisions.decision, 1)


@pytest.mark.parametrize("ref", ["row:register@1/data.csv#line 9", "row:register@1/data.csv", "row:none#line 2"])
def test_a_row_that_is_not_there_is_refused(small: World, ref: str) -> None:
    with pytest.raises(LineageNotFound):
        small.walk(ref)


def test_a_row_of_a_version_that_is_not_current_is_found(small: World) -> None:
    small.load("id,name,rating\nSUP-3,Vale,low\n", "new.csv", version="2")
    assert small.ids(ROW)[0] == ROW
