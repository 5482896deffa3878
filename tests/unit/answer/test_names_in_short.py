"""Names of which a question says the last word only."""

from __future__ import annotations

import pytest

from kg.answer.names import name_places
from kg.text.language import tokenize


def short(text: str) -> set[str]:
    """What the last word of the text may be short for."""
    tokens = tokenize(text)
    return {name for place, name in name_places(tokens) if place == (len(tokens) - 1, len(tokens))}


@pytest.mark.parametrize("text", ["garden valve A3 but not A1", "garden valve A3 and A1", "garden valve A2, A3, A1"])
def test_a_further_name_begins_like_the_one_before_it(text: str) -> None:
    assert "garden valve a1" in short(text)


@pytest.mark.parametrize("text", ["garden valve A3 shuts A1", "garden valve and A1", "garden valve A3 and more"])
def test_only_a_label_tied_to_another_one_is_short_for_a_name(text: str) -> None:
    assert not any(name.startswith("garden") for name in short(text))
