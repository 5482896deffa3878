"""Questions over a film graph: first answers right, zero-shot and with an adapter trained on a part of them.

    python benchmarks/metaqa.py --data DIR --store sqlite:FILE [--train 0 100 1000] [--test 200] [--paraphrase]
    python benchmarks/metaqa.py --data DIR --write FILE --train 1000

DIR holds the official dev questions (``questions-N-hop-dev.txt.gz``, with types). The topic is not marked, the number
of hops is not told. Questions are dealt into two halves with no masked question in common: one trains, from the other
``--test`` a hop are asked. A hit is a first answer that is in the gold; an abstention is none. ``allowed`` is how many
the graph could answer at all: the chain that the question's type names, from its topic, finds something of the
gold. Since only hits count here, the adapter is trained to answer always (error 1).
``--write`` writes the training questions as JSONL for ``whence adapters train``.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import re
import time
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from kg.answer.adapter import Adapter, save
from kg.answer.execute import execute
from kg.answer.pipeline import decide
from kg.answer.trace import Trace
from kg.answer.train import TrainingSet, train
from kg.answer.views import Views
from kg.bootstrap import Services, open_services
from kg.domain.plan import Entities, Follow, Plan, Value, as_set
from kg.domain.question import Question
from kg.domain.scope import Scope
from kg.domain.words import fold
from kg.settings import Settings

HOPS = (1, 2, 3)
RELATIONS = {
    "director": "directed_by", "writer": "written_by", "actor": "starred_actors", "year": "release_year",
    "language": "in_language", "genre": "has_genre", "tags": "has_tags", "tag": "has_tags",
    "imdbrating": "has_imdb_rating", "imdbvotes": "has_imdb_votes",
}  # fmt: skip
LITERAL = ("release_year", "has_imdb_rating", "has_imdb_votes")


@dataclass(frozen=True)
class Asked:
    """One question of the set."""

    text: str
    topic: str
    gold: frozenset[str]
    kind: str
    half: int


def read(folder: Path, hops: int, *, paraphrase: bool) -> list[Asked]:
    """The questions of one number of hops; the halves have no masked question in common."""
    name = f"questions-{hops}-hop{'-paraphrase' if paraphrase else ''}-dev.txt.gz"
    lines, kinds = (
        gzip.decompress((folder / file).read_bytes()).decode("utf-8").splitlines()
        for file in (name, f"qtype-{hops}-hop-dev.txt.gz")
    )
    found = []
    for line, kind in zip(lines, kinds, strict=True):
        text, answers = line.split("\t")[:2]
        topic = re.search(r"\[(.*?)\]", text)
        masked = re.sub(r"\[.*?\]", "_", text)
        half = hashlib.sha256(masked.encode()).digest()[0] % 2
        plain = text.replace("[", "").replace("]", "")
        found.append(Asked(plain, topic[1] if topic else "", frozenset(answers.split("|")), kind, half))
    return found


def gold(number: int, one: Asked) -> dict[str, Any]:
    """The question in the form that ``whence adapters train`` and ``whence eval`` read."""
    answer: dict[str, Any] = {"type": "list", "names": sorted(one.gold)}
    if one.kind.rsplit("_", 1)[-1] in ("imdbrating", "imdbvotes"):
        answer = {"type": "value", "value": min(one.gold)}
    return {"id": f"q{number}", "kind": one.kind, "question": one.text, "answer": answer}


def sample(folder: Path, number: int, half: int, *, paraphrase: bool) -> dict[int, list[Asked]]:
    """A seeded ``number`` of each hop out of one half."""
    chance = random.Random(f"{number} {half}")  # noqa: S311 (which questions, the same every time)
    found = {}
    for hops in (1,) if paraphrase else HOPS:
        whole = [one for one in read(folder, hops, paraphrase=paraphrase) if one.half == half]
        found[hops] = chance.sample(whole, min(number, len(whole)))
    return found


def first(answer: dict[str, Any]) -> str:
    """The first answer."""
    if answer["type"] == "value":
        value = answer["value"]
        return str(value[0] if isinstance(value, list) and value else value)
    return str(answer["entities"][0]["name"]) if answer["entities"] else ""


def allowed(one: Asked, views: Views) -> bool:
    """Whether the graph can answer the question: its chain, from any thing of the topic's name."""
    parts = one.kind.split("_to_")
    for ids in views.own.named([fold(one.topic)], 20).values():
        for start in ids:
            plan: Plan = Entities(ids=(start,))
            for before, after in pairwise(parts):
                out = before == "movie"
                name = RELATIONS[after if out else before]
                step = Follow(as_set(plan), name, "out" if out else "in")
                plan = Value(as_set(plan), name) if name in LITERAL else step
            result = execute(plan, views)
            names = [
                str(row.value) if row.value is not None else result.entities[row.entity].name for row in result.rows
            ]
            if any(name in one.gold for name in names):
                return True
    return False


