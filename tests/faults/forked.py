"""Commands in processes of their own, forked from one that has imported what they need, so that none waits for that.

Run as a module it is that process: it reads one command a line and says how each ended.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
IMPORTED = (
    "api.asking", "api.cli", "kg.backends.neo4j.store", "kg.backends.sqlite.store", "kg.decisions.impact",
    "kg.decisions.tables", "loaders.jobs", "loaders.readers.csv", "pydantic.type_adapter",
)  # fmt: skip
_LOCK = threading.Lock()


class Forks:
    """The process that is forked; started with the first command, and gone with the tests."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[str] | None = None

    def run(
        self, arguments: Sequence[str], cwd: Path, environment: dict[str, str], *, call: str = "api.cli:main"
    ) -> tuple[int, str, str]:
        """A function as the whole of a process with these arguments: exit code, standard output and error."""
        with _LOCK, tempfile.TemporaryDirectory(prefix="whence-command-") as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            wanted = {
                "arguments": arguments, "cwd": str(cwd), "environment": environment, "call": call,
                "out": str(out), "err": str(err),
            }  # fmt: skip
            if self._server is None:
                self._server = subprocess.Popen(
                    [sys.executable, "-m", __name__], cwd=ROOT, env=environment | {"PYTHONPATH": str(ROOT)}, text=True,
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                )  # fmt: skip
                atexit.register(self._server.communicate)
            assert self._server.stdin is not None
            assert self._server.stdout is not None
            self._server.stdin.write(json.dumps(wanted) + "\n")
            self._server.stdin.flush()
            code = int(self._server.stdout.readline())
            return code, out.read_text(), err.read_text()


def become(wanted: dict[str, Any]) -> None:
    """Be as a process that was started with these arguments."""
    os.chdir(wanted["cwd"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    for number, name in ((0, os.devnull), (1, wanted["out"]), (2, wanted["err"])):
        opened = os.open(name, os.O_RDWR | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    warnings.simplefilter("default")
    sys.modules["__main__"].__package__ = ""  # else messages of wrong use name this module as the command
    sys.argv = ["whence", *wanted["arguments"]]


def serve() -> None:
    for name in IMPORTED:
        importlib.import_module(name)
    while line := sys.stdin.readline():
        wanted = json.loads(line)
        module, _, name = wanted["call"].partition(":")
        with contextlib.suppress(ImportError):  # the child says which
            importlib.import_module(module)
        child = os.fork()
        if child == 0:
            become(wanted)
            getattr(importlib.import_module(module), name)()
            return
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
