"""RDF: a record for each subject, or for each statement. Parsed by rdflib; nothing that a file names is fetched.

Names and IRIs are written short with the ``prefixes`` of the options and those everybody uses (``skos:prefLabel``),
else whole. A subject's record has a field for each of its properties, with a list of its values; literals with a
language are also under ``PROPERTY@LANGUAGE``. ``@id``, ``@type`` and ``@graph`` say what it is, ``@label`` and
``@labels`` what SKOS, RDFS, Dublin Core and schema.org call it in the language of the options. A blank node that one
statement leads to stands inside the record as an object; others have an id made of what they say. A list is a list.

A named graph is a source of its own. Located by ``<IRI>`` of the subject, ``#`` in it written ``%23``; statements of
N-Triples and N-Quads by ``line N``.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import rdflib
from rdflib.exceptions import ParserError as ParseError
from rdflib.namespace import DCTERMS, OWL, PROV, RDF, RDFS, SH, SKOS, XSD
from rdflib.plugins.parsers.ntriples import W3CNTriplesParser

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.inputs import open_unpacked
from loaders.readers import ENCLOSING, OWN_KEY, Record, decode, lines_of, shacl, whole
from loaders.readers import json as json_reader
from loaders.readers.xml import check_xml

COMMON = {
    "rdf": str(RDF), "rdfs": str(RDFS), "owl": str(OWL), "xsd": str(XSD), "skos": str(SKOS), "dcterms": str(DCTERMS),
    "dc": "http://purl.org/dc/elements/1.1/", "prov": str(PROV), "sh": str(SH), "schema": "https://schema.org/",
    "foaf": "http://xmlns.com/foaf/0.1/",
}  # fmt: skip
LABELS = (SKOS.prefLabel, RDFS.label, DCTERMS.title, rdflib.URIRef("https://schema.org/name"), SKOS.altLabel)
"""Names of a thing, the best first (SKOS reference, section 5; RDF Schema 1.1, 3.6)."""
BASE = "http://document.invalid/"
"""What relative IRIs start from where neither the file nor the options say (a name of nobody, RFC 2606)."""
RDFLIB = {
    "turtle": "turtle", "trig": "trig", "rdfxml": "xml", "jsonld": "json-ld", "ntriples": "nt", "nquads": "nquads",
}  # fmt: skip
"""What rdflib calls each format."""
_TRIPPED = (AssertionError, AttributeError, LookupError, NameError, TypeError)
"""What a parser raises that trips over a file; the text tells of the parser and not of the file."""
SHAPES_IN = {"nt": "ntriples", "rdf": "rdfxml", "owl": "rdfxml", "jsonld": "jsonld"}
"""Format of a file of shapes, by its suffix; else Turtle."""


def turtle(file: BinaryIO, options: Options) -> Iterator[Record]:
    return _records(_parsed(whole(file), "turtle", options), options)


def trig(file: BinaryIO, options: Options) -> Iterator[Record]:
    return _records(_parsed(whole(file), "trig", options), options)


def rdfxml(file: BinaryIO, options: Options) -> Iterator[Record]:
    return _records(_parsed(whole(file), "rdfxml", options), options)


def jsonld(file: BinaryIO, options: Options) -> Iterator[Record]:
    return _records(_parsed(whole(file), "jsonld", options), options)


def ntriples(file: BinaryIO, options: Options) -> Iterator[Record]:
    return _statements(file, "ntriples", options)


def nquads(file: BinaryIO, options: Options) -> Iterator[Record]:
    return _statements(file, "nquads", options)


def _statements(file: BinaryIO, name: str, options: Options) -> Iterator[Record]:
    return _lines(file, options) if options.statements else _records(_parsed(whole(file), name, options), options)


# --- parsing ---


def _parsed(data: bytes, name: str, options: Options) -> rdflib.Dataset:
    """The whole file, after what a format could do to this machine is refused. Raises SourceUnreadable."""
    # XML says its encoding itself.
    text = data if name == "rdfxml" else decode(data, options.encoding)
    if name == "rdfxml":
        check_xml(data, "RDF/XML")
    elif name == "jsonld":
        _refuse_remote(json_reader.parse_text(str(text)))
    found, syntax = rdflib.Dataset(), RDFLIB[name]
    try:
        found.parse(data=text, format=syntax, publicID=options.base or BASE)
    except RecursionError as exc:
        raise SourceUnreadable(f"not usable {syntax}: nested too deep") from exc
    except Exception as exc:
        reason = "broken or cut off" if isinstance(exc, _TRIPPED) else " ".join(str(exc).split())[:300]
        raise SourceUnreadable(f"not usable {syntax}: {reason or type(exc).__name__}") from exc
    return found


def _shapes(names: Sequence[str]) -> rdflib.Graph:
    """The shapes of all these files, parsed as carefully as the data. Raises SourceUnreadable naming the file."""
    found = rdflib.Graph()
    for path in map(Path, names):
        with contextlib.closing(open_unpacked(path)) as opened:
            try:
                parsed = _parsed(whole(opened.bytes), SHAPES_IN.get(path.suffix[1:], "turtle"), Options())
                found += shacl.without_queries(_merged(parsed))
            except SourceUnreadable as exc:
                raise SourceUnreadable(f"{path.name}: not usable shapes: {exc}") from exc
    return found


def _refuse_remote(document: Any) -> None:
    """Refuse a JSON-LD context by address: rdflib would fetch it, from the network or from this machine's files."""
    pending = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            contexts = value.get("@context")
            listed = contexts if isinstance(contexts, list) else [contexts]
            if "@import" in value or any(isinstance(one, str) for one in listed):
                raise SourceUnreadable("not usable JSON-LD: a context given by its address: write it into the file")
            pending += value.values()
        elif isinstance(value, list):
            pending += value


