"""A model that is not asked: it adds up what asking would use at most."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Never

from kg.domain.completion import ModelSpec, Request
from kg.errors import ModelUnavailable
from kg.models.estimate import Estimate, estimate


@dataclass
class OnlyEstimated:
    """Each request is refused, so that all goes on as without a model; what they are is kept."""

    spec: ModelSpec
    requests: list[tuple[str, Estimate]] = field(default_factory=list)
    """By purpose."""

    def complete(self, request: Request) -> Never:
        self.requests.append((request.purpose, estimate(request, self.spec)))
        raise ModelUnavailable("it is only estimated what asking would cost")
