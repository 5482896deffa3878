"""Bad graphs and limits 34 to 39 of docs/bad-inputs.md, on both stores."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from kg.answer.explore import entity_card, find_entities, paths_between
from kg.answer.pipeline import answer
from kg.bootstrap import Services
from kg.domain.decision import Document
from kg.domain.plan import Count, Entities, Follow, Paths, Plan, SetPlan
from kg.domain.plan_json import from_json
from kg.domain.question import Question
from kg.domain.scope import Scope
from kg.errors import LimitInvalid, LoadInProgress, PlanInvalid
from loaders.jobs import load_files
from tests.builders import Store
from tests.unit.loaders.loading import CORE, Folder, MovingClock

HUB_FACTS = 6_000
"""More than a step looks at for one entity."""
OWNS = [
    {"entity": {"type": "Supplier", "key": "id"}},
    {
        "facts": [
            {
                "subject": {"type": "Supplier", "key": "id"},
                "predicate": "owns",
                "object": {"type": "Supplier", "key": "of"},
            }
        ]
    },
]
HUB = [
    {
        "entity": {"type": "Supplier", "key": "id"},
        "facts": [{"predicate": "supplies", "object": {"type": "Ingredient", "key": "item"}}],
    },
    {"entity": {"type": "Ingredient", "key": "item"}},
]
SUPPLIERS = Entities(type="Supplier")


@pytest.fixture
def folder(store: Store, tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    made.services = Services(store, store, store, store, store, store, MovingClock(), CORE)
    return made


def asked(folder: Folder, plan: Plan) -> Document:
    services = folder.services
    return answer(Question("as planned"), services.store, services.decisions, services.clock, plan)


# --- 34: limits ---


@pytest.mark.parametrize("limit", [-1, 0, 1_000_000_000])
def test_a_limit_out_of_bounds_is_refused_with_its_bounds(folder: Folder, limit: int) -> None:
    folder.load("id,name\nSUP-1,a\nSUP-2,b\n")
    view = folder.services.store.view(Scope())
    with pytest.raises(LimitInvalid, match="it may be 1 to 1000"):
        find_entities(view, "a", [], limit)
    with pytest.raises(LimitInvalid, match="it may be 1 to 1000"):
        entity_card(view, "supplier:SUP-1", limit)
    with pytest.raises(LimitInvalid, match="it may be 1 to 6"):
        paths_between(view, "SUP-1", "SUP-2", limit)


@pytest.mark.parametrize("number", [-1, 0, 1_000_000_000, 1.5, True, "5"])
@pytest.mark.parametrize("limit", ["top", "max_hops"])
def test_a_limit_of_a_plan_is_a_whole_number_within_bounds(limit: str, number: Any) -> None:
    suppliers = {"op": "entities", "type": "Supplier"}
    plan = {
        "top": {"op": "top", "source": suppliers, "by": suppliers, "number": number},
        "max_hops": {"op": "paths", "start": suppliers, "end": suppliers, "max_hops": number},
    }[limit]
    with pytest.raises(PlanInvalid):
        from_json(plan)


# --- 35: a hub ---


def test_a_hub_is_looked_at_up_to_a_bound_and_the_rest_is_said(folder: Folder) -> None:
    rows = "".join(f"SUP-{number},oil\n" for number in range(1, HUB_FACTS + 1))
    folder.load(f"id,item\n{rows}", map=HUB)
    view = folder.services.store.view(Scope())
    card = entity_card(view, "item:oil", 20)
    assert (len(card.facts), bool(card.left_out or card.cut)) == (20, True)
    document = asked(folder, Follow(Entities(ids=("item:oil",)), "supplies", "in"))
    assert document["explanation"]["cut"] == ["item:oil has more than 5,000 supplies: the rest was not looked at"]
    assert document["explanation"]["left_out"] > 0
    assert len(document["evidence"]) < 1_000
    assert len(document["explanation"]["nodes"]) <= 5_001


# --- 36: circles ---


@pytest.mark.parametrize(
    "ties",
    [
        pytest.param([(1, 1)], id="36 itself"),
        pytest.param([(1, 2), (2, 1)], id="36 two"),
        pytest.param([(1, 2), (2, 3), (3, 1), (2, 2)], id="36 three"),
        pytest.param(list(itertools.product(range(1, 9), repeat=2)), id="36 all with all"),
    ],
)
def test_circles_end(folder: Folder, ties: list[tuple[int, int]]) -> None:
    folder.load("id,of\n" + "".join(f"SUP-{one},SUP-{other}\n" for one, other in ties), map=OWNS)
    members = {f"supplier:SUP-{one}" for tie in ties for one in tie}
    start: SetPlan = Entities(ids=("supplier:SUP-1",))
    found = asked(folder, Follow(start, "owns", "out", repeat=True))
    assert {one["id"] for one in found["answer"]["entities"]} <= members
    assert found["outcome"] == ("abstained" if members == {"supplier:SUP-1"} else "answered")
    assert asked(folder, Paths(start, SUPPLIERS))["outcome"] in {"answered", "abstained"}
    assert asked(folder, Count(Follow(SUPPLIERS, "owns", "in")))["answer"]["value"] == len({one for one, _ in ties})
    card = entity_card(folder.services.store.view(Scope()), "supplier:SUP-1", 100)
    assert len(card.facts) >= len({tie for tie in ties if 1 in tie})


# --- 37: ends that are not there ---


def test_a_relation_to_what_nothing_declares_is_rejected_and_leaves_the_others(folder: Folder) -> None:
    """37."""
    folder.load("id,of\nSUP-1,SUP-2\nSUP-2,SUP-9\nSUP-3,\n", map=OWNS, expect={"rejected": 1})
    assert [fact for fact in folder.graph() if fact[1] == "owns"] == [("supplier:SUP-1", "owns", "supplier:SUP-2")]
    [(place, reason)] = folder.rejected()
    assert place.startswith("line 3")
    assert "SUP-9" in reason


# --- 39: twice, and at once ---


def test_one_id_with_two_types_is_a_rejected_record(folder: Folder) -> None:
    """39."""
    two = [
        {"when": {"kind": "s"}, "entity": {"type": "Supplier", "key": "id"}},
        {"when": {"kind": "b"}, "entity": {"type": "Broker", "key": "id"}},
    ]
    folder.load("id,kind\nSUP-1,s\nSUP-1,b\nSUP-2,b\n", map=two, expect={"rejected": 1})
    assert folder.graph() == [("supplier:SUP-1", "type", "Supplier"), ("supplier:SUP-2", "type", "Broker")]
    [(place, reason)] = folder.rejected()
    assert place == "line 3"
    assert "Supplier" in reason


def test_one_id_with_another_type_in_another_dataset_is_a_rejected_record(folder: Folder) -> None:
    """39."""
    folder.load("id,name\nSUP-1,a\n")
    broker = [{"entity": {"type": "Broker", "key": "id"}}]
    folder.load("id\nSUP-1\nSUP-2\n", dataset="brokers", files=["b.csv"], map=broker, expect={"rejected": 1})
    assert ("supplier:SUP-1", "type", "Broker") not in folder.graph()
    assert [place for place, _ in folder.rejected()] == ["line 2"]


def test_the_same_file_twice_changes_nothing(folder: Folder) -> None:
    """39."""
    folder.load("id,name\nSUP-1,a\n")
    before, known = folder.graph(), folder.services.store.view(Scope()).known_at
    again = folder.load()
    assert again.state == "unchanged"
    assert (folder.graph(), folder.services.store.view(Scope()).known_at) == (before, known)


def test_the_same_file_in_two_places_says_every_fact_once(folder: Folder) -> None:
    """39: as often as it stands, it is one fact, with a place for each."""
    folder.data("id,name\nSUP-1,a\n", "b.csv")
    folder.load("id,name\nSUP-1,a\nSUP-1,a\n", files=["data.csv", "b.csv"])
    assert folder.graph() == [("supplier:SUP-1", "name", "a"), ("supplier:SUP-1", "type", "Supplier")]
    said = folder.services.store.view(Scope()).assertions([fact.id for fact in folder.facts()])
    assert {len(places) for places in said.values()} == {3}


def test_of_two_loads_at_once_the_second_is_refused(folder: Folder) -> None:
    """39: see also test_two_loaders.py, with two processes."""
    refused: list[str] = []

    def meanwhile(stage: str, _done: int, _total: int | None) -> None:
        if stage == "commit" and not refused:
            with pytest.raises(LoadInProgress) as caught:
                folder.load("id,name\nSUP-5,e\n", dataset="other", files=["other.csv"])
            refused.append(str(caught.value))

    folder.data("id,name\nSUP-1,a\n")
    path = folder.path / "register-1.yml"
    folder.load()
    folder.data("id,name\nSUP-2,b\n")
    list(load_files([path], None, folder.services, meanwhile))
    assert refused
    assert {subject for subject, *_ in folder.graph()} == {"supplier:SUP-2"}
