"""The pattern of words that are like one finds each word that is so few edits away and begins with the same letter."""

from __future__ import annotations

import random
import re

import pytest
from rapidfuzz.distance import OSA

from kg.backends.neo4j.rows import LONGEST_LIKE, fuzzy_text, like_text


def pattern(word: str, edits: int) -> re.Pattern[str]:
    fuzzy, _, text = like_text(word, edits).partition(" ")
    assert fuzzy == fuzzy_text(word, edits)
    return re.compile(text.removeprefix("/").removesuffix("/"))


@pytest.mark.parametrize("edits", [1, 2])
def test_no_word_that_is_near_is_missed(edits: int) -> None:
    r = random.Random(edits)  # noqa: S311 (no secrets)
    words = {"".join(r.choice("abc") for _ in range(r.randint(1, 7))) for _ in range(400)}
    for word in sorted(words)[:80]:
        near = {one for one in words if one[0] == word[0] and OSA.distance(word, one) <= edits}
        found = pattern(word, edits)
        assert {one for one in near if found.fullmatch(one)} == near


def test_what_is_far_is_not_found() -> None:
    found = pattern("sunflower", 2)
    assert [
        one for one in ("sunflwoer", "sunfloer", "sun", "flower", "sunflowering", "zunflower") if found.fullmatch(one)
    ] == [
        "sunflwoer",
        "sunfloer",
    ]


def test_a_very_long_word_has_no_pattern() -> None:
    assert " " in like_text("a" * LONGEST_LIKE, 2)
    assert like_text("a" * (LONGEST_LIKE + 1), 2) == fuzzy_text("a" * (LONGEST_LIKE + 1), 2)
