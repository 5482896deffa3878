"""What endpoints are given, as annotated aliases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request

from api.metrics import Metrics
from api.watching import Watch
from kg.bootstrap import Services
from kg.domain.decision import Document
from kg.domain.lineage import Classification
from kg.domain.scope import Scope, scope_of
from kg.errors import ScopeInvalid
from kg.ports.store import GraphView
from kg.settings import Settings


@dataclass(frozen=True, slots=True)
class Context:
    """What the app was made with."""

    services: Services
    settings: Settings
    watch: Watch
    metrics: Metrics


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


ContextDep = Annotated[Context, Depends(_context)]


def _services(context: ContextDep) -> Services:
    return context.services


def _settings(context: ContextDep) -> Settings:
    return context.settings


ServicesDep = Annotated[Services, Depends(_services)]
SettingsDep = Annotated[Settings, Depends(_settings)]

CEILINGS = tuple(one.label for one in Classification)


def allowed_scope(
    settings: Settings,
    datasets: Iterable[str],
    ceiling: str | None,
    valid_as_of: str | None,
    known_as_of: str | None,
) -> Scope:
    """The scope asked for, if this server may read so high. Raises ScopeInvalid."""
    scope = scope_of(
        datasets=datasets,
        ceiling=ceiling,
        highest=settings.ceiling,
        valid_as_of=valid_as_of,
        known_as_of=known_as_of,
    )
    if scope.ceiling > settings.ceiling:
        raise ScopeInvalid(f"ceiling {ceiling!r} is above {settings.ceiling.label!r}, the highest this server reads")
    return scope


def may_read(document: Document, settings: Settings) -> bool:
    """Whether a recorded decision was made within what this server may read."""
    ceiling = Classification[str(document["scope"]["ceiling"]).upper()]
    return ceiling <= settings.ceiling


def _scope(
    settings: SettingsDep,
    dataset: Annotated[
        list[str] | None,
        Query(title="Datasets", description="`NAME` (its current version) or `NAME@VERSION`.", max_length=50),
    ] = None,
    ceiling: Annotated[
        str | None,
        Query(title="Ceiling", description="Highest classification to read.", json_schema_extra={"enum": CEILINGS}),
    ] = None,
    valid_as_of: Annotated[
        str | None, Query(title="True on", description="A day, like 2026-03-31; today if left out.", max_length=40)
    ] = None,
    known_as_of: Annotated[
        str | None,
        Query(title="Known at", description="A time, like 2026-03-31T09:00:00Z; now if left out.", max_length=40),
    ] = None,
) -> Scope:
    return allowed_scope(settings, dataset or (), ceiling, valid_as_of, known_as_of)


ScopeDep = Annotated[Scope, Depends(_scope)]


def _view(services: ServicesDep, scope: ScopeDep) -> GraphView:
    return services.store.view(scope)


ViewDep = Annotated[GraphView, Depends(_view)]
Limit = Annotated[int, Query(title="Limit", description="Most items to return.", ge=1, le=200)]
