"""Files of decision tables: YAML with rows, YAML that names a CSV of rows, or a CSV alone.

``python -m kg.decisions.table_file FILE`` writes the JSON Schema of the YAML, for editors.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kg.decisions.review_file import first_problem
from kg.domain.cells import ANYTHING, OR
from kg.domain.ontology import ANY
from kg.errors import TableInvalid

MAX_ROWS = 5_000
MAX_CELL = 500
ROW = "row"
"""A column of this name says what the rows are called."""
NAME = r"[a-z][a-z0-9_]{0,40}"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Text = Annotated[str, Field(min_length=1, max_length=MAX_CELL)]
Value = str | bool | int | float
"""As YAML reads it; ``yes`` and ``no`` without quotes are true and false there."""


class InputSpec(_Part):
    """What the condition of a column is held against: a plan, a literal predicate, or what the question gives."""

    column: Text | None = None
    plan: dict[str, Any] | None = None
    predicate: Text | None = None
    phrases: list[Text] = []
    values: dict[Value, list[Text]] | list[Value] = []

    @model_validator(mode="after")
    def _one_source(self) -> InputSpec:
        if self.plan is not None and self.predicate is not None:
            raise ValueError("either a plan or a predicate gives it, not both")
        return self

    def told_values(self) -> dict[str, list[str]]:
        named = self.values if isinstance(self.values, dict) else {one: [] for one in self.values}
        return {cell_of(value): list(phrases) for value, phrases in named.items()}


class OutcomeSpec(_Part):
    """What the table decides."""

    name: Text = "outcome"
    column: Text | None = None


class RowSpec(_Part):
    """One row: what each input has to be, and what follows. An input that is left out may be anything."""

    row: Text | int | None = None
    when: dict[Text, Value | list[Value]] = {}
    then: Value


class TableFile(_Part):
    """All of a decision table in YAML."""

    table: Annotated[str, Field(pattern=rf"^{NAME}$")]
    title: Annotated[str, Field(max_length=200)] = ""
    of: Text = ANY
    nouns: list[Text] = []
    hit: Literal["first", "unique", "collect"] = "unique"
    classification: Literal["public", "internal", "confidential", "restricted"] = "internal"
    inputs: Annotated[dict[Text, InputSpec], Field(min_length=1, max_length=30)]
    outcome: OutcomeSpec = OutcomeSpec()
    csv: Text | None = None
    rows: Annotated[list[RowSpec], Field(max_length=MAX_ROWS)] = []

    @model_validator(mode="after")
    def _rows_from_one_place(self) -> TableFile:
        if (self.csv is None) == (not self.rows):
            raise ValueError("rows stand either under rows or in the file that csv names")
        return self


Rows = list[tuple[str, list[str], str]]
"""Of each row its name, its cells in the order of the inputs, and what it decides."""


def table_content(document: Any, where: str, read: Callable[[str], str]) -> tuple[str, dict[str, Any]]:
    """The name of the table, and what the file says in its one form. ``read`` gives the text of a CSV that it names.

    Raises TableInvalid naming the place.
    """
    try:
        held = TableFile.model_validate(document)
    except ValidationError as exc:
        raise TableInvalid(f"{where}: {first_problem(exc)}") from exc
    rows = _own_rows(held, where) if held.csv is None else _csv_rows(held, read(held.csv), held.csv)
    content: dict[str, Any] = {"table": held.table, "of": held.of, "hit": held.hit}
    told = {"title": held.title, "nouns": list(held.nouns), "classification": held.classification}
    content |= {key: value for key, value in told.items() if value and value != "internal"}
    content["inputs"] = [_input(name, spec) for name, spec in held.inputs.items()]
    return held.table, content | {"outcome": held.outcome.name, "rows": [list(row) for row in rows]}


def csv_content(text: str, name: str) -> tuple[str, dict[str, Any]]:
    """A table that is a CSV alone: the last column is what it decides, all inputs are given by the question."""
    header, records = _csv(text, name)
    *columns, outcome = [one for one in header if one != ROW]
    table = re.sub(r"[^a-z0-9]+", "_", Path(name).stem.lower()).strip("_")[:40]
    if not re.fullmatch(NAME, table):
        raise TableInvalid(f"{name!r}: a table is called by its file, which has to begin with a letter")
    if not columns:
        raise TableInvalid(f"{name}: expected a column for each input, and one for what is decided")
    rows = [_row(number, record, columns, outcome) for number, record in records]
    inputs = [
        {"name": column, "values": {value: [] for value in _values(number, rows)}}
        for number, column in enumerate(columns)
    ]
    content = {"table": table, "of": ANY, "hit": "unique", "inputs": inputs, "outcome": outcome}
    return table, content | {"rows": [list(row) for row in rows]}


def _values(number: int, rows: Rows) -> list[str]:
    from kg.domain.cells import numeric, values_of

    cells = [cells[number] for _, cells, _ in rows]
    return [] if numeric(cells) else list(values_of(cells))


def _input(name: str, spec: InputSpec) -> dict[str, Any]:
    told: dict[str, Any] = {"name": name}
    if spec.plan is not None:
        told["plan"] = spec.plan
    if spec.predicate is not None:
        told["predicate"] = spec.predicate
    if spec.phrases:
        told["phrases"] = list(spec.phrases)
    if values := spec.told_values():
        told["values"] = values
    return told


def _own_rows(held: TableFile, where: str) -> Rows:
    rows: Rows = []
    for number, row in enumerate(held.rows, 1):
        if unknown := sorted(set(row.when) - set(held.inputs)):
            raise TableInvalid(f"{where}: rows.{number - 1}.when: no input {unknown[0]!r}")
        cells = [_cell(row.when.get(name, ANYTHING)) for name in held.inputs]
        rows.append((str(number if row.row is None else row.row), cells, cell_of(row.then)))
    return rows


def _cell(value: Value | list[Value]) -> str:
    if isinstance(value, list):
        return f" {OR} ".join(cell_of(one) for one in value) or ANYTHING
    return cell_of(value)


def cell_of(value: Value) -> str:
    """A value as it stands in a cell."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).strip()


