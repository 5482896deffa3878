"""Train the adapter that Whence ships, from the example questions of several loaded examples.

    python benchmarks/default_adapter.py --set sqlite:FILE=QUESTIONS.jsonl … --out kg/adapters/default.json

Graphs share no words, so what is learned is a calibrator and a threshold. Each is judged on the graphs apart from the
ones it was fitted on.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from api.questions import read_questions
from kg.answer.adapter import save
from kg.answer.train import TARGET_ERROR, TrainingSet, train
from kg.bootstrap import open_services
from kg.domain.scope import Scope
from kg.settings import Settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", action="append", required=True, help="STORE=QUESTIONS.jsonl; one for each graph.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--error", type=float, default=TARGET_ERROR)
    given = parser.parse_args()
    sets = []
    for one in given.set:
        store, _, questions = one.rpartition("=")
        golds = read_questions([Path(questions)])
        sets.append(TrainingSet(golds, open_services(Settings(store=store, adapter="none")).store, Scope()))
    adapter = train(sets, lambda *_: None, error=given.error)
    save(adapter, given.out)
    print(json.dumps({"id": adapter.id, "threshold": adapter.threshold, **adapter.manifest}, indent=2))


if __name__ == "__main__":
    main()
