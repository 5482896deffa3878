"""Training an adapter from questions with gold answers: words for chains, a calibrator, a threshold.

Everything measured is measured on questions apart: the questions are dealt into folds, none with the same words around
its names as another fold, and each fold is asked with what was learned from the others. Of several sets, each is a
fold: how sure to be on a graph is then judged by what was learned on the other graphs.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kg.answer.adapter import Adapter, Calibrator, joined, to_document
from kg.answer.grading import grade, overlap
from kg.answer.learned import Learned, chains_from, chains_read
from kg.answer.link import link
from kg.answer.pipeline import decide
from kg.answer.planner import plan
from kg.answer.trace import Trace
from kg.answer.train_chains import MISSING, NEAR, Example, Near, example, learn
from kg.answer.views import Views
from kg.domain.canonical_json import canonical
from kg.domain.decision import Document
from kg.domain.ontology import Ontology
from kg.domain.question import Linked, Question
from kg.domain.scope import Scope
from kg.errors import TrainingRefused
from kg.ports.store import GraphStore

Told = Callable[[str, int, int], None]
FOLDS = 3
MOST_ASKED = 300
"""Questions that are asked to measure and to calibrate; more sharpen the words alone."""
MOST_COMPARED = 40
"""Questions that are also asked without what was learned, to see that it is better."""
TIES = (0.25, 0.0)
"""Closeness of readings that are offered side by side: as set by hand, or none, where words tell them apart."""
ANSWERED = ("answered", "false_premise")
LEAST_QUESTIONS = 10
"""Fewer teach nothing that could be told from chance."""
TARGET_ERROR = 0.1
"""Of the answers given, how many may be wrong on questions apart: a wrong answer costs more than none."""
LEAST_JUDGED = 20
"""Answers below which no calibrator is fitted."""


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Questions with gold answers about one graph."""

    golds: Sequence[dict[str, Any]]
    store: GraphStore
    scope: Scope


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question asked: how it was graded, and the signs of the reading that was answered."""

    fold: int
    grade: str
    signs: dict[str, float] | None
    answered: bool


def train(sets: Sequence[TrainingSet], told: Told, *, error: float = TARGET_ERROR) -> Adapter:
    """Learn from one set words, a calibrator and a threshold; from several, which share no words, the latter two.

    Raises TrainingRefused where the questions are too few or scikit-learn is missing.
    """
    count = sum(len(one.golds) for one in sets)
    if count < LEAST_QUESTIONS:
        raise TrainingRefused(f"{count} questions are too few to learn from: give at least {LEAST_QUESTIONS}")
    _needed()
    courses = [_Course(one, told, place if len(sets) > 1 else None) for place, one in enumerate(sets)]
    learned, tie = None, None
    if len(courses) == 1 and (words := courses[0].learn()) is not None:
        first = courses[0].ask(None, MOST_COMPARED)
        trials = {one: courses[0].ask(words, tie=one) for one in TIES}
        tie = max(TIES, key=lambda one: _worth(trials[one], error))
        judged = trials[tie]
        if _worth(judged[: len(first)], error) > _worth(first, error):
            learned = courses[0].learn_all()
    if learned is None:
        tie = None
        first = judged = [asked for course in courses for asked in course.ask(None)]
    calibrator, threshold, apart = _calibrated(judged, error)
    ontologies = [course.ontology for course in courses]
    steps = _steps(learned, courses[0].ontology)
    manifest = {
        "questions": count,
        "questions_sha256": hashlib.sha256(canonical([list(one.golds) for one in sets])).hexdigest(),
        "asked": len(judged),
        "ontologies": sorted({name for one in ontologies for name in one.names}),
        "datasets": sorted({v.ref for course in courses for v in course.views.own.datasets()}),
        "target_error": error,
        "quality": {
            "hand_set": _counts(first),
            "trained": _counts(judged),
            "with_threshold": apart,
        },
        "words_learned_from": 0 if learned is None else sum(one.explains for one in courses[0].examples),
    }
    made = Adapter({}, learned, steps, calibrator, tie, threshold, manifest)
    return replace(made, id=to_document(made)["id"])


def _needed() -> None:
    try:
        import sklearn  # noqa: F401
    except ImportError as exc:
        raise TrainingRefused(MISSING) from exc


class _Course:
    """One set on its graph: its questions linked, dealt into folds, and explained by chains."""

    def __init__(self, given: TrainingSet, told: Told, fold: int | None) -> None:
        self.views = Views(given.store.view(given.scope), given.store.view)
        self.ontology: Ontology = self.views.own.ontology()
        self.scope, self.golds, self.told = given.scope, list(given.golds), told
        self.examples: list[Example] = []
        linked = [link(Question(gold["question"], given.scope), self.views.own) for gold in self.golds]
        self.linked = linked
        self.folds = [_fold(one) if fold is None else fold for one in linked]
        order = list(range(len(self.golds)))
        random.Random(len(order)).shuffle(order)  # noqa: S311 (which questions are asked, the same every time)
        self.sample = order[:MOST_ASKED]

    def learn(self) -> list[Learned] | None:
        """What the other folds teach, for each fold."""
        near = Near(self.views.own, self.ontology)
        for number, (gold, linked) in enumerate(zip(self.golds, self.linked, strict=True)):
            self.told("matching chains with answers", number, len(self.golds))
            read = chains_read((one.plan, one.score) for one in plan(linked, self.ontology, Adapter()).readings)
            self.examples.append(example(gold, linked, near, read))
        if sum(one.explains for one in self.examples) < LEAST_QUESTIONS:
            return None
        found = []
        for fold in range(FOLDS):
            self.told("learning words", fold, FOLDS + 1)
            others = [one for one, own in zip(self.examples, self.folds, strict=True) if own != fold]
            found.append(learn(others, self.ontology) if any(one.explains for one in others) else Learned())
        return found

    def learn_all(self) -> Learned:
        """What all questions teach."""
        self.told("learning words", FOLDS, FOLDS + 1)
        return learn(self.examples, self.ontology)

    def ask(self, words: list[Learned] | None, most: int = MOST_ASKED, tie: float | None = None) -> list[_Asked]:
        """Ask a sample of the questions, each with what the other folds taught, and grade the answers."""
        found = []
        for number, at in enumerate(self.sample[:most]):
            self.told("asking", number, min(most, len(self.sample)))
            gold, fold = self.golds[at], self.folds[at]
            adapter = Adapter(learned=words[fold] if words is not None else None, tie=tie)
            document, signs = decide(Question(gold["question"], self.scope), self.views, adapter, Trace())
            found.append(_Asked(fold, self._judged(gold, document), signs, document["outcome"] in ANSWERED))
        return found

    def _judged(self, gold: dict[str, Any], document: Document) -> str:
        """The grade; nearly the members of the gold are right, since a graph may lack a few of its facts."""
        graded = grade(gold, document, self.ontology).grade
        near = document["outcome"] == "answered" and overlap(gold, document["answer"], self.ontology) >= NEAR
        return "right" if near else graded


def _fold(linked: Linked) -> int:
    """Questions with the same words around their longest name are in the same fold."""
    names = [m for m in linked.mentions if m.kind == "entity"]
    name = max(names, key=lambda m: (m.end - m.start, m.score), default=None)
    words = [w.folded for i, w in enumerate(linked.words) if name is None or not name.start <= i < name.end]
    return hashlib.sha256(" ".join(words).encode()).digest()[0] % FOLDS


def _worth(asked: Sequence[_Asked], error: float) -> float:
    """Right answers, less what a wrong one costs: as much as it takes to keep to the error, up to three."""
    cost = min(3.0, (1 - error) / error) if error else 3.0
    return sum({"right": 1.0, "wrong": -cost}.get(one.grade, 0.0) for one in asked)


def _counts(asked: Sequence[_Asked]) -> dict[str, int]:
    counts = Counter(one.grade for one in asked)
    return {name: counts[name] for name in ("right", "wrong", "abstained")}


def _steps(learned: Learned | None, ontology: Ontology) -> dict[str, Any]:
    if learned is None:
        return {}
    used = {predicate for name in ontology.types for chain in chains_from(ontology, name) for predicate, _ in chain}
    return {name: joined(ontology, name) for name in sorted(used)}


# --- how sure ----------------------------------------------------------------------------------------------------


def _calibrated(asked: Sequence[_Asked], error: float) -> tuple[Calibrator | None, float, dict[str, Any] | None]:
    """A calibrator, the threshold that keeps to the error, and what both are worth on folds apart."""
    judged = [one for one in asked if one.answered and one.signs is not None]
    right = [one.grade == "right" for one in judged]
    if len(judged) < LEAST_JUDGED or len(set(right)) < 2:
        return None, 0.0, None
    apart: list[float] = [0.0] * len(judged)
    for fold in sorted({one.fold for one in judged}):
        fitted = _fit([one for one in judged if one.fold != fold])
        for at, one in enumerate(judged):
            if one.fold == fold:
                apart[at] = fitted.probability(one.signs or {})
    threshold = _threshold(apart, right, error)
    given = [(p, ok) for p, ok in zip(apart, right, strict=True) if p >= threshold]
    rest = Counter(one.grade for one in asked if one not in judged)
    wrong = sum(not ok for _, ok in given)
    curve = _reliability(apart, right)
    return (
        _fit(judged),
        threshold,
        {
            "right": sum(ok for _, ok in given) + rest["right"],
            "wrong": wrong + rest["wrong"],
            "abstained": len(asked) - len(given) - rest["right"] - rest["wrong"],
            "calibration_error": round(sum(abs(p - ok) * n for p, ok, n in curve) / len(judged), 4),
            "reliability": curve,
        },
    )


def _fit(judged: Sequence[_Asked]) -> Calibrator:
    from sklearn.linear_model import LogisticRegression

    names = sorted({name for one in judged for name in one.signs or {}})
    right = [one.grade == "right" for one in judged]
    if len(set(right)) < 2:
        return Calibrator(4.0 if right and right[0] else -4.0, {})
    values = [[(one.signs or {})[name] for name in names] for one in judged]
    fitted = LogisticRegression(C=1.0, max_iter=2_000).fit(values, right)
    weights = {name: round(float(weight), 4) for name, weight in zip(names, fitted.coef_[0], strict=True)}
    return Calibrator(
        round(float(fitted.intercept_[0]), 4), {name: weight for name, weight in weights.items() if weight}
    )


def _threshold(sure: Sequence[float], right: Sequence[bool], error: float) -> float:
    """The lowest probability from which on no more than this share of the answers is wrong."""
    ordered = sorted(zip(sure, right, strict=True), reverse=True)
    found, wrong = 1.0, 0
    for place, (probability, ok) in enumerate(ordered, 1):
        wrong += not ok
        if wrong <= error * place:
            found = probability
    return 0.0 if found == ordered[-1][0] else round(found, 4)


def _reliability(sure: Sequence[float], right: Sequence[bool], bins: int = 5) -> list[list[float]]:
    """Bins of equal width that hold an answer: how sure on average, how often right, how many."""
    found = []
    for at in range(bins):
        inside = [(p, ok) for p, ok in zip(sure, right, strict=True) if at == min(bins - 1, int(p * bins))]
        if inside:
            count = len(inside)
            means = (sum(p for p, _ in inside) / count, sum(ok for _, ok in inside) / count)
            found.append([*(round(mean, 3) for mean in means), count])
    return found
