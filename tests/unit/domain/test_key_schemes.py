"""Keys: many spellings, one canonical form."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from kg.domain.ontology import KeyScheme, Ontology, Spelling
from kg.domain.ontology_file import parse

EXAMPLES = Path(__file__).parents[3] / "examples"
SCHEME = KeyScheme("sup", (Spelling(r"SUP[- ]?0*(\d+)", r"SUP-\1"), Spelling(r"vendor (\d+)", r"SUP-\1")), "upper")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SUP-7", "SUP-7"),
        ("sup-007", "SUP-7"),
        ("Sup 7", "SUP-7"),
        ("SUP7", "SUP-7"),
        ("VENDOR 7", "SUP-7"),
        ("SUP-", None),
        ("SUP-7x", None),
        ("x SUP-7", None),
        ("", None),
        ("SUP-7\n", None),
    ],
)
def test_a_key_is_the_whole_text_in_any_spelling(text: str, expected: str | None) -> None:
    assert SCHEME.canonical(text) == expected


@pytest.mark.parametrize(("case", "expected"), [("upper", "AB-1"), ("lower", "ab-1"), ("keep", "aB-1")])
def test_the_case_is_settled_by_the_scheme(case: str, expected: str) -> None:
    scheme = KeyScheme("x", (Spelling(r"(\w+-\d)", r"\1"),), case)  # type: ignore[arg-type]
    assert scheme.canonical("aB-1") == expected


def test_a_canonical_key_is_its_own_canonical_form() -> None:
    assert SCHEME.canonical(str(SCHEME.canonical("sup 0012"))) == "SUP-12"


def example(name: str, core: Ontology) -> Ontology:
    return parse(yaml.safe_load((EXAMPLES / name / "ontology.yml").read_text("utf-8")), core=core)


@pytest.mark.parametrize(
    ("type_name", "spellings", "expected"),
    [
        ("Control", ["AC-02", "ac-2", "AC-2", " ac-02 "], "AC-2"),
        ("Control", ["AC-02(01)", "ac-2.1", "AC-2(1)", "AC-2 (1)"], "AC-2(1)"),
        ("Technique", ["T1078", "t1078"], "T1078"),
        ("Technique", ["T1566.001", "t1566.001"], "T1566.001"),
        ("Group", ["G0016", "g0016"], "G0016"),
    ],
)
def test_the_spellings_of_two_publishers_meet(
    core: Ontology, type_name: str, spellings: list[str], expected: str
) -> None:
    ontology = example("cyber", core)
    ids = {ontology.entity_id(type_name, text) for text in spellings}
    assert len(ids) == 1, ids
    assert str(ids.pop()).partition(":")[2] == expected


def test_a_type_without_a_scheme_of_its_own_has_that_of_its_supertype(core: Ontology) -> None:
    ontology = parse(
        {
            "ontology": "x",
            "keys": {"k": {"spellings": [{"pattern": r"\d+", "write": r"\g<0>"}]}},
            "types": {"A": {"key": "k"}, "B": {"is": "A"}, "C": {}},
        },
        core=core,
    )
    assert [ontology.entity_id(name, "7") for name in ("A", "B", "C")] == ["k:7", "k:7", None]


def test_a_text_can_be_the_key_of_several_schemes(core: Ontology) -> None:
    assert list(example("supply", core).ids_of_key("ST 4")) == ["site:ST-4"]
    assert list(example("supply", core).ids_of_key("nothing")) == []
