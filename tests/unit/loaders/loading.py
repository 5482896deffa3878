"""What the loader tests share: a small ontology, dataset files as values, a store in memory, a clock that moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from kg.backends.sqlite.store import SqliteStore
from kg.bootstrap import Services, core_ontology
from kg.domain.fact import Fact, Literal
from kg.domain.lineage import Run
from kg.domain.ontology import Ontology
from kg.domain.ontology_file import parse
from kg.domain.scope import Scope
from loaders.dataset import DatasetFile
from loaders.jobs import load_files
from loaders.mapping import Mapped, RecordMapping
from loaders.readers import Record

CORE = core_ontology()
ONTOLOGY: dict[str, Any] = {
    "ontology": "trade",
    "version": "1",
    "keys": {
        "supplier": {"spellings": [{"pattern": r"SUP[- ]?0*(\d+)", "write": r"SUP-\1"}], "case": "upper"},
        "item": {"spellings": [{"pattern": r"(.+)", "write": r"\1"}], "case": "lower"},
        "duns": {"spellings": [{"pattern": r"(\d{3})-?(\d{3})", "write": r"\1-\2"}]},
    },
    "types": {
        "Party": {},
        "Supplier": {"is": "Party", "key": "supplier", "nouns": ["supplier"]},
        "Broker": {"is": "Party", "key": "supplier", "nouns": ["broker"]},
        "Ingredient": {"key": "item", "nouns": ["ingredient"]},
    },
    "predicates": {
        "supplies": {"subject": "Supplier", "object": "Ingredient", "phrases": ["supplies"]},
        "buys": {"subject": "Broker", "object": "Ingredient", "phrases": ["buys"]},
        "owns": {"subject": "Party", "object": "Party", "phrases": ["owns"]},
        "risk": {"subject": "Supplier", "value": "text", "phrases": ["risk"]},
        "share": {"subject": "Supplier", "value": "number", "phrases": ["share"]},
        "founded": {"subject": "Supplier", "value": "date", "phrases": ["founded"]},
        "certified": {"subject": "Supplier", "value": "boolean", "phrases": ["certified"]},
    },
}
SUPPLIER_MAP: list[dict[str, Any]] = [{"entity": {"type": "Supplier", "key": "id", "name": "name"}}]


def ontology() -> Ontology:
    return parse(ONTOLOGY, core=CORE)


def document(**changes: Any) -> dict[str, Any]:
    """A dataset file that reads ``data.csv`` into suppliers."""
    return {
        "dataset": "register",
        "version": "1",
        "title": "Register",
        "publisher": "Somebody",
        "licence": "CC0-1.0",
        "classification": "public",
        "ontology": "trade",
        "files": ["data.csv"],
        "format": "csv",
        "map": SUPPLIER_MAP,
    } | changes


def mapping(**changes: Any) -> RecordMapping:
    return RecordMapping(DatasetFile.model_validate(document(**changes)), ontology())


def mapped(fields: dict[str, Any], *others: dict[str, Any], **changes: Any) -> list[Mapped]:
    """What the mapping makes of one record; the others are there to be looked up."""
    compiled = mapping(**changes)
    record = Record("line 2", fields)
    lookups = compiled.lookups([record, *(Record(f"line {i}", one) for i, one in enumerate(others, 3))])
    return list(compiled.apply(record, compiled.choose(record, lookups), lookups))


def said(items: list[Mapped]) -> list[tuple[str, str, str]]:
    """Subject, predicate and object of the facts among them."""
    return [triple(item.fact) for item in items if item.fact is not None]


def triple(fact: Fact) -> tuple[str, str, str]:
    target = fact.object.value if isinstance(fact.object, Literal) else fact.object
    return fact.subject, fact.predicate, target


def reasons(items: list[Mapped]) -> list[str]:
    return [item.reason for item in items if item.fact is None]


class MovingClock:
    """A clock that moves on by a second whenever it is read."""

    def __init__(self) -> None:
        self._now = datetime(2026, 4, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now


def services() -> Services:
    clock = MovingClock()
    store = SqliteStore(":memory:", CORE, clock)
    return Services(store, store, store, store, store, store, clock, CORE)


def write_yaml(path: Path, content: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    return path


class Folder:
    """A folder with an ontology, data and dataset files, and a store to load them into."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.services = services()
        write_yaml(path / "ontology.yml", ONTOLOGY)

    def data(self, content: str | bytes, name: str = "data.csv") -> None:
        (self.path / name).write_bytes(content.encode() if isinstance(content, str) else content)

    def load(self, content: str | bytes | None = None, **changes: Any) -> Run:
        """Load one dataset file; with content, of a data file of these bytes."""
        described = document(**changes)
        if content is not None:
            self.data(content, described["files"][0])
        path = write_yaml(self.path / f"{described['dataset']}-{described['version']}.yml", described)
        return next(self.load_files(path))

    def load_files(self, *paths: Path, data: Path | None = None) -> Iterator[Run]:
        return load_files(paths, data, self.services, quiet)

    def graph(self, *datasets: str) -> list[tuple[str, str, str]]:
        """Every fact that can be seen, sorted."""
        return sorted(triple(fact) for fact in self.facts(*datasets))

    def facts(self, *datasets: str) -> list[Fact]:
        view = self.services.store.view(Scope(datasets=datasets))
        ids = view.scan(view.ontology().types, 1000).ids
        names = ("type", "name", "alias", "key", "status", *view.ontology().predicates)
        return list(view.follow(ids, names, "out", 1000).facts)

    def last_run(self) -> Run:
        return self.services.runs.runs(1)[0]

    def rejected(self) -> list[tuple[str, str]]:
        """Position and reason of what the last run rejected."""
        return [(one.locator, one.reason) for one in self.services.runs.rejections(self.last_run().id)]


def quiet(stage: str, done: int, total: int | None) -> None:
    """A person is not looking on."""
