"""A thing that was retired still names the decisions that rested on it, and says since when it is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.decisions.impact import Impact
from kg.domain.decision import Document
from kg.domain.lineage import Classification
from kg.domain.ontology import Ontology
from kg.domain.ref import ref_of
from kg.domain.scope import Scope
from kg.errors import InvalidInput, LineageNotFound
from tests.builders import Store, TickingClock, run, target
from tests.e2e.test_lineage_walk import RISKY, World, decided

OTHERS = "id,name,rating\nSUP-2,Ortiga,low\n"
GONE_AT = "2026-03-01T10:00:01.000000Z"


@pytest.fixture
def world(store: Store, core: Ontology, clock: TickingClock, tmp_path: Path) -> World:
    made = World(store, core, clock, tmp_path)
    made.load()
    return made


def retire(world: World, ref: str) -> None:
    began = world.services.runs.runs(1)[0].ended_at
    assert began is not None
    ending = run(target(ref), f"run-{ref}", job=f"retire {ref}", started_at=began, ended_at=GONE_AT)
    world.services.store.retire(ref_of(ref), ending)


def impact(world: World, ref: str, scope: Scope | None = None) -> Impact:
    return world.services.impacts.of(ref, scope or Scope())


def refs_of(decision: Document) -> list[str]:
    [item] = [one for one in decision["evidence"] if one["kind"] == "fact"]
    return [
        "register",
        "register@1",
        "register@1/data.csv",
        "row:register@1/data.csv#line 2",
        f"fact:{item['facts'][0]}",
        "SUP-1",
    ]


def test_what_was_retired_names_its_decisions_and_when_it_ended(world: World) -> None:
    decision = decided(world, RISKY)
    refs = refs_of(decision)
    assert [impact(world, ref).ended for ref in refs] == [None] * len(refs)
    retire(world, "register")
    for ref in refs:
        found = impact(world, ref)
        assert [one.decision for one in found.touches if one.carried] == [decision["decision_id"]], ref
        assert found.ended is not None
        assert (found.ended.run, found.ended.job) == ("run-register", "retire register")
        assert impact(world, ref, Scope(datasets=("register@1",))).ended == found.ended
    with pytest.raises(InvalidInput, match="ended already"):
        world.services.impacts.of("register", Scope(), what_if=True)


def test_what_a_load_does_not_say_any_more_ended_with_it(world: World) -> None:
    decision = decided(world, RISKY)
    fact = refs_of(decision)[4]
    world.load(OTHERS)
    found = impact(world, fact)
    assert [one.decision for one in found.touches] == [decision["decision_id"]]
    assert found.ended is not None
    assert (found.ended.job, found.ended.run) == ("load register@1", world.services.runs.runs(1)[0].id)
    assert impact(world, "register").ended is None


def test_what_the_reader_may_not_see_was_never_there(world: World) -> None:
    world.load("id,name,rating\nSUP-9,Hidden,high\n", "secret.csv", dataset="secret", classification="internal")
    decided(world, RISKY)
    retire(world, "secret")
    retire(world, "register")
    for ref in ("secret", "SUP-9"):
        assert impact(world, ref).ended is not None
        for scope in (Scope(ceiling=Classification.PUBLIC), Scope(granted=("register",))):
            with pytest.raises(LineageNotFound):
                impact(world, ref, scope)
    with pytest.raises(LineageNotFound):
        impact(world, "register", Scope(known_as_of=world.services.store.view(Scope()).known_at))
