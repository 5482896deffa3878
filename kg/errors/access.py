"""Errors of who may do what, and of the log of what was done."""

from __future__ import annotations

from kg.errors.root import InvalidInput, KgError, NotFound


class KeyInvalid(InvalidInput):
    """A key cannot be made so: its roles, datasets, ceiling or time are none."""

    code = "key_invalid"


class CheckpointInvalid(InvalidInput):
    """A checkpoint or its key cannot be read, was changed, or is of another database."""

    code = "checkpoint_invalid"


class KeyNotFound(NotFound):
    """No key of that id."""

    code = "key_not_found"


class AccessRefused(KgError):
    """Who asks may not have it."""

    code = "access_refused"


class Unauthenticated(AccessRefused):
    """Nobody knows who asks: no key or token, or one that opens nothing."""

    code = "unauthenticated"


class Forbidden(AccessRefused):
    """The roles or grants of the caller do not allow it."""

    code = "forbidden"


class RateLimited(AccessRefused):
    """The caller asks more often than allowed."""

    code = "rate_limited"
    retryable = True

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds."""


class IssuerUnavailable(AccessRefused):
    """The issuer of tokens does not say its keys, so that no token can be looked at."""

    code = "issuer_unavailable"
    retryable = True
