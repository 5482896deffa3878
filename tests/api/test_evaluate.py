"""`whence eval`: what its report says of a set of questions, and how two reports are compared."""

from __future__ import annotations

import copy
import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from api.compare import compare, read_report
from api.evaluate import evaluate
from api.show_report import show_report
from kg.bootstrap import Services
from kg.domain.scope import Scope
from kg.errors import InvalidInput
from tests.api.supply import SUPPLY

QUESTIONS = SUPPLY / "questions.jsonl"
Report = dict[str, Any]


def asked(services: Services, *paths: Path, **options: Any) -> Report:
    scope = options.pop("scope", Scope())
    return evaluate(paths, services, scope, lambda *_: None, **options)


@pytest.fixture(scope="module")
def report(services: Services) -> Report:
    return asked(services, QUESTIONS, recall=True)


def written(path: Path, *golds: Report) -> Path:
    path.write_text("\n".join(json.dumps(gold) for gold in golds))
    return path


def gold(number: int, answer: Report, question: str = "Which suppliers deliver sunflower oil?") -> Report:
    return {"id": f"Q{number}", "kind": f"kind {number}", "question": question, "answer": answer}


def test_grades_add_up_by_kind_and_in_all(report: Report) -> None:
    assert report["total"] == len(report["questions"]) == 24
    assert report["right"] + report["wrong"] + report["abstained"] == 24
    for name in ("total", "right", "wrong", "abstained"):
        assert sum(counts[name] for counts in report["by_kind"].values()) == report[name]
    for counts in (report, *report["by_kind"].values()):
        low, high = counts["interval"]["right"]
        assert 0 <= low <= counts["right"] / counts["total"] <= high <= 1


def test_every_question_keeps_its_whole_decision(report: Report, services: Services) -> None:
    for question in report["questions"]:
        assert services.decisions.decision(question["decision"]["decision_id"]) == question["decision"]


def test_the_explanation_is_measured_over_right_answers_and_over_all(report: Report) -> None:
    held = [q for q in report["questions"] if q["grade"] == "right" and q["precision"] is not None]
    quality = report["explanation"]
    assert quality["answers"] == len(held) > 0
    assert quality["recall"] == pytest.approx(sum(q["recall"] for q in held) / len(held), abs=1e-4)
    assert quality["of_all_answers"]["answers"] >= len(held)


def test_latency_is_told_by_step(report: Report) -> None:
    steps = report["latency_ms"]["steps"]
    assert list(steps)[:3] == ["view", "link", "plan"]
    assert "execute" in steps
    for spread in (report["latency_ms"], *steps.values()):
        assert 0 <= spread["p50"] <= spread["p95"]


def test_without_confidence_there_is_no_calibration_error_but_a_reason(report: Report) -> None:
    said = [q["decision"]["confidence"] for q in report["questions"] if q["outcome"] in ("answered", "false_premise")]
    found = report["calibration"]
    assert found["answers"] + found["without"] == len(said)
    assert (found["ece"] is None) == all(one["value"] is None for one in said)
    assert (found["reason"] is None) == (found["ece"] is not None)


def test_the_right_reading_is_looked_for_beyond_the_one_that_was_taken(report: Report) -> None:
    found = report["recall_at_10"]
    places = {q["id"]: q["right_reading"] for q in report["questions"] if "right_reading" in q}
    refused = {q["id"] for q in report["questions"] if q["id"] not in places}
    assert refused == {"D4", "S17"}  # those without an answer have no right reading
    assert found["of"] == len(places)
    assert found["found"] == sum(place is not None for place in places.values()) >= found["first"] > 0
    assert all(place is None or 1 <= place <= 10 for place in places.values())
    right = {q["id"] for q in report["questions"] if q["grade"] == "right"} & set(places)
    assert {one for one in right if places[one] is None} == set()


def test_readings_that_are_only_graded_are_not_recorded(services: Services, tmp_path: Path) -> None:
    path = written(tmp_path / "one.jsonl", gold(1, {"type": "count", "value": 0}))
    before = len(services.decisions.decisions(100_000))
    asked(services, path, recall=True)
    assert len(services.decisions.decisions(100_000)) == before + 1


def test_several_files_make_one_report(services: Services, tmp_path: Path) -> None:
    first = written(tmp_path / "a.jsonl", gold(1, {"type": "abstain"}))
    second = written(tmp_path / "b.jsonl", gold(2, {"type": "abstain"}))
    assert [q["id"] for q in asked(services, first, second)["questions"]] == ["Q1", "Q2"]


