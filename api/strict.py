"""What comes in: JSON read strictly, hosts from a list, bodies no longer than a cap."""

from __future__ import annotations

import asyncio
import json
import math
import zlib
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import CODES, problem

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def strict_json(body: bytes) -> Any:
    """JSON as RFC 8259 has it: no NaN or Infinity, no repeated names, no half characters. Raises ValueError."""
    value = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse, parse_float=_finite)
    json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not a number in JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


MAX_BODY = 1_000_000
"""Bytes. The longest question takes 16,000; the rest is room for a plan or a batch of lineage events."""


class _StrictRequest(Request):
    async def body(self) -> bytes:
        body = await super().body()
        # Clients of OpenLineage may pack what they send.
        return body if self.headers.get("content-encoding", "").lower() != "gzip" else _unpacked(body)

    async def json(self) -> Any:
        body = await self.body()
        try:
            return strict_json(body)
        except json.JSONDecodeError:
            raise
        except UnicodeError as exc:
            raise HTTPException(400, "the body is not UTF-8 text") from exc
        except RecursionError as exc:
            raise HTTPException(400, "the body is nested too deeply") from exc
        except ValueError as exc:
            raise HTTPException(400, f"the body is not JSON: {str(exc)[:200]}") from exc


def _unpacked(body: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        text = unpacker.decompress(body, MAX_BODY + 1)
    except zlib.error as exc:
        raise HTTPException(400, "the body is not gzip, as its Content-Encoding says") from exc
    if len(text) > MAX_BODY:
        raise HTTPException(413, f"the body unpacks to more than {MAX_BODY:,} bytes")
    if not unpacker.eof:
        raise HTTPException(400, "the gzip body ends too soon")
    return text


class StrictRoute(APIRoute):
    """A route whose JSON body is read strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        original = super().get_route_handler()

        async def handler(request: Request) -> Response:
            return await original(_StrictRequest(request.scope, request.receive))

        return handler


class HostList:
    """Answers only requests sent to a known name: a page of another site cannot reach a local server by its own."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            host = Headers(scope=scope).get("host", "").lower()
            name = host if host.endswith("]") else host.rpartition(":")[0] or host
            if name not in self._hosts:
                refusal = problem(400, "host_not_allowed", "the request's Host is not one this server answers to")
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


BODY_S = 30
"""Seconds for all of a body; at the cap that is 33 kB/s, a slow telephone line."""


class BodyCap:
    """Refuses a body that is longer than the cap, by its announced length or as it comes in, or that takes too long."""

    def __init__(self, app: ASGIApp, most: int, seconds: float = BODY_S) -> None:
        self._app = app
        self._most = most
        self._seconds = seconds
        self._says = f"the body is longer than {most:,} bytes"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and (len(announced) > 15 or int(announced) > self._most):
            refusal = problem(413, CODES[413], self._says, headers={"Connection": "close"})
            await refusal(scope, receive, send)
            return
        seen, whole = 0, False
        until = asyncio.get_running_loop().time() + self._seconds

        async def receiving() -> Message:
            nonlocal seen, whole
            try:
                # What comes after the body is that the caller has gone, and may take as long as it likes.
                async with asyncio.timeout_at(None if whole else until):
                    message = await receive()
            except TimeoutError as exc:
                slow = f"the body was not here after {self._seconds:g} seconds"
                raise HTTPException(408, slow, {"Connection": "close"}) from exc
            whole = not message.get("more_body", False)
            seen += len(message.get("body", b""))
            if seen > self._most:
                raise HTTPException(413, self._says, {"Connection": "close"})
            return message

        await self._app(scope, receiving, send)
