"""Decisions over random questions are the same to the byte after reloads, a retirement, another ontology and prompt."""

from __future__ import annotations

import itertools
import os
from collections import Counter
from pathlib import Path

import pytest
import rfc8785

from kg.answer.merged import MergedStore
from kg.answer.pipeline import answer
from kg.bootstrap import Services
from kg.decisions.replay import as_then
from kg.decisions.replay_report import replay
from kg.domain.decision import Document, comparable
from kg.domain.ontology import Ontology
from kg.domain.question import Question
from tests.builders import Kind, MakeStore, TickingClock
from tests.e2e.reloads import changes, copied, load, questions
from tests.unit.decisions.said import speaking

PROOFS = os.environ.get("WHENCE_PROOFS") == "1"
COUNT = {"sqlite-file": 300 if PROOFS else 38, "neo4j": 300 if PROOFS else 9}
CHANGES = {"sqlite-file": 7 if PROOFS else 5, "neo4j": 7 if PROOFS else 3}
"""A load of all files into a server takes longest."""
EACH = 5
"""Every fifth is written by a model, which is scripted."""


@pytest.fixture(params=["sqlite-file", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def kind(request: pytest.FixtureRequest) -> Kind:
    kind: Kind = request.param
    return kind


def test_every_decision_is_the_same_again_whatever_happened_since(
    kind: Kind, make_store: MakeStore, clock: TickingClock, tmp_path: Path, core: Ontology
) -> None:
    store = make_store(kind)
    services = Services(MergedStore(store, clock), store, store, store, store, store, clock, core)
    data = copied(tmp_path)
    assert load(data, services) == {"complete"}
    decided = [ask(services, text, number) for number, text in enumerate(questions(services, COUNT[kind], 7))]
    outcomes = Counter(one["outcome"] for one in decided)
    assert outcomes["answered"] > COUNT[kind] / 2, outcomes
    for change in itertools.islice(changes(data, services, 11), CHANGES[kind]):
        change()
    told = [replay(one, services.store, store, services.adapter) for one in decided]
    assert [one["state"] for one in told] == ["same"] * len(decided)
    for one in decided:
        again = as_then(one, services.store, store).document
        assert rfc8785.dumps(comparable(again)) == rfc8785.dumps(comparable(one)), one["question"]
    live = Counter(replay(one, services.store, store, services.adapter, live=True)["state"] for one in decided)
    assert live["differs"] > 0


def ask(services: Services, text: str, number: int) -> Document:
    author = speaking(services.prompts) if number % EACH == 0 else None
    return answer(Question(text), services.store, services.decisions, services.clock, author=author)
