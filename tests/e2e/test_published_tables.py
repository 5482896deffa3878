"""The decision tables of SSVC run as they are published: each of their rows, from the file to the answer."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from kg.answer.pipeline import answer
from kg.answer.tabled import TabledStore
from kg.bootstrap import Services, core_ontology
from kg.decisions.rule_files import move
from kg.decisions.table_check import check_table
from kg.decisions.table_file import csv_content, table_content
from kg.decisions.tables import save
from kg.domain.decision import Document, comparable
from kg.domain.plan import Decide, Entities
from kg.domain.question import Question
from kg.domain.scope import Scope
from loaders.jobs import load_files
from tests.builders import Kind, MakeStore, Store, TickingClock, load, target
from tests.conftest import KINDS
from tests.unit.answer.garden import MINT, ONTOLOGY, facts

PUBLISHED = "cyber_vuln_decisions/ssvc/csv"
VULN = Path(__file__).parents[2] / "examples" / "vuln"
PROOFS = os.environ.get("WHENCE_PROOFS") == "1"
pytestmark = pytest.mark.data


def files(data: Path) -> list[Path]:
    return sorted((data / PUBLISHED).glob("*/*.csv"))


def tried(found: list[Path], kind: Kind) -> list[Path]:
    """All of them; a server is asked the three smallest, since each costs it as many round trips as the largest."""
    return found if kind != "neo4j" or PROOFS else sorted(found, key=lambda one: one.stat().st_size)[:3]


def run_all(text: str, name: str, store: Store) -> tuple[Document, dict[str, Any]]:
    """Save and use the table, and decide by it for every combination of what its inputs may be."""
    graph = TabledStore(store, store)
    table, content = csv_content(text, name)
    version = save(content, "as published", "root", graph, store)
    move("table", table, "production", version.number, actor="root", reason="as published", registry=store)
    given = tuple((item["name"], tuple(item["values"])) for item in content["inputs"])
    plan = Decide(table, Entities(ids=(MINT,)), given)
    return answer(Question(table), graph, store, TickingClock(), plan), content


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_of_every_published_table_fires_as_it_says(make_store: MakeStore, kind: Kind, data: Path) -> None:
    store = make_store(kind)
    load(store, target(ontology=json.dumps(ONTOLOGY)), facts())
    found = files(data)
    chosen = tried(found, kind)
    rows = 0
    for file in chosen:
        document, content = run_all(file.read_text("utf-8"), file.name, store)
        decided = {tuple(row["inputs"].items()): (row["rule"], row["value"]) for row in document["answer"]["rows"]}
        with file.open(encoding="utf-8", newline="") as lines:
            published = list(csv.DictReader(lines))
        *inputs, outcome = [name for name in published[0] if name != "row"]
        for row in published:
            rule, value = decided.pop(tuple((name, row[name]) for name in inputs))
            assert rule.endswith(f"@1 row {row['row']}")
            assert value == row[outcome]
        assert decided == {}
        assert check_table(content, store.view(Scope()).ontology()).cases == len(published)
        rows += len(published)
    assert (len(found), rows) == (9, 403 if chosen == found else rows)


@pytest.mark.neo4j
def test_both_stores_decide_alike(make_store: MakeStore, data: Path) -> None:
    documents: list[list[Any]] = []
    kinds: tuple[Kind, ...] = ("sqlite-memory", "neo4j")
    for kind in kinds:
        store = make_store(kind)
        load(store, target(ontology=json.dumps(ONTOLOGY)), facts())
        chosen = tried(files(data), "neo4j")
        documents.append([comparable(run_all(one.read_text("utf-8"), one.name, store)[0]) for one in chosen])
    assert documents[0] == documents[1]


def test_a_published_table_is_tied_to_the_graph_by_a_few_lines(make_store: MakeStore, data: Path) -> None:
    store = make_store("sqlite-memory")
    graph = TabledStore(store, store)
    clock = TickingClock()
    services = Services(graph, store, store, store, store, store, clock, core_ontology())
    folder = data / "cyber_vuln_decisions"
    list(load_files([VULN / "ontology.yml", VULN / "cve-records.yml"], folder, services, lambda *_: None))
    file = VULN / "tables" / "deployer.yml"
    document = yaml.safe_load(file.read_text("utf-8"))
    name, content = table_content(document, str(file), lambda one: (folder / one).read_text("utf-8"))
    version = save(content, "as published", "root", graph, store)
    move("table", name, "production", version.number, actor="root", reason="as published", registry=store)
    question = "What does the SSVC deployer table say for CVE-2024-3400 with open exposure and high human impact?"
    found = answer(Question(question), graph, store, clock)
    assert found["outcome"] == "answered", found["answer"]["text"]
    [row] = found["answer"]["rows"]
    assert set(row["inputs"]) == {"exploitation", "system exposure", "automatable", "human impact"}
    assert (row["inputs"]["system exposure"], row["inputs"]["human impact"]) == ("open", "high")
    with (folder / document["csv"]).open(encoding="utf-8", newline="") as lines:
        columns = {item: document["inputs"][item]["column"] for item in row["inputs"]}
        fitting = [
            line[document["outcome"]["column"]]
            for line in csv.DictReader(lines)
            if all(line[column] == row["inputs"][item] for item, column in columns.items())
        ]
    assert fitting == [row["value"]]
    assert {item["kind"] for item in found["evidence"]} == {"fact", "policy"}
