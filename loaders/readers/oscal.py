"""OSCAL catalogs and profiles in JSON (NIST OSCAL 1.x, catalog and profile models).

Records of ``kind`` ``group`` and ``control`` from a catalog (a control carries the ids of its ``group`` and, if it
is an enhancement, of its ``parent``), and of ``kind`` ``select`` from a profile, one for each control id it includes.
Every record also carries the document's ``document_title``, ``document_version`` and ``document_uuid``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.readers import Record, whole
from loaders.readers.json import parse


def read(file: BinaryIO, options: Options) -> Iterator[Record]:
    """Records in document order, located by JSON pointers."""
    document = parse(whole(file), options.encoding)
    for kind, walk in (("catalog", _catalog), ("profile", _profile)):
        if isinstance(document, dict) and isinstance(document.get(kind), dict):
            body = document[kind]
            metadata = body.get("metadata")
            metadata = metadata if isinstance(metadata, dict) else {}
            about = {
                "document_title": metadata.get("title"),
                "document_version": metadata.get("version"),
                "document_uuid": body.get("uuid"),
            }
            for record in walk(body, f"/{kind}"):
                yield Record(record.locator, record.fields | about, record.problem)
            return
    raise SourceUnreadable("not an OSCAL catalog or profile: expected `catalog` or `profile` at the top")


def _catalog(body: dict[str, Any], at: str, group: str | None = None) -> Iterator[Record]:
    for place, member in _members(body, "groups", at):
        inner = {key: value for key, value in member.items() if key not in ("groups", "controls")}
        yield Record(place, inner | {"kind": "group", "parent": group})
        yield from _catalog(member, place, member.get("id"))
    yield from _controls(body, at, group, None)


def _controls(body: dict[str, Any], at: str, group: str | None, parent: str | None) -> Iterator[Record]:
    for place, control in _members(body, "controls", at):
        inner = {key: value for key, value in control.items() if key != "controls"}
        yield Record(place, inner | {"kind": "control", "group": group, "parent": parent})
        yield from _controls(control, place, group, control.get("id"))


def _profile(body: dict[str, Any], at: str) -> Iterator[Record]:
    for place, imported in _members(body, "imports", at):
        if "include-all" in imported:
            yield Record(place, {"kind": "select"}, "includes a whole catalog: only listed controls are read")
        for inner, included in _members(imported, "include-controls", place):
            for k, control in enumerate(_listed(included, "with-ids", inner)):
                fields = {"kind": "select", "control": control, "catalog": imported.get("href")}
                yield Record(f"{inner}/with-ids/{k}", fields)


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
