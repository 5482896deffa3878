"""Decisions against questions with gold answers: right, wrong or abstained, and how good the explanation is."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from typing import Literal as OneOf

from kg.domain.decision import Document
from kg.domain.ontology import Ontology

Grade = OneOf["right", "wrong", "abstained"]
MANY_FACTS = 60
"""Over so many gold facts the explanation may show a part, if it counts the rest as left out."""

ROW = "POLICY_GIVES"
"""The predicate by which gold speaks of the row of a decision table; how it calls the row is its own."""
RANKED = ("ranking", "optimise")
ANSWERED_AS = {
    "list": ("list",), "pairs": ("pairs",), "partition": ("partition",), "path": ("path",), "yes_no": ("yes_no",),
    "decision": ("decision",), "conflict": ("conflict",), "comparison": ("comparison",),
    "count": ("count", "value", "ranking", "comparison", "partition"), "value": ("value", "count", "ranking"),
    "ranking": ("ranking", "list", "count"), "optimise": ("ranking", "list", "count"),
}  # fmt: skip
"""Types of answer that can be right, by type of gold: what is asked for may be said in more than one form. An answer
to gold of a type not known here is wrong."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_VERSION = re.compile(r"@(\d[\w.-]*)$")
"""What stands behind a key or predicate of gold that speaks of one dataset version."""


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
    precision, recall = _explanation(gold, document, ontology)
    right = outcome == "answered" and len(given) == len(asked)
    for part, found in zip(asked, given, strict=False) if right else ():
        right = right and _matches(part, found, ontology)
        if part["type"] == "path":
            right = right and _joins(gold, part, found["entities"], document, ontology)
        if part["type"] == "decision":
            right = right and _rests_on(gold, document, ontology)
    return Graded("right" if right else "wrong", precision, recall)


def overlap(gold: dict[str, Any], answer: dict[str, Any], ontology: Ontology) -> float:
    """How well an answer's members agree with the gold's (F1); 1 where the answer is right."""
    wanted = gold["answer"]
    if wanted["type"] not in ("abstain", "false_premise", "ambiguous") and not wanted.get("parts"):
        if _matches(wanted, answer, ontology):
            return 1.0
        if wanted["type"] == answer["type"] == "list":
            named = wanted.get("names") if not wanted.get("ids") else None
            members = {name.casefold() for name in named} if named else _keys(wanted.get("ids") or (), ontology)
            found = [{one["name"].casefold()} if named else _keys(one["keys"], ontology) for one in answer["entities"]]
            met = sum(1 for one in found if one & members)
            return 2 * met / (len(members) + len(found)) if met else 0.0
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
    return _keys((entity["keys"][0] for entity in answer["entities"]), ontology)


def _matches(  # noqa: PLR0911 (one type of answer each)
    wanted: dict[str, Any], answer: dict[str, Any], ontology: Ontology
) -> bool:
    """Whether the answer is what the gold says; gold that says nothing is matched by nothing."""
    kind, value = wanted["type"], wanted.get("value")
    if answer["type"] not in ANSWERED_AS.get(kind, ()):
        return False
    if kind == "list":
        return _same_members(wanted, answer, ontology)
    if kind in RANKED:
        others = ({"ids": one} if isinstance(one, list) else one for one in wanted.get("alternatives") or ())
        members = any(_same_members(one, answer, ontology) for one in (wanted, *others))
        return members and (_same(value, answer["value"]) or (value is None and answer["type"] == "ranking"))
    if kind == "pairs":
        return _pairs(value, ontology) == _pairs(answer["value"], ontology) != set()
    if kind == "partition":
        groups = _groups(value, ontology)
        found = (_groups(answer["value"], ontology), _groups(_by_key(answer), ontology))
        return groups is not None and groups in found
    if kind == "conflict":
        return _both_sides(value, answer["value"])
    if kind == "comparison":
        return _compared(wanted, answer, ontology)
    return kind == "path" or (_same(value, answer["value"]) and _of(wanted, answer))


