"""Two documents of one decision: equal, or every fact, row and claim that came, went or changed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kg.domain.decision import Document, comparable

MOST_PLACES = 50
"""Places in two documents that are named as different."""
Items = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """What came, what went, and what is told otherwise, each by what it is called."""

    came: Items
    went: Items
    changed: dict[str, tuple[Any, Any]]

    def __bool__(self) -> bool:
        return bool(self.came or self.went or self.changed)

    @staticmethod
    def of(before: Items, after: Items) -> Difference:
        return Difference(
            {key: after[key] for key in after if key not in before},
            {key: before[key] for key in before if key not in after},
            {key: (before[key], after[key]) for key in before if key in after and before[key] != after[key]},
        )

    def document(self) -> dict[str, list[dict[str, Any]]]:
        return {
            "came": [{"id": key, "after": value} for key, value in self.came.items()],
            "went": [{"id": key, "before": value} for key, value in self.went.items()],
            "changed": [{"id": key, "before": one, "after": two} for key, (one, two) in self.changed.items()],
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a document differs from the one before it."""

    before: Document
    after: Document
    facts: Difference
    """By fact id, with text and sources; what was searched for and not found by its text."""
    rows: Difference
    """By member, with value."""
    claims: Difference
    """The first under ``answer``, those of rows under their row, others under their text."""
    places: tuple[str, ...]
    """JSON pointers to all that differs in comparable form, the first of them."""

    @property
    def same_evidence(self) -> bool:
        return bool(comparable(self.before["evidence"]) == comparable(self.after["evidence"]))

    @property
    def same_answer(self) -> bool:
        """Whether the same was found: how it is put into sentences does not count."""
        return not self.rows and _found(self.before) == _found(self.after)

    @property
    def identical(self) -> bool:
        """Whether nothing differs in comparable form."""
        return not self.places


def compare(before: Document, after: Document) -> Comparison:
    """Hold two documents of one decision against each other."""
    return Comparison(
        before,
        after,
        Difference.of(_facts(before), _facts(after)),
        Difference.of(_rows(before), _rows(after)),
        Difference.of(_claims(before), _claims(after)),
        tuple(
            place for _, place in zip(range(MOST_PLACES), _places(comparable(before), comparable(after)), strict=False)
        ),
    )


def _found(document: Document) -> list[Any]:
    answer = document["answer"]
    parts = [[part["outcome"], part["type"], part["value"], part["of"], _members(part)] for part in answer["parts"]]
    return [document["outcome"], answer["type"], answer["value"], answer["of"], parts, answer["alternatives"]]


def _members(answer: Mapping[str, Any]) -> list[Any]:
    return [[row["entity"], row.get("group"), row.get("other"), row["value"]] for row in answer["rows"]]


def _facts(document: Document) -> Items:
    """Each fact with where it is said, and in which words; of a conflict, of a path, under each of its facts."""
    found: Items = {}
    for item in comparable(document["evidence"]):
        told = {"kind": item["kind"], "text": item["text"], "sources": item["sources"]}
        for key in item["facts"] or [item["text"]]:
            found.setdefault(key, []).append(told)
    return found


def _rows(document: Document) -> Items:
    answer = document["answer"]
    several = [("", answer), *((f"part {n}: ", part) for n, part in enumerate(answer["parts"][1:], 2))]
    return {
        before + _row_key(row): {key: row.get(key) for key in ("value", "of")}
        for before, one in several
        for row in one["rows"]
    }


def _row_key(row: Mapping[str, Any]) -> str:
    return " ".join(str(row[key]) for key in ("group", "entity", "other") if row.get(key) is not None)


def _claims(document: Document) -> Items:
    answer = document["answer"]
    of_rows = {row["claim"]: _row_key(row) for one in (*answer["parts"], answer) for row in one["rows"]}
    found = {}
    for number, claim in enumerate(document["claims"]):
        key = "answer" if not number else of_rows.get(claim["id"], claim["text"])
        found[key] = {"text": claim["text"], "verdict": claim["verdict"]}
    return found


def _places(before: Any, after: Any, at: str = "") -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            place = f"{at}/{key.replace('~', '~0').replace('/', '~1')}"
            if key in before and key in after:
                yield from _places(before[key], after[key], place)
            else:
                yield place
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, two) in enumerate(zip(before, after, strict=True)):
            yield from _places(one, two, f"{at}/{number}")
    elif before != after or type(before) is not type(after):
        yield at
