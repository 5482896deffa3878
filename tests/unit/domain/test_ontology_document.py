"""Ontology documents: what is read, and errors that name the place."""

from __future__ import annotations

from typing import Any

import pytest

from kg.domain.ontology import Ontology, merge
from kg.domain.ontology_file import parse
from kg.errors import OntologyInvalid

GOOD: dict[str, Any] = {
    "ontology": "town",
    "version": "2",
    "keys": {"person": {"spellings": [{"pattern": r"P(\d+)", "write": r"P-\1"}], "case": "upper"}},
    "types": {
        "Party": {},
        "Person": {"is": "Party", "key": "person", "nouns": "person"},
        "Mayor": {"is": "Person"},
        "Firm": {"key": "person"},
    },
    "predicates": {
        "knows": {"subject": "Party", "object": ["Person", "Firm"], "phrases": ["knows"]},
        "age": {"subject": "Person", "value": "number", "functional": True, "world": "closed"},
    },
    "missing": [{"words": ["price"], "says": "prices are in no source"}],
}


def changed(part: str, name: str, value: Any) -> dict[str, Any]:
    return GOOD | {part: GOOD[part] | {name: value}}


def spelling(pattern: str, write: str) -> dict[str, Any]:
    return changed("keys", "x", {"spellings": [{"pattern": pattern, "write": write}]})


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (None, "ontology file: expected names with values, found NoneType"),
        ([], "ontology file: expected names with values, found list"),
        ({1: "x"}, "ontology file: expected names with values, found dict"),
        ({}, "ontology: expected text, found None"),
        (GOOD | {"ontology": ""}, "ontology: expected text, found ''"),
        (GOOD | {"typs": {}}, "ontology file: unknown field 'typs'; known are concepts, keys, missing"),
        (GOOD | {"types": []}, "types: expected names with values, found list"),
        (changed("types", "Cat", {"noun": "cat"}), "types.Cat: unknown field 'noun'"),
        (changed("types", "Cat", {"nouns": [1]}), "types.Cat.nouns: expected text, found 1"),
        (changed("types", "Cat", {"nouns": {"a": 1}}), "types.Cat.nouns: expected a list, found dict"),
        (changed("types", "Cat", {"is": "Animal"}), "types.Cat.is: no type 'Animal'"),
        (changed("types", "Party", {"is": "Mayor"}), "it leads back to itself"),
        (changed("types", "Cat", {"key": "cat"}), "types.Cat.key: no key scheme 'cat' under keys"),
        (changed("types", "Cat", {"full_name": "purrs"}), "types.Cat.full_name: no predicate 'purrs'"),
        (changed("types", "a cat", {}), "types.a cat: the name has to be one CamelCase word"),
        (changed("types", "Cat`)-[]", {}), "the name has to be one CamelCase word"),
        (changed("predicates", "Purrs", {"subject": "Party", "value": "text"}), "predicates.Purrs: the name has to be"),
        (changed("predicates", "purrs", {"subject": "Party"}), "give either object (types) or value (a datatype)"),
        (
            changed("predicates", "likes", {"subject": "Party", "object": "Party", "between": {"Party": ["Cat"]}}),
            "predicates.likes: no type 'Cat'",
        ),
        (
            changed("predicates", "purrs", {"subject": "Party", "value": "text", "object": "Firm"}),
            "predicates.purrs: give either object (types) or value (a datatype)",
        ),
        (
            changed("predicates", "purrs", {"subject": "Party", "value": "colour"}),
            "'colour' is not one of text, number",
        ),
        (changed("predicates", "purrs", {"subject": "Cat", "value": "text"}), "predicates.purrs: no type 'Cat'"),
        (changed("predicates", "purrs", {"subject": "Party", "object": "Cat"}), "predicates.purrs: no type 'Cat'"),
        (changed("predicates", "purrs", {"value": "text"}), "predicates.purrs.subject: missing"),
        (
            changed("predicates", "purrs", {"subject": "Party", "value": "text", "world": "flat"}),
            "predicates.purrs.world: 'flat' is not open or closed",
        ),
        (changed("predicates", "name", {"subject": "Party", "value": "text"}), "predicates.name: the name is reserved"),
        (changed("predicates", "replaced_by", {"subject": "Party", "object": "Firm"}), "the name is reserved"),
        (spelling("(", "x"), "keys.x.spellings.0: not a regular expression and its replacement"),
        (spelling("(a)", r"\2"), "keys.x.spellings.0: not a regular expression and its replacement"),
        (spelling("a", r"\1"), "keys.x.spellings.0: not a regular expression and its replacement"),
        (
            changed("keys", "x", {"spellings": [{"pattern": "a"}]}),
            "keys.x.spellings.0.write: expected text, found None",
        ),
        (changed("keys", "x", {"case": "title"}), "keys.x.case: 'title' is not upper, lower or keep"),
        (changed("keys", "X", {}), "keys.X: the name has to be lower-case letters, digits and _"),
        (GOOD | {"missing": [{"words": ["a"]}]}, "missing.0.says: expected text, found None"),
    ],
)
def test_a_wrong_document_is_refused_with_the_place(core: Ontology, document: Any, message: str) -> None:
    with pytest.raises(OntologyInvalid) as caught:
        parse(document, core=core)
    assert message in str(caught.value)


