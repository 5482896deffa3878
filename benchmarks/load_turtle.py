"""Loading one Turtle file into one Neo4j, by Whence and by rdflib-neo4j. Prints facts a second of both.

    python -m venv build/rdflib-neo4j && build/rdflib-neo4j/bin/pip install rdflib-neo4j
    python benchmarks/load_turtle.py --store bolt://127.0.0.1:7687/neo4j --other build/rdflib-neo4j/bin/python

Give a server without authentication whose database holds nothing else: everything in it is deleted. Whence keeps the
place of each fact, the run and the differences besides; rdflib-neo4j keeps nodes, properties and relationships.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import neo4j
import yaml

from benchmarks.load_neo4j import empty
from kg.bootstrap import open_services
from kg.settings import Settings, neo4j_address
from loaders.jobs import load_files

OTHER = """
import sys, time
from rdflib import Graph
from rdflib_neo4j import HANDLE_VOCAB_URI_STRATEGY, Neo4jStore, Neo4jStoreConfig

config = Neo4jStoreConfig(
    auth_data={"uri": sys.argv[1], "database": sys.argv[2], "user": "neo4j", "pwd": "x"},
    handle_vocab_uri_strategy=HANDLE_VOCAB_URI_STRATEGY.IGNORE,
    batching=True,
)
began = time.perf_counter()
graph = Graph(store=Neo4jStore(config=config))
graph.parse(sys.argv[3], format="ttl")
graph.close(True)
print(time.perf_counter() - began)
"""
ONTOLOGY = {
    "ontology": "terms",
    "version": "1",
    "keys": {"term": {"spellings": [{"pattern": r"t:(\w+)", "write": r"\1"}]}},
    "types": {"Term": {"key": "term", "nouns": ["term"]}},
    "predicates": {"broader": {"subject": "Term", "object": "Term", "phrases": ["is broader than"]}},
}
DATASET = {
    "dataset": "terms",
    "version": "1",
    "title": "Made-up terms",
    "publisher": "Somebody",
    "licence": "CC0-1.0",
    "classification": "public",
    "ontology": "terms",
    "files": ["terms.ttl"],
    "format": "turtle",
    "options": {"prefixes": {"t": "https://example.org/t/"}},
    "map": [
        {
            "entity": {"type": "Term", "key": "@id", "name": "skos:prefLabel"},
            "facts": [{"predicate": "broader", "object": {"type": "Term", "key": "skos:broader"}}],
        }
    ],
    "ignore": ["rdf:type"],
}
FACTS_EACH = 3
"""Type, label, broader term."""


def write(folder: Path, terms: int) -> Path:
    """The Turtle file, its dataset file and ontology; gives the dataset file."""
    lines = [
        "@prefix t: <https://example.org/t/> .",
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .",
        *(f't:n{n} a skos:Concept ; skos:prefLabel "Term {n}" ; skos:broader t:n{n // 10} .' for n in range(terms)),
    ]
    (folder / "terms.ttl").write_text("\n".join(lines) + "\n")
    (folder / "ontology.yml").write_text(yaml.safe_dump(ONTOLOGY))
    dataset = folder / "terms.yml"
    dataset.write_text(yaml.safe_dump(DATASET))
    return dataset


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", required=True)
    parser.add_argument("--other", required=True, help="the Python that has rdflib-neo4j")
    parser.add_argument("--facts", type=int, default=30_000)
    options = parser.parse_args()
    address, database = neo4j_address(options.store)
    with (
        tempfile.TemporaryDirectory() as name,
        neo4j.GraphDatabase.driver(address, notifications_min_severity="OFF") as driver,
    ):
        folder = Path(name)
        dataset = write(folder, options.facts // FACTS_EACH)
        empty(driver, database)
        services = open_services(replace(Settings.from_environment(), store=options.store))
        began = time.perf_counter()
        [run] = load_files([dataset], None, services, lambda *_: None)
        ours = time.perf_counter() - began
        services.store.close()
        empty(driver, database)
        driver.execute_query(
            "CREATE CONSTRAINT n10s_unique_uri FOR (r:Resource) REQUIRE r.uri IS UNIQUE", database_=database
        )
        command = [options.other, "-c", OTHER, address, database, str(folder / "terms.ttl")]
        told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (a program that was named)
        if told.returncode:
            raise SystemExit(told.stderr)
        theirs = float(told.stdout.split()[-1])
        empty(driver, database)
    facts = run.changes.added
    print(f"{facts:,} facts: Whence {ours:.1f} s, {facts / ours:,.0f} a second")
    print(f"rdflib-neo4j {theirs:.1f} s, {facts / theirs:,.0f} a second: {theirs / ours:.2f} x (aim: at least 5)")


if __name__ == "__main__":
    main()
