"""Documents: Markdown and plain text, cut into passages that are exact spans of the text.

A span counts characters of the decoded text, less a byte order mark, from 0; line ends are what they are in the file.
Its place is written as in RFC 5147: ``#char=120,245``.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import yaml

from kg.errors import SourceUnreadable
from kg.text.passages import hidden
from loaders.dataset import Options
from loaders.readers import Record, Span, decode, needed
from loaders.values import MAX_TEXT
from loaders.yaml_text import parse_yaml

MAX_DOCUMENT = 20_000_000
"""Bytes; the longest law has five million."""
MAX_DEPTH = 100
"""Quotes and lists inside each other."""
MAX_ANCHOR = 200
"""Characters of a heading that its anchor has at most."""
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_FRONT = re.compile(r"---[ \t]*(?:\r\n|\r|\n)(.*?)(?:\r\n|\r|\n)---[ \t]*(?:\r\n|\r|\n|$)", re.DOTALL)
_PARAGRAPH = re.compile(r"[^\s](?:[^\r\n\f]|(?:\r\n|\r|\n)(?![ \t]*(?:\r\n|\r|\n|\f|$)))*")
_NO_ANCHOR = re.compile(r"[^\w\- ]")
_BLOCKS = {"fence": "code", "code_block": "code", "html_block": "html"}


def text(file: BinaryIO, options: Options) -> Iterator[Record]:
    """A record of the document, then one of each paragraph: what stands between blank lines or pages."""
    whole = _read(file, options)
    outline = _Outline(whole)
    yield outline.document({})
    for found in _PARAGRAPH.finditer(whole):
        yield outline.passage("paragraph", found.start(), found.start() + len(found.group().rstrip()))


def markdown(file: BinaryIO, options: Options) -> Iterator[Record]:
    """A record of the document, then one of each section, paragraph, list item, table row and block of code or HTML."""
    reader = needed("markdown_it", "markdown").MarkdownIt("commonmark", {"maxNesting": MAX_DEPTH}).enable("table")
    whole = _read(file, options)
    front, body = _front_matter(whole)
    tokens = reader.parse(whole[body:])
    if any(token.nesting == 1 and token.level >= MAX_DEPTH - 1 for token in tokens):
        raise SourceUnreadable(f"not usable Markdown: quotes and lists nested more than {MAX_DEPTH} deep")
    outline = _Outline(whole)
    blocks = list(_blocks(tokens, _Lines(whole, body)))
    first = next((block.said for block in blocks if block.level == 1), None)
    yield outline.document(front, first)
    for block in blocks:
        yield outline.section(block) if block.level else outline.passage(block.kind, block.start, block.end, block.more)


def _read(file: BinaryIO, options: Options) -> str:
    data = file.read(MAX_DOCUMENT + 1)
    if len(data) > MAX_DOCUMENT:
        raise SourceUnreadable(f"a document of more than {MAX_DOCUMENT:,} bytes: cut it into parts")
    return decode(data, options.encoding)


def _front_matter(whole: str) -> tuple[dict[str, Any], int]:
    """The YAML at the beginning, and where the document goes on; what is no mapping there is text like all other."""
    found = _FRONT.match(whole)
    if found is None:
        return {}, 0
    try:
        document = parse_yaml(found[1])
    except yaml.YAMLError:
        return {}, 0
    return (document, found.end()) if isinstance(document, dict) else ({}, 0)


# --- records ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Block:
    """A stretch of the text that is one thing; a heading has a level and is said without its marks."""

    kind: str
    start: int
    end: int
    level: int = 0
    said: str = ""
    more: dict[str, Any] = field(default_factory=dict)


class _Outline:
    """Gives each block of a document its place: the section it stands in, and its number there."""

    def __init__(self, whole: str) -> None:
        self._whole = whole
        self._open: list[tuple[int, str, str]] = []
        """Level, anchor and heading of the sections that hold what comes next."""
        self._anchors: set[str] = set()
        self._numbers: Counter[str] = Counter()

    def document(self, front: dict[str, Any], title: str | None = None) -> Record:
        said = front.get("title")
        named = said if isinstance(said, str) and said.strip() else title
        fields = {"kind": "document", **({"title": named} if named else {}), **({"front": front} if front else {})}
        return self._record(fields, 0, len(self._whole))

    def section(self, block: _Block) -> Record:
        self._open = [one for one in self._open if one[0] < block.level]
        above = self._place()
        heading, anchor = block.said, self._anchor(block.said)
        self._open.append((block.level, anchor, heading))
        fields = {"kind": "section", "place": anchor, "level": block.level, **self._place(), "section": anchor}
        fields |= {"parent": above["section"]} if above else {}
        return self._record(fields, block.start, block.end, block.more)

    def passage(self, kind: str, start: int, end: int, more: dict[str, Any] | None = None) -> Record:
        anchor = self._open[-1][1] if self._open else ""
        self._numbers[anchor] += 1
        number = self._numbers[anchor]
        fields = {"kind": kind, "place": f"{anchor}/{number}" if anchor else str(number), "number": number}
        return self._record(fields | self._place(), start, end, more)

    def _place(self) -> dict[str, Any]:
        """The section that is open, and the headings that lead there."""
        if not self._open:
            return {}
        _, anchor, heading = self._open[-1]
        return {"section": anchor, "heading": heading, "headings": [said for *_, said in self._open]}

    def _anchor(self, heading: str) -> str:
        """The name of a section in addresses, as the common renderers make it; the second of a name gets ``-1``."""
        plain = _NO_ANCHOR.sub("", heading.lower()).strip().replace(" ", "-")[:MAX_ANCHOR] or "section"
        anchor, more = plain, 0
        while anchor in self._anchors:
            more += 1
            anchor = f"{plain}-{more}"
        self._anchors.add(anchor)
        return anchor

    def _record(self, fields: dict[str, Any], start: int, end: int, more: dict[str, Any] | None = None) -> Record:
        span = Span(self._whole, start, end)
        if fields["kind"] == "document":
            return Record(span.fragment, fields, span=span)
        said = span.quoted
        fields = fields | {"text": said} | (more or {})
        if unseen := hidden(said):
            fields["hidden"] = unseen
        problem = f"{len(said):,} characters where {MAX_TEXT:,} are allowed" if len(said) > MAX_TEXT else None
        return Record(span.fragment, fields, problem, span=span)


# --- Markdown -----------------------------------------------------------------------------------------------------


class _Lines:
    """The lines of a document from a place on, as the parser counts them."""

    def __init__(self, whole: str, body: int) -> None:
        self._whole = whole
        self._starts = [found.start() for found in _LINE.finditer(whole, body)] + [len(whole)]

    def span(self, first: int, end: int, content: str) -> tuple[int, int]:
        """The characters of these lines that are the content, without the marks around it."""
        said = [line.strip() for line in content.split("\n") if line.strip()]
        if not said:
            return self._stripped(first, end)
        places = range(first, min(end, len(self._starts) - 1))
        start = next((at for i in places if (at := self._find(i, said[0])) >= 0), -1)
        last = next((at for i in reversed(places) if (at := self._find(i, said[-1], last=True)) >= 0), -1)
        if start < 0 or last < start:
            return self._stripped(first, end)
        return start, last + len(said[-1])

    def _find(self, line: int, text: str, *, last: bool = False) -> int:
        find = self._whole.rfind if last else self._whole.find
        return find(text, self._starts[line], self._starts[line + 1])

    def _stripped(self, first: int, end: int) -> tuple[int, int]:
        start, stop = self._starts[first], self._starts[min(end, len(self._starts) - 1)]
        held = self._whole[start:stop]
        start += len(held) - len(held.lstrip())
        return start, max(start, stop - (len(held) - len(held.rstrip())))

    def line(self, number: int) -> tuple[int, int]:
        """One line without the space around it."""
        return self._stripped(number, number + 1)


def _blocks(tokens: Sequence[Any], lines: _Lines) -> Iterator[_Block]:
    """What stands in the document, in order."""
    inside: Counter[str] = Counter()
    table: list[Any] = []
    level = 0
    for token in tokens:
        inside[token.type.removesuffix("_open").removesuffix("_close")] += token.nesting
        if inside["table"]:
            table.append(token)
        elif table:
            yield from _rows(table, lines)
            table = []
        elif token.type == "heading_open":
            level = int(token.tag[1:])
        elif token.type == "inline":
            kind = "item" if inside["list_item"] else "quote" if inside["blockquote"] else "paragraph"
            start, end = lines.span(token.map[0], token.map[1], token.content)
            if start < end:
                yield _Block(kind, start, end, level, _plain(token), _links(token))
            level = 0
        elif token.type in _BLOCKS:
            start, end = lines.span(token.map[0] + (token.type == "fence"), token.map[1], token.content)
            if start < end:
                yield _Block(_BLOCKS[token.type], start, end)


def _rows(table: Sequence[Any], lines: _Lines) -> Iterator[_Block]:
    """The rows of a table, the one with the names of its columns first."""
    columns: list[str] | None = None
    for at, token in enumerate(table):
        if token.type == "tr_open":
            row = itertools.takewhile(lambda one: one.type != "tr_close", table[at + 1 :])
            cells = [_plain(one) for one in row if one.type == "inline"]
            columns = columns or cells
            start, end = lines.line(token.map[0])
            yield _Block("row", start, end, more={"cells": dict(zip(columns, cells, strict=False))})


def _plain(token: Any) -> str:
    """What a line says, without its marks."""
    said = (one.content if one.type != "softbreak" else " " for one in token.children or ())
    return " ".join("".join(said).split())


def _links(token: Any) -> dict[str, Any]:
    found = [one.attrs["href"] for one in token.children or () if one.type == "link_open" and one.attrs.get("href")]
    return {"links": list(dict.fromkeys(found))} if found else {}
