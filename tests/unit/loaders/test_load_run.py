"""A load: all or nothing, said when it changes nothing, and every record it does not take kept with its reason."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from kg.domain.scope import Scope
from kg.errors import DatasetNotFound, ExpectationFailed, MappingInvalid, SourceUnreadable
from tests.unit.loaders.loading import Folder, triple

ONE = "id,name\nSUP-1,Kestrel\n"
SUP = {"type": "Supplier", "key": "id", "name": "name"}
SUPPLIES: dict[str, Any] = {"predicate": "supplies", "object": {"type": "Ingredient", "key": "item"}}
ALL_REJECTED_ALLOWED = {"rejected": 1}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_a_load_says_what_it_did(folder: Folder) -> None:
    run = folder.load("id,name,x\nSUP-1,Kestrel,1\nSUP-2,Oils,2\n", ignore=["y"])
    assert (run.state, run.records, run.rejected, run.skipped, run.left_over) == ("complete", 2, 0, 0, ("x",))
    assert (run.changes.added, run.changes.kept, run.changes.retired) == (4, 0, 0)


def test_the_same_bytes_twice_are_a_said_no_op(folder: Folder) -> None:
    folder.load(ONE)
    before = folder.services.store.view(Scope()).known_at
    again = folder.load(ONE)
    assert (again.state, again.message) == ("unchanged", "same files, same mapping: nothing to do")
    assert folder.services.store.view(Scope()).known_at == before


@pytest.mark.parametrize(
    "changes", [{"title": "Another"}, {"map": [{"entity": {"type": "Supplier", "key": "id"}}]}, {"ignore": ["x"]}]
)
def test_the_same_bytes_with_another_dataset_file_are_a_load(folder: Folder, changes: dict[str, Any]) -> None:
    folder.load(ONE)
    assert folder.load(ONE, **changes).state == "complete"


def test_bytes_loaded_before_are_loaded_again_after_a_change(folder: Folder) -> None:
    folder.load(ONE)
    folder.load("id,name\n")
    assert folder.load(ONE).state == "complete"
    assert folder.graph() == [("supplier:SUP-1", "name", "Kestrel"), ("supplier:SUP-1", "type", "Supplier")]


def test_changed_bytes_of_the_same_version_retire_what_is_gone(folder: Folder) -> None:
    folder.load("id,name\nSUP-1,Kestrel\nSUP-2,Oils\n")
    run = folder.load("id,name\nSUP-1,Kestrel\nSUP-3,New\n")
    assert (run.changes.added, run.changes.kept, run.changes.retired) == (2, 2, 2)
    assert [subject for subject, predicate, _ in folder.graph() if predicate == "type"] == [
        "supplier:SUP-1",
        "supplier:SUP-3",
    ]


def test_another_version_touches_nothing_of_the_first(folder: Folder) -> None:
    folder.load("id,name\nSUP-1,Kestrel\nSUP-2,Oils\n")
    first = folder.graph("register@1")
    run = folder.load("id,name\nSUP-2,Oils\n", version="2")
    assert run.changes.retired == 0
    assert folder.graph("register@1") == first
    assert folder.graph() == folder.graph("register@2") == folder.graph("register")
    assert [subject for subject, *_ in folder.graph()] == ["supplier:SUP-2", "supplier:SUP-2"]


def test_a_dataset_file_may_pin_the_current_version(folder: Folder) -> None:
    folder.load(ONE, current="1")
    folder.load("id,name\nSUP-2,Oils\n", version="2", current="1")
    assert [subject for subject, *_ in folder.graph("register")] == ["supplier:SUP-1", "supplier:SUP-1"]


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        ({"entities": {"Supplier": [3, 5]}}, "register@1: 2 entities of Supplier, expected 3 to 5"),
        ({"facts": {"name": [0, 1]}}, "register@1: 2 facts of name, expected 0 to 1"),
        ({"facts": {"supplies": [1, 1]}}, "register@1: 0 facts of supplies, expected 1 to 1"),
        (
            {"filled": {"since": 0.6}},
            "register@1: field 'since' has a value in 1 of 2 records (50.0%), expected 60.0% or more",
        ),
        ({"unique": ["id", "kind"]}, "register@1: field 'kind' is 'a' at line 2 and at line 3, expected once"),
        (
            {"fresh": {"since": 30}},
            "register@1: field 'since': expected a day of the last 30, the newest is 2026-03-01",
        ),
        ({"fresh": {"name | date": 9}}, "register@1: field 'name | date': expected a day of the last 9, there is none"),
    ],
)
def test_an_expectation_that_is_not_met_changes_nothing_and_is_recorded(
    folder: Folder, expect: dict[str, Any], message: str
) -> None:
    folder.load(ONE)
    before = folder.graph()
    with pytest.raises(ExpectationFailed, match=re.escape(message)):
        folder.load("id,name,kind,since\nSUP-1,Other,a,2026-03-01\nSUP-2,Oils,a,\n", expect=expect)
    assert folder.graph() == before
    assert folder.last_run().state == "failed"
    assert folder.last_run().message.endswith(message)


def test_expectations_that_are_met_let_the_load_pass(folder: Folder) -> None:
    expect = {"filled": {"id": 1, "since": 0.5}, "unique": ["id", "name"], "fresh": {"since": 31}}
    skip = [{"when": {"id": "note"}, "reason": "a remark"}]
    data = "id,name,since\nSUP-1,a,2026-03-01\nnote,a,\nSUP-2,b,2026-02-01\n"
    assert folder.load(data, expect=expect, skip=skip).state == "complete"


def test_a_load_remembers_the_same_however_little_it_may_keep_in_memory(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [
        {"when": {"kind": "s"}, "entity": SUP, "facts": [SUPPLIES]},
        {"when": {"kind": "i"}, "entity": {"type": "Ingredient", "key": "id", "name": "name"}},
    ]
    rows = [f"s,SUP-{n % 7},n{n % 7},item{n % 11}" for n in range(40)] + [f"i,item{n},I,x" for n in range(9)]
    data = "\n".join(["kind,id,name,item", *rows, "i,SUP-1,clash,"])
    changes: dict[str, Any] = {"map": entries, "expect": ALL_REJECTED_ALLOWED}
    at_ease, rejected = folder.load(data, **changes), folder.rejected()
    graph, profile = folder.graph(), folder.services.store.view(Scope()).profile()
    for name, least in (("spool.IN_MEMORY", 2), ("stage.WAITING_IN_MEMORY", 1), ("stage.CHUNK", 3)):
        monkeypatch.setattr(f"loaders.{name}", least)
    tight = folder.load(data, **changes, title="again")
    assert (tight.records, tight.rejected, tight.changes.kept) == (50, at_ease.rejected, at_ease.changes.added)
    assert (folder.rejected(), folder.graph()) == (rejected, graph)
    assert folder.services.store.view(Scope()).profile() == profile


def test_a_failed_first_load_leaves_no_dataset(folder: Folder) -> None:
    with pytest.raises(ExpectationFailed):
        folder.load(ONE, expect={"entities": {"Supplier": [9, 9]}})
    with pytest.raises(DatasetNotFound):
        folder.graph("register")


def test_a_failed_run_is_recorded_with_what_it_rejected(folder: Folder) -> None:
    message = r"1 of 3 records rejected \(33.3%, allowed 30.0%\); the first, line 3: 'x' is not a key of Supplier"
    with pytest.raises(ExpectationFailed, match=message):
        folder.load("id,name\nSUP-1,a\nx,b\nSUP-3,c\n", expect={"rejected": 0.3})
    assert (folder.last_run().state, folder.last_run().rejected) == ("failed", 1)
    assert folder.rejected() == [("line 3", "'x' is not a key of Supplier")]


def test_rejected_records_up_to_the_share_allowed_are_kept_with_reason(folder: Folder) -> None:
    run = folder.load("id,name\nSUP-1,a\nx,b\nSUP-3,c,d\n", expect={"rejected": 0.67})
    assert (run.state, run.rejected) == ("complete", 2)
    assert folder.rejected() == [
        ("line 3", "'x' is not a key of Supplier"),
        ("line 4", "3 cells where the header has 2"),
    ]
    assert folder.services.runs.rejections(run.id)[0].record == {"id": "x", "name": "b"}


def test_several_problems_of_one_record_are_one_rejected_record(folder: Folder) -> None:
    entry = {"entity": SUP, "facts": [{"predicate": p, "value": "bad"} for p in ("share", "founded")]}
    run = folder.load("id,name,bad\nSUP-1,a,x\nSUP-2,b,\n", map=[entry], expect={"rejected": 0.5})
    assert (run.state, run.rejected) == ("complete", 2)


def test_skipped_records_are_counted_and_are_not_rejected(folder: Folder) -> None:
    run = folder.load("id,name\nSUP-1,a\nnote,b\n", skip=[{"when": {"id": "note"}, "reason": "a remark"}])
    assert (run.records, run.skipped, run.rejected) == (2, 1, 0)


def test_one_key_with_two_types_in_a_file_is_rejected_with_reason(folder: Folder) -> None:
    entity = SUP | {"type": {"from": "kind", "table": "kinds"}}
    tables = {"kinds": {"s": "Supplier", "b": "Broker"}}
    folder.load(
        "kind,id,name\ns,SUP-1,a\nb,SUP 01,b\n", map=[{"entity": entity}], tables=tables, expect={"rejected": 0.5}
    )
    assert folder.rejected() == [("line 3", "'supplier:SUP-1' is declared twice, as Supplier and as Broker")]
    assert folder.graph() == [("supplier:SUP-1", "name", "a"), ("supplier:SUP-1", "type", "Supplier")]


def test_a_key_that_another_dataset_has_with_another_type_is_rejected_with_reason(folder: Folder) -> None:
    folder.load("id,name\nSUP-1,a\n")
    before = folder.graph()
    broker = [{"entity": SUP | {"type": "Broker"}}]
    folder.load("id,name\nSUP-1,b\nSUP-2,c\n", dataset="brokers", map=broker, expect={"rejected": 0.5})
    assert folder.rejected() == [("line 2", "'supplier:SUP-1' is already a Supplier, here it is a Broker")]
    assert folder.graph() == sorted([*before, ("supplier:SUP-2", "name", "c"), ("supplier:SUP-2", "type", "Broker")])


def test_a_reference_that_nothing_declares_is_rejected_with_reason(folder: Folder) -> None:
    entries = [{"entity": SUP, "facts": [SUPPLIES]}]
    folder.load("id,name,item\nSUP-1,a,oil\nSUP-2,b,\n", map=entries, expect={"rejected": 0.5})
    assert folder.rejected() == [("line 2#item", "supplies: object 'item:oil' is declared by no loaded dataset")]
    assert ("supplier:SUP-1", "name", "a") in folder.graph()


def test_a_reference_to_an_entity_whose_own_record_was_rejected_is_rejected_too(folder: Folder) -> None:
    entries = [
        {"when": {"kind": "i"}, "entity": {"type": "Ingredient", "key": "id", "name": "name"}},
        {"when": {"kind": "s"}, "entity": SUP, "facts": [SUPPLIES]},
    ]
    data = f"kind,id,name,item\ni,oil,{'x' * 1_001},\ns,SUP-1,a,oil\n"
    folder.load(data, map=entries, expect=ALL_REJECTED_ALLOWED)
    assert folder.rejected() == [
        ("line 2", "1,001 characters where 1,000 are allowed"),
        ("line 3#item", "supplies: object 'item:oil' is declared by no loaded dataset"),
    ]


def test_what_a_failed_reference_waits_for_is_named(folder: Folder) -> None:
    entries = [{"entity": SUP, "facts": [SUPPLIES]}]
    with pytest.raises(ExpectationFailed, match=r"load first: ingredients$"):
        folder.load("id,name,item\nSUP-1,a,oil\n", map=entries, after=["ingredients"])


def test_a_reference_to_what_another_dataset_declares_holds(folder: Folder) -> None:
    ingredient = [{"entity": {"type": "Ingredient", "key": "id", "name": "name"}}]
    folder.load("id,name\noil,Oil\n", dataset="ingredients", map=ingredient)
    folder.load("id,name,item\nSUP-1,a,Oil\n", map=[{"entity": SUP, "facts": [SUPPLIES]}])
    assert ("supplier:SUP-1", "supplies", "item:oil") in folder.graph()


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        ({"predicate": "buys", "object": {"type": "Ingredient", "key": "item"}}, "buys: subject 'supplier:SUP-1' is a"),
        ({"predicate": "owns", "object": {"type": "Ingredient", "key": "item"}}, "owns: object 'item:oil' is a"),
    ],
)
def test_a_fact_between_types_that_the_ontology_does_not_allow_is_rejected(
    folder: Folder, fact: dict[str, Any], reason: str
) -> None:
    entries = [{"entity": {"type": "Ingredient", "key": "item"}}, {"entity": SUP, "facts": [fact]}]
    folder.load("id,name,item\nSUP-1,a,oil\n", map=entries, expect=ALL_REJECTED_ALLOWED)
    assert [found.startswith(reason) for _, found in folder.rejected()] == [True]


def test_a_value_that_a_condition_cannot_test_is_a_rejected_record(folder: Folder) -> None:
    entry = {"when": {"since | date": "2026-01-01"}, "entity": SUP}
    folder.load("id,name,since\nSUP-1,a,2026-01-01\nSUP-2,b,soon\n", map=[entry], expect={"rejected": 0.5})
    assert folder.rejected() == [("line 3", "'soon' is not a date")]


def test_a_file_that_cannot_be_read_is_named_and_recorded(folder: Folder) -> None:
    folder.load(ONE)
    with pytest.raises(SourceUnreadable, match=r"cannot read '.*absent\.csv'"):
        folder.load(files=["absent.csv"])
    assert (folder.last_run().state, folder.last_run().records) == ("failed", 0)
    assert len(folder.graph()) == 2


@pytest.mark.parametrize("name", ["../data.csv", "/etc/hostname", "inner/../../data.csv"])
def test_a_file_outside_the_folder_is_refused(folder: Folder, name: str) -> None:
    with pytest.raises(SourceUnreadable, match="lies outside"):
        folder.load(files=[name])


def test_a_link_that_leads_outside_the_folder_is_refused(
    folder: Folder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "data.csv"
    outside.write_text(ONE)
    (folder.path / "data.csv").symlink_to(outside)
    with pytest.raises(SourceUnreadable, match="lies outside"):
        folder.load()


@pytest.mark.parametrize(
    ("changes", "content", "error", "message"),
    [
        ({"format": "json"}, "[{", SourceUnreadable, "data.csv: not JSON at line 1, column 3"),
        ({"format": "csv"}, b"id\n\xff\n", SourceUnreadable, "data.csv: not utf-8 at byte 3"),
        ({"map": [{"entity": SUP | {"key": "$k"}}]}, ONE, MappingInvalid, "no \\$k under paths"),
    ],
)
def test_a_run_that_fails_while_reading_is_recorded(
    folder: Folder, changes: dict[str, Any], content: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        folder.load(content, **changes)
    assert folder.last_run().state == "failed"


def test_the_same_fact_at_two_places_has_an_assertion_for_each(folder: Folder) -> None:
    run = folder.load("id,name\nSUP-1,a\nSUP 1,a\n")
    assert run.changes.added == 4
    view = folder.services.store.view(Scope())
    name = next(fact for fact in folder.facts() if triple(fact)[1] == "name")
    assert [one.locator for one in view.assertions([name.id])[name.id]] == ["line 2#name", "line 3#name"]


def test_a_load_of_no_records_retires_all(folder: Folder) -> None:
    folder.load(ONE)
    assert folder.load("id,name\n").changes.retired == 2
    assert folder.graph() == []


def test_a_dataset_of_several_files_is_one_load(folder: Folder) -> None:
    folder.data(ONE, "a.csv")
    folder.data("id,name\nSUP-2,b\n", "b.csv")
    assert folder.load(files=["a.csv", "b.csv"]).records == 2
    view = folder.services.store.view(Scope())
    assert sorted(view.sources()) == ["register@1/a.csv", "register@1/b.csv"]


REFERS = [
    {"when": {"kind": "d"}, "entity": SUP | {"type": "Broker"}},
    {"when": {"kind": "d"}, "entity": {"type": "Ingredient", "key": "item"}},
    {
        "when": {"kind": "r"},
        "facts": [
            {
                "predicate": "buys",
                "subject": {"type": "Broker", "key": "id"},
                "object": {"type": "Ingredient", "key": "item"},
            }
        ],
    },
]


@pytest.mark.parametrize(
    ("others", "items"),
    [("", []), ("d,SUP-3,c,oil\n", ["item:oil"])],
    ids=["declared by the rejected record alone", "declared by another record too"],
)
def test_no_entity_of_a_record_rejected_for_a_clash_counts_as_declared(
    folder: Folder, others: str, items: list[str]
) -> None:
    folder.load(ONE)
    data = f"kind,id,name,item\nd,SUP-1,b,oil\nd,SUP-2,c,salt\n{others}r,SUP-2,,oil\n"
    folder.load(data, dataset="brokers", map=REFERS, expect={"rejected": 0.67})
    reasons = [reason for _, reason in folder.rejected()]
    assert reasons[0] == "'supplier:SUP-1' is already a Supplier, here it is a Broker"
    assert reasons[1:] == ([] if items else ["buys: object 'item:oil' is declared by no loaded dataset"])
    assert [target for _, predicate, target in folder.graph() if predicate == "buys"] == items


def test_no_entity_of_a_record_that_declares_a_key_a_second_time_counts_as_declared(folder: Folder) -> None:
    entries = [
        {"when": {"kind": "s"}, "entity": SUP},
        {"when": {"kind": "d"}, "entity": {"type": "Ingredient", "key": "item"}},
        *REFERS,
    ]
    data = "kind,id,name,item\ns,SUP-1,a,\nd,SUP-1,b,oil\nd,SUP-2,c,salt\nr,SUP-2,,oil\n"
    folder.load(data, map=entries, expect={"rejected": 0.5})
    assert folder.rejected() == [
        ("line 3", "'supplier:SUP-1' is declared twice, as Supplier and as Broker"),
        ("line 5#id,item", "buys: object 'item:oil' is declared by no loaded dataset"),
    ]


def test_a_record_whose_pointer_holds_a_number_sign_is_one_rejected_record(folder: Folder) -> None:
    values = [{"predicate": name, "value": "bad#1"} for name in ("share", "founded")]
    entry = {"entity": SUP, "facts": [*values, SUPPLIES]}
    data = '{"a#1": {"id": "SUP-1", "bad#1": "x"}, "a#2": {"id": "SUP-2", "item": "oil"}, "a#3": {"id": "SUP-3"}}'
    with pytest.raises(ExpectationFailed, match=r"^register@1: 2 of 3 records rejected"):
        folder.load(data, map=[entry], format="json")


def test_a_load_that_waited_for_another_dataset_is_no_no_op(folder: Folder) -> None:
    waiting: dict[str, Any] = {"map": [{"entity": SUP, "facts": [SUPPLIES]}], "expect": ALL_REJECTED_ALLOWED}
    data = "id,name,item\nSUP-1,a,Oil\n"
    assert folder.load(data, **waiting).rejected == 1
    ingredient = [{"entity": {"type": "Ingredient", "key": "id", "name": "name"}}]
    folder.load("id,name\noil,Oil\n", dataset="ingredients", map=ingredient, files=["ingredients.csv"])
    again = folder.load(**waiting)
    assert (again.state, again.rejected, again.changes.added) == ("complete", 0, 1)
    assert ("supplier:SUP-1", "supplies", "item:oil") in folder.graph()
    assert folder.load(**waiting).state == "unchanged"


def test_records_rejected_for_another_reason_do_not_make_a_load_of_the_same_bytes(folder: Folder) -> None:
    changes: dict[str, Any] = {"expect": ALL_REJECTED_ALLOWED}
    assert folder.load("id,name\nx,a\n", **changes).rejected == 1
    assert folder.load(**changes).state == "unchanged"


def test_the_run_that_waited_is_found_behind_many_others(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loaders.run.RUNS_AT_ONCE", 2)
    waiting: dict[str, Any] = {"map": [{"entity": SUP, "facts": [SUPPLIES]}], "expect": ALL_REJECTED_ALLOWED}
    folder.load("id,name,item\nSUP-1,a,Oil\n", **waiting)
    for version in range(5):
        folder.load(ONE, dataset="other", version=str(version), files=["other.csv"])
    assert folder.load(**waiting).state == "complete"
