"""The one place of networkx: paths over fetched facts, GraphML and the layers of a drawing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import pairwise
from typing import Any

from kg.domain.fact import EntityId, Fact
from kg.domain.result import Chain

MAX_PATHS = 5


def shortest_paths(
    facts: Iterable[Fact], starts: Collection[EntityId], ends: Collection[EntityId], max_hops: int
) -> tuple[tuple[Chain, ...], bool]:
    """Shortest chains between the two sets, at most MAX_PATHS, in order of their ids; and whether there are more."""
    import networkx as nx

    graph: Any = nx.Graph()
    for fact in sorted(facts, key=lambda f: f.id, reverse=True):
        if fact.target is not None:
            graph.add_edge(fact.subject, fact.target, fact=fact.id)
    chains: list[Chain] = []
    for start in sorted(starts):
        for end in sorted(ends):
            if start == end or start not in graph or end not in graph or not nx.has_path(graph, start, end):
                continue
            if nx.shortest_path_length(graph, start, end) > max_hops:
                continue
            for nodes in nx.all_shortest_paths(graph, start, end):
                used = tuple(graph.edges[a, b]["fact"] for a, b in pairwise(nodes))
                chains.append(Chain(tuple(nodes), used))
                if len(chains) > MAX_PATHS * 20:
                    break
    shortest = min((len(chain.facts) for chain in chains), default=0)
    found = sorted((c for c in chains if len(c.facts) == shortest), key=lambda c: c.entities)
    return tuple(found[:MAX_PATHS]), len(found) > MAX_PATHS


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
