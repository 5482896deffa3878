"""An explanation as a picture: self-contained SVG, left to right, every label escaped."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

from kg.answer.layout import Edge, Layout, Node, arrange
from kg.domain.decision import Document

BOX_WIDTH, GAP, ROW_GAP, MARGIN = 212, 150, 12, 32
LINE, PADDING = 15, 8
NAME_WIDTH, NAME_LINES = 25, 2
"""Character columns of a name on one line of a box, and lines; the whole name is in the box's tooltip."""
NOTE_WIDTH = 32
MIN_WIDTH = 780
FONT = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif"
INK, QUIET, ARROW, PAPER = "#1f2933", "#52606d", "#7b8794", "#ffffff"
PALETTE = (
    ("#e3effb", "#1c64b4"), ("#fdebd8", "#b4550a"), ("#e2f4e8", "#1e7a44"), ("#f3e6f7", "#86389c"),
    ("#fdf3c9", "#8a6a00"), ("#fbe3e6", "#b3263c"), ("#dff3f3", "#0d7377"), ("#ececf0", "#4b5563"),
)  # fmt: skip
"""Fill and outline; with the shapes below, types are told apart without seeing colour."""
SHAPES = ("rounded", "square", "cut", "pill", "tab", "slanted")
BODY = f'font-family="{FONT}" font-size="12" fill="{INK}"'
TITLE, LEAD = 'font-size="17" font-weight="600"', f'font-size="13" fill="{QUIET}"'
BOLD, NOTE, SMALL = 'font-weight="600"', f'fill="{QUIET}"', f'font-size="11" fill="{QUIET}"'
HALO = f'stroke="{PAPER}" stroke-width="3.5" paint-order="stroke" stroke-linejoin="round"'
"""Keeps a small label readable where it crosses an arrow."""
ARROW_HEAD = (
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" '
    f'orient="auto"><path d="M0 0.8 8 4 0 7.2z" fill="{ARROW}"/></marker></defs>'
)
LITERAL = "Literal"
DASHES = ("", "7 4", "2 3", "10 3 2 3")

Style = tuple[str, str, str]
"""Shape, fill and outline of a type."""


@dataclass(frozen=True, slots=True)
class _Box:
    node: Node
    x: float
    y: float
    height: float
    column: int

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


@dataclass
class _Page:
    """The drawing so far, and how far down it reaches."""

    width: float
    y: float
    parts: list[str]

    def paragraph(self, text: str, lines: int, size: int, look: str) -> None:
        per_line = int((self.width - 2 * MARGIN) / (size * 0.54))
        for line in _wrap(text, per_line, lines):
            self.parts.append(_text(MARGIN, self.y, line, look))
            self.y += size * 1.4


def svg(document: Document) -> str:
    """The picture of a decision document."""
    layout = arrange(document)
    absences = [_shortened(item["text"]) for item in document["evidence"] if item["kind"] == "absence"]
    spans = len(layout.columns) + bool(absences)
    content = spans * (BOX_WIDTH + GAP) - GAP
    page = _Page(max(MIN_WIDTH, content + 2 * MARGIN), MARGIN + 14.0, [])
    page.paragraph(document["question"], 3, 17, TITLE)
    page.y += 2
    page.paragraph(document["answer"]["text"], 3, 13, LEAD)
    page.y += 24
    styles = _styles(layout)
    _graph(page, layout, styles, absences, (page.width - content) / 2)
    _foot(page, document, layout, styles)
    size = f'width="{page.width:g}" height="{page.y:g}" viewBox="0 0 {page.width:g} {page.y:g}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title desc" {BODY}>',
            f'<title id="title">{escape(document["question"])}</title>',
            f'<desc id="desc">{escape(_described(document, layout))}</desc>',
            ARROW_HEAD,
            f'<rect width="100%" height="100%" fill="{PAPER}"/>',
            *page.parts,
            "</svg>\n",
        ]
    )


