"""Errors to HTTP: one table from error class to status, one form of reply (RFC 9457, ``application/problem+json``)."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from api.headers import SECURITY
from kg import errors as kg
from kg.telemetry.log import note

PROBLEM = "application/problem+json"
RETRY_AFTER_S = "2"
"""Long enough for a restarting store to answer again, short enough for a person to wait."""

STATUSES: dict[type[kg.KgError], int] = {
    kg.KgError: 500,
    kg.InvalidInput: 422,
    kg.QuestionInvalid: 422,
    kg.ScopeInvalid: 422,
    kg.PlanInvalid: 422,
    kg.LimitInvalid: 422,
    kg.NameAmbiguous: 422,
    kg.PromptInvalid: 422,
    kg.TableInvalid: 422,
    kg.ReviewInvalid: 422,
    kg.RequestReused: 422,
    kg.TrainingRefused: 400,
    kg.LineageInvalid: 422,
    kg.AttributionRefused: 422,
    kg.ExportRefused: 422,
    kg.NotFound: 404,
    kg.EntityNotFound: 404,
    kg.FactNotFound: 404,
    kg.DecisionNotFound: 404,
    kg.DatasetNotFound: 404,
    kg.RunNotFound: 404,
    kg.LineageNotFound: 404,
    kg.PromptNotFound: 404,
    kg.ModelNotFound: 404,
    kg.RulesNotFound: 404,
    kg.ReviewNotFound: 404,
    kg.KeyNotFound: 404,
    kg.KeyInvalid: 422,
    kg.CheckpointInvalid: 422,
    kg.AccessRefused: 403,
    kg.Unauthenticated: 401,
    kg.Forbidden: 403,
    kg.RateLimited: 429,
    kg.IssuerUnavailable: 503,
    kg.Conflict: 409,
    kg.LoadInProgress: 409,
    kg.MatchConflict: 409,
    # The version that an If-Match header names is not the current one.
    kg.LabelMoved: 412,
    kg.DecisionErased: 410,
    kg.ReviewMoved: 412,
    kg.ReviewSettled: 409,
    kg.MoveRefused: 403,
    kg.DecisionSuperseded: 409,
    kg.AnswerWithheld: 409,
    kg.DecisionHeld: 409,
    kg.StoreError: 500,
    kg.StoreUnavailable: 503,
    kg.StoreTimeout: 504,
    kg.StoreFull: 507,
    kg.StoreRejected: 502,
    kg.SchemaTooNew: 503,
    kg.StoreReadOnly: 409,
    kg.ModelError: 502,
    kg.ModelUnavailable: 503,
    kg.ModelTimeout: 504,
    kg.ModelRejected: 502,
    kg.ModelMalformed: 502,
    kg.ModelRefused: 502,
    kg.BudgetSpent: 503,
    kg.LoadError: 422,
    kg.SourceUnreadable: 422,
    kg.MappingInvalid: 422,
    # Seen by a reader when two loaded ontologies contradict each other.
    kg.OntologyInvalid: 409,
    kg.ExpectationFailed: 422,
    kg.FeedOutOfOrder: 409,
    kg.ConfigError: 500,
    kg.AdapterInvalid: 500,
    kg.AdapterUnfit: 500,
    kg.AttachmentInvalid: 500,
}

CODES = {
    400: "bad_request", 404: "not_found", 405: "method_not_allowed", 408: "body_too_slow", 413: "body_too_large",
    428: "precondition_required",
}  # fmt: skip
"""Codes of refusals that no error of ours stands for."""
SAYINGS = {404: "there is nothing at this path", 405: "the path does not take this method; see the Allow header"}

OF_OPERATION = (kg.StoreUnavailable, kg.StoreTimeout, kg.StoreFull, kg.SchemaTooNew)
"""Errors whose messages speak of the installation, so that they are logged; others may repeat what was sent or read."""


class Refusal(JSONResponse):
    """A problem document; it is counted when it is sent, whoever made it."""

    media_type = PROBLEM

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = scope.get("app")
        if app is not None and (context := getattr(app.state, "context", None)) is not None:
            context.metrics.refused(json.loads(bytes(self.body))["code"])
        await super().__call__(scope, receive, send)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> JSONResponse:
    """The one form in which this API refuses."""
    content = {
        "type": f"urn:whence:error:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        **(more or {}),
    }
    return Refusal(content, status, headers)


def of_error(error: kg.KgError) -> JSONResponse:
    """The reply for an error of ours."""
    headers = {"Retry-After": RETRY_AFTER_S} if error.retryable else {}
    if isinstance(error, kg.RateLimited):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, kg.Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    more: dict[str, Any] = {"retryable": error.retryable}
    if isinstance(error, kg.NameAmbiguous):
        more["choices"] = list(error.choices)
    return problem(STATUSES[type(error)], error.code, str(error), headers=headers, more=more)


def install(app: FastAPI) -> None:
    """Let every refusal of the app take this form."""
    app.add_exception_handler(kg.KgError, _ours)
    app.add_exception_handler(RequestValidationError, _request_invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)


def _ours(_: Request, exc: Exception) -> JSONResponse:
    if not isinstance(exc, kg.KgError):
        raise exc
    reply = of_error(exc)
    if reply.status_code >= 500:
        note("error", level=logging.ERROR, code=exc.code, message=str(exc) if isinstance(exc, OF_OPERATION) else None)
    return reply


def _http(_: Request, exc: Exception) -> JSONResponse:
    if not isinstance(exc, HTTPException):
        raise exc
    detail = SAYINGS.get(exc.status_code, str(exc.detail))
    return problem(exc.status_code, CODES.get(exc.status_code, "http_error"), detail, headers=exc.headers)


def _request_invalid(_: Request, exc: Exception) -> JSONResponse:
    """Bad JSON is 400; JSON or parameters of the wrong form are 422. What was sent is not repeated."""
    if not isinstance(exc, RequestValidationError):
        raise exc
    found: Sequence[Any] = exc.errors()
    if any(error["type"] == "json_invalid" for error in found):
        return problem(400, "json_invalid", f"the body is not JSON: {found[0]['ctx']['error']}")
    errors = [{"where": ".".join(str(part)[:80] for part in e["loc"]), "message": e["msg"]} for e in found[:20]]
    detail = "; ".join(f"{error['where']}: {error['message']}" for error in errors)
    return problem(422, "request_invalid", detail, more={"errors": errors})


def _unforeseen(_: Request, exc: Exception) -> JSONResponse:
    """The outermost line: a defect of ours is logged, and the caller learns nothing of its inside."""
    note("unforeseen error", level=logging.ERROR, exc=exc)
    return problem(500, "internal_error", "an unforeseen error; it was logged", headers=SECURITY)
