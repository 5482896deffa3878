"""Sentences written by hand about answers over the supply data, true ones and false ones: which of them stand.

They were written without knowledge of what judges them, which was then mended by them: they guard it, and no longer
measure it. What they measured before is in docs/quality.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kg.answer.pipeline import answer
from kg.answer.prompts import Prompts
from kg.answer.write import Author
from kg.bootstrap import Services
from kg.domain.plan_json import from_json
from kg.domain.question import Question
from tests.api.supply import loaded_supply
from tests.unit.answer.scripted import Scripted

TOLD = [json.loads(line) for line in Path(__file__).with_name("told_claims.jsonl").read_text("utf-8").splitlines()]
MOST_REFUSED, LEAST_CAUGHT = 0.01, 0.99


@pytest.fixture(scope="module")
def supply(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with loaded_supply(tmp_path_factory.mktemp("told")) as opened:
        yield opened


def stands(told: dict[str, Any], plain: dict[str, Any], services: Services) -> bool:
    """Whether it is in the answer of a model that says nothing else."""
    cited = [item["id"] for item in plain["evidence"]] if told["evidence"] == "all" else told["evidence"]
    model = Scripted(claims=[[(told["text"], tuple(cited))]])
    document = answer(
        Question(told["question"]),
        services.store,
        services.decisions,
        services.clock,
        from_json(plain["plan"]),
        author=Author(model, Prompts(services.prompts)),
    )
    assert any(call["purpose"] == "answer" for call in document["calls"])
    return not document["writer"]["dropped"]


def test_true_sentences_stand_and_false_ones_do_not(supply: Services) -> None:
    plain = {
        one: answer(Question(one), supply.store, supply.decisions, supply.clock)
        for one in dict.fromkeys(told["question"] for told in TOLD)
    }
    found = [(told["true"], stands(told, plain[told["question"]], supply), told["text"]) for told in TOLD]
    refused = [text for true, stood, text in found if true and not stood]
    missed = [text for true, stood, text in found if not true and stood]
    true = sum(told["true"] for told in TOLD)
    assert len(refused) <= MOST_REFUSED * true, refused
    assert len(missed) <= (1 - LEAST_CAUGHT) * (len(TOLD) - true), missed


def test_a_part_of_a_name_is_not_the_thing_that_is_called_so(supply: Services) -> None:
    question = "Which products contain an ingredient with the allergen sesame?"
    plain = answer(Question(question), supply.store, supply.decisions, supply.clock)
    said = {item["text"]: item["id"] for item in plain["evidence"]}
    told = {"question": question, "text": "Sesame seeds (ING-23) includes Sesame."}
    cited = said["Five Seed Crackers (PRD-22) contains Sesame seeds (ING-23)."]
    assert not stands(told | {"evidence": [cited]}, plain, supply)
    own = next(one for text, one in said.items() if text.startswith("Sesame seeds (ING-23) ") and "Sesame" in text[20:])
    assert stands(told | {"evidence": [own]}, plain, supply)
