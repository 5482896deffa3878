"""Decisions against questions with gold answers: right, wrong or abstained, and how good the explanation is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from typing import Literal as OneOf

from kg.domain.decision import Document
from kg.domain.ontology import Ontology

Grade = OneOf["right", "wrong", "abstained"]
MANY_FACTS = 60
"""Over so many gold facts the explanation may show a part, if it counts the rest as left out."""

RANKED = ("ranking", "optimise")
BY_VALUE = frozenset({"value", "yes_no", "decision"})
"""Types of gold that are graded by their value alone. An answer to gold of a type not known here is wrong."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


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
    asked = wanted.get("parts") or [wanted]
    given = document["answer"].get("parts") or [document["answer"]]
    if len(asked) == 1:
        given = [document["answer"]]
    right = outcome == "answered" and len(given) == len(asked)
    right = right and all(_matches(gold, part, found, ontology) for part, found in zip(asked, given, strict=False))
    precision, recall = _explanation(gold, document, ontology)
    return Graded("right" if right else "wrong", precision, recall)


def overlap(gold: dict[str, Any], answer: dict[str, Any], ontology: Ontology) -> float:
    """How well an answer's members agree with the gold's (F1); 1 where the answer is right."""
    wanted = gold["answer"]
    if wanted["type"] not in ("abstain", "false_premise", "ambiguous") and not wanted.get("parts"):
        if _matches(gold, wanted, answer, ontology):
            return 1.0
        if wanted["type"] == answer["type"] == "list":
            named = wanted.get("names") if not wanted.get("ids") else None
            members = {name.casefold() for name in named} if named else _keys(wanted.get("ids") or (), ontology)
            found = (
                {one["name"].casefold() for one in answer["entities"]} if named else _ids(answer["entities"], ontology)
            )
            return 2 * len(members & found) / (len(members) + len(found)) if members & found else 0.0
    return 0.0


def _both_offered(wanted: dict[str, Any], document: Document, ontology: Ontology) -> bool:
    """Whether every reading of the gold is among the choices, or is a part of what was answered."""
    answer = document["answer"]
    told = [choice["answer"] for choice in answer["choices"]] or answer.get("parts") or []
    offered = [_members(one, ontology) for one in told]
    values = wanted.get("value")
    expected = [_keys(ids, ontology) for ids in values.values()] if isinstance(values, dict) else []
    return len(expected) > 1 and all(ids in offered for ids in expected)


def _members(answer: dict[str, Any], ontology: Ontology) -> frozenset[str]:
    """What a choice comes to: its values, or its entities."""
    value = answer.get("value")
    if answer.get("type") == "value":
        return _keys((str(one) for one in (value if isinstance(value, list) else [value])), ontology)
    return _ids(answer["entities"], ontology)


def _matches(  # noqa: PLR0911 (one type of answer each)
    gold: dict[str, Any], wanted: dict[str, Any], answer: dict[str, Any], ontology: Ontology
) -> bool:
    """Whether the answer is what the gold says; gold that says nothing is matched by nothing."""
    kind, value = wanted["type"], wanted.get("value")
    if kind == "list":
        return answer["type"] == "list" and _same_members(wanted, answer, ontology)
    if kind in RANKED:
        others = ({"ids": one} if isinstance(one, list) else one for one in wanted.get("alternatives") or ())
        members = any(_same_members(one, answer, ontology) for one in (wanted, *others))
        return members and (_same(value, answer["value"]) or (value is None and answer["type"] in RANKED))
    if kind == "path":
        return answer["type"] == "path" and _joins(gold, answer["entities"], ontology)
    if kind == "count":
        return _same(value, answer["value"]) and wanted.get("of") in (None, answer["of"])
    if kind == "pairs":
        return answer["type"] == "pairs" and _pairs(value, ontology) == _pairs(answer["value"], ontology) != set()
    if kind == "partition":
        groups = _groups(value, ontology)
        return answer["type"] == "partition" and groups in (
            _groups(answer["value"], ontology),
            _groups(_by_key(answer), ontology),
        )
    if kind == "conflict":
        return answer["type"] == "conflict" and _both_sides(value, answer["value"])
    if kind == "comparison":
        return answer["type"] == "comparison" and _compared(wanted, answer, ontology)
    return kind in BY_VALUE and _same(_plain(value), _plain(answer["value"]))


