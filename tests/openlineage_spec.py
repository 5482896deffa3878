"""The published JSON Schemas of OpenLineage, to hold events against."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource


class Spec:
    """The schema of events, and one for each facet."""

    def __init__(self, folder: Path) -> None:
        documents = [
            json.loads(path.read_text("utf-8")) for path in folder.rglob("*.json") if "tests" not in path.parts
        ]
        self._facets = {one["$id"].partition("/facets/")[2].removesuffix(".json"): one for one in documents}
        named = [(one["$id"], Resource.from_contents(one)) for one in documents]
        self._registry: Any = Registry().with_resources(named)
        self._core = next(one for one in documents if one["$id"].endswith("/OpenLineage.json"))

    def problems(self, event: dict[str, Any]) -> list[str]:
        """What is wrong with the event and its facets; a facet of another origin is held against none."""
        found = self._problems(self._core, event)
        for place, name, facet in facets(event):
            version = facet["_schemaURL"].partition("/facets/")[2].partition(".json")[0]
            if version:
                found += [f"{place}.{name}: {one}" for one in self._problems(self._facets[version], {name: facet})]
        return found

    def _problems(self, schema: dict[str, Any], value: dict[str, Any]) -> list[str]:
        checker = Draft202012Validator(schema, registry=self._registry, format_checker=FormatChecker())
        return [f"{error.json_path}: {error.message[:200]}" for error in checker.iter_errors(value)]


def facets(event: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Every facet with its place and name."""
    holders = [("run", event["run"]), ("job", event["job"])]
    holders += [(side, one) for side in ("inputs", "outputs") for one in event[side]]
    return [
        (f"{place}.{group}", name, facet)
        for place, holder in holders
        for group in ("facets", "inputFacets", "outputFacets")
        for name, facet in holder.get(group, {}).items()
    ]
