"""What a model that reads questions adds, and how often a wrong one gets through. The model is scripted.

    python benchmarks/model_planner.py --store sqlite:supply.db --questions FILE [--store … --questions …]

For each question with a gold answer the readings of the grammar are run, and one that gives the gold answer is what a
good model would say. The scripted model says it always, or instead says three times in ten, by chance and anew at
each call, another reading that gives another answer, or the right one with one thing changed. To a question that has
no answer a good model gives no plan. Questions of which no reading gives the gold answer are left out, save in the
last row, whose model is wrong each time.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.planted_faults import Bare
from kg.answer.grading import grade
from kg.answer.pipeline import answer, readings
from kg.answer.write import Author
from kg.bootstrap import Services, open_services
from kg.domain.completion import ModelSpec, Reply, Request
from kg.domain.decision import Document
from kg.domain.lineage import Classification
from kg.domain.plan import Plan
from kg.domain.plan_json import to_json
from kg.domain.question import Question
from kg.domain.scope import Scope
from kg.errors import KgError
from kg.ports.kept import Kept, Requested
from kg.settings import Settings

FIRST = 12
"""Readings that are run for each question."""
WRONG = 0.3


class Unrecorded:
    """Takes decisions and keeps none."""

    def append(self, kept: Kept, requested: Requested | None = None) -> Kept:  # noqa: ARG002 (as the port has it)
        return kept


@dataclass
class Planner:
    """A scripted model that says the plans it is given; it writes no claims."""

    right: Any
    wrong: list[dict[str, Any]]
    share: float
    draw: random.Random
    spec: ModelSpec = field(
        default_factory=lambda: ModelSpec("scripted", "scripted", ceiling=Classification.RESTRICTED, scripted=True)
    )

    def complete(self, request: Request) -> Reply:
        if request.purpose == "answer" or "claims" in request.schema.get("properties", {}):
            return Reply({"claims": []}, "{}", "scripted")
        plan: Any = self.right
        if self.wrong and self.draw.random() < self.share:
            plan = self.draw.choice(self.wrong)
        return Reply({"plan": plan}, json.dumps(plan), "scripted")


def changed(plan: dict[str, Any], services: Services, draw: random.Random) -> list[dict[str, Any]]:
    """The plan with one thing changed: a direction, a negation, a predicate, an entity left out."""
    text = json.dumps(plan)
    ontology = services.store.view(Scope()).ontology()
    found = []
    if '"direction": "out"' in text:
        found.append(text.replace('"direction": "out"', '"direction": "in"', 1))
    if '"quantifier": "none"' in text:
        found.append(text.replace('"quantifier": "none"', '"quantifier": "some"', 1))
    names = sorted(ontology.predicates)
    for name in names:
        if f'"predicate": "{name}"' in text:
            found.append(text.replace(f'"predicate": "{name}"', f'"predicate": "{draw.choice(names)}"', 1))
    if plan.get("op") == "count":
        found.append(json.dumps(plan["source"]))
    return [json.loads(one) for one in found]


MODELS = (("always right", 0.0), ("wrong 3 in 10", WRONG), ("always wrong", 1.0))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--store", action="append", required=True)
    options.add_argument("--questions", action="append", required=True)
    options.add_argument("--show", action="store_true", help="Print what only a model made wrong.")
    given = options.parse_args()
    draw = random.Random(11)  # noqa: S311 (what a scripted model says)
    table: Counter[tuple[str, str, str]] = Counter()
    for store, questions in zip(given.store, given.questions, strict=True):
        services = open_services(Settings(store=store, ceiling=Classification.RESTRICTED))
        for line in Path(questions).read_text("utf-8").splitlines():
            ask(json.loads(line), services, draw, table, show=given.show)
    print(f"{'':20} {'without a model':>24} -> with it")
    for name, _ in MODELS:
        for before in ("right", "abstained", "wrong"):
            told = {after: table[name, before, after] for after in ("right", "abstained", "wrong")}
            print(f"model {name:14} {before:>10} {sum(told.values()):5} -> {told}")
        every = sum(count for (model, *_), count in table.items() if model == name)
        wrong = sum(count for (model, _, after), count in table.items() if (model, after) == (name, "wrong"))
        right = sum(count for (model, _, after), count in table.items() if (model, after) == (name, "right"))
        print(f"model {name:14} right {right} and wrong {wrong} of {every} ({wrong / max(1, every):.1%} wrong)")


def ask(
    gold: dict[str, Any], services: Services, draw: random.Random, table: Counter[tuple[str, str, str]], *, show: bool
) -> None:
    """Ask one question without a model and with each of them."""
    ontology = services.store.view(Scope()).ontology()

    def graded(document: Document) -> str:
        return grade(gold, document, ontology).grade

    plain = graded(run(gold, services))
    right, wrong = sorted_out(gold, services, graded)
    wrong += changed(right, services, draw) if right else []
    if right is None and gold["answer"]["type"] in ("abstain", "ambiguous"):
        right = ""
    for name, share in MODELS:
        if right is None and share < 1:
            continue
        document = run(gold, services, author=Author(Planner(right, wrong, share, draw), Bare()))
        table[name, plain, graded(document)] += 1
        if show and graded(document) == "wrong" != plain:
            print(f"  {name}: {gold['question'][:100]}\n     {document['interpretation']}  {document['reader']}")


def sorted_out(gold: dict[str, Any], services: Services, graded: Any) -> tuple[Any, list[dict[str, Any]]]:
    """The first reading with the gold answer, and those with another."""
    right, wrong = None, []
    for one in readings(Question(gold["question"]), services.store, services.adapter)[:FIRST]:
        try:
            made = graded(run(gold, services, one.plan))
        except KgError:
            continue
        if made == "right" and right is None:
            right = to_json(one.plan)
        elif made == "wrong":
            wrong.append(to_json(one.plan))
    return right, wrong


def run(gold: dict[str, Any], services: Services, plan: Plan | None = None, author: Author | None = None) -> Document:
    return answer(
        Question(gold["question"]), services.store, Unrecorded(), services.clock, plan,
        adapter=services.adapter, author=author,
    )  # fmt: skip


if __name__ == "__main__":
    main()
