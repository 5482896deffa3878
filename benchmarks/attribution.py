"""What attribution finds and costs: held against brute force on questions over the example data.

Brute force takes a fact, or all that a source says, out of the database past Whence and runs the plan on what is left.

python benchmarks/attribution.py [DECISIONS] [--examples NAME …] [--brute FACTS] [--data FOLDER] [--store NEO4J]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw
import neo4j
from neo4j import GraphDatabase

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
from kg.settings import Settings, neo4j_address
from loaders.jobs import load_files
from tests.e2e.domains import EXAMPLES, FOLDERS
from tests.neo4j_server import empty, neo4j_auth

DOMAINS = ("supply", "lineage", "drugmech")
Taken = Callable[[str, str], AbstractContextManager[None]]
"""The database without a fact or a source, by kind and name; it is put back."""


@dataclass(frozen=True)
class InSqlite:
    """Takes assertions out of the file."""

    path: Path

    @contextmanager
    def taken(self, kind: str, name: str) -> Iterator[None]:
        which = f"{kind} = (SELECT n FROM {kind} WHERE id = ?)"
        database = apsw.Connection(str(self.path))
        with database:
            held = list(database.execute(f"SELECT * FROM assertion WHERE {which}", (name,)))
            database.execute(f"DELETE FROM assertion WHERE {which}", (name,))
        yield
        with database:
            for row in held:
                database.execute(f"INSERT INTO assertion VALUES ({', '.join('?' * len(row))})", row)
        database.close()


SAID = "RETURN DISTINCT a.fact, a.subject, a.version"
ENTRIES = {
    "fact": f"MATCH (a:Assertion {{fact: $name}}) {SAID}",
    "source": f"""MATCH (:Source {{id: $name}})<-[:FROM]-(a:Assertion)
        WHERE NOT EXISTS {{ MATCH (b:Assertion {{fact: a.fact}})-[:FROM]->(c:Source)
            WHERE b.version = a.version AND c.id <> $name }} {SAID}""",
}
BATCH = 2_000
MOVE = """UNWIND $rows AS row MATCH (e:Entity {id: row[1]})
CALL (e, row) { MATCH (e)-[r]->() WHERE r.fact = row[0]
    SET r.versions = [one IN r.versions | CASE one WHEN row[2] THEN row[3] ELSE one END] }
CALL (e, row) { WITH e, row WHERE row[0] IN e.type_facts
    SET e.type_versions = [i IN range(0, size(e.type_facts) - 1) |
        CASE WHEN e.type_facts[i] = row[0] AND e.type_versions[i] = row[2] THEN row[3] ELSE e.type_versions[i] END] }
