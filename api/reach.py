"""What of the graph and of its records is there for a caller: the one place where a request becomes a Scope."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kg.domain.access import Caller
from kg.domain.decision import Document
from kg.domain.lineage import Classification
from kg.domain.scope import Scope, scope_of
from kg.errors import DecisionNotFound, Forbidden, ScopeInvalid
from kg.ports.ledger import DecisionLedger


@dataclass(frozen=True, slots=True)
class Reach:
    """A caller of a server, and how high they may read there: what both may."""

    caller: Caller
    ceiling: Classification
    everything: bool
    """Whether all that the server shows to anybody is there for them."""

    @staticmethod
    def of(caller: Caller, server: Classification) -> Reach:
        everything = caller.datasets is None and caller.ceiling >= server
        return Reach(caller, min(caller.ceiling, server), everything)

    def check_everything(self, what: str) -> None:
        """Refuse what tells of all there is, or is held against it. Raises Forbidden."""
        if not self.everything:
            raise Forbidden(f"{what}: that is for callers to whom all datasets are granted, up to the server's ceiling")

    def scope(
        self,
        datasets: Iterable[str] = (),
        ceiling: str | None = None,
        valid_as_of: str | None = None,
        known_as_of: str | None = None,
    ) -> Scope:
        """The scope asked for, if it is within reach; each View is made from one. Raises ScopeInvalid."""
        scope = scope_of(
            datasets=datasets,
            ceiling=ceiling,
            highest=self.ceiling,
            granted=self.caller.datasets,
            valid_as_of=valid_as_of,
            known_as_of=known_as_of,
        )
        if scope.ceiling > self.ceiling:
            raise ScopeInvalid(f"ceiling {ceiling!r} is above {self.ceiling.label!r}, the highest you may read here")
        return scope

    def whole(self) -> Scope:
        """All that is within reach, of any day."""
        return Scope(ceiling=self.ceiling, granted=self.caller.datasets, any_day=True)

    def decision(self, decision_id: str, ledger: DecisionLedger) -> Document:
        """A recorded decision, if it is there for the caller. Raises DecisionNotFound."""
        document = ledger.decision(decision_id)
        if document is None or not self.may_read(document):
            raise DecisionNotFound(f"no decision {decision_id!r}")
        return document

    @property
    def oversees(self) -> bool:
        """Whether decisions of others may be there for the caller."""
        return not self.caller.key or self.caller.may("oversee")

    def may_read(self, document: Document) -> bool:
        """Whether a recorded decision is there for the caller.

        All that it was made from has to be within their reach, as the grants are now; and it has to be their own,
        unless they may read those of others.
        """
        asked = document["scope"]
        datasets = tuple(asked["datasets"]) or asked.get("granted")
        ceiling = Classification[str(asked["ceiling"]).upper()]
        if ceiling > self.ceiling or not self.caller.may_see(datasets, ceiling):
            return False
        return self.oversees or document["trace"].get("actor") == self.caller.name
