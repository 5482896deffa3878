"""What a mapping makes of one record: identity facts, tables, lookups, valid times, and problems as values."""

from __future__ import annotations

from typing import Any

import pytest

from kg.domain.fact import Interval, Literal
from loaders.readers import Record
from tests.unit.loaders.loading import mapped, mapping, reasons, said

SUP = {"type": "Supplier", "key": "id"}


def facts(*specs: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"entity": SUP, "facts": list(specs)}]


def test_an_entity_says_type_name_aliases_keys_and_status() -> None:
    entity = SUP | {"name": "name", "aliases": "also | split ;", "keys": {"duns": "duns"}, "status": "state"}
    record = {"id": "sup 07", "name": "Kestrel", "also": "KO; Kes", "duns": "123456", "state": "closed"}
    assert said(mapped(record, map=[{"entity": entity}])) == [
        ("supplier:SUP-7", "type", "Supplier"),
        ("supplier:SUP-7", "name", "Kestrel"),
        ("supplier:SUP-7", "alias", "KO"),
        ("supplier:SUP-7", "alias", "Kes"),
        ("supplier:SUP-7", "status", "closed"),
        ("supplier:SUP-7", "key", "duns:123-456"),
    ]


def test_an_alias_that_is_the_name_is_not_said_again() -> None:
    entity = SUP | {"name": "name", "aliases": ["name", "also"]}
    found = said(mapped({"id": "SUP-1", "name": "Kestrel", "also": "Kestrel"}, map=[{"entity": entity}]))
    assert [predicate for _, predicate, _ in found] == ["type", "name"]


def test_a_locator_names_the_record_and_the_fields_a_fact_was_made_from() -> None:
    spec = {
        "predicate": "supplies",
        "object": {"type": "Ingredient", "key": "item"},
        "valid": {"from": "since"},
        "when": {"gone": [None]},
    }
    found = mapped({"id": "SUP-1", "item": "oil", "since": "2024-01-01"}, map=facts(spec))
    assert [item.locator for item in found] == ["line 2#id", "line 2#gone,item,since"]


def test_a_fact_made_of_constants_is_located_by_its_record() -> None:
    spec = {"predicate": "risk", "value": "= low"}
    assert mapped({"id": "SUP-1"}, map=facts(spec))[-1].locator == "line 2"


def test_the_first_path_that_gives_something_wins() -> None:
    entity = SUP | {"name": ["long", "short"]}
    assert said(mapped({"id": "SUP-1", "long": "", "short": "S"}, map=[{"entity": entity}]))[1][2] == "S"


def test_a_table_translates_and_what_it_maps_to_null_is_absent() -> None:
    spec = {"predicate": "risk", "value": {"from": "r", "table": "risks"}}
    tables = {"risks": {"L": "low", "n/a": None, "1": "high", True: "sure"}}
    given = ["L", "n/a", 1, True]
    values = [said(mapped({"id": "SUP-1", "r": one}, map=facts(spec), tables=tables))[1:] for one in given]
    assert [[fact[2] for fact in found] for found in values] == [["low"], [], ["high"], ["sure"]]


def test_a_value_that_is_not_in_its_table_is_a_problem() -> None:
    spec = {"predicate": "risk", "value": {"from": "r", "table": "risks"}}
    found = mapped({"id": "SUP-1", "r": "X"}, map=facts(spec), tables={"risks": {"L": "low"}})
    assert reasons(found) == ["r: 'X' is not in its table"]


def test_types_and_predicates_come_from_tables_too() -> None:
    record = {"kind": "s", "id": "SUP-1", "verb": "own", "whom": "SUP-2"}
    entry = {
        "entity": {"type": {"from": "kind", "table": "kinds"}, "key": "id"},
        "facts": [
            {"predicate": {"from": "verb", "table": "verbs"}, "object": {"type": "Supplier", "key": "whom"}},
        ],
    }
    tables = {"kinds": {"s": "Supplier"}, "verbs": {"own": "owns"}}
    assert said(mapped(record, map=[entry], tables=tables)) == [
        ("supplier:SUP-1", "type", "Supplier"),
        ("supplier:SUP-1", "owns", "supplier:SUP-2"),
    ]


