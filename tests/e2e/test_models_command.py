"""``whence models`` and ``whence demo-model`` as processes that speak HTTP with each other."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.children import ROOT, command, environment, said_once, whence


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}/v1"
    child = subprocess.Popen(
        command("demo-model", "--port", str(port)), cwd=ROOT, env=environment(), stderr=subprocess.PIPE, text=True
    )
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/models", timeout=5).close()  # noqa: S310 (loopback)
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        child.terminate()
        child.communicate(timeout=20)


def told(folder: Path, *arguments: str, **variables: str) -> Any:
    ended = whence("models", *arguments, "--json", "--store", f"sqlite:{folder / 'w.db'}", cwd=ROOT, **variables)
    assert ended.code == 0, ended
    return json.loads(ended.out)


def test_a_model_is_listed_checked_and_what_it_took_is_counted(server: str, tmp_path: Path) -> None:
    key = "sk-planted-7777"
    variables = {"OPENAI_BASE_URL": server, "OPENAI_API_KEY": key}
    [listed] = told(tmp_path, "list", **variables)
    assert (listed["name"], listed["scripted"], listed["used"]) == ("scripted", True, True)
    found = told(tmp_path, "check", **variables)
    assert (found["model"], found["structured"], found["calls"], found["scripted"]) == ("scripted", "schema", 1, True)
    [spent] = told(tmp_path, "spent", **variables)
    assert (spent["purpose"], spent["requests"]) == ("check", 1)
    assert spent["tokens"] == found["tokens"]["input"] + found["tokens"]["output"]
    assert key.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_server_without_schemas_is_checked_and_what_to_set_is_said(server: str, tmp_path: Path) -> None:
    ended = whence(
        "models",
        "check",
        "--store",
        f"sqlite:{tmp_path / 'w.db'}",
        OPENAI_BASE_URL=server,
        WHENCE_MODEL="scripted-noschema",
    )
    assert ended.code == 0
    assert "set structured: object for it" in ended.out


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"WHENCE_MODEL": "scripted-e401"}, "does not take the key in OPENAI_API_KEY (401)"),
        ({"WHENCE_MODEL": "gpt-none"}, "has no model 'gpt-none' for chat"),
        ({"WHENCE_MODELS": "absent.yml"}, "cannot read the models file 'absent.yml'"),
        ({"OPENAI_BASE_URL": ""}, "no model is set"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_code_1(
    server: str, tmp_path: Path, variables: dict[str, str], words: str
) -> None:
    given = {"OPENAI_BASE_URL": server, "OPENAI_API_KEY": "sk-planted-7777"} | variables
    if not given["OPENAI_BASE_URL"]:
        given.pop("OPENAI_API_KEY")
    said = said_once(whence("models", "check", "--store", f"sqlite:{tmp_path / 'w.db'}", cwd=ROOT, **given))
    assert words in said
    assert "planted" not in said


def test_a_day_that_is_none_is_refused(tmp_path: Path) -> None:
    said = said_once(whence("models", "spent", "--day", "yesterday", "--store", f"sqlite:{tmp_path / 'w.db'}"))
    assert said == "--day: 'yesterday' is no day; write it like 2026-03-31"


def test_with_no_model_set_that_is_said(tmp_path: Path) -> None:
    ended = whence("models", "list", "--store", f"sqlite:{tmp_path / 'w.db'}")
    assert (ended.code, ended.out.split(":")[0]) == (0, "no model is set")
    assert told(tmp_path, "list") == []
