"""What is printed for people: text from sources and questions neither acts on the terminal nor hides in it."""

from __future__ import annotations

import io
import json
import unicodedata
from typing import Any

import pytest
from rich.console import Console

import api.cli
from api.show_report import show_report
from api.terminal import in_json, printable, show_decision, show_table
from kg.answer.pipeline import answer
from kg.bootstrap import Services
from kg.domain.lineage import Changes, Rejection, Run
from kg.domain.plan import Compare, Cover, Each, Entities, Follow, Group, Pairs, Plan, Rank
from kg.domain.question import Question
from kg.errors import InvalidInput
from tests.api.supply import GAP
from tests.unit.answer.garden import ADA
from tests.unit.answer.garden import run as run_in_garden

POISON = "\x1b[2J\x1b]0;t\x07\r\x7f\x9b2J\u202e\u2066\u200b\u2028\ufeff\U000e0041\ud800[red]"
WRITTEN = r"\x1b[2J\x1b]0;t\x07\x0d\x7f\x9b2J\u202e\u2066\u200b\u2028\ufeff\U000e0041\ud800[red]"
FROM_DATA = {"text", "name", "interpretation", "locator", "source", "question", "type", "key", "dataset", "value"}


def harmless(text: str) -> bool:
    return not {char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - {"\n"}


def screen() -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, highlight=False, width=2_000), out


def test_what_acts_or_hides_is_written_out() -> None:
    assert printable(POISON) == WRITTEN
    assert printable("a\nb\tc") == r"a\x0ab\x09c"
    assert printable("a\nb\tc\r", lines=True) == "a\nb\tc\\x0d"


@pytest.mark.parametrize("text", ["", "Heidegrund Öle", "中文 текст عربي हिन्दी", "─ → … — “x”", "👍🏽 ❤️", "C:\\x1b"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_every_control_and_format_character_that_is_not_seen_is_written_out() -> None:
    seen = {"Prepended_Concatenation_Mark": range(0x600, 0x900), "signs": range(0x110B0, 0x13460)}
    for code in range(0x110000):
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Zl", "Zp") and not any(
            code in r for r in seen.values()
        ):
            assert harmless(printable(chr(code))), hex(code)


def test_json_means_the_same_and_is_harmless() -> None:
    value = {POISON: ["é", POISON, "\U0001f600"]}
    text = in_json(json.dumps(value, ensure_ascii=False, indent=2))
    assert harmless(text)
    assert json.loads(text) == value
    assert "é" in text


def test_a_table_shows_control_characters() -> None:
    console, out = screen()
    show_table(("key", POISON), [("a", POISON), (POISON + "\nfaked", 5)], console)
    assert harmless(out.getvalue())
    assert out.getvalue().count(WRITTEN) == 3
    assert len(out.getvalue().splitlines()) == 3


def poisoned(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: poisoned(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [poisoned(item, key) for item in value]
    return value + POISON if isinstance(value, str) and key in {*FROM_DATA, "keys", "datasets", "cut"} else value


@pytest.mark.parametrize("asked", [GAP, "Which audits took place at Mill Lane?", "What is the price of sunflower oil?"])
def test_a_decision_shows_control_characters(services: Services, asked: str) -> None:
    document = answer(Question(asked), services.store, services.decisions, services.clock)
    console, out = screen()
    show_decision(poisoned(document), console)
    assert harmless(out.getvalue())
    assert WRITTEN in out.getvalue()


def test_a_report_shows_control_characters() -> None:
    console, out = screen()
    question = {"id": POISON, "kind": POISON, "question": POISON, "grade": "right"}
    spread = {"p50": 1, "p95": 1}
    counts = {"right": 1, "wrong": 0, "abstained": 0, "interval": {"right": [0.2, 1.0], "wrong": [0.0, 0.8]}}
    change = {"difference": 1.0, "interval": [0.5, 1.0], "gained": 1, "lost": 0, "p": 1.0, "says": POISON}
    flips = [{"id": POISON, "question": POISON, "before": "wrong", "after": "right"}]
    report = {"questions": [question], "by_kind": {POISON: counts}, "total": 1, **counts} | {
        "explanation": {"precision": 1.0, "recall": 1.0, "answers": 1},
        "latency_ms": {**spread, "steps": {POISON: spread}},
        "calibration": {"ece": None, "reason": POISON},
        "recall_at_10": {"found": 1, "first": 1, "of": 1, "interval": [0.2, 1.0]},
        "against": {"flips": flips, "right": change, "wrong": change, "test": POISON},
    }
    show_report(report, console)
    assert harmless(out.getvalue())
    # Three of the question, its kind in the table, a step, a reason, two of the flip, two changes and the test.
    assert out.getvalue().count(WRITTEN) == 11


def test_a_run_shows_control_characters(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    console, out = screen()
    rejections = [Rejection(POISON, POISON, POISON, {})]
    monkeypatch.setattr(type(services.runs), "rejections", lambda *_: rejections)
    run = services.runs.runs(1)[0]
    made = {name: getattr(run, name) for name in Run.__dataclass_fields__}
    made |= {"dataset": POISON, "message": POISON, "left_over": (POISON,), "rejected": 9, "changes": Changes()}
    api.loads._say_run(Run(**made | {"state": "complete"}), services, console)
    api.loads._say_run(Run(**made | {"state": "unchanged"}), services, console)
    assert harmless(out.getvalue())
    assert out.getvalue().count(WRITTEN) == 6


def test_an_error_shows_control_characters(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def failing(**_: object) -> None:
        raise InvalidInput(f"cannot read\n{POISON}")

    monkeypatch.setattr(api.cli, "app", failing)
    with pytest.raises(SystemExit):
        api.cli.main()
    said = capsys.readouterr().err
    assert harmless(said)
    assert len(said.splitlines()) == 1


EACHS_PLANTS = Follow(Each(), "tends", "out")


@pytest.mark.parametrize(
    ("plan", "line"),
    [
        (
            Compare((Follow(Entities(ids=(ADA,)), "tends", "out"), Entities(type="Bed")), (ADA, "beds"), order="most"),
            ["PL-2", "Mint", "Ada"],
        ),
        (Pairs(Entities(ids=(ADA,)), EACHS_PLANTS), ["GR-1", "Ada", "Mint"]),
        (Group(Entities(type="Herb"), Follow(Each(), "stands_in", "out")), ["PL-2", "Mint", "Wet bed"]),
        (Rank(Entities(type="Grower"), EACHS_PLANTS, of=EACHS_PLANTS), ["GR-1", "Ada", "3 of 3"]),
    ],
)
def test_a_row_shows_what_it_stands_beside_or_under(plan: Plan, line: list[str]) -> None:
    console, out = screen()
    show_decision(run_in_garden(plan), console)
    rows = [line.split("  ") for line in out.getvalue().splitlines() if line.startswith("  ")]
    assert line in [[cell.strip() for cell in row if cell.strip()][: len(line)] for row in rows]


def test_the_headline_keeps_what_to_know_beside_the_answer() -> None:
    console, out = screen()
    show_decision(run_in_garden(Cover(Entities(type="Grower"), Entities(type="Plant"), EACHS_PLANTS, 1)), console)
    headline = out.getvalue().splitlines()[1]
    assert "together 3 of 4 plants. No other choice of 1 reaches more." in headline
    assert "I looked for" not in headline
