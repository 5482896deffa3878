"""Numbers in a sentence of a model: whether each follows from what was counted, or from what the sentence cites."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from kg.answer.cited import Cited
from kg.answer.said import Names, Number, Said
from kg.answer.verify import counted, shares
from kg.answer.wording import Wording
from kg.domain.fact import Entity, EntityId, Literal
from kg.domain.result import Result
from kg.text.language import english, stem, stems


class Amounts:
    """What was counted for one answer."""

    def __init__(
        self, result: Result, wording: Wording, names: Names, asked: str, asked_of: Collection[EntityId]
    ) -> None:
        self._result = result
        self._wording = wording
        self._names = names
        self._asked = asked
        self._asked_of = frozenset(asked_of)
        self._units = {stem(one) for one in english().claims["units"]}
        self._counted = {str(value) for value in counted(result) if value is not None}
        self._percents = {str(round(100 * part / of)) for part, of in shares(result) if of}
        met = (result.entities[row.entity].type for row in result.rows if row.entity in result.entities)
        self._kinds = frozenset(met)
        """Types of what was asked for."""

    def follow(self, number: Number, said: Said, cited: Cited) -> bool:
        """Whether the number follows."""
        unit = number.unit if number.unit in self._units else ""
        named = {key for one in said.named for key in one.ids}
        if not unit and self._counts(number, named, cited):
            return True
        if unit == "%" and number.value in self._percents:
            return True
        for told in cited.numbers(self._names, self._asked):
            if told.value == number.value and (not unit or told.unit == unit or unit in cited.units(self._wording)):
                near = (told.near - self._units) & number.near
                if near or not told.near or not number.near or self._is_value(number, named, cited):
                    return True
        return self._is_value(number, named, cited) and (not unit or unit in cited.units(self._wording))

    def _is_value(self, number: Number, named: set[str], cited: Cited) -> bool:
        """Whether a cited fact gives the number for something that is named, or for what the question is about."""
        return any(
            isinstance(fact.object, Literal)
            and fact.object.value == number.value
            and fact.subject in named | self._asked_of
            for fact in cited.facts
        )

    def _counts(self, number: Number, named: set[str], cited: Cited) -> bool:
        """Whether it is what the plan counted, or how many the cited evidence speaks of."""
        rows = self._result.rows
        own = {str(row.value) for row in rows if row.entity in named} | {str(row.of) for row in rows}
        whole = self._counted - {str(row.value) for row in rows} | {str(len(rows))}
        behind = self._types_behind(number)
        of_others = bool(behind and self._kinds) and not any(self._akin(one) for one in behind)
        if number.value in own or (number.value in whole and not of_others):
            return True
        entities = self._result.entities
        if number.near & {"them", "these", "those"} and number.value in _sizes(named, entities):
            return True
        for name in self._types_near(number):
            family = self._wording.ontology.family(name)
            # Of what was asked for there are as many as there are rows; a part of them has to be named.
            among = named if self._kinds & family else cited.entities
            several = [one for one in among if one in entities and entities[one].type in family]
            # A sentence that names nothing tells of the whole answer.
            if number.value == str(len(several)) and (named or not of_others):
                return True
        return False

    def _akin(self, name: str) -> bool:
        """Whether what was asked for is of this type, or of a kind of it, or the other way round."""
        family = self._wording.ontology.family
        return bool(family(name) & self._kinds) or any(name in family(kind) for kind in self._kinds)

    def _types_near(self, number: Number) -> set[str]:
        """The types whose noun stands by the number."""
        return {name for name, noun in self._nouns() if set(noun) <= number.near}

    def _types_behind(self, number: Number) -> set[str]:
        """The types whose noun stands right behind the number."""
        return {name for name, noun in self._nouns() if number.behind[: len(noun)] == noun}

    def _nouns(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        for name, spec in self._wording.ontology.types.items():
            yield from ((name, stems(noun)) for noun in spec.nouns)


def _sizes(named: Collection[str], entities: Mapping[str, Entity]) -> set[str]:
    """How many things of each type are named."""
    return {str(size) for size in Counter(entities[one].type for one in named if one in entities).values()}
