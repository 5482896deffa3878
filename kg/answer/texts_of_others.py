"""Texts of others in the evidence: long names and values, and all passages; they speak for themselves only."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from kg.answer.pack import as_data
from kg.answer.said import Said
from kg.domain.evidence import Evidence, Verdict
from kg.domain.fact import PASSAGE, Fact, Literal
from kg.domain.words import fold
from kg.text.passages import quotation

_QUOTED = re.compile('[“"]([^“”"]+)[”"]')
MOST_WORDS, MOST_LETTERS = 4, 40
"""A name or a value with more of them can say something by itself, so its words are no words of the evidence."""


def speaks(text: str) -> bool:
    """Whether a name or a value is long enough to say something by itself."""
    return len(text) > MOST_LETTERS or len(fold(text).split()) > MOST_WORDS


class TextsOfOthers:
    """They are data: a sentence may have one of them whole; a part of one, or what one says, is no evidence."""

    def __init__(self, facts: Iterable[Fact], names: Iterable[str]) -> None:
        found = {form for fact in facts for form in _forms(fact)}
        self._all = _longest_first(found | {form for one in names if speaks(one) for form in _written(one)})

    def less(self, text: str) -> str:
        """The text without them."""
        line = _line(text)
        for one in self._all:
            line = line.replace(one, " ")
        return line


def whole(claim: str, facts: Iterable[Fact], items: Iterable[Evidence]) -> str:
    """The claim with blanks where it has a text of what it cites, whole."""
    found = {form for fact in facts for form in _forms(fact)}
    found |= {form for item in items if item.quote is not None for form in _written(item.quote)}
    for one in _longest_first(found):
        claim = claim.replace(one, " " * len(one))
    return claim


def quoted(said: Said, entities: Collection[str]) -> Iterator[tuple[Verdict, str]]:
    """What is left in quotes is short, or the whole name of something that is cited."""
    names = {fold(said.text[one.start : one.end]) for one in said.named if one.ids & frozenset(entities)}
    for text in _QUOTED.findall(said.text):
        if text.strip() and speaks(text) and fold(text) not in names:
            yield "unsupported", f"“{text}” is quoted, and is not the whole of a text that it cites"


def _forms(fact: Fact) -> Iterator[str]:
    if isinstance(fact.object, Literal):
        value = fact.object.value
        if fact.predicate == PASSAGE:
            yield from _written(quotation(value))
        if fact.predicate == PASSAGE or speaks(value):
            yield from _written(value)


def _written(text: str) -> tuple[str, ...]:
    """As it stands in the evidence, and as a model was sent it."""
    return tuple({_line(text), _line(as_data(text))} - {""})


def _longest_first(texts: Iterable[str]) -> list[str]:
    return sorted(texts, key=lambda text: (-len(text), text))


def _line(text: str) -> str:
    return " ".join(text.split())
