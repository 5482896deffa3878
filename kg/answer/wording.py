"""Plans and facts in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from kg.domain.fact import Entity, EntityId, Fact, Literal
from kg.domain.ontology import Direction, Ontology
from kg.domain.plan import (
    At,
    Compare,
    Count,
    Cover,
    Decide,
    Diff,
    Each,
    Entities,
    Follow,
    Group,
    Having,
    Intersect,
    Minus,
    Only,
    Pairs,
    Passages,
    Paths,
    Plan,
    Point,
    Rank,
    SetPlan,
    Suppose,
    Test,
    Top,
    UnionOf,
    Value,
    Where,
    as_set,
)
from kg.domain.result import Absence

MAX_NAMED = 30
"""Rows named in the first sentence of an answer; the rest is counted there and has claims of its own."""
MAX_SENTENCES = 4
"""Facts told in the claim of one row; the others are counted and cited."""
PREPOSITIONS = {"in", "on", "at", "of", "under", "from", "against", "part"}
CORE_PHRASES = {
    "alias": "is also called",
    "name": "is called",
    "type": "is a",
    "key": "has the key",
    "status": "is marked",
}


class Wording:
    """Words for one ontology and the entities met."""

    def __init__(self, ontology: Ontology, entities: Mapping[EntityId, Entity]) -> None:
        self._ontology = ontology
        self._met = entities

    def entity(self, entity: EntityId) -> str:
        """Name and key: ``Corner Shop (S-12)``."""
        met = self._met.get(entity)
        if met is None:
            return entity
        return met.name if met.name == met.keys[0] else f"{met.name} ({met.keys[0]})"

    def noun(self, type_name: str | None, *, plural: bool = True) -> str:
        """The type's first noun."""
        spec = self._ontology.types.get(type_name or "")
        noun = spec.nouns[0] if spec and spec.nouns else (type_name or "thing").lower()
        return plural_of(noun) if plural else noun

    def relation(self, predicate: str, direction: Direction) -> str:
        """What stands between the two ends, near end first: ``uses``, ``is used by``, ``is in``."""
        spec = self._ontology.predicates[predicate]
        phrases = spec.phrases if direction == "out" else spec.inverse
        if not phrases:
            words = predicate.replace("_", " ")
            return words if direction == "out" else f"is {words} of"
        first, *rest = phrases[0].split()
        passive = first.endswith("ed") or rest[-1:] == ["by"] or first in PREPOSITIONS
        return f"is {phrases[0]}" if passive and first != "is" else phrases[0]

    def fact(self, fact: Fact) -> str:
        """The fact as a sentence."""
        phrase = CORE_PHRASES.get(fact.predicate) or self.relation(fact.predicate, "out")
        target = fact.object.value if isinstance(fact.object, Literal) else self.entity(fact.object)
        since = f" from {fact.valid.start}" if fact.valid.start else ""
        until = f" until {fact.valid.end}" if fact.valid.end else ""
        return f"{self.entity(fact.subject)} {phrase} {target}{since}{until}."

    def plan(self, plan: Plan) -> str:
        """The whole plan: what was understood."""
        asked = self._ASKED.get(type(plan))
        if asked is not None:
            return asked(self, plan)
        if isinstance(plan, Diff) and plan.change == "both":
            return f"what changed in the {self.set(plan.source)} {self._between(plan)}"
        return self.set(as_set(plan))

    def sought(self, absence: Absence) -> str:
        """What a search that found nothing was for."""
        return f"{self._of_each(absence.sought)}{self.point(absence.point)}"

    def set(self, plan: SetPlan) -> str:
        """A set expression as a noun phrase."""
        return self._SETS[type(plan)](self, plan)

    def point(self, point: Point) -> str:
        """Where else was read: `` in NAME@VERSION``."""
        parts = [f" in {' and '.join(point.datasets)}"] if point.datasets else []
        return "".join([*parts, f" as of {point.as_of}" if point.as_of else ""])

    # --- sets ---

    def _entities(self, plan: Entities) -> str:
        if plan.type is not None:
            return f"{'withdrawn ' if plan.withdrawn else ''}{self.noun(plan.type)}"
        return " or ".join(self.entity(entity) for entity in plan.ids)

    def _each(self, _: Each) -> str:
        return "it"

    def _follow(self, plan: Follow) -> str:
        return f"{self._far_noun(plan)} {self._that(plan)}"

    def _where(self, plan: Where) -> str:
        return f"{self.set(plan.source)} {self._whose(plan)}"

    def _having_set(self, plan: Having) -> str:
        return f"{self.set(plan.source)} {self._having(plan)}"

    def _only(self, plan: Only) -> str:
        return f"{self.set(plan.source)} with {self._of_each(plan.plan)}, all of them among {self.set(plan.within)}"

    def _union(self, plan: UnionOf) -> str:
        return " or ".join(self.set(part) for part in plan.plans)

    def _intersect(self, plan: Intersect) -> str:
        head, *rest = plan.plans
        also = [self._that(part) if isinstance(part, Follow) else f"that are {self.set(part)}" for part in rest]
        return f"{self.set(head)} and {' and '.join(also)}"

    def _minus(self, plan: Minus) -> str:
        return f"{self.set(plan.source)} that are not among the {self.set(plan.without)}"

    def _top(self, plan: Top) -> str:
        return f"the {self._first(plan.number)} of the {self.set(plan.source)} with {self._by(plan)}"

    def _at(self, plan: At) -> str:
        return f"{self.set(plan.source)}{self.point(plan.point)}"

    def _diff(self, plan: Diff) -> str:
        how = {"added": "that came in", "removed": "that went", "kept": "that stayed", "both": "that changed"}
        return f"{self.set(plan.source)} {how[plan.change]} {self._between(plan)}"

    def _between(self, plan: Diff) -> str:
        before, after = (self.point(one).removeprefix(" in ").strip() or "now" for one in (plan.before, plan.after))
        return f"between {before} and {after}"

    def _suppose(self, plan: Suppose) -> str:
        if plan.without is not None:
            return f"{self.set(plan.source)}, if there were no {self.set(plan.without)}"
        return f"{self.set(plan.source)}, if there were nothing but {self.set(as_set(plan.only))}"

    # --- what is asked ---

    def _count(self, plan: Count) -> str:
        of = f", out of the {self.set(plan.of)}" if plan.of else ""
        return f"the number of {self.set(plan.source)}{of}"

    def _rank(self, plan: Rank) -> str:
        return f"the {self._first(plan.top)} of the {self.set(plan.source)} with {self._by(plan)}"

    @staticmethod
    def _first(number: int) -> str:
        return "one" if number == 1 else f"{number}"

    def _by(self, plan: Rank | Top) -> str:
        order = plan.order
        if plan.value is not None:
            date = self._ontology.predicates[plan.value].value == "date"
            word = {"most": "latest" if date else "highest", "fewest": "earliest" if date else "lowest"}[order]
            return f"the {word} {plan.value.replace('_', ' ')}"
        by = plan.by if plan.by is not None else Each()
        if isinstance(plan, Rank) and plan.of is not None:
            share = "largest" if order == "most" else "smallest"
            return f"the {share} share of {self._of_each(by)} among the {self._of_each(plan.of)}"
        return f"the {order} {self._of_each(by)}"

    def _group(self, plan: Group) -> str:
        what = "the number of" if plan.counted else "the"
        by = plan.value.replace("_", " ") if plan.value else self._of_each(plan.by if plan.by is not None else Each())
        return f"{what} {self.set(plan.source)}, grouped by {by}"

    def _pairs(self, plan: Pairs) -> str:
        return f"every one of the {self.set(plan.source)} with each of the {self._of_each(plan.by)}"

    def _compare(self, plan: Compare) -> str:
        options = [self.set(option) for option in plan.options]
        of = f", each as a share of the {' or the '.join(self.set(one) for one in plan.of)}" if plan.of else ""
        least = " (the smallest is asked for)" if plan.order == "fewest" else ""
        return f"how many there are of the {' against the '.join(options)}{of}{least}"

    def _cover(self, plan: Cover) -> str:
        return (
            f"the {plan.number} of the {self.set(plan.source)} that together reach most of the {self.set(plan.targets)}"
        )

    def _paths(self, plan: Paths) -> str:
        if plan.along is not None:
            said = self.relation(plan.along, "out")
            ends = f"{self.set(plan.start)} {said} {self.set(plan.end)}"
            return f"how it comes that {ends}, as the records that say so explain it"
        return f"the shortest chains of facts between {self.set(plan.start)} and {self.set(plan.end)}"

    def _value(self, plan: Value) -> str:
        return f"the {plan.predicate.replace('_', ' ')} of the {self.set(plan.source)}"

    def _test(self, plan: Test) -> str:
        if plan.of is not None:
            return f"whether all of the {self.set(plan.of)} are among the {self.set(plan.source)}"
        why = "why there are" if plan.presumed else "whether there are"
        return f"{why} {self.set(plan.source)}"

    def _decide(self, plan: Decide) -> str:
        given = " and ".join(f"{name} {' or '.join(values)}" for name, values in plan.given)
        with_ = f", with {given}" if given else ""
        return f"what the table {plan.table.replace('_', ' ')} decides for {self.set(plan.source)}{with_}"

    def _passages(self, plan: Passages) -> str:
        return f"texts of the {self.set(plan.source)} that speak of {plan.text}"

    # --- pieces ---

    def _that(self, plan: Follow) -> str:
        back: Direction = "in" if plan.direction == "out" else "out"
        times = ", in any number of steps," if plan.repeat else ""
        return f"that {self._verb(plan.predicate, back)}{times} {self.set(plan.source)}"

    def _far_noun(self, plan: Follow) -> str:
        if plan.type is not None:
            return self.noun(plan.type)
        spec = self._ontology.predicates[plan.predicate]
        types = spec.objects if plan.direction == "out" else spec.subjects
        return " or ".join(self.noun(name) for name in types)

    def _verb(self, predicate: str, direction: Direction) -> str:
        """The relation as several subjects would have it: ``are used by``, ``use``."""
        phrase = self.relation(predicate, direction)
        first, _, rest = phrase.partition(" ")
        if first == "is":
            return f"are {rest}"
        if first == "has":
            return f"have {rest}".strip()
        if first.endswith("s") and not first.endswith("ss"):
            bare = (
                first[:-3] + "y"
                if first.endswith("ies")
                else first[:-2]
                if first.endswith(("sses", "ches", "shes", "xes"))
                else first[:-1]
            )
            return f"{bare} {rest}".strip()
        return phrase

    def _whose(self, plan: Where) -> str:
        name = plan.predicate.replace("_", " ")
        if plan.comparator == "known":
            return f"with a known {name}"
        if plan.comparator == "unknown":
            return f"without a known {name}"
        if plan.comparator in ("between", "overlaps"):
            said = "lies between" if plan.comparator == "between" else "overlaps"
            return f"whose {name} {said} {plan.value} and {plan.upper}"
        return f"whose {name} {plan.comparator} {plan.value}"

    def _having(self, plan: Having) -> str:
        amount = {
            "some": "at least one",
            "none": "none",
            "at_least": f"at least {plan.number}",
            "at_most": f"at most {plan.number}",
            "exactly": f"exactly {plan.number}",
            "every": "every one",
        }[plan.quantifier]
        if plan.quantifier == "every" and plan.of is not None:
            return f"with {self._of_each(plan.plan)} for every one of the {self.set(plan.of)}"
        if isinstance(plan.plan, Where) and isinstance(plan.plan.source, Each):
            return f"{'not ' if plan.quantifier == 'none' else ''}{self._whose(plan.plan)}"
        if plan.quantifier == "none" and (named := _named_end(plan.plan)) is not None:
            step, end = named
            return f"except those that {self._verb(step.predicate, step.direction)} {self.set(end)}"
        return f"with {amount} of the {self._of_each(plan.plan)}"

    def _of_each(self, plan: SetPlan) -> str:
        """A sub-plan over the row at hand: ``controls that mitigate it``."""
        if isinstance(plan, Intersect):
            step = next((p for p in plan.plans if isinstance(p, Follow) and isinstance(p.source, Each)), None)
            rest = [p for p in plan.plans if p is not step]
            if step is not None and rest:
                return f"{' and '.join(self.set(part) for part in rest)} {self._that(step)}"
        return self.set(plan)

    _SETS: ClassVar[dict[type, Callable[..., str]]] = {
        Entities: _entities,
        Each: _each,
        Follow: _follow,
        Where: _where,
        Having: _having_set,
        Only: _only,
        UnionOf: _union,
        Intersect: _intersect,
        Minus: _minus,
        Top: _top,
        At: _at,
        Diff: _diff,
        Suppose: _suppose,
    }

    _ASKED: ClassVar[dict[type, Callable[..., str]]] = {
        Count: _count,
        Rank: _rank,
        Group: _group,
        Pairs: _pairs,
        Compare: _compare,
        Cover: _cover,
        Paths: _paths,
        Value: _value,
        Test: _test,
        Decide: _decide,
        Passages: _passages,
    }


def _named_end(plan: SetPlan) -> tuple[Follow, Entities] | None:
    """The step and the named entities of a sub-plan that is only "leads to one of these"."""
    if isinstance(plan, Intersect) and len(plan.plans) == 2:
        step, end = plan.plans
        if isinstance(step, Follow) and isinstance(step.source, Each) and isinstance(end, Entities) and end.ids:
            return step, end
    return None


def plural_of(noun: str) -> str:
    """English plural of a noun phrase's last word; nouns that have none are left."""
    if noun.endswith(("ware", "ss")) and not noun.endswith("ss"):
        return noun
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    return noun + "s"
