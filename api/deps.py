"""What endpoints are given, as annotated aliases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request

from api.access import CallerDep
from api.metrics import Metrics
from api.oidc import Issuer
from api.rates import Rates
from api.reach import Reach
from api.watching import Touched, Watch
from kg.bootstrap import Services
from kg.domain.lineage import Classification
from kg.domain.scope import Scope
from kg.ports.store import GraphView
from kg.settings import Settings


@dataclass(frozen=True, slots=True)
class Context:
    """What the app was made with."""

    services: Services
    settings: Settings
    watch: Watch
    touched: Touched
    metrics: Metrics
    rates: Rates
    strangers: Rates
    """Of each address: requests that show nothing by which their caller is known."""
    issuer: Issuer | None = None
    """Of tokens, where one is set."""


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


def _reach(caller: CallerDep, settings: SettingsDep) -> Reach:
    return Reach.of(caller, settings.ceiling)


ReachDep = Annotated[Reach, Depends(_reach)]


def _scope(
    reach: ReachDep,
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
    return reach.scope(dataset or (), ceiling, valid_as_of, known_as_of)


ScopeDep = Annotated[Scope, Depends(_scope)]


def _view(services: ServicesDep, scope: ScopeDep) -> GraphView:
    return services.store.view(scope)


ViewDep = Annotated[GraphView, Depends(_view)]
Limit = Annotated[int, Query(title="Limit", description="Most items to return.", ge=1, le=200)]
