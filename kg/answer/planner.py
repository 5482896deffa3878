"""Linked question to a plan: a chart parser over typed parts, with no list of known questions.

Every span of the question holds the few best *parts* that explain all its words: sets, relations, restrictions
(what stands after "that" or before a noun), and operators. Rules join neighbouring parts; types decide which joins
exist and in which direction a predicate is read. A reading is a part that explains the whole question: a word that
no part explains means that there is none, and the words left over are named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from kg.domain.fact import EntityId
from kg.domain.ontology import Direction, Ontology
from kg.domain.plan import (
    Count,
    Each,
    Entities,
    Follow,
    Having,
    Intersect,
    Paths,
    Plan,
    Rank,
    SetPlan,
    UnionOf,
    as_set,
    walk,
)
from kg.domain.question import Linked, Mention

BEAM = 12
"""Parts kept per span and kind. 6 already finds every reading of the example questions."""

# Scores are log-like weights: what a part explains counts for it, what it had to guess counts against it.
WORD = 1.0
INSERTED = -0.6
"""A predicate nobody said."""
REVERSED = -0.4
"""A predicate read against the direction of its phrase."""
SKIPPED_LIGHT = -0.05
TIE = 0.25
"""Readings closer than this are equally good."""


@dataclass(frozen=True, slots=True)
class Relation:
    """Predicates a phrase may mean, each with the direction in which it reads."""

    options: tuple[tuple[str, Direction], ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """What a span may mean.

    ``kind`` is ``set`` (``plan``, ``types``), ``list`` (``members``), ``all`` (members that must all be met),
    ``relation``, ``restriction`` (a relation to ``plan`` or ``members`` that narrows a head), a cue, or ``answer``.
    """

    kind: str
    score: float = 0.0
    plan: Plan | None = None
    types: frozenset[str] = frozenset()
    members: tuple[SetPlan, ...] = ()
    relation: Relation = Relation()
    left_argument: bool = False
    """Whether a restriction's argument stood before its phrase."""
    negated: bool = False
    ranked: str = ""
    """``most`` or ``fewest`` for a restriction that ranks its head."""
    of: SetPlan | None = None
    """For a set: the wider set it was narrowed from by its last restriction."""
    entity: bool = False
    """Whether the set is entities named in the question."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One plan for the question with its score."""

    plan: Plan
    score: float


@dataclass(frozen=True, slots=True)
class Planned:
    """The readings, best first; or the words that no reading explains."""

    readings: tuple[Reading, ...] = ()
    unexplained: tuple[str, ...] = ()


def plan(linked: Linked, ontology: Ontology) -> Planned:
    """Read the question."""
    chart = _Chart(linked, ontology)
    found: dict[Plan, float] = {}
    for part in chart.complete():
        root = part.plan
        if root is not None and not isinstance(root, Entities):
            found[root] = max(found.get(root, part.score), part.score)
    ranked = sorted((Reading(p, s) for p, s in found.items()), key=lambda r: (-r.score, repr(r.plan)))
    if not ranked:
        return Planned(unexplained=chart.unexplained())
    best = ranked[0].score
    return Planned(tuple(reading for reading in ranked if reading.score >= best - TIE))


