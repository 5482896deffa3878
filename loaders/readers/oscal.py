"""OSCAL catalogs and profiles in JSON (NIST OSCAL 1.x, catalog and profile models).

Records of ``kind`` ``group`` and ``control`` from a catalog (a control carries the ids of its ``group`` and, if it
is an enhancement, of its ``parent``), and of ``kind`` ``select`` from a profile, one for each control id it includes.
Every record also carries the document's ``document_title``, ``document_version`` and ``document_uuid``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.readers import Record
from loaders.readers.json import parse


def read(data: bytes, options: Options) -> Iterator[Record]:
    """Records in document order, located by JSON pointers."""
    document = parse(data, options.encoding)
    for kind, walk in (("catalog", _catalog), ("profile", _profile)):
        if isinstance(document, dict) and isinstance(document.get(kind), dict):
            body = document[kind]
            metadata = body.get("metadata", {})
            about = {
                "document_title": metadata.get("title"),
                "document_version": metadata.get("version"),
                "document_uuid": body.get("uuid"),
            }
            for record in walk(body, f"/{kind}"):
                yield Record(record.locator, record.fields | about)
            return
    raise SourceUnreadable("not an OSCAL catalog or profile: expected `catalog` or `profile` at the top")


def _catalog(body: dict[str, Any], at: str, group: str | None = None) -> Iterator[Record]:
    for i, member in enumerate(body.get("groups", [])):
        place = f"{at}/groups/{i}"
        inner = {key: value for key, value in member.items() if key not in ("groups", "controls")}
        yield Record(place, inner | {"kind": "group", "parent": group})
        yield from _catalog(member, place, member.get("id"))
    yield from _controls(body, at, group, None)


def _controls(body: dict[str, Any], at: str, group: str | None, parent: str | None) -> Iterator[Record]:
    for i, control in enumerate(body.get("controls", [])):
        place = f"{at}/controls/{i}"
        inner = {key: value for key, value in control.items() if key != "controls"}
        yield Record(place, inner | {"kind": "control", "group": group, "parent": parent})
        yield from _controls(control, place, group, control.get("id"))


def _profile(body: dict[str, Any], at: str) -> Iterator[Record]:
    for i, imported in enumerate(body.get("imports", [])):
        for j, included in enumerate(imported.get("include-controls", [])):
            for k, control in enumerate(included.get("with-ids", [])):
                place = f"{at}/imports/{i}/include-controls/{j}/with-ids/{k}"
                yield Record(place, {"kind": "select", "control": control, "catalog": imported.get("href")})
