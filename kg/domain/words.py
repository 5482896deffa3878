"""How text is compared: one folding for names in the stores, in files and in questions."""

from __future__ import annotations

import functools
import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")


OFTEN = 80
"""Characters of a name or phrase, which are folded again and again; longer texts are not remembered."""


def fold(text: str) -> str:
    """Lower-case words without accents or punctuation, joined by single spaces."""
    return _remembered(text) if len(text) <= OFTEN else _fold(text)


def _fold(text: str) -> str:
    if text.isascii():
        return " ".join(_WORD.findall(text.lower()))
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(_WORD.findall(plain.casefold()))


_remembered = functools.lru_cache(maxsize=50_000)(_fold)


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key under which ``SUP-7`` comes before ``SUP-11``."""
    parts = re.findall(r"\d+|\D+", text)
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)


def labels(word: str) -> bool:
    """Whether it is written as what tells like things apart: ``M1``, ``2``, ``B``."""
    return word.isupper() or any(letter.isdigit() for letter in word)
