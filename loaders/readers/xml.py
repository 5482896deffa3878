"""What XML must not hold before a parser that builds something of it sees it.

The parsers used do not fetch what a document names. This also refuses what makes them slow or large: nested and
external entities, and text beyond what a fact may hold. Documents of ontology editors declare short entities for their
namespaces; those are read (XML 1.0, section 4).
"""

from __future__ import annotations

from xml.parsers import expat

from kg.errors import SourceUnreadable

MAX_DEPTH = 200
MAX_ENTITIES = 256
MAX_ENTITY = 512
MAX_TEXT = 100_000
"""Characters between two tags."""


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
