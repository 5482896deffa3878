"""Walking lineage, up to where something comes from or down to what comes of it.

One graph of what received events tie (jobs, datasets, columns), what our loads tie (files, sources, dataset versions)
and what the View reads (rows, facts, entities). Level by level, each level in a few reads, whatever its size.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal as OneOf

from kg.answer.lineage_start import Starts
from kg.answer.lineage_steps import Neighbours, Steps
from kg.answer.wording import Wording
from kg.domain.decision import Document
from kg.domain.openlineage import MAX_DEPTH, MAX_WIDTH, WHENCE, LineageNode, NodeKind, Toward, own_source
from kg.domain.scope import Scope
from kg.errors import LimitInvalid
from kg.ports.ledger import RunLedger
from kg.ports.store import GraphStore, GraphView

DEPTH = 6
"""Steps of a walk for which none are asked; from a decision as many as there may be."""
MAX_NODES = 2_000
"""What a person can look through, and a program can ask for again from further on."""
AT_ONCE = 100
"""Things whose neighbours are read together: with the greatest width some ten thousand assertions are."""
CutBy = OneOf["width", "depth", "size"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing on the way."""

    id: str
    kind: NodeKind
    namespace: str | None
    name: str
    text: str
    """In words."""
    dataset: str | None = None
    """``NAME@VERSION``, of a source or row."""
    run: str | None = None
    """Of a row: the run that read it."""
    carried: bool | None = None
    """Of a decision: whether a claim of it was carried; else it was only looked at."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a limit kept something out: more neighbours than the width, deeper ones, or the walk was too large."""

    node: str
    by: CutBy


@dataclass(frozen=True, slots=True)
class Walk:
    """What was found, nearest first; ``links`` lead away from the start."""

    ref: str
    toward: Toward
    depth: int
    width: int
    root: str
    nodes: tuple[Seen, ...]
    links: tuple[tuple[str, str], ...]
    cut: tuple[Cut, ...]
    more_decisions: bool = False
    """Whether there are more decisions than are told."""


@dataclass(slots=True)
class _Way:
    """A walk as it goes on."""

    nodes: dict[LineageNode, None]
    links: list[tuple[LineageNode, LineageNode]] = field(default_factory=list)
    cut: dict[LineageNode, CutBy] = field(default_factory=dict)


def walk(  # noqa: PLR0913
    store: GraphStore,
    runs: RunLedger,
    scope: Scope,
    ref: str,
    toward: Toward,
    *,
    depth: int | None,
    width: int,
    decision: Document | None = None,
) -> Walk:
    """Walk from what ``ref`` names. Raises LineageNotFound, NameAmbiguous, InvalidInput or LimitInvalid.

    Or from a decision, as known then: it comes of the facts that its evidence cites and the sources that were
    searched for it, as far as the scope shows them, and goes on to the jobs that these come from.
    """
    if depth is None:
        depth = DEPTH if decision is None else MAX_DEPTH
    for name, value, most in (("depth", depth, MAX_DEPTH), ("width", width, MAX_WIDTH)):
        if not 1 <= value <= most:
            raise LimitInvalid(f"{name} is {value}; it may be 1 to {most}")
    view = store.view(scope if decision is None else _as_decided(decision, scope, store))
    versions = view.versions()
    view = view_of(ref, view, store)
    steps = Steps(view, runs, versions)
    if decision is None:
        root = Starts(view, runs, steps).named(ref)
    else:
        root = LineageNode("decision", "", decision["decision_id"])
        steps.cited[root] = list(dict.fromkeys(_cited(decision)))
    way = _Way({root: None})
    frontier = [root]
    for _ in range(depth):
        frontier = _level(steps, way, frontier, toward, width)
    for node, found in _some(steps, way, frontier, toward, width):
        if any(one not in way.nodes for one in found.nodes):
            way.cut.setdefault(node, "depth")
    return Walk(
        ref=ref,
        toward=toward,
        depth=depth,
        width=width,
        root=root.id,
        nodes=tuple(_described(view, steps, way.nodes)),
        links=tuple((start.id, end.id) for start, end in way.links),
        cut=tuple(Cut(node.id, by) for node, by in way.cut.items()),
    )


