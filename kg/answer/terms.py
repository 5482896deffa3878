"""Entities, types, relations and facts in words."""

from __future__ import annotations

from collections.abc import Mapping

from kg.domain.fact import PASSAGE, Entity, EntityId, Fact, Literal
from kg.domain.ontology import ANY, Direction, Ontology
from kg.text.passages import quotation

PREPOSITIONS = {"in", "on", "at", "of", "under", "from", "against", "part"}
LINKS = PREPOSITIONS | {"to", "by", "with", "for", "as", "into", "through", "until", "within", "than"}
"""Words at the end of a phrase that join a participle or a noun to what follows."""
CORE_PHRASES = {
    "alias": "is also called",
    "name": "is called",
    "type": "is a",
    "key": "has the key",
    "status": "is marked",
    "replaced_by": "is replaced by",
    "same_as": "is the same as",
    "different_from": "is not the same as",
}


class Terms:
    """What things are called, for one ontology and the entities met."""

    def __init__(self, ontology: Ontology, entities: Mapping[EntityId, Entity]) -> None:
        self.ontology = ontology
        self._met = entities

    def entity(self, entity: EntityId) -> str:
        """Name and key: ``Corner Shop (S-12)``."""
        met = self._met.get(entity)
        if met is None:
            return entity
        return met.name if met.name == met.keys[0] else f"{met.name} ({met.keys[0]})"

    def noun(self, type_name: str | None, *, plural: bool = True) -> str:
        """The type's first noun."""
        spec = self.ontology.types.get(type_name or "")
        if type_name == ANY:
            type_name = None
        noun = spec.nouns[0] if spec and spec.nouns else (type_name or "thing").lower()
        return plural_of(noun) if plural else noun

    def relation(self, predicate: str, direction: Direction) -> str:
        """What stands between the two ends, near end first: ``uses``, ``is used by``, ``is in``."""
        spec = self.ontology.predicates[predicate]
        phrases = spec.phrases if direction == "out" else spec.inverse
        if not phrases:
            words = predicate.replace("_", " ")
            return words if direction == "out" else f"is {words} of"
        first, *rest = phrases[0].split()
        if first in ("is", "has"):
            return phrases[0]
        last = rest[-1] if rest else ""
        # What ends in a preposition is a participle (mapped to, closely tied with); what does not may be the past
        # tense (directed), save before a plain value (published).
        parted = any(word.endswith("ed") for word in phrases[0].split()) and (last in LINKS or spec.value is not None)
        if parted or last == "by" or first in PREPOSITIONS:
            return f"is {phrases[0]}"
        if last == "of" and not first.endswith("s"):
            return f"is {'an' if first[0] in 'aeiou' else 'a'} {phrases[0]}"
        return phrases[0]

    def fact(self, fact: Fact) -> str:
        """The fact as a sentence."""
        if fact.predicate == PASSAGE and isinstance(fact.object, Literal):
            return f"{self.entity(fact.subject)} says: {quotation(fact.object.value)}"
        target = fact.object.value if isinstance(fact.object, Literal) else self.entity(fact.object)
        since = f" from {fact.valid.start}" if fact.valid.start else ""
        until = f" until {fact.valid.end}" if fact.valid.end else ""
        return f"{self.entity(fact.subject)}{self._said_as(fact)} {target}{since}{until}."

    def _said_as(self, fact: Fact) -> str:
        """What stands between an entity and what is said of it: `` uses``, `` is of type``, ``: severity is``."""
        if fact.predicate in CORE_PHRASES:
            return f" {CORE_PHRASES[fact.predicate]}"
        phrase = self.relation(fact.predicate, "out")
        spec = self.ontology.predicates[fact.predicate]
        first = phrase.partition(" ")[0]
        verb = first.endswith("s") and not first.endswith(("ss", "us")) and phrase not in spec.roles
        return f" {phrase}" if spec.value is None or verb else f": {self.attribute(fact.predicate)} is"

    def attribute(self, predicate: str) -> str:
        """What a literal says of an entity, as a noun: ``due date``."""
        spec = self.ontology.predicates[predicate]
        return spec.roles[0] if spec.roles else predicate.replace("_", " ")

    def verb(self, predicate: str, direction: Direction) -> str:
        """The relation as several subjects would have it: ``are used by``, ``use``."""
        phrase = self.relation(predicate, direction)
        first, _, rest = phrase.partition(" ")
        if first == "is":
            article, _, noun = rest.partition(" ")
            if article in ("a", "an") and noun.endswith(" of"):
                return f"are {plural_of(noun.removesuffix(' of'))} of"
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


def plural_of(noun: str) -> str:
    """English plural of a noun phrase's last word; nouns that have none are left."""
    if noun.endswith(("ware", "ss")) and not noun.endswith("ss"):
        return noun
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    return noun + "s"
