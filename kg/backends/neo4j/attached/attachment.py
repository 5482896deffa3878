"""The attachment file: how the types and predicates of an ontology lie in a Neo4j graph that others made."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kg.domain.fact import IDENTITY
from kg.domain.lineage import Classification, DatasetVersion, Source
from kg.domain.ontology import Ontology
from kg.domain.ontology_file import parse
from kg.errors import AttachmentInvalid, OntologyInvalid

LIVE = "live"
"""The version of a dataset that is a database: what it holds when it is asked."""


@dataclass(frozen=True, slots=True)
class NodeType:
    """One entity type: nodes with a label."""

    name: str
    label: str
    scheme: str
    key: str | None = None
    """The property that is the key; ``None`` is the element id."""
    named: str | None = None
    aliases: tuple[str, ...] = ()
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """A predicate between entities: relationships of a type."""

    name: str
    type: str
    start: str | None = None
    """The property with the first day on which it is true."""
    end: str | None = None


@dataclass(frozen=True, slots=True)
class Property:
    """A literal predicate: a property of the nodes of these types."""

    name: str
    property: str
    datatype: str
    types: frozenset[str]


@dataclass(frozen=True, eq=False)
class Attachment:
    """All of an attachment file, with its ontology."""

    address: str
    version: DatasetVersion
    ontology: Ontology
    document: str
    """The ontology document as canonical JSON."""
    types: tuple[NodeType, ...]
    """In the order of the file: a node is of the first whose label it has."""
    relations: tuple[Relation, ...]
    properties: tuple[Property, ...]

    @functools.cached_property
    def source(self) -> Source:
        version = self.version
        return Source(
            f"{version.ref}/{self.address}", version.dataset, version.version, self.address, LIVE,
            version.classification, version.title, version.publisher, version.licence,
        )  # fmt: skip

    @functools.cached_property
    def predicates(self) -> frozenset[str]:
        """All but those that say what an entity is."""
        return frozenset(one.name for one in self.relations) | {one.name for one in self.properties}

    @functools.cached_property
    def read(self) -> tuple[str, ...]:
        """The properties that are read of nodes."""
        own = {one for node in self.types for one in (node.key, node.named, node.status, *node.aliases) if one}
        return tuple(sorted(own | {one.property for one in self.properties}))

    @functools.cached_property
    def dated(self) -> tuple[str, ...]:
        """The properties that are read of relationships."""
        return tuple(sorted({day for one in self.relations for day in (one.start, one.end) if day}))


_TOP = {
    "attach", "database", "title", "publisher", "licence", "classification", "aliases", "ontology", "types",
    "predicates",
}  # fmt: skip


def read_attachment(path: Path, core: Ontology) -> Attachment:
    """Read the file and the ontology that it names. Raises AttachmentInvalid."""
    top = _file(path)
    _known(top, _TOP, str(path))
    try:
        document = _file(path.parent / _text(top, "ontology", str(path)))
        ontology = parse(document, core=core)
    except OntologyInvalid as exc:
        raise AttachmentInvalid(f"{path}: its ontology: {exc}") from exc
    label = str(top.get("classification", "internal")).upper()
    if label not in Classification.__members__:
        raise AttachmentInvalid(f"{path}: classification is not public, internal, confidential or restricted")
    name = _text(top, "attach", str(path))
    version = DatasetVersion(
        name, LIVE, str(top.get("title", name)), str(top.get("publisher", "")), str(top.get("licence", "")),
        Classification[label], str(document["ontology"]), None, _texts(top.get("aliases"), f"{path}: aliases"),
    )  # fmt: skip
    types = tuple(_type(key, value, ontology, f"{path}: types.{key}") for key, value in _items(top, "types", path))
    said = [
        _predicate(key, value, ontology, f"{path}: predicates.{key}") for key, value in _items(top, "predicates", path)
    ]
    if not types:
        raise AttachmentInvalid(f"{path}: types: none is there")
    return Attachment(
        _text(top, "database", str(path)),
        version,
        ontology,
        json.dumps(document, ensure_ascii=False, sort_keys=True),
        types,
        tuple(one for one in said if isinstance(one, Relation)),
        tuple(one for one in said if isinstance(one, Property)),
    )


def _type(name: str, value: Any, ontology: Ontology, where: str) -> NodeType:
    entry = _mapping(value, where)
    _known(entry, {"label", "key", "name", "aliases", "status"}, where)
    scheme = ontology.scheme_of(name) if name in ontology.types else None
    if scheme is None:
        raise AttachmentInvalid(f"{where}: no type of this name with a key in the ontology")
    if not scheme.free or scheme.case != "keep" or any(one.write != r"\1" for one in scheme.spellings):
        # A key that is written otherwise than in the database could not be found there again.
        raise AttachmentInvalid(
            f"{where}: its key scheme {scheme.name!r} changes keys; it has to be free, "
            r"with the one spelling {pattern: '(.+)', write: '\1'}"
        )
    aliases = _texts(entry.get("aliases"), f"{where}.aliases")
    plain = {key: _text(entry, key, where) if entry.get(key) is not None else None for key in ("key", "name", "status")}
    label = _text(entry, "label", where)
    return NodeType(name, label, scheme.name, plain["key"], plain["name"], aliases, plain["status"])


def _predicate(name: str, value: Any, ontology: Ontology, where: str) -> Relation | Property:
    entry = _mapping(value, where)
    _known(entry, {"relationship", "property", "valid"}, where)
    spec = ontology.predicates.get(name)
    if spec is None or spec.derived or name in IDENTITY:
        raise AttachmentInvalid(f"{where}: no recorded predicate of this name in the ontology")
    if (spec.value is None) != ("relationship" in entry) or ("relationship" in entry) == ("property" in entry):
        wanted = "relationship" if spec.value is None else "property"
        raise AttachmentInvalid(f"{where}: give its {wanted}, and only that: so the ontology has it")
    if spec.value is None:
        valid = _mapping(entry.get("valid", {}), f"{where}.valid")
        _known(valid, {"from", "to"}, f"{where}.valid")
        return Relation(name, _text(entry, "relationship", where), valid.get("from"), valid.get("to"))
    types = frozenset().union(*(ontology.family(one) for one in spec.subjects))
    return Property(name, _text(entry, "property", where), spec.value, types)


def _file(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except OSError as exc:
        raise AttachmentInvalid(f"cannot read {str(path)!r}: {exc.strerror or exc}") from exc
    except (UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as exc:
        raise AttachmentInvalid(f"{path}: not YAML: {' '.join(str(exc).split())[:300]}") from exc
    return _mapping(document, str(path))


def _items(top: Mapping[str, Any], part: str, path: Path) -> list[tuple[str, Any]]:
    return list(_mapping(top.get(part, {}), f"{path}: {part}").items())


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise AttachmentInvalid(f"{where}: expected names with values")
    return value


def _text(entry: Mapping[str, Any], key: str, where: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value:
        raise AttachmentInvalid(f"{where}: {key}: expected text")
    return value


def _texts(value: Any, where: str) -> tuple[str, ...]:
    members = [] if value is None else value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) and one for one in members):
        raise AttachmentInvalid(f"{where}: expected text or a list of texts")
    return tuple(members)


def _known(entry: Mapping[str, Any], allowed: set[str], where: str) -> None:
    if unknown := sorted(set(entry) - allowed):
        raise AttachmentInvalid(f"{where}: unknown field {unknown[0]!r}; known are {', '.join(sorted(allowed))}")
