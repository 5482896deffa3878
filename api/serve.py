"""Serve the application with uvicorn: on this machine only, unless access control is on."""

from __future__ import annotations

import ipaddress
import logging
import os

from api.app import create_app
from api.strict import LOOPBACK
from kg.bootstrap import open_services
from kg.errors import ConfigError
from kg.settings import Settings
from kg.telemetry.log import write

_log = logging.getLogger("uvicorn.error")


def serve(settings: Settings, host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve until stopped. Raises ConfigError for an address others can reach, and StoreError."""
    import uvicorn

    if not settings.access:
        refuse_remote(host)
    hosts = [name.strip() for name in os.environ.get("WHENCE_HOSTS", "").split(",") if name.strip()]
    proxies = _proxies(os.environ.get("WHENCE_PROXIES", ""))
    write(settings.log or "plain")
    services = open_services(settings)
    try:
        config = uvicorn.Config(
            create_app(services, settings, hosts=(*LOOPBACK, *hosts)),
            host=host,
            port=port,
            server_header=False,
            # Its lines hold what was looked for; ours hold the route.
            access_log=False,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=proxies,
            timeout_graceful_shutdown=10,
        )
        _log.addFilter(without_errors)
        if not settings.access:
            who = f"everybody on this machine who reaches {host}"
            _log.warning("access control is off: %s may read and change all (WHENCE_ACCESS=on)", who)
        uvicorn.Server(config).run()
    finally:
        services.store.close()


def without_errors(record: logging.LogRecord) -> bool:
    """A filter for uvicorn's log: what raised an error may hold what was asked, and our own line says where it was."""
    record.exc_info = record.exc_text = None
    return True


def _proxies(said: str) -> list[str]:
    """Whose word is taken for where a request comes from. Raises ConfigError."""
    named = [one.strip() for one in said.split(",") if one.strip()]
    for one in named:
        try:
            ipaddress.ip_network(one)
        except ValueError as exc:
            raise ConfigError(f"WHENCE_PROXIES: {one!r} is no address and no network of a proxy") from exc
    return named


def refuse_remote(host: str) -> None:
    """Raises ConfigError for an address that others can reach."""
    try:
        remote = not ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        remote = host.lower() != "localhost"
    if remote:
        raise ConfigError(
            f"{host!r} can be reached from other machines, and access control is off: set WHENCE_ACCESS=on and give "
            "keys with `whence keys create`, or use 127.0.0.1"
        )
