"""Rows of a database, from the copies that ``loaders.databases`` makes; located by key, ``id=17``, else ``row N``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO

from loaders.dataset import Options
from loaders.readers import Record


def read(file: BinaryIO, _: Options) -> Iterator[Record]:
    """Rows in the order of the copy."""
    for line in file:
        yield Record(*json.loads(line))
