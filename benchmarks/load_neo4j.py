"""Loading into Neo4j against a floor of bare UNWIND batches of the same nodes and relationships. Prints the ratio.

    python benchmarks/load_neo4j.py --store bolt://127.0.0.1:7687/neo4j --data FOLDER [--rounds 3]

Give a server whose database holds nothing else: everything in it is deleted. A round loads the cyber files, copies
every node and relationship out, empties the database, and writes the copies back in batches of the same size through
the same driver, with one index to find the ends by and no check of any kind. The median ratio of the rounds counts;
a first round that warms the server up does not.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import neo4j

from kg.bootstrap import open_services
from kg.settings import Settings, neo4j_address
from loaders.jobs import load_files

ROOT = Path(__file__).resolve().parent.parent
BATCH = 5_000
Batches = dict[tuple[str, ...], list[dict[str, Any]]]


def empty(driver: neo4j.Driver, database: str) -> None:
    """Delete everything, indexes too: the floor keeps one, the load makes its own."""
    for kind, shown in (("CONSTRAINT", "SHOW CONSTRAINTS"), ("INDEX", "SHOW INDEXES")):
        for record in driver.execute_query(shown, database_=database).records:
            if record["type"] != "LOOKUP":
                driver.execute_query(f"DROP {kind} `{record['name']}` IF EXISTS", database_=database)
    while driver.execute_query(
        "MATCH (n) WITH n LIMIT 5000 DETACH DELETE n RETURN count(*)", database_=database
    ).records[0][0]:
        pass


def whence(settings: Settings, data: Path) -> tuple[float, int]:
    """Seconds of the load, and how many assertions it wrote."""
    services = open_services(settings)
    files = sorted((ROOT / "examples" / "cyber").glob("*.yml"))
    started = time.perf_counter()
    added = sum(run.changes.added for run in load_files(files, data, services, lambda *_: None))
    took = time.perf_counter() - started
    services.store.close()
    return took, added


def copied(driver: neo4j.Driver, database: str) -> tuple[Batches, Batches]:
    """Every node by its labels and every relationship by its type."""
    nodes: Batches = defaultdict(list)
    relationships: Batches = defaultdict(list)
    with driver.session(database=database) as session:
        for record in session.run(
            "MATCH (n) RETURN elementId(n) AS id, labels(n) AS labels, properties(n) AS properties"
        ):
            nodes[tuple(sorted(record["labels"]))].append({"id": record["id"], "properties": record["properties"]})
        for record in session.run(
            "MATCH (a)-[r]->(b) "
            "RETURN elementId(a) AS a, elementId(b) AS b, type(r) AS type, properties(r) AS properties"
        ):
            relationships[record["type"],].append({k: record[k] for k in ("a", "b", "properties")})
    return nodes, relationships


def floor(driver: neo4j.Driver, database: str, nodes: Batches, relationships: Batches) -> float:
    """Seconds of writing the copies back."""

    def write(text: str, rows: list[dict[str, Any]]) -> None:
        for at in range(0, len(rows), BATCH):
            driver.execute_query(text, rows=rows[at : at + BATCH], database_=database)

    driver.execute_query("CREATE INDEX bench IF NOT EXISTS FOR (n:Bench) ON (n.bench)", database_=database)
    driver.execute_query("CALL db.awaitIndexes(60)", database_=database)
    started = time.perf_counter()
    for labels, rows in nodes.items():
        named = "".join(f":`{label}`" for label in labels)
        write(f"UNWIND $rows AS row CREATE (n:Bench{named}) SET n = row.properties, n.bench = row.id", rows)
    for (kind,), rows in relationships.items():
        write(
            f"UNWIND $rows AS row MATCH (a:Bench {{bench: row.a}}) MATCH (b:Bench {{bench: row.b}}) "
            f"CREATE (a)-[r:`{kind}`]->(b) SET r = row.properties",
            rows,
        )
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", required=True)
    shared = Path(os.environ.get("WHENCE_TEST_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=shared / "cyber_core")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    settings = replace(Settings.from_environment(), store=options.store)
    address, database = neo4j_address(options.store)
    auth = (settings.neo4j_user, settings.neo4j_password) if settings.neo4j_user else None
    loads, floors, facts = [], [], 0
    with neo4j.GraphDatabase.driver(address, auth=auth, notifications_min_severity="OFF") as driver:
        for number in range(options.rounds + 1):
            empty(driver, database)
            took, facts = whence(settings, options.data)
            nodes, relationships = copied(driver, database)
            empty(driver, database)
            bare = floor(driver, database, nodes, relationships)
            empty(driver, database)
            if number:
                loads.append(took)
                floors.append(bare)
    ratio = statistics.median(took / bare for took, bare in zip(loads, floors, strict=True))
    wrote = sum(map(len, nodes.values())), sum(map(len, relationships.values()))
    print(f"{facts:,} assertions: {wrote[0]:,} nodes, {wrote[1]:,} relationships")
    print(
        f"bare batches {statistics.median(floors):.1f} s, load {statistics.median(loads):.1f} s: {ratio:.2f} x (aim: 2)"
    )
    print(f"{facts / statistics.median(loads):,.0f} assertions a second")


if __name__ == "__main__":
    main()
