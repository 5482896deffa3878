"""No room left in the middle of a load: a stated error, nothing half-visible, and a load that succeeds later."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.faults.children import (
    ROOT,
    Ended,
    Graph,
    command,
    environment,
    read_graph,
    said_once,
    whence,
    write_dataset,
)

BLOCK = 512
"""Bytes of the unit that ``ulimit -f`` counts in."""
SMALL, LARGE = 200, 4_000
EVERYTHING = {
    "op": "follow",
    "source": {"op": "entities", "type": "Ingredient"},
    "predicate": "supplies",
    "direction": "in",
}
ROOM_TO_READ = 33
"""Kilobytes: the index of the write-ahead log, which readers need, has 32."""


@pytest.fixture(scope="module")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("datasets")
    return write_dataset(folder / "small", SMALL), write_dataset(folder / "large", LARGE, first=100)


@pytest.fixture(scope="module")
def first(datasets: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Graph]:
    """A database with the small data set, and all that it says."""
    database = tmp_path_factory.mktemp("first") / "first.db"
    assert whence("load", datasets[0], "--store", f"sqlite:{database}").code == 0
    return database, read_graph(database)


@pytest.fixture(scope="module")
def whole(datasets: tuple[Path, Path], first: tuple[Path, Graph]) -> tuple[Path, Graph]:
    """The same with the large data set over it."""
    database = first[0].with_name("whole.db")
    shutil.copy(first[0], database)
    assert whence("load", datasets[1], "--store", f"sqlite:{database}").code == 0
    return database, read_graph(database)


def limited(kilobytes: int, *arguments: str | Path) -> Ended:
    """Run the command line under a limit on the size of a file; the interpreter ignores the signal by itself."""
    script = f'ulimit -f {kilobytes * 1024 // BLOCK} && exec "$@"'
    done = subprocess.run(
        ["sh", "-c", script, "sh", *command(*arguments)],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_load_past_a_limit_on_file_size_is_a_stated_error_and_changes_nothing(
    datasets: tuple[Path, Path], first: tuple[Path, Graph], whole: tuple[Path, Graph], tmp_path: Path, share: float
) -> None:
    database = tmp_path / "whence.db"
    shutil.copy(first[0], database)
    small, large = (path.stat().st_size // 1024 for path, _ in (first, whole))
    store = f"sqlite:{database}"
    said = said_once(limited(int(small + (large - small) * share), "load", datasets[1], "--store", store))
    assert "nothing of this write is visible" in said
    assert read_graph(database).content == first[1].content
    assert whence("load", datasets[1], "--store", store).code == 0
    assert read_graph(database).content == whole[1].content


def test_a_database_that_cannot_even_be_made_is_a_stated_error(datasets: tuple[Path, Path], tmp_path: Path) -> None:
    store = f"sqlite:{tmp_path / 'whence.db'}"
    assert "whence.db" in said_once(limited(16, "load", datasets[0], "--store", store))
    assert whence("load", datasets[0], "--store", store).code == 0


def test_reading_works_while_there_is_no_room_and_a_decision_that_cannot_be_recorded_is_not_given(
    first: tuple[Path, Graph], tmp_path: Path
) -> None:
    database = tmp_path / "whence.db"
    shutil.copy(first[0], database)
    store = f"sqlite:{database}"
    assert limited(ROOM_TO_READ, "runs", "--store", store).code == 0
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(EVERYTHING))
    said_once(limited(ROOM_TO_READ, "ask", "Who supplies what?", "--plan", plan, "--store", store))
    assert whence("ask", "Who supplies what?", "--plan", plan, "--store", store).code == 0


NOT_PERMITTED = 77
MOUNTED = """
mount -t tmpfs -o size=3m tmpfs "$ROOM" || exit 77
load() { "$PYTHON" -m api.cli load "$1" --store "sqlite:$ROOM/whence.db"; }
load "$SMALL" >/dev/null || exit 78
load "$LARGE" >"$OUT/full.out" 2>"$OUT/full.err"
echo $? >"$OUT/full.code"
cp "$ROOM/whence.db" "$OUT/full.db"
cp "$ROOM/whence.db-wal" "$OUT/full.db-wal" 2>/dev/null
"$PYTHON" -m api.cli runs --store "sqlite:$ROOM/whence.db" >"$OUT/runs.out" 2>&1
echo $? >"$OUT/runs.code"
mount -o remount,size=64m "$ROOM" || exit 77
load "$LARGE" >/dev/null || exit 79
cp "$ROOM/whence.db" "$OUT/after.db"
"""


def test_a_load_onto_a_full_disk_is_a_stated_error_and_succeeds_once_there_is_room(
    datasets: tuple[Path, Path], first: tuple[Path, Graph], whole: tuple[Path, Graph], tmp_path: Path
) -> None:
    out, room = tmp_path / "out", tmp_path / "room"
    out.mkdir()
    room.mkdir()
    names = {"SMALL": datasets[0], "LARGE": datasets[1], "OUT": out, "ROOM": room, "PYTHON": command()[0]}
    done = in_mount_namespace(MOUNTED, {name: str(value) for name, value in names.items()})
    assert done.code == 0, done
    ended = Ended(int((out / "full.code").read_text()), (out / "full.out").read_text(), (out / "full.err").read_text())
    assert "no room left" in said_once(ended)
    assert (out / "runs.code").read_text() == "0\n", (out / "runs.out").read_text()
    assert read_graph(out / "full.db").content == first[1].content
    assert read_graph(out / "after.db").content == whole[1].content


def in_mount_namespace(script: str, variables: dict[str, str]) -> Ended:
    """Run a script where it may mount; skip where that is not permitted."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("no full disk: the command unshare is not there")
    done = subprocess.run(
        [unshare, "-m", "sh", "-c", script],
        cwd=ROOT, env=environment(**variables), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode == NOT_PERMITTED or (done.returncode != 0 and "unshare" in done.stderr):
        pytest.skip(f"no full disk: mounting is not permitted here: {done.stderr.strip()}")
    return Ended(done.returncode, done.stdout, done.stderr)
