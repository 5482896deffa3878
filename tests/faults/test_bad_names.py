"""Bad names 29 to 33 of docs/bad-inputs.md, on both stores: names are text, whatever language they are written in."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import neo4j
import pytest

from kg.answer.explore import find_entities
from kg.bootstrap import Services
from kg.domain.scope import Scope
from kg.errors import ExpectationFailed, InvalidInput, MappingInvalid, OntologyInvalid
from kg.settings import neo4j_address
from tests.builders import Store
from tests.unit.loaders.loading import CORE, ONTOLOGY, Folder, MovingClock, write_yaml

HOSTILE = [
    "A]->() DETACH DELETE n //",
    "`) MATCH (n) DETACH DELETE n //",
    "\\u0060) DETACH DELETE (n",
    "x' OR 1=1; DROP TABLE fact; --",
    '"}) RETURN 1 UNION MATCH (n) DETACH DELETE n //',
    "$in.ids",
    "p\u0430ypal",
    "paypal",
    "<script>alert(1)</script>",
    "__proto__",
    "*:*",
]
NO_WORDS = [name for name in HOSTILE if name != "paypal"]
LUCENE = [
    "*:*",
    "name:/.*.*.*a/",
    "a~2 OR (",
    '"',
    "[a TO b]",
    "a AND",
    "NOT",
    "+-&|!(){}[]^~*?:\\/",
    "\\u002a",
    "a" * 200,
]


@pytest.fixture
def folder(store: Store, tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    made.services = Services(store, store, store, store, store, store, MovingClock(), CORE)
    return made


def table(*names: str) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([["id", "name"], *([f"SUP-{n}", name] for n, name in enumerate(names, 1))])
    return out.getvalue()


def has_words(name: str) -> bool:
    """A name without a letter or digit is found by its key alone."""
    return any(map(str.isalnum, name))


def test_names_of_any_language_are_kept_and_found_as_they_are(folder: Folder) -> None:
    """29, 30, 31: queries, escapes of characters, names that look alike."""
    folder.load(table(*HOSTILE))
    found = {name: subject for subject, predicate, name in folder.graph() if predicate == "name"}
    assert found == {name: f"supplier:SUP-{n}" for n, name in enumerate(HOSTILE, 1)}
    view = folder.services.store.view(Scope())
    for name in filter(has_words, HOSTILE):
        [first, *_] = find_entities(view, name, [], 5).entities
        assert (first.id, first.name) == (found[name], name)


def test_keys_of_any_language_are_keys(folder: Folder) -> None:
    """29."""
    written = io.StringIO()
    csv.writer(written).writerows([["id"], *([key] for key in HOSTILE)])
    folder.load(written.getvalue(), map=[{"entity": {"type": "Ingredient", "key": "id"}}])
    ids = {f"item:{key.lower()}" for key in HOSTILE}
    assert {subject for subject, *_ in folder.graph()} == ids
    assert folder.services.store.view(Scope()).entities(ids).keys() == ids


SUPPLIES = [
    {"entity": {"type": {"from": "type", "table": "types"}, "key": "id"}},
    {"entity": {"type": "Ingredient", "key": "item"}},
    {
        "facts": [
            {
                "subject": {"type": "Supplier", "key": "id"},
                "predicate": {"from": "verb", "table": "verbs"},
                "object": {"type": "Ingredient", "key": "item"},
            }
        ]
    },
]


@pytest.mark.parametrize("field", ["type", "verb"])
def test_a_relation_or_type_of_a_file_that_is_no_word_of_the_ontology(folder: Folder, field: str) -> None:
    """29, 30: names of relations and types come from the ontology, even where the file says which is meant."""
    good = {"id": "SUP-99", "type": "Supplier", "verb": "supplies", "item": "oil"}
    bad = [good | {"id": f"SUP-{n}", field: name} for n, name in enumerate(HOSTILE, 1)]
    written = io.StringIO()
    csv.writer(written).writerows([good, *(row.values() for row in [*bad, good])])
    tables = {"types": {"Supplier": "Supplier"}, "verbs": {"supplies": "supplies"}}
    folder.load(written.getvalue(), map=SUPPLIES, tables=tables, expect={"rejected": 1})
    assert [fact for fact in folder.graph() if fact[1] == "supplies"] == [("supplier:SUP-99", "supplies", "item:oil")]
    rejected = folder.rejected()
    assert {place.partition("#")[0] for place, _ in rejected} == {f"line {n}" for n in range(2, len(HOSTILE) + 2)}
    assert sum("is not in its table" in reason for _, reason in rejected) == len(HOSTILE)


@pytest.mark.parametrize("table", ["types", "verbs"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_dataset_file_does_not_make_it_one(tmp_path: Path, table: str, name: str) -> None:
    """29, 30: a name that a table of the dataset file translates to itself."""
    tables = {"types": {"Supplier": "Supplier"}, "verbs": {"supplies": "supplies"}}
    text = {"types": '"{}",supplies', "verbs": 'Supplier,"{}"'}[table].format(name.replace('"', '""'))
    with pytest.raises((MappingInvalid, ExpectationFailed), match=r"no (type|predicate) "):
        Folder(tmp_path).load(
            f"id,type,verb,item\nSUP-1,{text},oil\n", map=SUPPLIES, tables=tables | {table: {name: name}}
        )


@pytest.mark.parametrize("what", ["types", "predicates", "keys"])
@pytest.mark.parametrize("name", [*NO_WORDS, "", "a b", "x" * 20_000, "a\u202eb"], ids=lambda one: f"{one[:12]!r}")
def test_an_ontology_has_no_such_names(tmp_path: Path, what: str, name: str) -> None:
    """29, 30, 31, 32."""
    wanted: dict[str, Any] = {"types": {}, "predicates": {"subject": "Supplier", "value": "text"}, "keys": {}}
    folder = Folder(tmp_path)
    write_yaml(folder.path / "ontology.yml", ONTOLOGY | {what: {**ONTOLOGY[what], name: wanted[what]}})
    with pytest.raises(OntologyInvalid, match=r"the name has to be|expected"):
        folder.load(table("x"))


@pytest.mark.neo4j
def test_what_others_keep_in_the_database_stays(
    make_store: Any, neo4j_driver: neo4j.Driver, neo4j_url: str, tmp_path: Path
) -> None:
    """29, 30: the nodes of others are counted before and after."""
    _, database = neo4j_address(neo4j_url)
    store = make_store("neo4j")
    folder = Folder(tmp_path)
    folder.services = Services(store, store, store, store, store, store, MovingClock(), CORE)
    neo4j_driver.execute_query("CREATE (:Bystander {name: 'b'})-[:SEES]->(:Bystander)", database_=database)
    try:
        folder.load(table(*HOSTILE))
        for name in HOSTILE:
            find_entities(store.view(Scope()), name, [], 5)
        counted = "MATCH (b:Bystander) OPTIONAL MATCH (b)-[r]->() RETURN count(DISTINCT b) AS nodes, count(r) AS ties"
        [record] = neo4j_driver.execute_query(counted, database_=database).records
        assert (record["nodes"], record["ties"]) == (2, 1)
        suppliers = "MATCH (n:Entity) RETURN count(n) AS nodes"
        assert neo4j_driver.execute_query(suppliers, database_=database).records[0]["nodes"] == len(HOSTILE)
    finally:
        neo4j_driver.execute_query("MATCH (b:Bystander) DETACH DELETE b", database_=database)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("x" * 20_000, "20,000 characters where 1,000 are allowed", id="31 long"),
        pytest.param("a\u202eb", "hidden character U+202E", id="31 direction"),
        pytest.param("a\u200bb", "hidden character U+200B", id="31 no width"),
        pytest.param("a\x1b[2J", "control character U+001B", id="31 control"),
        pytest.param("a\U000e0041", "hidden character U+E0041", id="31 tag"),
    ],
)
def test_a_name_that_hides_something_is_a_rejected_record(folder: Folder, name: str, reason: str) -> None:
    folder.load(table(name, "Kestrel"), expect={"rejected": 1})
    assert folder.graph() == [("supplier:SUP-2", "name", "Kestrel"), ("supplier:SUP-2", "type", "Supplier")]
    [(place, said)] = folder.rejected()
    assert place.startswith("line 2")
    assert reason in said


def test_spaces_and_forms_of_a_character_make_no_other_name(folder: Folder) -> None:
    """31: composed, and without the spaces around it; an empty name is none."""
    folder.load(table("  Cafe\u0301 ", "Caf\u00e9", "   "))
    names = [(subject, name) for subject, predicate, name in folder.graph() if predicate == "name"]
    assert names == [("supplier:SUP-1", "Caf\u00e9"), ("supplier:SUP-2", "Caf\u00e9")]


@pytest.mark.parametrize("name", ["id", "key", "type", "name", "type_names", "versions", "fact", "known_from"])
def test_a_predicate_named_like_a_property_of_the_store_overwrites_nothing(folder: Folder, name: str) -> None:
    """32: a predicate of the core cannot be defined again; any other is a fact like all facts."""
    own = {**ONTOLOGY["predicates"], name: {"subject": "Supplier", "value": "text"}}
    write_yaml(folder.path / "ontology.yml", ONTOLOGY | {"predicates": own})
    said = [{"predicate": name, "value": "name"}]
    mapped = [{"entity": {"type": "Supplier", "key": "id", "name": "name"}, "facts": said}]
    if name in ("key", "type", "name"):
        with pytest.raises(OntologyInvalid, match=name):
            folder.load(table("Kestrel"), map=mapped)
        return
    folder.load(table("Kestrel"), map=mapped)
    assert ("supplier:SUP-1", name, "Kestrel") in folder.graph()
    [entity] = folder.services.store.view(Scope()).entities(["supplier:SUP-1"]).values()
    assert (entity.keys[0], entity.name, entity.type) == ("SUP-1", "Kestrel", "Supplier")


def test_fields_of_a_record_become_no_properties(folder: Folder) -> None:
    """32: what no mapping uses is reported, and nothing else is made of it."""
    text = '[{"id": "SUP-1", "name": "a", "__proto__": {"x": 1}, "_tenant": "other", "constructor": 1}]'
    run = folder.load(text, files=["d.json"], format="json")
    assert folder.graph() == [("supplier:SUP-1", "name", "a"), ("supplier:SUP-1", "type", "Supplier")]
    assert set(run.left_over) == {"__proto__", "_tenant", "constructor"}


def test_a_query_of_the_text_index_is_a_text(folder: Folder) -> None:
    """33: it finds the name that it is, and is no wish for all names."""
    folder.load(table("Kestrel Oils", "Aberdeen", *LUCENE))
    view = folder.services.store.view(Scope())
    for text in LUCENE:
        found = {one.name for one in find_entities(view, text, [], 50).entities}
        assert (text in found) == has_words(text), text
        assert "Kestrel Oils" not in found, text


def test_a_search_for_ten_thousand_words_is_refused(folder: Folder) -> None:
    """33."""
    folder.load(table("Kestrel"))
    with pytest.raises(InvalidInput, match="200 are allowed"):
        find_entities(folder.services.store.view(Scope()), "word " * 10_000, [], 5)


def test_a_load_of_nothing_but_bad_names_fails_and_says_so(folder: Folder) -> None:
    """31."""
    with pytest.raises(ExpectationFailed, match="1 of 1 records rejected"):
        folder.load(table("a\u202eb"))