def _described(document: Document, layout: Layout) -> str:
    names = {node["id"]: node["name"] for column in layout.columns for node in column}
    facts = "; ".join(f"{names[e['start']]} {_words(e['type'])} {names[e['end']]}" for e in layout.edges)
    return f"{document['answer']['text']} Drawn: {facts or 'no relationships'}."


def _styles(layout: Layout) -> dict[str, Style]:
    """Look of each type drawn, in the order of the columns."""
    types = dict.fromkeys(node["labels"][0] for column in layout.columns for node in column)
    return {name: (SHAPES[i % len(SHAPES)], *PALETTE[i % len(PALETTE)]) for i, name in enumerate(types)}


# --- the graph ----------------------------------------------------------------------------------------------------


def _graph(page: _Page, layout: Layout, styles: dict[str, Style], absences: list[str], left: float) -> None:
    """Columns of boxes, each centred on the tallest, arrows beneath them, a note on what was not found."""
    heights = [[_height(node) for node in column] for column in layout.columns]
    tall = [sum(column) + ROW_GAP * (len(column) - 1) for column in heights]
    notes = [_wrap(text, NOTE_WIDTH, 10) for text in absences]
    noted = sum(len(lines) * LINE + 3 * PADDING + 12 + ROW_GAP for lines in notes)
    tallest = max([*tall, noted, 0])
    top = page.y
    boxes: dict[str, _Box] = {}
    for number, column in enumerate(layout.columns):
        y = top + (tallest - tall[number]) / 2
        for node, height in zip(column, heights[number], strict=True):
            boxes[node["id"]] = _Box(node, left + number * (BOX_WIDTH + GAP), y, height, number)
            y += height + ROW_GAP
    page.parts += _arrows(layout, boxes, top)
    for box in boxes.values():
        page.parts += _box(box, styles[box.node["labels"][0]], answer=box.node["id"] in layout.answers)
    y = top + (tallest - noted) / 2
    x = left + len(layout.columns) * (BOX_WIDTH + GAP) - GAP / 2
    for lines in notes:
        y = _note(page, lines, x, y)
    page.y = top + tallest + 34


def _height(node: Node) -> float:
    return len(_lines(node)) * LINE + 2 * PADDING


def _lines(node: Node) -> list[str]:
    """The key, and the name where it says more."""
    key, name = str(node["properties"].get("key", "")), str(node["name"])
    wrapped = _wrap(name, NAME_WIDTH, NAME_LINES)
    return wrapped if not key or key == name else [*_wrap(key, NAME_WIDTH, 1), *wrapped]


def _box(box: _Box, style: Style, *, answer: bool) -> Iterator[str]:
    shape, fill, outline = style
    kind = " ".join(box.node["labels"])
    yield f"<g><title>{escape(kind)}: {escape(str(box.node['name']))}</title>"
    width = 2.8 if answer else 1.2
    look = f'fill="{fill}" stroke="{INK if answer else outline}" stroke-width="{width}"'
    yield _outline(shape, (box.x, box.y, BOX_WIDTH, box.height), look)
    lines = _lines(box.node)
    for number, line in enumerate(lines):
        key = number == 0 and len(lines) > 1
        yield _text(box.x + 15, box.y + PADDING + 11.5 + number * LINE, line, BOLD if key else "")
    if answer:
        yield _star(box.x + BOX_WIDTH - 14, box.y + 14)
    yield "</g>"


def _note(page: _Page, lines: list[str], x: float, y: float) -> float:
    height = len(lines) * LINE + 3 * PADDING + 12
    look = f'fill="{PAPER}" stroke="{QUIET}" stroke-dasharray="5 4"'
    page.parts.append(_outline("rounded", (x, y, BOX_WIDTH + 20, height), look))
    page.parts.append(_text(x + 12, y + PADDING + 10, "SEARCHED AND NOT FOUND", f"{SMALL} {BOLD}"))
    for number, line in enumerate(lines):
        page.parts.append(_text(x + 12, y + PADDING + 29 + number * LINE, line, NOTE))
    return y + height + ROW_GAP


