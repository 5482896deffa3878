"""OSCAL documents in JSON, YAML or XML (NIST OSCAL 1.x), told apart by their first character.

A catalog gives records of ``kind`` ``group`` and ``control`` (a control carries the ids of its ``group`` and, if it is
an enhancement, of its ``parent``). A profile gives one of ``kind`` ``select`` for each control it includes: those it
lists, and of ``include-all``, patterns and child controls those that the catalogs of the options hold; less those it
excludes. Of every other model (system security plan, plan of action and milestones, assessment plan and results,
component definition) the document itself and each object with a ``uuid`` is a record: ``kind`` is the singular of the
name it stands under, ``parent`` and ``parent_kind`` the object around it. Every record also carries the document's
``document_title``, ``document_version`` and ``document_uuid``.

Located by JSON pointers, in XML by XPath.
"""

from __future__ import annotations

import contextlib
import fnmatch
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.inputs import open_unpacked
from loaders.readers import Record, whole
from loaders.readers import json as json_reader
from loaders.readers import yaml as yaml_reader
from loaders.readers.oscal_xml import from_xml

MODELS = (
    "catalog", "profile", "system-security-plan", "plan-of-action-and-milestones", "component-definition",
    "assessment-plan", "assessment-results",
)  # fmt: skip
Places = dict[int, str]
"""Of a document in XML: where each object stands, by its identity."""


def read(file: BinaryIO, options: Options) -> Iterator[Record]:
    """Records in document order."""
    document, places = parse(whole(file), options.encoding)
    model = next((name for name in MODELS if isinstance(document, dict) and isinstance(document.get(name), dict)), None)
    if model is None:
        raise SourceUnreadable(f"not an OSCAL document: expected one of {', '.join(MODELS)} at the top")
    body = document[model]
    metadata = body.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    about = {
        "document_title": metadata.get("title"),
        "document_version": metadata.get("version"),
        "document_uuid": body.get("uuid"),
    }
    walk = _Walk(places, options)
    walks = {"catalog": walk.catalog, "profile": walk.profile}
    for record in walks.get(model, walk.objects)(body, f"/{model}"):
        yield record._replace(fields=record.fields | about)


def parse(data: bytes, encoding: str) -> tuple[Any, Places]:
    """The document as JSON has it, and where its objects stand if it is XML."""
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"<":
        return from_xml(data)
    return (json_reader if start in (b"{", b"[") else yaml_reader).parse(data, encoding), {}