def test_a_type_from_a_table_that_the_ontology_lacks_is_a_problem() -> None:
    entry = {"entity": {"type": {"from": "kind", "table": "kinds"}, "key": "id"}}
    found = mapped({"kind": "s", "id": "SUP-1"}, map=[entry], tables={"kinds": {"s": "Planet"}})
    assert reasons(found) == ["no type 'Planet' in the ontology"]


def test_a_lookup_leads_to_a_record_of_the_same_file() -> None:
    entry = {
        "when": {"kind": "link"},
        "facts": [
            {
                "subject": {"type": "Supplier", "key": "from->object.id"},
                "predicate": "owns",
                "object": {"type": "Supplier", "key": "to->object.id"},
            }
        ],
    }
    others = ({"ref": "a", "id": "SUP-1"}, {"ref": "b", "id": "SUP-2"}, {"ref": {"no": "key"}, "id": "SUP-3"})
    link = {"kind": "link", "from": "a", "to": "b"}
    found = mapped(link, *others, map=[entry], lookups={"object": {"by": "ref"}})
    assert said(found) == [("supplier:SUP-1", "owns", "supplier:SUP-2")]


def test_a_lookup_keeps_to_the_records_it_asks_for() -> None:
    lookups = {"object": {"by": "ref", "when": {"kind": "good"}}}
    spec = {"predicate": "risk", "value": "to->object.value"}
    others = ({"ref": "a", "kind": "bad", "value": "1"}, {"ref": "a", "kind": "good", "value": "2"})
    found = mapped({"id": "SUP-1", "to": "a"}, *others, map=facts(spec), lookups=lookups)
    assert said(found)[-1] == ("supplier:SUP-1", "risk", "2")


def test_of_records_that_disagree_a_lookup_takes_what_most_of_them_say() -> None:
    lookups = {"object": {"by": "ref", "most": "value"}}
    spec = {"predicate": "risk", "value": "to->object.value"}
    others = [{"ref": "a", "value": value} for value in ("1", "2", "3", "2")] + [{"ref": "a"}]
    found = mapped({"id": "SUP-1", "to": "a"}, *others, map=facts(spec), lookups=lookups)
    assert said(found)[-1] == ("supplier:SUP-1", "risk", "2")


def test_a_record_with_a_problem_is_found_by_no_lookup() -> None:
    compiled = mapping(lookups={"object": {"by": "ref"}})
    assert compiled.lookups([Record("line 2", {"ref": "a"}, "broken")]) == {"object": {}}


def test_a_lookup_value_that_a_function_refuses_is_left_out() -> None:
    compiled = mapping(lookups={"object": {"by": "ref | number"}})
    assert compiled.lookups([Record("line 2", {"ref": "x"}), Record("line 3", {"ref": "4"})]) == {
        "object": {"4": {"ref": "4"}}
    }


def test_valid_time_is_two_days_and_either_end_may_be_open() -> None:
    spec = {
        "predicate": "supplies",
        "object": {"type": "Ingredient", "key": "item"},
        "valid": {"from": "since", "to": "until | date %d.%m.%Y"},
    }
    given = [
        {"since": "2024-01-01T08:00:00Z", "until": "31.12.2024"},
        {"since": "2024-01-01", "until": ""},
        {"until": "31.12.2024"},
        {},
    ]
    found = [mapped({"id": "SUP-1", "item": "oil"} | one, map=facts(spec))[-1].fact for one in given]
    assert [fact.valid for fact in found if fact] == [
        Interval("2024-01-01", "2024-12-31"),
        Interval("2024-01-01", None),
        Interval(None, "2024-12-31"),
        Interval(None, None),
    ]


def test_a_valid_time_that_ends_before_it_begins_is_a_problem() -> None:
    spec = {"predicate": "risk", "value": "= low", "valid": {"from": "a", "to": "b"}}
    found = mapped({"id": "SUP-1", "a": "2025-01-02", "b": "2025-01-01"}, map=facts(spec))
    assert reasons(found) == ["risk: valid from 2025-01-02, which is after 2025-01-01"]


