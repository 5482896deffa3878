"""Settings to Services; the only file that names backends."""

from __future__ import annotations

import importlib.resources
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from kg.answer.adapter import Adapter, chosen
from kg.domain.ontology import Ontology
from kg.domain.ontology_file import parse
from kg.errors import ConfigError
from kg.export.run import Writer
from kg.ports.clock import Clock, system_clock
from kg.ports.ledger import DecisionLedger, RunLedger
from kg.ports.store import GraphStore, GraphView
from kg.settings import NEO4J_SCHEMES, Settings, neo4j_address


@dataclass(frozen=True, slots=True)
class Services:
    """What the ways in are given."""

    store: GraphStore
    decisions: DecisionLedger
    runs: RunLedger
    clock: Clock
    core: Ontology
    adapter: Adapter = field(default_factory=Adapter)


def core_ontology() -> Ontology:
    """What every domain shares."""
    import yaml

    text = importlib.resources.files("kg").joinpath("ontology/core.yml").read_text("utf-8")
    return parse(yaml.safe_load(text))


def import_files(services: Services, view: GraphView) -> Writer:
    """Writes the files from which ``neo4j-admin database import`` makes a database that Whence opens."""
    from kg.backends.neo4j.import_files import ImportFiles

    return ImportFiles(view, services.store, services.runs).write


def open_services(settings: Settings, clock: Clock = system_clock) -> Services:
    """Open the store that the settings name. Raises ConfigError, AdapterInvalid or StoreError."""
    core, adapter = core_ontology(), chosen(settings.adapter)
    kind = urlsplit(settings.store).scheme
    if kind == "sqlite":
        from kg.backends.sqlite.store import SqliteStore

        path = settings.store.removeprefix("sqlite:")
        if not path:
            raise ConfigError("store 'sqlite:' names no file; for instance sqlite:whence.db")
        store = SqliteStore(path, core, clock)
        return Services(store, store, store, clock, core, adapter)
    if kind in NEO4J_SCHEMES:
        from kg.backends.neo4j.store import Neo4jStore

        address, database = neo4j_address(settings.store)
        graph = Neo4jStore(address, database, settings.neo4j_user, settings.neo4j_password, core, clock)
        return Services(graph, graph, graph, clock, core, adapter)
    raise ConfigError(f"store {settings.store!r} is neither sqlite:PATH nor neo4j://host:port/database")
