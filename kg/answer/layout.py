"""Explanation to a layered layout: which nodes are drawn, in which column, in which order. No pixels here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kg.answer.graph import layers
from kg.domain.decision import Document

MAX_DRAWN = 40
"""More boxes than this are no longer read but scrolled past."""
MAX_COLUMN = 20
MAX_ASIDE = 6
"""Facts beside the rows (how a name was understood) that come before the rows."""
MAX_STARTS = 20
"""Unconnected parts that are laid out from a start of their own; the rest stands in the last column."""

Node = dict[str, Any]
Edge = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Layout:
    """Nodes column by column, top to bottom, and the relationships between them."""

    columns: tuple[tuple[Node, ...], ...]
    edges: tuple[Edge, ...]
    answers: frozenset[str]
    more: tuple[tuple[str, int], ...]
    """What was left undrawn: label and number."""
    more_edges: int


def arrange(document: Document) -> Layout:
    """Columns by distance from what the question starts at, at most MAX_DRAWN nodes."""
    explanation = document["explanation"]
    depth = _depths(document)
    drawn = _chosen(document, depth)
    nodes = {node["id"]: node for node in explanation["nodes"]}
    edges = tuple(e for e in explanation["relationships"] if e["start"] in drawn and e["end"] in drawn)
    used = sorted({depth[node] for node in drawn})
    columns = [sorted(node for node in drawn if depth[node] == level) for level in used]
    _untangle(columns, edges, nodes)
    left = Counter(node["labels"][0] for key, node in nodes.items() if key not in drawn)
    return Layout(
        columns=tuple(tuple(nodes[node] for node in column) for column in columns),
        edges=edges,
        answers=frozenset(entity["id"] for entity in _answers(document)),
        more=tuple(sorted(left.items())),
        more_edges=len(explanation["relationships"]) - len(edges),
    )


def _readings(document: Document) -> list[dict[str, Any]]:
    """The document, or each reading it offers."""
    return [document, *document["answer"]["choices"]]


def _answers(document: Document) -> list[dict[str, Any]]:
    return [
        entity
        for reading in _readings(document)
        if isinstance(reading.get("answer"), dict)
        for entity in reading["answer"]["entities"]
    ]


def _plans(value: Any) -> Iterator[dict[str, Any]]:
    """Operators of a plan in its JSON form, outermost first."""
    if isinstance(value, dict):
        yield value
        # Of two ends of a path only the start stands on the left.
        for key, part in value.items():
            if key != "end":
                yield from _plans(part)
    elif isinstance(value, list):
        for part in value:
            yield from _plans(part)


def _depths(document: Document) -> dict[str, int]:
    """Column of every node: distance from the first entity the plan names and others of its type."""
    explanation = document["explanation"]
    labels = {node["id"]: node["labels"][0] for node in explanation["nodes"]}
    named: list[str] = []
    first: set[str] = set()
    for reading in _readings(document):
        ids = [one for plan in _plans(reading.get("plan")) for one in plan.get("ids", ()) if one in labels]
        first |= {one for one in ids if labels[one] == labels[ids[0]]}
        named += ids
    linked: dict[str, set[str]] = {node: set() for node in labels}
    for edge in explanation["relationships"]:
        linked[edge["start"]].add(edge["end"])
        linked[edge["end"]].add(edge["start"])
    first |= {node for node, others in linked.items() if not others}
    rare = Counter(labels.values())
    for _ in range(MAX_STARTS):
        depth = layers(explanation, first)
        lost = [
            node
            for node, level in depth.items()
            if node not in first and not any(depth[other] == level - 1 for other in linked[node])
        ]
        if not lost:
            break
        first.add(min(lost, key=lambda node: (node not in named, rare[labels[node]], node)))
    return depth


def _chosen(document: Document, depth: dict[str, int]) -> set[str]:
    """Nodes to draw: the start, then the witnesses row by row, then answers and the rest while there is room."""
    explanation = document["explanation"]
    edges = {edge["id"]: edge for edge in explanation["relationships"]}
    drawn: set[str] = set()
    height: Counter[int] = Counter()

    def room(nodes: list[str]) -> bool:
        new = [node for node in dict.fromkeys(nodes) if node not in drawn]
        levels = Counter(depth[node] for node in new)
        if len(drawn) + len(new) > MAX_DRAWN or any(height[k] + n > MAX_COLUMN for k, n in levels.items()):
            return False
        drawn.update(new)
        height.update(levels)
        return True

    on_paths = {edge for path in explanation["paths"] for edge in path["relationships"]}
    for edge in [edge for key, edge in edges.items() if key not in on_paths][:MAX_ASIDE]:
        room([edge["start"], edge["end"]])
    for path in explanation["paths"]:
        shown = [edges[edge] for edge in path["relationships"] if edge in edges]
        if not room([end for edge in shown for end in (edge["start"], edge["end"])]):
            for edge in shown:
                room([edge["start"], edge["end"]])
    single = [*(e["id"] for e in _answers(document)), *(node["id"] for node in explanation["nodes"])]
    for node in single:
        if node in depth:
            room([node])
    return drawn


def _untangle(columns: list[list[str]], edges: tuple[Edge, ...], nodes: dict[str, Node]) -> None:
    """Order each column by the mean place of its neighbours, forth and back, so that few arrows cross."""
    linked: dict[str, list[str]] = {}
    for edge in edges:
        linked.setdefault(edge["start"], []).append(edge["end"])
        linked.setdefault(edge["end"], []).append(edge["start"])
    place = {node: i / max(len(c) - 1, 1) for c in columns for i, node in enumerate(c)}
    column_of = {node: number for number, c in enumerate(columns) for node in c}

    def weight(node: str, beside: int) -> tuple[float, str, str]:
        near = [place[other] for other in linked.get(node, ()) if column_of[other] == beside]
        mean = sum(near) / len(near) if near else place[node]
        return (round(mean, 6), nodes[node]["labels"][0], node)

    sweeps = [*range(1, len(columns)), *range(len(columns) - 2, -1, -1), *range(1, len(columns))]
    previous = 0
    for number in sweeps:
        columns[number].sort(key=lambda node: weight(node, previous))
        for i, node in enumerate(columns[number]):
            place[node] = i / max(len(columns[number]) - 1, 1)
        previous = number
