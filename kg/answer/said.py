"""What a sentence says, taken apart: whom it names, which days and numbers, what it denies, and the other words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise

from kg.domain.words import fold
from kg.text.dates import Dated, dated
from kg.text.language import Language, stem

_WORD = re.compile(r"[^\W_]+")
_ENDS_NAME = re.compile(r"[():;!?]")
_THAT = re.compile(r"\s*(?:\w+ (?:is|was) that\b|(?:case|example|finding|point|thing):)", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*(?![\w])")
_PIECES = re.compile(r"[;:]\s|\.\s|\.$|,|\b(?:but|while|whereas|although|and|or)\b", re.IGNORECASE)
NOT_COUNTED = (
    "of",
    "that",
    "which",
    "who",
    "whose",
    "is",
    "are",
    "was",
    "has",
    "in",
    "by",
    "with",
    "and",
    "or",
    "to",
    "another",
)
NEAR = 3
"""Words on either side of a number that tell what it is a number of."""


@dataclass(frozen=True, slots=True)
class Named:
    """A name in a sentence, and all that are called so."""

    start: int
    end: int
    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a sentence, in plain digits, with the words around it."""

    start: int
    value: str
    near: frozenset[str]
    """Stems of the words around it."""
    unit: str
    """Stem of the word right behind it, or ``%``."""
    behind: tuple[str, ...] = ()
    """Stems of the words right behind it."""