def test_no_questions_make_a_report_of_nothing(services: Services, tmp_path: Path) -> None:
    empty = asked(services, written(tmp_path / "none.jsonl"), recall=True)
    assert (empty["total"], empty["interval"]["right"], empty["latency_ms"]["p50"]) == (0, None, None)
    assert empty["recall_at_10"]["share"] is None
    out = io.StringIO()
    show_report(empty, Console(file=out))
    assert "0 right, 0 wrong, 0 abstained of 0" in out.getvalue()


@pytest.mark.parametrize(("day", "grade"), [("2026-03-20", "right"), ("2025-06-01", "wrong")])
def test_questions_are_asked_within_the_scope(services: Services, tmp_path: Path, day: str, grade: str) -> None:
    question = "Which suppliers of sunflower oil hold a valid organic certificate?"
    answer = {"type": "list", "ids": ["SUP-1", "SUP-11", "SUP-42"]}
    path = written(tmp_path / "one.jsonl", gold(1, answer, question))
    graded = asked(services, path, scope=Scope(valid_as_of=day))["questions"][0]
    assert (graded["grade"], graded["decision"]["as_of"]["valid"]) == (grade, day)


def changed(report: Report, **grades: str) -> Report:
    other = copy.deepcopy(report)
    for question in other["questions"]:
        question["grade"] = grades.get(question["id"], question["grade"])
    return other


def test_a_report_against_itself_shows_no_difference(report: Report) -> None:
    found = compare(report, report)
    assert found["flips"] == []
    assert {found[name]["says"] for name in ("right", "wrong")} == {"no difference beyond noise"}


def test_one_flip_is_told_and_is_no_difference_beyond_noise(report: Report) -> None:
    found = compare(changed(report, D1="wrong"), changed(report, D1="right"))
    assert [(flip["id"], flip["before"], flip["after"]) for flip in found["flips"]] == [("D1", "wrong", "right")]
    assert (found["right"]["gained"], found["right"]["lost"], found["wrong"]["lost"]) == (1, 0, 1)
    assert found["right"]["says"] == "no difference beyond noise"


def test_six_flips_one_way_are_a_difference(report: Report) -> None:
    ids = [q["id"] for q in report["questions"]][:6]
    found = compare(changed(report, **dict.fromkeys(ids, "wrong")), changed(report, **dict.fromkeys(ids, "right")))
    assert (found["right"]["says"], found["wrong"]["says"]) == ("more right than before", "fewer wrong than before")
    assert found["right"]["interval"][0] > 0 > found["wrong"]["interval"][1]
    assert found["right"]["p"] == 0.0312


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda qs: qs.pop(), "not of the same questions: only in this run: S24"),
        (lambda qs: qs.append(qs[0] | {"id": "new"}), "not of the same questions: only in the report: new"),
        (lambda qs: qs.append(qs[0]), "some stand in one of them more often"),
        (lambda qs: qs[0].update(question="something else"), "only in the report: D1; only in this run: D1"),
        (lambda qs: qs[0].update(gold="sha256:other"), "not graded by the same gold answers: D1"),
    ],
)
def test_reports_of_other_questions_are_not_compared(report: Report, change: Any, message: str) -> None:
    other = copy.deepcopy(report)
    change(other["questions"])
    with pytest.raises(InvalidInput, match=message):
        compare(other, report)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"questions": [{"id": "1"}]}', '{"questions": 5}', "[" * 100_000])
def test_what_is_no_report_is_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(text)
    with pytest.raises(InvalidInput, match="report"):
        read_report(path)


def test_a_report_is_shown_with_intervals_recall_and_flips(report: Report) -> None:
    out = io.StringIO()
    against = compare(changed(report, D1="abstained"), report)
    show_report(report | {"against": against}, Console(file=out, width=200))
    said = " ".join(out.getvalue().split())
    assert "right, 95 % interval" in said
    assert f"right reading among the first ten: {report['recall_at_10']['found']} of 22" in said
    assert "D1 abstained → right" in said
    assert "no difference beyond noise" in said


def test_confidence_that_is_said_is_measured(report: Report) -> None:
    from api.evaluate import _calibration

    other = copy.deepcopy(report["questions"][:2])
    for question, value in zip(other, (0.9, 0.8), strict=True):
        question["decision"]["confidence"] = {"value": value, "reason": None}
    found = _calibration(other)
    assert (found["ece"], found["answers"], found["without"], found["reason"]) == (0.15, 2, 0, None)
    assert [bin_["right"] for bin_ in found["bins"]] == [1.0, 1.0]
