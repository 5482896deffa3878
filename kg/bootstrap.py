"""Settings to Services; the only file that names backends."""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kg.answer.adapter import Adapter, chosen
from kg.answer.merged import MergedStore
from kg.answer.prompts import Prompts
from kg.answer.tabled import TabledStore
from kg.answer.write import Author
from kg.domain.completion import ModelSpec, Reply
from kg.domain.ontology import Ontology
from kg.domain.ontology_file import parse
from kg.errors import ConfigError
from kg.export.pages import Writer
from kg.models.cached import Cached
from kg.models.check import REQUEST
from kg.models.chosen import Models
from kg.models.limited import Limited
from kg.models.server import key_of
from kg.models.traced import Traced
from kg.ports.access import KeyRing
from kg.ports.attachable import GraphSketch
from kg.ports.audit import AuditLog
from kg.ports.clock import Clock, system_clock
from kg.ports.ledger import Ledger, RunLedger
from kg.ports.model import Model
from kg.ports.rules import Registry
from kg.ports.spending import SpendingLedger
from kg.ports.store import GraphStore, GraphView
from kg.settings import NEO4J_SCHEMES, Settings, neo4j_address
from kg.telemetry.calls import Calls
from kg.telemetry.conventions import conventions

if TYPE_CHECKING:
    from kg.decisions.impact import Impacts
    from kg.decisions.reviews import Reviews


@dataclass(frozen=True, slots=True)
class Services:
    """What the ways in are given."""

    store: GraphStore
    """Its views read matched entities as one."""
    decisions: Ledger
    runs: RunLedger
    prompts: Registry
    """Prompts, decision tables and review rules."""
    keys: KeyRing
    audit: AuditLog
    clock: Clock
    core: Ontology
    adapter: Adapter = field(default_factory=Adapter)
    models: Models | None = None
    """The language models that are set, and what was spent on them."""

    @property
    def recorded(self) -> GraphStore:
        """The store with every entity by itself, as the sources have it."""
        return self.store.recorded if isinstance(self.store, MergedStore) else self.store

    @property
    def reviews(self) -> Reviews:
        """Reviews of the decisions."""
        from kg.decisions.reviews import Reviews

        return Reviews(self.store, self.decisions, self.prompts, self.adapter, self.clock)

    @property
    def impacts(self) -> Impacts:
        """Which decisions a thing or a change touches."""
        from kg.decisions.impact import Impacts

        return Impacts(self.store, self.decisions, self.runs, self.prompts, self.adapter, self.clock)

    @property
    def model(self) -> Model | None:
        """The language model to use now, if one is set. Raises ConfigError, or the ModelError of its server."""
        return None if self.models is None else self.models.model()


NO_MODEL = "none"
"""As the name of a model: answer without one."""


def author_of(
    services: Services, model: str | None = None, prompts: Mapping[str, str] | None = None, caller: str = ""
) -> Author | None:
    """The model of this name, or the one to use, at work on one decision, with these prompts; none if none is set.

    Raises ConfigError, ModelNotFound, PromptNotFound, or the ModelError of a server that is asked what it has.
    """
    if services.models is None or model == NO_MODEL:
        return None
    found = services.models.model(model)
    if found is None:
        return None
    chosen_prompts = Prompts(services.prompts, dict(prompts or {}))
    for name in chosen_prompts.wanted:
        chosen_prompts.choose(name)
    return Author(found, chosen_prompts, caller)


def models_of(settings: Settings, ledger: SpendingLedger, clock: Clock) -> Models:
    """The models that the settings name, within their budgets. Raises ConfigError for a wrong models file."""
    from kg.backends.openai.model import OpenAIModel

    calls = Calls(conventions(settings.environment))

    def make(spec: ModelSpec) -> Model:
        server = Traced(OpenAIModel(spec, key_of(spec, settings.environment)), calls)
        limited = Limited(server, ledger, clock)
        return Cached(limited, spec.cache) if spec.cache else limited

    def served(spec: ModelSpec) -> tuple[str, ...]:
        return OpenAIModel(spec, key_of(spec, settings.environment)).served()

    models = Models(make, served, ledger, settings.models, settings.model, settings.environment)
    models.check_file()
    return models


