"""STIX 2.0 and 2.1 bundles: every object is a record.

OASIS STIX 2.1, section 8 (bundle). Versions of one object in one bundle: the newest ``modified`` counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.readers import Record, whole
from loaders.readers.json import parse


def read(file: BinaryIO, options: Options) -> Iterator[Record]:
    """Objects in bundle order, located as ``/objects/N``."""
    bundle = parse(whole(file), options.encoding)
    objects = bundle.get("objects") if isinstance(bundle, dict) and bundle.get("type") == "bundle" else None
    if not isinstance(objects, list):
        raise SourceUnreadable("not a STIX bundle: expected an object of type bundle with a list of objects")
    newest: dict[str, str] = {}
    again: set[str] = set()
    for item in objects:
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            modified = _modified(item)
            if (other := newest.setdefault(item["id"], modified)) is not modified:
                again.add(item["id"])
                newest[item["id"]] = max(other, modified)
    for number, item in enumerate(objects):
        locator = f"/objects/{number}"
        if not isinstance(item, dict) or not isinstance(item.get("id"), str) or not isinstance(item.get("type"), str):
            yield Record(locator, {"value": item}, "not a STIX object: it has no id or no type")
        elif item["id"] in again and _modified(item) < newest[item["id"]]:
            yield Record(locator, item, "an older version of an object that is in the bundle again")
        else:
            yield Record(locator, item)


def _modified(item: dict[str, Any]) -> str:
    """UTC time as text; without its Z, so that more digits of a second sort after fewer."""
    return str(item.get("modified", "")).removesuffix("Z")
