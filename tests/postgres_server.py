"""A real PostgreSQL server for the tests: a cluster of its own in a temporary folder, reached over loopback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
USER = "postgres"


class NoPostgres(Exception):
    """There is no server to start here."""


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of its database ``postgres``. The server does not run as root: then as the user of the Debian package."""
    found = shutil.which("initdb")
    folder = Path(found).parent if found else (BINARIES[-1] if BINARIES else None)
    if folder is None:
        raise NoPostgres("initdb is neither on the path nor under /usr/lib/postgresql")
    as_user = ["runuser", "-u", USER, "--"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="whence-postgres-") as home:
        if as_user:
            shutil.chown(home, USER)
        cluster, port = f"{home}/data", free_port()

        def run(*words: str) -> None:
            done = subprocess.run([*as_user, *words], capture_output=True, text=True, check=False, cwd=home)
            if done.returncode:
                raise NoPostgres(f"{Path(words[0]).name}: {done.stderr.strip() or done.stdout.strip()}")

        run(
            f"{folder}/initdb", "-D", cluster, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions"
        )
        options = f"-p {port} -k {home} -c listen_addresses=127.0.0.1 -c fsync=off"
        run(f"{folder}/pg_ctl", "-D", cluster, "-w", "-l", f"{home}/log", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://{USER}@127.0.0.1:{port}/postgres"
        finally:
            run(f"{folder}/pg_ctl", "-D", cluster, "-m", "immediate", "stop")
