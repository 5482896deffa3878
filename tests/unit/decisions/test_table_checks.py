"""Files of decision tables are read, and held against themselves: every case has a row, and no two claim one."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kg.bootstrap import core_ontology
from kg.decisions.table_check import check_table
from kg.decisions.table_file import csv_content, schema_text, table_content
from kg.domain.cells import samples, takes
from kg.domain.ontology import Ontology
from kg.domain.ontology_file import parse
from kg.errors import TableInvalid
from tests.unit.answer.garden import ontology

DOCS = Path(__file__).parents[3] / "docs"
TALL = {"op": "where", "source": {"op": "each"}, "predicate": "height", "comparator": ">=", "value": "10"}
CSV = "row,light,water,care\n1,sun,much,daily\n2,sun,little,weekly\n3,shade,-,monthly\n"


def table(rows: Sequence[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    inputs = {"light": {"values": ["sun", "shade"]}, "water": {"values": {"much": ["a lot"], "little": []}}}
    return {"table": "care", "of": "Plant", "inputs": inputs, "rows": list(rows)} | changes


def row(then: str, **when: Any) -> dict[str, Any]:
    return {"when": when, "then": then}


WHOLE = [
    row("daily", light="sun", water="much"),
    row("weekly", light="sun", water="little"),
    row("monthly", light="shade"),
]


def content(document: Any, text: str = CSV) -> dict[str, Any]:
    return table_content(document, "care.yml", lambda _: text)[1]


def no_file(name: str) -> str:
    raise AssertionError(name)


def test_a_table_that_is_whole_says_how_many_cases_it_has() -> None:
    checked = check_table(content(table(WHOLE)), ontology())
    assert (checked.rows, checked.cases, checked.notes) == (3, 4, ())


def test_rows_of_a_csv_and_rows_of_yaml_are_the_same_table() -> None:
    named = {"row": "1"}, {"row": "2"}, {"row": "3"}
    own = table([one | name for one, name in zip(WHOLE, named, strict=True)], outcome={"name": "care"})
    other = {key: value for key, value in own.items() if key != "rows"} | {"csv": "care.csv"}
    assert content(own) == content(other)


def test_a_csv_alone_is_a_table_of_what_the_question_gives() -> None:
    name, held = csv_content(CSV, "folder/Plant-care 2.csv")
    assert name == "plant_care_2"
    assert [item["name"] for item in held["inputs"]] == ["light", "water"]
    assert held["outcome"] == "care"
    assert check_table(held, ontology()).rows == 3


def test_a_hole_is_named() -> None:
    with pytest.raises(TableInvalid, match="no row is for light sun, water little"):
        check_table(content(table([WHOLE[0], WHOLE[2]])), ontology())


def test_a_hole_over_all_of_an_input_is_named_once() -> None:
    with pytest.raises(TableInvalid, match="no row is for light shade: add rows"):
        check_table(content(table(WHOLE[:2])), ontology())


def test_rows_that_overlap_are_named_with_a_case() -> None:
    rows = [*WHOLE, row("never", water="much")]
    with pytest.raises(TableInvalid, match=r"1 and 4 \(both for light sun, water much\); 3 and 4"):
        check_table(content(table(rows)), ontology())


def test_where_the_first_row_fires_rows_may_overlap_and_one_that_never_does_is_noted() -> None:
    rows = [*WHOLE, row("never", light="shade", water="much")]
    checked = check_table(content(table(rows, hit="first")), ontology())
    assert checked.notes == ("row 4 never fires: row 3 above it takes all of it",)


def test_a_table_that_collects_may_have_holes_and_overlaps() -> None:
    assert check_table(content(table([WHOLE[0], WHOLE[0]], hit="collect")), ontology()).rows == 2


def test_a_row_for_whatever_is_left_fills_every_hole() -> None:
    assert check_table(content(table([WHOLE[0], row("else")], hit="first")), ontology()).notes == ()


def test_phrases_of_a_value_are_the_value() -> None:
    rows = [row("daily", light="sun", water="a lot"), *WHOLE[1:]]
    assert check_table(content(table(rows)), ontology()).rows == 3


def test_a_plan_is_yes_or_no() -> None:
    inputs = {"tall": {"plan": TALL}}
    rows = [row("prune", tall=True), row("leave", tall=False)]
    assert check_table(content(table(rows, inputs=inputs)), ontology()).cases == 2


def test_numbers_are_told_apart_exactly() -> None:
    inputs = {"height": {"predicate": "height"}}
    rows = [row("seedling", height="< 1"), row("plant", height="1 .. 9"), row("tree", height="> 9")]
    assert check_table(content(table(rows, inputs=inputs)), ontology()).rows == 3
    with pytest.raises(TableInvalid, match=r"no row is for height 8\.75; nor for height 9: add"):
        check_table(content(table([*rows[:1], row("plant", height="1 .. 8.5"), *rows[2:]], inputs=inputs)), ontology())
    with pytest.raises(TableInvalid, match="2 and 3"):
        check_table(content(table([*rows[:2], row("tree", height=">= 9")], inputs=inputs)), ontology())


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "the file"),
        ({}, "table: Field required"),
        (table(WHOLE, table="Care"), "table: String should match"),
        (table(WHOLE, hit="any"), "hit: Input should be"),
        (table(WHOLE, colour=1), "colour: Extra inputs"),
        (table([]), "rows stand either under rows"),
        (table(WHOLE, csv="x.csv"), "rows stand either under rows"),
        (table([row("x", colour="red")]), r"rows\.0\.when: no input 'colour'"),
        (table(WHOLE, inputs={"light": {"plan": TALL, "predicate": "height"}}), "not both"),
    ],
)
def test_a_file_that_is_no_table_names_the_place(document: Any, said: str) -> None:
    with pytest.raises(TableInvalid, match=said):
        table_content(document, "care.yml", no_file)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"of": "Cloud"}, "no type 'Cloud'"),
        ({"inputs": {"light": {"predicate": "shine"}, "water": {}}}, "no literal predicate 'shine'"),
        ({"inputs": {"light": {"predicate": "tends"}, "water": {}}}, "no literal predicate 'tends'"),
        ({"inputs": {"light": {"plan": TALL | {"predicate": "shine"}}, "water": {}}}, "inputs.light.plan"),
        ({"inputs": {"light": {"plan": {"op": "entities", "type": "Bed"}}, "water": {}}}, "start from each"),
        ({"inputs": {"light": {"plan": {"op": "nothing"}}, "water": {}}}, "inputs.light.plan"),
        ({"inputs": {"light": {"values": ["sun"]}, "water": {}}}, "'shade' is none of its values"),
    ],
)
def test_a_table_that_does_not_fit_the_graph_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(TableInvalid, match=said):
        check_table(content(table(WHOLE, **changes)), ontology())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a header and at least one row"),
        ("a,b\n", "a header and at least one row"),
        ("a\n1\n", "a column for each input"),
        ("a,a\n1,2\n", "a name of its own"),
        ("a,b\n1,2,3\n", "line 2 has 3 cells"),
        ("a,b\n1,\n", "decides nothing"),
        ('a,b\n"1,2\n', "no CSV"),
        (f"a,b\n{'x' * 501},2\n", "500 are taken"),
    ],
)
def test_a_csv_that_is_no_table_is_refused(text: str, said: str) -> None:
    with pytest.raises(TableInvalid, match=said):
        csv_content(text, "care.csv")


@pytest.mark.parametrize(
    ("text", "said"), [("row,light,care\n1,sun,x\n", "no column 'water'"), (f"{CSV.replace('row', 'soil')}", "'soil'")]
)
def test_columns_and_inputs_have_to_be_the_same(text: str, said: str) -> None:
    document = {
        key: value for key, value in table(WHOLE, csv="c.csv", outcome={"name": "care"}).items() if key != "rows"
    }
    with pytest.raises(TableInvalid, match=said):
        content(document, text)


# --- against trying every case ---

CELLS = st.sampled_from(["-", "a", "b", "c", "a | b", "b | c"])


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=7), st.sampled_from(["unique", "first"]))
def test_what_is_found_is_what_trying_every_case_finds(cells: list[tuple[str, ...]], hit: str) -> None:
    names = ("x", "y", "z")
    inputs = {name: {"values": ["a", "b", "c"]} for name in names}
    rows = [{"when": dict(zip(names, one, strict=True)), "then": str(number)} for number, one in enumerate(cells)]
    held = content({"table": "t", "hit": hit, "inputs": inputs, "rows": rows})
    counts = [
        sum(all(takes(cell, value, str) for cell, value in zip(one, case, strict=True)) for one in cells)
        for case in itertools.product("abc", repeat=3)
    ]
    whole = min(counts) > 0 and (hit == "first" or max(counts) == 1)
    assert _passes(held, ontology()) is whole


def _passes(held: dict[str, Any], graph: Ontology) -> bool:
    try:
        check_table(held, graph)
    except TableInvalid:
        return False
    return True


NUMBERS = st.integers(-3, 3)
NUMERIC = st.one_of(
    st.builds(lambda sign, n: f"{sign} {n}", st.sampled_from(["<", "<=", ">", ">="]), NUMBERS),
    st.builds(lambda a, b: f"{min(a, b)} .. {max(a, b)}", NUMBERS, NUMBERS),
    st.builds(str, NUMBERS),
)


@given(st.lists(NUMERIC, min_size=1, max_size=5), st.integers(-40, 40))
def test_the_samples_of_numbers_stand_for_all_numbers(cells: list[str], tenths: int) -> None:
    value = str(Decimal(tenths) / 10)
    taken = [takes(cell, value, str) for cell in cells]
    assert any([takes(cell, one, str) for cell in cells] == taken for one in samples(cells))


def test_the_schema_in_the_docs_is_the_one_of_the_file() -> None:
    assert (DOCS / "decision-table.schema.json").read_text("utf-8") == schema_text(), "run `make openapi`"


def test_the_table_shown_in_the_docs_is_whole() -> None:
    text = (DOCS / "tables.md").read_text("utf-8").partition("```yaml")[2].partition("```")[0]
    vuln = yaml.safe_load((DOCS.parent / "examples" / "vuln" / "ontology.yml").read_text("utf-8"))
    held = table_content(yaml.safe_load(text), "docs", no_file)[1]
    checked = check_table(held, parse(vuln, core=core_ontology()))
    assert (checked.rows, checked.cases) == (4, 12)
