"""Refuses and records what a parser must not do, by the interpreter's own audit events (PEP 578)."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REACHES = frozenset(
    {
        "socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.bind",
        "urllib.Request", "ftplib.connect", "http.client.connect", "subprocess.Popen", "os.system", "os.exec",
    }
)  # fmt: skip
"""Events of reaching another machine, or of starting a program."""
SCRATCH = f"{tempfile.gettempdir()}/whence-load-"
"""Where a load keeps what it does not hold in memory."""


@dataclass
class Watch:
    """What was done while a block ran."""

    reached: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)

    def outside(self, folder: Path) -> list[str]:
        """Files opened that are neither of the folder, of Python, nor of the machinery of a load."""
        own = (folder, Path(sys.prefix), Path(sys.base_prefix), Path(__file__).parents[2], Path("/usr"), Path("/dev"))
        found = [Path(name).resolve() for name in self.opened if not name.startswith(SCRATCH)]
        return [str(path) for path in found if not any(path.is_relative_to(one) for one in own)]


_watching: list[Watch] = []


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching:
        return
    if event in REACHES:
        _watching[-1].reached.append(f"{event} {arguments!r}")
        raise PermissionError(f"a parser reaches out: {event}")
    if event == "open" and isinstance(arguments[0], str | bytes):
        _watching[-1].opened.append(os.fsdecode(arguments[0]))


sys.addaudithook(_audit)


@contextlib.contextmanager
def watched() -> Iterator[Watch]:
    """No socket is opened and no program started in this block; files that are opened are noted."""
    watch = Watch()
    _watching.append(watch)
    try:
        yield watch
    finally:
        _watching.remove(watch)
