"""Whatever is loaded, reloaded, changed by deltas, merged, retired or purged: a fact is seen while it is said.

Random steps run on a store and on a few lines that keep who says what; after each step both say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from kg.answer.merged import MergedStore
from kg.bootstrap import Services
from kg.domain.fact import Fact, Literal
from kg.domain.lineage import GraphProfile
from kg.domain.ontology import Ontology
from kg.domain.ref import ref_of
from kg.domain.scope import Scope
from kg.errors import DatasetNotFound, MatchConflict
from kg.ports.store import Entry, LoadTarget
from loaders.matches import Verdict, decide
from tests.builders import MakeStore, Store, TickingClock, entity, fact, profile, run, target

KEYS = ("ann", "bob", "cy")
DATASETS, VERSIONS, FILES = ("people", "staff"), ("1", "2"), ("a.csv", "b.csv")
POOL = [
    *(fact(one, "knows", other) for one in KEYS for other in KEYS if one != other),
    *(fact(key, "note", Literal(text)) for key in KEYS for text in ("busy", "idle")),
]
MARKS = ("r1", "r2", "r3")
Record = tuple[str, tuple[Fact, ...]]
"""The file that a record stands in, and what it says."""

facts = st.lists(st.sampled_from(POOL), max_size=4, unique=True)
people = st.lists(st.sampled_from(KEYS), max_size=2, unique=True)
records = st.dictionaries(st.sampled_from(MARKS), st.tuples(st.sampled_from(FILES), people, facts), max_size=3)


def said(drawn: Mapping[str, tuple[str, list[str], list[Fact]]]) -> dict[str, Record]:
    return {
        mark: (file, tuple(item for key in keys for item in entity(key)) + tuple(held))
        for mark, (file, keys, held) in drawn.items()
    }


@dataclass(frozen=True)
class Seen:
    """Entities, facts and the counts of each dataset."""

    entities: frozenset[str]
    facts: frozenset[str]
    profiles: tuple[tuple[str, GraphProfile], ...]


class Machine(RuleBasedStateMachine):
    """The store under test is set by ``machine_on``."""

    store: Store
    clock: TickingClock
    core: Ontology

    def __init__(self) -> None:
        super().__init__()
        self.versions: dict[str, dict[str, dict[str, Record]]] = {name: {} for name in DATASETS}
        """By dataset and version, what each record says now, with the id of its source as file."""
        self.current: dict[str, str] = {}
        self.past: list[tuple[str, Seen]] = []
        self.matched: dict[frozenset[str], tuple[str, str, Verdict]] = {}
        """What was said last of a pair of people."""
        self.steps = 0

    # --- steps ---

    def into(self, dataset: str, version: str, *, delta: bool) -> LoadTarget:
        self.steps += 1
        files = tuple(f"{self.steps}/{file}" for file in FILES) if delta else FILES
        return replace(target(dataset, version, files=files), delta=delta)

    def load(self, into: LoadTarget, held: Mapping[str, Record], gone: tuple[str, ...] = ()) -> None:
        ids = {source.name.rpartition("/")[2]: source.id for source in into.sources}
        items = [
            Entry(item, ids[file], f"/{mark}#x{n}", mark)
            for mark, (file, stated) in held.items()
            for n, item in enumerate(stated)
        ]
        done = run(into, f"run-{self.steps}")
        with self.store.writer(into, done.id) as writer:
            writer.replace([*held, *gone])
            writer.put(items)
            done = writer.commit(done, profile(items), [])
        own = self.versions[into.version.dataset]
        before = own.get(into.version.version)
        if before is None and into.version.dataset in self.current:
            before = own[self.current[into.version.dataset]]
        now = dict(own.get(into.version.version, {})) if into.delta else {}
        now = {mark: record for mark, record in now.items() if mark not in (*held, *gone)}
        now |= {mark: (ids[file], stated) for mark, (file, stated) in held.items()}
        own[into.version.version] = now
        self.current[into.version.dataset] = into.version.version
        if done.compared:
            assert before is not None
            changed = self.store.changes(done.id)
            assert {one.fact.id for one in changed if one.gained} == told(now) - told(before)
            assert {one.fact.id for one in changed if not one.gained} == told(before) - told(now)

    @rule(dataset=st.sampled_from(DATASETS), version=st.sampled_from(VERSIONS), drawn=records)
    def load_in_full(self, dataset: str, version: str, drawn: Any) -> None:
        self.load(self.into(dataset, version, delta=False), said(drawn))

    @rule(
        dataset=st.sampled_from(DATASETS),
        version=st.sampled_from(VERSIONS),
        drawn=records,
        gone=st.lists(st.sampled_from(MARKS), max_size=2),
    )
    def load_a_delta(self, dataset: str, version: str, drawn: Any, gone: list[str]) -> None:
        self.load(self.into(dataset, version, delta=True), said(drawn), tuple(m for m in gone if m not in drawn))

    @rule(dataset=st.sampled_from(DATASETS), drawn=records)
    def begin_a_load_that_fails(self, dataset: str, drawn: Any) -> None:
        into = self.into(dataset, "1", delta=bool(self.steps % 2))
        items = [
            Entry(item, into.sources[0].id, f"/{m}#x{n}", m)
            for m, (_, s) in said(drawn).items()
            for n, item in enumerate(s)
        ]
        with self.store.writer(into, f"run-{self.steps}") as writer:
            writer.replace(list(drawn))
            writer.put(items)

    @precondition(lambda self: any(self.versions.values()))
    @rule(picked=st.data(), what=st.sampled_from(["retire", "purge"]))
    def end_a_version_or_a_dataset(self, picked: Any, what: str) -> None:
        dataset = picked.draw(st.sampled_from([name for name in DATASETS if self.versions[name]]))
        version = picked.draw(st.sampled_from(["", *sorted(self.versions[dataset])]))
        self.end(what, f"{dataset}@{version}" if version else dataset)
        gone = [version] if version else list(self.versions[dataset])
        self.forget(dataset, gone)

    @precondition(lambda self: any(held for own in self.versions.values() for held in own.values()))
    @rule(picked=st.data(), what=st.sampled_from(["retire", "purge"]))
    def end_a_source(self, picked: Any, what: str) -> None:
        view = self.store.view(Scope())
        names = sorted(key for key, source in view.sources().items() if source.dataset in DATASETS)
        if not names:
            return
        source = picked.draw(st.sampled_from(names))
        ref = ref_of(source)
        others = [name for name in names if name != source and name.startswith(f"{ref.dataset}@{ref.version}/")]
        self.end(what, source)
        if not others:
            self.forget(ref.dataset, [ref.version])
            return
        held = self.versions[ref.dataset][ref.version]
        self.versions[ref.dataset][ref.version] = {
            mark: (file, stated if file != source else ()) for mark, (file, stated) in held.items()
        }

    def end(self, what: str, ref: str) -> None:
        self.steps += 1
        held = ref_of(ref)
        done = run(target(held.dataset, held.version), f"run-{self.steps}", job=f"{what} {ref}", left_over=())
        (self.store.retire if what == "retire" else self.store.purge)(held, done)
        if what == "purge":
            self.past.clear()

    def forget(self, dataset: str, versions: list[str]) -> None:
        for version in versions:
            del self.versions[dataset][version]
        if self.current.get(dataset) in versions:
            del self.current[dataset]

    @rule(picked=st.data(), verdict=st.sampled_from(["same", "same", "different", "open"]))
    def say_who_is_one(self, picked: Any, verdict: Verdict) -> None:
        seen = sorted(self.store.view(Scope()).scan(["Person"], 100).ids)
        pairs = [(one, other) for one in seen for other in seen if one != other]
        if verdict == "open":
            pairs = [pair for pair in pairs if frozenset(pair) in self.matched]
        if not pairs:
            return
        pair = picked.draw(st.sampled_from(pairs))
        services = Services(
            MergedStore(self.store, self.clock),
            self.store,
            self.store,
            self.store,
            self.store,
            self.store,
            self.clock,
            self.core,
        )
        joined = {key: held for key, held in self.matched.items() if held[2] == "same"}
        if verdict == "same":
            joined[frozenset(pair)] = (*pair, verdict)
        apart = [key for key, held in self.matched.items() if held[2] == "different" and key != frozenset(pair)]
        groups = together(joined.values())
        refused = verdict == "same" and any(any(key <= group for group in groups) for key in apart)
        try:
            decide([pair], verdict, services, "ann", "they look it")
        except MatchConflict:
            assert refused
            return
        assert not refused
        self.matched.pop(frozenset(pair), None)
        if verdict != "open":
            self.matched[frozenset(pair)] = (*pair, verdict)

    # --- what has to hold ---

    @invariant()
    def people_that_are_one_are_read_as_one_and_lose_nothing(self) -> None:
        recorded, merged = self.store.view(Scope()), MergedStore(self.store, self.clock).view(Scope())
        seen = recorded.scan(["Person"], 100).ids
        same = [held for held in self.matched.values() if held[2] == "same" and {*held[:2]} <= {*seen}]
        stands = {one: stands_for(one, same) for one in seen}
        assert list(merged.scan(["Person"], 100).ids) == sorted(set(stands.values()))
        names = {one: {e.name, *e.aliases} for one, e in recorded.entities(seen).items()}
        read = merged.entities(seen)
        assert {one: read[one].id for one in seen} == stands
        for one in seen:
            assert names[one] <= {read[one].name, *read[one].aliases}
        before = {item.id: item for item in recorded.follow(seen, ["knows", "note"], "out", 100).facts}
        after = {item.id: item for item in merged.follow(read, ["knows", "note"], "out", 100).facts}
        moved = {
            key: (stands[item.subject], item.object if item.target is None else stands[item.target])
            for key, item in before.items()
        }
        assert {key: (item.subject, item.object) for key, item in after.items()} == {
            key: ends for key, ends in moved.items() if ends[0] != ends[1]
        }

    @invariant()
    def a_fact_is_seen_while_a_live_assertion_says_it(self) -> None:
        view = self.store.view(Scope())
        now = look(self.store, Scope())
        live = [self.versions[dataset][version] for dataset, version in self.current.items()]
        assert now == expected(live, self.current, self.versions)
        if view.known_at:
            self.past.append((view.known_at, now))

    @invariant()
    def a_version_is_read_alone(self) -> None:
        for dataset in DATASETS:
            for version in VERSIONS:
                ref = f"{dataset}@{version}"
                try:
                    found = look(self.store, Scope(datasets=(ref,)))
                except DatasetNotFound:
                    assert version not in self.versions[dataset]
                    continue
                assert found == expected([self.versions[dataset][version]], {dataset: version}, self.versions)

    @invariant()
    def the_past_is_read_as_it_was(self) -> None:
        for known, then in self.past[-4:]:
            assert look(self.store, Scope(known_as_of=known)) == then

    @invariant()
    def nothing_is_said_by_nobody(self) -> None:
        view = self.store.view(Scope())
        ids = list(look(self.store, Scope()).facts)
        assert {item for item, found in view.assertions(ids).items() if found} == set(ids)


def together(pairs: Iterable[tuple[str, str, Verdict]]) -> list[set[str]]:
    groups: list[set[str]] = []
    for first, second, _ in pairs:
        touched = [group for group in groups if group & {first, second}]
        groups = [group for group in groups if group not in touched] + [{first, second}.union(*touched)]
    return groups


def stands_for(one: str, same: list[tuple[str, str, Verdict]]) -> str:
    """Of those that are one with it: the first that is not said to be another."""
    group = next((group for group in together(same) if one in group), {one})
    return min(group, key=lambda key: (key in {first for first, *_ in same}, key))


def told(held: Mapping[str, Record]) -> set[str]:
    return {item.id for _, stated in held.values() for item in stated}


def expected(live: list[dict[str, Record]], current: Mapping[str, str], versions: Any) -> Seen:
    """Facts of the live records whose ends are declared by some of them."""
    held = {item.id: item for records in live for _, stated in records.values() for item in stated}
    declared = {item.subject for item in held.values() if item.predicate == "type"}
    seen = {
        item.id
        for item in held.values()
        if item.subject in declared and (item.target is None or item.target in declared)
    }
    profiles = {dataset: counts(versions[dataset][version]) for dataset, version in current.items()}
    return Seen(frozenset(declared), frozenset(seen), tuple(sorted(profiles.items())))


def counts(held: Mapping[str, Record]) -> GraphProfile:
    return replace(profile([Entry(item, "", "") for _, stated in held.values() for item in stated]), engine="")


def look(store: Store, scope: Scope) -> Seen:
    view = store.view(scope)
    ids = view.scan(["Person"], 100).ids
    found = view.follow(ids, ["type", "name", "knows", "note"], "out", 100).facts
    alone = {
        version.dataset: store.view(replace(scope, datasets=(version.ref,))).profile()
        for version in view.datasets()
        if version.dataset in DATASETS
    }
    profiles = {dataset: replace(one, engine="") for dataset, one in alone.items()}
    return Seen(frozenset(ids), frozenset(item.id for item in found), tuple(sorted(profiles.items())))


@pytest.mark.parametrize(
    ("kind", "share"), [("sqlite-memory", 1.0), pytest.param("neo4j", 0.12, marks=pytest.mark.neo4j)]
)
def test_a_fact_is_seen_while_a_live_assertion_says_it(
    make_store: MakeStore, clock: TickingClock, core: Ontology, kind: Any, share: float
) -> None:
    opened: list[Store] = []

    class OnStore(Machine):
        def __init__(self) -> None:
            super().__init__()
            for store in opened:
                store.close()
            opened[:] = [make_store(kind)]
            self.store, self.clock, self.core = opened[0], clock, core

    examples = max(1, round(settings().max_examples * share))
    run_state_machine_as_test(
        OnStore,
        settings=settings(
            max_examples=examples, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