def test_two_dates_where_one_is_wanted_are_a_problem() -> None:
    spec = {"predicate": "risk", "value": "= low", "valid": {"from": "a"}}
    found = mapped({"id": "SUP-1", "a": ["2025-01-02", "2025-01-03"]}, map=facts(spec))
    assert reasons(found) == ["valid: 2 values where one is wanted"]


@pytest.mark.parametrize(
    ("predicate", "given", "expected"),
    [
        ("risk", " low ", Literal("low")),
        ("share", "07.50", Literal("7.5", "number")),
        ("founded", "2020-02-29T12:00:00+02:00", Literal("2020-02-29", "date")),
        ("certified", "Yes", Literal("true", "boolean")),
    ],
)
def test_a_literal_is_written_in_the_canonical_text_of_its_datatype(
    predicate: str, given: str, expected: Literal
) -> None:
    found = mapped({"id": "SUP-1", "v": given}, map=facts({"predicate": predicate, "value": "v"}))
    assert [item.fact.object for item in found if item.fact][-1] == expected


@pytest.mark.parametrize(
    ("predicate", "given", "reason"),
    [
        ("share", "many", "share: 'many' is not a number"),
        ("founded", "yesterday", "founded: 'yesterday' is not a date"),
        ("certified", "maybe", "certified: 'maybe' is not true or false"),
        ("risk", {"level": 1}, "risk: a dict where a text is wanted"),
        ("risk", "a\x00b", "risk: control character U+0000 in 'a\\x00b'"),
        ("risk", "x" * 100_001, "risk: 100,001 characters where 100,000 are allowed"),
    ],
)
def test_a_literal_that_is_none_is_a_problem(predicate: str, given: Any, reason: str) -> None:
    assert reasons(mapped({"id": "SUP-1", "v": given}, map=facts({"predicate": predicate, "value": "v"}))) == [reason]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"name": "n"}, "no key"),
        ({"id": "", "name": "n"}, "no key"),
        ({"id": "7", "name": "n"}, "'7' is not a key of Supplier"),
        ({"id": ["SUP-1", "SUP-2"], "name": "n"}, "2 keys where one is wanted"),
        ({"id": "SUP-1\x07", "name": "n"}, "control character U+0007 in 'SUP-1\\x07'"),
        ({"id": {"a": 1}, "name": "n"}, "a dict where text is wanted"),
        ({"id": "SUP-1", "name": "n\x1b[2J"}, "control character U+001B in 'n\\x1b[2J'"),
        ({"id": "SUP-1", "name": "n" * 1_001}, "1,001 characters where 1,000 are allowed"),
        ({"id": "SUP-1", "name": {"en": "n"}}, "a dict where text is wanted"),
    ],
)
def test_an_entity_without_a_usable_key_or_name_gives_a_problem_and_no_fact(
    record: dict[str, Any], reason: str
) -> None:
    found = mapped(record)
    assert (said(found), reasons(found)) == ([], [reason])


def test_a_further_key_that_is_none_of_its_scheme_is_a_problem() -> None:
    entry = {"entity": SUP | {"keys": {"duns": "duns"}}}
    assert reasons(mapped({"id": "SUP-1", "duns": "x"}, map=[entry])) == ["'x' is not a key of scheme duns"]


HIDDEN = ["\x7f", "\x85", "\x9b", "\u200b", "\u202a", "\u202e", "\u2060", "\u2066", "\u2069", "\ufeff", "\U000e0041"]


@pytest.mark.parametrize("character", [*HIDDEN, "\n", "\t"])
@pytest.mark.parametrize("field", ["id", "name", "alias", "duns"])
def test_what_an_entity_is_called_holds_no_character_that_is_not_seen(field: str, character: str) -> None:
    record = {"id": "SUP-1", "name": "n", "alias": "a", "duns": "123456"}
    record[field] = record[field][:1] + character + record[field][1:] + "z"
    kind = "control" if character < "\xa0" else "hidden"
    found = mapped(record, map=[{"entity": SUP | {"name": "name", "aliases": "alias", "keys": {"duns": "duns"}}}])
    assert said(found) == []
    assert reasons(found) == [f"{kind} character U+{ord(character):04X} in {record[field]!r}"]


