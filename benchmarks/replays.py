"""Decisions over random questions, run again after five changes of the data: what is the same, and how long it takes.

python benchmarks/replays.py [DECISIONS] [--store STORE]

The store has to be empty; without one it is a file of its own. Every fifth decision is written by a scripted model.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path

from kg.answer.pipeline import answer
from kg.bootstrap import open_services
from kg.decisions.replay_report import replay
from kg.domain.question import Question
from kg.settings import Settings
from tests.e2e.reloads import changes, copied, load, questions
from tests.unit.decisions.said import speaking

EACH = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("decisions", type=int, nargs="?", default=300)
    parser.add_argument("--store")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.from_environment()
        services = open_services(
            Settings(
                store=wanted.store or f"sqlite:{folder}/whence.db",
                neo4j_user=settings.neo4j_user,
                neo4j_password=settings.neo4j_password,
            )
        )
        data = copied(Path(folder))
        load(data, services)
        decided = []
        for number, text in enumerate(questions(services, wanted.decisions, 7)):
            author = speaking(services.prompts) if number % EACH == 0 else None
            asked = Question(text)
            decided.append(answer(asked, services.store, services.decisions, services.clock, author=author))
        for change in changes(data, services, 11):
            change()
        told, took = [], []
        for one in decided:
            began = time.perf_counter()
            told.append(replay(one, services.store, services.prompts, services.adapter))
            took.append((time.perf_counter() - began) * 1000)
        live = [replay(one, services.store, services.prompts, services.adapter, live=True) for one in decided]
        services.store.close()
    without = [one for one, document in zip(told, decided, strict=True) if document["versions"]["model"] is None]
    report = {
        "decisions": len(decided),
        "outcomes": dict(Counter(one["outcome"] for one in decided)),
        "written_by_a_model": sum(one["writer"]["by"] == "model" for one in decided),
        "same_evidence_hash": sum(one["state"] == "same" for one in told),
        "without_a_model": len(without),
        "equal_to_the_byte_without_a_model": sum(bool(one["identical"]) for one in without),
        "equal_to_the_byte": sum(bool(one["identical"]) for one in told),
        "replay_ms": {"p50": round(statistics.median(took), 1), "p95": round(statistics.quantiles(took, n=20)[18], 1)},
        "today": dict(Counter(one["state"] for one in live)),
        "today_other_answer": sum(one.get("same_answer") is False for one in live),
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
