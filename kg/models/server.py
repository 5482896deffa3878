"""Where a model's server is, and the key for it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from kg.domain.completion import ModelSpec
from kg.errors import ConfigError

BASE_URL, KEY = "OPENAI_BASE_URL", "OPENAI_API_KEY"
"""Variables that every client of OpenAI's interface reads."""
SCRIPTED = "scripted"
"""What the names of scripted models begin with."""


def address(url: str) -> str:
    """The address of a server. Raises ValueError."""
    try:
        parts = urlsplit(url)
        right = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        right = False
    if not right:
        raise ValueError("expected http://host:port/v1 or https://host/v1")
    if parts.username or parts.password:
        raise ValueError("give the key in an environment variable, not in the address")
    return url.rstrip("/")


def key_of(spec: ModelSpec, environment: Mapping[str, str]) -> str:
    """The key for its server; empty for a server of one's own without keys. Raises ConfigError."""
    key = environment.get(spec.key_variable, "").strip()
    if not key and (not spec.base_url or spec.key_variable != KEY):
        raise ConfigError(f"the model {spec.name!r} needs a key: set {spec.key_variable}")
    if not (key.isascii() and key.isprintable()):
        raise ConfigError(f"{spec.key_variable}: has characters that no key has")
    return key
