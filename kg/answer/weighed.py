"""What a sentence compares, and what it says that a source says; held against the values and the sources themselves."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise

from kg.answer.cited import Cited
from kg.answer.said import Named, Said, stems_of
from kg.answer.verify import shares
from kg.domain.evidence import Verdict
from kg.domain.fact import Fact, Literal
from kg.domain.lineage import Source
from kg.domain.result import Result
from kg.domain.words import fold
from kg.text.language import english, stem

SOURCE = "source "
"""Begins the owner of a name that is one of a source."""
_EQUAL = re.compile(r"\b(?:same|equal|equally|as (?:many|much|often))\b", re.IGNORECASE)
_OUT_OF = re.compile(r"[\w,.]+\s+(?:out\s+)?of\s+(?:(?:the|all|these)\s+)*", re.IGNORECASE)
_SAYS = re.compile(
    r"\b(?:according to|as (?:stated|reported|noted|said|told|listed|recorded) (?:by|in)|source:)\s+([^,.;:()]{1,60})"
    r"|\bas\s+([^,.;:()]{1,60}?)\s+(?:reports?|says?|states?|notes?|puts it|tells|has it)\b",
    re.IGNORECASE,
)
_THAN = re.compile(r"\bthan\b", re.IGNORECASE)


def compared(
    said: Said, result: Result, more: Collection[str], fewer: Collection[str]
) -> Iterator[tuple[Verdict, str]]:
    """A comparison of two things follows from their numbers, and the number of one thing is not that of another."""
    values = {key: value for key, value in _values(result).items() if isinstance(value, int | float)}
    words = dict(said.words)
    for found in _THAN.finditer(said.text):
        before = [place for place, word in words.items() if place < found.start() and word in {*more, *fewer}]
        left = [one for one in said.named if one.start < found.start() and _value(one, values) is not None]
        right = [one for one in said.named if one.start > found.start()]
        if not before or any(number.start > found.start() and not right for number in said.numbers):
            continue
        first = _value(left[0], values) if left else None
        second = _value(right[0], values) if right else None
        if first is None or second is None:
            yield "unsupported", "it compares what was not counted"
        elif (first > second) != (words[before[-1]] in more) or first == second:
            yield "contradicted", f"it compares {first} with {second} the other way round"
    if _EQUAL.search(said.text) and values and len(set(values.values())) > 1:
        yield "contradicted", "it makes equal what is not"
    for start, end in said.pieces:
        of = [value for one in said.within(start, end) if (value := _value(one, values)) is not None]
        told = [number.value for number in said.numbers if start <= number.start < end]
        if len(of) == 1 and str(of[0]) not in told and set(told) & {str(value) for value in values.values()}:
            yield "contradicted", f"it gives one thing the number of another: {told[0]}"


def _values(result: Result) -> Mapping[str, object]:
    """What was counted or read for each thing, where it is one number each."""
    if result.type == "comparison" and isinstance(result.value, dict):
        return result.value
    return {row.entity: row.value for row in result.rows} if result.type == "ranking" else {}


def _value(named: Named, values: Mapping[str, object]) -> int | float | None:
    found = {values[one] for one in named.ids if one in values}
    only = found.pop() if len(found) == 1 else None
    return only if isinstance(only, int | float) else None


def of_how_many(said: Said, result: Result) -> Iterator[tuple[Verdict, str]]:
    """So many of so many is a share that was counted."""
    for part, of in pairwise(said.numbers):
        between = _OUT_OF.match(said.text, part.start)
        if between is None or between.end() != of.start:
            continue
        counted = {(str(one), str(whole)) for one, whole in shares(result)}
        if counted and (part.value, of.value) not in counted:
            yield "contradicted", f"{part.value} of {of.value} is no share that was counted"


def of_no_source(
    said: Said, cited: Cited, sources: Mapping[str, Source], nouns: frozenset[str]
) -> Iterator[tuple[Verdict, str]]:
    """Who is said to say something is a source; a kind of thing says nothing."""
    language = english()
    small = language.claims["reporting"] | language.droppable | language.light
    for found in _SAYS.finditer(said.text):
        start, end = found.span(1 if found[1] else 2)
        titles = [text for key in cited.sources & sources.keys() for text in (sources[key].title, sources[key].dataset)]
        kinds = nouns - stems_of(titles)
        words = (word for place, word in said.words if start <= place < end and word not in small)
        if any(stem(word) in kinds for word in words):
            yield "unsupported", f"it says that “{said.text[start:end]}” says so, which is no source that it cites"


def attributed(said: Said, cited: Cited, sources: Mapping[str, Source]) -> Iterator[tuple[Verdict, str]]:
    """What a clause says that a source says, that source says; and on its own day."""
    by_fact: dict[str, set[str]] = {}
    for item in cited.items:
        for support in item.supports:
            by_fact.setdefault(support.assertion.fact, set()).add(support.source.id)
    for start, end in said.pieces:
        inside = said.within(start, end)
        own = {one.removeprefix(SOURCE) for named in inside for one in named.ids if one.startswith(SOURCE)}
        if not own:
            continue
        text = f" {fold(said.text[start:end])} "
        named = {one for some in inside for one in some.ids}
        told = [fact for fact in cited.facts if _tells(fact, text, named)]
        if told and not any(by_fact.get(fact.id, set()) & own for fact in told):
            yield "contradicted", "the source that it names does not say so"
        issued = {sources[one].issued for one in own if one in sources}
        others = {source.issued for key, source in sources.items() if key not in own} - issued
        for day in said.days:
            if start <= day.start < end and day.first == day.last and day.first in others:
                yield "contradicted", f"{day.first} is the day of another source"


def _tells(fact: Fact, text: str, named: Collection[str]) -> bool:
    """Whether the clause has what the fact says of its subject."""
    if isinstance(fact.object, Literal):
        value = fold(fact.object.value)
        return bool(value) and f" {value} " in text
    return fact.target in named