def _arrows(layout: Layout, boxes: dict[str, _Box], top: float) -> list[str]:
    """One arrow a relationship; its type stands at the end that has no other, else once above the gap."""
    kinds = Counter(edge["type"] for edge in layout.edges).most_common()
    dashes = {kind: DASHES[i % len(DASHES)] for i, (kind, _) in enumerate(kinds)}
    ends: Counter[tuple[str, int]] = Counter()
    for edge in layout.edges:
        for end in (edge["start"], edge["end"]):
            ends[end, _gap(edge, boxes)] += 1
    lines, labels, above = [], [], dict[tuple[int, str, str], None]()
    for edge in layout.edges:
        start, end, gap = boxes[edge["start"]], boxes[edge["end"]], _gap(edge, boxes)
        dash = f' stroke-dasharray="{dashes[edge["type"]]}"' if dashes[edge["type"]] else ""
        lines.append(
            f'<path d="{_curve(start, end)}" fill="none" stroke="{ARROW}" stroke-width="1.2"{dash} '
            'marker-end="url(#arrow)"/>'
        )
        single = next((box for box in (end, start) if ends[box.node["id"], gap] == 1), None)
        if single is None or start.column == end.column:
            sign = "→" if start.column <= end.column else "←"
            above[gap, edge["type"], sign] = None
        else:
            labels.append(_beside(single, single.column == gap, _words(edge["type"])))
    left = {box.column: box.x for box in boxes.values()}
    rows: Counter[int] = Counter()
    for gap, kind, sign in above:
        name = f"{_words(kind)} →" if sign == "→" else f"← {_words(kind)}"
        y = top - 6 + 15 * rows[gap]
        labels.append(_halo(left[gap] + BOX_WIDTH + GAP / 2, y, name, "middle"))
        rows[gap] += 1
    return lines + labels


def _gap(edge: Edge, boxes: dict[str, _Box]) -> int:
    return min(boxes[edge["start"]].column, boxes[edge["end"]].column)


def _curve(start: _Box, end: _Box) -> str:
    """From side to side; within one column a bow on its right."""
    if start.column == end.column:
        x = start.x + BOX_WIDTH
        bow = x + min(30 + abs(start.middle - end.middle) / 5, GAP * 0.6)
        return f"M{x:g} {start.middle:g}C{bow:g} {start.middle:g} {bow:g} {end.middle:g} {x:g} {end.middle:g}"
    right = start.column < end.column
    x1, x2 = (start.x + BOX_WIDTH, end.x) if right else (start.x, end.x + BOX_WIDTH)
    bend = (x2 - x1) * 0.42
    return f"M{x1:g} {start.middle:g}C{x1 + bend:g} {start.middle:g} {x2 - bend:g} {end.middle:g} {x2:g} {end.middle:g}"


def _beside(box: _Box, on_right: bool, text: str) -> str:  # noqa: FBT001 (one call, above)
    """A label over the end of an arrow at this box."""
    if on_right:
        return _halo(box.x + BOX_WIDTH + 10, box.middle - 4, text, "start")
    return _halo(box.x - 10, box.middle - 4, text, "end")


# --- the foot -----------------------------------------------------------------------------------------------------


def _foot(page: _Page, document: Document, layout: Layout, styles: dict[str, Style]) -> None:
    """What was not drawn, the legend, and the data that were read."""
    left = sum(number for _, number in layout.more)
    if left:
        kinds = ", ".join(f"{number} {label}" for label, number in layout.more)
        page.paragraph(f"… and {left} more ({kinds}) with {layout.more_edges} relationships are not drawn.",
                       2, 13, f'font-size="13" {BOLD}')  # fmt: skip
        page.y += 10
    x = float(MARGIN)
    entries: list[tuple[str, Style | None]] = [(_type_words(name), style) for name, style in styles.items()]
    if layout.answers:
        entries.append(("in the answer", None))
    for label, style in entries:
        step = 52 + 7.6 * _columns(label)
        if x + step > page.width - MARGIN and x > MARGIN:
            x, page.y = float(MARGIN), page.y + 24
        shape, fill, outline = style or ("rounded", PAPER, INK)
        look = f'fill="{fill}" stroke="{outline}" stroke-width="{1.2 if style else 2.8}"'
        page.parts.append(_outline(shape, (x, page.y - 12, 28, 16), look))
        if style is None:
            page.parts.append(_star(x + 14, page.y - 4))
        page.parts.append(_text(x + 36, page.y, label))
        x += step
    page.y += 26
    datasets = ", ".join(document["versions"]["graph"]["datasets"]) or "none"
    page.paragraph(f"Data read: {datasets}", 3, 11, SMALL)
    page.paragraph(f"Decision {document['decision_id']}", 1, 11, SMALL)
    page.y += MARGIN / 2


