"""Words of a question: tokens with their place, stems, and the cue words of operators."""

from __future__ import annotations

import functools
import importlib.resources
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass

import snowballstemmer
import yaml

from kg.domain.words import fold

_TOKEN = re.compile(r"[^\W_]+|[,;:.?!&%()/\"-]")
_CONTRACTED = re.compile(r"\b(\w+?)n['\u2019]t\b", re.IGNORECASE)
_SHORT = re.compile(r"\b(\w+)'(?:m|ve|ll|re|d)\b", re.IGNORECASE)
_SLASHED = re.compile(r"(?<!\S)w/(o)?(?=\s)", re.IGNORECASE)
_FULL = {"ca": "can", "wo": "will", "sha": "shall"}
_WORDS = re.compile(r"(?<![\w.-])[a-z']+(?![\w-]|\.\w)")
_ABBREVIATIONS = re.compile(r"[^aeiouys]+e?s")
_STEMMER = snowballstemmer.stemmer("english")
_STEMMING = threading.Lock()
"""The stemmer keeps the word it is at work on in itself."""
_IRREGULAR = {
    "were": "be", "was": "be", "wrote": "write", "written": "write", "ran": "run", "hit": "hit", "fed": "feed",
    "led": "lead", "made": "make", "built": "build", "held": "hold", "sold": "sell", "bought": "buy", "lost": "lose",
    "loses": "lose", "shot": "shoot", "seen": "see", "saw": "see", "took": "take", "taken": "take", "broke": "break",
    "broken": "break", "knew": "know", "known": "know", "brought": "bring", "began": "begin", "begun": "begin",
    "came": "come", "gave": "give", "given": "give", "shown": "show", "caught": "catch", "found": "find",
    "left": "leave", "fell": "fall", "fallen": "fall", "people": "person", "women": "woman", "men": "man",
    "children": "child",
    "went": "go", "gone": "go", "rose": "rise", "drew": "draw", "drawn": "draw", "became": "become",
    "chose": "choose", "chosen": "choose", "bacteria": "bacterium", "viruses": "virus", "indices": "index",
    "criteria": "criterion", "feeds": "feed", "taxa": "taxon", "phenomena": "phenomenon", "hypotheses": "hypothesis",
    "analyses": "analysis", "countermeasures": "countermeasure",
}  # fmt: skip
"""Forms that the stemmer does not bring together."""


@functools.lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Porter2 stem of a folded word; irregular forms as their base, abbreviations without the s of their plural."""
    if _ABBREVIATIONS.fullmatch(word):
        return word[:-1]
    with _STEMMING:
        return str(_STEMMER.stemWord(_IRREGULAR.get(word, word)))


@functools.lru_cache(maxsize=20_000)
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


def expand(text: str) -> str:
    """The text with contracted negations and "with" written out (``isn't``, ``w/o``), and plain apostrophes."""
    plain = _SLASHED.sub(lambda found: "without" if found[1] else "with", text.replace("\u2019", "'"))
    plain = _SHORT.sub(lambda found: found[0] if _titled(found) else found[1], plain)
    return _CONTRACTED.sub(
        lambda found: found[0] if _titled(found) else f"{_FULL.get(found[1].lower(), found[1])} not", plain
    )


def _titled(found: re.Match[str]) -> bool:
    """Whether the word is in capitals inside a sentence, so of a name: ``Don't`` in a title."""
    before = found.string[: found.start()].rstrip()
    return len(found[1]) > 1 and found[1].istitle() and bool(before) and before[-1] not in ".?!:;\"“'"


def correct(text: str, misspelt: Mapping[str, str]) -> str:
    """The text with words that are often written wrongly put right."""
    return _WORDS.sub(lambda found: misspelt.get(found[0].lower(), found[0]) if found[0].islower() else found[0], text)


def tokenize(text: str) -> tuple[Token, ...]:
    """Words and the punctuation that separates, in order."""
    found = []
    for match in _TOKEN.finditer(text):
        word = match.group()
        folded = fold(word) or word
        found.append(Token(word, match.start(), match.end(), folded, stem(folded)))
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Language:
    """Cue phrases as stem sequences by operator, and the words that need no explanation."""

    droppable: frozenset[str]
    light: frozenset[str]
    filler: frozenset[str]
    cues: dict[tuple[str, ...], tuple[str, ...]]
    """By stem sequence: the operators it may mean."""
    binding: frozenset[str]
    """Words that no reading may pass over."""
    numbers: dict[str, int]
    months: dict[str, int]
    misspelt: dict[str, str]
    vocabulary: frozenset[str]
    """Every word that some cue has."""
    quoting: tuple[tuple[str, ...], ...]
    """Phrases, as stems, that ask for what a text says about what stands behind them."""
    subject: tuple[tuple[str, ...], ...]
    """The same where a word for a text stands before them."""
    quotes: frozenset[str]
    """Words for a stretch of text."""
    claims: dict[str, frozenset[str]]
    """Words of sentences about evidence, by what they do there."""


@functools.cache
def english() -> Language:
    """The English cue file, read once."""
    text = importlib.resources.files("kg.text").joinpath("english.yml").read_text("utf-8")
    document = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (both are safe; the C one is quick)
    cues: dict[tuple[str, ...], list[str]] = {}
    words: set[str] = set()
    for cue, phrases in document["cues"].items():
        for phrase in phrases:
            cues.setdefault(stems(phrase) or (phrase,), []).append(cue)
            words.update(fold(phrase).split())
    return Language(
        frozenset(document["droppable"]),
        frozenset(document["light"]),
        frozenset(document["filler"]),
        {sequence: tuple(dict.fromkeys(found)) for sequence, found in cues.items()},
        frozenset(document["binding"]),
        document["numbers"],
        document["months"],
        {str(wrong): str(meant) for wrong, meant in document["misspelt"].items()},
        frozenset(words),
        tuple(stems(phrase) for phrase in document["quoting"]),
        tuple(stems(phrase) for phrase in document["subject"]),
        frozenset(document["quotes"]),
        {part: frozenset(map(str, listed)) for part, listed in document["claims"].items()},
    )
