"""CSV for people and for loading again: entities, facts, assertions and sources, a file each.

A cell that a spreadsheet would run as a formula gets an apostrophe before it, which ``UNDO`` takes away again.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from kg.domain.fact import Entity, Fact, Literal
from kg.domain.lineage import Source
from kg.export.pages import Page

FORMULA = re.compile(r"'*[=+@\t\r-]")
"""How a cell begins that a spreadsheet runs, or that looks like one made harmless already."""
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
UNDO = "cut ^'(?='*[=+@-])"
"""The clean-up function of dataset files that gives the text back."""

COLUMNS = {
    "entities.csv": ("id", "type", "key", "name", "aliases", "keys", "status"),
    "facts.csv": (
        "fact", "subject", "subject_type", "subject_key", "subject_name", "predicate",
        "object", "object_type", "object_key", "object_name", "value", "datatype", "valid_from", "valid_to",
    ),
    "assertions.csv": ("fact", "source", "locator", "run", "recorded_at"),
    "sources.csv": (
        "source", "dataset", "version", "name", "title", "publisher", "licence", "classification", "issued", "checksum",
    ),
}  # fmt: skip


def write(folder: Path, pages: Iterable[Page], sources: Iterable[Source]) -> None:
    """Write all four files."""
    with ExitStack() as opened:
        put = {}
        for name, columns in COLUMNS.items():
            file = opened.enter_context((folder / name).open("x", encoding="utf-8", newline=""))
            put[name] = csv.writer(file, lineterminator="\n")
            put[name].writerow(columns)
        put["sources.csv"].writerows(map(harmless, (_source(one) for one in sources)))
        for page in pages:
            put["entities.csv"].writerows(harmless(_entity(one)) for one in page.entities.values())
            put["facts.csv"].writerows(harmless(_fact(one, page)) for one in page.facts)
            put["assertions.csv"].writerows(map(harmless, _assertions(page)))


def harmless(row: Iterable[str | None]) -> list[str]:
    """The cells of a row, none of which is a formula."""
    return [
        "" if cell is None else f"'{cell}" if FORMULA.match(cell) and not NUMBER.fullmatch(cell) else cell
        for cell in row
    ]


def _entity(one: Entity) -> tuple[str | None, ...]:
    return one.id, one.type, one.keys[0], one.name, " | ".join(one.aliases), " | ".join(one.keys[1:]), one.status


def _fact(fact: Fact, page: Page) -> tuple[str | None, ...]:
    near = page.entities[fact.subject]
    start = (fact.id, near.id, near.type, near.keys[0], near.name, fact.predicate)
    if isinstance(fact.object, Literal):
        said: tuple[str | None, ...] = (None, None, None, None, fact.object.value, fact.object.datatype)
    else:
        far = page.far[fact.object]
        said = (far.id, far.type, far.keys[0], far.name, None, None)
    return *start, *said, fact.valid.start, fact.valid.end


def _assertions(page: Page) -> Iterator[tuple[str, ...]]:
    for fact in page.facts:
        for said in page.assertions.get(fact.id, ()):
            yield fact.id, said.source, said.locator, said.run, said.recorded_at


def _source(one: Source) -> tuple[str | None, ...]:
    named = (one.id, one.dataset, one.version, one.name, one.title, one.publisher, one.licence)
    return *named, one.classification.label, one.issued, one.checksum


def mapping(predicates: dict[str, list[str]], types: list[str]) -> dict[str, Any]:
    """The part of a dataset file that loads the files again: relations and literal predicates are told apart."""
    subject = {"type": {"from": "subject_type", "table": "types"}, "key": f"subject_key | {UNDO}"}
    target = {"type": {"from": "object_type", "table": "types"}, "key": f"object_key | {UNDO}"}
    valid = {"from": "valid_from", "to": "valid_to"}
    return {
        "files": ["entities.csv", "facts.csv"],
        "format": "csv",
        "tables": {
            "types": {name: name for name in types},
            **{kind: {name: name for name in names} for kind, names in predicates.items()},
        },
        "map": [
            {
                "when": {"id": "*"},
                "entity": {"type": {"from": "type", "table": "types"}, "key": f"key | {UNDO}"},
            },
            {
                "when": {"object": "*"},
                "facts": [
                    {
                        "subject": subject,
                        "predicate": {"from": "predicate", "table": "relations"},
                        "object": target,
                        "valid": valid,
                    }
                ],
            },
            {
                "when": {"value": "*"},
                "facts": [
                    {
                        "subject": subject,
                        "predicate": {"from": "predicate", "table": "literals"},
                        "value": f"value | {UNDO}",
                        "valid": valid,
                    }
                ],
            },
        ],
        "skip": [{"when": {"predicate": "type"}, "reason": "the entities say their type"}],
        "ignore": sorted({*COLUMNS["entities.csv"], *COLUMNS["facts.csv"]}),
    }
