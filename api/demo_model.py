"""``whence demo-model``: a scripted server with the interface of OpenAI's, for tests, demos and trials without a model.

It is no model, and says so: in the names of its models, in ``system_fingerprint``, in the ids of its replies and in
the header ``X-Scripted``. By the model's name it answers well or misbehaves in one of the ways of ``FAULTS``.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from api.scripted import MODELS, NAME, Asked, Script, reply, schema_of

LABEL = {"X-Scripted": "a scripted server, no model"}
PIECE = 16
"""Characters of a streamed piece."""
DRIP_S = 0.1
ALTERED = {"e500": 500, "e429": 429, "e400": 400, "e401": 401}


class Face(NamedTuple):
    """How one of the interfaces writes a text: as events, or as one object."""

    events: Callable[[Asked, str], list[tuple[str, Any]]]
    whole: Callable[[Asked, str], dict[str, Any]]


def create_demo_model(script: Script | None = None, *, list_all: bool = False, delay_s: float = 0.25) -> FastAPI:
    """The server. It lists its well-behaved model alone, unless all are asked for; it answers as any of them."""
    app = FastAPI(title="Whence demo-model (scripted)", openapi_url=None, docs_url=None, redoc_url=None)
    written, failed = script or Script(), itertools.count()

    async def answered(request: Request, asked: Asked, body: dict[str, Any], face: Face) -> Response:
        while asked.fault == "hang" and not await request.is_disconnected():  # noqa: ASYNC110 (told only when asked)
            await asyncio.sleep(DRIP_S)
        return await _reply(asked, reply(asked, written), face, stream=bool(body.get("stream")), delay_s=delay_s)

    @app.get("/v1/models")
    def models() -> JSONResponse:
        listed = MODELS if list_all else (NAME,)
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "scripted"} for name in listed]
        return JSONResponse({"object": "list", "data": data}, headers=LABEL)

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return _error(400, "the body is no JSON object")
        messages = body.get("messages")
        if not isinstance(messages, list) or not all(isinstance(one, dict) for one in messages):
            return _error(400, "messages: expected a list of objects", param="messages")
        said = {one.get("role"): str(one.get("content", "")) for one in messages}
        form, schema = schema_of(body.get("response_format"), said.get("system", ""))
        asked = Asked(str(body.get("model")), said.get("system", ""), said.get("user", ""), schema, form)
        return _refusal(asked, request, failed) or await answered(request, asked, body, Face(_chat_events, _chat_whole))

    @app.post("/v1/responses")
    async def responses(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return _error(400, "the body is no JSON object")
        system = str(body.get("instructions", ""))
        text = body.get("text")
        form, schema = schema_of(text.get("format") if isinstance(text, dict) else None, system)
        asked = Asked(str(body.get("model")), system, str(body.get("input", "")), schema, form)
        return _refusal(asked, request, failed) or await answered(
            request, asked, body, Face(_response_events, _response_whole)
        )

    return app


async def _reply(asked: Asked, text: str, face: Face, *, stream: bool, delay_s: float) -> Response:
    """The reply, in the way of the model's name."""
    if asked.fault == "html":
        return HTMLResponse("<!doctype html><title>Sign in</title><p>Please sign in.</p>", headers=LABEL)
    if asked.fault == "empty":
        return Response(b"", headers=LABEL)
    if asked.fault in ("drip", "huge"):
        return StreamingResponse(_endless(asked.fault), media_type="text/event-stream", headers=LABEL)
    pause_s = delay_s if asked.fault == "slow" else 0.0
    if stream:
        sent = _sent(face.events(asked, text), pause_s)
        return StreamingResponse(sent, media_type="text/event-stream", headers=LABEL)
    await asyncio.sleep(pause_s * max(1, len(text) // PIECE))
    content = json.dumps(face.whole(asked, text))
    # Half of a body, where it is cut.
    return Response(
        content[: len(content) // 2] if asked.fault == "cut" else content, media_type="application/json", headers=LABEL
    )


async def _body(request: Request) -> dict[str, Any] | None:
    try:
        found = json.loads(await request.body())
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _refusal(asked: Asked, request: Request, failed: itertools.count[int]) -> Response | None:  # noqa: PLR0911 (a fault each)
    """What is not answered: an unknown model, and faults that are statuses."""
    fault = asked.fault
    if asked.model not in MODELS:
        return _error(404, f"The model `{asked.model}` does not exist", code="model_not_found")
    if fault == "e500x2" and next(failed) % 3 < 2:
        return _error(500, "The server had an error")
    if fault == "redirect":
        return Response(status_code=307, headers={"Location": "http://elsewhere.invalid/v1", **LABEL})
    if fault == "e401":
        return _error(401, f"Incorrect API key provided: {request.headers.get('authorization', '')}")
    if (fault == "noschema" and asked.form == "json_schema") or (fault == "nojson" and asked.form):
        return _error(400, f"'response_format' of type '{asked.form}' is not supported", param="response_format")
    if fault in ALTERED:
        return _error(ALTERED[fault], f"scripted to fail with {ALTERED[fault]}")
    return None


def _error(status: int, message: str, *, code: str | None = None, param: str | None = None) -> Response:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    headers = LABEL | ({"Retry-After": "1"} if status == 429 else {})
    return JSONResponse({"error": error}, status, headers)


# --- what is sent --------------------------------------------------------------------------------------------------


async def _sent(events: list[tuple[str, Any]], pause_s: float) -> AsyncIterator[str]:
    for name, event in events:
        if pause_s:
            await asyncio.sleep(pause_s)
        data = event if isinstance(event, str) else json.dumps(event, ensure_ascii=False)
        yield (f"event: {name}\n" if name else "") + f"data: {data}\n\n"


async def _endless(fault: str) -> AsyncIterator[str]:
    yield "data: "
    while True:
        # Also without a pause, so that one who left is noticed.
        await asyncio.sleep(DRIP_S if fault == "drip" else 0)
        yield "x" if fault == "drip" else "x" * 65_536


def _said(asked: Asked, text: str) -> tuple[list[str], str | None]:
    """The pieces, and how they end."""
    cut = {"cut": None, "length": "length", "badjson": "stop"}
    if asked.fault in cut:
        text = text[: max(1, len(text) // 2)]
    ended = "content_filter" if asked.fault == "filter" else cut.get(asked.fault, "stop")
    return [text[start : start + PIECE] for start in range(0, len(text), PIECE)], ended


def _counts(asked: Asked, text: str) -> tuple[int, int]:
    return (len(asked.system) + len(asked.user)) // 4, len(text) // 4


def _id(asked: Asked) -> str:
    told = f"{asked.model}\n{asked.system}\n{asked.user}"
    return f"scripted-{hashlib.sha256(told.encode('utf-8', 'replace')).hexdigest()[:16]}"


def _chat_frame(asked: Asked, kind: str) -> dict[str, Any]:
    frame = {"id": _id(asked), "object": kind, "created": 0, "model": asked.model, "system_fingerprint": "scripted"}
    return frame | {"choices": []}


def _chat_usage(asked: Asked, text: str) -> dict[str, Any]:
    taken, given = _counts(asked, text)
    return {"prompt_tokens": taken, "completion_tokens": given, "total_tokens": taken + given}


def _chat_events(asked: Asked, text: str) -> list[tuple[str, Any]]:
    frame = _chat_frame(asked, "chat.completion.chunk")
    pieces, ended = _said(asked, text)
    deltas: list[dict[str, Any]] = [{"content": piece} for piece in pieces]
    if asked.fault == "refuse":
        deltas = [{"refusal": "I will not answer that."}]
    chunks = [frame | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    if asked.fault == "nochoices":
        chunks = [frame]
    elif ended is not None:
        chunks.append(frame | {"choices": [{"index": 0, "delta": {}, "finish_reason": ended}]})
    if asked.fault == "cut":
        return [("", chunk) for chunk in chunks]
    return [("", chunk) for chunk in (*chunks, frame | {"usage": _chat_usage(asked, text)}, "[DONE]")]


def _chat_whole(asked: Asked, text: str) -> dict[str, Any]:
    pieces, ended = _said(asked, text)
    message: dict[str, Any] = {"role": "assistant", "content": "".join(pieces)}
    if asked.fault == "refuse":
        message = {"role": "assistant", "content": None, "refusal": "I will not answer that."}
    choices = [] if asked.fault == "nochoices" else [{"index": 0, "message": message, "finish_reason": ended}]
    return _chat_frame(asked, "chat.completion") | {"choices": choices, "usage": _chat_usage(asked, text)}


def _response_whole(asked: Asked, text: str) -> dict[str, Any]:
    pieces, ended = _said(asked, text)
    taken, given = _counts(asked, text)
    part: dict[str, Any] = {"type": "output_text", "text": "".join(pieces), "annotations": []}
    if asked.fault == "refuse":
        part = {"type": "refusal", "refusal": "I will not answer that."}
    reason = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(ended or "")
    output = [{"type": "message", "role": "assistant", "content": [part]}]
    return {
        "id": _id(asked),
        "object": "response",
        "created_at": 0,
        "model": asked.model,
        "metadata": {"system_fingerprint": "scripted"},
        "status": "incomplete" if reason else "completed",
        "incomplete_details": {"reason": reason} if reason else None,
        "output": [] if asked.fault == "nochoices" else output,
        "usage": {"input_tokens": taken, "output_tokens": given, "total_tokens": taken + given},
    }


def _response_events(asked: Asked, text: str) -> list[tuple[str, Any]]:
    pieces, _ = _said(asked, text)
    whole = _response_whole(asked, text)
    events: list[tuple[str, Any]] = [("response.output_text.delta", {"delta": piece}) for piece in pieces]
    if asked.fault == "refuse":
        events = [("response.refusal.delta", {"delta": "I will not answer that."})]
    if asked.fault == "nochoices":
        events = []
    if asked.fault != "cut":
        events.append((f"response.{whole['status']}", {"response": whole}))
    return [(name, {"type": name, **event}) for name, event in events]
