"""Loading the cyber files against a floor that only parses them and inserts bare rows. Prints ratios.

    python benchmarks/load.py --data FOLDER [--rounds 3]

Every round runs floor and load one after the other, each in a process of its own; the medians are compared.
Memory is the peak resident size of a process, beside that of one that only parses the largest file.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DATASETS = ("attack-16.1.yml", "nist-800-53.yml", "nist-baselines.yml", "control-mapping-16.1.yml")
LARGEST = "enterprise-attack-16.1.stix2.0.json.gz"


def read(path: Path) -> Any:
    data = path.read_bytes()
    return json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)


def parse_only(data: Path, _: Path) -> Iterator[None]:
    """Parse the largest file and nothing else."""
    yield
    read(data / LARGEST)


def floor(data: Path, database: Path) -> Iterator[None]:
    """Parse all files; one bare row for each entity and each fact, in one transaction."""
    import apsw

    yield
    entities: list[tuple[str, str, str]] = []
    facts: list[tuple[str, str, str]] = []
    for item in read(data / LARGEST)["objects"]:
        if item["type"] == "relationship":
            facts.append((item["source_ref"], item["relationship_type"], item["target_ref"]))
            continue
        entities.append((item["id"], item["type"], item.get("name", "")))
        for field in ("aliases", "x_mitre_aliases", "x_mitre_platforms"):
            facts += [(item["id"], field, value) for value in item.get(field, ())]
        facts += [(item["id"], "tactic", phase["phase_name"]) for phase in item.get("kill_chain_phases", ())]
    controls = [
        c
        for g in read(data / "nist/NIST_SP-800-53_rev5_catalog_5.0.1_2021-06-08.json.gz")["catalog"]["groups"]
        for c in g["controls"]
    ]
    for control in controls:
        for one in (control, *control.get("controls", ())):
            entities.append((one["id"], "control", one["title"]))
            facts.append((one["id"], "parent", control["id"]))
    for level in ("LOW", "MODERATE", "HIGH"):
        profile = read(data / f"nist/NIST_SP-800-53_rev5_{level}-baseline_profile.json")["profile"]
        ids = profile["imports"][0]["include-controls"][0]["with-ids"]
        facts += [(control, "in", level) for control in ids]
    mapping = read(data / "mappings/nist_800_53-rev5_attack-16.1-enterprise.json.gz")
    facts += [(m["capability_id"], m["status"], m["attack_object_id"]) for m in mapping["mapping_objects"]]
    connection = apsw.Connection(str(database))
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE entity (id, type, name)")
    connection.execute("CREATE TABLE fact (subject, predicate, object)")
    with connection:
        connection.executemany("INSERT INTO entity VALUES (?, ?, ?)", entities)
        connection.executemany("INSERT INTO fact VALUES (?, ?, ?)", facts)


def whence(data: Path, database: Path) -> Iterator[None]:
    """Load as a user does."""
    from kg.bootstrap import open_services
    from kg.settings import Settings
    from loaders.jobs import load_files
    from loaders.readers import reader_for

    open_services(Settings(store="sqlite::memory:")).store.close()  # what is imported on first use is imported now
    reader_for("json")
    yield
    services = open_services(Settings(store=f"sqlite:{database}"))
    files = [ROOT / "examples" / "cyber" / name for name in DATASETS]
    for run in load_files(files, data, services, lambda *_: None):
        if run.state != "complete":
            raise SystemExit(f"{run.job}: {run.state}")
    services.store.close()


def measured(task: Callable[[Path, Path], Iterator[None]], data: Path) -> tuple[float, float]:
    """Seconds and peak MB of the task in a child process."""
    with tempfile.TemporaryDirectory() as folder:
        read_end, write_end = os.pipe()
        child = os.fork()
        if child == 0:
            work = task(data, Path(folder) / "bench.db")
            next(work)  # imports are done: they are no part of the comparison
            started = time.perf_counter()
            next(work, None)
            took = time.perf_counter() - started
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            os.write(write_end, json.dumps([took, peak]).encode())
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status:
            raise SystemExit(f"{task.__name__} failed")
        took, peak = json.loads(os.read(read_end, 1000))
        return took, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get("WHENCE_TEST_DATA", ROOT.parent / "shared" / "data")) / "cyber_core",
    )
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if not (options.data / LARGEST).is_file():
        sys.exit(f"no {LARGEST} in {options.data}: see examples/cyber/README.md, then give --data")
    tasks = (parse_only, floor, whence)
    rounds = [{task.__name__: measured(task, options.data) for task in tasks} for _ in range(options.rounds)]
    seconds = {t.__name__: statistics.median(r[t.__name__][0] for r in rounds) for t in tasks}
    memory = {t.__name__: statistics.median(r[t.__name__][1] for r in rounds) for t in tasks}
    times = seconds["whence"] / seconds["floor"]
    size = memory["whence"] / memory["parse_only"]
    print(f"floor {seconds['floor']:.2f} s, load {seconds['whence']:.2f} s: {times:.2f} x (aim: at most 4)")
    print(
        f"parsing the largest file {memory['parse_only']:.0f} MB, load {memory['whence']:.0f} MB: {size:.2f} x (aim: 3)"
    )


if __name__ == "__main__":
    main()
