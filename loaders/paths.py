"""Paths of a mapping: compiled once, applied to every record.

``field.inner``, ``list[0]``, ``list[attr=value].inner``, ``ref->lookup.field``, ``$name``, ``= constant``,
``= text with {path}``, then `` | `` and clean-up functions. A path gives every value it reaches; absent and empty
values are left out.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from kg.errors import MappingInvalid

Lookups = Mapping[str, Mapping[Any, Mapping[str, Any]]]
"""Name of a lookup -> value of its field -> the record."""

_SEGMENT = re.compile(
    r'(?:"(?P<quoted>[^"]+)"|(?P<plain>[^.\[\]"]+))'
    r"(?:\[(?P<place>\d+)\]|\[(?P<attr>[^=\]]+)=(?P<value>[^\]]*)\])?(?:\.|$)"
)
_NAMED = re.compile(r'"[^"]*"|\$([a-z0-9_]+)')
"""A quoted field name, whose ``$`` is one of its letters, or a named path."""
_BRACES = re.compile(r"\{([^{}]+)\}")
LONGEST_NUMBER = 60
"""Digits; more than any measure or count has, and fewer than a mistyped exponent writes out."""
_JUMP = re.compile(r"->([a-z0-9_]+)(?:\.|$)")


class ValueRejected(ValueError):
    """A value that a clean-up function or a table does not take."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One field, and which members of it."""

    field: str
    attr: str | None = None
    value: str | None = None
    place: int | None = None
    """Which member of a list, from 0."""


@dataclass(frozen=True, slots=True)
class Jump:
    """On to the records that a lookup finds by the values so far."""

    lookup: str


@dataclass(frozen=True, slots=True)
class Path:
    """A compiled path."""

    text: str
    steps: tuple[Segment | Jump, ...]
    constant: str | None
    clean: tuple[Callable[[Any], Any], ...]
    plain: str | None = None
    """Set when the whole path is one field of the record: most are, and need no walk."""
    parts: tuple[str | Path, ...] = ()
    """For a text made of several values: its fixed pieces and the paths between them."""

    @property
    def fields(self) -> frozenset[str]:
        """The record's own fields that the path starts from."""
        first = self.steps[0] if self.steps else None
        own = {first.field} if isinstance(first, Segment) else set()
        return frozenset(own.union(*(part.fields for part in self.parts if isinstance(part, Path))))

    def values(self, record: Mapping[str, Any], lookups: Lookups) -> list[Any]:
        """All values, cleaned, in order. Raises ValueRejected."""
        if self.plain is not None:
            value = record.get(self.plain)
            if isinstance(value, str):
                return [value] if value and not value.isspace() else []
            if isinstance(value, list):
                return [one for one in value if not _absent(one)]
            return [] if _absent(value) else [value]
        found: list[Any] = [self.constant] if self.constant is not None else [record]
        if self.parts:
            choices = [[part] if isinstance(part, str) else part.values(record, lookups) for part in self.parts]
            found = ["".join(map(str, pieces)) for pieces in itertools.product(*choices)]
        for step in self.steps:
            if isinstance(step, Jump):
                table = lookups[step.lookup]
                found = [table[value] for value in found if isinstance(value, (str, int)) and value in table]
            else:
                found = _step(found, step)
        for clean in self.clean:
            cleaned = []
            for value in found:
                result = clean(value)
                cleaned += result if isinstance(result, list) else [result]
            found = cleaned
        return [value for value in found if not _absent(value)]


def _absent(value: Any) -> bool:
    return value is None or (isinstance(value, str) and (not value or value.isspace()))


def _step(values: list[Any], step: Segment) -> list[Any]:
    out: list[Any] = []
    for value in values:
        member = value.get(step.field) if isinstance(value, dict) else None
        members = member if isinstance(member, list) else [member]
        if step.place is not None:
            members = members[step.place : step.place + 1]
        if step.attr is not None:
            members = [m for m in members if isinstance(m, dict) and str(m.get(step.attr)) == step.value]
        out += members
    return [value for value in out if value is not None]


def compile_path(text: str, names: Mapping[str, str], lookups: Mapping[str, Any]) -> Path:
    """Compile a path. Raises MappingInvalid."""
    head, *functions = [part.strip() for part in text.split(" | ")]
    clean = tuple(_function(name, text) for name in functions)
    if head.startswith("= "):
        return _constant(text, head[2:].strip(), clean, (names, lookups))
    head = _NAMED.sub(lambda m: _named(m.group(1), names, text) if m.group(1) else m.group(), head)
    if " | " in head:
        head, *inner = [part.strip() for part in head.split(" | ")]
        clean = tuple(_function(name, text) for name in inner) + clean
    if " " in head and '"' not in head and "->" not in head and "[" not in head:
        return Path(text, (Segment(head),), None, clean)
    steps = tuple(_steps(head, lookups, text))
    first = steps[0] if len(steps) == 1 and not clean else None
    plain = first.field if isinstance(first, Segment) and first.attr is None and first.place is None else None
    return Path(text, steps, None, clean, plain)


