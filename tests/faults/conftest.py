"""The town of the bad files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.town import HIDDEN, Town
from tests.faults.watched import Watch
from tests.unit.loaders.loading import Folder


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """After each test: nothing reached out, nothing outside was read, and nothing that is hidden was kept."""
    folder = tmp_path / "data"
    folder.mkdir()
    (tmp_path / "hidden.txt").write_text(HIDDEN)
    made = Town(Folder(folder), Watch())
    made.folder.load("id,name\nSUP-9,Before\n")
    yield made
    assert made.watch.reached == []
    assert made.watch.outside(folder) == []
    assert HIDDEN not in str(made.folder.rejected())
