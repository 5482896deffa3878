"""Questions with gold answers, asked and graded: a report of what was right, how well explained and how quick."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from api.questions import read_questions
from kg.answer.grading import Graded, grade
from kg.answer.measures import calibration_error, percentile, reliability, wilson
from kg.answer.pipeline import answer, readings
from kg.bootstrap import Services
from kg.domain.decision import Document
from kg.domain.ontology import Ontology
from kg.domain.question import Question
from kg.domain.scope import Scope
from kg.errors import KgError
from kg.ports.kept import Kept, Requested
from loaders.retirement import this_person

GRADES = ("right", "wrong", "abstained")
FIRST_READINGS = 10
"""So many readings are run to see whether the right one is among them."""
Told = Callable[[str, int, int | None], None]


class Unrecorded:
    """A ledger that keeps nothing: readings that are run only to be graded answer nobody."""

    def append(self, kept: Kept, requested: Requested | None = None) -> Kept:  # noqa: ARG002 (as the port has it)
        return kept


def evaluate(
    paths: Iterable[Path], services: Services, scope: Scope, told: Told, *, recall: bool = False
) -> dict[str, Any]:
    """Ask every question of the files. With ``recall`` the first readings of each are run and graded too.

    Raises InvalidInput naming the line that is not a question.
    """
    golds = read_questions(paths)
    ontology = services.store.view(scope).ontology()
    questions, took = [], []
    for number, gold in enumerate(golds, 1):
        question = Question(gold["question"], scope)
        started = time.perf_counter()
        document = answer(
            question, services.store, services.decisions, services.clock, adapter=services.adapter, actor=this_person()
        )
        took.append((time.perf_counter() - started) * 1000)
        asked = _graded(gold, document, grade(gold, document, ontology))
        if recall and gold["answer"]["type"] != "abstain":
            asked["right_reading"] = _right_reading(gold, question, services, ontology)
        questions.append(asked)
        told("asking", number, len(golds))
    return {
        **_counts(questions),
        "by_kind": {kind: _counts([q for q in questions if q["kind"] == kind]) for kind in _kinds(questions)},
        "explanation": _explanation([q for q in questions if q["grade"] == "right"])
        | {"of_all_answers": _explanation(questions)},
        "latency_ms": _spread(took) | {"steps": _steps(questions)},
        "calibration": _calibration(questions),
        "recall_at_10": _recall(questions) if recall else None,
        "against": None,
        "questions": questions,
    }


def _graded(gold: dict[str, Any], document: Document, graded: Graded) -> dict[str, Any]:
    known = json.dumps([gold["answer"], gold.get("gold_facts", [])], sort_keys=True).encode()
    return {
        "id": gold["id"],
        "kind": gold["kind"],
        "question": gold["question"],
        "gold": f"sha256:{hashlib.sha256(known).hexdigest()[:16]}",
        "outcome": document["outcome"],
        "grade": graded.grade,
        "precision": graded.precision,
        "recall": graded.recall,
        "decision": document,
    }


def _right_reading(gold: dict[str, Any], question: Question, services: Services, ontology: Ontology) -> int | None:
    """The place of the first reading whose answer is right, from 1; for an ambiguous question, of the last needed."""
    choices: list[dict[str, Any]] = []
    for place, reading in enumerate(readings(question, services.store, services.adapter)[:FIRST_READINGS], 1):
        try:
            document = answer(question, services.store, Unrecorded(), services.clock, reading.plan)
        except KgError:
            continue  # a reading that cannot be run is not the right one
        choices.append({"answer": document["answer"]})
        if gold["answer"]["type"] == "ambiguous":
            document["answer"]["choices"] = choices
        if grade(gold, document, ontology).grade == "right":
            return place
    return None


def _kinds(questions: list[dict[str, Any]]) -> list[str]:
    return sorted({question["kind"] for question in questions})


def _counts(questions: list[dict[str, Any]]) -> dict[str, Any]:
    """How many of each grade, with the 95 % intervals of their shares."""
    counts = {name: sum(q["grade"] == name for q in questions) for name in GRADES}
    return {
        "total": len(questions),
        **counts,
        "interval": {name: _rounded(wilson(count, len(questions))) for name, count in counts.items()},
    }


def _rounded(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else [round(bound, 4) for bound in interval]


def _explanation(questions: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean precision and recall of those that show evidence and have gold facts to compare it with."""
    held = [q for q in questions if q["precision"] is not None]
    means = {name: round(sum(q[name] for q in held) / len(held), 4) if held else None for name in _MEASURED}
    return {**means, "answers": len(held)}


_MEASURED = ("precision", "recall")


def _spread(took: list[float]) -> dict[str, float | None]:
    found = {f"p{percent}": percentile(took, percent) for percent in (50, 95)}
    return {name: None if value is None else round(value, 2) for name, value in found.items()}


def _steps(questions: list[dict[str, Any]]) -> dict[str, dict[str, float | None]]:
    """The time of each step over the questions that came to it; a question in parts comes to some of them again."""
    took: dict[str, list[float]] = {}
    for question in questions:
        own: dict[str, float] = {}
        for step in question["decision"]["trace"]["steps"]:
            own[step["step"]] = own.get(step["step"], 0.0) + step["ms"]
        for name, ms in own.items():
            took.setdefault(name, []).append(ms)
    return {name: _spread(values) for name, values in took.items()}


def _calibration(questions: list[dict[str, Any]]) -> dict[str, Any]:
    """How far what answers say of their confidence is from how often they are right; null where none says it."""
    answers = [q for q in questions if q["outcome"] in ("answered", "false_premise")]
    said = [q for q in answers if q["decision"]["confidence"]["value"] is not None]
    bins = reliability([(q["decision"]["confidence"]["value"], q["grade"] == "right") for q in said])
    error = calibration_error(bins)
    reasons = sorted({str(q["decision"]["confidence"]["reason"]) for q in answers if q not in said})
    return {
        "ece": None if error is None else round(error, 4),
        "answers": len(said),
        "without": len(answers) - len(said),
        "reason": None if said else "; ".join(reasons) or "no question was answered",
        "bins": [
            {"from": one.low, "to": one.high, "answers": one.count}
            | {"confidence": round(one.confidence, 4), "right": round(one.right, 4)}
            for one in bins
        ],
    }


def _recall(questions: list[dict[str, Any]]) -> dict[str, Any]:
    """Whether the right reading was found at all, whatever place it was given."""
    judged = [q for q in questions if "right_reading" in q]
    found = sum(q["right_reading"] is not None for q in judged)
    first = sum(q["right_reading"] == 1 for q in judged)
    interval = _rounded(wilson(found, len(judged)))
    share = round(found / len(judged), 4) if judged else None
    return {"found": found, "first": first, "of": len(judged), "share": share, "interval": interval}
