"""Whether the decisions that changed rows touch are found: random questions, random rows, held against brute force.

python benchmarks/impact.py [--decisions 300] [--batches 4] [--rows 50] [--store neo4j://host:7687/neo4j]

A Neo4j database is emptied before each batch (user and password as for Whence). Without --store it is SQLite.
"""

from __future__ import annotations

import argparse
import itertools
import os
import tempfile
from pathlib import Path

import neo4j

from kg.bootstrap import Services, open_services
from kg.settings import Settings, neo4j_address
from tests.e2e.changed_rows import Tally, proof
from tests.neo4j_server import empty

USER, PASSWORD = (os.environ.get(f"WHENCE_NEO4J_{name}", "") for name in ("USER", "PASSWORD"))


def emptied(store: str) -> Services:
    address, database = neo4j_address(store)
    with neo4j.GraphDatabase.driver(address, auth=(USER, PASSWORD) if USER else None) as driver:
        empty(driver, database)
    return open_services(Settings(store=store, neo4j_user=USER, neo4j_password=PASSWORD))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--decisions", type=int, default=300)
    asked.add_argument("--batches", type=int, default=4)
    asked.add_argument("--rows", type=int, default=50)
    asked.add_argument("--store", default="")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        numbers = itertools.count()

        def fresh() -> Services:
            if options.store:
                return emptied(options.store)
            return open_services(Settings(store=f"sqlite:{Path(folder) / f'{next(numbers)}.db'}"))

        print(options.store.partition(":")[0] or "sqlite")
        proof(fresh, Path(folder), decisions=options.decisions, batches=options.batches, rows=options.rows, told=show)


def show(tally: Tally) -> None:
    """So far, after each batch."""
    print(f"{tally.decisions:,} decisions, {tally.rows} rows retired, corrected or added")
    print(f"come out otherwise by brute force: {tally.otherwise}")
    print(f"recall {tally.recall:.4f}   precision of what carried a claim {tally.precision:.4f}")
    print(f"carried {tally.carried}, only looked at {tally.looked_at}, never looked at the rest")
    print(f"brute force {tally.brute_s:.1f} s, impact {tally.impact_s:.1f} s\n", flush=True)


if __name__ == "__main__":
    main()
