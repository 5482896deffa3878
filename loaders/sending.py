"""Sending OpenLineage events to a receiver. A load never fails by it."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

Send = Callable[[dict[str, Any]], None]
ENDPOINT = "/api/v1/lineage"
"""Where OpenLineage clients send to at an address without a path."""
TIMEOUT_S = 5.0


def nowhere(_: dict[str, Any]) -> None:
    """No receiver is set."""


def sender(url: str | None, warn: Callable[[str], None]) -> Send:
    """What sends each event to this address; the first that cannot be sent is warned of, and none is tried after it."""
    return nowhere if url is None else _Sender(url, warn)


class _Sender:
    def __init__(self, url: str, warn: Callable[[str], None]) -> None:
        parts = urlsplit(url)
        self._url = url if parts.path.strip("/") else f"{parts.scheme}://{parts.netloc}{ENDPOINT}"
        self._shown = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
        self._warn = warn
        self._broken = False

    def __call__(self, event: dict[str, Any]) -> None:
        if self._broken:
            return
        body = json.dumps(event, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "User-Agent": "whence"}
        request = urllib.request.Request(self._url, body, headers, method="POST")  # noqa: S310 (settings allow http and https only)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S):  # noqa: S310
                pass
        except (OSError, ValueError, http.client.HTTPException) as exc:
            self._broken = True
            reason = f"it answered {exc.code}" if isinstance(exc, urllib.error.HTTPError) else str(exc)
            self._warn(
                f"the lineage receiver {self._shown} did not take an event ({reason}): no more are sent; "
                "they are kept, see `whence runs ID --openlineage`"
            )
