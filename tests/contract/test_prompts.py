"""What every prompt registry promises (kg/ports/prompts.py)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import neo4j
import pytest

from kg.backends.sqlite.store import SqliteStore
from kg.domain.ontology import Ontology
from kg.domain.prompt import LabelMove, PromptVersion, Template
from kg.errors import LabelMoved, PromptNotFound
from kg.settings import neo4j_address
from tests.builders import TOWN, MakeStore, Store, TickingClock, load, target
from tests.contract.test_purge import purge

AT_ONCE = 6
SCHEMA = {"type": "object", "properties": {"reading": {"type": "string"}, "plan": {"type": "string"}}}


def template(user: str = "{{ question }}", **changes: Any) -> Template:
    values: dict[str, Any] = {"system": "Hold to the evidence.", "user": user, "schema": SCHEMA, "parameters": {}}
    return Template(**values | changes)


def save(store: Store, user: str = "{{ question }}", name: str = "answer", **changes: Any) -> PromptVersion:
    return store.save_prompt(name, template(user, **changes), f"says {user!r}", "ann")


def move(store: Store, number: int | None, label: str = "production", **changes: Any) -> LabelMove:
    values: dict[str, Any] = {"name": "answer", "actor": "bo", "reason": "tried it"}
    return store.move_label(label=label, number=number, **values | changes)


def at_once(work: Callable[[int], Any]) -> list[Any]:
    """What came of doing it several times at the same time; errors in the place of results."""

    def tried(number: int) -> Any:
        try:
            return work(number)
        except LabelMoved as exc:
            return exc

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(tried, range(AT_ONCE)))


def test_a_new_registry_holds_nothing(store: Store) -> None:
    assert store.prompt_names() == ()
    assert store.prompt_versions("answer") == ()
    assert store.prompt_labels("answer") == {}
    assert store.label_history("answer") == ()


def test_versions_are_numbered_from_one_and_read_as_they_were_saved(store: Store) -> None:
    made = [save(store, text) for text in ("naïve “quotes”\n", "{% if notes %}\n{{ notes }}{% endif %}", "third")]
    assert [one.number for one in made] == [1, 2, 3]
    assert store.prompt_versions("answer") == tuple(made)
    first = made[0]
    assert (first.ref, first.message, first.actor) == ("answer@1", "says 'naïve “quotes”\\n'", "ann")
    assert first.created_at < made[1].created_at


def test_prompts_are_numbered_each_by_itself(store: Store) -> None:
    for name, text in (("plan", "a"), ("answer", "a"), ("plan", "b")):
        save(store, text, name)
    assert store.prompt_names() == ("answer", "plan")
    assert [one.ref for one in store.prompt_versions("plan")] == ["plan@1", "plan@2"]


def test_the_same_content_again_is_the_same_version(store: Store) -> None:
    first = save(store, "one")
    save(store, "two")
    again = store.save_prompt("answer", template("one"), "another message", "somebody else")
    assert again == first
    assert len(store.prompt_versions("answer")) == 2


@pytest.mark.parametrize(
    "changes", [{"system": "Be short."}, {"schema": SCHEMA | {"title": "x"}}, {"parameters": {"temperature": 0.5}}]
)
def test_any_part_that_changes_makes_another_version(store: Store, changes: dict[str, Any]) -> None:
    first, second = save(store), save(store, **changes)
    assert (second.number, second.hash == first.hash) == (2, False)
    assert store.prompt_versions("answer") == (first, second)


def test_the_fields_of_a_schema_keep_their_order(store: Store) -> None:
    save(store)
    [held] = store.prompt_versions("answer")
    assert list(held.template.schema["properties"]) == ["reading", "plan"]


def test_versions_saved_at_the_same_time_are_numbered_without_a_gap(store: Store) -> None:
    made = at_once(lambda number: save(store, f"text {number}"))
    assert sorted(one.number for one in made) == list(range(1, AT_ONCE + 1))
    assert {one.ref: one.hash for one in store.prompt_versions("answer")} == {one.ref: one.hash for one in made}


def test_one_content_saved_at_the_same_time_is_one_version(store: Store) -> None:
    assert {one.ref for one in at_once(lambda _: save(store))} == {"answer@1"}
    assert len(store.prompt_versions("answer")) == 1


def test_a_label_is_set_and_moved_and_its_history_kept(store: Store) -> None:
    for text in ("one", "two"):
        save(store, text)
    moves = [move(store, 1), move(store, 1, "canary"), move(store, 2, reason="better on the questions")]
    assert store.prompt_labels("answer") == {"canary": 1, "production": 2}
    assert [(one.label, one.before, one.number) for one in moves] == [
        ("production", None, 1),
        ("canary", None, 1),
        ("production", 1, 2),
    ]
    assert store.label_history("answer") == tuple(reversed(moves))
    assert (moves[2].actor, moves[2].reason) == ("bo", "better on the questions")


def test_a_label_is_removed_and_set_again(store: Store) -> None:
    save(store)
    move(store, 1)
    gone = move(store, None, reason="it invents numbers")
    assert (gone.before, gone.number) == (1, None)
    assert store.prompt_labels("answer") == {}
    assert move(store, 1).before is None
    assert len(store.label_history("answer")) == 3


@pytest.mark.parametrize(("number", "said"), [(2, "no version 2"), (0, "no version 0"), (None, "no label to remove")])
def test_a_label_of_nothing_is_refused_and_nothing_changes(store: Store, number: int | None, said: str) -> None:
    save(store)
    with pytest.raises(PromptNotFound, match=said):
        move(store, number)
    assert store.prompt_labels("answer") == {}
    assert store.label_history("answer") == ()


def test_a_label_of_an_unknown_prompt_is_refused(store: Store) -> None:
    with pytest.raises(PromptNotFound, match="'answer' has no version 1"):
        move(store, 1)
    assert store.prompt_names() == ()


def test_a_label_moves_only_from_where_it_was_seen(store: Store) -> None:
    for text in ("one", "two", "three"):
        save(store, text)
    move(store, 1, expected=None)
    move(store, 2, expected=1)
    with pytest.raises(LabelMoved, match="points at version 2 by now, not at version 1"):
        move(store, 3, expected=1)
    with pytest.raises(LabelMoved, match="points at version 2 by now, not at no version"):
        move(store, None, expected=None)
    assert store.prompt_labels("answer") == {"production": 2}
    assert len(store.label_history("answer")) == 2


def test_of_moves_from_one_place_at_the_same_time_one_is_made(store: Store) -> None:
    for number in range(AT_ONCE):
        save(store, f"text {number}")
    done = at_once(lambda number: move(store, number + 1, expected=None))
    [made] = [one for one in done if isinstance(one, LabelMove)]
    assert store.label_history("answer") == (made,)
    assert store.prompt_labels("answer") == {"production": made.number}


def test_a_purge_leaves_prompts_as_they_are(store: Store) -> None:
    held = save(store, "people whose names are known")
    moved = move(store, 1)
    load(store, target(), TOWN)
    purge(store, "people")
    assert store.prompt_versions("answer") == (held,)
    assert store.prompt_labels("answer") == {"production": 1}
    assert store.label_history("answer") == (moved,)


def test_prompts_are_there_after_the_store_is_opened_again(
    make_store: MakeStore, core: Ontology, clock: TickingClock, tmp_path: Path
) -> None:
    store = make_store("sqlite-file")
    held, moved = save(store), move(store, 1)
    store.close()
    again = SqliteStore(str(tmp_path / "whence.db"), core, clock)
    assert again.prompt_versions("answer") == (held,)
    assert again.label_history("answer") == (moved,)
    again.close()


@pytest.mark.neo4j
def test_in_neo4j_a_label_is_followed_to_its_version_by_a_person(
    make_store: MakeStore, neo4j_driver: neo4j.Driver, neo4j_url: str
) -> None:
    store = make_store("neo4j")
    save(store, "one")
    save(store, "two")
    move(store, 1)
    move(store, 2)
    _, database = neo4j_address(neo4j_url)
    found, _, _ = neo4j_driver.execute_query(
        """MATCH (p:Prompt {id: 'answer'})<-[:LABEL_OF]-(l:PromptLabel)-[:POINTS_AT]->(v:PromptVersion)
        RETURN p.id, l.label, v.id, v.number, v.actor, COUNT { (p)<-[:VERSION_OF]-() }, COUNT { (l)<-[:MOVE_OF]-() }""",
        database_=database,
    )
    assert [list(row) for row in found] == [["answer", "production", "answer@2", 2, "ann", 2, 2]]
