"""The connection to a model's server: no read of it outlasts the deadline, and no reply is without end."""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore2
import httpx2

MAX_BYTES = 4_000_000
"""Of one reply with its frame; the longest answer that fits a context of a million tokens is about this."""
CONNECT_S = 5.0


class ReplyTooLong(Exception):
    """More bytes came than a reply may have."""


class ReplyPacked(Exception):
    """The reply is packed, although none was asked for: a few bytes may unpack to any number."""


@dataclass(slots=True)
class Allowance:
    """What one request may still use."""

    deadline: float
    """By ``time.monotonic``."""
    bytes_left: int = MAX_BYTES

    @property
    def seconds_left(self) -> float:
        return self.deadline - time.monotonic()

    def bound(self, seconds: float | None) -> float:
        left = self.seconds_left
        if left <= 0:
            raise httpcore2.ReadTimeout
        return left if seconds is None else min(seconds, left)


_allowance: ContextVar[Allowance | None] = ContextVar("allowance", default=None)


@contextlib.contextmanager
def allowing(allowance: Allowance) -> Iterator[None]:
    """Hold whatever this thread sends and reads to this allowance."""
    token = _allowance.set(allowance)
    try:
        yield
    finally:
        _allowance.reset(token)


def _bound(seconds: float | None) -> float | None:
    allowance = _allowance.get()
    return seconds if allowance is None else allowance.bound(seconds)


class _Stream(httpcore2.NetworkStream):
    """A connection on which each read ends at the deadline and counts."""

    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        allowance = _allowance.get()
        found = self._inner.read(max_bytes, _bound(timeout))
        if allowance is not None:
            allowance.bytes_left -= len(found)
            if allowance.bytes_left < 0:
                raise ReplyTooLong
        return found

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _bound(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _bound(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore2.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        return _Stream(super().connect_tcp(host, port, _bound(timeout), local_address, socket_options))


def _refuse_packed(response: httpx2.Response) -> None:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise ReplyPacked


def _proxy(base_url: str) -> str | None:
    """The proxy that the environment names for this server; none for one on this machine."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if host == "localhost" or host.startswith("127.") or host == "::1" or proxy_bypass(host):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")


def http_client(base_url: str) -> httpx2.Client:
    """For one server, through the proxy that the environment names for it, if it does."""
    proxy = _proxy(base_url)
    # A connection for each request, so that none goes stale between two questions and none is left open.
    transport = httpx2.HTTPTransport(limits=httpx2.Limits(max_keepalive_connections=0), proxy=proxy)
    # The pool takes a backend of its own, but the transport has no way to hand it on.
    transport._pool._network_backend = _Backend()  # noqa: SLF001
    return httpx2.Client(
        transport=transport,
        event_hooks={"response": [_refuse_packed]},
        timeout=httpx2.Timeout(None, connect=CONNECT_S),
        # A key and evidence go to the address that was set, and to no other.
        follow_redirects=False,
        headers={"Accept-Encoding": "identity"},
    )