def _of(wanted: dict[str, Any], answer: dict[str, Any]) -> bool:
    """Of how many, where the gold says so."""
    return wanted.get("of") is None or _same(wanted["of"], answer["of"])


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
    if not (isinstance(gold, dict) and isinstance(found, dict) and gold):
        return _same(gold, found)
    if not any(isinstance(size, list) for size in gold.values()):
        # "of" is compared where it is given.
        found = {label: size[0] if isinstance(size, list) else size for label, size in found.items()}
    if _same(gold, found):
        return True
    sizes = [sorted(map(str, sizes.values())) for sizes in (gold, found)]
    return bool(wanted.get("ids")) and sizes[0] == sizes[1] and _same_members(wanted, answer, ontology)


def _both_sides(wanted: Any, found: Any) -> bool:
    """Whether each side of the gold is told by a source of its own, with its date or else in its words."""
    if not isinstance(wanted, dict) or not isinstance(found, dict) or len(wanted) < 2:
        return False
    told = [f"{source} {said}".casefold() for source, said in found.items()]
    sides = [set(_DAY.findall(str(side))) or {str(side).casefold()} for side in wanted.values()]
    return _each_with_its_own([[i for i, one in enumerate(told) if all(m in one for m in marks)] for marks in sides])


def _each_with_its_own(fitting: list[list[int]], taken: frozenset[int] = frozenset()) -> bool:
    """Whether each can have one of what fits it, and no two the same."""
    if not fitting:
        return True
    return any(_each_with_its_own(fitting[1:], taken | {one}) for one in fitting[0] if one not in taken)


def _plain(value: Any) -> Any:
    """Values by their labels without regard to case."""
    return {str(key).casefold(): one for key, one in value.items()} if isinstance(value, dict) else value


def _same(wanted: Any, found: Any) -> bool:
    """Equal values: numbers as numbers, text without regard to case, lists in any order; a yes is not a one."""
    if wanted is None or found is None:
        return False
    if isinstance(wanted, dict) and isinstance(found, dict):
        wanted, found = _plain(wanted), _plain(found)
        return bool(wanted) and wanted.keys() == found.keys() and all(_same(wanted[k], found[k]) for k in wanted)
    if isinstance(wanted, list) and isinstance(found, list):
        return sorted(map(_written, wanted)) == sorted(map(_written, found)) != []
    if isinstance(wanted, list) or isinstance(found, list):
        one = [value[0] if isinstance(value, list) and len(value) == 1 else value for value in (wanted, found)]
        return not any(isinstance(value, list) for value in one) and _same(*one)
    return isinstance(wanted, bool) == isinstance(found, bool) and _written(wanted) == _written(found)


def _written(value: Any) -> str:
    """A value in one spelling: ``2``, ``2.0`` and ``"2"`` are one."""
    try:
        number = float(value) if not isinstance(value, bool) else math.nan
    except (TypeError, ValueError):
        number = math.nan
    return f"{number:.9g}" if math.isfinite(number) else str(value).casefold()


def _same_members(wanted: dict[str, Any], answer: dict[str, Any], ontology: Ontology) -> bool:
    """By ids, where an entity with several keys goes by any of them; by names where the gold has no ids."""
    ids, names, entities = wanted.get("ids"), wanted.get("names"), answer["entities"]
    if names and not ids:
        return {name.casefold() for name in names} == {one["name"].casefold() for one in entities}
    if ids is None:
        return False
    expected = _keys(ids, ontology)
    members = [_keys((*entity["keys"], entity["name"]), ontology) & expected for entity in entities]
    return all(members) and frozenset().union(*members) == expected


def _joins(
    gold: dict[str, Any], wanted: dict[str, Any], chain: list[dict[str, Any]], document: Document, ontology: Ontology
) -> bool:
    """Whether the chain leads from one end of the gold to the other, read either way, each step by a fact shown.

    The ends are the first and the last id. Without ids, they are what is only subject and what is only object of the
    gold facts.
    """
    ids = wanted.get("ids")
    subjects = _keys((fact[0] for fact in gold.get("gold_facts", ())), ontology)
    objects = _keys((fact[2] for fact in gold.get("gold_facts", ())), ontology)
    first, last = (
        (_keys(ids[:1], ontology), _keys(ids[-1:], ontology)) if ids else (subjects - objects, objects - subjects)
    )
    if len(chain) < 2:
        return False
    facts = {frozenset((edge["start"], edge["end"])) for edge in document["explanation"]["relationships"]}
    if any(frozenset((one["id"], next_["id"])) not in facts for one, next_ in pairwise(chain)):
        return False
    head, tail = (_keys(one["keys"], ontology) for one in (chain[0], chain[-1]))
    return bool((head & first and tail & last) or (head & last and tail & first))


