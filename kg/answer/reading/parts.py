"""What a stretch of a question may mean.

Parts are frozen and know nothing of where they stand. ``score`` is the sum of the weights of ``features``, which say
how the part was made: what it explains counts for it, what had to be guessed or left over counts against it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Literal as OneOf
from typing import TypeVar

from kg.domain.ontology import Depth, Direction
from kg.domain.plan import Change, Comparator, Minus, Plan, Point, SetPlan

Feature = tuple[str, float]
Quantifier = OneOf["", "any", "some", "none", "at_least", "at_most", "exactly", "every", "only"]
Wanted = OneOf["", "most", "fewest"]
Weights = Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Part:
    """What all parts have."""

    score: float = field(default=0.0, compare=False)
    features: tuple[Feature, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Rel:
    """A predicate that a phrase may mean, and how it reads; ``cost`` is what a less likely one costs."""

    predicate: str
    direction: Direction
    cost: float = 0.0


@dataclass(frozen=True, kw_only=True)
class SetPart(Part):
    """Entities: named ones, those of a type, or those that a description picks out. Without a plan, anything."""

    plan: SetPlan | None = None
    types: frozenset[str] = frozenset()
    named: bool = False
    several: bool = False
    """Whether these all have the one name that was said, so that something has to choose among them."""
    role: Rel | None = None
    """The part in which its members were named: ``directors``."""
    quantifier: Quantifier = ""
    number: int = 1
    ask: OneOf["", "count", "count_of", "share"] = ""
    wider: SetPlan | None = None
    """The set before it was last narrowed."""
    base: SetPlan | None = None
    """What a share is a share of."""
    options: tuple[tuple[str, SetPlan], ...] = ()
    """The same set for each member of a list, or each version, that was named in it."""
    joined: OneOf["", "and", "both", "each", "or", "vs", "less"] = ""
    """How the options are meant; "less" for those of the first that are not of the second."""
    order: OneOf["", "most", "fewest", "more", "fewer", "most_of", "all_of"] = ""
    pick: int = 0
    """How many are asked for: ``two controls``."""
    popular: Wanted = ""
    pending: tuple[Rel, ...] = ()
    """A relation still without its argument."""
    unsaid: tuple[Rel, ...] = ()
    """The relation by which it was narrowed though nobody said one: a phrase for it may follow."""
    told: Rel | None = None
    """The relation to something named by which it was narrowed last."""
    losing: SetPart | None = None
    """What its members are said to lose."""
    depth: Depth | OneOf[""] = ""
    """How far the relation goes that is still to be said."""
    change: Change | None = None
    other: bool = False
    """Whether the things it is described by are not meant themselves: ``other films by …``."""
    again: bool = False
    """Whether it is described by what is done "also", so that what it starts from is known already."""
    together: bool = False
    extra: bool = False
    anaphor: bool = False
    wh: bool = False
    """Whether it is a bare question word."""
    late: bool = False
    """Whether its head noun stands behind a description: no question word before that is of the head."""
    focus: bool = False
    """Whether the question word asks for these."""

    def each(self, change: Callable[[SetPlan], SetPlan]) -> SetPart:
        """The set, and each option of it, changed alike."""
        options = tuple((label, change(plan)) for label, plan in self.options)
        plan = change(self.plan) if self.plan is not None else None
        if self.joined == "less":
            plan = Minus(options[0][1], options[1][1])
        return altered(self, plan=plan, options=options)


MODIFIERS = (
    "quantifier", "ask", "order", "popular", "pending", "losing", "depth", "change", "other", "together", "extra",
    "joined",
)  # fmt: skip
_MODIFIERS = attrgetter(*MODIFIERS)


def modifiers(part: SetPart) -> int:
    """How much is said of a set that its plan does not hold yet: how many, the most, new, other …."""
    return sum(map(bool, _MODIFIERS(part))) + (part.pick > 1) - bool(part.joined and part.options)


@dataclass(frozen=True, kw_only=True)
class RelPart(Part):
    """A phrase for predicates that lead to entities."""

    rels: tuple[Rel, ...] = ()
    negative: bool = False
    noun: bool = False
    """Whether it is a noun for who stands at the far end: ``director``."""
    leads: bool = False
    """Whether it ends with a preposition, so that what it relates to follows."""
    verbal: bool = False
    """Whether it is a noun whose words are also a verb: ``cause``."""
    typed: bool = False
    """Whether its words are also a noun for a kind of thing: ``column``."""
    also: bool = False
    """Whether "and" stands before it."""
    weak: bool = False
    """Whether it is a preposition alone, which means nothing without its argument."""
    joint: bool = False
    """Whether it is of those who do it together: ``co-author``."""
    again: bool = False
    """Whether "also" stands before it: it is done to more than what was spoken of."""


@dataclass(frozen=True, kw_only=True)
class LiteralPart(Part):
    """A phrase for literal predicates; ``noun`` as in "the score of"."""

    predicates: tuple[str, ...] = ()
    noun: bool = False
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """A literal test."""

    predicate: str
    comparator: Comparator
    value: str = ""
    upper: str = ""


@dataclass(frozen=True, kw_only=True)
class PropPart(Part):
    """What narrows a set: a relation to an argument, a literal test, a concept."""

    rels: tuple[Rel, ...] = ()
    argument: SetPart | None = None
    left: bool = False
    """Whether the argument stood before its phrase: ``goods the shop sells``."""
    conditions: tuple[Condition, ...] = ()
    """Literal tests of which one is meant."""
    concept: str = ""
    negative: bool = False
    ranked: Wanted = ""
    point: Point | None = None
    either: tuple[PropPart, ...] = ()
    """Properties of which one has to hold."""
    every: tuple[PropPart, ...] = ()
    """Properties that all have to hold."""
    through: SetPart | None = None
    """What has to be shared with the argument: ``share a director with``."""
    losing: SetPart | None = None
    """What is lost if something else goes."""
    again: bool = False
    """Whether "also" stands before its phrase."""
    tied: OneOf["", "and", "or", "nor"] = ""
    """The word before its phrase that ties it to another relation to the same."""
    exclude: bool = False
    """Whether the argument itself is left out: ``other than X``."""
    depth: Depth | OneOf[""] = ""
    """How far the relation goes, where the phrase leaves that open."""
    bare: bool = False
    weak: bool = False
    """Whether its phrase is a preposition alone."""
    close: bool = False
    """Whether the argument follows its phrase without a preposition: ``downstream tables``, ``use techniques``."""
    ready: bool = True
    """Whether nothing is to follow: after ``or``, another property does; after ``share techniques with``, a name."""


@dataclass(frozen=True, kw_only=True)
class RankPart(Part):
    """By which literal, and in which order, to rank."""

    value: str = ""
    order: OneOf["most", "fewest"] = "most"


@dataclass(frozen=True, kw_only=True)
class OpPart(Part):
    """An operator's cue."""

    op: str = ""


