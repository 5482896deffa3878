"""OpenLineage events (spec 2-0-2): what one says of runs, jobs and datasets, and what of it leads to what.

Jobs, datasets and columns are known by namespace and name, those of Whence itself under the namespace ``whence``:
``load NAME@VERSION`` is a job, ``NAME@VERSION`` and ``NAME`` are datasets. Sources stand between a dataset that was
read and the job that read it.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from typing import Literal as OneOf

from kg.errors import LineageInvalid

WHENCE = "whence"
"""The namespace of our own jobs and datasets."""
NodeKind = OneOf["job", "dataset", "column", "source", "run", "row", "fact", "entity", "decision"]
Toward = OneOf["up", "down"]
EVENT_TYPES = ("START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER")
MAX_NAME = 2_000
"""Bytes of a namespace, a name or a field: both stores index two of them together."""
MAX_DEPTH = 20
MAX_WIDTH = 200
"""Of a walk: steps, and neighbours of each thing."""
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True, order=True)
class LineageNode:
    """One thing in the lineage graph. A ledger keeps jobs, datasets, columns and sources; the others are read."""

    kind: NodeKind
    namespace: str
    """Of a row its source; empty where a name is enough."""
    name: str

    @property
    def key(self) -> str:
        """As a ledger keeps it; only the name of a file may have a control character."""
        return f"{self.kind}\x1f{self.namespace}\x1f{self.name}"

    @staticmethod
    def of(key: str) -> LineageNode:
        kind, namespace, name = key.split("\x1f", 2)
        return LineageNode(kind, namespace, name)  # type: ignore[arg-type]  # written by ``key``

    @property
    def id(self) -> str:
        """As a person reads and writes it."""
        between = "#" if self.kind == "row" else "/" if self.namespace else ""
        return f"{self.kind}:{self.namespace}{between}{self.name}"


def is_decision(ref: str) -> bool:
    """Whether a ref is the id of a decision."""
    return re.fullmatch("d-[0-9a-f]{24}", ref) is not None


def own_job(name: str) -> LineageNode:
    return LineageNode("job", WHENCE, name)


def own_dataset(name: str) -> LineageNode:
    """A dataset of ours, or ``NAME@VERSION``."""
    return LineageNode("dataset", WHENCE, name)


def own_source(source: str) -> LineageNode:
    return LineageNode("source", "", source)


Link = tuple[LineageNode, LineageNode]
"""From what is read to what comes of it."""


@dataclass(frozen=True, slots=True)
class LineageEvent:
    """One event and what it says."""

    id: str
    run: str | None
    """The id of the run, as OpenLineage has it."""
    document: str
    """Canonical JSON."""
    nodes: tuple[LineageNode, ...]
    """What the event makes known to every reader of the lineage graph."""
    links: tuple[Link, ...]


def run_uuid(run_id: str) -> str:
    """The id of one of our runs in OpenLineage, which wants a UUID."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:whence:run:{run_id}"))


def event_of(
    document: dict[str, Any], nodes: tuple[LineageNode, ...] = (), links: tuple[Link, ...] = ()
) -> LineageEvent:
    """The event with its content-derived id."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    run = document["run"]["runId"].lower() if "run" in document else None
    return LineageEvent(f"event-{hashlib.sha256(text.encode()).hexdigest()[:24]}", run, text, nodes, links)


def in_order(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events of a run as they happened; of two at one time the start goes first."""

    def place(event: dict[str, Any]) -> tuple[datetime, int, str]:
        kind = event.get("eventType", "OTHER")
        rank = 0 if kind == "START" else 2 if kind in ("COMPLETE", "ABORT", "FAIL") else 1
        return datetime.fromisoformat(event["eventTime"]), rank, kind

    return sorted(documents, key=place)


def received(document: object) -> LineageEvent:
    """An event as somebody sent it. Raises LineageInvalid naming the field."""
    event = _object(document, "")
    _match(event, "eventTime", _time, "a time with its zone, like 2026-03-31T09:00:00Z")
    _match(event, "producer", _URI.fullmatch, "a URI")
    _match(event, "schemaURL", _URI.fullmatch, "a URI")
    if "eventType" in event and event["eventType"] not in EVENT_TYPES:
        raise LineageInvalid(f"eventType: expected one of {', '.join(EVENT_TYPES)}")
    if "run" in event:
        run = _object(event["run"], "run")
        _match(run, "runId", _UUID.fullmatch, "a UUID", "run.")
        _facets(run, "run")
    if "job" not in event and ("run" in event or "dataset" not in event):
        raise LineageInvalid("job: a run event needs a job, and an event without a run a job or a dataset")
    said = _said_by_job(event) if "job" in event else _said_of(_dataset(event["dataset"], "dataset"), "dataset")
    links = dict.fromkeys(said)
    if "job" in event and event["job"]["namespace"] == WHENCE:
        # Our loads tie what they read to what they write themselves; nobody else can say it of them.
        return event_of(event)
    nodes = {node for link in links for node in link if node is not None}
    return event_of(event, tuple(sorted(nodes)), tuple((one, other) for one, other in links if other is not None))