def _as_decided(decision: Document, scope: Scope, store: GraphStore) -> Scope:
    """The scope at the points that the decision was made at, with the versions it read; what was asked for stays."""
    kept = decision["as_of"]
    then = replace(
        scope, known_as_of=scope.known_as_of or kept["known"] or None, valid_as_of=scope.valid_as_of or kept["valid"]
    )
    if scope.datasets:
        return then
    read = {place["dataset"] for item in decision["evidence"] for place in item.get("sources", ())}
    read |= set(decision["versions"]["graph"]["datasets"])
    return replace(then, datasets=tuple(one.ref for one in store.view(then).versions() if one.ref in read))


def _cited(decision: Document) -> Iterator[LineageNode]:
    """The facts of its evidence, then the sources that were searched."""
    items = decision["evidence"]
    yield from (LineageNode("fact", "", fact) for item in items for fact in item.get("facts", ()))
    searched = (place for item in items if item["kind"] == "absence" for place in item.get("sources", ()))
    yield from (own_source(f"{place['dataset']}/{place['source']}") for place in searched)


def view_of(ref: str, view: GraphView, store: GraphStore) -> GraphView:
    """The same view; if the ref is of a version that is not current, that of this version."""
    named = re.sub("^(source|row|dataset):", "", ref).removeprefix(f"{WHENCE}/").partition("/")[0]
    others = {version.ref for version in view.versions()} - {version.ref for version in view.datasets()}
    return store.view(replace(view.scope, datasets=(named,))) if named in others else view


def _level(steps: Steps, way: _Way, frontier: list[LineageNode], toward: Toward, width: int) -> list[LineageNode]:
    new: dict[LineageNode, None] = {}
    for node, found in _some(steps, way, frontier, toward, width):
        if found.cut:
            way.cut[node] = "width"
        for other in found.nodes:
            if other not in way.nodes and len(way.nodes) >= MAX_NODES:
                way.cut[node] = "size"
                continue
            if other not in way.nodes:
                way.nodes[other] = new[other] = None
            way.links.append((node, other))
    return list(new)


def _some(
    steps: Steps, way: _Way, frontier: list[LineageNode], toward: Toward, width: int
) -> Iterator[tuple[LineageNode, Neighbours]]:
    """The neighbours of the frontier, so many things at a time, while there is room for more."""
    for first in range(0, len(frontier), AT_ONCE):
        some = frontier[first : first + AT_ONCE]
        if len(way.nodes) < MAX_NODES:
            yield from steps.next(some, toward, width).items()
        else:
            way.cut |= {node: "size" for node in some if node not in way.cut}


def _described(view: GraphView, steps: Steps, nodes: Iterable[LineageNode]) -> list[Seen]:
    """Each node with what it is in words."""
    nodes = list(nodes)
    facts = view.facts([node.name for node in nodes if node.kind == "fact"])
    ends = {one for fact in facts.values() for one in (fact.subject, fact.target) if one is not None}
    met = view.entities(ends | {node.name for node in nodes if node.kind == "entity"})
    wording = Wording(view.ontology(), met)
    named = {node.name for node in nodes if node.kind == "source"} | {n.namespace for n in nodes if n.kind == "row"}
    sources = view.sources(named)

    def described(node: LineageNode) -> Seen:
        seen = Seen(node.id, node.kind, node.namespace or None, node.name, node.name)
        if node.kind == "fact":
            return replace(seen, text=wording.fact(facts[node.name]))
        if node.kind == "entity":
            return replace(seen, text=f"{met[node.name].label} ({met[node.name].type})")
        if node.kind in ("source", "row"):
            source = sources[node.namespace or node.name]
            of = f"{source.dataset}@{source.version}"
            text = f"{source.name}, {of}" if node.kind == "source" else f"{node.name} of {source.name}"
            return replace(seen, text=text, dataset=of, run=steps.runs_of.get(node))
        return replace(seen, text=f"{node.namespace}/{node.name}" if node.namespace else node.name)

    return [described(node) for node in nodes]
