"""How answers and tables look on a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from kg.domain.decision import Document
from kg.text.passages import quotation

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

UNSEEN = (
    r"\x00-\x1f\x7f-\x9f"  # control characters
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\u3164\ufeff\uffa0"  # no width
    r"\u2028-\u202e\ufff0-\ufffb"  # line ends, direction, annotation
    r"\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"  # half characters, tags
)
_UNSEEN = re.compile(f"[{UNSEEN}]")
_UNSEEN_IN_LINES = re.compile(rf"(?![\n\t])[{UNSEEN}]")


def printable(text: str, *, lines: bool = False) -> str:
    r"""The text with each character that a terminal acts on or does not show written as an escape, like ``\x1b``.

    Sources and questions can hold any character; what is printed of them may neither move the cursor nor pass for
    other text. Line ends and tabs stay only with ``lines``.
    """
    return (_UNSEEN_IN_LINES if lines else _UNSEEN).sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def in_json(text: str) -> str:
    """JSON that means the same, with those characters written as JSON writes them."""
    return _UNSEEN_IN_LINES.sub(_escape_in_json, text)


def _escape_in_json(found: re.Match[str]) -> str:
    halves = found.group().encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{halves[i : i + 4]}" for i in range(0, len(halves), 4))


def shown(value: object, style: str = "", *, lines: bool = False) -> Text:
    """The value as it is printed: plain text, in which neither markup nor control characters act."""
    return Text(printable(str(value), lines=lines), style=style)


def show_decision(document: Document, console: Console) -> None:
    """The sentence, its rows, the numbered evidence, the picture as a tree, how it was read, what was left out."""
    colour, title = OUTCOMES[document["outcome"]]
    answer = document["answer"]
    console.print(Panel(shown(_headline(document), lines=True), title=title, title_align="left", border_style=colour))
    if document["outcome"] == "ambiguous":
        for number, choice in enumerate(answer["choices"], 1):
            console.print(shown(f"  {number}. {choice['interpretation']}", style="bold"))
            console.print(Padding(shown(choice["answer"]["text"], style="dim", lines=True), (0, 0, 0, 5)))
    _rows(document, console)
    _evidence(document, console)
    if document["explanation"]["relationships"] and document["outcome"] == "answered":
        console.print(_tree(document))
    if document["interpretation"]:
        console.print(shown("Read as  ", style="bold").append_text(shown(document["interpretation"], style="not bold")))
    if model := document["versions"]["model"]:
        console.print(shown(_by_whom(document, model), style="dim"))
    for cut in document["explanation"].get("cut", ()):
        console.print(shown(f"Left out: {cut}", style="yellow"))
    if document["explanation"]["left_out"]:
        console.print(shown(f"Left out: {document['explanation']['left_out']} more facts", style="yellow"))
    read = {one["dataset"] for item in document["evidence"] for one in item["sources"]}
    datasets = ", ".join(sorted({*document["versions"]["graph"]["datasets"], *read})) or "none"
    console.print(shown(f"Searched {datasets}", style="dim"))
    console.print(shown(f"decision {document['decision_id']}", style="dim"), soft_wrap=True)


def _by_whom(document: Document, model: dict[str, Any]) -> str:
    """Which model took part, in what, and what of it did not stand."""
    name = f"{model['name']} (scripted: no model)" if model["scripted"] else model["name"]
    reader, writer = document["reader"], document["writer"]
    said = [f"Model {name}. Read by {reader['by']}" + (f": {reader['why']}" if reader["why"] else "")]
    said.append(f"written by the {'model' if writer['by'] == 'model' else 'extractive writer'}")
    if writer["reason"]:
        said[-1] += f": {writer['reason']}"
    if writer["dropped"]:
        said.append(f"{len(writer['dropped'])} of its claims did not stand")
    return "; ".join(said)


def _headline(document: Document) -> str:
    """What was found and what to know beside it; what was looked for stands under *Read as*."""
    text: str = document["answer"]["text"]
    if document["outcome"] != "answered":
        return text
    read = [part["interpretation"] for part in document["answer"]["parts"]] or [document["interpretation"]]
    for words in read:
        for said in ("I looked for", "I counted"):
            text = text.replace(f" {said} {words}.", "")
    return text


def _rows(document: Document, console: Console) -> None:
    claims = {claim["id"]: claim for claim in document["claims"]}
    rows = document["answer"]["rows"]
    if not rows:
        return
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    names = {node["id"]: (node["properties"].get("key", ""), node["name"]) for node in document["explanation"]["nodes"]}
    names |= {entity["id"]: (entity["keys"][0], entity["name"]) for entity in document["answer"]["entities"]}
    grouped = {row.get("group") for row in rows} - {None}
    for row in rows[:MAX_ROWS]:
        key, name = names[row["entity"]]
        beside = names[row["other"]][1] if row.get("other") in names else row.get("group") or ""
        cited = claims[row["claim"]]["evidence"] if row["claim"] else []
        marks = " ".join(f"[{one}]" for one in cited[:6]) + (f" +{len(cited) - 6}" if len(cited) > 6 else "")
        value = "" if row["value"] is None else str(row["value"])
        value = quotation(value) if document["answer"]["type"] == "passages" else value
        value += f" of {row['of']}" if "of" in row else ""
        cells = [shown(key, style="cyan"), shown(name), shown(value), shown(marks, style="dim")]
        if grouped or any("other" in one for one in rows):
            cells.insert(2, shown(names[beside][1] if beside in names else beside))
        table.add_row(*cells)
    console.print(Padding(table, (0, 0, 0, 2)))
    if len(rows) > MAX_ROWS:
        console.print(shown(f"  and {len(rows) - MAX_ROWS} more (--json shows all)", style="dim"))


def _evidence(document: Document, console: Console) -> None:
    items = document["evidence"]
    if not items:
        return
    console.print(shown("Evidence", style="bold"))
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(ratio=3)
    table.add_column(ratio=2)
    facts = [item for item in items if item["kind"] == "fact"]
    others = [item for item in items if item["kind"] != "fact"]
    for item in (*facts[:MAX_EVIDENCE], *others):
        table.add_row(shown(item["id"], style="cyan"), shown(item["text"]), shown(_places(item), style="dim"))
    console.print(Padding(table, (0, 0, 0, 2)))
    if len(facts) > MAX_EVIDENCE:
        console.print(shown(f"  and {len(facts) - MAX_EVIDENCE} more facts (--json shows all)", style="dim"))


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
    tree = Tree(shown(names[root], style="bold"), guide_style="dim")
    seen = {root}
    growing = [(tree, root, 0)]
    for branch, node, depth in growing:
        new = [(label, other) for label, other in neighbours[node] if other not in seen]
        room = MAX_BRANCHES if depth == 0 else 2
        for label, other in new[:room]:
            if other not in seen:
                seen.add(other)
                twig = branch.add(shown(f"{label} ", style="dim").append_text(shown(names[other], style="not dim")))
                if depth < MAX_TREE_DEPTH:
                    growing.append((twig, other, depth + 1))
        if len(new) > room:
            branch.add(shown(f"… and {len(new) - room} more", style="dim"))
    return tree


UNBROKEN = 100_000
"""Characters of a line that no row reaches."""


def show_table(columns: Sequence[str], rows: Sequence[Sequence[object]], console: Console) -> None:
    """A plain table, in a file or a pipe one line a row; said so when it is empty."""
    if not rows:
        console.print(shown("nothing to show", style="dim"))
        return
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for number, column in enumerate(columns):
        table.add_column(shown(column), no_wrap=number == 0)
    for row in rows:
        table.add_row(*(shown(cell) for cell in row))
    seen, console.width = console.width, console.width if console.is_terminal else UNBROKEN
    console.print(table)
    console.width = seen


@contextmanager
def progress(*, quiet: bool) -> Iterator[tuple[Any, Console]]:
    """A bar on standard error while a person looks on."""
    screen = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True, disable=quiet or not screen.is_terminal) as bar:
        task = bar.add_task("reading", total=None)

        def told(stage: str, done: int, total: int | None) -> None:
            bar.update(task, description=printable(stage), completed=done, total=total)

        yield told, Console(highlight=False)
