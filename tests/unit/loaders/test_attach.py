"""Drafts of attachments: what is made of labels, relationship types and properties that others chose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from kg.bootstrap import introspect
from kg.domain.ontology import Ontology
from kg.domain.ontology_file import parse
from kg.errors import ConfigError, MappingInvalid, SourceUnreadable
from kg.ports.attachable import GraphSketch, LabelSketch, RelationshipSketch
from kg.settings import Settings
from loaders.attach import Attached, draft_attachment, write

ADDRESS = "neo4j://127.0.0.1:7687/shop"


def label(name: str, *sample: dict[str, Any], **changes: Any) -> LabelSketch:
    values: dict[str, Any] = {
        "count": len(sample), "unique": (), "indexed": frozenset(), "above": frozenset(),
    } | changes  # fmt: skip
    return LabelSketch(name, sample=sample, **values)


def relationship(
    kind: str, *ends: tuple[set[str], set[str]], sample: tuple[dict[str, Any], ...] = ()
) -> RelationshipSketch:
    return RelationshipSketch(kind, 1, tuple((frozenset(start), frozenset(end)) for start, end in ends), sample)


def drafted(*parts: LabelSketch | RelationshipSketch, fulltext: frozenset[tuple[str, str]] = frozenset()) -> Attached:
    labels = tuple(one for one in parts if isinstance(one, LabelSketch))
    relations = tuple(one for one in parts if isinstance(one, RelationshipSketch))
    return draft_attachment(GraphSketch(labels, relations, fulltext), ADDRESS, "shop")


SHOP = label("Shop", {"code": "a", "name": "A"}, {"code": "b", "name": "B"}, unique=("code", "name"))


def test_the_draft_is_an_ontology_that_reads(core: Ontology) -> None:
    found = drafted(SHOP, relationship("SUPPLIED_BY", ({"Shop"}, {"Shop"})))
    ontology = parse(found.ontology, core=core)
    assert ontology.types.keys() - core.types.keys() == {"Shop"}
    assert ontology.predicates["supplied_by"].phrases == ("supplied by",)
    assert ontology.predicates["supplied_by"].inverse == ("supplied",)
    assert found.attachment["types"]["Shop"] == {"label": "Shop", "key": "code", "name": "name"}


def test_a_label_that_always_stands_beside_another_is_a_kind_of_it() -> None:
    found = drafted(label("Bakery", {"code": "b"}, above=frozenset({"Shop"})), SHOP)
    assert list(found.attachment["types"]) == ["Bakery", "Shop"]
    assert found.ontology["types"]["Bakery"]["is"] == "Shop"
    assert found.attachment["types"]["Bakery"]["key"] == "code"
    assert list(found.ontology["keys"]) == ["shop"]


def test_of_labels_that_always_stand_together_one_is_above_the_other(core: Ontology) -> None:
    found = drafted(label("A", {"x": 1}, above=frozenset({"B"})), label("B", {"x": 1}, above=frozenset({"A"})))
    parse(found.ontology, core=core)
    assert found.ontology["types"]["B"]["is"] == "A"


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"unique": ("name", "code"), "indexed": frozenset({"name"})}, "name"),
        ({"unique": ("name", "code")}, "code"),
        ({"unique": ("name",)}, "name"),
        ({"unique": ("code",), "count": 10_001}, None),
        ({"unique": ("code",), "count": 10_001, "indexed": frozenset({"code"})}, "code"),
        ({}, None),
    ],
)
def test_the_key_is_what_is_different_in_every_node_and_found(changes: dict[str, Any], key: str | None) -> None:
    found = drafted(label("Shop", *SHOP.sample, **changes))
    assert found.attachment["types"]["Shop"].get("key") == key
    assert any("element id" in note for note in found.notes) == (key is None)


@pytest.mark.parametrize("covered", [True, False])
def test_names_of_many_nodes_need_a_full_text_index(covered: bool) -> None:  # noqa: FBT001
    many = label("Shop", *SHOP.sample, count=60_000, unique=("code",), indexed=frozenset({"code"}))
    found = drafted(many, fulltext=frozenset({("Shop", "name")} if covered else ()))
    assert any("CREATE FULLTEXT INDEX" in note for note in found.notes) != covered


def test_properties_are_literals_of_the_datatype_that_their_values_have() -> None:
    found = drafted(
        label(
            "Shop",
            {"code": "a", "opened": "2020-01-02", "size": 12.5, "open": True, "grade": "A", "vector": [0.1] * 60},
            {"code": "b", "opened": "2021-01-02", "size": 3, "open": False, "grade": "A", "vector": [0.2] * 60},
            unique=("code",),
        )
    )
    said = {name: spec["value"] for name, spec in found.ontology["predicates"].items()}
    assert said == {"grade": "text", "open": "boolean", "opened": "date", "size": "number"}
    assert found.ontology["predicates"]["grade"]["values"] == {"A": ["a"]}
    assert any("'vector'" in note for note in found.notes)


def test_a_property_of_several_labels_is_one_predicate_said_of_the_highest() -> None:
    found = drafted(
        label("Bakery", {"code": "b", "size": 1}, above=frozenset({"Shop"})),
        label("Shop", {"code": "b", "size": 1}),
        label("Van", {"size": 2}),
    )
    assert sorted(found.ontology["predicates"]["size"]["subject"]) == ["Shop", "Van"]


def test_days_of_a_relationship_are_its_valid_time_and_the_rest_is_said_to_be_left_out() -> None:
    held = ({"since": "2020-01-01", "until": "2021-01-01", "share": 3},)
    found = drafted(SHOP, relationship("OWNS", ({"Shop"}, {"Shop"}), sample=held))
    assert found.attachment["predicates"]["owns"]["valid"] == {"from": "since", "to": "until"}
    assert any("share" in note for note in found.notes)


def test_pairs_of_types_are_said_where_not_all_have_it() -> None:
    van, depot = label("Van", {"x": 1}), label("Depot", {"x": 1})
    found = drafted(
        SHOP, van, depot, relationship("USES", ({"Shop"}, {"Van"}), ({"Van"}, {"Depot"}), ({"Shop"}, {"None"}))
    )
    assert found.ontology["predicates"]["uses"]["between"] == {"Shop": ["Van"], "Van": ["Depot"]}


DIRTY = ["A`]->() DETACH DELETE n //", r"A\u0060", "with space", "", "日本", "id", "type", "9 lives", "Ω", "x" * 20_000,
    "__proto__", "_tenant", "a\u202eb"]  # fmt: skip


def test_any_text_may_be_a_label_a_type_or_a_property(core: Ontology) -> None:
    labels = [label(name or " ", {name or " ": "v", "k": 1}) for name in DIRTY]
    relations = [relationship(name or " ", ({DIRTY[0]}, {DIRTY[1]})) for name in DIRTY]
    found = drafted(*labels, *relations)
    ontology = parse(found.ontology, core=core)
    assert {entry["label"] for entry in found.attachment["types"].values()} == {name or " " for name in DIRTY}
    assert set(found.attachment["types"]) <= set(ontology.types)
    assert set(found.attachment["predicates"]) <= set(ontology.predicates)
    kinds = [next(iter(entry)) for entry in found.attachment["predicates"].values()]
    assert kinds.count("relationship") == len(DIRTY)


def test_a_database_without_labels_is_refused() -> None:
    with pytest.raises(SourceUnreadable, match="no nodes"):
        drafted()


def test_files_are_written_over_none_that_is_there(tmp_path: Path) -> None:
    found = drafted(SHOP)
    assert [path.name for path in write(found, tmp_path)] == ["shop.yml", "shop-ontology.yml"]
    assert yaml.safe_load((tmp_path / "shop.yml").read_text("utf-8")) == found.attachment
    with pytest.raises(MappingInvalid, match="cannot write"):
        write(found, tmp_path)


@pytest.mark.parametrize(
    "address", ["ftp://127.0.0.1/x", "films.yml", "neo4j://u:p@127.0.0.1/x", "neo4j://127.0.0.1:x/y"]
)
def test_what_is_no_address_of_neo4j_is_refused(address: str) -> None:
    with pytest.raises(ConfigError):
        introspect(address, Settings())
