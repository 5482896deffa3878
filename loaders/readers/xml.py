"""XML, once it is checked to hold nothing that harms the parsers.

They do not fetch what a document names. The check also refuses what makes them slow or large: nested and external
entities, and text beyond what a fact may hold. Documents of ontology editors declare short entities for their
namespaces; those are read (XML 1.0, section 4).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.etree import ElementTree as ET
from xml.parsers import expat

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.readers import ENCLOSING, OWN_KEY, Record, Span, whole

MAX_DEPTH = 200
MAX_ENTITIES = 256
MAX_ENTITY = 512
MAX_TEXT = 100_000
"""Characters between two tags."""


def read(file: BinaryIO, options: Options) -> Iterator[Record]:
    """Records are what the paths ``records`` pick, else all children of the root.

    A path has names, ``*`` for any and ``**`` for every depth. Fields are attributes (``@id``), child elements by name,
    each a list, and ``text``: all text inside. Namespaces are left out. Located by XPath: ``/catalog[1]/group[2]``.
    """
    root = parse(whole(file), "XML")
    for path in options.records or ["/*/*"]:
        for place, element, around in _pick(root, f"/{name_of(root)}[1]", path.split("/")[1:]):
            fields = fields_of(element)
            if options.enclosing:
                fields |= {OWN_KEY: name_of(element), ENCLOSING: _up(around)}
            yield Record(place, fields, span=_span(element))


def parse(data: bytes, what: str) -> ET.Element:
    """The root element. Raises SourceUnreadable."""
    check_xml(data, what)
    try:
        return ET.fromstring(data)  # noqa: S314 (checked for what could harm)
    except ET.ParseError as exc:
        raise SourceUnreadable(f"not {what}: {exc}") from exc


def _span(element: ET.Element) -> Span | None:
    """Its string value (XPath 1.0) without the space around it."""
    text = "".join(element.itertext())
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    return Span(text, start, end) if start < end else None


def name_of(element: ET.Element) -> str:
    """Its name without the namespace; empty for comments and instructions."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def fields_of(element: ET.Element) -> dict[str, Any]:
    """The element as a record."""
    fields = _attributes(element)
    for child in element:
        if name := name_of(child):
            fields.setdefault(name, []).append(fields_of(child))
    text = " ".join("".join(element.itertext()).split())
    return fields | ({"text": text} if text else {})


def _attributes(element: ET.Element) -> dict[str, Any]:
    return {f"@{key.rpartition('}')[2]}": value for key, value in element.attrib.items()}


def children(element: ET.Element, place: str) -> Iterator[tuple[str, ET.Element]]:
    """The elements inside, each with its XPath."""
    seen: Counter[str] = Counter()
    for child in element:
        if name := name_of(child):
            seen[name] += 1
            yield f"{place}/{name}[{seen[name]}]", child


def _pick(
    element: ET.Element, place: str, steps: list[str], around: tuple[ET.Element, ...] = ()
) -> Iterator[tuple[str, ET.Element, tuple[ET.Element, ...]]]:
    """The elements that the steps lead to, each with those around it; the first step is about this element itself."""
    head, rest = steps[0], steps[1:]
    inside = (*around, element)
    if head == "**":
        if rest:
            yield from _pick(element, place, rest, around)
        for where, child in children(element, place):
            yield from _pick(child, where, steps, inside)
    elif head in ("*", name_of(element)):
        if not rest:
            yield place, element, around
            return
        for where, child in children(element, place):
            yield from _pick(child, where, rest, inside)


def _up(around: tuple[ET.Element, ...]) -> dict[str, Any] | None:
    """The element around a record: its attributes and those children that hold nothing but text."""
    if not around:
        return None
    *above, nearest = around
    fields = _attributes(nearest)
    for child in nearest:
        if (name := name_of(child)) and not len(child):
            fields.setdefault(name, []).append(fields_of(child))
    return fields | {ENCLOSING: _up(tuple(above))}


def check_xml(data: bytes, what: str) -> None:
    """Raise SourceUnreadable with the line when the document is not well formed, or could harm."""
    parser = expat.ParserCreate()
    state = _State(parser, what)
    parser.EntityDeclHandler = state.entity
    parser.StartDoctypeDeclHandler = state.doctype
    parser.ExternalEntityRefHandler = lambda *_: 0
    parser.StartElementHandler = state.start
    parser.EndElementHandler = state.end
    parser.CharacterDataHandler = state.text
    parser.buffer_text = True
    parser.buffer_size = 1 << 16
    try:
        parser.Parse(data, True)  # noqa: FBT003 (a C function: the flag has no name)
    except expat.ExpatError as exc:
        raise SourceUnreadable(
            f"not {what} at line {exc.lineno}, column {exc.offset + 1}: {expat.ErrorString(exc.code)}"
        ) from exc
    except (ValueError, LookupError) as exc:
        raise SourceUnreadable(f"not {what}: {exc}") from exc


class _State:
    """Where the parser is, and how much it has met."""

    def __init__(self, parser: expat.XMLParserType, what: str) -> None:
        self._parser = parser
        self._what = what
        self._depth = 0
        self._entities = 0
        self._length = 0

    def _refuse(self, reason: str) -> SourceUnreadable:
        return SourceUnreadable(f"not usable {self._what}: {reason} at line {self._parser.CurrentLineNumber}")

    def doctype(self, _name: str, system: str | None, public: str | None, _internal: bool) -> None:  # noqa: FBT001
        if system or public:
            raise self._refuse("a document type of another file")

    def entity(
        self,
        _name: str,
        is_parameter: bool,  # noqa: FBT001
        value: str | None,
        _base: str | None,
        _system: str | None,
        _public: str | None,
        _notation: str | None,
    ) -> None:
        self._entities += 1
        if is_parameter or value is None:
            raise self._refuse("an entity of another file or a parameter entity")
        if "&" in value or len(value) > MAX_ENTITY or self._entities > MAX_ENTITIES:
            raise self._refuse("entities that hold others, are long or are many")

    def start(self, _name: str, _attributes: dict[str, str]) -> None:
        self._depth += 1
        self._length = 0
        if self._depth > MAX_DEPTH:
            raise self._refuse(f"elements nested more than {MAX_DEPTH} deep")

    def end(self, _name: str) -> None:
        self._depth -= 1
        self._length = 0

    def text(self, part: str) -> None:
        self._length += len(part)
        if self._length > MAX_TEXT:
            raise self._refuse(f"a text of more than {MAX_TEXT:,} characters")
