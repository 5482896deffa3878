"""Words of a question: tokens with their place, stems, and the cue words of operators."""

from __future__ import annotations

import functools
import importlib.resources
import re
from dataclasses import dataclass

import snowballstemmer
import yaml

from kg.domain.words import fold

_TOKEN = re.compile(r"[^\W_]+|[,;:.?]")
_STEMMER = snowballstemmer.stemmer("english")


@functools.lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Porter2 stem of a folded word."""
    return str(_STEMMER.stemWord(word))


def stems(text: str) -> tuple[str, ...]:
    """Stems of the folded words of a text."""
    return tuple(stem(word) for word in fold(text).split())


@dataclass(frozen=True, slots=True)
class Token:
    """One word or punctuation mark, with its place in the question."""

    text: str
    start: int
    end: int
    folded: str
    stem: str


def tokenize(text: str) -> tuple[Token, ...]:
    """Words and the punctuation that separates, in order."""
    found = []
    for match in _TOKEN.finditer(text):
        word = match.group()
        folded = fold(word) or word
        found.append(Token(word, match.start(), match.end(), folded, stem(folded)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Language:
    """Cue phrases as stem sequences by operator, and the words that need no explanation."""

    droppable: frozenset[str]
    light: frozenset[str]
    cues: tuple[tuple[tuple[str, ...], str], ...]
    numbers: tuple[tuple[str, int], ...]


@functools.cache
def english() -> Language:
    """The English cue file, read once."""
    document = yaml.safe_load(importlib.resources.files("kg.text").joinpath("english.yml").read_text("utf-8"))
    cues = [(stems(phrase), cue) for cue, phrases in document["cues"].items() for phrase in phrases]
    return Language(
        frozenset(document["droppable"]), frozenset(document["light"]), tuple(cues), tuple(document["numbers"].items())
    )
