"""From the command line: load versions, see what changed, retire, purge; asked questions follow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kg.ports.kept import ERASED
from loaders.retirement import this_person
from tests.faults.children import Ended, said_once, whence, write_dataset

QUESTION = "Which suppliers supply ITEM-7?"


class Shell:
    """The command line on one database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "whence.db"

    def __call__(self, *arguments: str | Path) -> Ended:
        return whence(*arguments, "--store", f"sqlite:{self.database}")

    def json(self, *arguments: str | Path) -> Any:
        ended = self(*arguments, "--json")
        assert ended.code == 0, ended
        return json.loads(ended.out)

    def load(self, name: str, rows: int, **changes: Any) -> Ended:
        first = changes.pop("first", 1)
        return self("load", write_dataset(self.folder / f"{name}-{rows}-{first}", rows, first, dataset=name, **changes))

    def bytes(self) -> bytes:
        return b"".join(path.read_bytes() for path in self.folder.glob("whence.db*"))


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_a_load_prints_its_difference_and_runs_gives_all_of_it(shell: Shell) -> None:
    assert "against" not in shell.load("register", 60).out
    told = shell.load("register", 61, first=2, version="2").out
    assert "against register@1: 2 entities came, 1 went, 6 facts gained, 3 facts lost" in told
    run = shell.json("runs")[0]
    assert (run["compared"], run["changes"]["gained"], run["changes"]["lost"]) == ("register@1", 6, 3)
    found = shell.json("runs", run["id"])["difference"]
    assert (found["came"], found["went"]) == (["supplier:SUP-61", "supplier:SUP-62"], ["supplier:SUP-1"])
    assert [fact["object"] for fact in found["facts"]["supplies"]["lost"]] == ["item:ITEM-1"]
    shown = shell("runs", run["id"]).out
    for line in ("Against register@1", "  SUP-61 Supplier 61 of the register", "  supplier:SUP-1 → item:ITEM-1"):
        assert line in shown


def test_retired_data_answers_no_question_any_more_and_the_past_does(shell: Shell) -> None:
    shell.load("register", 60)
    shell.load("staff", 7)
    asked = shell.json("ask", QUESTION)
    assert [one["id"] for one in asked["answer"]["entities"]] == ["supplier:SUP-7", "supplier:SUP-47"]
    done = shell.json("retire", "register", "--by", "ann")
    assert (done["job"], done["actor"], done["state"]) == ("retire register", "ann", "complete")
    assert [one["id"] for one in shell.json("ask", QUESTION)["answer"]["entities"]] == ["supplier:SUP-7"]
    before = shell.json("ask", QUESTION, "--known-as-of", asked["versions"]["graph"]["known_at"])
    assert len(before["answer"]["entities"]) == 2
    told = shell("runs", done["id"]).out
    assert "by ann" in told
    assert "register has no current version now" in told


def test_a_retirement_is_told_in_words(shell: Shell) -> None:
    shell.load("register", 3)
    told = shell("retire", "register@1/register.csv").out
    assert "retire register@1/register.csv: 12 assertions retired; 12 facts are no longer seen" in told


def test_a_purge_takes_names_and_answers_and_leaves_a_record(shell: Shell) -> None:
    shell.load("register", 60)
    shell.load("staff", 3)
    quoting = shell.json("ask", QUESTION)["decision_id"]
    other = shell.json("ask", "Which suppliers supply ITEM-2?", "--dataset", "staff")["decision_id"]
    assert b"Supplier 47 of the register" in shell.bytes()
    done = shell.json("purge", "register", "--yes", "--by", "ann")
    for gone in (b"Supplier 47", b"SUP-47", b"SUP-7", b"ITEM-7"):
        assert gone not in shell.bytes()
    counted = f"erased {done['changes']['retired']} assertions, {done['changes']['lost']} facts"
    assert (done["actor"], done["message"]) == ("ann", f"{counted}, and what 1 decisions quoted")
    assert [run["job"] for run in shell.json("runs")] == ["purge register", "load staff@1", "load register@1"]
    assert [run["actor"] for run in shell.json("runs")] == ["ann", this_person(), this_person()]
    left = shell("explain", quoting).out
    assert ERASED in left
    assert "SUP-2" in shell("explain", other).out


def test_an_erased_decision_can_be_shown_in_every_form(shell: Shell) -> None:
    shell.load("register", 9)
    asked = shell.json("ask", QUESTION)["decision_id"]
    shell("purge", "register", "--yes")
    for form in ("text", "json", "turtle", "jsonld", "trig", "cypher", "graphml", "svg"):
        shown = shell("explain", asked, "--format", form)
        assert (shown.code, "SUP-7" in shown.out) == (0, False), shown


def test_what_cannot_be_done_is_refused_in_one_line(shell: Shell) -> None:
    shell.load("register", 3)
    assert "no dataset 'nobody'" in said_once(shell("retire", "nobody"))
    assert "no dataset 'nobody'" in said_once(shell("purge", "nobody", "--yes"))
    assert "cannot be undone: say --yes" in said_once(shell("purge", "register"))
    assert (shell("retire").code, shell("purge").code) == (2, 2)
    assert shell.json("sources") != []
