"""Log lines: numbers, codes and ids in two forms, and only where they are asked for."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from kg.telemetry.log import decided, note, write
from kg.telemetry.measured import measured

CALL = {"purpose": "answer", "prompt": "answer@0", "tokens": {"input": 40, "output": 10}, "cost": 0.5, "error": None}
FAILED = CALL | {"purpose": "plan", "tokens": None, "cost": None, "error": "model_timeout: Ann took too long"}


def document(**changes: Any) -> dict[str, Any]:
    """What is told of is in it, and things that are not to be told."""
    return {
        "decision_id": "d-1",
        "outcome": "answered",
        "question": "Who is Ann?",
        "versions": {"model": {"name": "house", "model": "Ann's own"}},
        "trace": {
            "steps": [{"step": "link", "ms": 1.5}, {"step": "execute", "ms": 2.0}, {"step": "execute", "ms": 0.25}],
            "calls": [
                {"purpose": "plan", "ms": 9.0, "requests": 0},
                {"purpose": "answer", "ms": 7.0, "requests": 2},
                {"purpose": "answer", "ms": 0.1, "requests": 0},
            ],
        },
        "calls": [FAILED, CALL, CALL],
        "writer": {"dropped": [{"text": "Ann", "verdict": "unsupported"}] * 2},
        "usage": {"model_calls": 3, "tokens": 50, "cost": 0.5},
        **changes,
    }


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    yield
    write(None)


def test_steps_of_all_parts_are_added_and_claims_counted_by_verdict() -> None:
    one = measured(document())
    assert (one.steps, one.ms) == ({"link": 1.5, "execute": 2.25}, 3.75)
    assert (one.dropped, one.codes) == ({"unsupported": 2}, ("model_timeout",))


def test_a_call_is_ok_kept_from_before_or_the_code_of_its_error() -> None:
    calls = measured(document()).calls
    assert [(one.purpose, one.result, one.input, one.cost) for one in calls] == [
        ("plan", "model_timeout", 0, 0.0),
        ("answer", "ok", 40, 0.5),
        ("answer", "cached", 0, 0.5),
    ]


@pytest.mark.parametrize("form", ["json", "plain"])
def test_a_line_holds_nothing_of_what_was_asked(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    write(form)
    decided(document())
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 4
    assert "d-1" in said
    assert "Ann" not in said


def test_a_json_line_says_when_how_grave_and_what(capsys: pytest.CaptureFixture[str]) -> None:
    write("json")
    note("error", level=logging.ERROR, code="store_full", message=None)
    line = json.loads(capsys.readouterr().err)
    assert line.pop("time").endswith("Z")
    assert line == {"level": "error", "event": "error", "code": "store_full"}


def test_an_unforeseen_error_is_where_it_came_from_and_not_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    write("json")
    try:
        {"Bob": 1}["Ann"]
    except KeyError as exc:
        note("unforeseen error", level=logging.ERROR, exc=exc)
    said = capsys.readouterr().err
    assert json.loads(said)["type"] == "KeyError"
    assert "test_log.py" in json.loads(said)["at"][0]
    assert "Ann" not in said


def test_words_with_spaces_or_hidden_characters_are_quoted_in_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    write("plain")
    note("request", route="/v1/decisions", method="G E\x1b[2J")
    assert capsys.readouterr().err.partition(" ")[2] == ('info request route=/v1/decisions method="G E\\u001b[2J"\n')


def test_nothing_is_written_unasked(capsys: pytest.CaptureFixture[str]) -> None:
    decided(document())
    note("request", route="/")
    assert capsys.readouterr().err == ""


def test_asking_twice_writes_once(capsys: pytest.CaptureFixture[str]) -> None:
    write("json")
    write("plain")
    note("request", route="/")
    assert len(capsys.readouterr().err.splitlines()) == 1
