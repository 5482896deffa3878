"""The root of the tree of errors, and the branches that grow in several files."""

from __future__ import annotations


class KgError(Exception):
    """Base of all errors of ours; ``code`` is what a program reads, the message what a person reads."""

    code = "error"
    retryable = False


class InvalidInput(KgError):
    """What was asked for cannot be asked."""

    code = "invalid_input"


class NotFound(KgError):
    """No such thing in this view."""

    code = "not_found"


class Conflict(KgError):
    """What was asked for collides with what stands."""

    code = "conflict"
