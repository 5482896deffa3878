"""What values say and where they stand. Passages stand as in their source: text that is not its span is refused."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator
from typing import Any

from kg.domain.fact import PASSAGE, Literal
from kg.domain.ontology import Predicate
from loaders.paths import ValueRejected
from loaders.readers import ADDED, Record
from loaders.text import refused
from loaders.values import MAX_TEXT, literal


def literal_of(value: Any, predicate: Predicate, record: Record, fields: frozenset[str]) -> Literal:
    """What a value of these fields says by a literal predicate. Raises ValueRejected."""
    return verbatim(value, record, fields) if predicate.name == PASSAGE else literal(value, predicate)


def place_of(record: Record, fields: frozenset[str], predicate: str = "") -> str:
    """Where a fact of these fields stands: the record and the fields, or for a passage the characters."""
    if record.span is None:
        return record.locator + _suffix(fields)
    if predicate == PASSAGE:
        return _characters(record)
    return record.locator if record.exact else record.locator + _suffix(fields)


@functools.lru_cache(maxsize=1_000)
def _suffix(fields: frozenset[str]) -> str:
    own = sorted(fields - ADDED)
    return f"#{','.join(own)}" if own else ""


def verbatim(value: Any, record: Record, fields: Collection[str]) -> Literal:
    """The passage that a value stands for: the span of the record, or a stretch of one of the texts of these fields.

    White space alone may differ from the span, whose text is what is kept. Raises ValueRejected.
    """
    if not isinstance(value, str):
        raise ValueRejected(f"{PASSAGE}: a {type(value).__name__} where text is wanted")
    text = value
    if record.span is not None:
        text = record.span.quoted
        if text.split() != value.split():
            raise ValueRejected(
                f"{PASSAGE}: {value[:40]!r} is not what stands at {_characters(record)}: take the text of the record"
            )
    elif not any(value in one for name in fields for one in _texts(record.fields.get(name))):
        raise ValueRejected(f"{PASSAGE}: {value[:40]!r} does not stand so in the record: map it without changes")
    if found := refused(text, passage=True):
        raise ValueRejected(f"{PASSAGE}: {found} in {text[:40]!r}")
    if len(text) > MAX_TEXT:
        raise ValueRejected(f"{PASSAGE}: {len(text):,} characters where {MAX_TEXT:,} are allowed")
    return Literal(text)


def _characters(record: Record) -> str:
    """Its locator down to the characters."""
    if record.span is None or record.exact:
        return record.locator
    return record.locator + record.span.fragment


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)
