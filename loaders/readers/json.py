"""JSON and JSON lines. Locators are JSON pointers (RFC 6901), or lines."""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.readers import ENCLOSING, OWN_KEY, Record, decode, lines_of, whole
from loaders.text import refused

RECORDS = ["/*"]
_SURROGATE = re.compile(r"\\u[dD]")
_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
MAX_DEPTH = 100
"""Levels of nesting; the deepest real file seen has 18, and the parser's own limit is about 1,000."""
TOO_DEEP = f"not usable JSON: nested more than {MAX_DEPTH} deep"


def read(file: BinaryIO, options: Options) -> Iterator[Record]:
    """Records are what the pointers ``records`` pick: ``*`` is every member, ``**`` every depth."""
    return records_of(parse(whole(file), options.encoding), options)


def records_of(document: Any, options: Options) -> Iterator[Record]:
    """What the pointers of the options pick of a document."""
    for pointer in options.records or RECORDS:
        yield from pick(document, pointer, enclosing=options.enclosing)


def read_lines(file: BinaryIO, options: Options) -> Iterator[Record]:
    """One JSON object a line, or what ``records`` picks of it; a line that is no JSON is a record with a problem."""
    for number, line in enumerate(lines_of(file, options.encoding), 1):
        if not line.strip():
            continue
        try:
            value = parse_text(line.rstrip("\r\n"))
        except SourceUnreadable as exc:
            yield Record(f"line {number}", {"text": line.rstrip("\r\n")[:1000]}, str(exc))
            continue
        for pointer in options.records or [""]:
            for record in pick(value, pointer, enclosing=options.enclosing):
                yield record._replace(locator=f"line {number}{record.locator}")


def parse(data: bytes, encoding: str = "utf-8") -> Any:
    """The document. Raises SourceUnreadable with line and column."""
    return parse_text(decode(data, encoding))


def parse_text(text: str) -> Any:
    try:
        objects = _Objects()
        document = json.loads(text, object_pairs_hook=objects.unique, parse_constant=_no_constant)
        if _SURROGATE.search(text):
            json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError as exc:
        raise SourceUnreadable("not usable JSON: half of a surrogate pair in a text") from exc
    except json.JSONDecodeError as exc:
        raise SourceUnreadable(f"not JSON at line {exc.lineno}, column {exc.colno}: {exc.msg}") from exc
    except RecursionError as exc:
        raise SourceUnreadable(TOO_DEEP) from exc
    except ValueError as exc:
        raise SourceUnreadable(f"not usable JSON: {exc}") from exc
    _check_depth(document)
    objects.check_keys(document)
    return document


def _check_depth(document: Any) -> None:
    """Refuse what the walks over a document, which recurse, could not follow."""
    level = [document] if isinstance(document, dict | list) else []
    for _ in range(MAX_DEPTH - 1):
        if not level:
            return
        # The collector tracks every list and every object with a list or object in it, and no text or number:
        # asking it is twice as quick as looking at types, and a large document has millions of values.
        level = [
            member
            for value in level
            for member in (value.values() if type(value) is dict else value)
            if gc.is_tracked(member)
        ]
    if any(
        isinstance(member, dict | list)
        for value in level
        for member in (value.values() if type(value) is dict else value)
    ):
        raise SourceUnreadable(TOO_DEEP)


class _Objects:
    """Makes the objects of one document, and remembers their keys: they are few, and all get shown somewhere."""

    def __init__(self) -> None:
        self._keys: set[str] = set()

    def unique(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise SourceUnreadable(f"not usable JSON: the key {twice!r} is given twice in one object")
        self._keys.update(members)
        return members

    def check_keys(self, document: Any) -> None:
        """Raise SourceUnreadable with the place of a key that has a control or hidden character."""
        if any(refused(key) for key in self._keys):
            place, key = next(_refused_keys(document, ""))
            raise SourceUnreadable(f"not usable JSON: {refused(key)} in the key {key[:60]!r} of {place or 'the top'}")


def _refused_keys(value: Any, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        yield from ((at, key) for key in value if refused(key))
    for key, member in members(value):
        yield from _refused_keys(member, f"{at}/{key}")


def _no_constant(name: str) -> Any:
    raise SourceUnreadable(f"not usable JSON: {name} is not a JSON number")


def pick(document: Any, pointer: str, *, enclosing: bool = False) -> Iterator[Record]:
    """Walk a pointer with wildcards; yields objects in document order, with what encloses them if asked for."""
    parts = [unescape(part) for part in pointer.split("/")[1:]]
    yield from _walk(document, parts, "", _Place() if enclosing else None)


class _Place(NamedTuple):
    """Where a value stands: the object around it and the name it has there."""

    up: dict[str, Any] | None = None
    key: str | None = None

    def within(self, value: Any, key: str) -> _Place:
        """The place of a member of a value that stands here."""
        return _Place(self.around(value) if isinstance(value, dict) else self.up, key)

    def around(self, value: dict[str, Any]) -> dict[str, Any]:
        """The object with its place."""
        return value | {OWN_KEY: self.key, ENCLOSING: self.up}


def _walk(value: Any, parts: list[str], at: str, place: _Place | None) -> Iterator[Record]:
    if not parts:
        own = value if isinstance(value, dict) or not place else {"value": value}
        yield _record(at, place.around(own) if place and isinstance(own, dict) else own)
        return
    head, rest = parts[0], parts[1:]
    if head == "**":
        yield from _walk(value, rest, at, place)
    picked: Iterable[tuple[str, Any]] = ()
    if head in ("*", "**"):
        picked = members(value)
    elif (isinstance(value, dict) and head in value) or (
        isinstance(value, list) and _INDEX.fullmatch(head) and int(head) < len(value)
    ):
        picked = [(escape(head), value[head] if isinstance(value, dict) else value[int(head)])]
    after = parts if head == "**" else rest
    around = place.within(value, "") if place else None
    for key, member in picked:
        yield from _walk(member, after, f"{at}/{key}", around._replace(key=unescape(key)) if around else None)


def members(value: Any) -> Iterator[tuple[str, Any]]:
    """Key and member of an object or list, keys escaped for a pointer."""
    if isinstance(value, dict):
        yield from ((escape(key), member) for key, member in value.items())
    elif isinstance(value, list):
        yield from ((str(i), member) for i, member in enumerate(value))


def escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def unescape(key: str) -> str:
    return key.replace("~1", "/").replace("~0", "~")


def _record(locator: str, value: Any) -> Record:
    if isinstance(value, dict):
        return Record(locator, value)
    return Record(locator, {"value": value}, "not a JSON object")
