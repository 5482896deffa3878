"""What the fault tests share: generated data sets, the command line as a process, and all that a graph says."""

from __future__ import annotations

import os
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kg.backends.sqlite.store import SqliteStore
from kg.bootstrap import core_ontology
from kg.domain.lineage import Classification
from kg.domain.scope import Scope
from kg.ports.clock import system_clock
from tests.builders import Store
from tests.faults.forked import Forks

ROOT = Path(__file__).parents[2]
ITEMS = 40
FORKS = Forks()
ONTOLOGY: dict[str, Any] = {
    "ontology": "trade",
    "version": "1",
    "keys": {
        "supplier": {"spellings": [{"pattern": r"SUP-(\d+)", "write": r"SUP-\1"}]},
        "item": {"spellings": [{"pattern": r"ITEM-(\d+)", "write": r"ITEM-\1"}]},
    },
    "types": {
        "Supplier": {"key": "supplier", "nouns": ["supplier"]},
        "Ingredient": {"key": "item", "nouns": ["ingredient"]},
    },
    "predicates": {
        "supplies": {
            "subject": "Supplier",
            "object": "Ingredient",
            "phrases": ["supplies"],
            "inverse": ["supplied by"],
            "world": "closed",
        },
    },
}
DATASET: dict[str, Any] = {
    "dataset": "register",
    "version": "1",
    "title": "Register",
    "publisher": "Somebody",
    "licence": "CC0-1.0",
    "classification": "public",
    "ontology": "trade",
    "files": ["register.csv"],
    "format": "csv",
    "map": [
        {
            "entity": {"type": "Supplier", "key": "id", "name": "name"},
            "facts": [{"predicate": "supplies", "object": {"type": "Ingredient", "key": "item"}}],
        },
        {"entity": {"type": "Ingredient", "key": "item"}},
    ],
}


def write_dataset(folder: Path, rows: int, first: int = 1, **changes: Any) -> Path:
    """A register of so many suppliers, numbered from ``first``; gives the dataset file."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        "id,name,item",
        *(f"SUP-{n},Supplier {n} of the register,ITEM-{n % ITEMS}" for n in range(first, first + rows)),
    ]
    (folder / "register.csv").write_text("\n".join(lines) + "\n")
    (folder / "ontology.yml").write_text(yaml.safe_dump(ONTOLOGY))
    path = folder / "register.yml"
    path.write_text(yaml.safe_dump(DATASET | changes))
    return path


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "api.cli", *map(str, arguments)]


def environment(**changes: str) -> dict[str, str]:
    """The environment of a child: no settings of the machine it runs on."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("WHENCE_", "OPENAI_"))}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default"} | changes


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


def whence(*arguments: str | Path, cwd: Path = ROOT, **changes: str) -> Ended:
    """Run the command line to its end."""
    return Ended(*FORKS.run([str(one) for one in arguments], cwd, environment(**changes)))


def said_once(ended: Ended) -> str:
    """The one line of a stated refusal: exit code 1, nothing on standard output, no traceback."""
    assert (ended.code, ended.out) == (1, ""), ended
    assert ended.err.startswith("whence: "), ended.err
    assert ended.err.count("\n") == 1, ended.err
    return ended.err.removeprefix("whence: ").strip()


def open_store(path: Path) -> SqliteStore:
    return SqliteStore(str(path), core_ontology(), system_clock)


@dataclass(frozen=True)
class Graph:
    """All that can be read: facts with where they are said, what was known when, and the runs."""

    facts: frozenset[tuple[Any, ...]]
    assertions: frozenset[tuple[Any, ...]]
    state: tuple[Any, ...]

    @property
    def content(self) -> tuple[frozenset[tuple[Any, ...]], ...]:
        """Facts and their places, without the times of the load."""
        return self.facts, frozenset(one[:3] for one in self.assertions)


def read_graph(path: Path) -> Graph:
    """Read everything of a database file."""
    store = open_store(path)
    try:
        return read_store(store)
    finally:
        store.close()


def read_store(store: Store) -> Graph:
    """Read everything through a View."""
    view = store.view(Scope(ceiling=Classification.RESTRICTED))
    ids = view.scan(view.ontology().types, 100_000).ids
    facts = view.follow(ids, view.ontology().predicates, "out", 1_000).facts
    said = view.assertions([fact.id for fact in facts])
    return Graph(
        frozenset((fact.id, fact.subject, fact.predicate, str(fact.object)) for fact in facts),
        frozenset((a.fact, a.source, a.locator, a.run, a.recorded_at) for items in said.values() for a in items),
        (view.known_at, view.datasets(), view.profile(), view.sources(), tuple(store.runs(100))),
    )


def moments(count: int) -> list[float]:
    """So many random moments of a time, as shares of it: one in each of as many equal parts, the same in each run."""
    chance = random.Random(count)  # noqa: S311 (no secret)
    return [round((part + chance.random()) / count, 4) for part in range(count)]
