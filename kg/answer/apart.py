"""Phrases of a verb and its noun that a question says apart: ``whose activity they decrease``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from kg.answer.phrases import Lexicon
from kg.domain.question import Mention, Word
from kg.text.language import Token, stem

FARTHEST = 8
"""Words between the noun and the verb, those of names left out."""
ENDS = frozenset(".?!;")
LISTING = frozenset({"and", "or", "nor", ","})
"""Words between verbs that share what stands behind the last of them."""
TAKEN = 0.8
"""Score from which on a name or kind keeps its words."""


def join_apart(  # noqa: C901 (a noun and its verb, and a verb that shares another's noun)
    tokens: Sequence[Token],
    words: tuple[Word, ...],
    mentions: list[Mention],
    lexicon: Lexicon,
    corrected: Mapping[int, str],
) -> tuple[tuple[Word, ...], list[Mention]]:
    """The verb means what both mean together, and the noun says nothing more of its own."""
    spelt = [stem(corrected[i]) if i in corrected else token.stem for i, token in enumerate(tokens)]
    taken = {
        i for m in mentions if m.kind in ("entity", "type") and m.score >= TAKEN for i in range(m.start, m.end)
    } | {i for m in mentions if m.kind == "predicate" and m.end - m.start > 1 for i in range(m.start, m.end)}
    verbs: dict[int, set[str]] = {}
    for m in mentions:
        if m.kind == "predicate" and m.end - m.start == 1 and m.start not in taken and spelt[m.start] in lexicon.does:
            verbs.setdefault(m.start, set()).add(m.value)
    used: dict[int, set[str]] = {}
    nouns: set[int] = set()
    for noun, word in enumerate(words):
        if (
            word.weight != "content"
            or noun in taken
            or (spelt[noun] in lexicon.does and _inflected(word.folded, lexicon))
        ):
            continue
        for verb in sorted(verbs, key=lambda verb: (abs(verb - noun), verb)):
            between = [i for i in range(min(noun, verb) + 1, max(noun, verb)) if i not in taken]
            meant = _pair(lexicon, spelt[verb], spelt[noun]) & verbs[verb]
            if meant and len(between) <= FARTHEST and not any(tokens[i].text in ENDS for i in between):
                used.setdefault(verb, set()).update(meant)
                nouns.add(noun)
                break
    for verb, told in verbs.items():
        meant = {
            value
            for noun in _shared(tokens, mentions, verb)
            for value in told & _pair(lexicon, spelt[verb], spelt[noun])
        }
        if meant:
            used.setdefault(verb, set()).update(meant)
    if not used:
        return words, mentions
    kept = [
        m
        for m in mentions
        if not (m.start in nouns and m.end - m.start == 1 and m.kind != "entity")
        and not (m.kind == "predicate" and m.end - m.start == 1 and m.value not in used.get(m.start, {m.value}))
    ]
    passed = [replace(word, weight="drop") if i in nouns else word for i, word in enumerate(words)]
    for noun in nouns:
        if noun and words[noun - 1].folded == "whose":
            passed[noun - 1] = replace(words[noun - 1], weight="light", folded="which")
    return tuple(passed), kept


def _pair(lexicon: Lexicon, verb: str, noun: str) -> set[str]:
    """The predicates that a verb and a noun mean together."""
    return lexicon.pairs.get(frozenset((verb, noun)), set())


def _shared(tokens: Sequence[Token], mentions: Sequence[Mention], verb: int) -> Iterator[int]:
    """The words behind another verb that belong to this one too: ``raising or lowering the activity``."""
    behind = verb + 1
    while behind < len(tokens) and tokens[behind].folded in LISTING:
        behind += 1
    if behind > verb + 1:
        for m in mentions:
            if m.kind == "predicate" and m.start == behind:
                yield from range(m.start + 1, m.end)


def _inflected(word: str, lexicon: Lexicon) -> bool:
    """Whether a word is a form of a verb, and no noun of its stem: "activates", not "activity"."""
    return word.endswith(("ed", "ing")) or bool({word, word + "s"} & lexicon.simple)
