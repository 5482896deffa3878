"""Exact look-up keys: what a store indexes of an identity fact, and what a question asks for."""

from __future__ import annotations

import hashlib

from kg.domain.fact import ALIAS, KEY, NAME, TYPE, Literal
from kg.domain.words import fold

LONGEST_VALUE = 80
"""Characters of a text that is looked up as a value; longer ones are prose."""
LONGEST = 1_000
"""Characters; the longest key an index must hold is then 4 kB (Neo4j allows 8)."""


def lookup_of(predicate: str, literal: Literal | None) -> str | None:
    """What the look-up index holds of a fact; ``None`` for facts nobody looks up by value."""
    if literal is None:
        return None
    if predicate in (NAME, ALIAS):
        return _bounded("n:" + fold(literal.value))
    if predicate == KEY:
        return _bounded("k:" + literal.value)
    if predicate == TYPE:
        return _bounded("t:" + literal.value)
    if literal.datatype == "text" and len(literal.value) <= LONGEST_VALUE and (folded := fold(literal.value)):
        return lookup_for_value(predicate, folded)
    return None


def lookup_for(text: str) -> str:
    """The key under which a folded name, or a further key ``scheme:KEY``, stands in the index."""
    return _bounded(("k:" if ":" in text else "n:") + text)


def lookup_for_value(predicate: str, folded: str) -> str:
    """The key under which a folded text stands in the index as a value of a predicate."""
    return _bounded(f"v:{predicate}:{folded}")


def lookup_for_type(name: str) -> str:
    """The key under which the entities of a type stand in the index."""
    return _bounded("t:" + name)


def _bounded(key: str) -> str:
    if len(key) <= LONGEST:
        return key
    return f"{key[:100]}#{hashlib.sha256(key.encode()).hexdigest()}"


def folded_name(predicate: str, literal: Literal | None) -> str | None:
    """What the text index holds of a fact."""
    return fold(literal.value) if literal is not None and predicate in (NAME, ALIAS) else None
