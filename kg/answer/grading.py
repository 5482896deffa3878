"""Decisions against questions with gold answers: right, wrong or abstained, and how good the explanation is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from typing import Literal as OneOf

from kg.domain.decision import Document
from kg.domain.ontology import Ontology

Grade = OneOf["right", "wrong", "abstained"]
MANY_FACTS = 60
"""Over so many gold facts the explanation may show a part, if it counts the rest as left out."""


@dataclass(frozen=True, slots=True)
class Graded:
    """One question's grade, with precision and recall of its evidence facts where there is gold for them."""

    grade: Grade
    precision: float | None = None
    recall: float | None = None


def grade(gold: dict[str, Any], document: Document, ontology: Ontology) -> Graded:
    """Grade one decision. Right where it should be refused and is."""
    wanted, outcome = gold["answer"], document["outcome"]
    if wanted["type"] in ("abstain", "false_premise"):
        right = outcome == {"abstain": "abstained"}.get(wanted["type"], "false_premise")
        return Graded("right" if right else "abstained" if outcome == "abstained" else "wrong")
    if outcome == "abstained":
        return Graded("abstained")
    if wanted["type"] == "ambiguous":
        return Graded("right" if _both_offered(wanted, document, ontology) else "wrong")
    if outcome == "ambiguous":
        return Graded("abstained")
    right = outcome == "answered" and _matches(wanted, document["answer"], ontology)
    precision, recall = _explanation(gold, document, ontology)
    return Graded("right" if right else "wrong", precision, recall)


def _both_offered(wanted: dict[str, Any], document: Document, ontology: Ontology) -> bool:
    offered = [_ids(choice["answer"]["entities"], ontology) for choice in document["answer"]["choices"]]
    values = wanted.get("value")
    expected = [_keys(ids, ontology) for ids in values.values()] if isinstance(values, dict) else []
    return document["outcome"] == "ambiguous" and bool(expected) and all(ids in offered for ids in expected)


def _matches(wanted: dict[str, Any], answer: dict[str, Any], ontology: Ontology) -> bool:
    found = _ids(answer["entities"], ontology)
    kind, value = wanted["type"], wanted.get("value")
    if kind == "list":
        return answer["type"] == "list" and found == _keys(wanted["ids"], ontology)
    if kind == "count":
        return bool(answer["value"] == value and wanted.get("of") in (None, answer["of"]))
    if kind in ("ranking", "optimise"):
        allowed = [
            wanted["ids"],
            *(
                alternative["ids"] if isinstance(alternative, dict) else alternative
                for alternative in wanted.get("alternatives", ())
            ),
        ]
        return answer["value"] == value and any(found == _keys(ids, ontology) for ids in allowed)
    if kind == "path":
        return answer["type"] == "path" and bool(answer["entities"])
    return bool(answer["value"] == value)


def _ids(entities: Iterable[dict[str, Any]], ontology: Ontology) -> frozenset[str]:
    return frozenset(_normal(entity["keys"][0], ontology) for entity in entities)


def _keys(ids: Iterable[str], ontology: Ontology) -> frozenset[str]:
    return frozenset(_normal(key, ontology) for key in ids)


def _normal(text: str, ontology: Ontology) -> str:
    """A key in its canonical spelling, other text without regard to case."""
    plain = text.partition("@")[0]
    return min((found.partition(":")[2] for found in ontology.ids_of_key(plain)), key=len, default=plain).casefold()


def _explanation(gold: dict[str, Any], document: Document, ontology: Ontology) -> tuple[float | None, float | None]:
    expected = {(_normal(s, ontology), _normal(o, ontology)) for s, _, o in gold.get("gold_facts", ())}
    if not expected:
        return None, None
    names = {node["id"]: node["properties"].get("key", node["name"]) for node in document["explanation"]["nodes"]}
    shown = {
        (_normal(names[edge["start"]], ontology), _normal(names[edge["end"]], ontology))
        for edge in document["explanation"]["relationships"]
    }
    common = len(expected & shown)
    reachable = len(expected)
    if reachable > MANY_FACTS and document["explanation"]["left_out"]:
        reachable = min(reachable, len(shown))
    return (common / len(shown) if shown else 0.0), common / reachable