def _constant(
    text: str,
    said: str,
    clean: tuple[Callable[[Any], Any], ...],
    given: tuple[Mapping[str, str], Mapping[str, Any]],
) -> Path:
    """A fixed text, or one with values in braces."""
    pieces = _BRACES.split(said)
    if len(pieces) == 1:
        return Path(text, (), said, clean)
    parts = [piece if i % 2 == 0 else compile_path(piece, *given) for i, piece in enumerate(pieces)]
    return Path(text, (), None, clean, parts=tuple(part for part in parts if part != ""))


def _named(name: str, names: Mapping[str, str], text: str) -> str:
    if name not in names:
        raise MappingInvalid(f"path {text!r}: no ${name} under paths")
    return names[name]


def _steps(head: str, lookups: Mapping[str, Any], text: str) -> list[Segment | Jump]:
    if not head or head.startswith("->") or head.endswith("."):
        raise MappingInvalid(f"path {text!r}: expected a field at its {'end' if head.endswith('.') else 'beginning'}")
    steps: list[Segment | Jump] = []
    for i, part in enumerate(re.split(r"(?=->)", head)):
        rest = part
        if i > 0:
            jump = _JUMP.match(part)
            if jump is None or jump.group(1) not in lookups:
                raise MappingInvalid(f"path {text!r}: no lookup of that name under lookups")
            steps.append(Jump(jump.group(1)))
            rest = part[jump.end() :]
        while rest:
            found = _SEGMENT.match(rest)
            if found is None:
                raise MappingInvalid(f"path {text!r}: cannot read {rest!r}")
            place = None if found["place"] is None else int(found["place"])
            steps.append(Segment((found["quoted"] or found["plain"]).strip(), found["attr"], found["value"], place))
            rest = rest[found.end() :]
    return steps


# --- clean-up functions ----------------------------------------------------------------------------------


def _function(text: str, path: str) -> Callable[[Any], Any]:
    name, _, argument = text.partition(" ")
    plain: dict[str, Callable[[Any], Any]] = {
        "strip": lambda v: str(v).strip(),
        "upper": lambda v: str(v).upper(),
        "lower": lambda v: str(v).lower(),
        "collapse": lambda v: " ".join(str(v).split()),
        "number": number,
        "boolean": boolean,
    }
    if name in plain and not argument:
        return plain[name]
    if name == "date":
        return lambda v: date(v, argument or None)
    if name in ("cut", "find") and argument:
        try:
            pattern = re.compile(argument)
        except re.error as exc:
            raise MappingInvalid(f"path {path!r}: {name} {argument!r} is not a regular expression: {exc}") from exc
        if name == "find":
            return lambda v: [found[pattern.groups and 1] for found in pattern.finditer(str(v))]
        return lambda v: pattern.sub("", str(v)).strip()
    if name == "split" and argument:
        return lambda v: [part.strip() for part in str(v).split(argument) if part.strip()]
    raise MappingInvalid(
        f"path {path!r}: no clean-up function {text!r}; "
        f"there are {', '.join(plain)}, date, date FORMAT, split X, cut PATTERN, find PATTERN"
    )


def number(value: Any) -> str:
    """Canonical decimal text."""
    text = str(value).strip()
    if not text:
        return ""
    try:
        parsed = Decimal(text)
    except InvalidOperation as exc:
        raise ValueRejected(f"{text[:60]!r} is not a number") from exc
    if "_" in text or not parsed.is_finite():
        raise ValueRejected(f"{text[:60]!r} is not a number")
    if len(text) > LONGEST_NUMBER or abs(parsed.adjusted()) > LONGEST_NUMBER:
        raise ValueRejected(f"{text[:60]!r} is out of range")
    # Not normalize(): that rounds to the 28 digits of the context.
    whole, _, rest = format(parsed, "f").partition(".")
    written = f"{whole}.{rest.rstrip('0')}".rstrip(".")
    return "0" if written == "-0" else written


def boolean(value: Any) -> str:
    """``true`` or ``false``."""
    text = str(value).strip().lower()
    if text in ("true", "yes", "y", "1"):
        return "true"
    if text in ("false", "no", "n", "0"):
        return "false"
    if not text:
        return ""
    raise ValueRejected(f"{text[:60]!r} is not true or false")


def date(value: Any, form: str | None = None) -> str:
    """The day as ISO 8601; takes ISO dates and date-times, or the given strptime format."""
    text = str(value).strip()
    if not text:
        return ""
    try:
        parsed = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007 (a day)
    except ValueError as exc:
        raise ValueRejected(f"{text[:60]!r} is not a date{f' of the form {form}' if form else ''}") from exc
    return parsed.date().isoformat()
