"""A folder with a good load, the next file of which is bad, and a file beside it that no load may read."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import pytest

from kg.domain.lineage import Run
from kg.errors import SourceUnreadable
from tests.faults.watched import Watch, watched
from tests.unit.loaders.loading import Folder

HIDDEN = "kept-from-everybody"
MOST_SECONDS = 20
"""The longest that a refusal may take; a bomb takes minutes, and the machine of the tests may be slow."""
BEFORE = [("supplier:SUP-9", "name", "Before"), ("supplier:SUP-9", "type", "Supplier")]
EX = {"prefixes": {"ex": "http://example.org/"}}
INGREDIENT = [{"entity": {"type": "Ingredient", "key": "@id", "name": "ex:name"}}]


@dataclass
class Town:
    """The folder, and what was done while its last file was loaded."""

    folder: Folder
    watch: Watch

    @property
    def hidden(self) -> str:
        """The address of the file beside the folder."""
        return (self.folder.path.parent / "hidden.txt").as_uri()

    def load(self, name: str, content: str | bytes, **changes: Any) -> Run:
        """Load this file in place of the good one."""
        held = {"files": [name]} | changes
        with watched() as self.watch:
            return self.folder.load(content, **held)

    def refused(self, name: str, content: str | bytes, **changes: Any) -> str:
        """What the load is refused with; what was there before stays as it was."""
        began = time.monotonic()
        with pytest.raises(SourceUnreadable) as caught:
            self.load(name, content, **changes)
        assert time.monotonic() - began < MOST_SECONDS
        assert self.folder.graph() == BEFORE
        assert self.folder.last_run().state == "failed"
        return str(caught.value)
