"""What attribution finds and costs: held against brute force on questions over the example data.

Brute force takes a fact, or all that a source says, out of a copy of the database and runs the plan on what is left.

python benchmarks/attribution.py [DECISIONS] [--brute FACTS] [--data FOLDER]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

from kg.answer.decide import DecisionInputMissing
from kg.answer.execute import TooMuchRead, execute
from kg.answer.pipeline import answer
from kg.answer.views import Views
from kg.bootstrap import Services, open_services
from kg.decisions.attribution import attribute
from kg.domain.decision import Document
from kg.domain.plan import Parts, Plan
from kg.domain.plan_json import from_json
from kg.domain.question import Question
from kg.domain.scope import Scope
from kg.errors import KgError
from kg.settings import Settings
from loaders.jobs import load_files
from tests.e2e.domains import EXAMPLES, FOLDERS

OF_FACT = "fact = (SELECT n FROM fact WHERE id = ?)"
OF_SOURCE = "source = (SELECT n FROM source WHERE id = ?)"
COLUMNS = 9
"""Of the table of assertions."""
DOMAINS = ("supply", "lineage", "drugmech")


@contextmanager
def taken(path: Path, which: str, name: str) -> Iterator[None]:
    """The database without these assertions; they are put back."""
    database = apsw.Connection(str(path))
    with database:
        held = list(database.execute(f"SELECT * FROM assertion WHERE {which}", (name,)))
        database.execute(f"DELETE FROM assertion WHERE {which}", (name,))
    yield
    with database:
        database.executemany(f"INSERT INTO assertion VALUES ({', '.join('?' * COLUMNS)})", held)
    database.close()


def says(plan: Plan, services: Services) -> Any:
    views = Views(services.store.view(Scope()), services.store.view)
    told: list[Any] = []
    for part in plan.plans if isinstance(plan, Parts) else (plan,):
        try:
            found = execute(part, views)
        except (KgError, TooMuchRead, DecisionInputMissing) as exc:
            told.append(type(exc).__name__)
            continue
        rows = [(row.entity, row.other, row.group, row.value, row.of) for row in found.rows]
        named = found.alternatives[:1] if found.type == "comparison" else ()
        rows = [] if found.type == "path" else rows
        told.append((found.type, rows, json.dumps(found.value, sort_keys=True), found.of, found.refuted, named))
    return told


def decided(services: Services, text: str) -> Iterator[tuple[Document, float]]:
    began = time.perf_counter()
    try:
        document = answer(Question(text), services.store, services.decisions, services.clock)
    except KgError:
        return
    if document["outcome"] in ("answered", "false_premise"):
        yield document, time.perf_counter() - began


def measured(document: Document, services: Services, path: Path, most: int) -> dict[str, float]:
    plan = from_json(document["plan"])
    began = time.perf_counter()
    whole = says(plan, services)
    executed = time.perf_counter() - began
    began = time.perf_counter()
    found = attribute(document, services.recorded)
    took = time.perf_counter() - began
    wrong = seen = 0
    for one in [one for one in found.entries if one.kind != "path"][:most]:
        with taken(path, OF_FACT if one.kind == "fact" else OF_SOURCE, one.id):
            changed = says(plan, services) != whole
        seen += 1
        wrong += changed != (one.effect == "necessary")
    return {"seen": seen, "wrong": wrong, "took": took, "executed": executed, "runs": found.runs}


def told(name: str, ratios: list[float]) -> None:
    p95 = statistics.quantiles(ratios, n=20)[-1]
    print(f"{name:44} median {statistics.median(ratios):6.1f}x   p95 {p95:6.1f}x   most {max(ratios):6.1f}x")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("decisions", nargs="?", type=int, default=200)
    asked.add_argument("--data", type=Path, default=Path(os.environ.get("WHENCE_TEST_DATA", "../shared/data")))
    asked.add_argument("--brute", type=int, default=40, help="facts and sources of each that brute force tries")
    options = asked.parse_args()
    each = options.decisions // 2
    rows: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in DOMAINS:
            path = Path(folder) / f"{name}.db"
            services = open_services(Settings(store=f"sqlite:{path}"))
            data = options.data / FOLDERS[name] if name in FOLDERS else None
            list(load_files(sorted((EXAMPLES / name).glob("*.yml")), data, services, lambda *_: None))
            before = len(rows)
            for line in (EXAMPLES / name / "questions.jsonl").read_text("utf-8").splitlines():
                for document, whole in decided(services, json.loads(line)["question"]):
                    if len(rows) < options.decisions and len(rows) - before < each:
                        rows.append(measured(document, services, path, options.brute) | {"whole": whole})
            services.store.close()
            print(f"{name}: {len(rows) - before} decisions")
    print(f"{len(rows)} decisions, {sum(row['seen'] for row in rows):,} facts and sources taken away one at a time")
    print(f"{sum(row['wrong'] for row in rows)} of them told otherwise than brute force")
    print(f"plans run {sum(row['runs'] for row in rows):,} times")
    told("attribution / the whole decision", [row["took"] / row["whole"] for row in rows])
    told("attribution / one execution of its plan", [row["took"] / row["executed"] for row in rows])


if __name__ == "__main__":
    main()
