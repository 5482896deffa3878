"""The decisions that a change touches are those that come out otherwise when every decision is run again."""

from __future__ import annotations

import json
import os
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kg.answer.adapter import Adapter
from kg.answer.fit import validate
from kg.answer.pipeline import answer
from kg.backends.sqlite.store import SqliteStore
from kg.decisions.impact import Impact, Impacts
from kg.decisions.replay import as_now
from kg.domain.decision import Document, comparable
from kg.domain.lineage import Run
from kg.domain.ontology_file import parse
from kg.domain.plan import Plan
from kg.domain.question import Question
from kg.domain.ref import ref_of
from kg.domain.scope import Scope
from kg.errors import DatasetNotFound, PlanInvalid
from tests.builders import TickingClock, load, run, target
from tests.unit.answer.worlds import CORE, NAMES, ONTOLOGY, World, worlds
from tests.unit.decisions.test_attribution_against_brute_force import FILES, entries
from tests.unit.domain.plans import asked_plans, set_plans

TOWN = parse(ONTOLOGY, core=CORE)
PROOFS = os.environ.get("WHENCE_PROOFS") == "1"
PLANS = st.lists(st.one_of(set_plans(NAMES, 2), asked_plans(NAMES, 1)), min_size=5, max_size=12)
QUESTIONS = ("Who zzzyx the qqqw?", "Who knows p1?", "Which firms does p2 own?")
changes = settings(
    max_examples=200 if PROOFS else 10,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


def fits(plan: Plan) -> bool:
    try:
        validate(plan, TOWN)
    except PlanInvalid:
        return False
    return True


def loaded(store: SqliteStore, world: World, *versions: str) -> list[Run]:
    runs = []
    for version in versions:
        into = target(version=version, current="2", files=FILES, ontology=json.dumps(ONTOLOGY))
        runs.append(load(store, into, list(entries(world, version))))
    return runs


def decided(store: SqliteStore, plans: list[Plan]) -> list[Document]:
    made = []
    for plan in (*(one for one in plans if fits(one)), *QUESTIONS):
        text, given = (plan, None) if isinstance(plan, str) else ("Who?", plan)
        try:
            made.append(answer(Question(text), store, store, TickingClock(), given))
        except PlanInvalid:
            continue
    return made


def otherwise(store: SqliteStore, decisions: list[Document]) -> set[str]:
    """The decisions whose claims, rows or evidence differ when they are asked again."""
    found = set()
    for one in decisions:
        try:
            again = as_now(one, store, store, Adapter()).document
        except (DatasetNotFound, PlanInvalid):
            found.add(one["decision_id"])
            continue
        if said(again) != said(one):
            found.add(one["decision_id"])
    return found


def said(document: Document) -> Any:
    held = comparable(document)
    rows = {key: held["answer"][key] for key in ("rows", "value", "of", "parts")}
    return held["claims"], rows, held["evidence"]


def impacts(store: SqliteStore) -> Impacts:
    return Impacts(store, store, store, store, Adapter(), TickingClock())


def told(found: Impact) -> set[str]:
    return {one.decision for one in found.touches if one.changed}


@changes
@given(worlds(), worlds(), PLANS)
def test_a_reload_touches_what_comes_out_otherwise(before: World, after: World, plans: list[Plan]) -> None:
    store = SqliteStore(":memory:", CORE, TickingClock())
    loaded(store, before, "1", "2")
    decisions = decided(store, plans)
    [done] = loaded(store, after, "2")
    [found] = impacts(store).of_runs([done], 100)
    assert told(found) == otherwise(store, decisions)
    assert {one.decision for one in found.touches if one.carried} == told(found)
    store.close()


@changes
@given(worlds(), PLANS, st.sampled_from(["people", "people@1", "people@2", "people@2/a.csv", "people@1/b.csv"]))
def test_a_retirement_touches_what_it_was_said_to_touch_before(world: World, plans: list[Plan], ref: str) -> None:
    store = SqliteStore(":memory:", CORE, TickingClock())
    loaded(store, world, "1", "2")
    decisions = decided(store, plans)
    foretold = impacts(store).of(ref, Scope(), what_if=True)
    assert otherwise(store, decisions) == set()
    job = f"retire {ref}"
    done = store.retire(ref_of(ref), run(target(), "run-r", job=job, started_at="2026-03-01T10:00:00.000000Z"))
    [found] = impacts(store).of_runs([done], 100)
    assert told(found) == otherwise(store, decisions)
    assert told(foretold) == told(found)
    assert {one.decision: one.after for one in foretold.touches if one.changed} == {
        one.decision: one.after for one in found.touches if one.changed
    }
    store.close()
