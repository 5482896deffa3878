"""Names of which a question says the last word only."""

from __future__ import annotations

import pytest

from kg.answer.names import name_places
from kg.text.language import tokenize


def short(text: str) -> set[str]:
    """What the last word of the text may be short for."""
    tokens = tokenize(text)
    return {name for place, name in name_places(tokens) if place == (len(tokens) - 1, len(tokens))}


@pytest.mark.parametrize("text", ["beta receptor M3 but not M1", "beta receptor M3 and M1", "beta receptor M2, M3, M1"])
def test_a_further_name_begins_like_the_one_before_it(text: str) -> None:
    assert "beta receptor m1" in short(text)


@pytest.mark.parametrize("text", ["beta receptor M3 inhibits M1", "beta receptor and M1", "beta receptor M3 and more"])
def test_only_a_label_tied_to_another_one_is_short_for_a_name(text: str) -> None:
    assert not any(name.startswith("beta") for name in short(text))