@pytest.mark.parametrize("character", HIDDEN)
def test_a_text_holds_no_character_that_is_not_seen(character: str) -> None:
    found = mapped({"id": "SUP-1", "v": f"a{character}b"}, map=facts({"predicate": "risk", "value": "v"}))
    assert [f"U+{ord(character):04X}" in reason for reason in reasons(found)] == [True]


@pytest.mark.parametrize(
    "text", ["one\r\n\ttwo", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0915\u094d\u200d\u0937"]
)
def test_a_text_may_have_lines_and_the_joiners_that_words_are_spelled_with(text: str) -> None:
    found = mapped({"id": "SUP-1", "v": text}, map=facts({"predicate": "risk", "value": "v"}))
    assert said(found)[-1] == ("supplier:SUP-1", "risk", text)


def test_a_name_may_have_the_joiners_that_words_are_spelled_with() -> None:
    assert said(mapped({"id": "SUP-1", "name": "\u0645\u06cc\u200c\u062e"}))[1][2] == "\u0645\u06cc\u200c\u062e"


def test_text_is_kept_in_composed_form() -> None:
    assert said(mapped({"id": "SUP-1", "name": "Cafe\u0301"}))[1][2] == "Caf\u00e9"


def test_one_bad_fact_leaves_the_others() -> None:
    entry = facts({"predicate": "share", "value": "share"}, {"predicate": "risk", "value": "risk"})
    found = mapped({"id": "SUP-1", "share": "x", "risk": "low"}, map=entry)
    assert said(found)[-1] == ("supplier:SUP-1", "risk", "low")
    assert reasons(found) == ["share: 'x' is not a number"]


def test_a_fact_without_a_subject_is_a_problem() -> None:
    spec = {"subject": {"type": "Supplier", "key": "who"}, "predicate": "risk", "value": "= low"}
    assert reasons(mapped({}, map=[{"facts": [spec]}])) == ["risk: no subject"]


def test_a_list_of_objects_gives_a_fact_each() -> None:
    spec = {"predicate": "supplies", "object": {"type": "Ingredient", "key": "items | split ,"}}
    assert [one[2] for one in said(mapped({"id": "SUP-1", "items": "Oil, salt,Oil"}, map=facts(spec)))[1:]] == [
        "item:oil",
        "item:salt",
    ]


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"id": "SUP-1", "state": "x"}, True),
        ({"id": "SUP-1", "state": ["y", "x"]}, True),
        ({"id": "SUP-1", "state": "z"}, False),
        ({"id": "SUP-1", "state": ""}, True),
        ({"id": "SUP-1"}, True),
    ],
)
def test_when_picks_values_and_null_picks_their_absence(fields: dict[str, Any], *, wanted: bool) -> None:
    entry = {"when": {"state": ["x", None]}, "entity": SUP}
    assert bool(said(mapped(fields, map=[entry]))) is wanted


def test_a_record_that_no_entry_wants_is_a_problem() -> None:
    found = mapped({"id": "SUP-1"}, map=[{"when": {"kind": "other"}, "entity": SUP}])
    assert reasons(found) == ["no entry of the mapping wants this record: add one, or a skip with its reason"]


def test_a_record_that_is_skipped_gives_nothing() -> None:
    skip = [{"when": {"kind": "x"}, "reason": "not wanted"}]
    compiled = mapping(skip=skip)
    record = Record("line 2", {"kind": "x", "id": "SUP-1"})
    choice = compiled.choose(record, {})
    assert choice.skipped
    assert list(compiled.apply(record, choice, {})) == []


def test_fields_that_nothing_uses_are_left_over() -> None:
    compiled = mapping(ignore=["known"])
    record = Record("line 2", {"id": "SUP-1", "name": "n", "known": "k", "new": "v"})
    assert compiled.left_over(record, compiled.choose(record, {})) == {"new"}


def test_a_declaration_is_only_what_apply_would_declare_too() -> None:
    compiled = mapping()
    records = [Record("line 2", {"id": "SUP-1", "name": "n\x00"}), Record("line 3", {"id": "SUP-2"})]
    found = [compiled.declarations(compiled.choose(one, {})) for one in records]
    assert found == [[], [("supplier:SUP-2", "Supplier")]]
