"""Linked question to a plan: a chart parser over typed parts, with no list of known questions.

Every span of the question holds the few best *parts* that explain all its words: sets, relations, restrictions
(what stands after "that" or before a noun), and operators. Rules join neighbouring parts; types decide which joins
exist and in which direction a predicate is read. A reading is a part that explains the whole question: a word that
no part explains means that there is none, and the words left over are named.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal as OneOf

from kg.answer.parts import Part, Relation, best, merge_relations, restricted
from kg.domain.fact import EntityId
from kg.domain.ontology import Direction, Ontology
from kg.domain.plan import Count, Entities, Paths, Plan, UnionOf, as_set
from kg.domain.question import Linked, Mention
from kg.text.language import english

MAX_WORDS = 60
"""Words with content in one question; work grows with their cube, and people's questions have under thirty."""
MAX_JOINS = 20_000
"""Pairs of parts tried for one question: half a second. The example questions try up to 250."""

# Scores are log-like weights: what a part explains counts for it, what it had to guess counts against it.
WORD = 1.0
INSERTED = -0.6
"""A predicate nobody said."""
SKIPPED_LIGHT = -0.05
TIE = 0.25
"""Readings closer than this are equally good."""

QUANTIFIERS: dict[str, OneOf["some", "exactly"]] = {"single": "exactly", "some": "some"}
NEUTRAL = ("dataset", "present")
TWO = 2
QUANTITIES: dict[str, tuple[OneOf["at_least", "at_most", "exactly"], int]] = {
    "at_least": ("at_least", 0),
    "more_than": ("at_least", 1),
    "at_most": ("at_most", 0),
    "fewer_than": ("at_most", -1),
    "exactly": ("exactly", 0),
}
"""Cues that a number follows, with the quantifier and what is added to the number."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One plan for the question with its score."""

    plan: Plan
    score: float
    datasets: frozenset[str] = frozenset()
    """Dataset versions the question names."""


@dataclass(frozen=True, slots=True)
class Planned:
    """The readings, best first; or the words that no reading explains; or that the question is too long to read."""

    readings: tuple[Reading, ...] = ()
    unexplained: tuple[str, ...] = ()
    too_long: bool = False


def plan(linked: Linked, ontology: Ontology) -> Planned:
    """Read the question."""
    chart = _Chart(linked, ontology)
    if chart.too_long:
        return Planned(too_long=True)
    found: dict[Plan, Reading] = {}
    for part in chart.complete():
        root = part.plan
        if root is not None and (not isinstance(root, Entities) or root.type is not None):
            reading = Reading(root, part.score, part.datasets)
            if root not in found or found[root].score < part.score:
                found[root] = reading
    ranked = sorted(found.values(), key=lambda reading: -reading.score)
    if not ranked:
        return Planned(unexplained=chart.unexplained())
    top = ranked[0].score
    return Planned(tuple(reading for reading in ranked if reading.score >= top - TIE))


