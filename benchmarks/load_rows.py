"""Loading, and loading again, a made-up table into SQLite, beside a floor of bare inserts. Prints ratios.

    python benchmarks/load_rows.py [--facts 200000] [--times 10] [--rounds 3]

The floor parses the same file with the csv module and writes the rows that the load left in the tables of the store,
in one transaction, with `executemany`. Then one row in a hundred is changed and the file is loaded again: what that
takes beyond `whence load --check` of it, which reads, maps and validates, is held against the first load. Memory is
the peak of the load of the file, beside that of one so many times as long. Seconds are of the processor, the least of
so many rounds.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kg.bootstrap import Services, open_services
from kg.settings import Settings
from loaders.jobs import check_files, load_files
from tests.faults.children import write_dataset

FACTS_A_ROW = 3
"""Type, name and what the supplier supplies; the few ingredients are the same all over."""
TABLES = ("predicate", "entity", "fact", "dataset_version", "source", "said", "assertion")


def in_child(work: Callable[[], Any]) -> tuple[Any, float]:
    """What the work gives, and the peak MB of the process that did it."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        made = work()
        os.write(write_end, json.dumps([made, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]).encode())
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if status:
        raise SystemExit("a part of the benchmark failed")
    made, peak = json.loads(os.read(read_end, 10_000))
    return made, peak


def seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def opened(database: Path) -> Services:
    return open_services(Settings(store=f"sqlite:{database}"))


def load(dataset: Path, database: Path) -> float:
    services = opened(database)
    took = seconds(lambda: list(load_files([dataset], None, services, lambda *_: None)))
    services.store.close()
    return took


def check(dataset: Path, database: Path) -> float:
    services = opened(database)
    took = seconds(lambda: list(check_files([dataset], None, services, lambda *_: None)))
    services.store.close()
    return took


def floor(dataset: Path, loaded: Path, database: Path) -> float:
    """Parse the file; insert every row of the graph that was loaded, by hand."""
    import apsw

    opened(database).store.close()
    source, into = apsw.Connection(str(loaded)), apsw.Connection(str(database))
    rows = {name: list(source.execute(f"SELECT * FROM {name}")) for name in TABLES}
    named = "SELECT f.n, lower(f.value) FROM fact f JOIN predicate p ON p.n = f.predicate WHERE p.name = 'name'"
    names = list(source.execute(named))
    into.execute("PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000")

    def write() -> None:
        with (dataset.parent / "register.csv").open(newline="") as file:
            parsed = sum(1 for _ in csv.DictReader(file))
        if not parsed:
            raise SystemExit("the file is empty")
        with into:
            for name, held in rows.items():
                if held:
                    marks = ", ".join("?" * len(held[0]))
                    into.executemany(f"INSERT OR IGNORE INTO {name} VALUES ({marks})", held)
            into.executemany("INSERT INTO name_text (rowid, folded) VALUES (?, ?)", names)

    return seconds(write)


def change(dataset: Path) -> None:
    """Another name in one row of a hundred."""
    file = dataset.parent / "register.csv"
    lines = file.read_text().splitlines()
    lines[100::100] = [line.replace("of the register", "of the other register") for line in lines[100::100]]
    file.write_text("\n".join(lines) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--facts", type=int, default=200_000)
    parser.add_argument("--times", type=int, default=10, help="how many times as long the file is for memory; 1: not")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rows = options.facts // FACTS_A_ROW
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        dataset = write_dataset(home / "rows", rows)
        database, bare_database, changed = home / "whence.db", home / "floor.db", home / "changed.db"
        firsts, bares, reads, agains = [], [], [], []
        for _ in range(options.rounds):
            database.unlink(missing_ok=True)
            bare_database.unlink(missing_ok=True)
            took, peak = in_child(lambda: load(dataset, database))
            firsts.append(took)
            bares.append(in_child(lambda: floor(dataset, database, bare_database))[0])
        first, bare = min(firsts), min(bares)
        print(f"{rows:,} rows, about {options.facts:,} facts")
        print(f"floor {bare:.2f} s, load {first:.2f} s: {first / bare:.2f} x (aim: at most 3)")
        bare_database.unlink()
        unchanged, _ = in_child(lambda: load(dataset, database))
        change(dataset)
        for _ in range(options.rounds):
            shutil.copy(database, changed)
            reads.append(in_child(lambda: check(dataset, changed))[0])
            agains.append(in_child(lambda: load(dataset, changed))[0])
        read, again = min(reads), min(agains)
        beyond = (again - read) / first
        print(f"1 % changed: read, map and validate {read:.2f} s, load again {again:.2f} s")
        print(f"beyond reading and mapping: {beyond:.1%} of the first load (aim: at most 5 %)")
        print(f"the same bytes again: {unchanged:.2f} s")
        database.unlink()
        changed.unlink()
        if options.times > 1:
            longer = write_dataset(home / "longer", rows * options.times)
            _, large = in_child(lambda: load(longer, home / "large.db"))
            told = f"{peak:.0f} MB, of a file {options.times} times as long {large:.0f} MB"
            print(f"memory of the load {told}: {large / peak:.2f} x (aim: at most 1.2)")


if __name__ == "__main__":
    main()
