"""``whence lineage``."""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from api.decisions import recorded
from api.options import AsJson, AsOf, Ceiling, Datasets, KnownAsOf, Store, opened, print_json, scope_of_options
from api.terminal import shown
from kg.domain.openlineage import MAX_DEPTH, MAX_WIDTH, Toward, is_decision

if TYPE_CHECKING:
    from kg.answer.lineage import Seen, Walk

LONGEST = 100_000
CUTS = {"width": "more beside these (--width)", "depth": "goes on (--depth)", "size": "more than one walk shows"}


def lineage(
    ctx: typer.Context,
    ref: Annotated[
        str,
        typer.Argument(help="Dataset, NAME@VERSION, source, row, run, job, dataset of others, fact, entity, decision."),
    ],
    up: Annotated[bool, typer.Option("--up/--down", help="Where it comes from, or what comes of it.")] = True,
    depth: Annotated[
        int | None,
        typer.Option("--depth", min=1, max=MAX_DEPTH, help="Steps at most: 6, from a decision all, if not said."),
    ] = None,
    width: Annotated[int, typer.Option("--width", min=1, max=MAX_WIDTH, help="Neighbours of each at most.")] = 20,
    decisions: Annotated[
        bool, typer.Option("--decisions", help="With --down: the decisions that what is met carried, up to the width.")
    ] = False,
    as_of: AsOf = None,
    known_as_of: KnownAsOf = None,
    dataset: Datasets = None,
    ceiling: Ceiling = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Show where something comes from or what comes of it, from tables of others to rows and facts."""
    from kg.answer.lineage import walk
    from kg.answer.lineage_decisions import with_decisions

    with opened(ctx, store) as (services, settings):
        scope = scope_of_options(settings, dataset, as_of, known_as_of, ceiling)
        decision = recorded(services, ref) if is_decision(ref) else None
        toward: Toward = "up" if up else "down"
        found = walk(services.store, services.runs, scope, ref, toward, depth=depth, width=width, decision=decision)
        if decisions:
            found = with_decisions(found, services.decisions, services.decisions.decision, width)
    if as_json:
        links = [{"start": start, "end": end} for start, end in found.links]
        print_json(dataclasses.asdict(found) | {"links": links})
    else:
        # A file or another program gets whole lines.
        Console(highlight=False, width=None if sys.stdout.isatty() else LONGEST).print(_tree(found))


def _tree(found: Walk) -> Tree:
    """Each thing once with what follows it; where it comes again, that is said."""
    nodes = {node.id: node for node in found.nodes}
    cut = {one.node: CUTS[one.by] for one in found.cut}
    after: dict[str, list[str]] = {}
    for start, end in found.links:
        after.setdefault(start, []).append(end)
    tree = Tree(_line(nodes[found.root]), guide_style="dim")
    growing, met = [(tree, found.root)], {found.root}
    for branch, node in growing:
        for other in after.get(node, ()):
            line = _line(nodes[other])
            twig = branch.add(line.append_text(shown("  see above", "dim")) if other in met else line)
            if other not in met:
                met.add(other)
                growing.append((twig, other))
        if node == found.root and found.more_decisions:
            branch.add(shown("… more decisions than are told (--width)", "yellow"))
        if node in cut:
            branch.add(shown(f"… {cut[node]}", "yellow"))
    return tree


def _line(node: Seen) -> Text:
    beside = f"  {node.id}" if node.kind in ("fact", "entity") else f"  {node.run}" if node.run else ""
    return shown(f"{node.kind} ", "dim").append_text(shown(node.text, "not dim")).append_text(shown(beside, "dim"))
