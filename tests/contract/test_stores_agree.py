"""The same loads into the embedded store and into Neo4j, and then every read of both: they must be equal."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import neo4j
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from kg.backends.neo4j.store import Neo4jStore
from kg.backends.sqlite.store import SqliteStore
from kg.domain.fact import ALIAS, KEY, NAME, PASSAGE, STATUS, TYPE, Fact, Interval, Literal
from kg.domain.lineage import Classification
from kg.domain.ontology import Ontology
from kg.domain.scope import Scope
from kg.errors import DatasetNotFound
from kg.ports.store import Entry, LoadTarget
from kg.settings import neo4j_address
from tests.builders import Store, TickingClock, entity_id, fact, ontology_document, profile, run, target
from tests.neo4j_server import empty, neo4j_auth

pytestmark = pytest.mark.neo4j

PEOPLE = [entity_id(key) for key in "abcdef"]
NAMES = ["River", "river bank", "Bank of the river", "Ännchen Strauß", "anna"]  # fold to shared words
WORDS = [["r"], ["river"], ["river", "b"], ["bank", "river"], ["ann"], ["strauss"], ["x"]]
DAYS = [None, "2026-01-31", "2026-02-01", "2026-03-15"]
LITERALS = {
    "size": [Literal("7", "number"), Literal("12", "number")],
    "note": [Literal("one"), Literal("two words")],
    PASSAGE: [Literal("One river\nbank."), Literal("Two rivers")],
    NAME: [Literal(name) for name in NAMES],
    ALIAS: [Literal(name) for name in NAMES[:2]],
    KEY: [Literal("duns:1"), Literal("duns:2")],
    STATUS: [Literal("closed")],
    TYPE: [Literal("Person"), Literal("Firm")],
}
PREDICATES = ["knows", "owns", *LITERALS]

intervals = st.sampled_from(
    [Interval(), Interval("2026-02-01"), Interval(None, "2026-01-31"), Interval("2026-03-15", "2026-03-15")]
)
relations = st.builds(
    fact, st.sampled_from(PEOPLE), st.sampled_from(["knows", "owns"]), st.sampled_from(PEOPLE), intervals
)


@st.composite
def literal_facts(draw: st.DrawFn) -> Fact:
    predicate = draw(st.sampled_from(sorted(LITERALS)))
    valid = Interval() if predicate == TYPE else draw(intervals)
    return Fact.of(draw(st.sampled_from(PEOPLE)), predicate, draw(st.sampled_from(LITERALS[predicate])), valid)


declared = st.sets(st.sampled_from(PEOPLE)).map(
    lambda ids: [Fact.of(entity, TYPE, Literal("Person")) for entity in sorted(ids)]
)
said = st.lists(relations | relations | literal_facts(), min_size=1, max_size=14)
fact_lists = st.tuples(declared, said).map(lambda both: [*both[0], *both[1]])
places = st.tuples(st.sampled_from([0, 1]), st.sampled_from(["line 1#x", "line 2#x"]))
scopes = st.builds(
    Scope,
    datasets=st.sampled_from(
        [(), (), (), ("open",), ("secret@1",), ("open@2",), ("open@1", "open"), ("open", "secret")]
    ),
    ceiling=st.sampled_from(Classification),
    valid_as_of=st.sampled_from(DAYS),
    any_day=st.sampled_from([False, False, True]),
)


class BothStores(RuleBasedStateMachine):
    """Random histories of loads; what is read after each step must not depend on the store."""

    neo4j_store: Neo4jStore
    driver: neo4j.Driver
    core: Ontology
    clock: TickingClock

    @initialize()
    def start(self) -> None:
        empty(self.driver, self.neo4j_store._database.name)
        from kg.backends.neo4j.schema import prepare

        prepare(self.neo4j_store._database)
        self.clock.now = TickingClock().now
        self.embedded = SqliteStore(":memory:", self.core, self.clock)
        self.stores: list[Store] = [self.embedded, self.neo4j_store]
        self.heads = [""]
        self.facts: set[str] = set()
        self.runs = itertools.count(1)

    def _same_clock(self) -> Iterator[Store]:
        """Each store in turn, both at the same time of day."""
        now = self.clock.now
        for store in self.stores:
            self.clock.now = now
            yield store

    def _write(self, into: LoadTarget, items: list[Entry], *, commit: bool) -> None:
        run_id = f"run-{next(self.runs)}"
        done = []
        for store in self._same_clock():
            with store.writer(into, run_id) as writer:
                declared = writer.declared(PEOPLE)
                writer.put(items)
                if commit:
                    done.append((declared, writer.commit(run(into, run_id), profile(items), [])))
                else:
                    done.append((declared, run(into, run_id)))
        assert done[0] == done[1]
        self.facts |= {item.fact.id for item in items}
        self.heads.append(self.embedded.view(Scope()).known_at)
        for ceiling in (Classification.PUBLIC, Classification.RESTRICTED):
            self._compare(Scope(ceiling=ceiling), 2)

    @rule(
        dataset=st.sampled_from(["open", "secret"]),
        version=st.sampled_from(["1", "2"]),
        facts=fact_lists,
        place=st.lists(places, min_size=20, max_size=20),
        class_=st.sampled_from([None, None, None, *Classification]),
        current=st.sampled_from([None, None, "1", "2"]),
        commit=st.sampled_from([True, True, True, False]),
    )
    def load(  # noqa: PLR0917 - hypothesis passes them by name
        self,
        dataset: str,
        version: str,
        facts: list[Fact],
        place: list[tuple[int, str]],
        class_: Classification | None,
        current: str | None,
        commit: bool,  # noqa: FBT001
    ) -> None:
        usual = Classification.PUBLIC if dataset == "open" else Classification.RESTRICTED
        into = target(
            dataset, version, classification=usual if class_ is None else class_, current=current, files=["a", "b"]
        )
        items = [Entry(item, into.sources[n].id, line) for item, (n, line) in zip(facts, place, strict=False)]
        self.last = (into, items)
        self._write(into, items, commit=commit)

    @precondition(lambda self: hasattr(self, "last"))
    @rule(keep=st.integers(0, 20), swap=st.booleans())
    def load_again(self, keep: int, swap: bool) -> None:  # noqa: FBT001
        """The same version with less in it, or in another order."""
        into, items = self.last
        self._write(into, list(reversed(items[:keep])) if swap else items[:keep], commit=True)

    @rule(title=st.sampled_from(["A small town", "A town"]))
    def store_ontology(self, title: str) -> None:
        assert len({store.put_ontology("town", ontology_document(title=title)) for store in self._same_clock()}) == 1

    @rule(scope=scopes, past=st.none() | st.integers(0, 20), limit=st.integers(1, 3))
    def read(self, scope: Scope, past: int | None, limit: int) -> None:
        known = None if past is None else self.heads[past % len(self.heads)] or None
        self._compare(replace(scope, known_as_of=known), limit)

    def _compare(self, scope: Scope, limit: int) -> None:
        first, second = ([*self._reads(store, scope, limit)] for store in self._same_clock())
        for one, other in zip(first, second, strict=True):
            assert one == other

    def _reads(self, store: Store, scope: Scope, limit: int) -> Iterator[Any]:
        try:
            view = store.view(scope)
        except DatasetNotFound as exc:
            yield str(exc)
            return
        yield view.known_at
        yield view.datasets()
        yield replace(view.profile(), engine="")
        yield view.ontology().names
        yield list(view.entities(PEOPLE).items())
        yield list(view.named(["river", "river bank", "annchen strauss", "anna", "duns:1"], limit).items())
        texts = [" ".join(words) for words in WORDS]
        for edits in (0, 1, 2):
            yield [view.search(texts, types, limit, edits=edits) for types in ([], ["Person"], ["Person", "Firm"])]
        yield [view.passages("RIVERS", types, limit, ids) for types in ([], ["Firm"]) for ids in (None, PEOPLE[:2])]
        yield view.versions(), view.values(["busy", "x", "note"])
        yield [view.scan(types, limit) for types in (["Person"], ["Firm"], ["Firm", "Person"])]
        yield [view.walk(after, limit) for after in ("", PEOPLE[0], PEOPLE[-1])]
        for direction in ("out", "in"):
            for predicates in ([], ["owns", "knows"], PREDICATES):
                yield direction, predicates, view.follow(PEOPLE, predicates, direction, limit)
        yield list(view.facts(self.facts).items())
        yield list(view.assertions(self.facts).items())
        yield list(view.recorded_with(self.facts).items())
        yield list(view.sources().items()), view.sources(["open@1/a"])


def test_both_stores_read_the_same_after_any_history(
    neo4j_url: str, neo4j_driver: neo4j.Driver, core: Ontology
) -> None:
    address, database = neo4j_address(neo4j_url)
    clock = TickingClock()
    user, password = neo4j_auth() or ("", "")
    empty(neo4j_driver, database)
    store = Neo4jStore(address, database, user, password, core, clock)
    try:
        machine = type(
            "Machine", (BothStores,), {"neo4j_store": store, "driver": neo4j_driver, "core": core, "clock": clock}
        )
        proofs = os.environ.get("WHENCE_PROOFS") == "1"
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=200 if proofs else 10,
                stateful_step_count=30 if proofs else 10,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        store.close()
