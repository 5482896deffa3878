"""Decision tables and review rules as immutable versions of what a file says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from typing import Literal as OneOf

from kg.domain.fact import Instant

RuleKind = OneOf["table", "review"]
CALLED: Mapping[RuleKind, str] = {"table": "decision table", "review": "review rules"}
"""What people call a file of each kind."""


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """One immutable version of a decision table or of review rules."""

    kind: RuleKind
    name: str
    number: int
    content: Mapping[str, Any] = field(hash=False)
    """What the file says, in its one form."""
    message: str
    actor: str
    created_at: Instant

    @property
    def hash(self) -> str:
        return content_hash(self.content)

    @property
    def ref(self) -> str:
        """``NAME@NUMBER``."""
        return f"{self.name}@{self.number}"


def content_hash(content: Mapping[str, Any]) -> str:
    """``sha256:`` over the content as sorted JSON."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
