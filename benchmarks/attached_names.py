"""What finding things by name costs in a Neo4j graph of others, without and with a full-text index over the names.

    python benchmarks/attached_names.py [--nodes 50000] [--large 200000]

Starts a Neo4j of its own. Of a label with so many nodes the names are read for each question; of a larger one they are
found by the index, or not at all. Each time is the median of five new views, each asked for two names, a beginning and
one with a letter wrong.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import neo4j

from kg.bootstrap import introspect, open_services
from kg.domain.scope import Scope
from kg.ports.store import GraphStore
from kg.settings import Settings
from loaders.attach import draft_attachment, write
from tests.neo4j_server import LocalServer

FILL = """UNWIND range(1, $count) AS n CALL (n) {
    CREATE (:Ship {hull: 'H' + n, name: 'Vessel ' + n + ' of Port ' + n % 997}) } IN TRANSACTIONS"""
INDEX = "CREATE FULLTEXT INDEX ship_names FOR (s:Ship) ON EACH [s.name]"
EXACT = ("vessel 77 of port 77", "vessel 40000 of port 120")
ROUNDS = 5


def ask(store: GraphStore) -> tuple[float, int]:
    """Seconds that a new view takes for all of it, and how many of the names asked for it found."""
    began = time.perf_counter()
    view = store.view(Scope())
    found = view.named(EXACT, 5)
    listed = view.search(["vessel 77 of port 7"], [], 10)
    near = view.search(["vesel 77 of port 77"], [], 10, edits=1)
    took = time.perf_counter() - began
    return took, len(found) + sum(bool(one.ids) for many in (listed, near) for one in many.values())


def measured(url: str, home: Path, name: str) -> None:
    """Draft the attachment as a user would, and ask."""
    settings = Settings()
    path = write(draft_attachment(introspect(url, settings), url, name), home)[0]
    services = open_services(Settings(store=f"attached:{path}"))
    asked = [ask(services.store) for _ in range(ROUNDS)]
    cut = services.store.view(Scope()).search(["vessel 77"], [], 1_000)["vessel 77"].cut
    services.store.close()
    told = f"{statistics.median(one for one, _ in asked):.2f} s, {asked[-1][1]} of 4 found"
    print(f"{name:20} {told}{', the search says that it was cut' if cut else ''}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=50_000, help="nodes whose names are read")
    parser.add_argument("--large", type=int, default=200_000, help="nodes of which an index finds the names")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = LocalServer(Path(folder) / "neo4j")
        server.start()
        try:
            with neo4j.GraphDatabase.driver(server.url.rpartition("/")[0]) as driver, driver.session() as session:
                session.run("CREATE CONSTRAINT hulls FOR (s:Ship) REQUIRE s.hull IS UNIQUE").consume()
                session.run(FILL, count=options.nodes).consume()
                measured(server.url, Path(folder), f"{options.nodes}-read")
                session.run("MATCH (s:Ship) CALL (s) { DELETE s } IN TRANSACTIONS").consume()
                session.run(FILL, count=options.large).consume()
                measured(server.url, Path(folder), f"{options.large}-without-index")
                session.run(INDEX).consume()
                session.run("CALL db.awaitIndexes(300)").consume()
                measured(server.url, Path(folder), f"{options.large}-with-index")
        finally:
            server.stop()


if __name__ == "__main__":
    main()