def _rests_on(gold: dict[str, Any], document: Document, ontology: Ontology) -> bool:
    """Whether a decision shows rows with the outcomes of the gold, and of each thing as many facts as chose them."""
    nodes = {node["id"]: _called(node, ontology) for node in document["explanation"]["nodes"]}
    facts = [nodes[edge["start"]] | nodes[edge["end"]] for edge in document["explanation"]["relationships"]]
    chosen_by = Counter(_normal(s, ontology) for s, p, _ in gold.get("gold_facts", ()) if p != ROW)
    outcomes = _keys((o for _, p, o in gold.get("gold_facts", ()) if p == ROW), ontology)
    shown = Counter(name for ends in facts for name in ends)
    return all(shown[one] for one in outcomes) and all(shown[one] >= many for one, many in chosen_by.items())


def _keys(ids: Iterable[str], ontology: Ontology) -> frozenset[str]:
    return frozenset(_normal(key, ontology) for key in ids)


def _normal(text: str, ontology: Ontology) -> str:
    """A key in its canonical spelling, other text without regard to case; without the version it speaks of."""
    plain = _VERSION.sub("", text)
    return min((found.partition(":")[2] for found in ontology.ids_of_key(plain)), key=len, default=plain).casefold()


def _explanation(gold: dict[str, Any], document: Document, ontology: Ontology) -> tuple[float | None, float | None]:
    """Precision and recall of the facts shown, matched by both ends in any order, as predicates go either way."""
    expected = {
        (frozenset(_keys([o] if p == ROW else [s, o], ontology)), _version(s, p, o))
        for s, p, o in gold.get("gold_facts", ())
    }
    rows = any(p == ROW for _, p, _ in gold.get("gold_facts", ()))
    if not expected:
        return None, None
    nodes = {node["id"]: _called(node, ontology) for node in document["explanation"]["nodes"]}
    versions = _versions(document)
    shown: dict[str, set[tuple[frozenset[str], str | None]]] = {}
    for edge in document["explanation"]["relationships"]:
        ends = {frozenset((one, other)) for one in nodes[edge["start"]] for other in nodes[edge["end"]]}
        ends |= {frozenset({end}) for end in nodes[edge["end"]] if rows}
        shown[edge["id"]] = {(pair, at) for pair in ends for at in (None, *versions.get(edge["id"], ()))}
    common = len(expected & set().union(*shown.values()))
    precision = sum(bool(facts & expected) for facts in shown.values()) / len(shown) if shown else 0.0
    reachable, left_out = len(expected), document["explanation"]["left_out"]
    if reachable > MANY_FACTS and reachable - common <= left_out:
        reachable = min(reachable, len(shown))
    return precision, min(1.0, common / reachable) if reachable else 0.0


def _version(*parts: str) -> str | None:
    """The dataset version that a gold fact speaks of, at one of its ends or at its predicate."""
    return next((found[1] for part in parts if (found := _VERSION.search(part))), None)


def _called(node: dict[str, Any], ontology: Ontology) -> frozenset[str]:
    """What gold can call a node: by its key, or by its name where it is known by name."""
    return frozenset({_normal(node["properties"].get("key", node["name"]), ontology), node["name"].casefold()})


def _versions(document: Document) -> dict[str, set[str]]:
    """In which dataset versions each fact of the evidence is said."""
    said: dict[str, set[str]] = {}
    for item in document.get("evidence", ()):
        for fact in item["facts"]:
            said.setdefault(fact, set()).update(source["dataset"].partition("@")[2] for source in item["sources"])
    return said
