"""What every registry of decision tables and review rules promises (kg/ports/rules.py)."""

from __future__ import annotations

from typing import Any

import neo4j
import pytest

from kg.domain.prompt import LabelMove
from kg.domain.rule_file import RuleKind, RuleVersion, content_hash
from kg.domain.scope import Scope
from kg.errors import LabelMoved, LoadInProgress, RulesNotFound
from kg.settings import neo4j_address
from tests.builders import TOWN, MakeStore, Store, load, target
from tests.contract.test_prompts import at_once, template
from tests.contract.test_purge import purge

KINDS_OF_RULES: list[RuleKind] = ["table", "review"]
pytestmark = pytest.mark.parametrize("kind", KINDS_OF_RULES)


def content(then: str = "wait") -> dict[str, Any]:
    return {"inputs": ["size"], "rows": [{"when": {"size": "small"}, "then": then}], "note": "naïve “quotes”"}


def save(store: Store, kind: RuleKind, then: str = "wait", name: str = "triage") -> RuleVersion:
    return store.save_rules(kind, name, content(then), f"says {then!r}", "ann")


def move(store: Store, kind: RuleKind, number: int | None, label: str = "production", **changes: Any) -> LabelMove:
    values: dict[str, Any] = {"actor": "bo", "reason": "tried it"}
    return store.move_rule_label(kind, changes.pop("name", "triage"), label, number, **values | changes)


def test_a_new_registry_holds_nothing(store: Store, kind: RuleKind) -> None:
    assert store.rule_names(kind) == ()
    assert store.rule_versions(kind, "triage") == ()
    assert store.rule_labels(kind, "triage") == {}
    assert store.rule_label_history(kind, "triage") == store.rule_label_history(kind) == ()


def test_versions_are_numbered_from_one_and_read_as_they_were_saved(store: Store, kind: RuleKind) -> None:
    made = [save(store, kind, then) for then in ("wait", "act", "ask")]
    assert [one.ref for one in made] == ["triage@1", "triage@2", "triage@3"]
    assert store.rule_versions(kind, "triage") == tuple(made)
    assert made[0].hash == content_hash(content())
    assert (made[0].actor, made[0].message) == ("ann", "says 'wait'")


def test_the_same_content_is_one_version(store: Store, kind: RuleKind) -> None:
    first = save(store, kind)
    save(store, kind, "act")
    assert save(store, kind) == first
    assert len(store.rule_versions(kind, "triage")) == 2


def test_kinds_and_prompts_are_kept_apart(store: Store, kind: RuleKind) -> None:
    other: RuleKind = "review" if kind == "table" else "table"
    save(store, kind)
    store.save_prompt("triage", template(), "a prompt of that name", "ann")
    save(store, other, "act")
    assert [one.content["rows"][0]["then"] for one in store.rule_versions(kind, "triage")] == ["wait"]
    move(store, kind, 1)
    assert store.rule_labels(other, "triage") == store.prompt_labels("triage") == {}
    assert store.rule_label_history(other) == ()


def test_names_are_in_order(store: Store, kind: RuleKind) -> None:
    for name in ("b", "c", "a"):
        save(store, kind, name=name)
    assert store.rule_names(kind) == ("a", "b", "c")


def test_a_label_is_set_moved_and_removed_and_every_move_is_kept(store: Store, kind: RuleKind) -> None:
    save(store, kind)
    save(store, kind, "act")
    moves = [move(store, kind, 1), move(store, kind, 2, reason="better"), move(store, kind, None)]
    assert [(one.before, one.number) for one in moves] == [(None, 1), (1, 2), (2, None)]
    assert store.rule_label_history(kind, "triage") == tuple(reversed(moves))
    assert store.rule_labels(kind, "triage") == {}


def test_the_history_of_all_names_is_in_order(store: Store, kind: RuleKind) -> None:
    for name in ("b", "a"):
        save(store, kind, name=name)
    moves = [move(store, kind, 1, name="b"), move(store, kind, 1, name="a"), move(store, kind, None, name="b")]
    assert store.rule_label_history(kind) == tuple(reversed(moves))


def test_a_label_that_moved_meanwhile_is_not_moved(store: Store, kind: RuleKind) -> None:
    save(store, kind)
    save(store, kind, "act")
    move(store, kind, 1, expected=None)
    with pytest.raises(LabelMoved, match="points at version 1 by now, not at version 2"):
        move(store, kind, 2, expected=2)
    assert store.rule_labels(kind, "triage") == {"production": 1}


@pytest.mark.parametrize(("number", "said"), [(2, "has no version 2"), (None, "no label to remove")])
def test_what_is_not_there_is_not_pointed_at(store: Store, kind: RuleKind, number: int | None, said: str) -> None:
    save(store, kind)
    with pytest.raises(RulesNotFound, match=said):
        move(store, kind, number)
    assert store.rule_label_history(kind) == ()


def test_of_several_moves_at_once_that_saw_the_same_one_is_made(store: Store, kind: RuleKind) -> None:
    for number in range(6):
        save(store, kind, str(number))

    def tried(number: int) -> Any:
        try:
            return move(store, kind, number + 1, expected=None)
        except LoadInProgress as exc:
            return exc

    made = [one for one in at_once(tried) if isinstance(one, LabelMove)]
    assert len(made) == len(store.rule_label_history(kind)) == 1


def test_a_table_that_is_labelled_moves_the_known_time_and_nothing_else_does(store: Store, kind: RuleKind) -> None:
    load(store, target(), TOWN)
    before = store.view(Scope()).known_at
    save(store, kind)
    assert store.view(Scope()).known_at == before
    done = move(store, kind, 1)
    assert store.view(Scope()).known_at == (done.moved_at if kind == "table" else before)


def test_while_a_load_is_at_work_review_rules_alone_are_labelled(store: Store, kind: RuleKind) -> None:
    save(store, kind)
    with store.writer(target(), "run-1"):
        if kind == "table":
            with pytest.raises(LoadInProgress):
                move(store, kind, 1)
        else:
            move(store, kind, 1)
    assert store.rule_labels(kind, "triage") == ({} if kind == "table" else {"production": 1})


def test_a_purge_leaves_rules(store: Store, kind: RuleKind) -> None:
    load(store, target(), TOWN)
    held = save(store, kind)
    move(store, kind, 1)
    purge(store, "people")
    assert store.rule_versions(kind, "triage") == (held,)
    assert store.rule_labels(kind, "triage") == {"production": 1}


@pytest.mark.neo4j
def test_in_neo4j_versions_hang_on_what_they_are_versions_of(
    make_store: MakeStore, neo4j_url: str, neo4j_driver: neo4j.Driver, kind: RuleKind
) -> None:
    store = make_store("neo4j")
    save(store, kind)
    move(store, kind, 1)
    of = {"table": "DecisionTable", "review": "ReviewRules"}[kind]
    _, database = neo4j_address(neo4j_url)
    found, _, _ = neo4j_driver.execute_query(
        f"MATCH (l:{of}Label)-[:POINTS_AT]->(v:{of}Version)-[:VERSION_OF]->(t:{of}) RETURN l.label, v.number, t.id",
        database_=database,
    )
    assert [tuple(row) for row in found] == [("production", 1, "triage")]
