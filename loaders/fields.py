"""What a field holds in the records looked at, and how an ontology says it. For drafts of files and of attachments."""

from __future__ import annotations

import functools
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from loaders.paths import ValueRejected, boolean, date, number

RECORDS = 100_000
"""Records looked at."""
MOST_VALUES = 12
"""Different values of a field that is one of a few."""
CORE = ("type", "name", "alias", "key", "status", "replaced_by", "same_as", "different_from", "passage")
"""Predicates that every ontology has."""
KEY_NAMES = re.compile(r"(^|[_\s@-])(id|key|code|number|no|nr|uuid|accession)$", re.IGNORECASE)
ALIAS_NAMES = re.compile(r"^(also[_\s-]known[_\s-]as|aka|alias(es)?|synonyms?|other[_\s-]names?)$", re.IGNORECASE)
NAME_NAMES = re.compile(r"^(@label|name|title|label|.*[_\s-](name|title))$", re.IGNORECASE)
CONVERTED: Mapping[str, Callable[[str], str]] = {"number": number, "date": date, "boolean": boolean}
NEARLY = 3
"""One value in so many may be of no datatype where a draft says which one the others have."""
PREPOSITIONS = ("of", "in", "on", "at", "by", "to", "from", "for", "with", "as", "under", "into", "about", "near")
SEPARATORS = (";", "|", ",")
MAX_PART = 60
SOME_VALUES = 2_000
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@dataclass
class Field:
    """What a field holds in the records looked at."""

    top: str = ""
    """The field of the record that it is, or is inside of."""
    filled: int = 0
    values: Counter[str] = field(default_factory=Counter)
    many: bool = False
    nested: bool = False

    def see(self, value: Any) -> None:
        members = value if isinstance(value, list) else [value]
        scalars = [one for one in members if isinstance(one, str | int | float | bool) and str(one).strip()]
        self.nested |= any(isinstance(one, dict | list) for one in members)
        self.many |= len(scalars) > 1
        self.filled += bool(scalars)
        if len(self.values) <= RECORDS:
            self.values.update(str(one).strip() for one in scalars)

    @functools.cached_property
    def separator(self) -> str | None:
        """What stands between the parts of cells that are lists: parts come again, whole cells much less."""
        some = list(itertools.islice(self.values, SOME_VALUES))
        for mark in SEPARATORS:
            if 3 * sum(mark in value for value in some) < len(some):
                continue
            parts = Counter(part.strip() for value in some for part in value.split(mark))
            if 2 * len(parts) <= sum(parts.values()) and all(len(part) <= MAX_PART for part in parts):
                return mark
        return None

    @functools.cached_property
    def datatype(self) -> str:
        """The narrowest datatype that all values have."""
        return next((name for name in CONVERTED if not self._unfit(name)), "text")

    @functools.cached_property
    def nearly(self) -> tuple[str, list[str]] | None:
        """The datatype that all values have but a few, and these few."""
        if self.datatype != "text":
            return None
        for name in CONVERTED:
            if NEARLY * len(few := self._unfit(name)) < len(self.values):
                return name, few
        return None

    def _unfit(self, datatype: str) -> list[str]:
        """The values that are none of the datatype."""
        found = []
        for value in self.values:
            try:
                CONVERTED[datatype](value)
            except ValueRejected:
                found.append(value)
        return found


def describe(said: dict[str, Any], words: list[str], found: Field) -> None:
    """Say what values the predicate has; what several kinds of records give it has to fit all of them."""
    first = "value" not in said
    said["value"] = found.datatype if said.get("value", found.datatype) == found.datatype else "text"
    said["roles"] = [" ".join(words)]
    said.pop("phrases", None)
    single = not found.many and found.separator is None
    said["functional"] = single and said.get("functional", first)
    if not said["functional"]:
        del said["functional"]
    few = found.datatype == "text" and len(found.values) <= MOST_VALUES and found.filled >= 2 * len(found.values)
    if single and few and (first or "values" in said) and all(len(value) <= MAX_PART for value in found.values):
        said["values"] = said.get("values", {}) | {value: [value.lower()] for value in sorted(found.values)}
    else:
        said.pop("values", None)


def is_noun(words: list[str], found: Field) -> bool:
    """Whether the name of a field that leads elsewhere says what is there (*parent*), rather than how (*owned by*)."""
    single = not found.many and found.separator is None
    return words[0] not in ("has", "is") and words[-1] not in PREPOSITIONS and not (single and words[-1].endswith("s"))


def free_scheme() -> dict[str, Any]:
    """A key scheme of which any text is a key."""
    return {"spellings": [{"pattern": "(.+)", "write": r"\1"}], "free": True}


def words_of(text: str) -> list[str]:
    tail = re.split(r"[/#:]", text.removesuffix(".text").strip('" ').rstrip("/#"))[-1]
    return [word.lower() for word in _WORD.findall(tail)]


def singular(words: Iterable[str]) -> list[str]:
    *before, last = list(words) or ["thing"]
    if last.endswith("ies") and len(last) > 4:
        return [*before, f"{last[:-3]}y"]
    return [*before, last[:-1] if last.endswith("s") and not last.endswith(("ss", "us", "is")) else last]
