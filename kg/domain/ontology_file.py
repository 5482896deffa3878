"""Reading ontology documents (docs/dataset-files.md), with errors that name the place."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from typing import Any, cast, get_args

from kg.domain.fact import IDENTITY, Datatype
from kg.domain.ontology import (
    ANY,
    RESERVED,
    Concept,
    DecisionTable,
    EntityType,
    Hit,
    KeyScheme,
    Missing,
    Ontology,
    Predicate,
    Spelling,
    Step,
    TableInput,
    World,
    merge,
)
from kg.errors import OntologyInvalid

Values = tuple[tuple[str, tuple[str, ...]], ...]


@functools.lru_cache(maxsize=64)
def together(core: Ontology, documents: tuple[str, ...]) -> Ontology:
    """Stored documents (JSON text) and the core read as one; remembered, since every view asks for it."""
    return merge([core, *(parse(json.loads(text), core=core) for text in documents)])


def parse(document: Any, *, core: Ontology | None = None) -> Ontology:
    """Read an ontology document. Raises OntologyInvalid naming the place."""
    top = _mapping(document, "ontology file")
    allowed = {"ontology", "version", "title", "keys", "types", "predicates", "concepts", "tables", "missing"}
    _known(top, allowed, "ontology file")
    name = _text(top.get("ontology"), "ontology")
    version = str(top.get("version", ""))
    own = Ontology(
        (f"{name}@{version}" if version else name,),
        keys={k: _scheme(k, v) for k, v in _mapping(top.get("keys", {}), "keys").items()},
        types={k: _type(k, v) for k, v in _mapping(top.get("types", {}), "types").items()},
        predicates={k: _predicate(k, v) for k, v in _mapping(top.get("predicates", {}), "predicates").items()},
        concepts={k: _concept(k, v) for k, v in _mapping(top.get("concepts", {}), "concepts").items()},
        tables={k: _table(k, v) for k, v in _mapping(top.get("tables", {}), "tables").items()},
        missing=tuple(_missing(i, item) for i, item in enumerate(_list(top.get("missing", []), "missing"))),
    )
    _check_names(own, reserved=core is not None)
    whole = merge([core, own]) if core else own
    _check_references(own, whole)
    return whole


# --- the parts ------------------------------------------------------------------------------------------------


def _scheme(name: str, value: Any) -> KeyScheme:
    where = f"keys.{name}"
    entry = _mapping(value, where)
    _known(entry, {"spellings", "case", "free"}, where)
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
    return KeyScheme(name, tuple(spellings), case, free=bool(entry.get("free", False)))


def _type(name: str, value: Any) -> EntityType:
    where = f"types.{name}"
    entry = _mapping(value or {}, where)
    _known(entry, {"is", "key", "nouns", "titles", "full_name", "asks", "default", "everyday"}, where)
    return EntityType(
        name,
        parent=entry.get("is"),
        key=entry.get("key"),
        nouns=_words(entry.get("nouns", []), f"{where}.nouns"),
        titles=_words(entry.get("titles", []), f"{where}.titles"),
        full_name=_words(entry.get("full_name", []), f"{where}.full_name"),
        asks=_words(entry.get("asks", []), f"{where}.asks"),
        default=bool(entry.get("default", False)),
        everyday=bool(entry.get("everyday", False)),
    )


_PHRASES = ("phrases", "inverse", "negative", "inverse_negative", "roles", "inverse_roles", "asks")
_MARKS = ("functional", "symmetric", "default", "explained", "repeat")


def _predicate(name: str, value: Any) -> Predicate:
    where = f"predicates.{name}"
    entry = _mapping(value, where)
    derived = {"along", "during", "holds", "fails"}
    _known(
        entry, {"subject", "object", "between", "value", "values", "unit", "world", *_PHRASES, *_MARKS, *derived}, where
    )
    literal = entry.get("value")
    if (literal is None) == (entry.get("object") is None):
        raise OntologyInvalid(f"{where}: give either object (types) or value (a datatype)")
    if literal is not None and literal not in get_args(Datatype):
        raise OntologyInvalid(f"{where}.value: {literal!r} is not one of {', '.join(get_args(Datatype))}")
    world = entry.get("world", "open")
    if world not in get_args(World):
        raise OntologyInvalid(f"{where}.world: {world!r} is not open or closed")
    during = _words(entry.get("during", []), f"{where}.during")
    if len(during) not in (0, 2):
        raise OntologyInvalid(f"{where}.during: expected the predicates of the first and of the last day")
    phrases: dict[str, Any] = {part: _words(entry.get(part, []), f"{where}.{part}") for part in _PHRASES}
    marks: dict[str, Any] = {mark: bool(entry.get(mark, False)) for mark in _MARKS}
    return Predicate(
        name,
        subjects=_words(entry.get("subject", []), f"{where}.subject"),
        objects=_words(entry.get("object", []), f"{where}.object"),
        between=tuple(
            (subject, _words(objects, f"{where}.between.{subject}"))
            for subject, objects in _mapping(entry.get("between", {}), f"{where}.between").items()
        ),
        value=cast("Datatype | None", literal),
        world=world,
        unit=_text(entry["unit"], f"{where}.unit") if "unit" in entry else None,
        values=_values(entry.get("values", {}), f"{where}.values"),
        along=tuple(_step(step) for step in _words(entry.get("along", []), f"{where}.along")),
        during=cast("tuple[str, str] | None", during or None),
        holds=_plans(entry.get("holds", []), f"{where}.holds"),
        fails=_plans(entry.get("fails", []), f"{where}.fails"),
        **phrases,
        **marks,
    )


def _step(text: str) -> Step:
    """``name``, or ``^name`` for the step from object to subject."""
    return (text[1:], "in") if text.startswith("^") else (text, "out")


def _concept(name: str, value: Any) -> Concept:
    where = f"concepts.{name}"
    entry = _mapping(value, where)
    _known(entry, {"of", "plan", "none", "nouns", "adjectives"}, where)
    return Concept(
        name,
        of=_text(entry.get("of"), f"{where}.of"),
        plan=_plan(entry.get("plan"), f"{where}.plan"),
        none=bool(entry.get("none", False)),
        nouns=_words(entry.get("nouns", []), f"{where}.nouns"),
        adjectives=_words(entry.get("adjectives", []), f"{where}.adjectives"),
    )


def _table(name: str, value: Any) -> DecisionTable:
    where = f"tables.{name}"
    entry = _mapping(value, where)
    _known(entry, {"of", "rules", "outcome", "nouns", "inputs", "hit"}, where)
    if (hit := entry.get("hit", "first")) not in get_args(Hit):
        raise OntologyInvalid(f"{where}.hit: {hit!r} is none of {', '.join(get_args(Hit))}")
    inputs = []
    for key, item in _mapping(entry.get("inputs"), f"{where}.inputs").items():
        place = f"{where}.inputs.{key}"
        given = _mapping(item, place)
        _known(given, {"column", "plan", "predicate", "phrases", "values"}, place)
        inputs.append(
            TableInput(
                key,
                column=_text(given.get("column"), f"{place}.column"),
                plan=_plan(given["plan"], f"{place}.plan") if "plan" in given else None,
                predicate=given.get("predicate"),
                phrases=_words(given.get("phrases", []), f"{place}.phrases"),
                values=_values(given.get("values", {}), f"{place}.values"),
            )
        )
    return DecisionTable(
        name,
        of=_text(entry.get("of"), f"{where}.of"),
        rules=_text(entry.get("rules"), f"{where}.rules"),
        outcome=_text(entry.get("outcome"), f"{where}.outcome"),
        inputs=tuple(inputs),
        nouns=_words(entry.get("nouns", []), f"{where}.nouns"),
        hit=hit,
    )


def _missing(number: int, value: Any) -> Missing:
    entry = _mapping(value, f"missing.{number}")
    return Missing(
        _words(entry.get("words"), f"missing.{number}.words"), _text(entry.get("says"), f"missing.{number}.says")
    )


# --- references -------------------------------------------------------------------------------------------------


def _check_names(own: Ontology, *, reserved: bool) -> None:
    """Every name looks as it must to be a label in a graph, and is none of the core's."""
    for what, names, pattern, form in (
        ("keys", own.keys, r"[a-z][a-z0-9_]{0,62}", "lower-case letters, digits and _"),
        ("types", own.types, r"[A-Z][A-Za-z0-9]{0,62}", "one CamelCase word"),
        ("predicates", own.predicates, r"[a-z][a-z0-9_]{0,62}", "lower-case letters, digits and _"),
    ):
        for name in names:
            if not re.fullmatch(pattern, name):
                raise OntologyInvalid(f"{what}.{name}: the name has to be {form}")
    for name in (*own.predicates, *own.types) if reserved else ():
        if name in RESERVED:
            what = "predicates" if name in own.predicates else "types"
            raise OntologyInvalid(f"{what}.{name}: the name is reserved (core ontology)")


