"""A passage says exactly what stands at its place; what does not is a rejected record with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kg.domain.fact import PASSAGE, Literal
from kg.domain.ontology import Ontology
from kg.domain.ontology_file import parse
from kg.domain.scope import Scope
from kg.errors import OntologyInvalid
from loaders.dataset import DatasetFile
from loaders.mapping import Mapped, RecordMapping
from loaders.readers import Record, Span
from tests.unit.loaders.loading import CORE, Folder, document, write_yaml

WHOLE = "# Rules\n\nKeep  mail\nfor 30\u00a0days.\n"
PARAGRAPH = Span(WHOLE, 9, 32)
RULES: dict[str, Any] = {
    "ontology": "rules",
    "keys": {"rule": {"spellings": [{"pattern": "(.+)", "write": r"\1"}], "free": True}},
    "types": {"Rule": {"is": "Passage", "key": "rule"}, "Book": {"key": "rule"}},
    "predicates": {"title": {"subject": "Rule", "value": "text"}},
}


def ontology(**changes: Any) -> Ontology:
    return parse(RULES | changes, core=CORE)


def mapped(record: Record, value: Any) -> list[Mapped]:
    entry = {
        "entity": {"type": "Rule", "key": "= 1"},
        "facts": [{"predicate": "passage", "value": value}, {"predicate": "title", "value": "= x", "when": {"t": "*"}}],
    }
    mapping = RecordMapping(DatasetFile.model_validate(document(ontology="rules", map=[entry])), ontology())
    return mapping.apply(record, mapping.choose(record, {}), {})


def passage(fields: dict[str, Any], value: Any, locator: str, span: Span | None = None) -> Mapped:
    return mapped(Record(locator, fields, span=span), value)[-1]


def test_a_paragraph_is_kept_as_it_stands_and_located_by_its_characters() -> None:
    found = mapped(Record("#char=9,32", {"text": PARAGRAPH.quoted, "t": 1}, span=PARAGRAPH), "text")
    assert [(one.locator, one.fact and one.fact.object) for one in found] == [
        ("#char=9,32", Literal("Rule")),
        ("#char=9,32", Literal("Keep  mail\nfor 30\u00a0days.")),
        ("#char=9,32", Literal("x")),
    ]


def test_an_element_is_located_by_the_characters_inside_it() -> None:
    found = passage({"text": "Keep mail for 30 days."}, "text", "/a[1]/b[2]", PARAGRAPH)
    assert found.locator == "/a[1]/b[2]#char=9,32"
    assert found.fact
    assert found.fact.object == Literal("Keep  mail\nfor 30\u00a0days.")


@pytest.mark.parametrize("text", ["Keep mail for 31 days.", "Keep mail", "keep mail for 30 days."])
def test_text_that_is_not_its_span_is_rejected(text: str) -> None:
    found = passage({"text": text}, "text", "/a[1]", PARAGRAPH)
    assert (found.fact, found.locator) == (None, "/a[1]")
    assert found.reason == f"passage: {text!r} is not what stands at /a[1]#char=9,32: take the text of the record"


@pytest.mark.parametrize(("value", "text"), [("rule.said", " two\n"), ("rule.said | cut ^ t", "wo")])
def test_a_stretch_of_the_text_of_a_field_is_kept_as_it_stands(value: str, text: str) -> None:
    found = passage({"rule": {"said": ["One ", " two\n"]}}, value, "/3")
    assert (found.fact and found.fact.object, found.locator) == (Literal(text), "/3#rule")


@pytest.mark.parametrize(
    ("fields", "value", "reason"),
    [
        ({"a": "One "}, "a | upper", "passage: 'ONE ' does not stand so in the record: map it without changes"),
        ({"a": "One"}, "= {a} two", "passage: 'One two' does not stand so in the record: map it without changes"),
        ({"a": "One"}, "= One", "passage: 'One' does not stand so in the record: map it without changes"),
        ({"a": 7}, "a", "passage: a int where text is wanted"),
        ({"a": "be\u0007ll"}, "a", "passage: control character U+0007 in 'be\\x07ll'"),
        ({"a": "x" * 100_001}, "a", "passage: 100,001 characters where 100,000 are allowed"),
    ],
)
def test_what_is_no_passage_is_rejected(fields: dict[str, Any], value: str, reason: str) -> None:
    found = passage(fields, value, "/3")
    assert (found.fact, found.reason) == (None, reason)


def test_what_is_not_seen_is_kept() -> None:
    found = passage({"a": "re\u200badable\u202e"}, "a", "/3")
    assert found.fact
    assert found.fact.object == Literal("re\u200badable\u202e")


@pytest.mark.parametrize(
    "changes", [{"predicates": {"passage": {"subject": "Rule", "value": "text"}}}, {"types": {"Passage": {}}}]
)
def test_an_ontology_does_not_define_passages_anew(changes: dict[str, Any]) -> None:
    with pytest.raises(OntologyInvalid, match="the name is reserved"):
        ontology(**changes)


def test_only_passages_have_one() -> None:
    assert ontology().ends(PASSAGE)[0] == {"Passage", "Rule"}
    assert ontology().scheme_of("Rule") == ontology().keys["rule"]


def test_documents_load_with_the_file_they_stand_in(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    write_yaml(tmp_path / "rules.yml", RULES)
    for name in ("a.md", "b.md"):
        folder.data("# Rules\n\nKeep mail.\n\nbe\u0007ll\n", name)
    entry = {
        "when": {"kind": "paragraph"},
        "entity": {"type": "Rule", "key": "= {@file}#{place}"},
        "facts": [{"predicate": "passage", "value": "text"}],
    }
    skip = [{"when": {"kind": ["document", "section"]}, "reason": "no rule"}]
    changes: dict[str, Any] = {
        "files": ["*.md"],
        "format": "markdown",
        "ontology": "rules",
        "expect": {"rejected": 0.5},
    }
    run = folder.load(map=[entry], skip=skip, **changes)
    assert (run.state, run.records, run.skipped, run.rejected, run.left_over) == ("complete", 8, 4, 2, ())
    store = folder.services.store
    found = store.view(Scope()).passages("mail", [], 5).facts
    assert [one.subject for one in found] == ["rule:a.md#rules/1", "rule:b.md#rules/1"]
    [rejection, _] = folder.services.runs.rejections(run.id)
    assert (rejection.locator, rejection.record["text"]) == ("#char=21,26", "be\u0007ll")
