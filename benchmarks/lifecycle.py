"""What retiring, a delta, a reload and a purge cost on SQLite, beside the load they follow.

python benchmarks/lifecycle.py [FACTS] [SOURCES]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from kg.backends.sqlite.store import SqliteStore
from kg.bootstrap import core_ontology
from kg.domain.fact import Fact
from kg.domain.ref import ref_of
from kg.ports.clock import system_clock
from kg.ports.store import Entry
from tests.builders import entity, profile, run, target


def entries(sources: tuple[str, ...], facts: int, first: int = 0) -> Iterator[Entry]:
    """People who know each other, a few facts a record, spread over the sources."""
    for number in range(first, first + facts // 4):
        source = sources[number % len(sources)]
        held = [
            *entity(f"p{number}"),
            *(Fact.of(f"person:p{number}", "knows", f"person:p{max(0, number - n)}") for n in (1, 2)),
        ]
        for place, fact in enumerate(held):
            yield Entry(fact, source, f"/{number}#x{place}", f"r{number}")


def main() -> None:
    facts, count = (int(text) for text in (*sys.argv[1:], "200000", "100")[:2])
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(str(Path(folder) / "whence.db"), core_ontology(), system_clock)
        files = tuple(f"{n}.csv" for n in range(count))
        into = target(files=files)
        ids = tuple(source.id for source in into.sources)

        def load(name: str, items: list[Entry], **changes: object) -> None:
            held = replace(into, **changes)  # type: ignore[arg-type]  # fields of a target
            began = time.perf_counter()
            with store.writer(held, name) as writer:
                writer.replace([entry.record for entry in items if entry.record is not None])
                writer.put(items)
                done = writer.commit(run(held, name), profile(items), [])
            told = done.changes
            print(f"{name:28} {time.perf_counter() - began:8.2f} s  +{told.added:,} -{told.retired:,}")

        whole = list(entries(ids, facts))
        load("first load", whole)
        changed = [e if int(str(e.record)[1:]) % 100 else e._replace(locator=f"{e.locator}y") for e in whole]
        load("reload, 1 % moved", changed)
        part = [entry for entry in changed if not int(str(entry.record)[1:]) % 100]
        other = target(files=("delta.csv",))
        load("delta of 1 %", [e._replace(source=other.sources[0].id) for e in part], sources=other.sources, delta=True)
        second = target(version="2", files=files)
        ids2 = tuple(source.id for source in second.sources)
        load(
            "another version, 1 % new",
            list(entries(ids2, facts, facts // 400)),
            version=second.version,
            sources=second.sources,
        )
        for what, ref in (("retire", ids[1]), ("retire", "people@2"), ("purge", ids[2]), ("purge", "people")):
            began = time.perf_counter()
            held = ref_of(ref)
            done = getattr(store, what)(held, run(target(held.dataset, held.version), f"{what} {ref}", left_over=()))
            print(f"{f'{what} {ref}':28} {time.perf_counter() - began:8.2f} s  -{done.changes.retired:,}")
        store.close()


if __name__ == "__main__":
    main()
