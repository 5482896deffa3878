"""One step of a lineage walk: the visible neighbours of many things at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from kg.domain.fact import IDENTITY, Assertion, EntityId, Fact, record_of
from kg.domain.lineage import DatasetVersion
from kg.domain.ontology import Direction
from kg.domain.openlineage import WHENCE, LineageNode, NodeKind, Toward, own_job, own_source, received, run_uuid
from kg.ports.ledger import RunLedger
from kg.ports.store import GraphView

LEDGER = ("job", "dataset", "column", "source")
MOST_READ = 20_000
"""Links or assertions of one thing that are read to find as many visible ones as the width."""
Next = dict[LineageNode, list[LineageNode]]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Some neighbours of one thing; ``cut`` says that there are more."""

    nodes: tuple[LineageNode, ...]
    cut: bool = False


class Steps:
    """Steps within one view. What it does not read is left out of them and of their cuts."""

    def __init__(self, view: GraphView, runs: RunLedger, versions: Collection[DatasetVersion]) -> None:
        self._view = view
        self._runs = runs
        self._own = {version.ref for version in versions} | {version.dataset for version in versions}
        self.runs_of: dict[LineageNode, str] = {}
        """Of each row met, the run that read it."""
        self.cited: Next = {}
        """Of each decision that a walk starts from: the facts of its evidence, and the sources searched for it."""
        self._facts_at: dict[LineageNode, list[LineageNode]] = {}

    def next(self, nodes: Collection[LineageNode], toward: Toward, width: int) -> dict[LineageNode, Neighbours]:
        """Up to so many neighbours of each, in the order of the nodes."""
        kinds: dict[NodeKind, list[LineageNode]] = {}
        for node in nodes:
            kinds.setdefault(node.kind, []).append(node)
        found: dict[LineageNode, Neighbours] = {}
        if tied := [node for kind in LEDGER for node in kinds.get(kind, ())]:  # type: ignore[call-overload]
            found |= self._linked(tied, toward, width)
        graph: dict[tuple[NodeKind, Toward], Callable[[list[LineageNode], int], dict[LineageNode, Neighbours]]] = {
            ("source", "down"): self._rows,
            ("row", "up"): lambda rows, _: self._of_rows(rows),
            ("row", "down"): lambda rows, width: _cut({row: self._facts_at.get(row, []) for row in rows}, width),
            ("fact", "up"): self._places,
            ("fact", "down"): self._ends,
            ("entity", "up"): self._said_of,
            ("decision", "up"): self._cited,
            ("run", "up"): lambda runs, width: self._of_run(runs, "up", width),
            ("run", "down"): lambda runs, width: self._of_run(runs, "down", width),
        }
        for kind, some in kinds.items():
            step = graph.get((kind, toward))
            for node, more in step(some, width).items() if step else ():
                before = found.get(node, Neighbours(()))
                nodes_of = (*before.nodes, *more.nodes)
                found[node] = Neighbours(nodes_of, before.cut or more.cut)
        return {node: found[node] for node in nodes if node in found}

    # --- what events tie ---

    def visible(self, nodes: Iterable[LineageNode]) -> set[LineageNode]:
        """Those that the view may show, if something it shows leads to them."""
        nodes = list(nodes)
        sources = self._view.sources({node.name for node in nodes if node.kind == "source"})
        return {node for node in nodes if (node.name in sources if node.kind == "source" else self._is_open(node))}

    def shown(self, nodes: Collection[LineageNode]) -> set[LineageNode]:
        """Those that the view shows by themselves: ours, named by a received event, or leading to what it shows."""
        open_ = self.visible(nodes)
        ours = {node for node in open_ if node.namespace == WHENCE and node.kind == "dataset"}
        known = {node for node in self._runs.known(open_) if node.namespace != WHENCE}
        found = ours | known
        return found | self._linked([node for node in open_ if node not in found], "down", 1).keys()

    def _is_open(self, node: LineageNode) -> bool:
        """A job or dataset of ours is one of the versions that may be read."""
        if node.namespace != WHENCE:
            return True
        name = node.name.partition("#")[0]
        return (name.rpartition(" ")[2] if node.kind == "job" else name) in self._own

    def _linked(self, nodes: list[LineageNode], toward: Toward, width: int) -> dict[LineageNode, Neighbours]:
        done: Next = {}
        cut: set[LineageNode] = set()
        waiting, asked = nodes, width + 1
        while waiting:
            read = self._runs.linked(waiting, toward, asked)
            seen = self.visible({one for some in read.values() for one in some})
            again = []
            for node, some in read.items():
                done[node] = [one for one in some if one in seen]
                if len(some) < asked or len(done[node]) > width:
                    continue
                if asked >= MOST_READ:
                    cut.add(node)
                else:
                    again.append(node)
            waiting, asked = again, asked * 8
        return {node: Neighbours(some.nodes, some.cut or node in cut) for node, some in _cut(done, width).items()}

    def _of_run(self, runs: list[LineageNode], toward: Toward, width: int) -> dict[LineageNode, Neighbours]:
        """Our run leads to its job; one of others to what it read or wrote itself."""
        found: Next = {}
        for run in runs:
            if ours := self._runs.events(run_uuid(run.name)):
                found[run] = [own_job(ours[0]["job"]["name"])]
                continue
            for event in (received(one) for one in self._runs.events(run.name)):
                ends = [other if toward == "down" else one for one, other in event.links]
                found.setdefault(run, []).extend(end for end in ends if end.kind == "dataset")
        kept = self.visible({one for some in found.values() for one in some})
        return _cut({run: [one for one in dict.fromkeys(some) if one in kept] for run, some in found.items()}, width)

    # --- what the graph holds ---

    def _rows(self, sources: list[LineageNode], width: int) -> dict[LineageNode, Neighbours]:
        """The rows of a source that say facts which the view sees."""
        found: dict[LineageNode, Neighbours] = {}
        waiting, asked = {source.name: source for source in sources}, width * 16
        while waiting:
            read = self._view.said_by(waiting, asked)
            seen = self._view.facts({one.fact for said in read.values() for one in said})
            for name, source in list(waiting.items()):
                said = read.get(name, ())
                whole = len(said) < asked
                rows = self._at_rows([one for one in said if one.fact in seen])
                if not whole and rows and said[-1].fact in seen:
                    # The last one may go on beyond what was read.
                    rows.pop()
                if whole or len(rows) > width or asked >= MOST_READ:
                    found[source] = Neighbours(tuple(rows[:width]), cut=len(rows) > width or not whole)
                    del waiting[name]
            asked *= 8
        return found

    def row(self, source: str, record: str) -> LineageNode | None:
        """The row of a source, with the facts that it says, if it is among the first that are read."""
        said = self._view.said_by([source], MOST_READ).get(source, ())
        of_row = [one for one in said if record_of(one.locator) == record]
        seen = self._view.facts({one.fact for one in of_row})
        rows = self._at_rows(one for one in of_row if one.fact in seen)
        return rows[0] if rows else None

    def _at_rows(self, said: Iterable[Assertion]) -> list[LineageNode]:
        rows: dict[LineageNode, list[LineageNode]] = {}
        for one in said:
            row = self._row(one)
            rows.setdefault(row, []).append(LineageNode("fact", "", one.fact))
        self._facts_at |= {row: list(dict.fromkeys(facts)) for row, facts in rows.items()}
        return list(rows)

    def _row(self, said: Assertion) -> LineageNode:
        row = LineageNode("row", said.source, record_of(said.locator))
        self.runs_of[row] = said.run
        return row

    def _of_rows(self, rows: list[LineageNode]) -> dict[LineageNode, Neighbours]:
        """The source each stands in, and the load that read it there."""
        loads = {row: LineageNode("run", "", self.runs_of[row]) for row in rows if row in self.runs_of}
        seen = self._of_run(sorted(set(loads.values())), "up", 1)
        sources = {row: own_source(row.namespace) for row in rows}
        return {
            row: Neighbours((sources[row], loads[row]) if loads.get(row) in seen else (sources[row],)) for row in rows
        }

    def _cited(self, decisions: list[LineageNode], width: int) -> dict[LineageNode, Neighbours]:
        cited = {one for decision in decisions for one in self.cited[decision]}
        facts = self._view.facts({one.name for one in cited if one.kind == "fact"})
        seen = self.visible(one for one in cited if one.kind == "source") | {n for n in cited if n.name in facts}
        return _cut({one: [node for node in self.cited[one] if node in seen] for one in decisions}, width)

    def _places(self, facts: list[LineageNode], width: int) -> dict[LineageNode, Neighbours]:
        read = self._view.assertions({fact.name for fact in facts})
        return _cut({fact: [self._row(one) for one in read.get(fact.name, ())] for fact in facts}, width)

    def _ends(self, facts: list[LineageNode], width: int) -> dict[LineageNode, Neighbours]:
        read = self._view.facts({fact.name for fact in facts})
        ends = {fact: (read[fact.name].subject, read[fact.name].target) for fact in facts if fact.name in read}
        entities = {fact: [LineageNode("entity", "", one) for one in some if one] for fact, some in ends.items()}
        return _cut(entities, width)

    def _said_of(self, entities: list[LineageNode], width: int) -> dict[LineageNode, Neighbours]:
        """The facts that an entity is an end of, those that say what it is first."""
        ids = {entity.name: entity for entity in entities}
        found: Next = {entity: [] for entity in entities}
        more: set[EntityId] = set()
        steps: tuple[tuple[tuple[str, ...], Direction], ...] = ((IDENTITY, "out"), ((), "out"), ((), "in"))
        for predicates, direction in steps:
            read = self._view.follow(ids, predicates, direction, width)
            more.update(read.cut)
            for fact in read.facts:
                if (near := _near(fact, direction)) in ids:
                    found[ids[near]].append(LineageNode("fact", "", fact.id))
        cut = _cut(found, width)
        return {node: Neighbours(some.nodes, some.cut or node.name in more) for node, some in cut.items()}


def _near(fact: Fact, direction: Direction) -> EntityId:
    return fact.subject if direction == "out" else str(fact.target)


def _cut(found: Next, width: int) -> dict[LineageNode, Neighbours]:
    whole = {node: list(dict.fromkeys(some)) for node, some in found.items()}
    return {node: Neighbours(tuple(some[:width]), len(some) > width) for node, some in whole.items() if some}
