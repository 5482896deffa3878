"""`whence eval` as a person runs it: a report in a file, and a second run compared with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.faults.children import said_once, whence, write_dataset

GOLDS: list[dict[str, Any]] = [
    {
        "id": "Q1", "kind": "lookup", "question": "Which suppliers supply ITEM-7?",
        "answer": {"type": "list", "ids": ["SUP-7", "SUP-47"]}, "gold_facts": [["SUP-7", "SUPPLIES", "ITEM-7"]],
    },
    {"id": "Q2", "kind": "unanswerable", "question": "How old is SUP-7?", "answer": {"type": "abstain"}},
]  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("eval")
    address = f"sqlite:{folder / 'whence.db'}"
    assert whence("load", write_dataset(folder, 60), "--store", address).code == 0
    return address


def test_a_report_is_written_and_compared_with_the_next(store: str, tmp_path: Path) -> None:
    files = []
    for gold in GOLDS:
        files.append(tmp_path / f"{gold['id']}.jsonl")
        files[-1].write_text(json.dumps(gold))
    first = whence("eval", *files, "--json", "--recall", "--store", store, "--dataset", "register")
    assert first.code == 0, first.err
    report = json.loads(first.out)
    assert [(q["id"], q["grade"]) for q in report["questions"]] == [("Q1", "right"), ("Q2", "right")]
    assert (report["recall_at_10"]["found"], report["recall_at_10"]["of"]) == (1, 1)
    assert report["explanation"]["recall"] == 1.0
    earlier = tmp_path / "report.json"
    earlier.write_text(first.out)
    second = whence("eval", *files, "--against", earlier, "--store", store)
    assert second.code == 0, second.err
    assert "2 right, 0 wrong, 0 abstained of 2" in second.out
    assert second.out.count("no difference beyond noise") == 2
    assert "not of the same questions: only in the report: Q2" in said_once(
        whence("eval", files[0], "--against", earlier, "--store", store)
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--against", "absent.json"], "cannot read 'absent.json' as a report"),
        (["--against", "pyproject.toml"], "cannot read 'pyproject.toml' as a report"),
        (["--as-of", "yesterday"], "'yesterday' is not a day"),
        (["--dataset", "absent"], "no dataset 'absent'"),
    ],
)
def test_what_cannot_be_done_is_said(store: str, tmp_path: Path, arguments: list[str], message: str) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(json.dumps(GOLDS[0]))
    assert message in said_once(whence("eval", path, "--store", store, *arguments))
