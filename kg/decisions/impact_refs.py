"""What a person's word for a thing means, as the keys of the decisions it touches."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from kg.answer.lineage import view_of
from kg.answer.lineage_start import MAX_REF, Starts
from kg.answer.lineage_steps import Steps
from kg.domain.lineage import Run
from kg.domain.openlineage import CONTROL, MAX_DEPTH, MAX_WIDTH, WHENCE, LineageNode
from kg.domain.scope import Scope
from kg.errors import DatasetNotFound, InvalidInput, LineageNotFound, PromptNotFound
from kg.ports.ledger import RunLedger
from kg.ports.rules import Registry
from kg.ports.store import GraphStore, GraphView

RECENTLY_ENDED = 1_000
MAX_ENDS = 50
"""Of the runs by which something ended, and of so many runs, those before which what is gone is looked for."""
MAX_MET = 2_000
"""Things of others that are walked through to sources of ours."""


@dataclass(frozen=True, slots=True)
class Named:
    """Keys of what a ref names."""

    keys: frozenset[str]
    graph: bool = True
    """Whether it is of the graph, so that a decision can be run again to see what it does to it."""
    retirable: str | None = None
    """A dataset, version or source, as a retirement names it."""
    run: Run | None = None
    ended_by: Run | None = None
    """The run since which it is not seen any more: a retirement, or a load that did not say it again."""


def named(ref: str, scope: Scope, store: GraphStore, runs: RunLedger, registry: Registry) -> Named:
    """What the ref names today, or else what it named before it ended.

    Raises InvalidInput, PromptNotFound, LineageNotFound, NameAmbiguous.
    """
    try:
        return _named(ref, scope, store, runs, registry)
    except (LineageNotFound, DatasetNotFound):
        if scope.known_as_of is None and (found := _ended(ref, scope, store, runs, registry)) is not None:
            return found
        raise


def _ended(ref: str, scope: Scope, store: GraphStore, runs: RunLedger, registry: Registry) -> Named | None:
    """What it named just before the newest run by which it ended."""
    recent = (run for run in runs.runs(RECENTLY_ENDED) if run.state == "complete")
    ending = (run for run in recent if run.changes.retired or run.changes.lost)
    for run in itertools.islice(ending, MAX_ENDS):
        try:
            found = _named(ref, replace(scope, known_as_of=run.started_at), store, runs, registry)
        except (LineageNotFound, DatasetNotFound):
            continue
        return replace(found, ended_by=run)
    return None


def _named(ref: str, scope: Scope, store: GraphStore, runs: RunLedger, registry: Registry) -> Named:
    """A prompt, label, model, adapter or decision table by its kind; a row; all else as ``whence lineage`` reads it."""
    if not ref.strip() or len(ref) > MAX_REF or CONTROL.search(ref):
        raise InvalidInput(f"expected a name of 1 to {MAX_REF:,} characters without control characters")
    kind, colon, name = ref.partition(":")
    made: dict[str, Callable[[str], Named]] = {
        "prompt": lambda name: _prompt(name, registry),
        "model": lambda name: Named(frozenset({f"model:{name}"}), graph=False),
        "adapter": lambda name: Named(frozenset({f"adapter:{name}"}), graph=False),
        "table": _table,
        "row": lambda name: _row(name, scope, store),
    }
    if colon and name and kind in made:
        return made[kind](name)
    view = store.view(scope)
    versions = view.versions()
    view = view_of(ref, view, store)
    steps = Steps(view, runs, versions)
    return _node(Starts(view, runs, steps).named(ref), runs, steps)


def come_of(nodes: Iterable[LineageNode], view: GraphView, runs: RunLedger) -> frozenset[str]:
    """Keys of the sources of a view that come of jobs, datasets and columns of others."""
    return _come_of(nodes, Steps(view, runs, view.versions()))


def _come_of(nodes: Iterable[LineageNode], steps: Steps) -> frozenset[str]:
    met = dict.fromkeys(nodes)
    frontier = list(met)
    for _ in range(MAX_DEPTH):
        found = steps.next([one for one in frontier if one.kind != "source"], "down", MAX_WIDTH)
        frontier = [one for some in found.values() for one in some.nodes if one not in met][: MAX_MET - len(met)]
        met.update(dict.fromkeys(frontier))
    return frozenset(f"source:{one.name}" for one in met if one.kind == "source")


def _node(node: LineageNode, runs: RunLedger, steps: Steps) -> Named:
    if node.kind in ("fact", "entity"):
        return Named(frozenset({f"{node.kind}:{node.name}"}))
    if node.kind == "source":
        return Named(frozenset({f"source:{node.name}"}), retirable=node.name)
    if node.kind == "job" and node.namespace == WHENCE:
        # ``load NAME@VERSION``: all that it said.
        return Named(frozenset({f"dataset:{node.name.rpartition(' ')[2]}"}))
    if node.kind == "dataset" and node.namespace == WHENCE:
        return Named(frozenset({f"dataset:{node.name}"}), retirable=node.name)
    if node.kind == "run":
        held = runs.run(node.name)
        return Named(frozenset({f"run:{node.name}"}) if held else _come_of([node], steps), run=held)
    return Named(_come_of([node], steps))


def _row(name: str, scope: Scope, store: GraphStore) -> Named:
    source, mark, place = name.partition("#")
    if not mark or not place:
        raise InvalidInput(f"{name[:200]!r} is no row: write row:NAME@VERSION/FILE#line 8")
    if not view_of(source, store.view(scope), store).sources([source]):
        raise LineageNotFound(f"no source {source[:200]!r} in this view; see `whence sources`")
    return Named(frozenset({f"row:{source}#{place}"}))


def _table(name: str) -> Named:
    if "@" in name:
        table = name.partition("@")[0]
        raise InvalidInput(f"what is known is which decisions a table decided, not by which version: table:{table}")
    return Named(frozenset({f"table:{name}"}))


def _prompt(name: str, registry: Registry) -> Named:
    """A prompt; of one of its labels, the version it points at."""
    prompt, at, which = name.partition("@")
    versions = {str(one.number) for one in registry.prompt_versions(prompt)}
    labels = registry.prompt_labels(prompt)
    if at and which not in versions | labels.keys() | {"0"}:
        raise PromptNotFound(f"prompt {prompt!r} has no version or label {which!r}; see `whence prompts list {prompt}`")
    if which in labels:
        return Named(frozenset({f"label:{name}", f"prompt:{prompt}@{labels[which]}"}), graph=False)
    return Named(frozenset({f"prompt:{name}"}), graph=False)
