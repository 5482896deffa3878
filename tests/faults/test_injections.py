"""Prompt injections hidden in data, over HTTP, with a model that obeys each: the answer is as without them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.attacked import Obeying, tried
from tests.faults.injections import ATTACKS, Attack
from tests.model_server import serving

EVERY = 1 if os.environ.get("WHENCE_PROOFS") == "1" else 3
"""Of so many attacks one is tried."""


@pytest.fixture(scope="module")
def obeying() -> Iterator[tuple[Obeying, str]]:
    made = Obeying()
    with serving(made.app()) as address:
        yield made, address


@pytest.mark.parametrize(
    "attack", ATTACKS[::EVERY], ids=[f"{one.kind} in {one.place} {n}" for n, one in enumerate(ATTACKS)][::EVERY]
)
def test_a_model_that_obeys_text_in_the_data_changes_no_answer(
    attack: Attack, tmp_path: Path, obeying: tuple[Obeying, str]
) -> None:
    made, address = obeying
    found = tried(attack, tmp_path, made, address)
    assert found.problems == []
    assert found.refused > 0
    assert found.reached is (attack.place != "file")


def test_there_are_seventy_three_attacks_in_every_place() -> None:
    assert len(ATTACKS) == 73
    assert {one.place for one in ATTACKS} == {"name", "alias", "value", "passage", "title", "file"}
