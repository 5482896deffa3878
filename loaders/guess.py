"""What format a file has and how it is to be read, by its name and its beginning."""

from __future__ import annotations

import codecs
import contextlib
import csv
from pathlib import Path
from typing import Any

from kg.errors import SourceUnreadable
from loaders.inputs import open_unpacked
from loaders.readers import json as json_reader
from loaders.readers.oscal import MODELS

SUFFIXES = {
    "csv": "csv", "tsv": "tsv", "tab": "tsv", "json": "json", "jsonl": "jsonl", "ndjson": "jsonl", "yaml": "yaml",
    "yml": "yaml", "xml": "xml", "parquet": "parquet", "pq": "parquet", "arrow": "arrow", "feather": "arrow",
    "xlsx": "excel", "xls": "excel", "ods": "excel", "ttl": "turtle", "nt": "ntriples", "nq": "nquads", "trig": "trig",
    "rdf": "rdfxml", "owl": "rdfxml", "jsonld": "jsonld", "md": "markdown", "markdown": "markdown", "txt": "text",
}  # fmt: skip


def format_of(path: Path) -> tuple[str, dict[str, Any]]:
    """Format and options, by the name of the file and its beginning. Raises SourceUnreadable."""
    if path.is_dir():
        raise SourceUnreadable("a folder; name one of its files")
    end = Path(path.name.removesuffix(".gz")).suffix.lower()
    found = SUFFIXES.get(end[1:])
    if found is None:
        said = f"the ending {end!r} says no format" if end else "a name without an ending says no format"
        raise SourceUnreadable(f"{said}: give it one of {', '.join(sorted(SUFFIXES))}")
    if found in ("csv", "tsv"):
        return found, _dialect(path, found)
    if found == "json":
        with contextlib.closing(open_unpacked(path)) as opened:
            return _json(json_reader.parse(opened.bytes.read()))
    return found, {}


def _dialect(path: Path, format_: str) -> dict[str, Any]:
    """Encoding and delimiter of a table."""
    with contextlib.closing(open_unpacked(path)) as opened:
        start = opened.bytes.read(100_000)
    encoding = _encoding(start)
    text = start.decode(encoding, "replace")
    options: dict[str, Any] = {} if encoding == "utf-8" else {"encoding": encoding}
    with contextlib.suppress(csv.Error):
        delimiter = csv.Sniffer().sniff(text[:20_000], ",;\t|").delimiter
        if delimiter != {"csv": ",", "tsv": "\t"}[format_]:
            options["delimiter"] = delimiter
    return options


def _encoding(start: bytes) -> str:
    """UTF-16 by its mark; else UTF-8, and where it is not that, the one that takes every byte."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in start:
        raise SourceUnreadable("holds zero bytes, so it is no table of text")
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as exc:
        # A character may be cut in two at the end.
        return "cp1252" if exc.start < len(start) - 4 else "utf-8"
    return "utf-8"


def _json(document: Any) -> tuple[str, dict[str, Any]]:
    """STIX and OSCAL by what stands at the top; else the pointer to the longest list of objects."""
    if isinstance(document, dict):
        if document.get("type") == "bundle" and isinstance(document.get("objects"), list):
            return "stix", {}
        if any(name in document for name in MODELS):
            return "oscal", {}
    lists: list[tuple[int, str]] = []
    _lists(document, "", lists, 4)
    best = max(lists, default=(0, ""), key=lambda item: (item[0], -len(item[1])))[1]
    return "json", {"records": [f"{best}/*"]} if best else {}


def _lists(value: Any, at: str, found: list[tuple[int, str]], depth: int) -> None:
    if isinstance(value, list) and value and all(isinstance(member, dict) for member in value):
        found.append((len(value), at))
    if depth and isinstance(value, dict):
        for key, member in json_reader.members(value):
            _lists(member, f"{at}/{key}", found, depth - 1)
