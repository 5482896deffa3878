"""Every error of the Neo4j driver as the nearest of ours."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from neo4j.exceptions import (
    AuthConfigurationError,
    AuthError,
    ClientError,
    ConfigurationError,
    ConnectionAcquisitionTimeoutError,
    DatabaseUnavailable,
    DriverError,
    Forbidden,
    ForbiddenOnReadOnlyDatabase,
    Neo4jError,
    NotALeader,
    ServiceUnavailable,
    SessionExpired,
    TokenExpired,
    TransientError,
)

from kg.errors import ConfigError, StoreError, StoreFull, StoreRejected, StoreTimeout, StoreUnavailable

_TIMED_OUT = ("TransactionTimedOut", "LockAcquisitionTimeout", "DeadlockDetected", "LockClientStopped")
_NO_DATABASE = ("DatabaseNotFound", "DatabaseUnavailable")
_KINDS: dict[type[Neo4jError], type[StoreError]] = {
    TransientError: StoreTimeout,
    ClientError: StoreRejected,
}
_FULL = ("no space left", "disk full", "disk space")


@contextlib.contextmanager
def store_errors(address: str) -> Iterator[None]:
    """Turn every driver error that leaves the block into one of ours."""
    try:
        yield
    except (Neo4jError, DriverError) as exc:
        raise translate(exc, address) from exc
    except OSError as exc:
        raise StoreUnavailable(f"cannot reach Neo4j at {address!r}: {exc}") from exc


def translate(exc: Neo4jError | DriverError, address: str) -> StoreError | ConfigError:
    """The error of ours that stands for this one."""
    if isinstance(exc, Neo4jError):
        return _answered(exc, address)
    if isinstance(exc, ServiceUnavailable | SessionExpired | ConnectionAcquisitionTimeoutError):
        return StoreUnavailable(f"cannot reach Neo4j at {address!r}: is it running? ({exc})")
    if isinstance(exc, AuthConfigurationError | ConfigurationError):
        return ConfigError(f"Neo4j at {address!r}: {exc}")
    return StoreError(f"Neo4j at {address!r}: {exc}")


def _answered(exc: Neo4jError, address: str) -> StoreError:
    """What the server itself said."""
    code, message = exc.code or "", exc.message or str(exc)
    if isinstance(exc, AuthError | TokenExpired | Forbidden):
        return StoreUnavailable(
            f"Neo4j at {address!r} refuses this user: check WHENCE_NEO4J_USER and WHENCE_NEO4J_PASSWORD"
        )
    if any(name in code for name in _TIMED_OUT):
        return StoreTimeout(f"Neo4j at {address!r} did not answer in time ({code}); try again")
    unusable = isinstance(exc, DatabaseUnavailable | NotALeader | ForbiddenOnReadOnlyDatabase)
    if unusable or any(name in code for name in _NO_DATABASE):
        return StoreUnavailable(f"Neo4j at {address!r} cannot serve this database: {message}")
    if any(words in message.lower() for words in _FULL):
        return StoreFull(f"no room left at {address!r}; nothing of this write is visible: free space first")
    kind = next((ours for theirs, ours in _KINDS.items() if isinstance(exc, theirs)), StoreError)
    return kind(f"Neo4j at {address!r} refused or failed ({code}): {message}")
