"""Prompts as immutable versions, and the labels that point at them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kg.domain.fact import Instant

LABELS = ("production", "staging", "canary")
"""What a label may be called."""
LATEST = "latest"
"""Names the newest version; it is computed and cannot be moved."""
RELEASED = 0
"""Number of the version that is shipped with this release of Whence."""


@dataclass(frozen=True, slots=True)
class Template:
    """What is said to a model, and what it has to answer."""

    system: str
    """Jinja: who the model is and what it must hold to."""
    user: str
    """Jinja: the question with its context."""
    schema: Mapping[str, Any] = field(hash=False)
    """JSON Schema of the reply."""
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """``temperature``, ``max_tokens``, ``seed``."""

    @property
    def hash(self) -> str:
        """``sha256:`` over all four as sorted JSON."""
        content = {
            "system": self.system,
            "user": self.user,
            "schema": dict(self.schema),
            "parameters": dict(self.parameters),
        }
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class PromptVersion:
    """One immutable version of a prompt."""

    name: str
    number: int
    template: Template
    message: str
    actor: str
    created_at: Instant

    @property
    def hash(self) -> str:
        return self.template.hash

    @property
    def ref(self) -> str:
        """``NAME@NUMBER``."""
        return f"{self.name}@{self.number}"


@dataclass(frozen=True, slots=True)
class LabelMove:
    """A label that was set, moved or removed: by whom, why, when."""

    name: str
    label: str
    number: int | None
    """The version it points at since; ``None`` where it was removed."""
    before: int | None
    actor: str
    reason: str
    moved_at: Instant


@dataclass(frozen=True, slots=True)
class PromptChoice:
    """The version that a decision used, and the label it was found by, if by one."""

    version: PromptVersion
    label: str | None = None