# --- shapes and text ----------------------------------------------------------------------------------------------


def _outline(shape: str, place: tuple[float, float, float, float], look: str) -> str:
    """A box of this shape at x, y with width and height."""
    x, y, width, height = place
    right, bottom = x + width, y + height
    if shape in ("rounded", "square", "pill"):
        radius = {"rounded": 7.0, "square": 0.0, "pill": min(height / 2, 16)}[shape]
        return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius:g}" {look}/>'
    c = min(9.0, height / 3)
    corners = {
        "cut": [(x + c, y), (right - c, y), (right, y + c), (right, bottom - c), (right - c, bottom),
                (x + c, bottom), (x, bottom - c), (x, y + c)],
        "tab": [(x, y), (right - 1.6 * c, y), (right, y + 1.6 * c), (right, bottom), (x, bottom)],
        "slanted": [(x + c, y), (right, y), (right - c, bottom), (x, bottom)],
    }[shape]  # fmt: skip
    points = " ".join(f"{px:g},{py:g}" for px, py in corners)
    return f'<polygon points="{points}" {look}/>'


def _star(x: float, y: float) -> str:
    """A small star around a point."""
    points = "0,-6 1.5,-2 5.7,-1.9 2.4,0.8 3.5,4.9 0,2.5 -3.5,4.9 -2.4,0.8 -5.7,-1.9 -1.5,-2"
    return f'<polygon transform="translate({x:g} {y:g})" points="{points}" fill="{INK}"/>'


def _text(x: float, y: float, text: str, look: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}"{" " * bool(look)}{look}>{escape(text)}</text>'


def _halo(x: float, y: float, text: str, anchor: str) -> str:
    return _text(x, y, text, f'font-size="10" fill="{QUIET}" text-anchor="{anchor}" {HALO}')


def _words(kind: str) -> str:
    return kind.lower().replace("_", " ")


def _type_words(name: str) -> str:
    """A type as a legend has it: ``SupplierSite`` is ``Supplier site``."""
    if name == LITERAL:
        return "Name or value"
    return re.sub(r"(?<=[a-z])[A-Z](?=[a-z])", lambda letter: f" {letter[0].lower()}", name)


def _shortened(absence: str) -> str:
    """An absence without the names: they stand in the picture."""
    sought, found, _ = absence.partition(" and found none for ")
    return sought.removeprefix("Searched for ") if found else absence


def _columns(text: str) -> int:
    """Width in character columns; East Asian wide characters take two."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _wrap(text: str, width: int, lines: int) -> list[str]:
    """The text in at most so many lines; what does not fit is cut with an ellipsis."""
    made, rest = [""], text.split()
    while rest:
        word = rest.pop(0)
        joined = f"{made[-1]} {word}".strip()
        if _columns(joined) <= width:
            made[-1] = joined
        elif _columns(word) > width and len(made) <= lines:
            room = max(width - _columns(made[-1]) - 1, 4)
            head = word[: room if word.isascii() else max(room // 2, 2)]
            made[-1] = f"{made[-1]} {head}".strip()
            rest.insert(0, word[len(head) :])
            made.append("")
        else:
            made.append(word)
        if len(made) > lines:
            last = made[lines - 1]
            while _columns(last) > width - 1:
                last = last[:-1]
            return [*made[: lines - 1], f"{last.rstrip(' ,;.')}…"]
    return made
