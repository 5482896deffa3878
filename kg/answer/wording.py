"""Plans and facts in words."""

from __future__ import annotations

from collections.abc import Mapping

from kg.domain.fact import Entity, EntityId, Fact, Literal
from kg.domain.ontology import Direction, Ontology
from kg.domain.plan import (
    Count,
    Each,
    Entities,
    Follow,
    Having,
    Intersect,
    Minus,
    Paths,
    Plan,
    Rank,
    SetPlan,
    UnionOf,
    Where,
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
        self._entities = entities

    def entity(self, entity: EntityId) -> str:
        """Name and key: ``Corner Shop (S-12)``."""
        met = self._entities.get(entity)
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
        if isinstance(plan, Count):
            of = f", out of the {self.set(plan.of)}" if plan.of else ""
            return f"the {self.set(plan.source)}{of}"
        if isinstance(plan, Rank):
            few = "fewest" if plan.order == "fewest" else "most"
            how_many = "one" if plan.top == 1 else f"{plan.top}"
            return f"the {how_many} of the {self.set(plan.source)} with the {few} {self._of_each(plan.by)}"
        if isinstance(plan, Paths):
            return f"the shortest chains of facts between {self.set(plan.start)} and {self.set(plan.end)}"
        return self.set(plan)

    def sought(self, absence: Absence) -> str:
        """What a search that found nothing was for."""
        if absence.sought is None:
            return f"any fact “{self.relation(absence.predicate, absence.direction)} …”"
        return self._of_each(absence.sought)

    def set(self, plan: SetPlan) -> str:  # noqa: PLR0911 (one return an operator)
        """A set expression as a noun phrase."""
        if isinstance(plan, Entities):
            if plan.type is not None:
                return self.noun(plan.type)
            return " or ".join(self.entity(entity) for entity in plan.ids)
        if isinstance(plan, Each):
            return "it"
        if isinstance(plan, Follow):
            return f"{self._far_noun(plan)} {self._that(plan)}"
        if isinstance(plan, Where):
            return f"{self.set(plan.source)} whose {plan.predicate.replace('_', ' ')} {plan.comparator} {plan.value}"
        if isinstance(plan, Having):
            return f"{self.set(plan.source)} {self._having(plan)}"
        if isinstance(plan, UnionOf):
            return " or ".join(self.set(part) for part in plan.plans)
        if isinstance(plan, Intersect):
            head, *rest = plan.plans
            also = [self._that(part) if isinstance(part, Follow) else f"that are {self.set(part)}" for part in rest]
            return f"{self.set(head)} and {' and '.join(also)}"
        return self._minus(plan)

    def _that(self, plan: Follow) -> str:
        back: Direction = "in" if plan.direction == "out" else "out"
        return f"that {self._verb(plan.predicate, back)} {self.set(plan.source)}"

    def _minus(self, plan: Minus) -> str:
        return f"{self.set(plan.source)} that are not {self.set(plan.without)}"

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

    def _having(self, plan: Having) -> str:
        amount = {
            "some": "at least one",
            "none": "none",
            "at_least": f"at least {plan.number}",
            "at_most": f"at most {plan.number}",
            "exactly": f"exactly {plan.number}",
        }[plan.quantifier]
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