CALL (row) { MATCH (a:Assertion {fact: row[0]}) WHERE a.version = row[2] SET a.version = row[3] }"""


@dataclass(frozen=True)
class InNeo4j:
    """Moves what supports facts to versions that no view reads."""

    driver: neo4j.Driver
    database: str

    @contextmanager
    def taken(self, kind: str, name: str) -> Iterator[None]:
        found = self.driver.execute_query(ENTRIES[kind], name=name, database_=self.database).records
        held = [(*one, f"gone {one[2]}") for one in found]
        self._move(held)
        yield
        self._move([(fact, subject, there, back) for fact, subject, back, there in held])

    def _move(self, rows: list[Any]) -> None:
        for at in range(0, len(rows), BATCH):
            self.driver.execute_query(MOVE, rows=rows[at : at + BATCH], database_=self.database)


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


@dataclass(frozen=True)
class Measured:
    """An answer, what brute force is to find of it, and what the attribution cost."""

    plan: Plan
    says: Any
    needed: dict[tuple[str, str], bool]
    """By kind and name of a fact or source: whether the answer is said to be another without it."""
    whole: float
    executed: float
    """As the answer before it, on a server that has planned its texts."""
    first: float
    """Of an attribution, with texts that may be planned for it."""
    took: float
    runs: int


def measured(document: Document, whole: float, services: Services, most: int) -> Measured:
    plan = from_json(document["plan"])
    began = time.perf_counter()
    said = says(plan, services)
    executed = time.perf_counter() - began
    began = time.perf_counter()
    attribute(document, services.recorded)
    first = time.perf_counter() - began
    began = time.perf_counter()
    found = attribute(document, services.recorded)
    took = time.perf_counter() - began
    tried = [one for one in reversed(found.entries) if one.kind != "path"][:most]
    needed = {(str(one.kind), one.id): one.effect == "necessary" for one in tried}
    return Measured(plan, said, needed, whole, executed, first, took, found.runs)


def wrong(rows: list[Measured], services: Services, taken: Taken) -> int:
    """How many facts and sources were told otherwise than brute force finds; each is taken away once for all."""
    found = 0
    for kind, name in sorted({one for row in rows for one in row.needed}):
        with taken(kind, name):
            for row in rows:
                if (needed := row.needed.get((kind, name))) is not None:
                    found += needed != (says(row.plan, services) != row.says)
    return found


@contextmanager
def opened(store: str | None, folder: str, name: str) -> Iterator[tuple[Services, Taken]]:
    """An empty database, and how things are taken out of it."""
    if store is None:
        path = Path(folder) / f"{name}.db"
        services = open_services(Settings(store=f"sqlite:{path}"))
        yield services, InSqlite(path).taken
        services.store.close()
        return
    address, database = neo4j_address(store)
    user, password = neo4j_auth() or ("", "")
    with GraphDatabase.driver(address, auth=neo4j_auth(), notifications_min_severity="OFF") as driver:
        services = open_services(Settings(store=store, neo4j_user=user, neo4j_password=password))
        yield services, InNeo4j(driver, database).taken
        services.store.close()
        empty(driver, database)


def told(name: str, ratios: list[float]) -> None:
    p95 = statistics.quantiles(ratios, n=20)[-1]
    print(
        f"{name:44} median {statistics.median(ratios):6.1f}x   p95 {p95:6.1f}x   most {max(ratios):6.1f}x", flush=True
    )


def report(rows: list[Measured], differ: int) -> None:
    """So far, since each example takes minutes."""
    print(f"{len(rows)} decisions, {sum(len(row.needed) for row in rows):,} times a fact or source of one taken away")
    print(f"{differ} told otherwise than brute force")
    print(f"plans run {sum(row.runs for row in rows):,} times")
    told("attribution / the whole decision", [row.took / row.whole for row in rows])
    told("attribution / one execution of its plan", [row.took / row.executed for row in rows])
    told("the first time", [row.first / row.executed for row in rows])


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("decisions", nargs="?", type=int, default=200)
    asked.add_argument("--data", type=Path, default=Path(os.environ.get("WHENCE_TEST_DATA", "../shared/data")))
    asked.add_argument("--examples", nargs="+", default=DOMAINS, choices=DOMAINS)
    asked.add_argument("--each", type=int, default=100, help="decisions of one example at most")
    asked.add_argument("--store", help="an empty Neo4j, which is emptied after each example; else SQLite")
    asked.add_argument("--brute", type=int, default=40, help="facts and sources of each that brute force tries")
    options = asked.parse_args()
    rows: list[Measured] = []
    differ = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in options.examples:
            with opened(options.store, folder, name) as (services, taken):
                data = options.data / FOLDERS[name] if name in FOLDERS else None
                list(load_files(sorted((EXAMPLES / name).glob("*.yml")), data, services, lambda *_: None))
                here: list[Measured] = []
                for line in (EXAMPLES / name / "questions.jsonl").read_text("utf-8").splitlines():
                    for document, whole in decided(services, json.loads(line)["question"]):
                        if len(rows) + len(here) < options.decisions and len(here) < options.each:
                            here.append(measured(document, whole, services, options.brute))
                differ += wrong(here, services, taken)
                rows += here
            print(f"{name}: {len(here)} decisions", flush=True)
            report(rows, differ)


if __name__ == "__main__":
    main()
