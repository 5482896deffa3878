"""The Neo4j server of the tests: how to start one, sign in, and empty it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import neo4j

from kg.backends.neo4j.names import OWN_LABELS

SCRIPT = [sys.executable, str(Path(__file__).parents[1] / "scripts" / "neo4j-local")]


class NoNeo4j(Exception):
    """There is none, and why."""


@dataclass
class LocalServer:
    """A server without a password in a home of its own. Started again, it is at the address it had."""

    home: Path
    bolt_port: int = 0
    pid: int = 0

    @property
    def url(self) -> str:
        return f"bolt://127.0.0.1:{self.bolt_port}/neo4j"

    def start(self) -> None:
        """Raises NoNeo4j where it cannot be started."""
        if shutil.which("java") is None or shutil.which("mvn") is None:
            raise NoNeo4j("neither WHENCE_TEST_NEO4J nor Java and Maven")
        ports = ["--bolt-port", str(self.bolt_port), "--http-port", "0", "--no-auth", "--json"]
        started = subprocess.run(
            [*SCRIPT, "start", "--home", str(self.home), *ports], capture_output=True, text=True, check=False
        )
        if started.returncode != 0:
            raise NoNeo4j(started.stderr.strip())
        said = json.loads(started.stdout)
        self.bolt_port, self.pid = int(said["bolt_url"].rpartition(":")[2]), said["pid"]

    def stop(self) -> None:
        subprocess.run([*SCRIPT, "stop", "--home", str(self.home)], capture_output=True, check=True)

    def kill(self) -> None:
        """End it at once, as a loss of power would end its process."""
        os.kill(self.pid, signal.SIGKILL)


def neo4j_auth() -> tuple[str, str] | None:
    user = os.environ.get("WHENCE_NEO4J_USER", "")
    return (user, os.environ.get("WHENCE_NEO4J_PASSWORD", "")) if user else None


def empty(driver: neo4j.Driver, database: str) -> None:
    """Delete what a store wrote, so many nodes at a time; indexes stay, they are made once."""
    text = f"MATCH (n) WHERE n:{'|'.join(OWN_LABELS)} WITH n LIMIT 5000 DETACH DELETE n RETURN count(*)"
    while driver.execute_query(text, database_=database).records[0][0]:
        pass
