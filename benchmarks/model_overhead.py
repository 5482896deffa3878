"""What everything around a model takes, beside the round trip to the model's server. The server is scripted.

    python benchmarks/model_overhead.py --store sqlite:supply.db [--question TEXT] [--times 50]

A question whose answer has some forty pieces of evidence is asked with and without a model, in turn. Around the model
is what the first takes longer than the second at the median, less the calls themselves: packing, rendering, holding
the reading and the claims against question and evidence, and what is recorded besides.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass, field

from api.demo_model import create_demo_model
from kg.answer.pipeline import answer
from kg.answer.prompts import Prompts
from kg.answer.write import Author
from kg.bootstrap import Services, open_services
from kg.domain.completion import ModelSpec, Reply, Request
from kg.domain.question import Question
from kg.ports.model import Model
from kg.settings import Settings
from tests.model_server import serving


@dataclass
class Timed:
    """The model, with what each call took in milliseconds."""

    model: Model
    took: list[float] = field(default_factory=list)

    @property
    def spec(self) -> ModelSpec:
        return self.model.spec

    def complete(self, request: Request) -> Reply:
        began = time.perf_counter()
        try:
            return self.model.complete(request)
        finally:
            self.took.append((time.perf_counter() - began) * 1000)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--store", required=True)
    options.add_argument("--question", default="How many suppliers are there?")
    options.add_argument("--times", type=int, default=50)
    given = options.parse_args()
    with serving(create_demo_model()) as url:
        services = open_services(Settings(store=given.store, model="scripted", environment={"OPENAI_BASE_URL": url}))
        model = services.model
        if model is None:
            raise SystemExit("no model is set")
        timed = Timed(model)
        asked, plain, trips = [], [], []
        for turn in range(given.times + 5):
            before = len(timed.took)
            alone, _ = ask(services, given.question, None)
            took, pieces = ask(services, given.question, Author(timed, Prompts(services.prompts)))
            calls = timed.took[before:]
            if turn >= 5:
                trips += calls
                plain.append(alone)
                asked.append(took - sum(calls))
        services.store.close()
    print(f"{pieces} pieces of evidence, {len(calls)} calls a question, {given.times} times")
    around = [one - statistics.median(plain) for one in asked]
    for name, values in (("round trip of a call", trips), ("around the model", around)):
        told = sorted(values)
        print(f"{name:22} p50 {told[len(told) // 2]:6.1f} ms   p95 {told[int(len(told) * 0.95)]:6.1f} ms")
    trip, most = sorted(trips)[int(len(trips) * 0.95)], sorted(around)[int(len(around) * 0.95)]
    print(f"around the model, p95, is {most / trip:.2f} x the round trip, p95 (aim: at most 1)")


def ask(services: Services, question: str, author: Author | None) -> tuple[float, int]:
    """Milliseconds, and pieces of evidence."""
    began = time.perf_counter()
    document = answer(
        Question(question), services.store, services.decisions, services.clock, adapter=services.adapter, author=author
    )
    return (time.perf_counter() - began) * 1000, len(document["evidence"])


if __name__ == "__main__":
    main()
