"""A language model: one call, one whole reply of the form that was asked for, or one kind of error."""

from __future__ import annotations

from typing import Protocol

from kg.domain.completion import ModelSpec, Reply, Request


class Model(Protocol):
    """Models around a model (limits, cache, record) have the same form."""

    @property
    def spec(self) -> ModelSpec: ...

    def complete(self, request: Request) -> Reply:
        """The whole reply, parsed. Raises ModelError: never a part of a reply, never another kind of error."""
        ...
