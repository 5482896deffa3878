"""Asking, warm, beside the same store reads replayed alone. Prints milliseconds and ratios.

    python benchmarks/ask.py --store sqlite:whence.db --questions FILE [--times 200]

The questions are asked in turn until each was asked often enough for --times in all. Every call that execution makes
of the View is kept and then made again, alone: that is the floor.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from kg.answer.execute import execute
from kg.answer.link import link
from kg.answer.pipeline import answer
from kg.answer.planner import plan
from kg.bootstrap import Services, open_services
from kg.domain.question import Question
from kg.domain.scope import Scope
from kg.settings import Settings


class Recorded:
    """A view that remembers which reads were made of it."""

    def __init__(self, view: Any) -> None:
        self._view = view
        self.calls: list[tuple[str, tuple[Any, ...]]] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._view, name)

        def recorded(*arguments: Any) -> Any:
            if name not in ("ontology", "profile", "datasets"):
                self.calls.append((name, arguments))
            return method(*arguments)

        return recorded

    def replay(self) -> None:
        for name, arguments in self.calls:
            getattr(self._view, name)(*arguments)


def timed(task: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = task()
    return (time.perf_counter() - started) * 1000, result


def ask_once(text: str, services: Services, took: dict[str, list[float]]) -> None:
    whole, document = timed(
        lambda: answer(Question(text), services.store, services.decisions, services.clock, adapter=services.adapter)
    )
    took["ask"].append(whole)
    view = services.store.view(Scope())
    linking, linked = timed(lambda: link(Question(text), view))
    planning, planned = timed(lambda: plan(linked, view.ontology(), services.adapter))
    took["link"].append(linking)
    took["plan"].append(planning)
    took["ledger append"].append(
        timed(lambda: services.decisions.append(document["decision_id"] + "-again", document))[0]
    )
    if planned.readings:
        recorded: Any = Recorded(view)
        executing, _ = timed(lambda: execute(planned.readings[0].plan, recorded))
        took["execute"].append(executing)
        took["store reads alone"].append(timed(recorded.replay)[0])


def percentile(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--times", type=int, default=200)
    options = parser.parse_args()
    services = open_services(replace(Settings.from_environment(), store=options.store))
    texts = [json.loads(line)["question"] for line in options.questions.read_text("utf-8").splitlines() if line.strip()]
    took: dict[str, list[float]] = {
        name: [] for name in ("ask", "link", "plan", "execute", "store reads alone", "ledger append")
    }
    for text in texts:
        ask_once(text, services, {name: [] for name in took})
    for number in range(options.times):
        ask_once(texts[number % len(texts)], services, took)
    services.store.close()
    print(f"{options.times} questions, warm")
    for name, values in took.items():
        print(
            f"{name:18} p50 {percentile(values, 50):8.2f} ms   p95 {percentile(values, 95):8.2f} ms   n {len(values)}"
        )
    ratio = statistics.median(e / max(r, 1e-6) for e, r in zip(took["execute"], took["store reads alone"], strict=True))
    print(f"execute / store reads alone: {ratio:.2f} x at the median (aim: at most 5)")


if __name__ == "__main__":
    main()
