"""What a person's word for the start of a lineage walk means."""

from __future__ import annotations

import re

from kg.answer.explore import MAX_TEXT, resolve
from kg.answer.lineage_steps import Steps
from kg.domain.openlineage import (
    CONTROL,
    MAX_NAME,
    WHENCE,
    LineageNode,
    NodeKind,
    own_dataset,
    own_job,
    own_source,
    run_uuid,
)
from kg.errors import EntityNotFound, InvalidInput, LineageNotFound, NameAmbiguous
from kg.ports.ledger import RunLedger
from kg.ports.store import GraphView

MAX_REF = 2 * MAX_NAME
OUTSIDE: tuple[NodeKind, ...] = ("dataset", "job", "column")
_KIND = re.compile("(dataset|job|column|source|row|run|fact|entity):(.*)", re.DOTALL)


class Starts:
    """Finds what a ref names, in the order: dataset, source, fact, run, job or dataset of others, entity."""

    def __init__(self, view: GraphView, runs: RunLedger, steps: Steps) -> None:
        self._view = view
        self._runs = runs
        self._steps = steps

    def named(self, ref: str) -> LineageNode:
        """The one thing it names. Raises LineageNotFound, NameAmbiguous or InvalidInput."""
        if not ref.strip() or len(ref) > MAX_REF or CONTROL.search(ref):
            raise InvalidInput(f"expected a name of 1 to {MAX_REF:,} characters without control characters")
        told = _KIND.fullmatch(ref)
        # A scheme of entities may be called like a kind, so that the whole is tried, too.
        for kind, name in ((told[1], told[2]), (None, ref)) if told else ((None, ref),):
            if name and (found := self._found(kind, name)) is not None:
                return found
        raise LineageNotFound(
            f"nothing in the lineage of this view is called {ref[:200]!r}: give a dataset, NAME@VERSION, source, row, "
            "run, job, NAMESPACE/NAME, fact or entity"
        )

    def _found(self, kind: str | None, name: str) -> LineageNode | None:
        ways = {
            "dataset": self._dataset,
            "source": self._source,
            "row": self._row,
            "fact": self._fact,
            "run": self._run,
            None: lambda name: self._outside(kind, name),
            "entity": self._entity,
        }
        outside = kind in OUTSIDE
        tried = (way for key, way in ways.items() if kind is None or key == kind or (key is None and outside))
        return next((found for way in tried if (found := way(name)) is not None), None)

    def _dataset(self, name: str) -> LineageNode | None:
        return self._open(own_dataset(name.removeprefix(f"{WHENCE}/")))

    def _open(self, node: LineageNode) -> LineageNode | None:
        return node if self._steps.visible([node]) else None

    def _source(self, name: str) -> LineageNode | None:
        return own_source(name) if self._view.sources([name]) else None

    def _row(self, name: str) -> LineageNode | None:
        """``SOURCE#RECORD``."""
        splits = [place for place, sign in enumerate(name) if sign == "#"]
        asked = {name[:at]: name[at + 1 :] for at in splits}
        sources = self._view.sources(asked)
        return next((row for one in sources if (row := self._steps.row(one, asked[one])) is not None), None)

    def _fact(self, name: str) -> LineageNode | None:
        return LineageNode("fact", "", name) if self._view.facts([name]) else None

    def _run(self, name: str) -> LineageNode | None:
        events = self._runs.events(run_uuid(name)) or self._runs.events(name.lower())
        jobs = {LineageNode("job", event["job"]["namespace"], event["job"]["name"]) for event in events}
        own = run_uuid(name) == events[0]["run"]["runId"] if events else False
        return LineageNode("run", "", name if own else name.lower()) if self._steps.visible(jobs) else None

    def _outside(self, kind: str | None, name: str) -> LineageNode | None:
        kinds = [one for one in OUTSIDE if kind in (None, one)]
        splits = [place for place, sign in enumerate(name) if sign == "/" and 0 < place < len(name) - 1]
        asked = {LineageNode(one, name[:at], name[at + 1 :]) for one in kinds for at in splits}
        asked |= {own_job(name.removeprefix(f"{WHENCE}/"))} if "job" in kinds else set()
        found = sorted(self._steps.shown(asked))
        if len(found) > 1:
            raise NameAmbiguous(
                f"{name!r} can be {len(found)} things: {', '.join(node.id for node in found)}",
                tuple({"id": node.id, "name": node.name, "type": node.kind} for node in found),
            )
        return found[0] if found else None

    def _entity(self, name: str) -> LineageNode | None:
        if len(name) > MAX_TEXT:
            return None
        try:
            return LineageNode("entity", "", resolve(self._view, name).id)
        except EntityNotFound:
            return None
