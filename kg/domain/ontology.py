"""The ontology: types, predicates, key schemes and the phrases people use for them."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args
from typing import Literal as OneOf

from kg.domain.fact import IDENTITY, REPLACED_BY, Datatype, EntityId
from kg.errors import OntologyInvalid

ANY = "*"
World = OneOf["open", "closed"]
Direction = OneOf["out", "in"]
"""``out`` reads a fact from subject to object, ``in`` from object to subject."""

RESERVED = (*IDENTITY, REPLACED_BY)


@dataclass(frozen=True, slots=True)
class Spelling:
    """One way to write a key: a pattern for the whole key and the canonical form made from its groups."""

    pattern: str
    write: str


@dataclass(frozen=True, slots=True)
class KeyScheme:
    """How keys of one kind are spelled; an entity's id is ``SCHEME:CANONICAL``."""

    name: str
    spellings: tuple[Spelling, ...]
    case: OneOf["upper", "lower", "keep"] = "keep"

    def canonical(self, text: str) -> str | None:
        """The one form of this key, or ``None`` when no spelling fits."""
        return _canonical(self.spellings, self.case, text)


@functools.lru_cache(maxsize=100_000)
def _canonical(spellings: tuple[Spelling, ...], case: str, text: str) -> str | None:
    for spelling in spellings:
        if found := re.fullmatch(spelling.pattern, text, re.IGNORECASE):
            written = found.expand(spelling.write)
            return {"upper": written.upper(), "lower": written.lower(), "keep": written}[case]
    return None


@dataclass(frozen=True, slots=True)
class EntityType:
    """A kind of entity; without a key scheme it is only a supertype."""

    name: str
    parent: str | None = None
    key: str | None = None
    nouns: tuple[str, ...] = ()
    full_name: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Predicate:
    """A kind of fact. ``value`` is set for literals, ``objects`` for entities."""

    name: str
    subjects: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    value: Datatype | None = None
    phrases: tuple[str, ...] = ()
    """Read subject first."""
    inverse: tuple[str, ...] = ()
    """Read object first."""
    functional: bool = False
    world: World = "open"


@dataclass(frozen=True, slots=True)
class Missing:
    """Something people ask for that no source holds."""

    words: tuple[str, ...]
    says: str


@dataclass(frozen=True, eq=False)
class Ontology:
    """One or several ontology documents read as one."""

    names: tuple[str, ...]
    keys: Mapping[str, KeyScheme]
    types: Mapping[str, EntityType]
    predicates: Mapping[str, Predicate]
    missing: tuple[Missing, ...] = ()

    def family(self, name: str) -> frozenset[str]:
        """The type and every type below it; all types for ``*``."""
        if name == ANY:
            return frozenset(self.types)
        return self._families.get(name, frozenset())

    @functools.cached_property
    def _families(self) -> dict[str, frozenset[str]]:
        below: dict[str, set[str]] = {name: {name} for name in self.types}
        for name in self.types:
            above = self.types[name].parent
            while above is not None:
                below[above].add(name)
                above = self.types[above].parent
        return {name: frozenset(members) for name, members in below.items()}

    def ends(self, predicate: str, direction: Direction = "out") -> tuple[frozenset[str], frozenset[str]]:
        """Types where a step along the predicate starts, and where it ends."""
        subjects, objects = self._ends[predicate]
        return (subjects, objects) if direction == "out" else (objects, subjects)

    @functools.cached_property
    def _ends(self) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
        def all_below(names: tuple[str, ...]) -> frozenset[str]:
            return frozenset().union(*(self.family(name) for name in names))

        return {name: (all_below(spec.subjects), all_below(spec.objects)) for name, spec in self.predicates.items()}

    def scheme_of(self, type_name: str) -> KeyScheme | None:
        """The key scheme of a type or of its nearest supertype that has one."""
        current: str | None = type_name
        while current is not None:
            entity_type = self.types[current]
            if entity_type.key is not None:
                return self.keys[entity_type.key]
            current = entity_type.parent
        return None

    def entity_id(self, type_name: str, key: str) -> EntityId | None:
        """The id of the entity of this type and key, or ``None`` when the key is not one of its scheme."""
        scheme = self.scheme_of(type_name)
        canonical = scheme.canonical(key.strip()) if scheme else None
        return f"{scheme.name}:{canonical}" if scheme and canonical else None

    def ids_of_key(self, text: str) -> Iterator[EntityId]:
        """Every id this text can be the key of, by any scheme."""
        for scheme in self.keys.values():
            if canonical := scheme.canonical(text):
                yield f"{scheme.name}:{canonical}"


