"""A chart of what every stretch of a clause may mean, filled from the shortest stretches up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from kg.answer.reading import (  # noqa: F401 (they register their rules)
    chains,
    counting,
    depth,
    groups,
    literals,
    logic,
    nouns,
    numbers,
    relations,
    topics,
    versions,
)
from kg.answer.reading.leaves import QUESTION_WORDS
from kg.answer.reading.parts import (
    LiteralPart,
    OpPart,
    Part,
    PropPart,
    RelPart,
    SetPart,
    scored,
)
from kg.answer.reading.rules import Grammar, kind_of, rules_for
from kg.answer.reading.sentences import opens_clause
from kg.domain.question import Linked
from kg.text.language import english

BEAM = 14
"""Parts kept for a stretch."""
BEAM_KIND = 7
"""Parts of one kind kept for a stretch."""
MAX_UNITS = 40
"""Words with a meaning in one clause; work grows with their cube, and people's clauses have under fifteen."""
MAX_JOINS = 200_000
"""Pairs of parts tried for one question: about three seconds."""

SKIP = {
    OpPart: "skip_cue",
    RelPart: "skip_relation",
    LiteralPart: "skip_relation",
    PropPart: "skip_value",
    SetPart: "skip_set",
}


SAID_IN_PASSING = frozenset({"grouping"})
"""Cues whose words are often said without their meaning: ``set out the mechanism``."""


class TooLong(Exception):
    """The question has more parts than can be put together in bounded time."""


@dataclass
class Chart:
    """One clause: its units in order, and what each stretch of them may mean."""

    linked: Linked
    grammar: Grammar
    parts: dict[tuple[int, int], list[Part]]
    """What the words mean by themselves, by token places."""
    first: int = 0
    last: int = 0
    cells: dict[tuple[int, int], list[Part]] = field(default_factory=dict)
    joins: int = 0
    units: list[int] = field(default_factory=list)
    skips: list[tuple[str, float]] = field(default_factory=list)
    """What passing over each unit costs."""
    opens: set[int] = field(default_factory=set)
    """Units at which a clause may begin."""
    unexplained: list[int] = field(default_factory=list)
    """Tokens that nothing is known of, so that no reading can use them."""

    def fill(self) -> None:
        """Raises TooLong."""
        spans = [(i, j) for i, j in self.parts if self.first <= i and j <= self.last]
        covered = {place for i, j in spans for place in range(i, j)}
        words = self.linked.words
        named = {i for m in self.linked.mentions if m.kind == "dataset" for i in range(m.start, m.end)}
        edges = {i for i, _ in spans}
        self.units = [
            place
            for place in range(self.first, self.last)
            if place in covered and (words[place].weight != "drop" or place in edges)
        ]
        self.unexplained = [
            place
            for place in range(self.first, self.last)
            if place not in covered and place not in named and words[place].weight == "content"
        ]
        if len(self.units) > MAX_UNITS:
            raise TooLong
        self.skips = [self._skip_feature(unit) for unit in self.units]
        place = {unit: at for at, unit in enumerate(self.units)}
        self.opens = {at for at, unit in enumerate(self.units) if at == 0 or opens_clause(self.linked, unit)}
        leaves: dict[tuple[int, int], list[Part]] = {}
        for i, j in spans:
            inside = [place[unit] for unit in range(i, j) if unit in place]
            if inside and len(inside) == inside[-1] - inside[0] + 1:
                leaves.setdefault((inside[0], inside[-1] + 1), []).extend(self.parts[i, j])
        count = len(self.units)
        for length in range(1, count + 1):
            for i in range(count - length + 1):
                j = i + length
                found = [*leaves.get((i, j), ()), *self._skips(i, j)]
                for k in range(i + 1, j):
                    found += self._joined(self.cells.get((i, k), ()), self.cells.get((k, j), ()))
                if kept := best(found):
                    self.cells[i, j] = kept

    def _joined(self, lefts: Sequence[Part], rights: Sequence[Part]) -> Iterator[Part]:
        kinds = [kind_of(right) for right in rights]
        for left in lefts:
            own = kind_of(left)
            for right, kind in zip(rights, kinds, strict=True):
                for function in rules_for(own, kind):
                    self.joins += 1
                    yield from function(self.grammar, left, right)
        if self.joins > MAX_JOINS:
            raise TooLong

    def _skips(self, i: int, j: int) -> Iterator[Part]:
        """Words at an edge may stay unexplained, at a cost."""
        for edge, inner in ((j - 1, (i, j - 1)), (i, (i + 1, j))):
            # What is passed over goes with what stands before it; at the start of a clause there is nothing before.
            if inner not in self.cells or (edge == i and i not in self.opens):
                continue
            for part in self.cells[inner]:
                yield scored(part, self.grammar.weights, self.skips[edge], of=(part,))

    def _skip_feature(self, place: int) -> tuple[str, float]:
        if (feature := self._small(place)) is not None:
            return (feature, 1.0)
        inside = [part for (i, j), parts in self.parts.items() if i <= place < j for part in parts]
        if inside and all(kind_of(part) in SAID_IN_PASSING for part in inside):
            return ("skip_filler", 1.0)
        if inside and all(isinstance(part, OpPart) and part.op in COUNTED for part in inside):
            return ("skip_binding", 1.0)
        kinds = {type(part) for part in inside}
        for kind in (SetPart, PropPart, LiteralPart, RelPart, OpPart):
            if kind in kinds:
                return (SKIP[kind], 1.0)
        return ("skip_other", 1.0)

    def _small(self, place: int) -> str | None:
        """What passing over a word costs that is known by itself."""
        word = self.linked.words[place]
        if word.folded == "whose":
            # "Whose books" asks for those that have them.
            return "skip_whose" if place else "owner_lost"
        if word.folded in QUESTION_WORDS and word.weight not in ("mark", "drop"):
            return "skip_wh" if self._relative(place) else "skip_asking"
        return self._plain(place)

    def _plain(self, place: int) -> str | None:
        word = self.linked.words[place]
        if word.weight in ("mark", "drop"):
            # A comma between two names of a kind goes on with a list.
            return "list_broken" if word.text == "," and (place, place + 1) in self.parts else "skip_mark"
        if word.folded in english().binding:
            return "skip_binding"
        if word.weight in ("light", "filler"):
            return f"skip_{word.weight}"
        if any(m.kind == "dataset" and m.start <= place < m.end for m in self.linked.mentions):
            return "skip_filler"
        return None

    def _relative(self, place: int) -> bool:
        """Whether a question word only ties what follows to what stands before: ``flaws which …``, ``by which``."""
        if place == 0:
            return False
        if any(m.kind in ("type", "role") and m.start == place + 1 for m in self.linked.mentions):
            # "To which groups" asks for groups.
            return False
        before = self.linked.words[place - 1]
        named = any(m.kind in ("entity", "type") and m.end == place for m in self.linked.mentions)
        return named or (before.weight == "light" and before.text != ",")

    def between(self, start: int, end: int) -> list[Part]:
        """What the stretch between two tokens as a whole may mean."""
        inside = [at for at, unit in enumerate(self.units) if start <= unit < end]
        return self.cells.get((inside[0], inside[-1] + 1), []) if inside else []


