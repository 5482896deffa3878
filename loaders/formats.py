"""The formats that can be read, by name."""

from __future__ import annotations

import importlib.metadata

PLUG_INS = "whence.readers"
"""Entry point group in which an installed package names readers of its own."""
OWN = {
    "csv": ("csv", "read"),
    "tsv": ("csv", "read_tabs"),
    "json": ("json", "read"),
    "jsonl": ("json", "read_lines"),
    "yaml": ("yaml", "read"),
    "xml": ("xml", "read"),
    "stix": ("stix", "read"),
    "oscal": ("oscal", "read"),
    "openlineage": ("openlineage", "read"),
    "markdown": ("documents", "markdown"),
    "text": ("documents", "text"),
    "parquet": ("parquet", "read"),
    "arrow": ("parquet", "read_arrow"),
    "excel": ("excel", "read"),
    "sql": ("sql", "read"),
    "turtle": ("rdf", "turtle"),
    "trig": ("rdf", "trig"),
    "ntriples": ("rdf", "ntriples"),
    "nquads": ("rdf", "nquads"),
    "rdfxml": ("rdf", "rdfxml"),
    "jsonld": ("rdf", "jsonld"),
}
"""Format: module in ``loaders.readers`` and function."""
PARTED = frozenset({"trig", "nquads", "jsonld"})
"""Formats whose files may hold several sources."""


def formats() -> list[str]:
    """Names of the formats, those of installed packages among them."""
    return sorted({*OWN, *importlib.metadata.entry_points(group=PLUG_INS).names})
