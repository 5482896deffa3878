"""A decision document's explanation in the forms people and programs ask for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from kg.answer.graph import graphml
from kg.answer.plainly import plainly
from kg.answer.svg import svg
from kg.domain.decision import Document
from kg.errors import InvalidInput

FORMATS = {
    "json": "application/json",
    "cypher": "application/x-cypher-query",
    "graphml": "application/graphml+xml",
    "turtle": "text/turtle",
    "jsonld": "application/ld+json",
    "trig": "application/trig",
    "svg": "image/svg+xml",
    "words": "text/plain",
}
"""Name of each format and its media type."""

EXPLAINED = (
    "decision_id",
    "outcome",
    "question",
    "interpretation",
    "answer",
    "claims",
    "evidence",
    "explanation",
)
"""Keys of the document that the JSON form keeps."""

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(document: Document, name: str, contact: str = "") -> str:
    """The explanation of a decision in one of FORMATS; ``contact``: where to contest it. Raises InvalidInput."""
    if name == "words":
        return plainly(document, contact)
    writer = _WRITERS.get(name)
    if writer is None:
        raise InvalidInput(f"no format {name!r}; known are {', '.join(FORMATS)}")
    return writer(document)


def _json(document: Document) -> str:
    kept = {key: document[key] for key in EXPLAINED if key in document}
    return json.dumps(kept, ensure_ascii=False, indent=2) + "\n"


def _cypher(document: Document) -> str:
    query = str(document["explanation"]["cypher"])
    return query.rstrip() + "\n" if query.strip() else "// nothing to show: the answer drew no facts\n"


def _graphml(document: Document) -> str:
    return graphml(printable(document["explanation"]))


def _svg(document: Document) -> str:
    return svg(printable(document))


def _turtle(document: Document) -> str:
    from kg.answer.rdf_export import turtle

    return turtle(printable(document))


def _jsonld(document: Document) -> str:
    from kg.answer.rdf_export import jsonld

    return jsonld(printable(document))


def _trig(document: Document) -> str:
    from kg.answer.rdf_export import trig

    return trig(printable(document))


_WRITERS: dict[str, Callable[[Document], str]] = {
    "json": _json,
    "cypher": _cypher,
    "graphml": _graphml,
    "turtle": _turtle,
    "jsonld": _jsonld,
    "trig": _trig,
    "svg": _svg,
}


def printable(value: Any) -> Any:
    """The value with each character that XML cannot hold shown as U+FFFD."""
    if isinstance(value, str):
        return _NOT_XML.sub("\ufffd", value)
    if isinstance(value, dict):
        return {key: printable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [printable(item) for item in value]
    return value
