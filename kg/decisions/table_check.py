"""Whether a decision table is whole: its inputs are there, every case has a row, and no two rows claim one case.

Exact: the values that an input may have are finite, or one number of each stretch that the cells tell apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg.answer.decide import spellings_of
from kg.answer.fit import validate
from kg.domain.cells import ANYTHING, numeric, parts, samples, takes, values_of
from kg.domain.ontology import ANY, Ontology, TableInput
from kg.domain.plan_json import from_json
from kg.domain.words import fold
from kg.errors import PlanInvalid, TableInvalid

MOST_NAMED = 5
MAX_STEPS = 2_000_000
"""Cases, or parts of cases, that are looked at; more would take minutes."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found of a table that may be saved."""

    rows: int
    cases: int
    """How many combinations of values there are."""
    notes: tuple[str, ...] = ()


def check_table(content: Mapping[str, Any], ontology: Ontology) -> Checked:
    """Hold a table against the ontology and against itself. Raises TableInvalid naming input, hole or rows."""
    inputs = content["inputs"]
    _check_inputs(content, ontology)
    spellings = [_spellings(item, ontology) for item in inputs]
    cells = [[row[1][number] for row in content["rows"]] for number in range(len(inputs))]
    choices = [_choices(item, column, ontology) for item, column in zip(inputs, cells, strict=True)]
    for item, column, values, held in zip(inputs, cells, choices, spellings, strict=True):
        _check_cells(item["name"], column, values, held)
    taken = [
        [frozenset(n for n, value in enumerate(values) if takes(cell, value, lambda t, h=held: h.get(fold(t), fold(t))))  # type: ignore[misc]
         for cell in column]
        for column, values, held in zip(cells, choices, spellings, strict=True)
    ]  # fmt: skip
    rows = [tuple(column[number] for column in taken) for number in range(len(content["rows"]))]
    names = [item["name"] for item in inputs]
    told = [str(row[0]) for row in content["rows"]]
    if content["hit"] == "unique" and (found := _overlapping(rows, told, names, choices)):
        raise TableInvalid(f"rows overlap, and only one may fit (hit: unique): {'; '.join(found)}")
    if content["hit"] != "collect" and (found := _holes(rows, names, choices)):
        raise TableInvalid(f"no row is for {'; nor for '.join(found)}: add rows, or one for whatever is left")
    cases = 1
    for values in choices:
        cases *= len(values)
    notes = _never(rows, told) if content["hit"] == "first" else ()
    return Checked(len(rows), cases, tuple(notes))


def _check_inputs(content: Mapping[str, Any], ontology: Ontology) -> None:
    table = content["table"]
    if content["of"] != ANY and content["of"] not in ontology.types:
        raise TableInvalid(f"{table}: of: the graph has no type {content['of']!r}")
    held = ontology.tables.get(table)
    if held is not None and held.saved is None:
        raise TableInvalid(f"{table}: a loaded ontology has a decision table of this name: call it otherwise")
    for item in content["inputs"]:
        where = f"{table}: inputs.{item['name']}"
        if "predicate" in item:
            spec = ontology.predicates.get(item["predicate"])
            if spec is None or spec.value is None:
                raise TableInvalid(f"{where}.predicate: the graph has no literal predicate {item['predicate']!r}")
        if "plan" in item:
            _check_plan(item["plan"], where, content["of"], ontology)


def _check_plan(document: Any, where: str, of: str, ontology: Ontology) -> None:
    type_name = of if of != ANY else next(iter(ontology.types))
    some = {"op": "having", "source": {"op": "entities", "type": type_name}, "quantifier": "some", "plan": document}
    try:
        validate(from_json(some), ontology)
    except PlanInvalid as exc:
        raise TableInvalid(f"{where}.plan: {exc}") from exc


def _spellings(item: Mapping[str, Any], ontology: Ontology) -> dict[str, str]:
    values = tuple((value, tuple(phrases)) for value, phrases in item.get("values", {}).items())
    spec = ontology.predicates.get(item.get("predicate", ""))
    return spellings_of(TableInput(item["name"], "", values=values), spec)


def _choices(item: Mapping[str, Any], cells: Sequence[str], ontology: Ontology) -> tuple[str, ...]:
    """The values that an input may have."""
    if "plan" in item:
        return ("yes", "no")
    if numeric(cells):
        return samples(cells)
    if item.get("values"):
        return tuple(item["values"])
    spec = ontology.predicates.get(item.get("predicate", ""))
    if spec is not None and spec.value == "boolean":
        return ("true", "false")
    if spec is not None and spec.values:
        return tuple(name for name, _ in spec.values)
    return values_of(cells) or (ANYTHING,)


def _check_cells(name: str, cells: Sequence[str], values: Sequence[str], held: Mapping[str, str]) -> None:
    """Every cell has to take something, or its row would never fire."""
    for cell in cells:
        for part in parts(cell):
            if not any(takes(part, value, lambda text: held.get(fold(text), fold(text))) for value in values):
                known = ", ".join(values)
                raise TableInvalid(f"inputs.{name}: {part!r} is none of its values ({known})")


Row = tuple[frozenset[int], ...]
"""For each input, which of its values the row takes."""
Choices = Sequence[Sequence[str]]
"""For each input its values."""


def _overlapping(rows: Sequence[Row], told: Sequence[str], names: Sequence[str], choices: Choices) -> list[str]:
    found: list[str] = []
    for second, row in enumerate(rows):
        for first in range(second):
            both = [one & other for one, other in zip(rows[first], row, strict=True)]
            if all(both):
                case = _case([min(one) for one in both], names, choices)
                found.append(f"{told[first]} and {told[second]} (both for {case})")
                if len(found) == MOST_NAMED:
                    return found
    return found


def _case(case: Sequence[int], names: Sequence[str], choices: Choices) -> str:
    """A case, or the beginning of one, in words."""
    return ", ".join(f"{name} {values[one]}" for name, values, one in zip(names, choices, case, strict=False))


def _holes(rows: Sequence[Row], names: Sequence[str], choices: Choices) -> list[str]:
    found: list[str] = []
    for case in _uncovered(rows, [len(values) for values in choices]):
        found.append(_case(case, names, choices) or "anything")
        if len(found) == MOST_NAMED:
            break
    return found


def _uncovered(rows: Sequence[Row], sizes: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """The beginnings of cases that no row is for: input by input, with the rows that still may fit."""
    steps = 0
    waiting: list[tuple[tuple[int, ...], list[Row]]] = [((), list(rows))]
    while waiting:
        case, left = waiting.pop()
        steps += len(left) + 1
        if steps > MAX_STEPS:
            raise TableInvalid("the table has too many cases to check: split it")
        if not left:
            yield case
            continue
        depth = len(case)
        if depth == len(sizes) or any(all(len(row[n]) == sizes[n] for n in range(depth, len(sizes))) for row in left):
            continue
        # Last first, so that cases come in the order of the values.
        for value in reversed(range(sizes[depth])):
            waiting.append(((*case, value), [row for row in left if value in row[depth]]))


def _never(rows: Sequence[Row], told: Sequence[str]) -> list[str]:
    """Rows that one above them takes all of."""
    return [
        f"row {told[second]} never fires: row {told[first]} above it takes all of it"
        for second, row in enumerate(rows)
        for first in range(second)
        if all(one >= other for one, other in zip(rows[first], row, strict=True))
    ][:MOST_NAMED]
