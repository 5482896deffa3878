"""Plans in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from kg.answer.terms import Terms
from kg.domain.ontology import ANY, back
from kg.domain.plan import (
    SETS,
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
COMPARED = {
    "=": "is", "!=": "is not", "<": "is below", "<=": "is at most", ">": "is above", ">=": "is at least",
    "contains": "contains",
}  # fmt: skip
COMPARED_DATES = COMPARED | {"<": "is before", "<=": "is no later than", ">": "is after", ">=": "is no earlier than"}


class Wording(Terms):
    """Plans in words, for one ontology and the entities met."""

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
        plan = absence.sought
        if isinstance(plan, Where) and isinstance(plan.source, Each):
            known = plan.comparator == "known"
            said = f"a known {self.attribute(plan.predicate)}" if known else f"one {self._whose(plan)}"
        else:
            said = self._of_each(plan) if isinstance(plan, SETS) else self.plan(plan)
        return f"{said}{self.point(absence.point)}"

    def found_none(self, absence: Absence) -> str:
        """The same after ``no``."""
        return self.sought(absence).removeprefix("a ").removeprefix("one ")

    def claim(self, plan: Plan) -> str | None:
        """What a question takes for granted or asks whether it is so, as a clause; ``None`` where it is no such."""
        if isinstance(plan, Paths) and plan.along is not None:
            return f"{self.set(plan.start)} {self.relation(plan.along, 'out')} {self.set(plan.end)}"
        return self._clause(plan.source) if isinstance(plan, Test) and plan.of is None else None

    def unit(self, plan: Plan | None, number: object) -> str:
        """The noun of what a set has so many of, after its number: `` plants``; nothing where it has no one noun."""
        name = self._head(plan)
        return f" {self.noun(name, plural=number != 1)}" if name is not None else ""

    def _head(self, plan: Plan | None) -> str | None:
        """The type that the members of a set are named by."""
        if isinstance(plan, Entities | Follow) and plan.type is not None:
            return plan.type
        if isinstance(plan, Follow):
            spec = self.ontology.predicates[plan.predicate]
            far = spec.objects if plan.direction == "out" else spec.subjects
            return far[0] if len(far) == 1 and far[0] != ANY else None
        if isinstance(plan, UnionOf):
            names = {self._head(part) for part in plan.plans}
            return names.pop() if len(names) == 1 else None
        if isinstance(plan, Intersect):
            return next((name for part in plan.plans if (name := self._head(part)) is not None), None)
        if isinstance(plan, Where | Having | Only | Minus | Top | At | Diff | Suppose):
            return self._head(plan.source)
        return None

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
        if isinstance(head, Entities) and head.ids:
            return f"{self.set(head)} among the {' and the '.join(self.set(part) for part in rest)}"
        also = [self._that(part) if isinstance(part, Follow) else f"that are {self.set(part)}" for part in rest]
        return " and ".join(dict.fromkeys([self.set(head), *(one for one in also if not self.set(head).endswith(one))]))

    def _minus(self, plan: Minus) -> str:
        if isinstance(plan.without, Entities) and plan.without.ids:
            return f"{self._of_each(plan.source)} other than {self.set(plan.without)}"
        if isinstance(plan.without, Each):
            return f"{self._of_each(plan.source)} other than itself"
        return f"{self.set(plan.source)} that are not among the {self.set(plan.without)}"

    def _top(self, plan: Top) -> str:
        first = "one" if plan.number == 1 else f"{plan.number}"
        return f"the {first} of the {self.set(plan.source)} with {self._by(plan)}"

    def _at(self, plan: At) -> str:
        return f"{self.set(plan.source)}{self.point(plan.point)}"

    def _diff(self, plan: Diff) -> str:
        how = {"added": "that came in", "removed": "that went", "kept": "that stayed", "both": "that changed"}
        return f"{self.set(plan.source)} {how[plan.change]} {self._between(plan)}"

    def _between(self, plan: Diff) -> str:
        points = (self.point(one).removeprefix(" in ").removeprefix(" as of ") for one in (plan.before, plan.after))
        before, after = (point or "now" for point in points)
        return f"between {before} and {after}"

    def _suppose(self, plan: Suppose) -> str:
        what = self._of_each(plan.source)
        if plan.without is not None:
            return f"{what}, if there were no {self.set(plan.without)}"
        return f"{what}, if there were nothing but {self.set(as_set(plan.only))}"

    # --- what is asked ---

    def _count(self, plan: Count) -> str:
        of = f", out of the {self.set(plan.of)}" if plan.of else ""
        return f"the number of {self.set(plan.source)}{of}"

    def _rank(self, plan: Rank) -> str:
        first = "which of the" if plan.top == 1 else f"which {plan.top} of the"
        return f"{first} {self.set(plan.source)} {'has' if plan.top == 1 else 'have'} {self._by(plan)}"

    def _by(self, plan: Rank | Top) -> str:
        order = plan.order
        if plan.value is not None:
            date = self.ontology.predicates[plan.value].value == "date"
            word = {"most": "latest" if date else "highest", "fewest": "earliest" if date else "lowest"}[order]
            return f"the {word} {self.attribute(plan.value)}"
        by = plan.by if plan.by is not None else Each()
        if isinstance(plan, Rank) and plan.of is not None:
            share = "largest" if order == "most" else "smallest"
            return f"the {share} share of {self._of_each(by)} among the {self._of_each(plan.of)}"
        return f"the {order} {self._of_each(by)}"

    def _group(self, plan: Group) -> str:
        what = "the number of" if plan.counted else "the"
        by = self.attribute(plan.value) if plan.value else self._of_each(plan.by if plan.by is not None else Each())
        return f"{what} {self.set(plan.source)}, grouped by {by}"

    def _pairs(self, plan: Pairs) -> str:
        return f"every one of the {self.set(plan.source)} with each of the {self._of_each(plan.by)}"

    def _compare(self, plan: Compare) -> str:
        options = [self.set(option) for option in plan.options]
        of = f", each as a share of the {' or of the '.join(self.set(one) for one in plan.of)}" if plan.of else ""
        least = " (the smallest is asked for)" if plan.order == "fewest" else ""
        return f"how many there are of the {' and of the '.join(options)}{of}{least}"

    def _cover(self, plan: Cover) -> str:
        targets, by = self.set(plan.targets), self._of_each(plan.by)
        return (
            f"the {plan.number} of the {self.set(plan.source)} that together reach most of the {targets}, by the {by}"
        )

    def _paths(self, plan: Paths) -> str:
        if plan.along is not None:
            told = ", as the records that say so explain it" if self.ontology.predicates[plan.along].explained else ""
            return f"how it comes that {self.claim(plan)}{told}"
        ends = f"{self.set(plan.start)} and {self.set(plan.end)}"
        return f"the shortest chains of facts between {ends}, of at most {plan.max_hops}"

    def _value(self, plan: Value) -> str:
        the = "" if isinstance(plan.source, Entities) and plan.source.ids else "the "
        return f"the {self.attribute(plan.predicate)} of {the}{self.set(plan.source)}"

    def _test(self, plan: Test) -> str:
        if plan.of is not None:
            return f"whether all of the {self.set(plan.of)} are among the {self.set(plan.source)}"
        clause = self._clause(plan.source) or f"there are {self.set(plan.source)}"
        return f"{'why' if plan.presumed else 'whether'} {clause}"

    def _clause(self, plan: SetPlan) -> str | None:
        """``Ada tends Mint``, for a set of named entities of which something has to be so."""
        if isinstance(plan, At):
            clause = self._clause(plan.source)
            return f"{clause}{self.point(plan.point)}" if clause is not None else None
        if isinstance(plan, Where | Having) and isinstance(plan.source, Entities) and plan.source.ids:
            if isinstance(plan, Where) and self._is_flag(plan):
                return f"{self.set(plan.source)} is {self._flag(plan)}"
            said = self._whose(plan) if isinstance(plan, Where) else self._having(plan)
            return f"{self.set(plan.source)} is one {said}"
        if not (isinstance(plan, Intersect) and isinstance(plan.plans[0], Entities) and plan.plans[0].ids):
            return None
        head, *rest = plan.plans
        if not all(isinstance(part, Follow) for part in rest):
            return None
        return f"{self.set(head)} {' and '.join(self._does(part) for part in rest if isinstance(part, Follow))}"

    def _does(self, plan: Follow) -> str:
        """What each member of the set does, said of one."""
        times = ", in any number of steps," if plan.repeat else ""
        return f"{self.relation(plan.predicate, back(plan.direction))}{times} {self.set(plan.source)}"

    def _decide(self, plan: Decide) -> str:
        given = " and ".join(f"{name} {' or '.join(values)}" for name, values in plan.given)
        with_ = f", with {given}" if given else ""
        return f"what the decision table {plan.table.replace('_', ' ')} says for {self.set(plan.source)}{with_}"

    def _passages(self, plan: Passages) -> str:
        held = plan.source.plans[-1] if isinstance(plan.source, UnionOf) else plan.source
        if isinstance(held, Follow) and held.repeat and held.type is not None:
            # What a document is made of, however deep, and the document where it has a text itself.
            return f"{self.noun(held.type)} in {self.set(held.source)} that speak of {plan.text}"
        return f"texts of the {self.set(plan.source)} that speak of {plan.text}"

    # --- pieces ---

    def _that(self, plan: Follow) -> str:
        times = ", in any number of steps," if plan.repeat else ""
        return f"that {self.verb(plan.predicate, back(plan.direction))}{times} {self.set(plan.source)}"

    def _far_noun(self, plan: Follow) -> str:
        if plan.type is not None:
            return self.noun(plan.type)
        spec = self.ontology.predicates[plan.predicate]
        types = spec.objects if plan.direction == "out" else spec.subjects
        return " or ".join(self.noun(name) for name in types)

    def _whose(self, plan: Where) -> str:
        name, spec = self.attribute(plan.predicate), self.ontology.predicates[plan.predicate]
        if plan.comparator == "known":
            return f"with a known {name}"
        if plan.comparator == "unknown":
            return f"without a known {name}"
        if plan.comparator == "between":
            return f"whose {name} lies between {plan.value} and {plan.upper}"
        if plan.comparator == "overlaps":
            return f"whose {name} overlaps the time from {plan.value} to {plan.upper}"
        if self._is_flag(plan):
            return f"that are {self._flag(plan)}"
        dated = spec.value == "date" or spec.during is not None
        return f"whose {name} {(COMPARED_DATES if dated else COMPARED)[plan.comparator]} {plan.value}"

    def _is_flag(self, plan: Where) -> bool:
        return self.ontology.predicates[plan.predicate].value == "boolean" and plan.comparator == "="

    def _flag(self, plan: Where) -> str:
        """What a yes or no says, or its contrary: ``exploited``, ``not exploited``."""
        spec = self.ontology.predicates[plan.predicate]
        said = spec.phrases[0].removeprefix("is ") if spec.phrases else plan.predicate.replace("_", " ")
        return said if plan.value.casefold() == "true" else f"not {said}"

    def _having(self, plan: Having) -> str:
        amount = {
            "some": "at least one of the",
            "none": "no",
            "at_least": f"at least {plan.number} of the",
            "at_most": f"at most {plan.number} of the",
            "exactly": f"exactly {plan.number} of the",
            "every": "every one of the",
        }[plan.quantifier]
        if plan.quantifier == "every" and plan.of is not None:
            return f"with {self._of_each(plan.plan)} for every one of the {self.set(plan.of)}"
        if isinstance(plan.plan, Where) and isinstance(plan.plan.source, Each):
            return f"{'not ' if plan.quantifier == 'none' else ''}{self._whose(plan.plan)}"
        if plan.quantifier == "none" and (named := _named_end(plan.plan)) is not None:
            step, end = named
            return f"except those that {self.verb(step.predicate, step.direction)} {self.set(end)}"
        return f"with {amount} {self._of_each(plan.plan)}"

    def _of_each(self, plan: SetPlan) -> str:
        """A sub-plan over the row at hand: ``controls that mitigate it``."""
        if isinstance(plan, Intersect):
            step = next((p for p in plan.plans if isinstance(p, Follow) and isinstance(p.source, Each)), None)
            rest = [p for p in plan.plans if p is not step]
            if step is not None and rest:
                if all(isinstance(part, Entities) and part.ids for part in rest):
                    return f"{' and '.join(self.set(part) for part in rest)} among the {self.set(step)}"
                joined = " and" if isinstance(rest[-1], Follow) else ""
                return f"{' and '.join(self.set(part) for part in rest)}{joined} {self._that(step)}"
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
