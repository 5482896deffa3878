"""What every store promises of a purge: nothing of what was purged is left anywhere in the database."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import apsw
import neo4j
import pytest

from kg.backends.neo4j import texts
from kg.backends.neo4j.store import Neo4jStore
from kg.backends.sqlite.store import SqliteStore
from kg.domain.fact import PASSAGE, Literal
from kg.domain.lineage import Rejection, Run
from kg.domain.openlineage import LineageNode, event_of, own_dataset, own_job, own_source, run_uuid
from kg.domain.ref import ref_of
from kg.domain.scope import Scope
from kg.errors import DatasetNotFound, DecisionHeld, LoadInProgress, NotFound, StoreTimeout
from kg.ports.kept import ERASED, HoldMove, keep
from kg.settings import neo4j_address
from tests.builders import TOWN, Store, entity, entries, fact, load, run, target
from tests.contract.seeing import facts_seen, ids_seen

SECRETS = ("quetzalina", "vornholt", "zanzibar", "kestrelworth", "marzipanus", "perindoswick")
"""Parts of a key, a name, a note, a rejected record, an alias and a passage, as the purged dataset alone has them."""
PRIVATE = [
    *entity("quetzalina", name="Vornholt the Elder", aliases=["Marzipanus"]),
    *entity("ann"),
    fact("quetzalina", "note", Literal("left for zanzibar")),
    fact("quetzalina", PASSAGE, Literal("Whoever leaves\nfor Perindoswick comes back.")),
    fact("quetzalina", "knows", "ann"),
]
REJECTED = [Rejection("staff@1/a.csv", "line 9", "no key", {"name": "Kestrelworth"})]


def purge(store: Store, ref: str, run_id: str = "run-p") -> Run:
    held = ref_of(ref)
    return store.purge(
        held,
        run(target(held.dataset, held.version), run_id, job=f"purge {ref}", fingerprint="", actor="ann", left_over=()),
    )


def decision(*, cites: str = "people@1", text: str = "", **changes: Any) -> dict[str, Any]:
    """A recorded answer that cites one file."""
    source = {"source": "a.csv", "dataset": cites, "locator": "line 1", "quote": None, "run": "r", "recorded_at": "t"}
    return {
        "decision_id": None,
        "outcome": "answered",
        "question": "Who?",
        "interpretation": "people",
        "plan": {"op": "scan"},
        "answer": {"text": text, "value": {text: 1}, "rows": [{"entity": "person:bob"}], "reason": None},
        "claims": [{"id": "C1", "text": text, "evidence": ["E1"]}],
        "evidence": [{"id": "E1", "kind": "fact", "text": text, "facts": ["f"], "sources": [source]}],
        "trace": {"asked_at": "now", "link": {"words": [text]}},
        "versions": {"graph": {"datasets": ["people@1", "staff@1"]}},
        **changes,
    }


def content(store: Store, tmp_path: Path, driver: neo4j.Driver | None) -> str:
    """Every byte of the files, or every property of the graph, in small letters."""
    if isinstance(store, SqliteStore):
        files = [path for path in tmp_path.iterdir() if path.name.startswith("whence.db")]
        return "".join(path.read_bytes().decode("latin-1") for path in files).lower()
    assert driver is not None
    assert isinstance(store, Neo4jStore)
    found = [
        driver.execute_query(text, database_=store._database.name).records
        for text in (
            "MATCH (n) RETURN properties(n) AS p, labels(n) AS l",
            "MATCH ()-[r]->() RETURN properties(r) AS p",
        )
    ]
    return json.dumps([[dict(record) for record in records] for records in found], default=str).lower()


@pytest.fixture(params=["sqlite-file", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def held(request: pytest.FixtureRequest, make_store: Any, tmp_path: Path) -> Any:
    """A store on disk, and all it holds."""
    store = make_store(request.param)
    driver = request.getfixturevalue("neo4j_driver") if request.param == "neo4j" else None
    return store, lambda: content(store, tmp_path, driver)


def fill(store: Store) -> None:
    load(store, target("people"), TOWN, run_id="run-people")
    load(store, target("staff"), [*PRIVATE, fact("ann", "note", Literal("early zanzibar"))], run_id="run-first")
    load(store, target("staff"), PRIVATE, run_id="run-staff", rejections=REJECTED)
    failed = run(
        target("staff"), "run-failed", state="failed", message="Kestrelworth is no key", left_over=("zanzibar",)
    )
    store.append_run(failed, REJECTED)


def left_of(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


def test_no_byte_of_what_was_purged_is_left(held: Any) -> None:
    store, everything = held
    fill(store)
    store.append(keep(decision(cites="staff@1", text="Vornholt knows Ann")))
    assert left_of(everything()) == list(SECRETS)
    purge(store, "staff")
    assert left_of(everything()) == []


def test_what_others_say_stays_with_its_names(held: Any) -> None:
    store, _ = held
    fill(store)
    purge(store, "staff")
    view = store.view(Scope())
    assert ids_seen(view) == ["person:ann", "person:bob"]
    assert facts_seen(view) == [fact("ann", "knows", "bob")]
    assert view.search(["ann"], [], 5)["ann"].ids == ("person:ann",)
    assert view.search(["vornholt"], [], 5)["vornholt"].ids == ()
    assert view.passages("perindoswick", [], 5).facts == ()
    assert {one.dataset for one in view.sources().values()} == {"people"}


def test_it_is_gone_from_the_past_too(held: Any) -> None:
    store, _ = held
    fill(store)
    before = store.view(Scope()).known_at
    purge(store, "staff@1")
    with pytest.raises(DatasetNotFound):
        store.view(Scope(datasets=("staff@1",), known_as_of=before))
    assert ids_seen(store.view(Scope(known_as_of=before))) == ["person:ann", "person:bob"]


def test_a_purge_leaves_a_record_of_who_when_and_what_and_no_content(held: Any) -> None:
    store, _ = held
    fill(store)
    store.append(keep(decision(cites="staff@1", text="Vornholt")))
    done = purge(store, "staff")
    assert store.runs(1) == [done]
    assert (done.job, done.actor, done.changes.lost) == ("purge staff", "ann", 7)
    assert done.message == "erased 9 assertions, 7 facts, and what 1 decisions quoted"
    runs = {one.id: one for one in store.runs(10)}
    assert [runs[name].message for name in ("run-staff", "run-failed")] == ["", ""]
    assert (runs["run-failed"].left_over, runs["run-people"].left_over) == ((), ("x",))
    assert store.rejections("run-staff") == store.rejections("run-failed") == []
    assert store.changes("run-staff") == []
    assert store.last_fingerprint("staff", "1") == ""


@pytest.mark.parametrize(
    "document",
    [
        decision(cites="staff@1"),
        decision(text="It is VORNHOLT, the elder one."),
        decision(question="Where is marzipanus?"),
        decision(plan={"op": "entities", "ids": ["person:quetzalina"]}),
    ],
    ids=["cites it", "names it", "asks for it", "has it in its plan"],
)
def test_a_decision_that_quotes_it_is_emptied_and_says_so(held: Any, document: dict[str, Any]) -> None:
    store, everything = held
    fill(store)
    kept = store.append(keep(document))
    assert kept.intact
    done = purge(store, "staff")
    left = store.decision(kept.id)
    assert left is not None
    assert (left["decision_id"], left["outcome"], left["versions"]) == (kept.id, "answered", document["versions"])
    assert left["answer"]["text"] == ERASED
    assert (left["question"], left["plan"]) == ("", None)
    assert left["trace"] == {"asked_at": "now", "link": {}}
    assert [one["run"] for one in left["purged"]] == [done.id]
    assert left_of(everything()) == []


def test_of_an_emptied_decision_it_is_known_which_evidence_went_and_that_its_record_is_the_one_it_was(
    held: Any,
) -> None:
    store, _ = held
    fill(store)
    kept = store.append(keep(decision(cites="staff@1", text="Vornholt")))
    purge(store, "staff")
    left = store.kept(kept.id)
    assert left is not None
    assert (left.record, left.text, left.intact) == (kept.record, None, True)
    source = {"source": "", "dataset": "staff@1", "locator": "", "quote": None, "run": "r", "recorded_at": "t"}
    assert left.document["evidence"] == [{"id": "E1", "kind": "fact", "text": "", "facts": [], "sources": [source]}]
    assert left.document["claims"] == [{"id": "C1", "text": "", "evidence": ["E1"]}]
    assert left.document["digests"]["/evidence/0"] == kept.record["digests"]["/evidence/0"]


def test_nothing_is_purged_that_a_decision_under_legal_hold_quotes(held: Any) -> None:
    store, _ = held
    fill(store)
    kept = store.append(keep(decision(cites="staff@1", text="Vornholt")))
    store.hold(HoldMove(kept.id, held=True, actor="ann", reason="case 7", at="2026-03-02T00:00:00.000000Z"))
    with pytest.raises(DecisionHeld, match=kept.id):
        purge(store, "staff")
    assert store.decision(kept.id)["answer"]["text"] == "Vornholt"
    assert "person:quetzalina" in ids_seen(store.view(Scope()))
    store.hold(HoldMove(kept.id, held=False, actor="ann", reason="settled", at="2026-03-03T00:00:00.000000Z"))
    purge(store, "staff", "run-after")
    assert store.decision(kept.id)["answer"]["text"] == ERASED


def test_a_decision_that_quotes_nothing_of_it_stays_as_it_is(held: Any) -> None:
    store, _ = held
    fill(store)
    document = decision(text="Ann knows Bob; the elder ones left for home.")
    kept = store.append(keep(document))
    purge(store, "staff")
    assert store.decision(kept.id) == kept.document


def test_what_its_runs_told_of_lineage_goes_too(held: Any) -> None:
    store, everything = held
    fill(store)
    table = LineageNode("dataset", "file", "/home/zanzibar/a.csv")
    source, job, version = own_source("staff@1/a.csv"), own_job("load staff@1"), own_dataset("staff@1")
    event = {
        "eventTime": "2026-03-01T09:00:00Z",
        "eventType": "FAIL",
        "run": {"runId": run_uuid("run-staff"), "facets": {"errorMessage": {"message": "Kestrelworth is no key"}}},
        "job": {"namespace": "whence", "name": "load staff@1"},
    }
    other = (own_job("load people@1"), own_dataset("people@1"))
    links = ((table, source), (source, job), (job, version), (version, own_dataset("staff")), other)
    store.append_events([event_of(event, links=links)])
    assert store.linked([table], "down", 5) == {table: (source,)}
    purge(store, "staff")
    assert store.events(run_uuid("run-staff")) == []
    assert store.linked([table, source], "down", 5) == {}
    assert store.linked([other[0]], "down", 5) == {other[0]: (other[1],)}
    assert left_of(everything()) == []


def test_a_source_is_purged_alone(held: Any) -> None:
    store, everything = held
    into, other = target("staff", files=("a.csv", "b.csv")), target("staff", files=("b.csv",))
    rejections = [*REJECTED, Rejection("staff@1/b.csv", "line 2", "no key", {"name": "x"})]
    load(store, into, [*entries(into, PRIVATE), *entries(other, TOWN)], rejections=rejections, run_id="run-s")
    purge(store, "staff@1/a.csv")
    assert left_of(everything()) == []
    view = store.view(Scope())
    assert ids_seen(view) == ["person:ann", "person:bob"]
    assert view.profile().facts == {"knows": 1, "name": 2, "type": 2}
    assert list(view.sources()) == ["staff@1/b.csv"]
    assert store.rejections("run-s") == rejections[1:]


def test_what_was_retired_before_is_purged(held: Any) -> None:
    store, everything = held
    fill(store)
    ref = ref_of("staff")
    store.retire(ref, run(target("staff", ""), "run-r", left_over=()))
    purge(store, "staff")
    assert left_of(everything()) == []


def test_what_was_purged_can_be_loaded_again(held: Any) -> None:
    store, _ = held
    fill(store)
    purge(store, "staff")
    load(store, target("staff"), PRIVATE)
    view = store.view(Scope())
    assert view.search(["vornholt"], [], 5)["vornholt"].ids == ("person:quetzalina",)
    assert len(facts_seen(view)) == 4


@pytest.mark.parametrize("ref", ["nobody", "people@7", "people@1/z.csv"])
def test_what_is_not_there_cannot_be_purged(held: Any, ref: str) -> None:
    store, _ = held
    fill(store)
    with pytest.raises(NotFound, match=ref):
        purge(store, ref)
    assert "run-p" not in {one.id for one in store.runs(10)}


def test_a_purge_during_a_load_is_refused(held: Any) -> None:
    store, _ = held
    fill(store)
    with store.writer(target("other"), "run-w"), pytest.raises(LoadInProgress):
        purge(store, "staff")


def test_a_reader_that_holds_the_old_pages_is_told_and_the_next_run_finishes(make_store: Any, tmp_path: Path) -> None:
    store = make_store("sqlite-file")
    fill(store)
    with contextlib.closing(apsw.Connection(str(tmp_path / "whence.db"))) as reader:
        cursor = reader.execute("SELECT id FROM entity")
        cursor.fetchone()
        with store._database.use() as connection:
            connection.set_busy_timeout(50)
        with pytest.raises(StoreTimeout, match="a reader still holds"):
            purge(store, "staff")
        assert "run-p" not in {one.id for one in store.runs(10)}
        cursor.close()
    load(store, target("later"), TOWN)
    assert left_of(content(store, tmp_path, None)) == []
    assert "run-p" in {one.id for one in store.runs(10)}


def test_the_index_of_words_forgets_those_of_purged_names(make_store: Any) -> None:
    """Its pages store a word without the beginning it shares with the one before, so bytes alone do not show it."""
    store = make_store("sqlite-file")
    load(store, target("people"), [*TOWN, *entity("vera", name="Vorn"), fact("vera", PASSAGE, Literal("Perish"))])
    load(store, target("staff"), PRIVATE)
    purge(store, "staff")
    with store._database.use() as connection:
        assert [word for (word,) in connection.execute("SELECT term FROM name_word")] == ["ann", "bob", "vorn"]
        connection.execute("CREATE VIRTUAL TABLE temp.word USING fts5vocab('main', 'passage_text', 'row')")
        assert [word for (word,) in connection.execute("SELECT term FROM temp.word")] == ["perish"]


@pytest.mark.neo4j
def test_a_purge_that_was_cut_off_is_finished_by_the_next_load(
    make_store: Any, neo4j_url: str, neo4j_driver: neo4j.Driver, tmp_path: Path
) -> None:
    store = make_store("neo4j")
    fill(store)
    purge(store, "people@1")
    note = json.dumps({"ref": {"dataset": "staff", "version": "", "source": ""}, "at": "t", "run": noted("run-cut")})
    _, database = neo4j_address(neo4j_url)
    neo4j_driver.execute_query(texts.NOTE_PURGING, {"in": {"note": note}}, database_=database)
    load(store, target("later"), TOWN)
    assert left_of(content(store, tmp_path, neo4j_driver)) == []
    assert "run-cut" in {one.id for one in store.runs(10)}


def noted(run_id: str) -> str:
    from kg.domain.records import dump

    return dump(run(target("staff", ""), run_id, left_over=()))