class _Line(W3CNTriplesParser):
    """One statement of N-Triples or N-Quads."""

    def statement(self, text: str) -> tuple[Any, Any, Any, Any] | None:
        """Subject, predicate, object and graph, if the line holds any. Raises ParseError."""
        self.line = text.strip()
        if not self.line or self.line.startswith("#"):
            return None
        terms: list[Any] = [self.subject()]
        self.line = self.line.lstrip()
        terms.append(self.predicate())
        self.line = self.line.lstrip()
        terms.append(self.object())
        self.line = self.line.lstrip()
        terms.append(self.uriref() or self.nodeid() or None)
        if self.line.strip().partition("#")[0].strip() != ".":
            raise ParseError(f"expected a full stop at {self.line[:40]!r}")
        return terms[0], terms[1], terms[2], terms[3]


# --- records ---


def _lines(file: BinaryIO, options: Options) -> Iterator[Record]:
    """A record for each line; one that is no statement has a problem."""
    parser, short = _Line(), _Short(options)
    for number, line in enumerate(lines_of(file, options.encoding), 1):
        try:
            found = parser.statement(line)
        except (ParseError, ValueError) as exc:
            yield Record(f"line {number}", {"text": line.strip()[:1000]}, f"not a statement: {exc}")
            continue
        if found is not None:
            yield Record(f"line {number}", short.statement(*found), part=str(found[3] or ""))


def _records(parsed: rdflib.Dataset, options: Options) -> Iterator[Record]:
    short = _Short(options)
    merged = _merged(parsed) if options.shapes else rdflib.Graph()
    wrong = shacl.broken(merged, _shapes(options.shapes)) if options.shapes else {}
    for name in sorted({str(context.identifier) for context in parsed.graphs()}):
        graph = parsed.graph(rdflib.URIRef(name))
        said = "" if name in (str(parsed.default_graph.identifier), options.base or BASE) else name
        if options.statements:
            for subject, predicate, target in sorted(graph):
                place = f"{_place(subject)} {_place(predicate)}"
                yield Record(place, short.statement(subject, predicate, target, said), wrong.get(subject), said)
        else:
            yield from _Subjects(graph, said, short, options, wrong).records()
    for node in sorted(wrong, key=str):
        if (node, None, None) not in merged:
            # A value, or a thing that the file only points at.
            yield Record(node.n3().replace("#", "%23"), {"@id": short(node)}, wrong[node])


def _merged(parsed: rdflib.Dataset) -> rdflib.Graph:
    """All statements of all graphs: shapes are about what is said, not about where."""
    merged = rdflib.Graph()
    for graph in parsed.graphs():
        merged += graph
    return merged


def _place(term: Any) -> str:
    return f"<{str(term).replace('#', '%23')}>"


class _Short:
    """Writes IRIs with prefixes."""

    def __init__(self, options: Options) -> None:
        spaces = {space: prefix for prefix, space in (COMMON | options.prefixes).items()}
        self._spaces = sorted(spaces.items(), key=lambda item: -len(item[0]))
        self._seen: dict[str, str] = {}

    def __call__(self, term: Any) -> str:
        text = str(term)
        found = self._seen.get(text)
        if found is None:
            found = next(
                (f"{prefix}:{text[len(space) :]}" for space, prefix in self._spaces if text.startswith(space)), text
            )
            self._seen[text] = found
        return found

    def statement(self, subject: Any, predicate: Any, target: Any, graph: Any) -> dict[str, Any]:
        """A statement as a record."""
        fields = {"subject": self(subject), "predicate": self(predicate), "object": self(target)}
        if isinstance(target, rdflib.Literal):
            fields |= {"object": str(target), "datatype": self(target.datatype or XSD.string)}
            fields |= {"language": target.language} if target.language else {}
        return fields | ({"graph": self(graph)} if graph else {})