def merge(ontologies: Iterable[Ontology]) -> Ontology:
    """Read several ontologies as one; two that define a name differently are an error."""
    names: tuple[str, ...] = ()
    parts: dict[str, dict[str, Any]] = {"keys": {}, "types": {}, "predicates": {}}
    missing: tuple[Missing, ...] = ()
    for one in ontologies:
        names += tuple(name for name in one.names if name not in names)
        missing += tuple(item for item in one.missing if item not in missing)
        for part, merged in parts.items():
            for name, value in _part(one, part).items():
                if merged.setdefault(name, value) != value:
                    raise OntologyInvalid(
                        f"two ontologies ({', '.join(names)}) define {part[:-1]} {name!r} differently: rename one"
                    )
    return Ontology(names, parts["keys"], parts["types"], parts["predicates"], missing)


def _part(ontology: Ontology, part: str) -> Mapping[str, Any]:
    """The part of the ontology that holds keys, types or predicates."""
    return {"keys": ontology.keys, "types": ontology.types, "predicates": ontology.predicates}[part]


@functools.lru_cache(maxsize=64)
def together(core: Ontology, documents: tuple[str, ...]) -> Ontology:
    """Stored documents (JSON text) and the core read as one; remembered, since every view asks for it."""
    return merge([core, *(parse(json.loads(text), core=core) for text in documents)])


# --- reading the document ---------------------------------------------------------------------------------


def parse(document: Any, *, core: Ontology | None = None) -> Ontology:
    """Read an ontology document (see docs/dataset-files.md). Raises OntologyInvalid naming the place."""
    top = _mapping(document, "ontology file")
    _known(top, {"ontology", "version", "title", "keys", "types", "predicates", "missing"}, "ontology file")
    name = _text(top.get("ontology"), "ontology")
    keys = {k: _scheme(k, v) for k, v in _mapping(top.get("keys", {}), "keys").items()}
    types = {k: _type(k, v) for k, v in _mapping(top.get("types", {}), "types").items()}
    predicates = {k: _predicate(k, v) for k, v in _mapping(top.get("predicates", {}), "predicates").items()}
    missing = tuple(
        Missing(
            _words(_mapping(item, f"missing.{i}").get("words"), f"missing.{i}.words"),
            _text(item.get("says"), f"missing.{i}.says"),
        )
        for i, item in enumerate(_list(top.get("missing", []), "missing"))
    )
    _check_references(keys, types, predicates, reserved=core is not None)
    version = str(top.get("version", ""))
    own = Ontology((f"{name}@{version}" if version else name,), keys, types, predicates, missing)
    return merge([core, own]) if core else own


def _scheme(name: str, value: Any) -> KeyScheme:
    where = f"keys.{name}"
    entry = _mapping(value, where)
    _known(entry, {"spellings", "case"}, where)
    spellings = []
    for i, item in enumerate(_list(entry.get("spellings", []), f"{where}.spellings")):
        place = f"{where}.spellings.{i}"
        pair = _mapping(item, place)
        pattern, write = (
            _text(pair.get("pattern"), f"{place}.pattern"),
            _text(pair.get("write"), f"{place}.write"),
        )
        try:
            re.sub(pattern, write, "")
        except (re.error, IndexError) as exc:
            raise OntologyInvalid(f"{place}: not a regular expression and its replacement: {exc}") from exc
        spellings.append(Spelling(pattern, write))
    case = entry.get("case", "keep")
    if case not in ("upper", "lower", "keep"):
        raise OntologyInvalid(f"{where}.case: {case!r} is not upper, lower or keep")
    return KeyScheme(name, tuple(spellings), case)


def _type(name: str, value: Any) -> EntityType:
    where = f"types.{name}"
    entry = _mapping(value or {}, where)
    _known(entry, {"is", "key", "nouns", "full_name"}, where)
    return EntityType(
        name,
        parent=entry.get("is"),
        key=entry.get("key"),
        nouns=_words(entry.get("nouns", []), f"{where}.nouns"),
        full_name=_words(entry.get("full_name", []), f"{where}.full_name"),
    )