def _check_references(own: Ontology, whole: Ontology) -> None:
    """Every name that is used is defined, here or in the core."""
    for entity_type in own.types.values():
        _check_type(entity_type, whole)
    for name, predicate in own.predicates.items():
        _check_predicate(name, predicate, whole)
    for concept in own.concepts.values():
        if concept.of not in whole.types:
            raise OntologyInvalid(f"concepts.{concept.name}.of: no type {concept.of!r}")
    for table in own.tables.values():
        _check_table(table, whole)


def _check_predicate(name: str, predicate: Predicate, own: Ontology) -> None:
    if not predicate.subjects and name not in IDENTITY:
        raise OntologyInvalid(f"predicates.{name}.subject: missing")
    paired = (type_name for subject, objects in predicate.between for type_name in (subject, *objects))
    for type_name in (*predicate.subjects, *predicate.objects, *paired):
        if type_name != ANY and type_name not in own.types:
            raise OntologyInvalid(f"predicates.{name}: no type {type_name!r}")
    for used in (*(step for step, _ in predicate.along), *(predicate.during or ())):
        if used not in own.predicates or own.predicates[used].derived:
            raise OntologyInvalid(f"predicates.{name}: {used!r} is no recorded predicate")


def _check_table(table: DecisionTable, own: Ontology) -> None:
    where = f"tables.{table.name}"
    for field, type_name in (("of", table.of), ("rules", table.rules)):
        if type_name not in own.types:
            raise OntologyInvalid(f"{where}.{field}: no type {type_name!r}")
    used = [("outcome", table.outcome)]
    for item in table.inputs:
        used += [(f"inputs.{item.name}.column", item.column)]
        used += [(f"inputs.{item.name}.predicate", item.predicate)] if item.predicate else []
    for field, predicate in used:
        if predicate not in own.predicates or own.predicates[predicate].value is None:
            raise OntologyInvalid(f"{where}.{field}: no literal predicate {predicate!r}")


