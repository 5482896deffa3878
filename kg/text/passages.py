"""The words under which passages are found, and how a passage is shown in a sentence."""

from __future__ import annotations

import re

from kg.domain.fact import PASSAGE, Literal
from kg.domain.words import fold
from kg.text.language import stem

HIDDEN = "\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff\U000e0000-\U000e007f"
"""Marks and overrides of direction, characters of no width, tags: what a regular expression takes in brackets.

The joiners U+200C and U+200D are none of them: words of some scripts are spelled with them."""
_HIDDEN = re.compile(f"[{HIDDEN}]")
MAX_SHOWN = 600
"""Characters of a passage in a sentence; whoever wants to read on finds all of it under ``quote``."""


def passage_words(predicate: str, literal: Literal | None) -> str | None:
    """What the index of passages holds of a fact: the stems of its words; ``None`` for a fact that is no passage."""
    return stemmed(literal.value) if literal is not None and predicate == PASSAGE else None


def stemmed(text: str) -> str:
    """The stems of its words, joined by single spaces."""
    return " ".join(map(stem, fold(text).split()))


def hidden(text: str) -> list[str]:
    """The characters in it that are not seen, each once, as ``U+200B``."""
    return [] if text.isascii() else [f"U+{ord(one):04X}" for one in sorted(set(_HIDDEN.findall(text)))]


def quotation(text: str) -> str:
    """The text on one line, cut where it is long, without what is not seen, which is said."""
    line = " ".join(_HIDDEN.sub("", text).split())
    quoted = f"“{line if len(line) <= MAX_SHOWN else line[: MAX_SHOWN - 1] + '…'}”"
    gone = hidden(text)
    return f"{quoted} (without hidden characters: {', '.join(gone)})" if gone else quoted