def _predicate(name: str, value: Any) -> Predicate:
    where = f"predicates.{name}"
    entry = _mapping(value, where)
    _known(entry, {"subject", "object", "value", "phrases", "inverse", "functional", "world"}, where)
    literal = entry.get("value")
    if (literal is None) == (entry.get("object") is None):
        raise OntologyInvalid(f"{where}: give either object (types) or value (a datatype)")
    if literal is not None and literal not in get_args(Datatype):
        raise OntologyInvalid(f"{where}.value: {literal!r} is not one of {', '.join(get_args(Datatype))}")
    world = entry.get("world", "open")
    if world not in get_args(World):
        raise OntologyInvalid(f"{where}.world: {world!r} is not open or closed")
    return Predicate(
        name,
        subjects=_words(entry.get("subject", []), f"{where}.subject"),
        objects=_words(entry.get("object", []), f"{where}.object"),
        value=cast("Datatype | None", literal),
        phrases=_words(entry.get("phrases", []), f"{where}.phrases"),
        inverse=_words(entry.get("inverse", []), f"{where}.inverse"),
        functional=bool(entry.get("functional", False)),
        world=world,
    )


def _check_references(
    keys: Mapping[str, KeyScheme],
    types: Mapping[str, EntityType],
    predicates: Mapping[str, Predicate],
    *,
    reserved: bool,
) -> None:
    """Every name that is used is defined, and looks as it must to be a label in a graph."""
    for what, names, pattern, form in (
        ("keys", keys, r"[a-z][a-z0-9_]{0,62}", "lower-case letters, digits and _"),
        ("types", types, r"[A-Z][A-Za-z0-9]{0,62}", "one CamelCase word"),
        ("predicates", predicates, r"[a-z][a-z0-9_]{0,62}", "lower-case letters, digits and _"),
    ):
        for name in names:
            if not re.fullmatch(pattern, name):
                raise OntologyInvalid(f"{what}.{name}: the name has to be {form}")
    for entity_type in types.values():
        _check_type(entity_type, keys, types, predicates)
    for name, predicate in predicates.items():
        if reserved and name in RESERVED:
            raise OntologyInvalid(f"predicates.{name}: the name is reserved (core ontology)")
        if not predicate.subjects and name not in IDENTITY:
            raise OntologyInvalid(f"predicates.{name}.subject: missing")
        for type_name in (*predicate.subjects, *predicate.objects):
            if type_name != ANY and type_name not in types:
                raise OntologyInvalid(f"predicates.{name}: no type {type_name!r}")


def _check_type(
    entity_type: EntityType,
    keys: Mapping[str, KeyScheme],
    types: Mapping[str, EntityType],
    predicates: Mapping[str, Predicate],
) -> None:
    where = f"types.{entity_type.name}"
    if entity_type.key is not None and entity_type.key not in keys:
        raise OntologyInvalid(f"{where}.key: no key scheme {entity_type.key!r} under keys")
    seen, current = {entity_type.name}, entity_type.parent
    while current is not None:
        if current not in types or current in seen:
            raise OntologyInvalid(f"{where}.is: no type {current!r}, or it leads back to itself")
        seen.add(current)
        current = types[current].parent
    for predicate in entity_type.full_name:
        if predicate not in predicates:
            raise OntologyInvalid(f"{where}.full_name: no predicate {predicate!r}")


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise OntologyInvalid(f"{where}: expected names with values, found {type(value).__name__}")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise OntologyInvalid(f"{where}: expected a list, found {type(value).__name__}")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise OntologyInvalid(f"{where}: expected text, found {value!r}")
    return value


def _words(value: Any, where: str) -> tuple[str, ...]:
    """A text or a list of texts."""
    return tuple(_text(item, where) for item in ([value] if isinstance(value, str) else _list(value, where)))


def _known(entry: Mapping[str, Any], allowed: set[str], where: str) -> None:
    if unknown := sorted(set(entry) - allowed):
        raise OntologyInvalid(f"{where}: unknown field {unknown[0]!r}; known are {', '.join(sorted(allowed))}")
