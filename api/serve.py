"""Serve the application with uvicorn, on this machine only unless that is asked for twice."""

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

    kept_out = os.environ.get("WHENCE_ALLOW_REMOTE") == "1"
    remote = refuse_remote(host, allowed=settings.access or kept_out)
    hosts = [name.strip() for name in os.environ.get("WHENCE_HOSTS", "").split(",") if name.strip()]
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
            proxy_headers=False,
            timeout_graceful_shutdown=10,
        )
        _log.addFilter(without_errors)
        if not settings.access:
            who = "whoever reaches" if remote else "everybody on this machine who reaches"
            _log.warning("access control is off: %s %s may read and change all (WHENCE_ACCESS=on)", who, host)
        uvicorn.Server(config).run()
    finally:
        services.store.close()


def without_errors(record: logging.LogRecord) -> bool:
    """A filter for uvicorn's log: what raised an error may hold what was asked, and our own line says where it was."""
    record.exc_info = record.exc_text = None
    return True


def refuse_remote(host: str, *, allowed: bool) -> bool:
    """Whether others can reach this address. Raises ConfigError when they can and that is not allowed."""
    try:
        remote = not ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        remote = host.lower() != "localhost"
    if remote and not allowed:
        raise ConfigError(
            f"{host!r} can be reached from other machines, and access control is off: set WHENCE_ACCESS=on and give "
            "keys with `whence keys create`, or use 127.0.0.1 (WHENCE_ALLOW_REMOTE=1 says that others are kept out)"
        )
    return remote
