"""Feeds: a delta changes what its records name, in order, and the source of each fact is the file that said it last."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kg.domain.difference import difference
from kg.domain.lineage import Run
from kg.domain.scope import Scope
from kg.errors import FeedOutOfOrder, MappingInvalid
from tests.unit.loaders.loading import Folder

FULL = "id,name,item,op\nSUP-1,Kestrel,Oil,\nSUP-2,Oils,Salt,\nSUP-3,Mill,Salt,\n"
FEED: dict[str, Any] = {
    "record": "id",
    "deleted": {"op": "D"},
    "map": [
        {
            "entity": {"type": "Supplier", "key": "id", "name": "name"},
            "facts": [{"predicate": "supplies", "object": {"type": "Ingredient", "key": "item"}}],
        },
        {"when": {"item": "*"}, "entity": {"type": "Ingredient", "key": "item"}},
    ],
}
ONE, TWO, THREE = "supplier:SUP-1", "supplier:SUP-2", "supplier:SUP-3"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def full(folder: Folder, content: str = FULL, **changes: Any) -> Run:
    return folder.load(content, **FEED | changes)


def delta(folder: Folder, rows: str, sequence: int | None = 1, **changes: Any) -> Run:
    said = FEED | {"feed": "delta", "sequence": sequence, "files": ["delta.csv"]}
    return folder.load(f"id,name,item,op\n{rows}", **said | changes)


def suppliers(folder: Folder) -> list[tuple[str, str, str]]:
    return [fact for fact in folder.graph() if fact[1] in ("name", "supplies")]


def test_a_delta_changes_the_records_it_names_and_no_other(folder: Folder) -> None:
    full(folder)
    run = delta(folder, "SUP-2,Oils Ltd,Salt,\nSUP-4,New,Oil,\nSUP-3,,,D\n")
    assert suppliers(folder) == [
        (ONE, "name", "Kestrel"), (ONE, "supplies", "item:oil"),
        (TWO, "name", "Oils Ltd"), (TWO, "supplies", "item:salt"),
        ("supplier:SUP-4", "name", "New"), ("supplier:SUP-4", "supplies", "item:oil"),
    ]  # fmt: skip
    assert (run.records, run.skipped, run.rejected, run.compared) == (3, 1, 0, "register@1")
    found = difference(folder.services.runs.changes(run.id))
    assert (found.came, found.went) == (("supplier:SUP-4",), (THREE,))
    assert [(fact.subject, fact.target) for fact in found.facts["supplies"].lost] == [(THREE, "item:salt")]


def test_a_fact_is_located_in_the_file_that_said_it_last(folder: Folder) -> None:
    full(folder)
    delta(folder, "SUP-2,Oils,Salt,\n", sequence=1)
    delta(folder, "SUP-9,Nine,Oil,\nSUP-1,Kestrel,Salt,\n", sequence=2)
    view = folder.services.store.view(Scope())
    facts = [fact for fact in folder.facts() if fact.predicate == "name"]
    said = {fact.subject: view.assertions([fact.id])[fact.id] for fact in facts}
    places = {subject: [(one.source, one.locator) for one in told] for subject, told in said.items()}
    assert places == {
        ONE: [("register@1/2/delta.csv", "line 3#name")],
        TWO: [("register@1/1/delta.csv", "line 2#name")],
        THREE: [("register@1/data.csv", "line 4#name")],
        "supplier:SUP-9": [("register@1/2/delta.csv", "line 2#name")],
    }
    assert sorted(view.sources()) == ["register@1/1/delta.csv", "register@1/2/delta.csv", "register@1/data.csv"]


def test_what_a_delta_refers_to_may_be_declared_by_an_earlier_file(folder: Folder) -> None:
    owns = {"predicate": "owns", "object": {"type": "Supplier", "key": "item"}}
    full(folder)
    delta(folder, "SUP-4,New,SUP-3,\n", map=[{"entity": FEED["map"][0]["entity"], "facts": [owns]}])
    assert ("supplier:SUP-4", "owns", THREE) in folder.graph()


def test_a_record_that_is_skipped_now_says_nothing_more(folder: Folder) -> None:
    full(folder)
    delta(folder, "SUP-2,Oils,Salt,X\n", skip=[{"when": {"op": "X"}, "reason": "on hold"}])
    assert TWO not in {subject for subject, _, _ in folder.graph()}


def test_a_record_that_cannot_be_read_leaves_what_was_said_before(folder: Folder) -> None:
    named: dict[str, Any] = {"record": "op", "deleted": {}}
    full(folder, "id,name,item,op\nSUP-1,Kestrel,Oil,r1\n", **named)
    run = delta(folder, "nobody,Oil Ltd,Oil,r1\n", expect={"rejected": 1}, **named)
    assert run.rejected == 1
    assert (ONE, "name", "Kestrel") in folder.graph()


def test_two_records_of_one_name_are_one_and_a_rejection(folder: Folder) -> None:
    full(folder)
    delta(folder, "SUP-2,First,Salt,\nSUP-2,Second,Salt,\n", expect={"rejected": 1})
    assert (TWO, "name", "First") in folder.graph()
    assert folder.rejected() == [("line 3", "record 'SUP-2' stands at line 2 already")]


def test_a_record_without_a_name_is_rejected(folder: Folder) -> None:
    full(folder, "id,name,item,op\nSUP-1,Kestrel,Oil,\n,Nobody,Oil,\n", expect={"rejected": 1})
    assert folder.rejected() == [("line 3", "record: 0 values tell this record apart, expected one")]


def test_a_record_may_be_told_apart_by_several_fields(folder: Folder) -> None:
    content = "id,name,item,op\nSUP-1,Kestrel,Oil,\nSUP-1,Kestrel,Salt,\n"
    full(folder, content, record="= {id}/{item}")
    delta(folder, "SUP-1,Kestrel,Salt,D\n", record="= {id}/{item}")
    assert [fact for fact in suppliers(folder) if fact[1] == "supplies"] == [(ONE, "supplies", "item:oil")]


def test_a_full_file_of_a_feed_may_say_what_is_deleted(folder: Folder) -> None:
    run = full(folder, FULL + "SUP-4,Gone,Oil,D\n")
    assert (run.skipped, len({subject for subject, _, _ in suppliers(folder)})) == (1, 3)


# --- order ---


def test_the_same_delta_twice_is_a_said_no_op(folder: Folder) -> None:
    full(folder)
    delta(folder, "SUP-3,,,D\n")
    assert delta(folder, "SUP-3,,,D\n").state == "unchanged"


def test_a_first_delta_may_be_of_the_day_of_the_full_file_it_builds_on(folder: Folder) -> None:
    full(folder, issued="2026-03-01")
    assert delta(folder, "SUP-1,,,D\n", sequence=1, issued="2026-03-01").state == "complete"


@pytest.mark.parametrize("sequence", [4, 5])
def test_a_delta_that_is_not_later_is_refused_and_changes_nothing(folder: Folder, sequence: int) -> None:
    full(folder)
    delta(folder, "SUP-2,Oils Ltd,Salt,\n", sequence=5)
    before = folder.graph()
    with pytest.raises(FeedOutOfOrder, match=f"sequence {sequence} is not later than 5"):
        delta(folder, "SUP-1,,,D\n", sequence=sequence)
    assert (folder.graph(), folder.last_run().state) == (before, "failed")
    delta(folder, "SUP-1,,,D\n", sequence=6)
    assert ONE not in {subject for subject, _, _ in folder.graph()}


def test_days_order_deltas_without_a_sequence(folder: Folder) -> None:
    full(folder, issued="2026-03-01")
    delta(folder, "SUP-1,,,D\n", sequence=None, issued="2026-03-02")
    with pytest.raises(FeedOutOfOrder, match="issued 2026-03-01 is not later than 2026-03-02"):
        delta(folder, "SUP-2,,,D\n", sequence=None, issued="2026-03-01")


def test_a_full_file_that_is_older_than_the_last_delta_is_refused(folder: Folder) -> None:
    full(folder, issued="2026-03-01")
    delta(folder, "SUP-1,,,D\n", sequence=None, issued="2026-03-02")
    with pytest.raises(FeedOutOfOrder, match="whence retire register@1"):
        full(folder, issued="2026-03-01")
    assert full(folder, issued="2026-03-02").state == "complete"
    assert ONE in {subject for subject, _, _ in folder.graph()}


def test_a_delta_on_records_that_were_not_told_apart_is_refused(folder: Folder) -> None:
    full(folder, record=None, deleted={}, ignore=["op"])
    with pytest.raises(MappingInvalid, match="cannot be told apart: load it in full"):
        delta(folder, "SUP-1,,,D\n")
    full(folder)
    delta(folder, "SUP-1,,,D\n", sequence=2)
    assert ONE not in {subject for subject, _, _ in folder.graph()}


def test_a_delta_that_tells_records_apart_in_another_way_is_refused(folder: Folder) -> None:
    full(folder)
    with pytest.raises(MappingInvalid, match="are told apart by 'id'"):
        delta(folder, "SUP-1,,,D\n", record="name")


def test_a_delta_after_one_of_another_order_is_refused(folder: Folder) -> None:
    full(folder)
    delta(folder, "SUP-1,,,D\n", sequence=1)
    with pytest.raises(MappingInvalid, match="sequence: missing, and the file loaded last had 1"):
        delta(folder, "SUP-2,,,D\n", sequence=None, issued="2026-03-02")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"feed": "delta", "sequence": 1}, "needs `record`"),
        ({"feed": "delta", "record": "id"}, "needs `record`, and `issued` or `sequence`"),
        ({"deleted": {"op": "D"}}, "`deleted` needs `record`"),
        ({"feed": "some"}, "feed"),
    ],
)
def test_a_feed_that_is_half_described_is_refused(folder: Folder, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(MappingInvalid, match=said):
        folder.load("id,name\n", **changes)


def test_a_check_of_a_delta_refuses_what_the_load_would(folder: Folder) -> None:
    from loaders.jobs import check_files

    full(folder)
    delta(folder, "SUP-1,,,D\n", sequence=5)
    path = folder.path / "register-1.yml"
    with pytest.raises(FeedOutOfOrder):
        list(check_files([path], None, folder.services, lambda *_: None))