class _Chart:
    """Spans over the words that carry something; droppable words are left out unless a cue needs them."""

    def __init__(self, linked: Linked, ontology: Ontology) -> None:
        self.linked = linked
        self.ontology = ontology
        self.joins = 0
        self.words = [i for i, word in enumerate(linked.words) if word.needed or self._in_cue(i)]
        # "All techniques that …" asks for the techniques; anywhere else "all" says something.
        while self.words and any(m.start == self.words[0] and m.value == "every" for m in linked.mentions):
            self.words.pop(0)
        self.place = {index: at for at, index in enumerate(self.words)}
        self.size = len(self.words)
        self.cells: dict[tuple[int, int], list[Part]] = {}
        self.too_long = self.size > MAX_WORDS or not self._fill()

    def _in_cue(self, index: int) -> bool:
        return any(m.kind == "cue" and m.start <= index < m.end and m.end - m.start > 1 for m in self.linked.mentions)

    def complete(self) -> list[Part]:
        """Parts that explain every word."""
        return [part for part in self.cells.get((0, self.size), []) if part.kind in ("set", "answer")]

    def unexplained(self) -> tuple[str, ...]:
        """Words outside the longest explained stretch, or outside every mention if there are such."""
        covered = {i for m in self.linked.mentions if m.kind != "number" for i in range(m.start, m.end)}
        bare = [
            w
            for w in self.words
            if w not in covered
            and self.linked.words[w].text.lower() not in english().light
            and self.linked.words[w].text.isalnum()
        ]
        if not bare:
            spans = [
                span for span, parts in self.cells.items() if any(part.kind in ("set", "answer") for part in parts)
            ]
            start, end = max(spans, key=lambda span: (span[1] - span[0], -span[0]), default=(0, 0))
            bare = [
                w for at, w in enumerate(self.words) if not start <= at < end and self.linked.words[w].text.isalnum()
            ]
        return tuple(self.linked.words[w].text for w in bare)

    # --- filling ---

    def _fill(self) -> bool:
        """Fill the cells, shortest spans first; False when that would take too long."""
        leaves: dict[tuple[int, int], list[Part]] = {}
        for mention in self.linked.mentions:
            inside = [self.place[i] for i in range(mention.start, mention.end) if i in self.place]
            if inside and len(inside) == inside[-1] - inside[0] + 1:
                leaves.setdefault((inside[0], inside[-1] + 1), []).append(self._leaf(mention, len(inside)))
        for length in range(1, self.size + 1):
            for i in range(self.size - length + 1):
                j = i + length
                parts = [*leaves.get((i, j), ()), *self._skips(i, j)]
                for k in range(i + 1, j):
                    lefts, rights = self.cells.get((i, k), ()), self.cells.get((k, j), ())
                    self.joins += len(lefts) * len(rights)
                    if self.joins > MAX_JOINS:
                        return False
                    parts += [made for left in lefts for right in rights for made in self._join(left, right)]
                if kept := best(merge_relations(parts)):
                    self.cells[i, j] = kept
        return True

    def _leaf(self, mention: Mention, size: int) -> Part:
        score = WORD * size + 0.1 * (size - 1)
        if mention.kind == "entity":
            entity = self.linked.entities[mention.value]
            return Part("set", score, Entities(ids=(entity.id,)), frozenset({entity.type}), entity=True)
        if mention.kind == "type":
            return Part("set", score, Entities(type=mention.value), self.ontology.family(mention.value))
        if mention.kind == "predicate":
            return Part("relation", score, relation=Relation(((mention.value, mention.direction or "out"),)))
        if mention.kind == "dataset":
            return Part("dataset", score, datasets=frozenset({mention.value}))
        if mention.kind == "number":
            return Part("number", score, number=int(mention.value))
        quantifier = QUANTIFIERS.get(mention.value)
        return Part(mention.value, score) if quantifier is None else Part("quantity", score, quantifier=quantifier)

    def _skips(self, i: int, j: int) -> Iterator[Part]:
        """Light words at an edge may stay unexplained, at a small cost."""
        for edge, inner in ((j - 1, (i, j - 1)), (i, (i + 1, j))):
            word = self.linked.words[self.words[edge]].text.lower()
            if word in english().light:
                for part in self.cells.get(inner, ()):
                    yield replace(part, score=part.score + (0 if word == "," else SKIPPED_LIGHT))

    # --- joining ---

    def _join(self, left: Part, right: Part) -> Iterator[Part]:
        score = left.score + right.score
        for made in self._rules(left, right):
            yield replace(made, score=made.score + score, datasets=left.datasets | right.datasets)

    def _rules(self, left: Part, right: Part) -> Iterator[Part]:
        """Every way to join two neighbours."""
        if left.kind in NEUTRAL or right.kind in NEUTRAL:
            # "Now" adds nothing: every read is as of now. A dataset's name is held against the evidence later.
            other = right if left.kind in NEUTRAL else left
            if other.kind in ("set", "restriction", "relation", "answer"):
                yield replace(other, score=0.0)
        elif right.kind in ("set", "quantified", "list", "all", "pair"):
            yield from self._before_set(left, right)
        elif right.kind == "restriction":
            yield from self._before_restriction(left, right)
        elif right.kind == "relation" and left.kind in ("set", "quantified", "all"):
            yield replace(
                left, kind="restriction", score=0.0, relation=right.relation, left_argument=True, entity=False
            )
        else:
            yield from self._before_cue(left, right)

    def _before_set(self, left: Part, right: Part) -> Iterator[Part]:
        """What stands before a set or a list."""
        if left.kind == "set" and right.kind == "set":
            yield from self._beside(left, right)
        elif left.kind == "set" and right.kind in ("quantified", "all"):
            yield from self._narrow(left, replace(right, kind="restriction", score=0.0))
        elif left.kind == "relation" and right.kind in ("set", "quantified", "all"):
            yield replace(right, kind="restriction", score=0.0, relation=left.relation, entity=False)
        elif left.kind in ("common", "both") and right.kind == "list":
            yield replace(right, kind="all", score=0.0)
        elif left.kind == "path" and right.kind in ("list", "pair") and len(right.members) == TWO:
            yield Part("answer", plan=Paths(right.members[0], right.members[1]))
        elif left.kind == "path_from" and right.entity and left.plan != right.plan:
            yield Part("answer", plan=Paths(as_set(left.plan), as_set(right.plan)))
        elif right.kind == "set":
            yield from self._before_plain_set(left, right)

    @staticmethod
    def _before_plain_set(left: Part, right: Part) -> Iterator[Part]:
        """Operators whose argument is the set behind them."""
        if left.kind == "negation":
            yield Part("restriction", plan=right.plan, types=right.types, quantifier="none")
        elif left.kind == "quantity":
            yield replace(right, kind="quantified", score=0.0, quantifier=left.quantifier, number=left.number)
        elif left.kind == "most":
            yield Part("restriction", plan=right.plan, types=right.types, ranked="most")
        elif left.kind == "fewest":
            yield Part("restriction", plan=right.plan, types=right.types, ranked="fewest")
        elif left.kind in ("and", "or"):
            yield replace(right, kind="list_tail", score=0.0, joined=left.kind)
        elif left.kind in ("count", "count_of"):
            told = left.kind == "count_of" or not isinstance(right.of, Entities)
            yield Part("answer", plan=Count(as_set(right.plan), right.of if told else None), of=right.of)

    def _before_restriction(self, left: Part, right: Part) -> Iterator[Part]:
        """What stands before a restriction: its head, a negation, or the phrase it lacks."""
        if left.kind == "set":
            yield from self._narrow(left, right)
        elif left.kind == "quantified" and right.ranked and (left.quantifier, left.number) == ("exactly", 1):
            yield from self._narrow(replace(left, kind="set", quantifier=""), right)
        elif left.kind == "negation" and not right.quantifier and not right.ranked:
            yield replace(right, score=0.0, quantifier="none")
        elif left.kind == "relation" and not right.relation.options and not right.left_argument:
            yield replace(right, score=0.0, relation=left.relation)

    def _before_cue(self, left: Part, right: Part) -> Iterator[Part]:
        """What stands before a cue or the tail of a list."""
        pair = (left.kind, right.kind)
        if right.kind == "list_tail" and left.kind in ("set", "list"):
            yield from self._extend(left, right)
        elif pair == ("list", "common"):
            yield replace(left, kind="restriction", score=0.0, left_argument=True)
        elif pair == ("list", "both"):
            yield replace(left, kind="all", score=0.0)
        elif right.kind == "number" and left.kind in QUANTITIES:
            quantifier, more = QUANTITIES[left.kind]
            yield Part("quantity", quantifier=quantifier, number=right.number + more)
        elif pair == ("set", "path") and left.entity:
            yield Part("path_from", plan=left.plan)
        elif left.kind == "and" and right.kind in ("count", "of_total"):
            yield Part("value_too" if right.kind == "count" else "of_total")
        elif pair == ("answer", "of_total") and isinstance(left.plan, Count) and left.of is not None:
            yield replace(left, score=0.0, plan=Count(left.plan.source, left.of))
        elif left.kind in ("answer", "set") and right.kind == "value_too" and not left.entity:
            yield replace(left, score=0.0)

    def _beside(self, left: Part, right: Part) -> Iterator[Part]:
        """Two sets side by side: a name with its type, a list, or a relation nobody said."""
        if left.entity and right.types and not right.entity and left.types <= right.types:
            if isinstance(right.plan, Entities):
                yield replace(left, score=0.0)
            return
        if right.entity and not left.entity and isinstance(left.plan, Entities) and right.types <= left.types:
            yield replace(right, score=0.0)
            return
        if left.entity and right.entity:
            if left.types & right.types and left.plan != right.plan:
                yield Part("list", members=(as_set(left.plan), as_set(right.plan)), types=left.types | right.types)
            return
        head, argument = (right, left) if left.entity else (left, right)
        restriction = Part("restriction", plan=argument.plan, types=argument.types, left_argument=head is right)
        yield from self._narrow(head, restriction)

    def _extend(self, left: Part, right: Part) -> Iterator[Part]:
        """One more member for a list of named things of one kind; or two types read as one."""
        bare = [p.plan.type for p in (left, right) if isinstance(p.plan, Entities) and p.plan.type is not None]
        if len(bare) == TWO and right.joined == "or":
            yield self._either_type(bare, left.types | right.types)
            return
        members = left.members if left.kind == "list" else ((as_set(left.plan),) if left.entity else ())
        if not members or not right.entity or left.joined not in ("", right.joined):
            return
        types = left.types | right.types
        everyone = (*members, as_set(right.plan))
        if not left.types & right.types:
            yield Part("pair", members=everyone)
        elif right.joined == "or":
            ids: tuple[EntityId, ...] = tuple(i for m in everyone if isinstance(m, Entities) for i in m.ids)
            yield Part("set", plan=Entities(ids=ids), types=types, entity=True, joined="or")
        else:
            yield Part("list", members=everyone, types=types, joined="and")

    def _either_type(self, names: list[str], types: frozenset[str]) -> Part:
        """The supertype that is exactly these types, or their union."""
        for name in self.ontology.types:
            if self.ontology.family(name) - {name} == types:
                return Part("set", plan=Entities(type=name), types=self.ontology.family(name))
        return Part("set", plan=UnionOf(tuple(Entities(type=name) for name in names)), types=types)

    def _narrow(self, head: Part, by: Part) -> Iterator[Part]:
        """The head set, kept to members that the restriction holds for."""
        if head.plan is None or head.entity:
            return
        arguments = by.members or ((as_set(by.plan),) if by.plan is not None else ())
        if not arguments or (len(arguments) > 1 and (by.quantifier or by.ranked)):
            # "Not both of A and B" has no plan yet; read as "not A" it would be wrong.
            return
        for name, direction, penalty in self._predicates(head, by):
            near, far = self.ontology.ends(name, direction)
            types = head.types & near
            if types and by.types & far:
                made = restricted(as_set(head.plan), by, (name, direction), arguments)
                yield Part("answer" if by.ranked else "set", penalty, made, types, of=as_set(head.plan))

    def _predicates(self, head: Part, by: Part) -> Iterator[tuple[str, Direction, float]]:
        """Predicates that may join head and argument, each with its direction from the head and its cost."""
        if by.relation.options:
            for name, phrase in by.relation.options:
                # A phrase reads subject first ("out"). After its head, the head is what it starts from; where the
                # argument stands before the phrase ("goods the shop sells"), the argument is.
                meant: Direction = phrase if not by.left_argument else ("in" if phrase == "out" else "out")
                yield name, meant, 0.0
            return
        for name, predicate in self.ontology.predicates.items():
            if predicate.value is None and predicate.objects and "*" not in predicate.objects:
                for direction in ("out", "in"):
                    near, far = self.ontology.ends(name, direction)
                    if head.types & near and by.types & far:
                        yield name, direction, INSERTED
