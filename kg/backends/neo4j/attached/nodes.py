"""Nodes and relationships of an attached graph as facts. A fact keeps the element it was read from."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from kg.backends.neo4j.attached.attachment import Attachment, NodeType, Relation
from kg.domain.fact import ALIAS, ALWAYS, NAME, STATUS, TYPE, Entity, EntityId, Fact, Interval, Literal, assemble

LONGEST_NUMBER = 60
"""Digits; more than any measure or count has."""


@dataclass(frozen=True, slots=True)
class Read:
    """A fact and the place in the graph that says it."""

    fact: Fact
    locator: str


@dataclass(frozen=True, slots=True)
class Node:
    """One node that is an entity, or one of the nodes that are."""

    element: str
    id: EntityId
    type: NodeType
    properties: dict[str, Any]

    def identity(self) -> Iterator[Read]:
        """What it is."""
        yield Read(Fact.of(self.id, TYPE, Literal(self.type.name)), f"node {self.element}")
        aliases = ((ALIAS, one) for one in self.type.aliases)
        for predicate, name in ((NAME, self.type.named), *aliases, (STATUS, self.type.status)):
            for text in texts(self.properties.get(name)) if name else ():
                yield Read(Fact.of(self.id, predicate, Literal(text)), f"node {self.element}#{name}")

    def literals(self, attachment: Attachment, wanted: frozenset[str]) -> Iterator[Read]:
        """The literal facts along these predicates."""
        for one in attachment.properties:
            if one.name in wanted and self.type.name in one.types:
                for value in members(self.properties.get(one.property)):
                    if (text := convert(value, one.datatype)) is not None:
                        fact = Fact.of(self.id, one.name, Literal(text, one.datatype))  # type: ignore[arg-type]
                        yield Read(fact, f"node {self.element}#{one.property}")


def node(attachment: Attachment, element: str, labels: Sequence[str], properties: dict[str, Any]) -> Node | None:
    """The node as an entity: of the first type whose label it has, if it has its key."""
    kind = next((one for one in attachment.types if one.label in labels), None)
    if kind is None:
        return None
    key = element if kind.key is None else next(iter(texts(properties.get(kind.key))), None)
    return Node(element, f"{kind.scheme}:{key}", kind, properties) if key else None


def relation(kind: Relation, element: str, properties: dict[str, Any], ends: tuple[EntityId, EntityId]) -> Read:
    """A relationship as a fact from the first to the second."""
    days = [
        next(filter(None, (convert(one, "date") for one in members(properties.get(name)))), None) if name else None
        for name in (kind.start, kind.end)
    ]
    valid = Interval(*days) if any(days) else ALWAYS
    return Read(Fact.of(ends[0], kind.name, ends[1], valid), f"relationship {element}")


def entities(nodes: Sequence[Node]) -> dict[EntityId, Entity]:
    """What the nodes of each id say together."""
    said: dict[EntityId, list[Fact]] = {}
    for one in nodes:
        said.setdefault(one.id, []).extend(read.fact for read in one.identity())
    built = ((key, assemble(key, facts)) for key, facts in sorted(said.items()))
    return {key: entity for key, entity in built if entity is not None}


def members(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]


def texts(value: Any) -> list[str]:
    """The values as text, empty ones left out."""
    return [text for one in members(value) if (text := convert(one, "text"))]


def convert(value: Any, datatype: str) -> str | None:
    """The value in the canonical text of the datatype; ``None`` for one that is not of it."""
    converter = {"boolean": _boolean, "number": _number, "date": _day}.get(datatype, _text)
    return converter(value)


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, int | float):
        return str(value).lower() if isinstance(value, bool) else _number(value)
    return value.iso_format() if hasattr(value, "iso_format") else None


def _boolean(value: Any) -> str | None:
    text = str(value).lower()
    return text if isinstance(value, bool | str) and text in ("true", "false") else None


def _number(value: Any) -> str | None:
    """Also of a text that is written as a number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value) if isinstance(value, int | str) else repr(value))
    except InvalidOperation:
        return None
    if not number.is_finite() or number.adjusted() > LONGEST_NUMBER or number.adjusted() < -LONGEST_NUMBER:
        return None
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _day(value: Any) -> str | None:
    """The day of a date, a date and time, or a text that begins with one."""
    text = value.iso_format() if hasattr(value, "iso_format") else value
    if isinstance(text, str):
        with contextlib.suppress(ValueError):
            return date.fromisoformat(text[:10]).isoformat()
    return None