@dataclass(frozen=True, slots=True)
class Day:
    """A stretch of days in a sentence, with the words before it."""

    start: int
    first: str
    last: str
    before: str
    """The word before it, folded."""


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence, taken apart."""

    text: str
    named: tuple[Named, ...] = ()
    days: tuple[Day, ...] = ()
    numbers: tuple[Number, ...] = ()
    words: tuple[tuple[int, str], ...] = ()
    """The other words, folded, with their place."""
    pieces: tuple[tuple[int, int], ...] = ()
    """Where its clauses and members of lists begin and end."""

    def within(self, start: int, end: int) -> tuple[Named, ...]:
        return tuple(one for one in self.named if start <= one.start < end)


@dataclass
class Names:
    """What things are called, to be found in sentences."""

    language: Language
    everyday: frozenset[str] = frozenset()
    """Words that are no name, unless they are written as one inside a sentence."""
    _forms: dict[tuple[str, ...], list[tuple[str, str]]] = field(default_factory=dict)
    """By folded words: the form as written, and whose it is."""
    _sizes: dict[str, list[int]] = field(default_factory=dict)
    """By first word: how many words the forms have, the most first."""
    _taken: dict[str, Said] = field(default_factory=dict)

    def add(self, owner: str, forms: Iterable[str]) -> None:
        """Another thing; before sentences are taken apart."""
        for form in forms:
            words = tuple(fold(form).split())
            if words:
                self._forms.setdefault(words, []).append((form, owner))
                sizes = self._sizes.setdefault(words[0], [])
                if len(words) not in sizes:
                    sizes.append(len(words))
                    sizes.sort(reverse=True)

    def take_apart(self, text: str) -> Said:
        """Names first, the longest; then days, numbers and words in what is left."""
        if text not in self._taken:
            self._taken[text] = self._take_apart(text)
        return self._taken[text]

    def _take_apart(self, text: str) -> Said:
        tokens = [(found.start(), found.end(), fold(found[0])) for found in _WORD.finditer(text)]
        named: list[Named] = []
        at = 0
        while at < len(tokens):
            size, owners = self._longest(text, tokens, at)
            if size:
                named.append(Named(tokens[at][0], tokens[at + size - 1][1], frozenset(owners)))
            at += size or 1
        named = _by_keys(named, text)
        rest = _blank(text, ((one.start, one.end) for one in named))
        found = list(dated(rest, self.language.months))
        days = [_day(one, rest) for one in found]
        rest = _blank(rest, ((one.start, one.end) for one in found))
        numbers = self._numbers(rest)
        plain = _NUMBER.sub(lambda found: " " * len(found[0]), rest)
        words = tuple((found.start(), fold(found[0])) for found in _WORD.finditer(plain) if fold(found[0]))
        spelt = {one.start for one in numbers}
        return Said(
            text,
            tuple(named),
            tuple(days),
            numbers,
            tuple((start, word) for start, word in words if start not in spelt),
            _pieces(rest),
        )

    def _longest(self, text: str, tokens: list[tuple[int, int, str]], at: int) -> tuple[int, set[str]]:
        for size in self._sizes.get(tokens[at][2], ()):
            words = tuple([word for _, _, word in tokens[at : at + size]])
            forms = self._forms.get(words) if len(words) == size else None
            if forms is None or self._everyday(text, tokens[at][0], words):
                continue
            raw = text[tokens[at][0] : tokens[at + size - 1][1]]
            # A name goes on into brackets, or behind a colon, only where it has them itself.
            written = (one for one in forms if set(_ENDS_NAME.findall(raw)) <= set(one[0]))
            if owners := {owner for form, owner in written if _written_so(raw, form, words)}:
                return size, owners
        return 0, set()

    def _everyday(self, text: str, start: int, words: tuple[str, ...]) -> bool:
        if len(words) > 1 or words[0] not in self.everyday:
            return False
        inside = text[:start].rstrip()[-1:] not in ("", ".", ":", "?", "!", "“", '"')
        return not (inside and text[start].isupper())

    def _numbers(self, rest: str) -> tuple[Number, ...]:
        found = [(one.start(), one.end(), one[0].replace(",", "")) for one in _NUMBER.finditer(rest)]
        for word in _WORD.finditer(rest):
            value = self.language.numbers.get(fold(word[0]))
            if value is not None and (value != 1 or _is_counted(rest[word.end() :])):
                found.append((word.start(), word.end(), str(value)))
        return tuple(_number(rest, *one) for one in sorted(found))


def _is_counted(behind: str) -> bool:
    """Whether *one* counts what stands behind it: "one of them" and "one point is that" count nothing."""
    word = _WORD.match(behind.lstrip())
    return word is not None and fold(word[0]) not in NOT_COUNTED and not _THAT.match(behind)


def _by_keys(named: list[Named], text: str) -> list[Named]:
    """Of things of one name, the one whose key stands in brackets behind it is meant."""
    for place, (one, behind) in enumerate(pairwise(named)):
        if text[one.end : behind.start].strip() == "(" and one.ids & behind.ids:
            named[place] = replace(one, ids=one.ids & behind.ids)
    return named


def _written_so(raw: str, form: str, words: tuple[str, ...]) -> bool:
    """A name of one word in small letters is an everyday word, unless the name is written so."""
    return len(words) > 1 or not raw.islower() or form.islower() or any(c.isdigit() for c in raw)


def _number(rest: str, start: int, end: int, value: str) -> Number:
    before = [stem(fold(word)) for word in _WORD.findall(rest[:start])[-NEAR:]]
    after = [stem(fold(word)) for word in _WORD.findall(rest[end:])[:NEAR]]
    behind = rest[end:].lstrip()
    unit = "%" if behind.startswith("%") else (after[0] if after else "")
    return Number(start, value, frozenset([*before, *after]), unit, tuple(after))


def _day(found: Dated, text: str) -> Day:
    before = _WORD.findall(text[: found.start])
    return Day(found.start, found.first, found.last, fold(before[-1]) if before else "")


def _blank(text: str, spans: Iterable[tuple[int, int]]) -> str:
    for start, end in spans:
        text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    return text


def _pieces(text: str) -> tuple[tuple[int, int], ...]:
    ends = [0, *(found.start() for found in _PIECES.finditer(text)), len(text)]
    return tuple((start, end) for start, end in pairwise(ends) if end > start)


def forms_of(name: str, aliases: Iterable[str], keys: Iterable[str]) -> set[str]:
    """The ways in which an entity is written."""
    return {name, *aliases, *keys}


def stems_of(words: Iterable[str]) -> frozenset[str]:
    return frozenset(stem(word) for text in words for word in fold(text).split())
