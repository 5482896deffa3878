"""Files of questions with gold answers: what a line needs to be asked and graded."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kg.domain.question import MAX_QUESTION
from kg.errors import InvalidInput

WITH_MEMBERS = ("list", "ranking", "optimise", "path", "comparison")
NEED_A_VALUE = ("count", "value", "yes_no")


def read_questions(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """The questions of all files, in order. Raises InvalidInput naming the line that is not a question."""
    return [gold for path in paths for gold in _read(path)]


def _read(path: Path) -> list[dict[str, Any]]:
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
        if said := wrong_question(gold):
            raise InvalidInput(f"{path}:{number}: {said}")
        golds.append(gold)
    return golds


def wrong_question(gold: Any) -> str | None:
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
    return (
        _lacking(answer, kind, facts)
        or _wrong_value(answer.get("value"), kind)
        or _wrong_choices(answer, kind)
        or _wrong_parts(answer.get("parts", []), facts)
    )


def _wrong_value(value: Any, kind: str) -> str | None:
    if kind == "pairs" and not (isinstance(value, list) and all(map(_texts, value))):
        return "an answer of type pairs needs a value: a list of pairs of ids"
    if kind == "partition" and not (
        isinstance(value, dict) and all(_texts(one) or isinstance(one, int | float) for one in value.values())
    ):
        return "an answer of type partition needs a value: the ids of each group, or how many"
    return None


def _wrong_parts(parts: Any, facts: list[Any]) -> str | None:
    if not isinstance(parts, list):
        return "parts of the answer is not a list of answers"
    return next(filter(None, (_wrong_answer(part, facts) for part in parts)), None)


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
