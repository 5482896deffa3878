"""Answers with one fault each, and as many without: how many of the faults are caught, how many true sentences refused.

    python benchmarks/blind_faults.py --store sqlite:supply.db --questions FILE… --ontology FILE… [--half c] [--show]

Sentences are written from recorded answers (their evidence and drawn relationships) and from the words of the ontology
files, in four parts of ways to say it; nothing that judges them is used to make them. An answer has up to three
sentences. A fault is caught if its sentence does not stand; a true answer is refused if one of its sentences is.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from benchmarks import blind_more, blind_plants, blind_sentences
from benchmarks.blind_plants import FAULTS
from benchmarks.blind_sentences import Answer, Line, taken_apart
from benchmarks.planted_faults import Bare, Scripted, Told
from kg.answer.pipeline import answer
from kg.answer.write import Author
from kg.bootstrap import open_services
from kg.domain.lineage import Classification
from kg.domain.plan_json import from_json
from kg.domain.question import Question
from kg.settings import Settings


@dataclass(frozen=True)
class Written:
    """An answer to be judged: sentences, and which of them has which fault."""

    told: Answer
    lines: tuple[Line, ...]
    fault: str | None = None
    faulty: str = ""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--store", action="append", required=True)
    options.add_argument("--questions", action="append", required=True)
    options.add_argument("--ontology", action="append", required=True)
    options.add_argument(
        "--half", choices=tuple("abcdef"), default="a", help="Which part of the ways of saying and of the faults."
    )
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--each", type=int, default=50, help="Answers of each fault; as many without any.")
    options.add_argument("--show", action="store_true", help="Print what was judged wrongly.")
    given = options.parse_args()
    draw = random.Random(f"{given.half}{given.seed}")  # noqa: S311 (sentences, no secrets)
    sources = list(recorded(given.store, given.questions, given.ontology))
    truths = (blind_sentences if given.half in "ab" else blind_more).truths
    pool = [(told, line) for told in sources for line in truths(told, given.half, draw)]
    print(f"{len(sources)} recorded answers, {len(pool)} true sentences")
    written = list(answers(pool, given.half, draw, given.each))
    judge(written, show=given.show)


def recorded(stores: Sequence[str], questions: Sequence[str], ontologies: Sequence[str]) -> Iterator[Answer]:
    for store, path, ontology in zip(stores, questions, ontologies, strict=True):
        services = open_services(Settings(store=store, ceiling=Classification.RESTRICTED))
        words = yaml.safe_load(Path(ontology).read_text("utf-8"))
        for text in Path(path).read_text("utf-8").splitlines():
            question = Question(json.loads(text)["question"])
            found = answer(question, services.store, services.decisions, services.clock, adapter=services.adapter)
            if found["outcome"] == "answered" and found["plan"]["op"] != "parts":
                yield taken_apart(services, found, words)


def answers(pool: list[tuple[Answer, Line]], half: str, draw: random.Random, each: int) -> Iterator[Written]:
    """As many true ones as faulty ones; every answer is equally likely, however much can be said of it."""
    by_answer: dict[int, list[tuple[Answer, Line]]] = {}
    for told, line in pool:
        by_answer.setdefault(id(told), []).append((told, line))
    groups = list(by_answer.values())

    def some(told: Answer) -> tuple[Line, ...]:
        return tuple(
            line for _, line in draw.sample(by_answer[id(told)], min(len(by_answer[id(told)]), draw.choice((0, 1, 2))))
        )

    planters = (blind_plants if half in "ab" else blind_more).PLANTERS
    for fault, plant in planters.items():
        made, seen, tries = 0, set[tuple[str, tuple[str, ...]]](), 0
        while made < each and tries < 200 * each:
            tries += 1
            told, line = draw.choice(draw.choice(groups))
            wrong = plant(line, told, half, draw)
            if (
                wrong is None
                or (wrong.text, wrong.cites) in seen
                or (wrong.text, wrong.cites) == (line.text, line.cites)
            ):
                continue
            seen.add((wrong.text, wrong.cites))
            made += 1
            lines = [one for one in some(told) if one.text != wrong.text]
            lines.insert(draw.randint(0, len(lines)), wrong)
            yield Written(told, tuple(lines), fault, wrong.text)
    for _ in range(len(FAULTS) * each):
        told, line = draw.choice(draw.choice(groups))
        yield Written(told, (line, *(one for one in some(told) if one != line)))


def judge(written: Sequence[Written], *, show: bool) -> None:
    """Have each answer written with its sentences, and see which of them stood."""
    caught, missed, beside = Counter[str](), Counter[str](), 0
    clean = Counter[bool]()
    for one in written:
        told = one.told
        model = Scripted()
        model.claims = [Told(line.text, line.cites) for line in one.lines]
        model.plan = told.document["plan"]
        again = answer(
            Question(told.document["question"]),
            told.services.store, told.services.decisions, told.services.clock, from_json(told.document["plan"]),
            author=Author(model, Bare()),
        )  # fmt: skip
        if not any(call["purpose"] == "answer" for call in again["calls"]):
            continue
        problems = {gone["text"]: gone["problem"] for gone in again["writer"]["dropped"]}
        wrongly = {text: why for text, why in problems.items() if text != one.faulty}
        if one.fault is None:
            clean[bool(problems)] += 1
        elif one.faulty in problems:
            caught[one.fault] += 1
            beside += bool(wrongly)
        else:
            missed[one.fault] += 1
        if show and one.fault is not None and one.faulty not in problems:
            line = next(line for line in one.lines if line.text == one.faulty)
            print(f"  missed, {one.fault}: {one.faulty} {list(line.cites)}   of: {told.document['question'][:90]}")
        for text, why in wrongly.items() if show else ():
            print(f"  refused: {text}\n      {why}   of: {told.document['question'][:90]}")
    print(f"{'fault':20} {'caught':>7} {'missed':>7}")
    for fault in FAULTS:
        print(f"{fault:20} {caught[fault]:7} {missed[fault]:7}")
    every = caught.total() + missed.total()
    print(f"caught {caught.total()} of {every} ({caught.total() / max(1, every):.1%})")
    print(f"beside {beside} of these a true sentence was refused")
    rate = clean[True] / max(1, clean.total())
    print(f"false alarms {clean[True]} of {clean.total()} answers without a fault ({rate:.1%})")


if __name__ == "__main__":
    main()
