"""OpenLineage events, one a line or as a JSON document: jobs, datasets, their fields, and what fields come from.

Each of these is a record with its place in the event. Times are not looked at: one that is none (published files have
placeholders) rejects the records of a mapping that makes a date of it, and no others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.readers import (
    COLUMN,
    DATASET,
    JOB,
    JOB_NAMESPACE,
    KIND,
    MAX_LINE,
    NAMESPACE,
    SIDE,
    Record,
    decode,
    lines_of,
    whole,
)
from loaders.readers.json import escape, members, parse, parse_text


def read(file: BinaryIO, options: Options) -> Iterator[Record]:
    """An event a line if the first line is a whole object; else a document, which is one event or a list of them."""
    first = decode(file.readline(MAX_LINE), options.encoding).strip()
    file.seek(0)
    if first.startswith("{") and first.endswith("}"):
        yield from _of_lines(file, options)
        return
    document = parse(whole(file), options.encoding)
    if isinstance(document, list):
        for number, event in enumerate(document):
            yield from _of_event(event, f"/{number}")
    else:
        yield from _of_event(document, "")


def _of_lines(file: BinaryIO, options: Options) -> Iterator[Record]:
    for number, line in enumerate(lines_of(file, options.encoding), 1):
        text, at = line.rstrip("\r\n"), f"line {number}"
        if not text.strip():
            continue
        try:
            event = parse_text(text)
        except SourceUnreadable as exc:
            yield Record(at, {"text": text[:1000]}, str(exc))
            continue
        yield from _of_event(event, at)


def _of_event(event: Any, at: str) -> Iterator[Record]:
    if not isinstance(event, dict) or not ("job" in event or "dataset" in event):
        fields = event if isinstance(event, dict) else {"value": event}
        yield Record(at, fields, "not an OpenLineage event: it has neither a job nor a dataset")
        return
    job: dict[str, str] = {}
    if "job" in event:
        named = _named(event["job"])
        yield Record(at, event | {KIND: "job"}, None if named else "the job has no name or no namespace")
        job = {JOB_NAMESPACE: named[0], JOB: named[1]} if named else {}
    for side in ("inputs", "outputs"):
        for key, one in members(event.get(side)):
            yield from _of_dataset(one, f"{at}/{side}/{key}", job | {SIDE: side})
    if "dataset" in event:
        yield from _of_dataset(event["dataset"], f"{at}/dataset", {})


def _named(value: Any) -> tuple[str, str] | None:
    """Namespace and name, if it has both."""
    namespace, name = _member(value, "namespace"), _member(value, "name")
    return (namespace, name) if isinstance(namespace, str) and isinstance(name, str) else None


def _of_dataset(dataset: Any, at: str, event: dict[str, str]) -> Iterator[Record]:
    """The dataset with what its event says about it, its fields, and what these come from."""
    named = _named(dataset)
    if named is None:
        fields = dataset if isinstance(dataset, dict) else {"value": dataset}
        yield Record(at, fields, "the dataset has no name or no namespace")
        return
    namespace, name = named
    yield Record(at, dataset | {KIND: "dataset"} | event)
    added = {DATASET: name, NAMESPACE: namespace}
    yield from _of_fields(_member(dataset, "facets", "schema", "fields"), f"{at}/facets/schema/fields", "", added)
    place = f"{at}/facets/columnLineage/fields"
    columns = _member(dataset, "facets", "columnLineage", "fields")
    for column, said in columns.items() if isinstance(columns, dict) else ():
        inputs = f"{place}/{escape(column)}/inputFields"
        for key, one in members(_member(said, "inputFields")):
            yield _record(one, f"{inputs}/{key}", added | {KIND: "derivation", COLUMN: column})


def _of_fields(fields: Any, at: str, above: str, added: dict[str, str]) -> Iterator[Record]:
    """Fields of a schema, those inside others by their way from the top, with dots."""
    for key, one in members(fields):
        column = f"{above}{one.get('name')}" if isinstance(one, dict) else ""
        yield _record(one, f"{at}/{key}", added | {KIND: "field", COLUMN: column})
        yield from _of_fields(_member(one, "fields"), f"{at}/{key}/fields", f"{column}.", added)


def _record(value: Any, at: str, added: dict[str, str]) -> Record:
    if isinstance(value, dict):
        return Record(at, value | added)
    return Record(at, {"value": value}, "not a JSON object")


def _member(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
