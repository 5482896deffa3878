"""Compiled values of a mapping: the paths, tables and tests of a dataset file, applied to records."""

from __future__ import annotations

import functools
import math
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kg.domain.fact import EntityId, Literal
from kg.domain.ontology import Ontology, Predicate
from loaders.paths import Lookups, Path, ValueRejected, boolean, date, number
from loaders.text import refused

MAX_NAME = 1_000
MAX_TEXT = 100_000
ANYTHING = "*"
"""In a ``when``: the field has a value, whichever."""


@dataclass(frozen=True)
class Value:
    """A compiled value: the first alternative that gives something."""

    alternatives: tuple[tuple[Path, Mapping[str, str | None] | None], ...]
    fields: frozenset[str]

    def values(self, record: Mapping[str, Any], lookups: Lookups) -> list[Any]:
        if len(self.alternatives) == 1 and self.alternatives[0][1] is None:
            return self.alternatives[0][0].values(record, lookups)
        for path, table in self.alternatives:
            found = path.values(record, lookups)
            if table is not None:
                found = [_translate(value, table, path) for value in found]
            if found := [value for value in found if value is not None]:
                return found
        return []

    def one(self, record: Mapping[str, Any], lookups: Lookups, what: str) -> Any | None:
        found = self.values(record, lookups)
        if len(found) > 1 and len({str(value) for value in found}) > 1:
            raise ValueRejected(f"{what}: {len(found)} values where one is wanted")
        return found[0] if found else None


def _translate(value: Any, table: Mapping[str, str | None], path: Path) -> str | None:
    key = plain(value)
    if key not in table:
        raise ValueRejected(f"{path.text}: {key[:60]!r} is not in its table")
    return table[key]


def plain(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    return str(value).lower() if isinstance(value, bool) else str(value).strip()


@dataclass(frozen=True)
class Condition:
    """A compiled ``when``: the field tests that a record has to pass, all of them."""

    tests: tuple[tuple[Path, frozenset[str], bool], ...]
    fields: frozenset[str]

    def first_allows(self, value: str) -> bool:
        """Whether the first test takes this value."""
        return not {value, ANYTHING}.isdisjoint(self.tests[0][1])

    def rest(self) -> Condition:
        """All tests but the first."""
        return Condition(self.tests[1:], self.fields)

    def holds(self, record: Mapping[str, Any], lookups: Lookups) -> bool:
        for path, allowed, absent_too in self.tests:
            value = record.get(path.plain) if path.plain is not None else None
            if isinstance(value, str):
                text = value.strip()
                met = (text in allowed or ANYTHING in allowed) if text else absent_too
            elif not (found := path.values(record, lookups)):
                met = absent_too
            elif ANYTHING in allowed:
                met = True
            elif len(found) == 1:
                met = plain(found[0]) in allowed
            else:
                met = any(plain(value) in allowed for value in found)
            if not met:
                return False
        return True


MEMO = 50_000
"""Distinct references remembered in one load: most records name things that other records named too."""


@dataclass(frozen=True)
class EntityReference:
    """How a record names an entity: its type and key."""

    type: str | Value
    key: Value
    seen: dict[str, list[tuple[EntityId, str]]] = field(default_factory=dict, compare=False)

    @functools.cached_property
    def fields(self) -> frozenset[str]:
        return self.key.fields | (self.type.fields if isinstance(self.type, Value) else frozenset())

    @functools.cached_property
    def only_field(self) -> str | None:
        """The one field of a record that the reference depends on, if it is one."""
        return next(iter(self.fields)) if len(self.fields) == 1 else None

    def ids(self, record: Mapping[str, Any], lookups: Lookups, ontology: Ontology) -> list[tuple[EntityId, str]]:
        """Ids and type names. Raises ValueRejected for a key that is not one."""
        only = self.only_field
        value = record.get(only) if only is not None else None
        if not isinstance(value, str):
            return self._ids(record, lookups, ontology)
        found = self.seen.get(value)
        if found is None:
            if len(self.seen) >= MEMO:
                self.seen.clear()
            found = self.seen[value] = self._ids(record, lookups, ontology)
        return found

    def _ids(self, record: Mapping[str, Any], lookups: Lookups, ontology: Ontology) -> list[tuple[EntityId, str]]:
        type_name = self.type if isinstance(self.type, str) else self.type.one(record, lookups, "type")
        if type_name is None:
            return []
        if type_name not in ontology.types:
            raise ValueRejected(f"no type {type_name!r} in the ontology")
        found = []
        for value in self.key.values(record, lookups):
            text = clean_text(value, MAX_NAME)
            entity = ontology.entity_id(type_name, text)
            if entity is None:
                raise ValueRejected(f"{text[:60]!r} is not a key of {type_name}")
            found.append((entity, type_name))
        return list(dict.fromkeys(found))

    def one(self, record: Mapping[str, Any], lookups: Lookups, ontology: Ontology) -> tuple[EntityId, str]:
        """The one id and type. Raises ValueRejected when there is none, or are several."""
        found = self.ids(record, lookups, ontology)
        if len(found) != 1:
            raise ValueRejected("no key" if not found else f"{len(found)} keys where one is wanted")
        return found[0]


def day(value: Value | None, record: Mapping[str, Any], lookups: Lookups) -> str | None:
    found = value.one(record, lookups, "valid") if value else None
    return None if found is None else date(found)


def literal(value: Any, predicate: Predicate) -> Literal:
    """The value in the canonical text of the predicate's datatype. Raises ValueRejected."""
    datatype = predicate.value or "text"
    if isinstance(value, dict | list):
        raise ValueRejected(f"{predicate.name}: a {type(value).__name__} where a {datatype} is wanted")
    convert: dict[str, Callable[[Any], str]] = {"number": number, "date": date, "boolean": boolean}
    try:
        text = convert[datatype](value) if datatype in convert else clean_text(value, MAX_TEXT, lines=True)
    except ValueRejected as exc:
        raise ValueRejected(f"{predicate.name}: {exc}") from exc
    return Literal(text, datatype)


def clean_text(value: Any, longest: int, *, lines: bool = False) -> str:
    """NFC text without control and hidden characters; several lines only if asked for. Raises ValueRejected."""
    if not isinstance(value, str | int | float | bool):
        raise ValueRejected(f"a {type(value).__name__} where text is wanted")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueRejected("a number that is not finite")
    text = plain(value)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if found := refused(text, lines=lines):
        raise ValueRejected(f"{found} in {text[:40]!r}")
    if len(text) > longest:
        raise ValueRejected(f"{len(text):,} characters where {longest:,} are allowed")
    return text
