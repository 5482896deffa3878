"""Every decision that a server acknowledged is in the ledger, whole, when it was killed while many callers asked."""

from __future__ import annotations

import os
from pathlib import Path

import neo4j
import pytest

from kg.settings import neo4j_address
from tests.faults.children import whence
from tests.faults.pressed import look, press, register
from tests.neo4j_server import empty, neo4j_auth

PROOFS = os.environ.get("WHENCE_PROOFS") == "1"
CALLERS, SECONDS = (64, 60.0) if PROOFS else (8, 3.0)


@pytest.fixture(params=["sqlite-file", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite-file":
        return f"sqlite:{tmp_path / 'whence.db'}"
    address, database = neo4j_address(request.getfixturevalue("neo4j_url"))
    driver: neo4j.Driver = request.getfixturevalue("neo4j_driver")
    empty(driver, database)
    assert neo4j_auth() is None or os.environ["WHENCE_NEO4J_USER"]
    return f"{address}/{database}"


def test_every_acknowledged_decision_is_in_the_ledger_after_a_kill(store: str, tmp_path: Path) -> None:
    loaded = whence("--store", store, "load", register(tmp_path / "data"))
    assert loaded.code == 0, loaded.err
    seen = press(store, CALLERS, SECONDS)
    assert len(seen.acknowledged) > CALLERS / 2, seen.refused
    assert seen.refused == {}
    found = look(store, seen.acknowledged)
    assert (found.missing, found.damaged, found.unlogged) == ((), (), ())
    assert found.recorded >= len(set(seen.acknowledged))