_Said = tuple[LineageNode, LineageNode | None]
"""A link, or a thing alone."""


def _said_by_job(event: dict[str, Any]) -> Iterator[_Said]:
    job = _named(_object(event["job"], "job"), "job", "job")
    _facets(event["job"], "job")
    yield job, None
    for side in ("inputs", "outputs"):
        for number, one in enumerate(_list(event, side)):
            at = f"{side}.{number}"
            said = _dataset(one, at)
            node = _named(said, at, "dataset")
            yield (node, job) if side == "inputs" else (job, node)
            for first, second in _said_of(said, at):
                # A table that a field comes from was read by the job, also where it is not among the inputs.
                is_table = second is not None and second.kind == "dataset"
                yield (first, job) if is_table and side == "outputs" else (first, second)


def _dataset(value: object, at: str) -> dict[str, Any]:
    dataset = _object(value, at)
    for facets in ("facets", "inputFacets", "outputFacets"):
        _facets(dataset, at, facets)
    return dataset


def _said_of(dataset: dict[str, Any], at: str) -> Iterator[_Said]:
    """The dataset, and what its columns come from."""
    node = _named(dataset, at, "dataset")
    yield node, None
    facet = dataset.get("facets", {}).get("columnLineage")
    if facet is None or facet.get("_deleted") is True:
        return
    at = f"{at}.facets.columnLineage.fields"
    for column, said in _object(facet.get("fields", {}), at).items():
        target = LineageNode("column", node.namespace, f"{node.name}#{_checked(column, at)}")
        inputs = _list(_object(said, f"{at}.{column}"), "inputFields", f"{at}.{column}.")
        for number, one in enumerate(inputs):
            place = f"{at}.{column}.inputFields.{number}"
            table = _named(_object(one, place), place, "dataset")
            yield LineageNode("column", table.namespace, f"{table.name}#{_text(one, 'field', place)}"), target
            if table != node:
                yield table, node


def _named(value: dict[str, Any], at: str, kind: NodeKind) -> LineageNode:
    return LineageNode(kind, _text(value, "namespace", at), _text(value, "name", at))


def _facets(value: dict[str, Any], at: str, key: str = "facets") -> None:
    """Every facet is an object that says who made it and after which schema."""
    if key in value:
        for name, facet in _object(value[key], f"{at}.{key}").items():
            place = f"{at}.{key}.{name}"
            for member in ("_producer", "_schemaURL"):
                _match(_object(facet, place), member, _URI.fullmatch, "a URI", f"{place}.")


def _object(value: object, at: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise LineageInvalid(f"{at or 'the event'}: expected an object")
    return value


def _list(value: dict[str, Any], key: str, before: str = "") -> list[Any]:
    found = value.get(key, [])
    if not isinstance(found, list):
        raise LineageInvalid(f"{before}{key}: expected a list")
    return found


def _text(value: dict[str, Any], key: str, at: str) -> str:
    text = value.get(key)
    if not isinstance(text, str) or not text:
        raise LineageInvalid(f"{at}.{key}: expected a text that is not empty")
    return _checked(text, f"{at}.{key}")


def _checked(text: str, at: str) -> str:
    if CONTROL.search(text):
        raise LineageInvalid(f"{at}: has a control character or half of a surrogate pair")
    if len(text.encode()) > MAX_NAME:
        raise LineageInvalid(f"{at}: longer than {MAX_NAME:,} bytes")
    return text


def _match(value: dict[str, Any], key: str, test: Any, wanted: str, before: str = "") -> None:
    text = value.get(key)
    if not isinstance(text, str) or not test(text):
        found = "it is missing" if key not in value else f"it is {str(text)[:60]!r}"
        raise LineageInvalid(f"{before}{key}: expected {wanted}; {found}")


def _time(text: str) -> bool:
    try:
        return _TIME.fullmatch(text) is not None and datetime.fromisoformat(text) is not None
    except ValueError:
        return False
