"""The evidence that one claim cites: what it ties together, its days, numbers, units and words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from kg.answer.said import Names, Number
from kg.answer.texts_of_others import TextsOfOthers, speaks
from kg.answer.wording import Wording
from kg.domain.evidence import Evidence
from kg.domain.fact import EntityId, Fact, FactId, Literal
from kg.domain.result import Result
from kg.domain.words import fold
from kg.text.dates import dated
from kg.text.language import english, stem


class Cited:
    """The evidence that one claim cites."""

    def __init__(self, items: Collection[Evidence], facts: Mapping[FactId, Fact], texts: TextsOfOthers) -> None:
        self.items = tuple(items)
        self.facts = [facts[one] for item in items for one in item.facts if one in facts]
        self.text = texts.less(" ".join(item.text for item in items))
        """Without the texts of others."""
        self.folded = fold(self.text)
        self.absent = [item for item in items if item.kind == "absence"]
        ends = {end for fact in self.facts for end in (fact.subject, fact.target) if end is not None}
        self.tied = frozenset(ends)
        self.entities = ends | {one for item in items for one in item.entities}
        self.sources = {support.source.id for item in items for support in item.supports}
        self.sources |= {source.id for item in self.absent for source in item.searched}
        self._numbers: list[Number] | None = None
        self._near: dict[EntityId, set[EntityId]] = {}
        for fact in self.facts:
            if fact.target is not None:
                self._near.setdefault(fact.subject, set()).add(fact.target)
                self._near.setdefault(fact.target, set()).add(fact.subject)
        # What was sought for several of them at once is said of them together.
        for item in self.absent:
            for one in item.entities:
                self._near.setdefault(one, set()).update(item.entities)

    @property
    def days(self) -> list[tuple[str, str]]:
        found = [(one.first, one.last) for one in dated(self.text, english().months)]
        dates = [fact.object.value for fact in self.facts if isinstance(fact.object, Literal)]
        found += [(one, one) for one in dates if re.fullmatch(r"\d{4}-\d\d-\d\d", one)]
        issued = [support.source.issued for item in self.items for support in item.supports if support.source.issued]
        return found + [(one, one) for one in issued]

    @property
    def lasts(self) -> bool:
        """Whether something in it is so for a time."""
        return any(fact.valid.start or fact.valid.end for fact in self.facts)

    def reach(self, start: EntityId) -> set[EntityId]:
        """What cited facts lead to from it."""
        reached, frontier = {start}, [start]
        while frontier:
            new = self._near.get(frontier.pop(), set()) - reached
            reached |= new
            frontier += new
        return reached - {start}

    def between(self, first: Collection[str], second: Collection[str]) -> Iterator[Fact]:
        """The facts that lead from one of the first to one of the second, or back."""
        for fact in self.facts:
            there = fact.subject in first and fact.target in second
            if there or (fact.target in first and fact.subject in second):
                yield fact

    def numbers(self, names: Names, *more: str) -> list[Number]:
        """The numbers of what is cited, with the words around them."""
        if self._numbers is None:
            values = [fact.object.value for fact in self.facts if isinstance(fact.object, Literal)]
            texts = [self.text, *more, *(value for value in values if not speaks(value))]
            self._numbers = [number for text in texts for number in names.take_apart(text).numbers]
        return self._numbers

    def units(self, wording: Wording) -> set[str]:
        """Stems of the units that the ontology gives what is cited."""
        specs = (wording.ontology.predicates[fact.predicate] for fact in self.facts)
        return {stem(fold(spec.unit)) for spec in specs if spec.unit}

    def phrases(self, wording: Wording, result: Result) -> Iterator[str]:
        """What people say for the relations and the kinds of things that are cited."""
        ontology = wording.ontology
        for predicate in {fact.predicate for fact in self.facts}:
            spec = ontology.predicates[predicate]
            yield predicate.replace("_", " ")
            yield from (*spec.phrases, *spec.inverse, *spec.roles, *spec.inverse_roles)
            if self.absent:
                yield from (*spec.negative, *spec.inverse_negative)
        for one in self.entities & result.entities.keys():
            kind = ontology.types.get(result.entities[one].type)
            while kind is not None:
                yield from (*kind.nouns, *kind.titles)
                kind = ontology.types.get(kind.parent) if kind.parent else None
