"""A load that is killed at any moment leaves the graph as it was, and the next load succeeds."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.children import Graph, command, environment, moments, read_graph, whence, write_dataset

PROOFS = os.environ.get("WHENCE_PROOFS") == "1"
POINTS = 200 if PROOFS else 4
ROWS = 2_500


@dataclass(frozen=True)
class Stage:
    """A database with a first load, the changed files to load next, and what an undisturbed load makes of them."""

    database: Path
    changed: Path
    before: Graph
    after: Graph
    seconds: float


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    folder = tmp_path_factory.mktemp("killed")
    database, undisturbed = folder / "first.db", folder / "undisturbed.db"
    assert whence("load", write_dataset(folder / "first", 500), "--store", f"sqlite:{database}").code == 0
    before = read_graph(database)
    shutil.copy(database, undisturbed)
    changed = write_dataset(folder / "changed", ROWS, first=250)
    with start_load(changed, undisturbed) as child:
        started = time.perf_counter()
        assert child.wait() == 0
    return Stage(database, changed, before, read_graph(undisturbed), time.perf_counter() - started)


@contextmanager
def start_load(dataset: Path, database: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A load in a process of its own, given once it holds the right to load."""
    lock = Path(f"{database}-load")
    lock.unlink(missing_ok=True)
    with subprocess.Popen(
        command("load", dataset, "--store", f"sqlite:{database}"), env=environment(), stdout=subprocess.DEVNULL
    ) as child:
        while not lock.exists() and child.poll() is None:
            time.sleep(0.001)
        yield child


@pytest.mark.parametrize("moment", moments(POINTS))
def test_a_killed_load_leaves_the_graph_as_it_was_and_the_next_one_succeeds(
    stage: Stage, moment: float, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database = tmp_path / "whence.db"
    shutil.copy(stage.database, database)
    held = assertions(database)
    ended = kill_load(stage.changed, database, stage.seconds * moment)
    found = read_graph(database)
    if ended:
        # The load was quicker than the undisturbed one, and through: then all of it is there.
        assert found.content == stage.after.content
    else:
        assert found == stage.before
    request.node.user_properties.append(
        ("left", "all" if ended else "staged" if assertions(database) > held else "nothing")
    )
    assert integrity(database) == "ok"
    assert whence("load", stage.changed, "--store", f"sqlite:{database}").code == 0
    assert read_graph(database).content == stage.after.content
    assert integrity(database) == "ok"


def test_a_load_killed_while_it_writes_leaves_rows_that_nobody_sees(stage: Stage, tmp_path: Path) -> None:
    database = tmp_path / "whence.db"
    shutil.copy(stage.database, database)
    held = assertions(database)
    with start_load(stage.changed, database) as child:
        while assertions(database) == held and child.poll() is None:
            time.sleep(0.002)
        child.send_signal(signal.SIGKILL)
    assert (child.returncode, assertions(database) > held) == (-signal.SIGKILL, True)
    assert read_graph(database) == stage.before


def kill_load(dataset: Path, database: Path, seconds: float) -> bool:
    """Kill a load so long after it began to write; whether it had made its changes visible by then."""
    with start_load(dataset, database) as child:
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
    return bool(single(database, "SELECT count(*) FROM run") > 1)


def assertions(database: Path) -> int:
    return int(single(database, "SELECT count(*) FROM assertion"))


def integrity(database: Path) -> str:
    return str(single(database, "PRAGMA integrity_check"))


def single(database: Path, text: str) -> Any:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(text).fetchone()[0]