class _Walk:
    """The records of one document."""

    def __init__(self, places: Places, options: Options) -> None:
        self._places = places
        self._options = options

    def _at(self, value: Any, pointer: str) -> str:
        return self._places.get(id(value), pointer)

    def catalog(self, body: dict[str, Any], at: str, group: str | None = None) -> Iterator[Record]:
        """Groups and controls."""
        for place, member in _members(body, "groups", at):
            inner = {key: value for key, value in member.items() if key not in ("groups", "controls")}
            yield Record(self._at(member, place), inner | {"kind": "group", "parent": group})
            yield from self.catalog(member, place, member.get("id"))
        yield from self._controls(body, at, group, None)

    def _controls(self, body: dict[str, Any], at: str, group: str | None, parent: str | None) -> Iterator[Record]:
        for place, control in _members(body, "controls", at):
            inner = {key: value for key, value in control.items() if key != "controls"}
            yield Record(self._at(control, place), inner | {"kind": "control", "group": group, "parent": parent})
            yield from self._controls(control, place, group, control.get("id"))

    def profile(self, body: dict[str, Any], at: str) -> Iterator[Record]:
        """The controls that each import includes and does not exclude."""
        for place, imported in _members(body, "imports", at):
            said = {"kind": "select", "catalog": imported.get("href")}
            if not self._options.catalogs and _needs_catalog(imported):
                problem = "includes controls that only the catalog names: give its file under options.catalogs"
                yield Record(self._at(imported, place), said, problem)
            excluded = {name for _, name in self._chosen(imported, "exclude-controls", place)}
            included = self._chosen(imported, "include-controls", place)
            if "include-all" in imported:
                where = self._at(imported["include-all"], f"{place}/include-all")
                included = ((where, name) for name in self._known)
            for where, name in included:
                if name not in excluded:
                    yield Record(where, said | {"control": name})

    def _chosen(self, imported: dict[str, Any], name: str, at: str) -> Iterator[tuple[str, str]]:
        """Control ids with the place that chooses each: listed, children of those, fitting a pattern."""
        for inner, chosen in _members(imported, name, at):
            children = chosen.get("with-child-controls") == "yes"
            where = self._at(chosen, inner)
            listed = "/with-id[{}]" if where != inner else "/with-ids/{}"
            for k, control in enumerate(_listed(chosen, "with-ids", inner), 1 if where != inner else 0):
                yield f"{where}{listed.format(k)}", control
                if children:
                    yield from ((f"{where}{listed.format(k)}", below) for below in self._below(control))
            for place, match in _members(chosen, "matching", inner):
                pattern = str(match.get("pattern", ""))
                fitting = (known for known in self._known if fnmatch.fnmatchcase(known, pattern))
                yield from ((self._at(match, place), known) for known in fitting)

    def _below(self, control: str) -> Iterator[str]:
        for known, parent in self._known.items():
            if parent == control:
                yield known
                yield from self._below(known)

    @functools.cached_property
    def _known(self) -> dict[str, str | None]:
        """The controls of the catalogs, and of profiles given as such, each with the one it is an enhancement of."""
        found: dict[str, str | None] = {}
        for n, name in enumerate(self._options.catalogs):
            others = self._options.model_copy(update={"catalogs": self._options.catalogs[n + 1 :]})
            with contextlib.closing(open_unpacked(Path(name))) as opened:
                for record in read(opened.bytes, others):
                    kind, fields = record.fields.get("kind"), record.fields
                    if kind in ("control", "select") and record.problem is None:
                        found.setdefault(fields["id" if kind == "control" else "control"], fields.get("parent"))
        return found

    def objects(self, body: dict[str, Any], at: str) -> Iterator[Record]:
        """The document and every object inside it that has a uuid."""
        yield from self._object(body, at, at.removeprefix("/"), (None, None))

    def _object(
        self, value: dict[str, Any], at: str, kind: str, above: tuple[str | None, str | None]
    ) -> Iterator[Record]:
        parent, parent_kind = above
        own = _less_objects(value)
        yield Record(self._at(value, at), own | {"kind": kind, "parent": parent, "parent_kind": parent_kind})
        yield from self._inside(value, at, (value.get("uuid"), kind))

    def _inside(self, value: Any, at: str, above: tuple[str | None, str | None]) -> Iterator[Record]:
        for key, member in json_reader.members(value):
            name = at.rpartition("/")[2] if isinstance(value, list) else key
            if isinstance(member, dict) and "uuid" in member:
                yield from self._object(member, f"{at}/{key}", _singular(name), above)
            else:
                yield from self._inside(member, f"{at}/{key}", above)


def _needs_catalog(imported: dict[str, Any]) -> bool:
    chosen = [one for name in ("include-controls", "exclude-controls") for one in imported.get(name, [])]
    asks = any("matching" in one or one.get("with-child-controls") == "yes" for one in chosen if isinstance(one, dict))
    return "include-all" in imported or asks


def _less_objects(value: dict[str, Any]) -> dict[str, Any]:
    """Its members without the objects inside that are records of their own, and without what then is empty."""
    found = {key: _less(member) for key, member in value.items() if not _is_object(member)}
    return {key: member for key, member in found.items() if member or not value[key]}


def _less(value: Any) -> Any:
    if isinstance(value, dict):
        return _less_objects(value)
    if isinstance(value, list):
        return [_less(member) for member in value if not _is_object(member)]
    return value


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and "uuid" in value


def _singular(name: str) -> str:
    return f"{name[:-3]}y" if name.endswith("ies") else name.removesuffix("s")


def _members(body: dict[str, Any], name: str, at: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a list, each with its pointer."""
    for i, member in enumerate(_listed(body, name, at)):
        if not isinstance(member, dict):
            raise SourceUnreadable(f"not OSCAL: {at}/{name}/{i} is no object")
        yield f"{at}/{name}/{i}", member


def _listed(body: dict[str, Any], name: str, at: str) -> list[Any]:
    found = body.get(name, [])
    if not isinstance(found, list):
        raise SourceUnreadable(f"not OSCAL: {at}/{name} is no list")
    return found
