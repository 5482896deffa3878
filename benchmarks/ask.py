"""Asking, warm, beside the same store reads made again, alone. Prints milliseconds and ratios.

    python benchmarks/ask.py --store sqlite:whence.db --questions FILE [--times 200] [--grow 10]

Every read that an answer makes is kept and then made again, alone: that is the floor. With --grow the graph is copied
into new files, once and so many times with other ids and names, and both are asked in turn; steps are compared over
the questions that find the same in both.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.graphs import copy
from kg.answer.execute import TooMuchRead, execute
from kg.answer.link import link
from kg.answer.measures import percentile
from kg.answer.pipeline import answer
from kg.answer.views import Views
from kg.bootstrap import Services, open_services
from kg.domain.decision import Document
from kg.domain.plan import Parts, Plan
from kg.domain.plan_json import from_json
from kg.domain.question import Question
from kg.domain.scope import Scope
from kg.settings import Settings

NO_READS = ("ontology", "profile", "datasets", "scope", "known_at")
STEPS = ("link", "plan", "execute", "write", "record")
Took = dict[str, list[float]]


class Recorded:
    """A view that keeps the reads that are made of it."""

    def __init__(self, view: Any, calls: list[Callable[[], Any]]) -> None:
        self._view = view
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        held = getattr(self._view, name)
        if name in NO_READS:
            return held

        def recorded(*arguments: Any, **named: Any) -> Any:
            self._calls.append(lambda: held(*arguments, **named))
            return held(*arguments, **named)

        return recorded


class Watched:
    """A store whose views keep their reads."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.calls: list[Callable[[], Any]] = []

    def view(self, scope: Scope) -> Any:
        return Recorded(self._store.view(scope), self.calls)

    def replay(self) -> None:
        for call in self.calls:
            call()


def timed(task: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = task()
    return (time.perf_counter() - started) * 1000, result


def opened(address: str) -> Services:
    return open_services(replace(Settings.from_environment(), store=address))


def plans_of(document: Document) -> list[Plan]:
    """The plans that were run for an answer."""
    found = [document["plan"]] if document["plan"] else [one["plan"] for one in document["answer"]["choices"]]
    plans = [from_json(one) for one in found]
    return [part for plan in plans for part in (plan.plans if isinstance(plan, Parts) else (plan,))]


def ask(text: str, services: Services) -> tuple[dict[str, float], Document]:
    """One question, with the time of the whole, of each step, and of the reads it makes."""
    question = Question(text)
    took: dict[str, float] = {}
    took["ask"], document = timed(
        lambda: answer(question, services.store, services.decisions, services.clock, adapter=services.adapter)
    )
    for step in document["trace"]["steps"]:
        took[step["step"]] = took.get(step["step"], 0.0) + step["ms"]
    took["record"] = took["ask"] - sum(step["ms"] for step in document["trace"]["steps"])
    watched: Any = Watched(services.store)
    answer(question, watched, services.decisions, services.clock, adapter=services.adapter)
    took["all its reads alone"], _ = timed(watched.replay)
    view = services.store.view(Scope())
    met = link(question, view).entities
    if plans := plans_of(document):
        took["execution"], done = timed(lambda: [run(plan, Views(view, services.store.view), met) for plan in plans])
        if all(done):
            watched = Watched(services.store)
            own = watched.view(Scope())
            for plan in plans:
                run(plan, Views(own, watched.view), met)
            took["its reads alone"], _ = timed(watched.replay)
    return took, document


def run(plan: Plan, views: Views, met: Any) -> bool:
    """Whether the plan could be run to its end."""
    try:
        execute(plan, views, met)
    except TooMuchRead:
        return False
    return True


def asked_in_turn(
    texts: list[str], stores: list[Services], times: int
) -> list[list[tuple[dict[str, float], Document]]]:
    """For each store its answers, after one round that warms it."""
    found: list[list[tuple[dict[str, float], Document]]] = [[] for _ in stores]
    rounds = max(1, times // len(texts))
    for number in range(rounds + 1):
        for text in texts:
            # Each store goes first as often as the other: the second finds the processor warm.
            for store, answers in list(zip(stores, found, strict=True))[:: -1 if number % 2 else 1]:
                one = ask(text, store)
                if number:
                    answers.append(one)
    return found


def table(answers: list[tuple[dict[str, float], Document]]) -> None:
    names = dict.fromkeys(name for took, _ in answers for name in took)
    for name in names:
        values = [took[name] for took, _ in answers if name in took]
        middle, high = percentile(values, 50), percentile(values, 95)
        print(f"{name:20} p50 {middle:9.2f} ms   p95 {high:9.2f} ms   n {len(values)}")


def beside(answers: list[tuple[dict[str, float], Document]], name: str, floor: str) -> str:
    """How many times the floor: of the medians, and at the median of the questions."""
    both = [(took[name], took[floor]) for took, _ in answers if floor in took]
    medians = [statistics.median(values) for values in zip(*both, strict=True)]
    each = statistics.median(one / max(other, 1e-6) for one, other in both)
    return f"{medians[0] / medians[1]:.2f} x at p50 (each question beside its own: {each:.2f} x)"


def grown(texts: list[str], answers: list[list[tuple[dict[str, float], Document]]]) -> None:
    """The steps at both sizes, over the questions that find the same."""
    small, large = answers
    same = {
        text
        for text, (_, here), (_, there) in zip(texts * len(small), small, large, strict=False)
        if (here["outcome"], here["answer"]["text"]) == (there["outcome"], there["answer"]["text"])
    }
    print(f"the larger graph beside the smaller, over the {len(same)} of {len(texts)} questions that find the same:")
    for name in ("ask", *STEPS):
        both = [
            (here[name], there[name])
            for text, (here, _), (there, _) in zip(texts * len(small), small, large, strict=False)
            if text in same and name in here and name in there
        ]
        medians = [statistics.median(values) for values in zip(*both, strict=True)]
        each = statistics.median(there / max(here, 1e-6) for here, there in both)
        print(f"{name:20} {medians[0]:9.2f} ms → {medians[1]:9.2f} ms at p50; each beside its own: {each:.2f} x")


def machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--grow", type=int, default=1, metavar="N", help="also ask a graph of so many copies")
    options = parser.parse_args()
    texts = [json.loads(line)["question"] for line in options.questions.read_text("utf-8").splitlines() if line.strip()]
    print(f"{len(texts)} questions in turn, warm, no model; {machine()}")
    services = opened(options.store)
    with tempfile.TemporaryDirectory() as folder:
        stores = [services]
        if options.grow > 1:
            stores = [opened(f"sqlite:{folder}/{name}.db") for name in ("once", "grown")]
            sizes = [copy(services, store, times) for store, times in zip(stores, (1, options.grow), strict=True)]
            print(f"{sizes[0]:,} facts, and {sizes[1]:,}")
        answers = asked_in_turn(texts, stores, options.times)
        for store in {one.store for one in (services, *stores)}:
            store.close()
    table(answers[0])
    print(f"execution beside its reads alone: {beside(answers[0], 'execution', 'its reads alone')} (aim: at most 5)")
    print(f"ask beside all its reads alone: {beside(answers[0], 'ask', 'all its reads alone')}")
    if options.grow > 1:
        grown(texts, answers)


if __name__ == "__main__":
    main()
