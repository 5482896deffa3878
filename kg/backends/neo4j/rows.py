"""Rows to values and values to properties."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg.domain.fact import FOREVER, Assertion, Entity, EntityId, Fact, Instant, Interval, Literal, assemble
from kg.domain.lookup import folded_name
from kg.text.passages import passage_words

LONGEST_COPY = 1_000
"""Characters of a text that the entity's readable copy holds; the literal holds all of it."""


def fact(row: Sequence[Any]) -> Fact:
    """From predicate, fact, subject, object, value, datatype, start, end."""
    predicate, fact_id, subject, target, value, datatype, start, end = row
    held = target if target is not None else Literal(value, datatype)
    return Fact(fact_id, subject, predicate, held, Interval(start, end))


def entity(entity_id: EntityId, types: Sequence[str], said: Sequence[Sequence[str]]) -> Entity | None:
    """From its types and pairs of relationship type and value."""
    facts = [Fact("", entity_id, "type", Literal(name)) for name in types]
    facts += [Fact("", entity_id, kind.lower(), Literal(value)) for kind, value in said]
    return assemble(entity_id, facts)


def assertion(row: Sequence[Any]) -> Assertion:
    """From fact, source, locator, run, known from, known to."""
    fact_id, source, locator, run, start, end = row
    return Assertion(fact_id, source, locator, run, start, None if end == FOREVER else end)


@dataclass(frozen=True, slots=True)
class Support:
    """One entry of the parallel lists: a dataset version that says the fact, and since when it is known."""

    version: str
    class_: int
    known_from: Instant
    known_to: Instant = FOREVER


Change = Callable[[tuple[Support, ...]], tuple[Support, ...]]


def supports(columns: Sequence[Sequence[Any] | None]) -> tuple[Support, ...]:
    """From the four lists."""
    return tuple(Support(*values) for values in zip(*(column or () for column in columns), strict=True))


def support_properties(entries: Sequence[Support], prefix: str = "") -> dict[str, list[Any]]:
    """The four lists."""
    return {
        f"{prefix}versions": [entry.version for entry in entries],
        f"{prefix}classes": [entry.class_ for entry in entries],
        f"{prefix}known_from": [entry.known_from for entry in entries],
        f"{prefix}known_to": [entry.known_to for entry in entries],
    }


@dataclass(frozen=True, slots=True)
class TypeEntry:
    """One entry of an entity's type lists."""

    fact: str
    name: str
    support: Support


def type_entries(columns: Sequence[Sequence[Any] | None]) -> tuple[TypeEntry, ...]:
    """From the six lists."""
    rows = zip(*(column or () for column in columns), strict=True)
    return tuple(TypeEntry(fact_id, name, Support(*support)) for fact_id, name, *support in rows)


def type_properties(entries: Sequence[TypeEntry]) -> dict[str, list[Any]]:
    """The six lists."""
    return {
        "type_facts": [entry.fact for entry in entries],
        "type_names": [entry.name for entry in entries],
        **support_properties([entry.support for entry in entries], "type_"),
    }


def found_by(predicate: str, literal: Literal) -> tuple[str | None, str]:
    """The words under which a text index holds the literal, and the label that puts it there."""
    if (folded := folded_name(predicate, literal)) is not None:
        return folded, "Name"
    words = passage_words(predicate, literal)
    return words, "Quote" if words is not None else ""


def copy(values: Sequence[tuple[str, str]]) -> Any:
    """The readable copy of an entity's literals of one predicate: one value, a list of several, or nothing."""
    found = [plain(value, datatype) for value, datatype in sorted(set(values))]
    if not found:
        return None
    # A list in Neo4j holds one kind of value.
    return found[0] if len(found) == 1 else [str(value) for value in found]


def plain(value: str, datatype: str) -> Any:
    """The value as a property of a node holds it for people."""
    if datatype == "boolean":
        return value == "true"
    if datatype == "number":
        with contextlib.suppress(ValueError):
            number = float(value)
            if math.isfinite(number):
                return int(number) if number.is_integer() and abs(number) < 2**53 else number
    return value if len(value) <= LONGEST_COPY else value[: LONGEST_COPY - 1] + "…"


def escaped(word: str) -> str:
    """A folded word as the full-text query language takes it."""
    return "".join(c if c.isalnum() else f"\\{c}" for c in word)


FUZZY = 50
"""Words of the index that Lucene takes for one fuzzy word, the nearest first; it looks for no more."""
LONGEST_LIKE = 24
"""Letters; the pattern of a word of so many has 25,000 characters. Few words as long are like another."""


def fuzzy_text(word: str, edits: int) -> str:
    """The full-text query for words that are so few edits away from a folded one."""
    return f"{escaped(word)}~{edits}"


def like_text(word: str, edits: int) -> str:
    """The same for all of them that begin with the same letter, the nearest first: costs ten times as much."""
    fuzzy = fuzzy_text(word, edits)
    return fuzzy if len(word) > LONGEST_LIKE else f"{fuzzy} /{escaped(word[0])}{_near(word[1:], edits)}/"


def _near(word: str, edits: int) -> str:
    """A pattern for the word with so many letters wrong, missing, too many or swapped with the next one at the most."""
    if not edits:
        return escaped(word)
    if not word:
        return ".?" * edits
    first, rest = escaped(word[0]), word[1:]
    ways = [first + _near(rest, edits), ".?" + _near(rest, edits - 1), "." + _near(word, edits - 1)]
    if rest and rest[0] != word[0]:
        ways.append(escaped(rest[0]) + first + _near(rest[1:], edits - 1))
    return f"({'|'.join(ways)})"


def match_text(words: Sequence[str], like: Mapping[str, Sequence[str]] | None = None) -> str:
    """The full-text query for names with all these folded words, the last as a prefix; or with words like these."""
    if like is None:
        return " ".join(f"+{escaped(word)}" for word in words) + "*"
    return " ".join(f"+({' '.join(escaped(other) for other in like.get(word) or [word])})" for word in words)
