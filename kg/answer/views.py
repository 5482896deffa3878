"""The views that one question reads through: its own, and the same at other points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from kg.domain.lineage import Classification
from kg.domain.plan import Point
from kg.domain.result import HERE
from kg.domain.scope import Scope
from kg.errors import PlanInvalid
from kg.ports.store import GraphView


@dataclass
class Views:
    """Opens views beside the question's own; none of them reads what a scope like the question's may not."""

    own: GraphView
    _open: Callable[[Scope], GraphView] | None = None
    _opened: dict[Point, GraphView] = field(default_factory=dict)
    _below: dict[Classification, Views] = field(default_factory=dict)

    def seen_through(self, wrap: Callable[[GraphView], GraphView]) -> Views:
        """The same views, each seen through another."""
        opening = self._open
        return Views(wrap(self.own), None if opening is None else lambda scope: wrap(opening(scope)))

    def below(self, ceiling: Classification) -> Views:
        """The same views, reading no higher than this."""
        if self._open is None or ceiling >= self.own.scope.ceiling:
            return self
        if ceiling not in self._below:
            own = self._open(replace(self.own.scope, ceiling=ceiling, known_as_of=self.own.known_at))
            self._below[ceiling] = Views(own, self._open)
        return self._below[ceiling]

    def at(self, point: Point) -> GraphView:
        """The view at a point. Raises PlanInvalid for a dataset version that the scope does not have."""
        if point == HERE:
            return self.own
        if point not in self._opened:
            if self._open is None:
                raise PlanInvalid("another point in time cannot be read here")
            self._opened[point] = self._open(
                replace(
                    self.own.scope,
                    datasets=self._datasets(point),
                    valid_as_of=point.as_of or self.own.scope.valid_as_of,
                    known_as_of=self.own.known_at,
                )
            )
        return self._opened[point]

    def _datasets(self, point: Point) -> tuple[str, ...]:
        known = {version.ref: version.dataset for version in self.own.versions()} if point.datasets else {}
        if unknown := [ref for ref in point.datasets if ref not in known]:
            raise PlanInvalid(f"no dataset version {unknown[0]!r} in this scope; there are {', '.join(sorted(known))}")
        replaced = {known[ref] for ref in point.datasets}
        if len(replaced) < len(set(point.datasets)):
            raise PlanInvalid(f"{' and '.join(point.datasets)} are versions of one dataset: they are read apart")
        kept = (version.ref for version in self.own.datasets() if version.dataset not in replaced)
        return tuple(sorted({*kept, *point.datasets}))