def measure(asked: dict[int, list[Asked]], services: Services, adapter: Adapter, *, verbose: bool) -> None:
    """Ask them all and print hits by number of hops."""
    views = Views(services.store.view(Scope()), services.store.view)
    for hops, questions in asked.items():
        counts: Counter[str] = Counter()
        took = []
        for one in questions:
            started = time.perf_counter()
            document, _ = decide(Question(one.text), views, adapter, Trace())
            took.append((time.perf_counter() - started) * 1000)
            graded = "abstained"
            if document["outcome"] == "answered":
                graded = "hit" if first(document["answer"]) in one.gold else "wrong"
            possible = allowed(one, views)
            counts[graded] += 1
            counts["allowed"] += possible
            counts["hit and allowed"] += possible and graded == "hit"
            if verbose and graded != "hit":
                print("   ", graded, one.kind, one.text, "|", document["answer"]["text"][:120])
        took.sort()
        share = counts["hit"] / len(questions)
        of_allowed = counts["hit and allowed"] / max(1, counts["allowed"])
        print(
            f"  {hops} hop: {share:.1%} hits, {of_allowed:.1%} of the {counts['allowed']} of {len(questions)} that the"
            f" graph allows, {counts['wrong']} wrong, {counts['abstained']} abstained;"
            f" p50 {took[len(took) // 2]:.0f} ms, p95 {took[int(len(took) * 0.95)]:.0f} ms",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--store", default="sqlite:whence.db")
    parser.add_argument("--train", type=int, nargs="*", default=[0, 100, 1000], help="Training questions in all.")
    parser.add_argument("--test", type=int, default=200, help="Test questions of each number of hops.")
    parser.add_argument("--paraphrase", action="store_true", help="The machine-paraphrased questions of one hop.")
    parser.add_argument("--adapter", type=Path, help="Keep the last adapter here.")
    parser.add_argument("--write", type=Path, help="Write the training questions as JSONL and stop.")
    parser.add_argument("--verbose", action="store_true", help="Print what was not hit.")
    given = parser.parse_args()
    services = open_services(Settings(store=given.store))
    tests = sample(given.data, given.test, 1, paraphrase=given.paraphrase)
    for number in given.train:
        adapter, took = Adapter(), 0.0
        if number:
            each = -(-number // (1 if given.paraphrase else len(HOPS)))
            chosen = [
                one for found in sample(given.data, each, 0, paraphrase=given.paraphrase).values() for one in found
            ]
            golds = [gold(i, one) for i, one in enumerate(chosen)][:number]
            if given.write:
                given.write.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in golds), "utf-8")
                return
            started = time.perf_counter()
            adapter = train([TrainingSet(golds, services.store, Scope())], lambda *_: None, error=1.0)
            took = time.perf_counter() - started
            if given.adapter:
                save(adapter, given.adapter)
        quality = json.dumps(adapter.manifest.get("quality"))
        print(f"{number} training questions ({took:.0f} s): {quality}, threshold {adapter.threshold}", flush=True)
        measure(tests, services, adapter, verbose=given.verbose)


if __name__ == "__main__":
    main()
