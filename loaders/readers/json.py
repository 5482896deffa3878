"""JSON and JSON lines. Locators are JSON pointers (RFC 6901), or lines."""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Iterator
from typing import Any

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.readers import Record, decode
from loaders.text import refused

RECORDS = "/*"
_SURROGATE = re.compile(r"\\u[dD]")
_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
MAX_DEPTH = 100
"""Levels of nesting; the deepest real file seen has 18, and the parser's own limit is about 1,000."""
TOO_DEEP = f"not usable JSON: nested more than {MAX_DEPTH} deep"


def read(data: bytes, options: Options) -> Iterator[Record]:
    """Records are what the pointer ``records`` picks: ``*`` is every member, ``**`` every depth."""
    return pick(parse(data, options.encoding), options.records or RECORDS)


def read_lines(data: bytes, options: Options) -> Iterator[Record]:
    """One JSON object a line; a line that is none is a record with a problem."""
    for number, line in enumerate(decode(data, options.encoding).split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = parse_text(line)
        except SourceUnreadable as exc:
            yield Record(f"line {number}", {"text": line[:1000]}, str(exc))
            continue
        yield _record(f"line {number}", value)


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


def pick(document: Any, pointer: str) -> Iterator[Record]:
    """Walk a pointer with wildcards; yields objects in document order."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    yield from _walk(document, parts, "")


def _walk(value: Any, parts: list[str], at: str) -> Iterator[Record]:
    if not parts:
        yield _record(at, value)
        return
    head, rest = parts[0], parts[1:]
    if head == "**":
        yield from _walk(value, rest, at)
        for key, member in members(value):
            yield from _walk(member, parts, f"{at}/{key}")
    elif head == "*":
        for key, member in members(value):
            yield from _walk(member, rest, f"{at}/{key}")
    elif isinstance(value, dict) and head in value:
        yield from _walk(value[head], rest, f"{at}/{escape(head)}")
    elif isinstance(value, list) and _INDEX.fullmatch(head) and int(head) < len(value):
        yield from _walk(value[int(head)], rest, f"{at}/{head}")


def members(value: Any) -> Iterator[tuple[str, Any]]:
    """Key and member of an object or list, keys escaped for a pointer."""
    if isinstance(value, dict):
        yield from ((escape(key), member) for key, member in value.items())
    elif isinstance(value, list):
        yield from ((str(i), member) for i, member in enumerate(value))


def escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _record(locator: str, value: Any) -> Record:
    if isinstance(value, dict):
        return Record(locator, value)
    return Record(locator, {"value": value}, "not a JSON object")