@dataclass(frozen=True, kw_only=True)
class NumberPart(Part):
    """A number; with a comparator a bound: ``at least three``."""

    number: float = 0
    top: bool = False
    """Whether so many of the first are meant: ``top five``."""
    comparator: OneOf["", "at_least", "at_most", "exactly", "more_than", "fewer_than"] = ""


@dataclass(frozen=True, kw_only=True)
class DatePart(Part):
    """A stretch of days; the comparator says how it bounds."""

    first: str = ""
    last: str = ""
    comparator: OneOf["", "before", "until", "after", "since", "during"] = ""


@dataclass(frozen=True, kw_only=True)
class VersionPart(Part):
    """Dataset versions to read at; two of them where a change between them is spoken of."""

    points: tuple[Point, ...] = ()
    labels: tuple[str, ...] = ()
    change: Change | None = None
    negative: bool = False
    since: bool = False


@dataclass(frozen=True, kw_only=True)
class TopicPart(Part):
    """What the rest is said of: ``if X fails``, ``for X``; a shift goes from one set to another."""

    argument: SetPart | None = None
    shift: tuple[SetPart, SetPart] | None = None


@dataclass(frozen=True, kw_only=True)
class GroupPart(Part):
    """What to group by."""

    by: SetPart | None = None
    predicate: str = ""
    rels: tuple[Rel, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PathPart(Part):
    """The first end of a chain."""

    start: SetPart | None = None
    mechanism: bool = False


@dataclass(frozen=True, kw_only=True)
class AnswerPart(Part):
    """A whole plan."""

    plan: Plan | None = None
    kind: str = ""
    """``claim`` for a statement that may be true or not; else empty."""
    head: SetPart | None = None
    rels: tuple[Rel, ...] = ()
    argument: SetPart | None = None


AnyPart = TypeVar("AnyPart", bound=Part)


def altered(part: AnyPart, **changes: object) -> AnyPart:
    """As ``dataclasses.replace``, ten times as quick: a chart makes tens of thousands of parts."""
    made: AnyPart = object.__new__(type(part))
    made.__dict__.update(part.__dict__)
    made.__dict__.update(changes)
    return made


def scored(part: AnyPart, weights: Weights, *features: Feature, of: tuple[Part, ...] = ()) -> AnyPart:
    """The part with these features beside those of the parts it is made of."""
    held = features
    total = sum(weights.get(name, 0.0) * value for name, value in features)
    for one in of:
        held = (*held, *one.features)
        total += one.score
    return altered(part, score=total, features=held)