def _csv_rows(held: TableFile, text: str, name: str) -> Rows:
    header, records = _csv(text, name)
    columns = [spec.column or input_ for input_, spec in held.inputs.items()]
    outcome = held.outcome.column or held.outcome.name
    if missing := [one for one in (*columns, outcome) if one not in header]:
        raise TableInvalid(f"{name}: no column {missing[0]!r}; there are {', '.join(header)}")
    if unused := sorted(set(header) - {*columns, outcome, ROW}):
        raise TableInvalid(f"{name}: nothing is said of the column {unused[0]!r}: make it an input, or take it out")
    return [_row(number, record, columns, outcome) for number, record in records]


def _csv(text: str, name: str) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    try:
        reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
        lines = [(reader.line_num, line) for line in reader if any(cell.strip() for cell in line)]
    except csv.Error as exc:
        raise TableInvalid(f"{name}: no CSV: {exc}") from exc
    if len(lines) < 2:
        raise TableInvalid(f"{name}: expected a header and at least one row")
    if len(lines) > MAX_ROWS + 1:
        raise TableInvalid(f"{name}: more than {MAX_ROWS:,} rows")
    header = [cell.strip() for cell in lines[0][1]]
    if len(set(header)) < len(header) or "" in header:
        raise TableInvalid(f"{name}: every column needs a name of its own")
    records = []
    for number, line in lines[1:]:
        if len(line) != len(header):
            raise TableInvalid(f"{name}: line {number} has {len(line)} cells, the header has {len(header)}")
        if long := [cell for cell in line if len(cell) > MAX_CELL]:
            raise TableInvalid(f"{name}: line {number}: a cell has {len(long[0]):,} characters; {MAX_CELL} are taken")
        records.append((number, dict(zip(header, (cell.strip() for cell in line), strict=True))))
    return header, records


def _row(number: int, record: dict[str, str], columns: list[str], outcome: str) -> tuple[str, list[str], str]:
    if not record[outcome]:
        raise TableInvalid(f"line {number} decides nothing: its cell under {outcome!r} is empty")
    name = record.get(ROW) or f"line {number}"
    return name, [record[column] or ANYTHING for column in columns], record[outcome]


def schema_text() -> str:
    """The JSON Schema of the YAML."""
    body = TableFile.model_json_schema() | {"title": "Whence decision table"}
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **body}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema_text(), "utf-8")