class _Subjects:
    """The records of one graph."""

    def __init__(
        self, graph: rdflib.Graph, name: str, short: _Short, options: Options, wrong: Mapping[Any, str]
    ) -> None:
        self._graph = graph
        self._name = name
        self._short = short
        self._language = options.language
        self._enclosing = options.enclosing
        self._wrong = wrong
        leads = Counter(target for target in graph.objects() if isinstance(target, rdflib.BNode))
        self._inside = {node for node, times in leads.items() if times == 1 and self._hangs_on(node)}
        self._ids: dict[Any, str] = {}

    def _hangs_on(self, node: Any) -> bool:
        """Whether the way up from a blank node ends, and does not lead back to it."""
        passed = set()
        while isinstance(node, rdflib.BNode) and node not in passed:
            passed.add(node)
            node = next(self._graph.subjects(object=node), None)
        return node not in passed

    def records(self) -> Iterator[Record]:
        for subject in sorted(set(self._graph.subjects()), key=str):
            if isinstance(subject, rdflib.URIRef):
                place, fields = _place(subject), self._fields(subject) | self._about(subject)
            elif subject not in self._inside and (subject, RDF.first, None) not in self._graph:
                place = self._blank(subject)
                fields = self._fields(subject) | {"@id": place}
            else:
                continue
            yield Record(place, fields, self._problem(subject), self._name)
            if self._enclosing:
                yield from self._nested(subject, fields, place)

    def _nested(self, node: Any, fields: dict[str, Any], place: str) -> Iterator[Record]:
        """A record for each blank node inside another, with the one around it and the property it hangs on."""
        for predicate, target in sorted(self._graph.predicate_objects(node)):
            if target in self._inside and (target, RDF.first, None) not in self._graph:
                inner = self._fields(target) | {OWN_KEY: self._short(predicate), ENCLOSING: fields}
                at = f"{place} {_place(predicate)}"
                yield Record(at, inner, part=self._name)
                yield from self._nested(target, inner, at)

    def _problem(self, subject: Any) -> str | None:
        """What shapes find wrong with the subject, or with a blank node inside its record."""
        inside = [target for target in self._graph.objects(subject) if target in self._inside]
        told = [self._wrong[node] for node in (subject, *inside) if node in self._wrong]
        return "; ".join(told) or None

    def _blank(self, node: Any) -> str:
        """An id made of what a blank node says, so that it is the same however the file is parsed."""
        if node not in self._ids:
            self._ids[node] = "_:itself"
            content = repr(sorted(self._fields(node).items()))
            self._ids[node] = f"_:{hashlib.sha256(content.encode()).hexdigest()[:16]}"
        return self._ids[node]

    def _about(self, subject: Any) -> dict[str, Any]:
        labels = self._labels(subject)
        about: dict[str, Any] = {"@id": self._short(subject)}
        about |= {"@label": labels[0], "@labels": labels} if labels else {}
        return about | ({"@graph": self._short(self._name)} if self._name else {})

    def _labels(self, subject: Any) -> list[str]:
        ranked: list[tuple[int, int, str]] = []
        for rank, predicate in enumerate(LABELS):
            for target in self._graph.objects(subject, predicate):
                if isinstance(target, rdflib.Literal):
                    spoken = target.language or ""
                    nearness = 0 if spoken.partition("-")[0] == self._language else 1 if not spoken else 2
                    ranked.append((nearness, rank, str(target)))
        near = [one for one in sorted(ranked) if one[0] < 2] or sorted(ranked)
        return list(dict.fromkeys(text for *_, text in near))

    def _fields(self, subject: Any) -> dict[str, Any]:
        """Values by short property name, sorted."""
        fields: dict[str, list[Any]] = defaultdict(list)
        for predicate, target in sorted(self._graph.predicate_objects(subject)):
            name = "@type" if predicate == RDF.type else self._short(predicate)
            fields[name] += self._values(target)
            if isinstance(target, rdflib.Literal) and target.language:
                fields[f"{name}@{target.language}"].append(str(target))
        return dict(fields)

    def _values(self, target: Any) -> list[Any]:
        if isinstance(target, rdflib.Literal):
            return [str(target)]
        if (target, RDF.first, None) in self._graph:
            return [value for member in self._graph.items(target) for value in self._values(member)]
        if target in self._inside:
            return [self._fields(target)]
        return [self._blank(target) if isinstance(target, rdflib.BNode) else self._short(target)]
