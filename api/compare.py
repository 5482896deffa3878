"""Two reports of the same questions: which changed, and whether that is more than noise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from api.evaluate import GRADES
from kg.answer.measures import Paired, paired
from kg.errors import InvalidInput

TEST = (
    "exact McNemar test (McNemar 1947) of the questions that changed; 95 % interval after Clopper & Pearson (1934)"
    " of the way they changed"
)
MOST_NAMED = 5


def read_report(path: Path) -> dict[str, Any]:
    """A report that ``eval --json`` wrote. Raises InvalidInput."""
    try:
        report: Any = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as exc:
        raise InvalidInput(f"cannot read {str(path)!r} as a report: {exc}") from exc
    questions = report.get("questions") if isinstance(report, dict) else None
    if not isinstance(questions, list) or not all(_is_graded(one) for one in questions):
        raise InvalidInput(f"{path}: not a report of eval --json: no graded questions in it")
    return dict(report)


def _is_graded(question: Any) -> bool:
    return (
        isinstance(question, dict)
        and all(isinstance(question.get(name), str) for name in ("id", "question"))
        and question.get("grade") in GRADES
    )


def compare(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What changed from one report to the other. Raises InvalidInput where they are not of the same questions."""
    _same_questions(before, after)
    pairs = list(zip(_sorted(before), _sorted(after), strict=True))
    return {
        "test": TEST,
        **{
            name: _difference(
                paired([then["grade"] == name for then, _ in pairs], [now["grade"] == name for _, now in pairs]), name
            )
            for name in ("right", "wrong")
        },
        "flips": [
            {"id": now["id"], "kind": now["kind"], "question": now["question"]}
            | {"before": then["grade"], "after": now["grade"]}
            for then, now in pairs
            if then["grade"] != now["grade"]
        ],
    }


def _key(question: dict[str, Any]) -> tuple[str, str]:
    return question["id"], question["question"]


def _sorted(report: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(report["questions"], key=_key)


def _same_questions(before: dict[str, Any], after: dict[str, Any]) -> None:
    then, now = _sorted(before), _sorted(after)
    if [_key(one) for one in then] != [_key(one) for one in now]:
        gone = [one for one in map(_key, then) if one not in set(map(_key, now))]
        new = [one for one in map(_key, now) if one not in set(map(_key, then))]
        sides = [
            f"only in {where}: {_named(keys)}" for where, keys in (("the report", gone), ("this run", new)) if keys
        ]
        said = "; ".join(sides) or "some stand in one of them more often"
        raise InvalidInput(f"the two reports are not of the same questions: {said}")
    # Reports name the gold they graded by; one from elsewhere may not.
    other = [_key(a) for a, b in zip(then, now, strict=True) if a.get("gold", b.get("gold")) != b.get("gold")]
    if other:
        raise InvalidInput(f"the two reports were not graded by the same gold answers: {_named(other)}")


def _named(keys: list[tuple[str, str]]) -> str:
    more = f" and {len(keys) - MOST_NAMED} more" if len(keys) > MOST_NAMED else ""
    return ", ".join(one for one, _ in keys[:MOST_NAMED]) + more


def _difference(found: Paired, name: str) -> dict[str, Any]:
    way = "more" if found.difference > 0 else "fewer"
    return {
        "gained": found.gained,
        "lost": found.lost,
        "difference": round(found.difference, 4),
        "interval": None if found.interval is None else [round(bound, 4) for bound in found.interval],
        "p": round(found.p, 4),
        "says": f"{way} {name} than before" if found.beyond_noise else "no difference beyond noise",
    }