def check_model(name: str | None, services: Services, settings: Settings) -> tuple[ModelSpec, Reply, str]:
    """Ask a model one small thing: the reply, and to what its server held it. Raises ModelError, ConfigError."""
    from kg.backends.openai.model import OpenAIModel

    spec = None if services.models is None else services.models.chosen(name)
    if services.models is None or spec is None:
        raise ConfigError("no model is set: see docs/models.md; `whence demo-model` serves a scripted one")
    model = OpenAIModel(spec, key_of(spec, settings.environment))
    traced = Traced(model, Calls(conventions(settings.environment)))
    reply = Limited(traced, services.models.spending, services.clock).complete(REQUEST)
    return spec, reply, model.dialect.structured


def core_ontology() -> Ontology:
    """What every domain shares."""
    import yaml

    text = importlib.resources.files("kg").joinpath("ontology/core.yml").read_text("utf-8")
    return parse(yaml.safe_load(text))


def import_files(services: Services, view: GraphView) -> Writer:
    """Writes the files from which ``neo4j-admin database import`` makes a database that Whence opens."""
    from kg.backends.neo4j.import_files import ImportFiles

    return ImportFiles(view, services.recorded, services.runs).write


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
        return Services(
            MergedStore(TabledStore(store, store), clock),
            store,
            store,
            store,
            store,
            store,
            clock,
            core,
            adapter,
            models_of(settings, store, clock),
        )
    if kind in NEO4J_SCHEMES:
        from kg.backends.neo4j.store import Neo4jStore

        address, database = neo4j_address(settings.store)
        graph = Neo4jStore(address, database, settings.neo4j_user, settings.neo4j_password, core, clock)
        return Services(
            MergedStore(TabledStore(graph, graph), clock),
            graph,
            graph,
            graph,
            graph,
            graph,
            clock,
            core,
            adapter,
            models_of(settings, graph, clock),
        )
    if kind == "attached":
        return _attached(Path(settings.store.removeprefix("attached:")), settings, clock, core, adapter)
    raise ConfigError(
        f"store {settings.store!r} is neither sqlite:PATH nor neo4j://host:port/database nor attached:FILE.yml"
    )


def _attached(path: Path, settings: Settings, clock: Clock, core: Ontology, adapter: Adapter) -> Services:
    """A database of others, only read; decisions and prompts are kept in a file beside the attachment."""
    from kg.backends.neo4j.attached.attachment import read_attachment
    from kg.backends.neo4j.attached.store import AttachedStore
    from kg.backends.neo4j.database import Database
    from kg.backends.sqlite.store import SqliteStore

    attachment = read_attachment(path, core)
    address, name = neo4j_address(attachment.address)
    ledger = SqliteStore(str(path.with_suffix(".decisions.db")), core, clock)
    database = Database(address, name, settings.neo4j_user, settings.neo4j_password)
    store = AttachedStore(database, attachment, core, clock, ledger.close)
    try:
        store.check()
    except BaseException:
        store.close()
        raise
    return Services(
        TabledStore(store, ledger),
        ledger,
        ledger,
        ledger,
        ledger,
        ledger,
        clock,
        core,
        adapter,
        models_of(settings, ledger, clock),
    )


def introspect(address: str, settings: Settings) -> GraphSketch:
    """What is in the Neo4j database at this address. Raises ConfigError or StoreError."""
    from kg.backends.neo4j.attached.introspect import sketch
    from kg.backends.neo4j.database import Database

    if urlsplit(address).scheme not in NEO4J_SCHEMES:
        raise ConfigError(f"{address!r} is not an address like neo4j://host:port/database")
    database = Database(*neo4j_address(address), settings.neo4j_user, settings.neo4j_password)
    try:
        return sketch(database)
    finally:
        database.close()
