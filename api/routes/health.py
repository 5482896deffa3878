"""Whether the process answers, and whether what it needs does."""

from __future__ import annotations

import time
from importlib.metadata import PackageNotFoundError, version

from fastapi import APIRouter
from fastapi.responses import Response

from api.deps import ContextDep
from api.documented import refusals
from api.errors import RETRY_AFTER_S, problem
from api.wire import Health, Ready
from kg.errors import KgError

BUDGET_S = 2.0
"""For the store to answer; what asks for readiness seldom waits longer."""

router = APIRouter(tags=["health"])


def _version() -> str:
    try:
        return version("whence")
    except PackageNotFoundError:
        return "not installed"


VERSION = _version()


@router.get("/healthz", responses=refusals(400))
def healthz() -> Health:
    """The process answers. Nothing else is asked."""
    return Health(status="ok", version=VERSION)


@router.get("/readyz", response_model=Ready, responses=refusals(400, 503))
def readyz(context: ContextDep) -> Ready | Response:
    """Ask the store, with a budget of two seconds."""
    began = time.perf_counter()
    try:
        context.probes.submit(context.services.store.check).result(BUDGET_S)
    except TimeoutError:
        failure = f"no answer in {BUDGET_S:g} seconds"
    except KgError as exc:
        failure = str(exc)
    else:
        took = round((time.perf_counter() - began) * 1000, 1)
        return Ready(status="ready", dependencies={"store": {"ready": True, "ms": took}})
    return problem(
        503,
        "not_ready",
        f"the store is not ready: {failure}",
        headers={"Retry-After": RETRY_AFTER_S},
        more={"retryable": True, "dependencies": {"store": {"ready": False, "reason": failure}}},
    )
