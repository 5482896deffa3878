"""What an answer hangs on is what brute force finds: the plan run on a store without the fact, or the source."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kg.answer.decide import DecisionInputMissing
from kg.answer.execute import TooMuchRead, execute
from kg.answer.fit import validate
from kg.answer.pipeline import answer
from kg.answer.views import Views
from kg.backends.sqlite.store import SqliteStore
from kg.decisions.attribution import EXACT, Attribution, attribute
from kg.domain.decision import Document
from kg.domain.fact import Fact, FactId, Literal
from kg.domain.ontology_file import parse
from kg.domain.plan import Plan
from kg.domain.question import Question
from kg.domain.scope import Scope
from kg.errors import AttributionRefused, KgError, PlanInvalid
from kg.ports.store import Entry
from tests.builders import TickingClock, load, target
from tests.unit.answer.worlds import CORE, NAMES, ONTOLOGY, World, worlds
from tests.unit.domain.plans import asked_plans, set_plans

TOWN = parse(ONTOLOGY, core=CORE)
FILES = ("a.csv", "b.csv", "c.csv")
PROOFS = os.environ.get("WHENCE_PROOFS") == "1"
PLANS = st.one_of(set_plans(NAMES, 2), asked_plans(NAMES, 2 if PROOFS else 1))
Keep = Callable[[Entry], bool]
decisions = settings(
    max_examples=200 if PROOFS else 12, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)


def entries(world: World, version: str) -> Iterator[Entry]:
    """Each fact in one file, every third in another one too."""
    for number, fact in enumerate(sorted(world.facts(earlier=version == "1"), key=lambda fact: fact.id)):
        for file in dict.fromkeys((FILES[number % 3], FILES[number // 3 % 3 if number % 3 == 0 else number % 3])):
            yield Entry(fact, f"people@{version}/{file}", f"line {number}#x")


def loaded(world: World, keep: Keep = lambda _: True) -> SqliteStore:
    store = SqliteStore(":memory:", CORE, TickingClock())
    for version in ("1", "2"):
        into = target(version=version, current=version, files=FILES, ontology=json.dumps(ONTOLOGY))
        load(store, into, [entry for entry in entries(world, version) if keep(entry)])
    return store


def says(plan: Plan, world: World, keep: Keep = lambda _: True) -> Any:
    """What is answered by a store that holds no more than this; rows last."""
    store = loaded(world, keep)
    try:
        found = execute(plan, Views(store.view(Scope()), store.view))
    except (KgError, TooMuchRead, DecisionInputMissing) as exc:
        return (type(exc).__name__,), []
    finally:
        store.close()
    rows = [(row.entity, row.other, row.group, row.value, row.of) for row in found.rows]
    value = json.dumps(found.value, sort_keys=True)
    named = found.alternatives if found.type == "comparison" else ()
    return (found.type, value, found.of, found.refuted, named), [] if found.type == "path" else rows


def decided(plan: Plan, world: World) -> tuple[Document, SqliteStore]:
    try:
        validate(plan, TOWN)
    except PlanInvalid:
        assume(False)  # noqa: FBT003 (hypothesis' own)
    store = loaded(world)
    try:
        document = answer(Question("Who?"), store, store, TickingClock(), plan)
    except PlanInvalid:
        assume(False)  # noqa: FBT003
    assume(document["outcome"] in ("answered", "false_premise"))
    return document, store


def attributed(plan: Plan, world: World) -> tuple[Document, Attribution]:
    document, store = decided(plan, world)
    found = attribute(document, store)
    store.close()
    return document, found


def effects(found: Attribution, kind: str) -> dict[str, str]:
    return {one.id: one.effect for one in found.entries if one.kind == kind}


def without(facts: Iterable[FactId]) -> Keep:
    gone = set(facts)
    return lambda entry: entry.fact.id not in gone


@decisions
@given(worlds(), PLANS)
def test_facts_and_sources_are_necessary_where_the_answer_changes_without_them(world: World, plan: Plan) -> None:
    document, found = attributed(plan, world)
    whole = says(plan, world)
    facts, sources = effects(found, "fact"), effects(found, "source")
    assert {one for item in document["evidence"] for one in item["facts"]} <= facts.keys()
    assert {
        f"{one['dataset']}/{one['source']}" for item in document["evidence"] for one in item["sources"]
    } <= sources.keys()
    for fact, effect in facts.items():
        assert (effect == "necessary") == (says(plan, world, without([fact])) != whole), fact
    rows = {
        row["claim"]: (row["entity"], row.get("other"), row.get("group"), row["value"], row.get("of"))
        for row in document["answer"]["rows"]
        if row["claim"] and row["claim"] != document["claims"][0]["id"]
    }
    for source, effect in sources.items():
        left = says(plan, world, lambda entry, source=source: entry.source != source)  # type: ignore[misc]
        assert (effect == "necessary") == (left != whole), source
        for claim, row in rows.items():
            assert (source in found.single_source.get(claim, ())) == (row not in left[1]), (claim, source)


@decisions
@given(worlds(), PLANS)
def test_the_sufficient_facts_suffice_and_fewer_do_not(world: World, plan: Plan) -> None:
    _, found = attributed(plan, world)
    enough = found.sufficient
    assume(enough is not None)
    assert enough is not None
    whole = says(plan, world)
    told = effects(found, "fact")
    supporting = [one for one, effect in told.items() if effect != "irrelevant"]
    needed = {one for one, effect in told.items() if effect == "necessary"}
    assert says(plan, world, without(set(supporting) - set(enough.facts))) == whole
    spare = [one for one in supporting if one not in needed]
    if enough.exact and len(spare) <= EXACT:
        for size in range(min(len(enough.facts) - len(needed & set(enough.facts)), 3)):
            for some in itertools.combinations(spare, size):
                assert says(plan, world, without(set(spare) - set(some))) != whole


@decisions
@given(worlds(), PLANS)
def test_a_flip_flips_the_answer(world: World, plan: Plan) -> None:
    _, found = attributed(plan, world)
    whole = says(plan, world)
    for flip in found.flips:
        changed = world
        keep = without([flip.fact])
        if flip.instead is not None:
            [was] = {fact for fact in (*world.facts(), *world.facts(earlier=True)) if fact.id == flip.fact}
            changed = resized(world, was, flip.instead)
            keep = lambda _: True  # noqa: E731
        assert says(plan, changed, keep) != whole, flip


def resized(world: World, was: Fact, instead: str) -> World:
    """The world with another size in place of one, in every version that says it."""
    assert isinstance(was.object, Literal)
    old, new = (was.subject, int(was.object.value)), (was.subject, int(instead))

    def changed(sizes: frozenset[tuple[str, int]]) -> frozenset[tuple[str, int]]:
        return sizes - {old} | {new} if old in sizes else sizes

    return replace(world, sizes=changed(world.sizes), earlier=(world.earlier[0], changed(world.earlier[1])))


def test_nothing_is_attributed_where_nothing_was_answered() -> None:
    world = World(frozenset(), frozenset(), frozenset())
    store = loaded(world)
    document = answer(Question("Who zzzyx the qqqw?"), store, store, TickingClock())
    with pytest.raises(AttributionRefused, match="abstained"):
        attribute(document, store)
    store.close()
