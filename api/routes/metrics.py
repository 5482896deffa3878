"""What this process did, for Prometheus."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from api.deps import ContextDep
from api.documented import refusals
from api.metrics import MEDIA

router = APIRouter(tags=["health"])
COUNTED: dict[int | str, dict[str, Any]] = {
    200: {"description": "Text for Prometheus", "content": {"text/plain": {"schema": {"type": "string"}}}}
}


@router.get(
    "/metrics",
    response_class=Response,
    responses=COUNTED | refusals(400),
)
def metrics(context: ContextDep) -> Response:
    """Counters and histograms since this process began, in Prometheus' text form. See docs/observability.md."""
    return Response(context.metrics.text(), media_type=MEDIA)