def _pairs(value: Any, ontology: Ontology) -> set[frozenset[str]]:
    return {_keys(pair, ontology) for pair in value} if isinstance(value, list) else set()


def _groups(value: Any, ontology: Ontology) -> dict[str, Any] | None:
    """Members by group, or how many."""
    if not isinstance(value, dict) or not value:
        return None
    return {
        _normal(str(group), ontology): _keys(members, ontology) if isinstance(members, list) else members
        for group, members in value.items()
    }


def _by_key(answer: dict[str, Any]) -> Any:
    """A partition with the keys of the groups in place of their names."""
    keys = {row["group"]: row["other"].partition(":")[2] for row in answer["rows"] if row.get("other")}
    value = answer["value"]
    return {keys.get(group, group): members for group, members in value.items()} if isinstance(value, dict) else value


def _compared(wanted: dict[str, Any], answer: dict[str, Any], ontology: Ontology) -> bool:
    """The sizes by their labels; a label may be another name, where the sizes and what is asked for are the same."""
    gold, found = _plain(wanted.get("value")), _plain(answer["value"])
    if _same(gold, found):
        return True
    if not (isinstance(gold, dict) and isinstance(found, dict) and wanted.get("ids")):
        return False
    return sorted(map(str, gold.values())) == sorted(map(str, found.values())) and _same_members(
        wanted, answer, ontology
    )


def _both_sides(wanted: Any, found: Any) -> bool:
    """Whether each side of the gold is told with its date."""
    if not isinstance(wanted, dict) or not isinstance(found, dict) or len(found) < len(wanted):
        return False
    days = set(_DAY.findall(" ".join(map(str, wanted.values()))))
    return days <= set(_DAY.findall(" ".join(map(str, found.values()))))


def _plain(value: Any) -> Any:
    """Values by their labels without regard to case."""
    return {str(key).casefold(): one for key, one in value.items()} if isinstance(value, dict) else value


def _same(wanted: Any, found: Any) -> bool:
    """Equal values, where a yes is not a one."""
    return wanted is not None and isinstance(wanted, bool) == isinstance(found, bool) and bool(wanted == found)


def _same_members(wanted: dict[str, Any], answer: dict[str, Any], ontology: Ontology) -> bool:
    """By ids; by names where the gold has no ids."""
    ids, names = wanted.get("ids"), wanted.get("names")
    if names and not ids:
        return {name.casefold() for name in names} == {one["name"].casefold() for one in answer["entities"]}
    return ids is not None and _ids(answer["entities"], ontology) == _keys(ids, ontology)


def _joins(gold: dict[str, Any], chain: list[dict[str, Any]], ontology: Ontology) -> bool:
    """Whether the chain leads from one end of the gold to the other, read either way.

    The ends are the first and the last id. Without ids, they are what is only subject and what is only object of the
    gold facts.
    """
    ids = gold["answer"].get("ids")
    subjects = _keys((fact[0] for fact in gold.get("gold_facts", ())), ontology)
    objects = _keys((fact[2] for fact in gold.get("gold_facts", ())), ontology)
    first, last = (
        (_keys(ids[:1], ontology), _keys(ids[-1:], ontology)) if ids else (subjects - objects, objects - subjects)
    )
    if len(chain) < 2:
        return False
    head, tail = (frozenset(_normal(key, ontology) for key in one["keys"]) for one in (chain[0], chain[-1]))
    return bool((head & first and tail & last) or (head & last and tail & first))


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
    return (common / len(shown) if shown else 0.0), (common / reachable if reachable else 0.0)
