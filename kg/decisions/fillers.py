"""Which stages of reviews nobody can fill: no key, and no token of an issuer, is of a caller who could."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kg.domain.access import ROLES, Key
from kg.domain.fact import Instant
from kg.domain.review import Review, Stage
from kg.domain.review_rules import ReviewRules
from kg.ports.access import KeyRing


@dataclass(frozen=True, slots=True)
class Fillers:
    """Those who could judge, as far as that is known."""

    keys: Sequence[Key]
    """That are valid."""
    known: bool
    """Whether callers are known at all; where they are not, each says which role they have."""
    tokens: bool
    """Whether an issuer may give a role to callers that nobody here knows."""

    @staticmethod
    def of(ring: KeyRing, now: Instant, *, access: bool, tokens: bool) -> Fillers:
        """Of the keys there are. Where there is one, or access is on, callers are known."""
        held = ring.keys()
        valid = [key for key in held if key.valid(now)]
        return Fillers(valid, access or bool(valid), tokens)

    def missing(self, stage: Stage, without: Iterable[str] = ()) -> str | None:
        """Why the stage cannot be filled by others than these; none where it can, or that is not known."""
        if not self.known:
            return None
        who = "a person" if stage.by == "human" else "a person or a service"
        wanted = f"{stage.count} {stage.role}, each {who}"
        if stage.role not in ROLES:
            return f"{wanted}: {stage.role!r} is no role of callers; there are {', '.join(ROLES)}"
        could = {
            key.caller
            for key in self.keys
            if stage.role in key.roles and stage.takes(key.kind) and key.caller_of().may("review")
        }
        found = len(could.difference(without))
        if self.tokens or found >= stage.count:
            return None
        return f"{wanted}: {found or 'nobody'} {'has' if found < 2 else 'have'} a key for that"

    def missing_of(self, review: Review) -> str | None:
        """Of the stage at hand: who asked, and who approved already, does not count."""
        if review.waits_for is None:
            return None
        return self.missing(review.waits_for, {review.author, *(one.actor for one in review.approvals)})

    def warnings(self, rules: ReviewRules) -> list[str]:
        """Of each rule the stages that nobody can fill."""
        return [
            f"{rule.name}: {missing}"
            for rule in rules.rules
            for stage in rule.stages
            if (missing := self.missing(stage)) is not None
        ]
