"""The keys of callers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from kg.domain.access import Key
from kg.domain.audit import Act


class KeyRing(Protocol):
    """Keys are made, ended and never removed, so that it stays known who had which."""

    def put_keys(self, keys: Sequence[Key], act: Act, was: Key | None = None) -> None:
        """Keep these keys, new or changed, and tell of the last of them in the audit log: all in one transaction.

        Raises Conflict where the key that is changed is not as it ``was`` any more.
        """
        ...

    def key(self, key_id: str) -> Key | None: ...

    def keys(self) -> tuple[Key, ...]:
        """Oldest first."""
        ...
