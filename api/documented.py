"""What the OpenAPI document says of refusals, and the document itself."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.access import NEEDS, OPEN
from api.errors import PROBLEM
from api.wire import Problem

MEANINGS = {
    400: "The request cannot be read: bad JSON, not UTF-8, or a host this server does not answer to",
    401: "Access is on, and nobody knows who asks: a key or token is missing, or opens nothing",
    403: "The roles of the caller do not allow it",
    404: "There is no such thing in this view",
    406: "None of the wanted media types is offered",
    408: "The body took too long to come in",
    409: "It collides with what stands",
    412: "It is no longer as it was seen",
    413: "The body is larger than this server takes",
    422: "It can be read, and cannot be done; the code says why",
    428: "It has to be said how it was seen: If-Match, or If-None-Match",
    429: "The caller asks more often than allowed; Retry-After says when to try again",
    503: "The store cannot be reached; try again",
    504: "The store did not answer in time; try again",
}

_PROBLEM = {"$ref": "#/components/schemas/Problem"}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Documentation of the refusals an endpoint may give."""
    return {status: {"description": MEANINGS[status], "model": Problem} for status in statuses}


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with refusals under their own media type."""
    made = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
    )
    made.setdefault("components", {})["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            if NEEDS.get((method.upper(), path)) is not OPEN:
                operation["security"] = [{"bearer": []}, {}]
                operation["responses"] |= {
                    str(status): {"description": MEANINGS[status], "content": {PROBLEM: {"schema": _PROBLEM}}}
                    for status in (401, 403, 429)
                }
            for status, response in operation["responses"].items():
                if int(status) >= 400 and "content" in response:
                    response["content"] = {PROBLEM: response["content"].popitem()[1]}
    return made