def _check_type(entity_type: EntityType, own: Ontology) -> None:
    where = f"types.{entity_type.name}"
    if entity_type.key is not None and entity_type.key not in own.keys:
        raise OntologyInvalid(f"{where}.key: no key scheme {entity_type.key!r} under keys")
    seen, current = {entity_type.name}, entity_type.parent
    while current is not None:
        if current not in own.types or current in seen:
            raise OntologyInvalid(f"{where}.is: no type {current!r}, or it leads back to itself")
        seen.add(current)
        current = own.types[current].parent
    for predicate in entity_type.full_name:
        if predicate not in own.predicates:
            raise OntologyInvalid(f"{where}.full_name: no predicate {predicate!r}")


# --- values -------------------------------------------------------------------------------------------------------


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


def _values(value: Any, where: str) -> Values:
    """Values with their phrases."""
    return tuple((name, _words(phrases or [], f"{where}.{name}")) for name, phrases in _mapping(value, where).items())


def _plan(value: Any, where: str) -> str:
    return json.dumps(_mapping(value, where), sort_keys=True)


def _plans(value: Any, where: str) -> tuple[str, ...]:
    return tuple(_plan(item, f"{where}.{i}") for i, item in enumerate(_list(value, where)))


def _known(entry: Mapping[str, Any], allowed: set[str], where: str) -> None:
    if unknown := sorted(set(entry) - allowed):
        raise OntologyInvalid(f"{where}: unknown field {unknown[0]!r}; known are {', '.join(sorted(allowed))}")
