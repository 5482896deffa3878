"""A first dataset file and ontology for a file, from its own fields and values. A person goes on from there."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kg.errors import MappingInvalid, SourceUnreadable
from loaders.dataset import Options
from loaders.fields import (
    ALIAS_NAMES,
    CORE,
    KEY_NAMES,
    NAME_NAMES,
    RECORDS,
    Field,
    describe,
    free_scheme,
    is_noun,
    singular,
    words_of,
)
from loaders.guess import format_of
from loaders.inputs import open_unpacked
from loaders.readers import SHEET, Record, reader_for

MOST_KINDS = 40
"""Kinds of records told apart."""
DATASET_HEAD = """# A draft: say who publishes it, under which licence and classification; then `whence load --check`.
"""
ONTOLOGY_HEAD = """# A draft: give types and predicates the words people use for them, in both directions.
"""
KINDS = ("@type", "kind", "type", SHEET)
"""Fields that say what a record is, where files have several kinds."""
LANGUAGE = re.compile(r"\w@\w")
"""In the name of a field of RDF: values of one language."""
MOST_TOGETHER = 8
SHOWN = 3
"""Values that a note shows."""
ADDRESS = re.compile(r"[a-z][a-z0-9+]+:/")
"""Of a database, as a path holds it; it may have a password in it."""
DOCUMENTS = ("markdown", "text")
"""Formats of which the records are parts of a document; what these are is the same in all."""


@dataclass(frozen=True)
class Draft:
    """The two documents, and what a person should look at."""

    dataset: dict[str, Any]
    ontology: dict[str, Any]
    notes: list[str]


def draft(path: Path) -> Draft:
    """Look at the beginning of a file. Raises SourceUnreadable when its format is not known or it has no records."""
    if ADDRESS.match(str(path)):
        raise SourceUnreadable("cannot draft from a database: write the dataset file by hand, with `format: sql`")
    try:
        format_, options = format_of(path)
        with contextlib.closing(open_unpacked(path)) as opened:
            records = list(itertools.islice(reader_for(format_)(opened.bytes, Options(**options)), RECORDS))
    except SourceUnreadable as exc:
        raise SourceUnreadable(f"cannot draft from {str(path)!r}: {exc}") from exc
    usable = [record for record in records if record.problem is None and record.fields]
    if not usable:
        first = f"; {records[0].locator}: {records[0].problem}" if records and records[0].problem else ""
        raise SourceUnreadable(f"cannot draft from {str(path)!r}: no record could be read as {format_}{first}")
    words = words_of(_stem(path))
    version = "-".join(word for word in words if word.isdigit())
    name = [word for word in words if not word.isdigit()] or ["data"]
    drafter = _Drafter(name, version or "1", path.name, format_, options)
    return drafter.documents() if format_ in DOCUMENTS else drafter.draft(usable)


def write(found: Draft, folder: Path) -> list[Path]:
    """Write both files into the folder, over none that is there. Raises MappingInvalid."""
    name = found.dataset["dataset"]
    own = folder / f"{name}.yml"
    if own.name in found.dataset["files"]:
        own = folder / f"{name}-dataset.yml"
    ontology = folder / f"{name}-ontology.yml"
    return write_documents((own, found.dataset, DATASET_HEAD), (ontology, found.ontology, ONTOLOGY_HEAD))


def write_documents(*documents: tuple[Path, dict[str, Any], str]) -> list[Path]:
    """Write each document with what stands first, over no file that is there. Raises MappingInvalid."""
    for path, document, first in documents:
        text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
        try:
            with path.open("x", encoding="utf-8") as out:
                out.write(f"{first}{text}")
        except OSError as exc:
            raise MappingInvalid(
                f"cannot write {str(path)!r}: {exc.strerror or exc}: give another folder with --out"
            ) from exc
    return [path for path, *_ in documents]


class _Drafter:
    """Makes the documents of one file."""

    def __init__(self, name: list[str], version: str, file: str, format_: str, options: dict[str, Any]) -> None:
        self._name = name
        self._notes: list[str] = []
        self._keys: dict[str, set[str]] = {}
        """Of each type, the keys of its records."""
        self._ontology: dict[str, Any] = {
            "ontology": "-".join(name), "version": "1", "title": " ".join(name).capitalize(),
            "keys": {}, "types": {}, "predicates": {},
        }  # fmt: skip
        self._dataset: dict[str, Any] = {
            "dataset": "-".join(name), "version": version, "title": " ".join(name).capitalize(),
            "publisher": "unknown", "licence": "unknown", "classification": "internal",
            "ontology": "-".join(name), "files": [file], "format": format_,
            **({"options": options} if options else {}),
            "map": [],
        }  # fmt: skip

    def draft(self, records: list[Record]) -> Draft:
        kind, groups = _by_kind(records)
        kinds = [_Kind.of(value, members, self._name) for value, members in groups.items()]
        for one in kinds:
            if one.key is None:
                self._notes.append(f"{one.type}: no field is there and different in every record: look at its key")
            self._keys.setdefault(one.type, set()).update(one.fields[one.key].values if one.key else ())
        ignored: set[str] = set()
        for one in kinds:
            ignored |= self._entry(kind, one)
        if ignored:
            self._dataset["ignore"] = sorted(ignored)
        self._dataset["expect"] = {"rejected": 0.02}
        return Draft(self._dataset, self._ontology, self._notes)

    def documents(self) -> Draft:
        """A document, its sections, and its passages word for word."""
        names = {"document": "Document", "section": "Section", "text_passage": "TextPassage"}
        self._ontology["keys"] = {scheme: free_scheme() for scheme in names}
        self._ontology["types"] = {
            name: {"key": scheme, "nouns": [scheme.replace("_", " ")]} for scheme, name in names.items()
        }
        self._ontology["types"]["TextPassage"] = {"is": "Passage"} | self._ontology["types"]["TextPassage"]
        self._ontology["predicates"]["part_of"] = {
            "subject": ["Section", "TextPassage"],
            "object": ["Document", "Section"],
            "phrases": ["part of", "in"],
            "inverse": ["contains", "has"],
        }
        self._dataset["map"] = [
            {"when": {"kind": "document"}, "entity": {"type": "Document", "key": "@file", "name": ["title", "@file"]}},
            {
                "when": {"kind": "section"},
                "entity": {"type": "Section", "key": "= {@file}#{section}", "name": "heading"},
                "facts": [_part_of("Document", "@file"), _part_of("Section", "= {@file}#{parent}")],
            },
            {
                "when": {"kind": ["paragraph", "item", "quote", "row", "code", "html"]},
                "entity": {"type": "TextPassage", "key": "= {@file}#{place}"},
                "facts": [
                    {"predicate": "passage", "value": "text"},
                    _part_of("Document", "@file"),
                    _part_of("Section", "= {@file}#{section}"),
                ],
            },
        ]
        return Draft(self._dataset, self._ontology, self._notes)

    def _entry(self, kind: str | None, one: _Kind) -> set[str]:
        """Add the type, the predicates and the mapping of one kind of record; gives the fields left out."""
        scheme = "_".join(one.words)
        self._ontology["keys"][scheme] = free_scheme()
        self._ontology["types"][one.type] = {"key": scheme, "nouns": [" ".join(one.words)]}
        names = [
            n
            for n in one.fields
            if NAME_NAMES.match(n.removesuffix(".text")) and n != one.key and not one.fields[n].many
        ]
        aliases = [name for name in one.fields if name == "@labels" or ALIAS_NAMES.match(name)]
        entity: dict[str, Any] = {"type": one.type, "key": one.key_path}
        entity |= {"name": names[0]} if names else {}
        entity |= {"aliases": [_listed(name, one.fields[name]) for name in aliases]} if aliases else {}
        rest = {n: found for n, found in one.fields.items() if n not in {one.key, kind, "@id", *names[:1], *aliases}}
        mapped = {n for n, found in rest.items() if found.values and not found.nested and not LANGUAGE.search(n)}
        facts = [self._fact(one, name, rest[name]) for name in rest if name in mapped]
        entry: dict[str, Any] = {"when": {kind: one.value}} if kind and one.value else {}
        self._dataset["map"].append(entry | {"entity": entity, **({"facts": facts} if facts else {})})
        used = {one.fields[name].top for name in (one.key, *names[:1], *aliases, *mapped) if name}
        return one.names - used

    def _fact(self, one: _Kind, name: str, found: Field) -> dict[str, Any]:
        words = words_of(name) or ["value"]
        if "_".join(words) in CORE:
            words = [*one.words, *words]
        predicate = "_".join(words)
        said = self._ontology["predicates"].setdefault(predicate, {"subject": [], "phrases": [" ".join(words)]})
        if one.type not in said["subject"]:
            said["subject"].append(one.type)
        target = self._referred_to(found)
        if target is not None and said.get("object", target) == target and "value" not in said:
            said["object"] = target
            if is_noun(words, found) and (phrases := said.pop("phrases", None)):
                said["roles"] = phrases
            return {"predicate": predicate, "object": {"type": target, "key": _listed(name, found)}}
        if "object" in said:
            predicate = f"{predicate}_text"
            said = self._ontology["predicates"].setdefault(predicate, {"subject": [one.type], "phrases": []})
        describe(said, words, found)
        if found.nearly is not None:
            datatype, few = found.nearly
            told = ", ".join(repr(value[:40]) for value in few[:SHOWN])
            more = "" if len(few) <= SHOWN else f" and {len(few) - SHOWN} more"
            self._notes.append(f"{name}: drafted as text; all values are of datatype {datatype} but {told}{more}")
        return {"predicate": predicate, "value": _listed(name, found)}

    def _referred_to(self, found: Field) -> str | None:
        """The type whose keys the values are."""
        parts = {part for value in found.values for part in _parts(value, found.separator)}
        for name, keys in self._keys.items():
            if parts and parts <= keys:
                return name
        return None


@dataclass(frozen=True)
class _Kind:
    """The records of one kind, and what each field of them holds."""

    value: str | None
    words: list[str]
    type: str
    key: str | None
    key_path: str
    names: set[str]
    """Of all fields of the records."""
    fields: dict[str, Field]

    @staticmethod
    def of(value: str | None, records: list[dict[str, Any]], name: list[str]) -> _Kind:
        fields: dict[str, Field] = defaultdict(Field)
        for record in records:
            for path, top, member in _flat(record):
                if top != SHEET:
                    fields[path].see(member)
                    fields[path].top = top
        key = _key(fields, len(records))
        words = singular(words_of(value) if value else name)
        type_name = "".join(word.capitalize() for word in words)
        key_path = key or _together(records, fields)
        return _Kind(
            value, words, type_name, key, key_path, {name for one in records for name in one} - {SHEET}, dict(fields)
        )


def _part_of(type_name: str, key: str) -> dict[str, Any]:
    return {"predicate": "part_of", "object": {"type": type_name, "key": key}}


def _by_kind(records: list[Record]) -> tuple[str | None, dict[str | None, list[dict[str, Any]]]]:
    """The field that tells kinds of records apart, if one does, and the records by it."""
    for name in KINDS:
        groups: dict[str | None, list[dict[str, Any]]] = defaultdict(list)
        for record in records:
            given = record.fields.get(name)
            first = given[0] if isinstance(given, list) and given else given
            if not isinstance(first, str):
                break
            groups[first].append(record.fields)
        else:
            if len(groups) <= MOST_KINDS and (name != SHEET or len(groups) > 1):
                return name, dict(groups)
    return None, {None: [record.fields for record in records]}


def _key(fields: Mapping[str, Field], records: int) -> str | None:
    """The field that names a record: there, single and different in each; one called so first, else the first."""
    fit = [
        name
        for name, found in fields.items()
        if found.filled == len(found.values) == records and not found.many and not found.nested
    ]
    return next((name for name in fit if name == "@id"), None) or next(
        (name for name in fit if KEY_NAMES.search(name)), fit[0] if fit else None
    )


def _together(records: list[dict[str, Any]], fields: Mapping[str, Field]) -> str:
    """The first fields that are different in every record when taken together; all of them where none are."""
    fit = [name for name, found in fields.items() if found.filled == len(records) and not found.many]
    fit = [name for name in fit if not fields[name].nested and '"' not in name][:MOST_TOGETHER] or [next(iter(fields))]
    flats = [{path: value for path, _, value in _flat(record)} for record in records]
    for count in (2, 3):
        for names in itertools.combinations(fit, count):
            if len({tuple(str(flat.get(name)) for name in names) for flat in flats}) == len(records):
                return _made_of(names)
    return _made_of(fit)


def _made_of(names: Iterable[str]) -> str:
    return f"= {' '.join(f'{{{name}}}' for name in names)}"


def _flat(record: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Paths, the field each starts from, and values; of objects inside, one level down, those with plain values."""
    for name, value in record.items():
        members = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]
        if not members:
            yield _path(name), name, value
        for inner in dict.fromkeys(key for one in members for key in one):
            found = [one[inner] for one in members if isinstance(one.get(inner), str | int | float)]
            if found:
                yield f"{_path(name)}.{_path(inner)}", name, found


def _parts(value: str, separator: str | None) -> list[str]:
    return [part.strip() for part in value.split(separator)] if separator else [value]


def _listed(name: str, found: Field) -> str:
    """The path of a field that may hold a list in one cell."""
    return f"{name} | split {found.separator}" if found.separator else name


def _path(name: str) -> str:
    """The path of a field; quoted where its name has characters that paths use."""
    return name if re.fullmatch(r"[\w@:/ -]+", name) else f'"{name}"'


def _stem(path: Path) -> str:
    name = path.name.removesuffix(".gz")
    return name.rpartition(".")[0] or name
