"""The HTTP application: routers, middleware and handlers put together, nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI

from api import documented, errors, page
from api.access import admit
from api.deps import Context
from api.headers import SecurityHeaders
from api.metrics import Metrics
from api.oidc import issuer_of
from api.rates import Rates
from api.request_log import FASTAPI, Requests
from api.routes import (
    audit,
    decisions,
    graph,
    health,
    history,
    impact,
    lineage,
    loads,
    matches,
    me,
    metrics,
    prompts,
    retention,
    reviews,
    runs,
    schema,
    sign_in,
    tables,
)
from api.strict import LOOPBACK, MAX_BODY, BodyCap, HostList
from api.watching import Touched, Watch
from kg.bootstrap import Services
from kg.settings import Settings

API_VERSION = "1"
DESCRIPTION = """Decisions over a knowledge graph: every answer tied to facts, every fact to the row it came from.

Every refusal is a problem document (RFC 9457) with a `code`. An abstention is an answer, not a refusal."""


def create_app(
    services: Services,
    settings: Settings | None = None,
    hosts: Iterable[str] = LOOPBACK,
    built: Path = page.BUILT,
) -> FastAPI:
    """The application over these services, answering to these host names, with the page that was built there.

    Whoever opened the services closes them.
    """
    app = FastAPI(
        title="Whence",
        version=API_VERSION,
        summary="Decision support over a knowledge graph",
        description=DESCRIPTION,
        # The pages that come with FastAPI load their viewer from another site.
        docs_url=None,
        redoc_url=None,
        telemetry=FASTAPI,
        dependencies=[Depends(admit)],
    )
    settings = settings or Settings()
    rates, strangers = Rates(settings.rate), Rates(settings.unknown_rate)
    app.state.context = Context(
        services,
        settings,
        Watch(services.runs),
        Touched(services),
        Metrics(services),
        rates,
        strangers,
        issuer_of(settings),
    )
    asked = (decisions, retention, reviews, graph, history, schema, lineage, impact, matches, runs, loads)
    for routes in (*asked, prompts, tables, audit, me, sign_in, health, metrics):
        app.include_router(routes.router)
    app.include_router(page.router(built))
    errors.install(app)
    app.add_middleware(BodyCap, most=MAX_BODY)
    app.add_middleware(HostList, hosts=tuple(hosts))
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Requests)

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = documented.document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend it
    return app
