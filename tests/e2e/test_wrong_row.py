"""The commands of docs/wrong-row.md, as they stand there, from a row to the log; on Neo4j as a proof."""

from __future__ import annotations

import json
import os
import re
import shutil
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.children import FORKS

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
ASKED = ("Does Dniprovia Agro", "How many suppliers supply", "Which suppliers of sunflower oil")


def blocks() -> list[str]:
    found = BLOCK.findall((ROOT / "docs" / "wrong-row.md").read_text("utf-8"))
    assert len(found) == 10
    return found


ON = ["sqlite", *([pytest.param("neo4j", marks=pytest.mark.neo4j)] if os.environ.get("WHENCE_PROOFS") == "1" else [])]


@pytest.fixture(params=ON)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'whence.db'}"
    url: str = request.getfixturevalue("neo4j_url")
    request.getfixturevalue("make_store")("neo4j").close()
    return url


COMMAND = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as calling:
    calling.connect({address!r})
    calling.sendall(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode() + b"\\n")
    code, out, err = json.loads(calling.makefile().readline())
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(code)
"""


class Call(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        arguments, folder, environment = json.loads(self.rfile.readline())
        self.wfile.write(json.dumps(FORKS.run(arguments, Path(folder), environment)).encode() + b"\n")


@pytest.fixture
def commands(tmp_path: Path) -> Iterator[Path]:
    """A folder with a ``whence`` that is forked from a process that has imported all: the page calls it forty times."""
    folder = tmp_path / "bin"
    folder.mkdir()
    with socketserver.ThreadingUnixStreamServer(str(folder / "calls"), Call) as calls:
        threading.Thread(target=calls.serve_forever, daemon=True).start()
        command = folder / "whence"
        command.write_text(COMMAND.format(python=sys.executable, address=str(folder / "calls")))
        command.chmod(0o755)
        yield folder
        calls.shutdown()


@pytest.mark.skipif(shutil.which("jq") is None, reason="the page uses jq")
def test_from_a_wrong_row_to_corrected_answers_and_the_verified_log(
    address: str, commands: Path, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "examples" / "supply", tmp_path / "examples" / "supply")
    path = f"{commands}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "WHENCE_STORE": address, "PYTHONPATH": str(ROOT)}

    def run(text: str) -> str:
        ended = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, (text, ended.stdout[-2_000:], ended.stderr[-2_000:])
        return ended.stdout

    *before, checkpoint, impact, reviewers, correction, after, replays, verify = blocks()
    for text in (*before, checkpoint):
        run(text)
    carried = run(impact)
    assert "carried a claim of 3 decisions" in carried
    for asked in ASKED:
        assert asked in carried, carried
    assert carried.count("approved") == len(ASKED), carried
    assert run(reviewers).count("asked by ann, approved by bo at ") == len(ASKED)
    told = run(correction)
    assert "3 decisions read what it would say, 3 of them approved" in told
    assert ("was: 7 suppliers." in told, "now: 6 suppliers." in told) == (True, True)
    assert told.count("has lapsed") == 3
    queue = run(after)
    assert "6 suppliers" in queue
    waiting = queue.rpartition("decision ")[2]
    assert ("lapsed" in waiting, waiting.count("1 reviewer")) == (False, len(ASKED))
    assert run(replays).count("the same as it was known then") == len(ASKED)
    said = run(verify)
    assert re.search(r"^integrity +unchanged", said, re.MULTILINE)
    assert re.search(r"^completeness all that the checkpoints saw is there", said, re.MULTILINE)
