"""Questions with gold answers, asked and graded."""

from __future__ import annotations

import json
import statistics
import time
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from api.terminal import show_table, shown
from kg.answer.grading import grade
from kg.answer.pipeline import answer
from kg.bootstrap import Services
from kg.domain.question import MAX_QUESTION, Question
from kg.domain.scope import Scope
from kg.errors import InvalidInput

WITH_MEMBERS = ("list", "ranking", "optimise", "path")
NEED_A_VALUE = ("count", "value", "yes_no")
COLOURS = {"right": "green", "wrong": "red", "abstained": "yellow"}


def evaluate_file(path: Path, services: Services, scope: Scope) -> dict[str, Any]:
    """Ask every question of the file. Raises InvalidInput naming the line that is not a question."""
    golds = read_questions(path)
    ontology = services.store.view(scope).ontology()
    questions, took, precisions, recalls = [], [], [], []
    for gold in golds:
        started = time.perf_counter()
        asked = Question(gold["question"], scope)
        document = answer(asked, services.store, services.decisions, services.clock, adapter=services.adapter)
        took.append((time.perf_counter() - started) * 1000)
        graded = grade(gold, document, ontology)
        if graded.grade == "right" and graded.precision is not None and graded.recall is not None:
            precisions.append(graded.precision)
            recalls.append(graded.recall)
        questions.append(
            {
                "id": gold["id"],
                "kind": gold["kind"],
                "question": gold["question"],
                "outcome": document["outcome"],
                "grade": graded.grade,
                "precision": graded.precision,
                "recall": graded.recall,
                "decision": document,
            }
        )
    return {
        "total": len(questions),
        **{name: sum(q["grade"] == name for q in questions) for name in COLOURS},
        "by_kind": _by_kind(questions),
        "explanation": {"precision": _mean(precisions), "recall": _mean(recalls)},
        "latency_ms": {"p50": _percentile(took, 50), "p95": _percentile(took, 95)},
        "questions": questions,
    }


def read_questions(path: Path) -> list[dict[str, Any]]:
    """Questions with gold answers, one JSON object a line. Raises InvalidInput naming the line."""
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise InvalidInput(f"cannot read {str(path)!r}: {exc}") from exc
    golds = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            gold = json.loads(line)
            json.dumps(gold, ensure_ascii=False).encode("utf-8")  # half characters can be neither asked nor kept
        except (ValueError, RecursionError) as exc:
            raise InvalidInput(f"{path}:{number}: not JSON: {exc}") from exc
        if said := _wrong(gold):
            raise InvalidInput(f"{path}:{number}: {said}")
        golds.append(gold)
    return golds


def _wrong(gold: Any) -> str | None:
    """What is missing or of the wrong form, where that keeps the question from being asked or graded."""
    if not isinstance(gold, dict):
        return "a question is an object with id, kind, question and answer"
    if missing := [name for name in ("id", "kind", "question", "answer") if name not in gold]:
        return f"a question needs id, kind, question and answer: {missing[0]} is missing"
    if wrong := [name for name in ("id", "kind", "question") if not isinstance(gold[name], str)]:
        return f"{wrong[0]} is not text"
    if not gold["question"].strip() or len(gold["question"]) > MAX_QUESTION:
        return f"the question is empty or longer than {MAX_QUESTION:,} characters"
    facts = gold.get("gold_facts", [])
    if not isinstance(facts, list) or not all(_texts(fact) and len(fact) == 3 for fact in facts):
        return "gold_facts is not a list of [subject, predicate, object], each text"
    return _wrong_answer(gold["answer"], facts)


def _wrong_answer(answer: Any, facts: list[Any]) -> str | None:
    if not isinstance(answer, dict):
        return "the answer is not an object"
    kind = answer.get("type")
    if not isinstance(kind, str):
        return "the answer needs a type, which is text"
    for name in ("ids", "names"):
        if kind in WITH_MEMBERS and answer.get(name) is not None and not _texts(answer[name]):
            return f"{name} of the answer is not a list of texts"
    return _lacking(answer, kind, facts) or _wrong_choices(answer, kind)


def _lacking(answer: dict[str, Any], kind: str, facts: list[Any]) -> str | None:
    if kind in ("list", "ranking", "optimise") and answer.get("ids") is None and not answer.get("names"):
        return f"an answer of type {kind} needs ids or names"
    if kind == "path" and not answer.get("ids") and not facts:
        return "an answer of type path needs ids, or the question gold_facts"
    if kind in NEED_A_VALUE and answer.get("value") is None:
        return f"an answer of type {kind} needs a value"
    return None


def _wrong_choices(answer: dict[str, Any], kind: str) -> str | None:
    """Other answers that are as right, and readings of an ambiguous question."""
    others = answer.get("alternatives", [])
    if kind in ("ranking", "optimise") and not (
        isinstance(others, list) and all(_texts(one.get("ids") if isinstance(one, dict) else one) for one in others)
    ):
        return "alternatives of the answer is not a list of ids or of objects with ids"
    readings = answer.get("value")
    if kind == "ambiguous" and not (isinstance(readings, dict) and all(_texts(ids) for ids in readings.values())):
        return "an answer of type ambiguous needs a value: the ids that each reading gives"
    return None


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _by_kind(questions: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for question in questions:
        found.setdefault(question["kind"], Counter())[question["grade"]] += 1
    return {kind: {name: counts[name] for name in COLOURS} for kind, counts in sorted(found.items())}


def _mean(values: list[float]) -> float | None:
    return round(statistics.fmean(values), 4) if values else None


def _percentile(values: list[float], percent: int) -> float | None:
    if not values:
        return None
    return round(sorted(values)[min(len(values) - 1, len(values) * percent // 100)], 1)


def show_report(report: dict[str, Any], console: Console) -> None:
    """One line a question, then the totals."""
    for question in report["questions"]:
        line = shown(f"{question['id']:<6}").append(f"{question['grade']:<10}", style=COLOURS[question["grade"]])
        console.print(
            line.append_text(shown(f"{question['kind']:<18}")).append_text(shown(question["question"], "dim")),
            overflow="ellipsis",
            no_wrap=True,
        )
    rows = [(kind, *(counts[name] for name in COLOURS)) for kind, counts in report["by_kind"].items()]
    console.print()
    show_table(("kind", *COLOURS), rows, console)
    console.print(
        Text(
            f"\n{report['right']} right, {report['wrong']} wrong, {report['abstained']} abstained of {report['total']}",
            style="bold",
        )
    )
    quality, took = report["explanation"], report["latency_ms"]
    console.print(f"explanation precision {quality['precision']}, recall {quality['recall']}")
    console.print(f"latency p50 {took['p50']} ms, p95 {took['p95']} ms")