COUNTED = frozenset({"share", "share_with", "count", "negation", "neither", "except", "every", "all_of_them"})
"""Cues for a number that is asked for, and for what is not so: an answer without them answers another question."""
ALIKE = 3
"""Parts kept of those that a later join could not tell apart."""
WORSE = 1.3
"""How much worse than the best of its stretch a part may be and still be kept."""


def best(parts: Iterable[Part]) -> list[Part]:
    """The best few, and of each kind; of parts that mean the same, the best. Earlier ones go first among equals."""
    ordered = sorted(parts, key=attrgetter("score"), reverse=True)
    kinds: dict[type, int] = {}
    alike: dict[tuple[object, ...], int] = {}
    kept: dict[Part, None] = {}
    for part in ordered:
        if part.score < ordered[0].score - WORSE or len(kept) >= BEAM:
            break
        count = kinds.get(type(part), 0)
        if count >= BEAM_KIND or part in kept:
            continue
        sign = signature(part)
        alike[sign] = alike.get(sign, 0) + 1
        if alike[sign] <= ALIKE:
            kinds[type(part)] = count + 1
            kept[part] = None
    return list(kept)


_OF_SET = attrgetter(
    "types",
    "named",
    "quantifier",
    "ask",
    "order",
    "pick",
    "change",
    "popular",
    "focus",
    "wh",
    "joined",
    "other",
    "depth",
)
_OF_PROPERTY = attrgetter(
    "rels", "left", "negative", "ranked", "bare", "ready", "exclude", "concept", "conditions", "depth"
)


def signature(part: Part) -> tuple[object, ...]:
    """What a later join can see of a part: parts that share it differ in their plans alone."""
    if isinstance(part, SetPart):
        return (SetPart, _OF_SET(part), bool(part.pending), part.losing is None, len(part.options))
    if isinstance(part, PropPart):
        argument = part.argument
        seen = argument is None or (argument.types, argument.quantifier, argument.order, argument.focus)
        return (PropPart, _OF_PROPERTY(part), seen)
    return (type(part), getattr(part, "kind", ""), type(getattr(part, "plan", None)))
