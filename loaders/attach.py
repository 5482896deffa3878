"""A first attachment file and ontology for a Neo4j graph that others made. A person goes on from there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg.errors import SourceUnreadable
from kg.ports.attachable import GraphSketch, LabelSketch, RelationshipSketch
from loaders.draft import ONTOLOGY_HEAD, write_documents
from loaders.fields import ALIAS_NAMES, CORE, KEY_NAMES, Field, describe, free_scheme, singular, words_of

HEAD = """# A draft: say what the database is and who may see it; then `whence --store attached:THIS_FILE ask "..."`.
# Whence only reads it. A node is of the first of these types whose label it has.
"""
MANY_NODES = 10_000
"""Nodes of a label beyond which a key that no index finds is not worth its search."""
READ_NAMES = 50_000
"""Nodes of a label whose names are read where no full-text index finds them."""
LONGEST_LIST = 50
"""Members of a list; longer ones are vectors and the like."""
NAMES = ("name", "title", "label")
FIRST_DAY = re.compile(r"^(since|from|(valid|start|begin)(ed|s)?([_ ]?(from|date|on))?)$", re.IGNORECASE)
LAST_DAY = re.compile(r"^(until|till|to|(valid|end)(ed|s)?([_ ]?(to|until|date|on))?)$", re.IGNORECASE)


@dataclass(frozen=True)
class Attached:
    """The two documents, and what a person should look at."""

    attachment: dict[str, Any]
    ontology: dict[str, Any]
    notes: list[str]


def draft_attachment(found: GraphSketch, address: str, name: str) -> Attached:
    """Draft both documents. Raises SourceUnreadable when the database has no labelled nodes."""
    if not found.labels:
        raise SourceUnreadable(f"{address!r} has no nodes with a label")
    return _Drafter(found, address, re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "graph").draft()


def write(found: Attached, folder: Path) -> list[Path]:
    """Write both files into the folder, over none that is there. Raises MappingInvalid."""
    name = found.attachment["attach"]
    ontology = folder / found.attachment["ontology"]
    return write_documents((folder / f"{name}.yml", found.attachment, HEAD), (ontology, found.ontology, ONTOLOGY_HEAD))


class _Drafter:
    """Makes the documents of one database."""

    def __init__(self, found: GraphSketch, address: str, name: str) -> None:
        self._found = found
        self._labels = {one.label: one for one in found.labels}
        self._notes: list[str] = []
        self._types: dict[str, str] = {}
        """Name of the type of each label."""
        self._attachment: dict[str, Any] = {
            "attach": name, "database": address, "title": name.replace("-", " ").capitalize(), "publisher": "unknown",
            "licence": "unknown", "classification": "internal", "ontology": f"{name}-ontology.yml",
            "types": {}, "predicates": {},
        }  # fmt: skip
        self._ontology: dict[str, Any] = {
            "ontology": name, "version": "1", "title": name.replace("-", " ").capitalize(),
            "keys": {}, "types": {}, "predicates": {},
        }  # fmt: skip

    def draft(self) -> Attached:
        above = {label: self._above(label) for label in self._labels}
        order = sorted(self._labels, key=lambda label: (-len(above[label]), label))
        for label in order:
            self._types[label] = self._free(_type_name(label), self._types.values())
        for label in order:
            self._type(self._labels[label], above)
        # From the top, so that a property of a type is not said of the types below it again.
        for label in reversed(order):
            self._properties(self._labels[label], above[label])
        for one in self._found.relationships:
            self._relation(one, order)
        return Attached(self._attachment, self._ontology, self._notes)

    def _above(self, label: str) -> set[str]:
        """Labels of which this one is a kind; of two that always stand together the first is."""
        found = self._labels[label].above & set(self._labels)
        return {one for one in found if label not in self._labels[one].above or one < label}

    @staticmethod
    def _free(name: str, taken: Iterable[str]) -> str:
        held = set(taken)
        return next(one for one in (name, *(f"{name[:58]}{n}" for n in range(2, 10_000))) if one not in held)

    # --- types ---

    def _type(self, one: LabelSketch, above: Mapping[str, set[str]]) -> None:
        name = self._types[one.label]
        words = singular(words_of(one.label))
        said: dict[str, Any] = {"nouns": [" ".join(words)]}
        said |= {"asks": ["who"]} if words == ["person"] else {}
        top = min(above[one.label], key=lambda label: (len(above[label]), label), default=one.label)
        if above[one.label]:
            nearest = max(above[one.label], key=lambda label: (len(above[label]), label))
            said = {"is": self._types[nearest], **said}
        else:
            scheme = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
            self._ontology["keys"][scheme] = free_scheme()
            said = {"key": scheme, **said}
        self._ontology["types"][name] = said
        root = self._labels[top]
        key, named = self._key(root, note=root is one), _named(root) or _named(one)
        entry: dict[str, Any] = {"label": one.label}
        entry |= {"key": key} if key else {}
        entry |= {"name": named} if named else {}
        aliases = [path for path in _fields(one) if ALIAS_NAMES.match(path)]
        self._attachment["types"][name] = entry | ({"aliases": aliases} if aliases else {})
        names = [each for each in (named, *aliases) if each]
        if names and one.count > READ_NAMES and not {(one.label, each) for each in names} <= set(self._found.fulltext):
            self._notes.append(
                f"{name}: names of the first {READ_NAMES:,} of {one.count:,} nodes are found; all of them with "
                f"CREATE FULLTEXT INDEX FOR (n:`{one.label}`) ON EACH [{', '.join(f'n.`{each}`' for each in names)}]"
            )

    def _key(self, one: LabelSketch, *, note: bool) -> str | None:
        """The property that is the key, else none: the element id is."""
        indexed = [name for name in one.unique if name in one.indexed]
        called = [name for name in one.unique if KEY_NAMES.search(name) or words_of(name)[-1:] == ["id"]]
        named = [name for name in one.unique if name == _named(one)]
        key = next(iter((*indexed, *called, *named, *one.unique)), None)
        if key is None or (key not in one.indexed and one.count > MANY_NODES):
            said = "no property has another value in each node" if key is None else f"no index finds {key!r}"
            if note:
                self._notes.append(f"{self._types[one.label]}: {said}: its key is the element id")
            return None
        if key not in one.indexed and note:
            self._notes.append(
                f"{self._types[one.label]}: no index finds its key {key!r}: each look-up reads all nodes"
            )
        return key

    # --- predicates ---

    def _properties(self, one: LabelSketch, above: set[str]) -> None:
        """Literal predicates of what the nodes hold, save what says what they are."""
        entry = self._attachment["types"][self._types[one.label]]
        own = {entry.get("key"), entry.get("name"), *entry.get("aliases", [])}
        for path, found in _fields(one).items():
            if path in own or not found.values:
                continue
            if any(isinstance(node.get(path), list) and len(node[path]) > LONGEST_LIST for node in one.sample):
                self._notes.append(f"{self._types[one.label]}: {path!r} holds long lists and is left out")
                continue
            words = words_of(path) or ["value"]
            name = self._predicate(
                "property", path, words if "_".join(words) not in CORE else [*words_of(one.label), *words]
            )
            said = self._ontology["predicates"].setdefault(name, {"subject": []})
            if not {self._types[label] for label in above} & set(said["subject"]):
                said["subject"].append(self._types[one.label])
            describe(said, words, found)

    def _predicate(self, kind: str, text: str, words: list[str]) -> str:
        """The name of the predicate that this property or relationship type is."""
        held: dict[str, dict[str, Any]] = self._attachment["predicates"]
        for name, entry in held.items():
            if entry.get(kind) == text:
                return name
        plain = "_".join(words)[:60]
        name = self._free(plain if re.match(r"[a-z]", plain) else f"{kind}_{plain}".rstrip("_"), (*held, *CORE))
        held[name] = {kind: text}
        return name

    def _relation(self, one: RelationshipSketch, order: list[str]) -> None:
        pairs = dict.fromkeys((self._first(start, order), self._first(end, order)) for start, end in one.ends)
        typed = [(start, end) for start, end in pairs if start and end]
        if not typed:
            return
        words = words_of(one.type)
        name = self._predicate("relationship", one.type, words)
        subjects, objects = (list(dict.fromkeys(ends)) for ends in zip(*typed, strict=True))
        said: dict[str, Any] = {"subject": subjects, "object": objects}
        if len(typed) < len(subjects) * len(objects):
            said["between"] = {start: [end for first, end in typed if first == start] for start in subjects}
        self._ontology["predicates"][name] = said | _phrases(words)
        fields = _members(one.sample)
        days = {
            end: path
            for end, form in (("from", FIRST_DAY), ("to", LAST_DAY))
            for path, found in fields.items()
            if form.match(path) and found.datatype == "date" and found.values
        }
        if days:
            self._attachment["predicates"][name]["valid"] = days
        if rest := sorted(set(fields) - set(days.values())):
            self._notes.append(f"{name}: {', '.join(rest)} of its relationships cannot be said and is left out")

    def _first(self, labels: frozenset[str], order: list[str]) -> str | None:
        return next((self._types[label] for label in order if label in labels), None)


def _type_name(label: str) -> str:
    name = "".join(word.capitalize() for word in singular(words_of(label)))[:60] if words_of(label) else ""
    return name if re.match(r"[A-Z]", name) else f"Type{name}"


def _fields(one: LabelSketch) -> dict[str, Field]:
    return _members(one.sample)


def _members(sample: Iterable[Mapping[str, Any]]) -> dict[str, Field]:
    """What each property holds, by its name."""
    fields: dict[str, Field] = {}
    for node in sample:
        for path, value in node.items():
            fields.setdefault(path, Field()).see(value)
    return dict(sorted(fields.items()))


def _named(one: LabelSketch) -> str | None:
    """The property with the name: one called so, that most of the nodes have as text."""
    fields = {
        path: found
        for path, found in _fields(one).items()
        if 2 * found.filled > len(one.sample) and words_of(path)[-1:] and words_of(path)[-1] in NAMES and not found.many
    }
    return min(
        fields, key=lambda path: (path.lower() not in NAMES, NAMES.index(words_of(path)[-1]), path), default=None
    )


def _phrases(words: list[str]) -> dict[str, list[str]]:
    """What people say of it, in both directions where the words tell."""
    said = " ".join(words)
    if not words:
        return {}
    if words[-1] == "by" and len(words) > 1:
        return {"phrases": [said], "inverse": [" ".join(words[:-1])]}
    if len(words) == 1 and said.endswith("ed"):
        return {"phrases": [said], "inverse": [f"{said} by"]}
    return {"phrases": [said]}
