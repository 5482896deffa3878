"""What a decision rests on and what it read, as keys that lead from a change to the decisions it touches. Pure.

::

    fact:f-1  source:D@V/FILE  row:D@V/FILE#line 8  dataset:D  dataset:D@V  run:ID  entity:ID
    prompt:NAME@N  label:NAME@LABEL  model:NAME  adapter:ID  table:NAME  ontology:NAME
    reads:PREDICATE  type:TYPE  searched  any
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kg.domain.decision import Document
from kg.domain.fact import record_of

SEARCHED = "searched"
"""Its evidence says what was searched, so that every source there is is part of it."""
EVERY = "any"
"""Every decision."""
ANYTHING = "*"
READ = frozenset({"claims", "evidence", "answer", "plan", "explanation"})
"""Of a document the parts that say what it touches."""
Touched = dict[str, bool]
"""For each key whether it carried a claim; else it was only looked at."""


def touched(document: Document) -> Touched:
    """The keys of a document; of one that a purge emptied, only the versions that took part."""
    found: Touched = {EVERY: False}
    if "versions" in document:
        found |= dict.fromkeys(_versions(document), True)
    if document.get("purged") or not document.keys() >= READ:
        return found
    cited = {one for claim in document["claims"] for one in claim["evidence"]}
    for item in document["evidence"]:
        carried = item["id"] in cited and item["kind"] != "absence"
        for key in _evidence(item):
            found[key] = found.get(key, False) or carried
        if item["kind"] == "absence":
            found[SEARCHED] = False
    for row in _rows(document):
        for entity in filter(None, (row["entity"], row.get("other"))):
            found[f"entity:{entity}"] = found.get(f"entity:{entity}", False) or row["claim"] is not None
    for key in (*_named(document), *_graph(document), *_reads(document)):
        found.setdefault(key, False)
    return found


def _evidence(item: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"fact:{one}" for one in item["facts"])
    for one in item["sources"]:
        source = f"{one['dataset']}/{one['source']}"
        yield f"source:{source}"
        yield f"dataset:{one['dataset']}"
        yield f"dataset:{one['dataset'].partition('@')[0]}"
        if one["locator"] is not None:
            yield f"row:{source}#{record_of(one['locator'])}"
        if one["run"] is not None:
            yield f"run:{one['run']}"


def _rows(document: Document) -> Iterator[Mapping[str, Any]]:
    answer = document["answer"]
    for one in (answer, *answer.get("parts", ()), *(choice["answer"] for choice in answer.get("choices", ()))):
        yield from one.get("rows", ())


def _named(document: Document) -> Iterator[str]:
    """Entities that the plans name, and decision tables that they decide by."""
    for reading in document.get("reader", {}).get("readings") or ({"plan": document["plan"]},):
        for node in _nodes(reading["plan"]):
            yield from (f"entity:{one}" for one in node.get("ids", ()))
            if node.get("op") == "decide":
                yield f"table:{node['table']}"


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _nodes(inner)


def _graph(document: Document) -> Iterator[str]:
    for node in document["explanation"].get("nodes", ()):
        if node["labels"] != ["Literal"]:
            yield f"entity:{node['id']}"
    yield from (f"ontology:{one}" for one in document["versions"].get("ontology", ()))


def _reads(document: Document) -> Iterator[str]:
    """The footprint of its plans; of a decision that has none, everything."""
    reads = document.get("trace", {}).get("reads") or {"predicates": [ANYTHING], "types": [ANYTHING]}
    yield from (f"reads:{one}" for one in reads["predicates"])
    yield from (f"type:{one}" for one in reads["types"])


def _versions(document: Document) -> Iterator[str]:
    versions = document["versions"]
    for prompt in versions.get("prompt") or ():
        yield f"prompt:{prompt['name']}@{prompt['version']}"
        yield f"prompt:{prompt['name']}"
        if prompt["label"]:
            yield f"label:{prompt['name']}@{prompt['label']}"
    if versions.get("model"):
        yield f"model:{versions['model']['name']}"
    if versions.get("adapter"):
        yield f"adapter:{versions['adapter']}"
