"""How answers and tables look on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from kg.domain.decision import Document

MAX_ROWS = 25
MAX_EVIDENCE = 12
MAX_BRANCHES = 12
MAX_TREE_DEPTH = 2
OUTCOMES = {
    "answered": ("green", "Answer"),
    "abstained": ("yellow", "No answer"),
    "ambiguous": ("yellow", "Which do you mean?"),
    "false_premise": ("yellow", "That does not hold"),
    "pending_review": ("blue", "Waiting for review"),
}


def show_decision(document: Document, console: Console) -> None:
    """The sentence, its rows, the numbered evidence, the picture as a tree, how it was read, what was left out."""
    colour, title = OUTCOMES[document["outcome"]]
    answer = document["answer"]
    console.print(Panel(Text(_headline(document)), title=title, title_align="left", border_style=colour))
    if document["outcome"] == "ambiguous":
        for number, choice in enumerate(answer["choices"], 1):
            console.print(Text(f"  {number}. {choice['interpretation']}", style="bold"))
            console.print(Padding(Text(choice["answer"]["text"], style="dim"), (0, 0, 0, 5)))
    _rows(document, console)
    _evidence(document, console)
    if document["explanation"]["relationships"] and document["outcome"] == "answered":
        console.print(_tree(document))
    if document["interpretation"]:
        console.print(Text("Read as  ", style="bold").append(document["interpretation"], style="not bold"))
    for cut in document["explanation"].get("cut", ()):
        console.print(Text(f"Left out: {cut}", style="yellow"))
    if document["explanation"]["left_out"]:
        console.print(Text(f"Left out: {document['explanation']['left_out']} more facts", style="yellow"))
    datasets = ", ".join(document["versions"]["graph"]["datasets"]) or "none"
    console.print(Text(f"Searched {datasets}", style="dim"))
    console.print(Text(f"decision {document['decision_id']}", style="dim"), soft_wrap=True)


def _headline(document: Document) -> str:
    text: str = document["answer"]["text"]
    return (
        text.partition(" I looked for ")[0].partition(" I counted ")[0] if document["outcome"] == "answered" else text
    )


def _rows(document: Document, console: Console) -> None:
    claims = {claim["id"]: claim for claim in document["claims"]}
    rows = document["answer"]["rows"]
    if not rows:
        return
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    names = {entity["id"]: entity for entity in document["answer"]["entities"]}
    for row in rows[:MAX_ROWS]:
        entity = names[row["entity"]]
        cited = claims[row["claim"]]["evidence"] if row["claim"] else []
        marks = " ".join(f"[{one}]" for one in cited[:6]) + (f" +{len(cited) - 6}" if len(cited) > 6 else "")
        value = "" if row["value"] is None else str(row["value"])
        table.add_row(
            Text(entity["keys"][0], style="cyan"), Text(entity["name"]), Text(value), Text(marks, style="dim")
        )
    console.print(Padding(table, (0, 0, 0, 2)))
    if len(rows) > MAX_ROWS:
        console.print(Text(f"  and {len(rows) - MAX_ROWS} more (--json shows all)", style="dim"))


def _evidence(document: Document, console: Console) -> None:
    items = document["evidence"]
    if not items:
        return
    console.print(Text("Evidence", style="bold"))
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(ratio=3)
    table.add_column(ratio=2)
    facts = [item for item in items if item["kind"] == "fact"]
    others = [item for item in items if item["kind"] != "fact"]
    for item in (*facts[:MAX_EVIDENCE], *others):
        table.add_row(Text(item["id"], style="cyan"), Text(item["text"]), Text(_places(item), style="dim"))
    console.print(Padding(table, (0, 0, 0, 2)))
    if len(facts) > MAX_EVIDENCE:
        console.print(Text(f"  and {len(facts) - MAX_EVIDENCE} more facts (--json shows all)", style="dim"))


def _places(item: dict[str, Any]) -> str:
    """File and position, as a person would look it up."""
    if item["kind"] == "absence":
        return f"searched {len(item['sources'])} files"
    said = [f"{one['source'].rpartition('/')[2]} {place(one['locator'])}" for one in item["sources"][:2]]
    more = len(item["sources"]) - len(said)
    return "; ".join(said) + (f" and {more} more" if more else "")


def place(locator: str) -> str:
    """``line 17#Name`` as ``line 17 (Name)``."""
    record, _, fields = locator.rpartition("#")
    return f"{record} ({fields.replace(',', ', ')})" if record else locator


def _tree(document: Document) -> Tree:
    """The explanation as a small tree from the best-connected entity."""
    names = {node["id"]: node["name"] for node in document["explanation"]["nodes"]}
    neighbours: dict[str, list[tuple[str, str]]] = {}
    for edge in document["explanation"]["relationships"]:
        label = edge["type"].lower().replace("_", " ")
        neighbours.setdefault(edge["start"], []).append((f"─ {label} →", edge["end"]))
        neighbours.setdefault(edge["end"], []).append((f"← {label} ─", edge["start"]))
    root = max(sorted(neighbours), key=lambda node: len(neighbours[node]))
    tree = Tree(Text(names[root], style="bold"), guide_style="dim")
    seen = {root}
    growing = [(tree, root, 0)]
    for branch, node, depth in growing:
        new = [(label, other) for label, other in neighbours[node] if other not in seen]
        room = MAX_BRANCHES if depth == 0 else 2
        for label, other in new[:room]:
            if other not in seen:
                seen.add(other)
                twig = branch.add(Text(f"{label} ", style="dim").append(names[other], style="not dim"))
                if depth < MAX_TREE_DEPTH:
                    growing.append((twig, other, depth + 1))
        if len(new) > room:
            branch.add(Text(f"… and {len(new) - room} more", style="dim"))
    return tree


def show_table(columns: Sequence[str], rows: Sequence[Sequence[object]], console: Console) -> None:
    """A plain table; said so when it is empty."""
    if not rows:
        console.print(Text("nothing to show", style="dim"))
        return
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=number == 0)
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    console.print(table)