def test_a_document_is_read_together_with_what_every_domain_shares(core: Ontology) -> None:
    ontology = parse(GOOD, core=core)
    assert ontology.names == ("core@1", "town@2")
    assert ontology.predicates.keys() - core.predicates.keys() == {"knows", "age"}
    assert ontology.types.keys() > {"Person", "Passage"}
    assert (ontology.predicates["age"].functional, ontology.predicates["age"].world) == (True, "closed")
    assert [missing.says for missing in ontology.missing] == ["prices are in no source"]


def test_a_family_is_the_type_and_every_type_below_it(core: Ontology) -> None:
    ontology = parse(GOOD, core=core)
    assert ontology.family("Party") == {"Party", "Person", "Mayor"}
    assert ontology.family("Mayor") == {"Mayor"}
    assert ontology.family("*") == {*GOOD["types"], "Passage"}
    assert ontology.family("Planet") == frozenset()


def test_the_ends_of_a_predicate_are_families_and_turn_with_the_direction(core: Ontology) -> None:
    ontology = parse(GOOD, core=core)
    out = (frozenset({"Party", "Person", "Mayor"}), frozenset({"Person", "Mayor", "Firm"}))
    assert ontology.ends("knows", "out") == out
    assert ontology.ends("knows", "in") == out[::-1]


def test_a_predicate_joins_the_types_that_its_ends_or_its_pairs_allow(core: Ontology) -> None:
    party, mayor, firm = (frozenset({name}) for name in ("Party", "Mayor", "Firm"))
    anybody = parse(GOOD, core=core)
    assert anybody.may_join("knows", "out", party, firm)
    assert not anybody.may_join("knows", "in", party, firm)
    pairs = {"Person": ["Firm"], "Party": ["Person"]}
    some = parse(changed("predicates", "knows", GOOD["predicates"]["knows"] | {"between": pairs}), core=core)
    assert some.may_join("knows", "out", mayor, firm)
    assert some.may_join("knows", "in", firm, mayor | party)
    assert not some.may_join("knows", "out", firm, firm)


def test_two_ontologies_may_define_the_same_thing_alike(core: Ontology) -> None:
    one, two = parse(GOOD, core=core), parse(GOOD | {"ontology": "village"}, core=core)
    assert merge([one, two]).types == one.types


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [("types", "Mayor", {}), ("predicates", "age", {"subject": "Person", "value": "text"}), ("keys", "person", {})],
)
def test_two_ontologies_that_define_a_name_differently_are_refused(
    core: Ontology, part: str, name: str, value: Any
) -> None:
    other = changed(part, name, value) | {"ontology": "village"}
    with pytest.raises(OntologyInvalid, match=rf"define {part[:-1]} '{name}' differently: rename one"):
        merge([parse(GOOD, core=core), parse(other, core=core)])
