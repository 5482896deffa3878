"""No decision that a change of rows touches is missed, on either store; and what is said to be touched is."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kg.bootstrap import Services
from kg.domain.ontology import Ontology
from tests.builders import Kind, MakeStore, TickingClock
from tests.conftest import KINDS
from tests.e2e.changed_rows import proof

PROOFS = os.environ.get("WHENCE_PROOFS") == "1"
WHOLE = (300, 4, 50)
SIZES = {"sqlite-memory": WHOLE, "neo4j": WHOLE} if PROOFS else {"sqlite-memory": (30, 1, 10), "neo4j": (8, 1, 3)}


@pytest.fixture
def fresh(make_store: MakeStore, core: Ontology) -> Callable[[Kind], Services]:
    def made(kind: Kind) -> Services:
        store = make_store(kind)
        return Services(store, store, store, store, store, store, TickingClock(), core)

    return made


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("kind", [KINDS[0], KINDS[2]])
def test_every_decision_that_comes_out_otherwise_is_found(
    fresh: Callable[[Kind], Services], tmp_path: Path, kind: Kind
) -> None:
    decisions, batches, rows = SIZES[kind]
    tally = proof(lambda: fresh(kind), tmp_path, decisions=decisions, batches=batches, rows=rows)
    assert tally.missed == []
    assert tally.recall == 1.0
    assert tally.precision >= 0.95
    assert tally.otherwise + tally.looked_at > 0
