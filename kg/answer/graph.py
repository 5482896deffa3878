"""Graphs of fetched facts: shortest chains in them, and, with networkx, GraphML and the layers of a drawing."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from typing import Any

from kg.domain.fact import EntityId, Fact, FactId
from kg.domain.ontology import Step
from kg.domain.result import Chain

MAX_PATHS = 5


Edges = dict[EntityId, dict[EntityId, FactId]]
"""For each entity its neighbours, and the fact that stands between."""
Nearest = dict[EntityId, list[tuple[int, EntityId]]]
"""For each entity how far its two nearest ends are, and which."""


def shortest_paths(
    facts: Iterable[Fact],
    starts: Collection[EntityId],
    ends: Collection[EntityId],
    max_hops: int,
    steps: Collection[Step] = (),
) -> tuple[tuple[Chain, ...], bool]:
    """Shortest chains between the two sets, at most MAX_PATHS, in order of their ids; and whether there are more.

    With ``steps``, facts are gone along in these directions only; else in both.
    """
    edges: Edges = {}
    behind: Edges = {}
    for fact in sorted(facts, key=lambda f: f.id, reverse=True):
        if fact.target is not None:
            for direction, near, far in (("out", fact.subject, fact.target), ("in", fact.target, fact.subject)):
                if not steps or (fact.predicate, direction) in steps:
                    edges.setdefault(near, {})[far] = fact.id
                    behind.setdefault(far, {})[near] = fact.id
    nearest = _nearest(behind, ends, max_hops)
    lengths = [left for start in starts for left, end in nearest.get(start, ()) if end != start]
    if not lengths:
        return (), False
    chains = (chain for start in sorted(starts) for chain in _chains((start,), min(lengths), edges, nearest))
    found = [
        Chain(nodes, tuple(edges[a][b] for a, b in pairwise(nodes)))
        for nodes in itertools.islice(chains, MAX_PATHS + 1)
    ]
    return tuple(found[:MAX_PATHS]), len(found) > MAX_PATHS


def _nearest(edges: Edges, ends: Collection[EntityId], max_hops: int) -> Nearest:
    """Two ends each, since a chain may not end where it started; one search from all ends at once."""
    found: Nearest = {end: [(0, end)] for end in sorted(ends)}
    waiting = deque((0, end, end) for end in sorted(ends))
    while waiting:
        steps, node, end = waiting.popleft()
        for other in edges.get(node, ()) if steps < max_hops else ():
            held = found.setdefault(other, [])
            if len(held) < 2 and all(one != end for _, one in held):
                held.append((steps + 1, end))
                waiting.append((steps + 1, other, end))
    return found


def _chains(nodes: tuple[EntityId, ...], steps: int, edges: Edges, nearest: Nearest) -> Iterator[tuple[EntityId, ...]]:
    """Chains of so many more steps from the last of these to an end that is not the first of them."""
    if all(left != steps or end == nodes[0] for left, end in nearest.get(nodes[-1], ())):
        return
    if steps == 0:
        yield nodes
        return
    for other in sorted(edges.get(nodes[-1], ())):
        yield from _chains((*nodes, other), steps - 1, edges, nearest)


def graphml(explanation: dict[str, Any]) -> str:
    """The explanation as GraphML."""
    import networkx as nx

    graph: Any = nx.MultiDiGraph()
    for node in explanation["nodes"]:
        graph.add_node(node["id"], labels=":".join(node["labels"]), name=node["name"], **node["properties"])
    for edge in explanation["relationships"]:
        graph.add_edge(edge["start"], edge["end"], key=edge["id"], type=edge["type"], **edge["properties"])
    return "\n".join(nx.generate_graphml(graph, named_key_ids=True)) + "\n"


def layers(explanation: dict[str, Any], first: Collection[str]) -> dict[str, int]:
    """Distance of every node from the first ones, ignoring direction; unreached nodes come last."""
    import networkx as nx

    graph: Any = nx.Graph()
    graph.add_nodes_from(node["id"] for node in explanation["nodes"])
    graph.add_edges_from((edge["start"], edge["end"]) for edge in explanation["relationships"])
    sources = {node for node in first if node in graph}
    depth: Any = nx.multi_source_dijkstra_path_length(graph, sources) if sources else {}
    last = max(depth.values(), default=-1) + 1
    return {node["id"]: int(depth.get(node["id"], last)) for node in explanation["nodes"]}
