"""Settings, read from the environment once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from kg.domain.lineage import Classification
from kg.errors import ConfigError
from kg.telemetry.log import FORMS

DEFAULT_STORE = "sqlite:whence.db"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set from outside. Each field names its environment variable."""

    store: str = DEFAULT_STORE
    """``WHENCE_STORE``: ``sqlite:PATH``, ``neo4j://host:port/database`` (also ``bolt://`` and the ``+s`` forms) or
    ``attached:FILE.yml``."""
    neo4j_user: str = ""
    """``WHENCE_NEO4J_USER``; empty means a server without authentication."""
    neo4j_password: str = ""
    """``WHENCE_NEO4J_PASSWORD``"""
    data: str | None = None
    """``WHENCE_DATA``: folder that dataset files' paths start from."""
    ceiling: Classification = Classification.CONFIDENTIAL
    """``WHENCE_CEILING``: highest classification read when a caller names none."""
    adapter: str | None = None
    """``WHENCE_ADAPTER``: an adapter file, ``none`` for the weights set by hand; else the one that is shipped."""
    openlineage_url: str | None = None
    """``WHENCE_OPENLINEAGE_URL``: where the events of loads are sent, as OpenLineage clients send them."""

    models: str | None = None
    """``WHENCE_MODELS``: a models file."""
    model: str | None = None
    """``WHENCE_MODEL``: the model to use, by its name in the models file; without one, the server's name of it."""
    log: str | None = None
    """``WHENCE_LOG``: ``json`` or ``plain`` lines on standard error; ``whence serve`` writes plain ones without it."""
    access: bool = False
    """``WHENCE_ACCESS``: ``on`` asks every caller for a key or token; off, whoever reaches the server may all."""
    rate: int = 600
    """``WHENCE_RATE``: requests a minute of each caller; 0 is as many as come."""
    unknown_rate: int = 120
    """``WHENCE_RATE_UNKNOWN``: requests a minute from one address whose caller is not known; 0 is as many as come."""
    oidc_issuer: str = ""
    """``WHENCE_OIDC_ISSUER``: address of an OpenID Connect issuer whose tokens are taken."""
    oidc_audience: str = ""
    """``WHENCE_OIDC_AUDIENCE``: for whom its tokens have to be."""
    oidc_roles: str = "roles"
    """``WHENCE_OIDC_ROLES``: the claim that lists roles, like ``realm_access.roles``."""
    oidc_name: str = "sub"
    """``WHENCE_OIDC_NAME``: the claim that names the caller; it has to be one that its bearer cannot change."""
    oidc_client: str = ""
    """``WHENCE_OIDC_CLIENT``: as what the page is known to the issuer; with it, one signs in there from the page."""
    oidc_scope: str = "openid"
    """``WHENCE_OIDC_SCOPE``: what the page asks the issuer for, so that the token is for the audience above."""
    contact: str = ""
    """``WHENCE_CONTACT``: where a decision can be contested, as explanations in words say it."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False, hash=False)
    """Where the keys of models are looked up, each when it is needed and no sooner; and what is told of their calls."""

    @staticmethod
    def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
        """Read the environment. Raises ConfigError naming the variable."""
        env = os.environ if environment is None else environment
        ceiling = env.get("WHENCE_CEILING", "confidential")
        if ceiling.upper() not in Classification.__members__:
            raise ConfigError(f"WHENCE_CEILING: {ceiling!r} is not public, internal, confidential or restricted")
        return Settings(
            store=env.get("WHENCE_STORE") or DEFAULT_STORE,
            neo4j_user=env.get("WHENCE_NEO4J_USER", ""),
            neo4j_password=env.get("WHENCE_NEO4J_PASSWORD", ""),
            data=env.get("WHENCE_DATA") or None,
            ceiling=Classification[ceiling.upper()],
            adapter=env.get("WHENCE_ADAPTER") or None,
            openlineage_url=_http(env.get("WHENCE_OPENLINEAGE_URL", "")),
            models=env.get("WHENCE_MODELS") or None,
            model=env.get("WHENCE_MODEL") or None,
            log=_log(env.get("WHENCE_LOG", "")),
            access=_on(env.get("WHENCE_ACCESS", "")),
            rate=_number(env, "WHENCE_RATE", 600),
            unknown_rate=_number(env, "WHENCE_RATE_UNKNOWN", 120),
            oidc_issuer=env.get("WHENCE_OIDC_ISSUER", ""),
            oidc_audience=env.get("WHENCE_OIDC_AUDIENCE", ""),
            oidc_roles=env.get("WHENCE_OIDC_ROLES") or "roles",
            oidc_name=env.get("WHENCE_OIDC_NAME") or "sub",
            oidc_client=env.get("WHENCE_OIDC_CLIENT", ""),
            oidc_scope=_scope(env.get("WHENCE_OIDC_SCOPE", "")),
            contact=" ".join(env.get("WHENCE_CONTACT", "").split()),
            environment=env,
        )


def _on(said: str) -> bool:
    if said not in ("", "on", "off"):
        raise ConfigError(f"WHENCE_ACCESS: {said!r} is not on or off")
    return said == "on"


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    said = env.get(name, "")
    if said and not (said.isascii() and said.isdecimal() and len(said) < 10):
        raise ConfigError(f"{name}: {said!r} is not a number of requests a minute")
    return int(said) if said else default


def _scope(said: str) -> str:
    names = said.split() or ["openid"]
    if "openid" not in names:
        raise ConfigError("WHENCE_OIDC_SCOPE: 'openid' has to be among the names")
    return " ".join(names)


def _log(form: str) -> str | None:
    if form not in ("", *FORMS):
        raise ConfigError(f"WHENCE_LOG: {form!r} is not json or plain")
    return form or None


def _http(url: str) -> str | None:
    if not url:
        return None
    try:
        parts = urlsplit(url)
        right = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        right = False
    if not right:
        raise ConfigError("WHENCE_OPENLINEAGE_URL: expected http://host:port or https://host:port")
    return url


NEO4J_SCHEMES = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")


def neo4j_address(store: str) -> tuple[str, str]:
    """Address and database of a ``neo4j://host:port/database`` store. Raises ConfigError."""
    parts = urlsplit(store)
    try:
        port = parts.port or 7687
    except ValueError as exc:
        raise ConfigError(f"store {store!r}: the port is not a number") from exc
    if parts.username or parts.password:
        raise ConfigError(
            "give Neo4j's user and password as WHENCE_NEO4J_USER and WHENCE_NEO4J_PASSWORD, not in the address"
        )
    if not parts.hostname:
        raise ConfigError(f"store {store!r}: expected neo4j://host:port/database")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port}", parts.path.strip("/") or "neo4j"
