"""YAML from people and from files of others: safe types, every key once, no text that grows into a large document."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml

MAX_DEPTH = 50
"""Levels of nesting; a dataset file has about six, an OSCAL catalog fourteen."""
MERGE = "tag:yaml.org,2002:merge"


def parse_yaml(text: str) -> Any:
    """The document. Raises YAMLError with its place: also for a key given twice, and for what grows beyond its text."""
    _check(text)
    return yaml.load(text, Loader=_UniqueKeys)  # noqa: S506 (a SafeLoader)


def _check(text: str) -> None:
    """Refuse what is nested deeper than the loader, which recurses, can follow, and aliases inside what is aliased.

    Those would make a small text a large document: each level multiplies the one below.
    """
    anchored: list[bool] = []
    event: Any
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            anchored.append(event.anchor is not None)
        elif isinstance(event, yaml.CollectionEndEvent):
            anchored.pop()
        elif isinstance(event, yaml.AliasEvent) and any(anchored):
            raise _problem("an alias inside what has an anchor", event)
        if len(anchored) > MAX_DEPTH:
            raise _problem(f"nested more than {MAX_DEPTH} deep", event)


_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one where PyYAML was built with it


class _UniqueKeys(_Loader):  # type: ignore[misc]
    """A safe loader that refuses a key given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        seen = set()
        for key_node, _ in node.value:
            if key_node.tag == MERGE:
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise _problem("a key is a list or a mapping", key_node)
            if key in seen:
                raise _problem(f"key {key!r} is given twice", key_node)
            seen.add(key)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002
        try:
            return super().construct_object(node, deep)
        except ValueError as exc:
            # A day that does not exist: the library lets the plain error through, without the line.
            raise _problem(str(exc), node) from exc


def _problem(text: str, node: Any) -> yaml.YAMLError:
    return yaml.constructor.ConstructorError(None, None, text, node.start_mark)
