"""Bad input on the command line: one clear line on standard error, exit code 1; 2 for wrong use."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.cli import main
from tests.faults.children import ROOT, Ended, command, environment, said_once, whence, write_dataset

MOST_SECONDS = 20
"""A dead server is noticed in about seven; the machine of the tests may be slow."""
QUESTION = "Which suppliers supply ITEM-7?"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("cli")
    address = f"sqlite:{folder / 'whence.db'}"
    assert whence("load", write_dataset(folder, 60), "--store", address).code == 0
    return address


Run = Callable[..., Ended]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in this process: its way from arguments to exit code."""
    for name in [name for name in os.environ if name.startswith("WHENCE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(ROOT)

    def called(*arguments: str | Path) -> Ended:
        monkeypatch.setattr("sys.argv", ["whence", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return Ended(int(left.value.code or 0), said.out, said.err)

    return called


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["load", "absent.yml"], "cannot read 'absent.yml'"),
        (["load", "tests"], "cannot read 'tests'"),
        (["load", "pyproject.toml"], "not YAML"),
        (["ask", ""], "the question is empty"),
        (["ask", " \n\t "], "the question is empty"),
        (["ask", "who \udced?"], "the question is not UTF-8 text"),
        (["ask", "Which suppliers supply ITEM-7? " * 700], "characters; 4,000 are allowed"),
        (["ask", QUESTION, "--as-of", "yesterday"], "'yesterday' is not a day; write it like"),
        (["ask", QUESTION, "--known-as-of", "never"], "'never' is not a time; write it like"),
        (["ask", QUESTION, "--dataset", "absent"], "no dataset 'absent'"),
        (["ask", QUESTION, "--dataset", "register@9"], "no dataset 'register@9'"),
        (["ask", QUESTION, "--ceiling", "secret"], "'secret' is not public, internal, confidential or restricted"),
        (["ask", QUESTION, "--plan", "absent.json"], "cannot read 'absent.json'"),
        (["explain", "d-absent"], "no decision 'd-absent'"),
        (["runs", "run-absent"], "no run 'run-absent'"),
        (["eval", "absent.jsonl"], "cannot read 'absent.jsonl'"),
        (["entities"], "give a key or a name, or --type"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(run: Run, store: str, arguments: list[str], message: str) -> None:
    assert message in said_once(run(*arguments, "--store", store))


@pytest.mark.parametrize(
    "arguments",
    [["load", "--wrong"], ["load"], ["ask"], ["nothing"], ["runs", "--limit", "0"], ["ask", QUESTION, "--as-of"]],
)
def test_wrong_use_ends_with_two(run: Run, arguments: list[str]) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ("{", "cannot read"),
        ("[" * 100_000, "cannot read"),
        ("[]", "expected an object whose op is one of"),
        ('{"op": "destroy"}', "expected an object whose op is one of"),
        ('{"op": "entities", "type": "Planet"}', "no type 'Planet' in the ontology"),
        (
            '{"op": "value", "source": {"op": "entities", "type": "Supplier"}, "predicate": "orbits"}',
            "no predicate 'orbits' in the ontology",
        ),
        ('{"op": "entities", "ids": []}', "expected a list with members"),
        ('{"op": "each"}', "each stands outside having, only, rank"),
        ('{"plan": null}', "expected an object whose op is one of"),
    ],
)
def test_a_wrong_plan_is_said_with_its_place(run: Run, store: str, tmp_path: Path, plan: str, message: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(plan)
    assert message in said_once(run("ask", QUESTION, "--plan", path, "--store", store))


def test_a_plan_replaces_the_reading_of_the_question(run: Run, store: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps({"op": "count", "source": {"op": "entities", "type": "Supplier"}}))
    ended = run("ask", "whatever", "--plan", path, "--json", "--store", store)
    assert json.loads(ended.out)["answer"]["value"] == 60


GOLD = {"id": "1", "kind": "lookup", "question": QUESTION, "answer": {"type": "list", "ids": []}}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        (json.dumps(GOLD | {"question": "\ud800"}), "not JSON"),
        ("5", "a question is an object with id, kind, question and answer"),
        ('{"id": "1"}', "kind is missing"),
        ({"question": 5}, "question is not text"),
        ({"kind": None}, "kind is not text"),
        ({"id": ["1"]}, "id is not text"),
        ({"question": " "}, "the question is empty or longer than 4,000 characters"),
        ({"question": "a" * 5_000}, "the question is empty or longer than 4,000 characters"),
        ({"gold_facts": [["a", "b"]]}, "gold_facts is not a list of [subject, predicate, object]"),
        ({"gold_facts": None}, "gold_facts is not a list of [subject, predicate, object]"),
        ({"answer": None}, "the answer is not an object"),
        ({"answer": {}}, "the answer needs a type"),
        ({"answer": {"type": 5}}, "the answer needs a type"),
        ({"answer": {"type": "list"}}, "an answer of type list needs ids or names"),
        ({"answer": {"type": "list", "ids": "ITEM-7"}}, "ids of the answer is not a list of texts"),
        ({"answer": {"type": "list", "names": [5]}}, "names of the answer is not a list of texts"),
        ({"answer": {"type": "ranking", "value": 3}}, "an answer of type ranking needs ids or names"),
        ({"answer": {"type": "ranking", "ids": [], "alternatives": [{}]}}, "alternatives of the answer is not"),
        ({"answer": {"type": "count", "ids": []}}, "an answer of type count needs a value"),
        ({"answer": {"type": "path"}}, "an answer of type path needs ids, or the question gold_facts"),
        ({"answer": {"type": "pairs", "value": [[1, 2]]}}, "an answer of type pairs needs a value"),
        ({"answer": {"type": "partition", "value": {"a": "b"}}}, "an answer of type partition needs a value"),
        ({"answer": {"type": "count", "value": 1, "parts": {}}}, "parts of the answer is not a list"),
        ({"answer": {"type": "count", "value": 1, "parts": [{"type": "list"}]}}, "type list needs ids or names"),
        ({"answer": {"type": "ambiguous", "ids": []}}, "an answer of type ambiguous needs a value"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_question_that_cannot_be_graded_is_said_with_its_line(
    run: Run, store: str, tmp_path: Path, line: str | dict[str, object], message: str
) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(json.dumps(GOLD) + "\n\n" + (line if isinstance(line, str) else json.dumps(GOLD | line)))
    said = said_once(run("eval", path, "--store", store))
    assert f"{path}:3: " in said
    assert message in said


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("sqlite:/nonexistent/dir/x.db", "'/nonexistent/dir' is not a folder"),
        ("sqlite:", "names no file"),
        ("postgres://here/x", "is neither sqlite:PATH nor neo4j://host:port/database"),
        ("whence.db", "is neither sqlite:PATH nor neo4j://host:port/database"),
        ("neo4j://127.0.0.1:seven/x", "the port is not a number"),
        ("neo4j://me:secret@127.0.0.1:7687/x", "not in the address"),
    ],
)
def test_a_wrong_store_address_is_said(run: Run, address: str, message: str) -> None:
    said = said_once(run("runs", "--store", address))
    assert message in said
    assert "secret@" not in said


def test_a_setting_that_is_wrong_is_named() -> None:
    assert said_once(whence("runs", WHENCE_CEILING="secret")).startswith("WHENCE_CEILING: 'secret' is not")


@dataclass(frozen=True)
class Refusal:
    """What a command said of a store that does not answer, and when."""

    code: int | None
    lines: list[str]
    seconds: float


@pytest.fixture(scope="module")
def refusals() -> Iterator[dict[str, Refusal]]:
    """The command line against a port that nobody listens on and one that never says a word, all at once."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ports = {"down": 1, "silent": server.getsockname()[1]}
        started = time.monotonic()
        children = {
            f"{scheme} {kind}": subprocess.Popen(
                command("runs", "--store", f"{scheme}://127.0.0.1:{port}/x"), env=environment(),
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            )
            for scheme in ("neo4j", "bolt")
            for kind, port in ports.items()
        }  # fmt: skip
        found = {}
        for name, child in children.items():
            _, err = child.communicate()
            found[name] = Refusal(child.returncode, err.splitlines(), time.monotonic() - started)
        yield found


STORES = ["neo4j down", "bolt down", "neo4j silent", "bolt silent"]


@pytest.mark.parametrize("name", STORES)
def test_a_store_that_does_not_answer_is_said_within_seconds(refusals: dict[str, Refusal], name: str) -> None:
    refusal = refusals[name]
    assert refusal.code == 1
    assert refusal.seconds < MOST_SECONDS
    assert any(re.match(r"whence: .*cannot reach Neo4j at '(neo4j|bolt)://127", line) for line in refusal.lines)
    assert not any("Traceback" in line for line in refusal.lines)


@pytest.mark.parametrize("name", STORES)
def test_a_store_that_does_not_answer_is_said_in_one_line(refusals: dict[str, Refusal], name: str) -> None:
    assert len(refusals[name].lines) == 1