class _Chart:
    """Spans over the words that carry something; droppable words are left out unless a cue needs them."""

    def __init__(self, linked: Linked, ontology: Ontology) -> None:
        self.linked = linked
        self.ontology = ontology
        self.words = [i for i, word in enumerate(linked.words) if word.needed or self._in_cue(i)]
        self.place = {index: at for at, index in enumerate(self.words)}
        self.size = len(self.words)
        self.cells: dict[tuple[int, int], list[Part]] = {}
        self._fill()

    def _in_cue(self, index: int) -> bool:
        return any(m.kind == "cue" and m.start <= index < m.end and m.end - m.start > 1 for m in self.linked.mentions)

    def complete(self) -> list[Part]:
        """Parts that explain every word."""
        return [part for part in self.cells.get((0, self.size), []) if part.kind in ("set", "answer")]

    def unexplained(self) -> tuple[str, ...]:
        """Words outside the longest explained stretch, or outside every mention if there are such."""
        covered = {i for m in self.linked.mentions for i in range(m.start, m.end)}
        bare = [
            w
            for w in self.words
            if w not in covered
            and self.linked.words[w].text.lower() not in _light()
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

    def _fill(self) -> None:
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
                    for left in self.cells.get((i, k), ()):
                        for right in self.cells.get((k, j), ()):
                            parts += self._join(left, right)
                kept = _best(_merge_relations(parts))
                if kept:
                    self.cells[i, j] = kept

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
            return Part("dataset", score)
        return Part(mention.value, score)

    def _skips(self, i: int, j: int) -> Iterator[Part]:
        """Light words at an edge may stay unexplained, at a small cost."""
        for edge, inner in ((j - 1, (i, j - 1)), (i, (i + 1, j))):
            word = self.linked.words[self.words[edge]].text.lower()
            if word in _light():
                for part in self.cells.get(inner, ()):
                    yield replace(part, score=part.score + (0 if word == "," else SKIPPED_LIGHT))

    # --- joining ---

    def _join(self, left: Part, right: Part) -> Iterator[Part]:
        score = left.score + right.score
        for made in self._rules(left, right):
            yield replace(made, score=made.score + score)

    def _rules(self, left: Part, right: Part) -> Iterator[Part]:  # noqa: C901, PLR0912 (one line a rule)
        pair = (left.kind, right.kind)
        if "dataset" in pair or "present" in pair:
            # The words of a visible dataset, and "now", add nothing: every read is of these, as of now.
            other = right if left.kind in ("dataset", "present") else left
            if other.kind in ("set", "restriction", "relation", "answer"):
                yield replace(other, score=0.0)
        elif pair == ("set", "set"):
            yield from self._beside(left, right)
        elif pair == ("relation", "set"):
            yield Part(
                "restriction",
                plan=right.plan,
                types=right.types,
                relation=left.relation,
                negated=right.negated,
            )
        elif pair == ("set", "relation") and left.plan is not None:
            yield Part("restriction", plan=left.plan, types=left.types, relation=right.relation, left_argument=True)
        elif pair == ("set", "restriction"):
            yield from self._narrow(left, right)
        elif pair == ("negation", "set"):
            yield Part("restriction", plan=right.plan, types=right.types, negated=True)
        elif pair == ("negation", "restriction") and not right.negated and not right.ranked:
            yield replace(right, score=0.0, negated=True)
        elif pair == ("relation", "restriction") and right.relation == Relation() and not right.left_argument:
            yield replace(right, score=0.0, relation=left.relation)
        elif left.kind in ("some", "single") and right.kind == "set":
            yield replace(right, score=0.0)
        elif left.kind in ("most", "fewest") and right.kind == "set":
            yield Part("restriction", plan=right.plan, types=right.types, ranked=left.kind)
        elif right.kind == "list_tail" and left.kind in ("set", "list"):
            yield from self._extend(left, right)
        elif left.kind in ("and", "or") and right.kind == "set":
            yield Part("list_tail", plan=right.plan, types=right.types, ranked=left.kind, entity=right.entity)
        elif pair == ("list", "common"):
            yield Part("restriction", members=left.members, types=left.types, left_argument=True)
        elif left.kind in ("common", "both") and right.kind == "list":
            yield Part("all", members=right.members, types=right.types)
        elif pair == ("list", "both"):
            yield Part("all", members=left.members, types=left.types)
        elif pair == ("relation", "all"):
            yield Part("restriction", members=right.members, types=right.types, relation=left.relation)
        elif pair == ("all", "relation"):
            yield Part(
                "restriction", members=left.members, types=left.types, relation=right.relation, left_argument=True
            )
        elif pair == ("set", "all"):
            yield from self._narrow(left, Part("restriction", members=right.members, types=right.types))
        elif left.kind in ("count", "count_of") and right.kind == "set" and right.plan is not None:
            wider = None if isinstance(right.of, Entities) else right.of
            yield Part("answer", plan=Count(as_set(right.plan), wider))
        elif left.kind == "path" and right.kind in ("list", "pair") and len(right.members) == 2:
            yield Part("answer", plan=Paths(*right.members))
        elif pair == ("set", "path") and left.entity:
            yield Part("path_from", plan=left.plan)
        elif pair == ("path_from", "set") and right.entity and left.plan != right.plan:
            yield Part("answer", plan=Paths(as_set(left.plan), as_set(right.plan)))
        elif left.kind == "answer" and right.kind in ("of_total", "value_too"):
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
        if len(bare) == 2 and right.ranked == "or":
            yield self._either_type(bare, left.types | right.types)
            return
        members = left.members if left.kind == "list" else ((as_set(left.plan),) if left.entity else ())
        if not members or not right.entity:
            return
        types = left.types | right.types
        everyone = (*members, as_set(right.plan))
        if not left.types & right.types:
            yield Part("pair", members=everyone)
        elif right.ranked == "or":
            ids: tuple[EntityId, ...] = tuple(i for m in everyone if isinstance(m, Entities) for i in m.ids)
            yield Part("set", plan=Entities(ids=ids), types=types, entity=True)
        else:
            yield Part("list", members=everyone, types=types)

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
        for name, direction, penalty in self._predicates(head, by):
            near, far = self.ontology.ends(name, direction)
            types = head.types & near
            arguments = by.members or ((as_set(by.plan),) if by.plan is not None else ())
            if not types or not (by.types & far) or not arguments:
                continue
            made = self._restrict(as_set(head.plan), by, (name, direction), arguments)
            kind = "answer" if by.ranked else "set"
            yield Part(kind, penalty, made, types, of=as_set(head.plan))

    def _restrict(self, plan: SetPlan, by: Part, step: tuple[str, Direction], arguments: tuple[SetPlan, ...]) -> Plan:
        name, direction = step
        back: Direction = "in" if direction == "out" else "out"
        if by.ranked or by.negated:
            reached = _reached(name, direction, arguments[0])
            if by.ranked:
                return Rank(plan, reached, "most" if by.ranked == "most" else "fewest")
            return Having(plan, "none", reached)
        narrowed = [self._met(plan, argument, name, direction, back) for argument in arguments]
        return narrowed[0] if len(narrowed) == 1 else Intersect(tuple(narrowed))

    @staticmethod
    def _met(plan: SetPlan, argument: SetPlan, name: str, direction: Direction, back: Direction) -> SetPlan:
        named = isinstance(argument, Entities) and bool(argument.ids)
        if isinstance(plan, Entities) and plan.type is not None and _anchored(argument):
            return Follow(argument, name, back, plan.type)
        if named:
            return Intersect((plan, Follow(argument, name, back)))
        return Having(plan, "some", _reached(name, direction, argument))

    def _predicates(self, head: Part, by: Part) -> Iterator[tuple[str, Direction, float]]:
        """Predicates that may join head and argument, each with its direction from the head and its cost."""
        if by.relation.options:
            for name, phrase in by.relation.options:
                # A phrase reads subject first ("out"). After its head, the head is what it starts from; where the
                # argument stands before the phrase ("techniques FIN7 uses"), the argument is.
                meant: Direction = phrase if not by.left_argument else ("in" if phrase == "out" else "out")
                yield name, meant, 0.0
                yield name, "in" if meant == "out" else "out", REVERSED
            return
        for name, predicate in self.ontology.predicates.items():
            if predicate.value is None and predicate.objects and "*" not in predicate.objects:
                for direction in ("out", "in"):
                    near, far = self.ontology.ends(name, direction)
                    if head.types & near and by.types & far:
                        yield name, direction, INSERTED


def _light() -> frozenset[str]:
    from kg.text.language import english

    return english().light


def _reached(name: str, direction: Direction, argument: SetPlan) -> SetPlan:
    """What one step from the row at hand reaches inside the argument."""
    if isinstance(argument, Entities) and argument.type is not None:
        return Follow(Each(), name, direction, argument.type)
    return Intersect((Follow(Each(), name, direction), argument))


def _anchored(plan: SetPlan) -> bool:
    """Whether the set starts from named entities, so that it is small and can be followed backwards."""
    return any(isinstance(part, Entities) and part.ids for part in walk(plan))


def _merge_relations(parts: Iterable[Part]) -> list[Part]:
    """One phrase of several predicates is one relation part with several options."""
    out: list[Part] = []
    relations: dict[float, tuple[tuple[str, Direction], ...]] = {}
    for part in parts:
        if part.kind == "relation":
            relations[part.score] = tuple(dict.fromkeys((*relations.get(part.score, ()), *part.relation.options)))
        else:
            out.append(part)
    return out + [Part("relation", score, relation=Relation(options)) for score, options in relations.items()]


def _best(parts: list[Part]) -> list[Part]:
    """The best few of each kind; of parts that mean the same, the best."""
    unique: dict[Part, Part] = {}
    for part in parts:
        key = replace(part, score=0.0)
        if key not in unique or unique[key].score < part.score:
            unique[key] = part
    kinds: dict[str, list[Part]] = {}
    for part in unique.values():
        kinds.setdefault(part.kind, []).append(part)
    return [part for group in kinds.values() for part in sorted(group, key=lambda p: (-p.score, repr(p)))[:BEAM]]
