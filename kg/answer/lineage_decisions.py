"""The decisions at the end of a lineage walk: those that what it met carried a claim of, or that only looked at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kg.answer.lineage import Seen, Walk
from kg.domain.decision import Document
from kg.domain.openlineage import WHENCE, NodeKind
from kg.domain.touched import touched
from kg.errors import InvalidInput
from kg.ports.ledger import TouchLedger

MOST_LOOKED_AT = 5_000
"""Decisions among which those that may be read are looked for."""
NEAREST: tuple[NodeKind, ...] = ("fact", "row", "source", "run", "dataset", "entity")
"""A decision hangs on what is nearest to it: on a source only where the walk met none of its facts and rows."""
Read = Callable[[str], Document | None]
"""A decision, if whoever asks may read it and its answer."""


def with_decisions(found: Walk, ledger: TouchLedger, read: Read, limit: int) -> Walk:
    """The walk with up to so many decisions after what it met. Raises InvalidInput for a walk up."""
    if found.toward == "up":
        raise InvalidInput("decisions are what comes of a thing: ask for them with toward=down")
    keys = {key: node for node in found.nodes if (key := _key(node)) is not None}
    nodes: list[Seen] = []
    links: list[tuple[str, str]] = []
    for decision, carried in ledger.touching(keys, MOST_LOOKED_AT):
        document = read(decision)
        if document is None:
            continue
        if len(nodes) == limit:
            return _more(found, nodes, links, more=True)
        question = document["question"]
        seen = Seen(f"decision:{decision}", "decision", None, decision, question, carried=carried)
        nodes.append(seen)
        links += [(near, seen.id) for near in _nearest(document, keys)]
    return _more(found, nodes, links, more=False)


def _more(found: Walk, nodes: list[Seen], links: list[tuple[str, str]], *, more: bool) -> Walk:
    return replace(found, nodes=(*found.nodes, *nodes), links=(*found.links, *links), more_decisions=more)


def _key(node: Seen) -> str | None:
    """What decisions that touch it are recorded with."""
    if node.kind == "row":
        return f"row:{node.namespace}#{node.name}"
    if node.kind == "dataset" and node.namespace != WHENCE:
        return None
    return f"{node.kind}:{node.name}" if node.kind in NEAREST else None


def _nearest(document: Document, keys: dict[str, Seen]) -> list[str]:
    met = [keys[key] for key in touched(document) if key in keys]
    for kind in NEAREST:
        if near := [node.id for node in met if node.kind == kind]:
            return near
    return []
