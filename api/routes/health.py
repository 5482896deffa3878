"""Whether the process answers, and whether what it needs does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from importlib.metadata import PackageNotFoundError, version

from fastapi import APIRouter
from fastapi.responses import Response

from api.deps import ServicesDep
from api.documented import refusals
from api.errors import RETRY_AFTER_S, problem
from api.wire import Health, Ready
from kg.errors import KgError

BUDGET_S = 2.0
"""For the store to answer; what asks for readiness seldom waits longer."""

MAX_ASKING = 4
"""Questions to a silent store at one time; further ones are not even sent."""

_asking = threading.BoundedSemaphore(MAX_ASKING)
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
def readyz(services: ServicesDep) -> Ready | Response:
    """Ask the store, with a budget of two seconds."""
    began = time.perf_counter()
    try:
        _within_budget(services.store.check)
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


def _within_budget(check: Callable[[], None]) -> None:
    """Run the check in a thread that nothing waits for beyond the budget. Raises TimeoutError or what it raises."""
    if not _asking.acquire(timeout=BUDGET_S):
        raise TimeoutError
    answer: Future[None] = Future()

    def ask() -> None:
        try:
            check()
        except Exception as exc:  # noqa: BLE001 (handed to the one who asked)
            answer.set_exception(exc)
        else:
            answer.set_result(None)
        finally:
            _asking.release()

    threading.Thread(target=ask, name="readiness", daemon=True).start()
    answer.result(BUDGET_S)
