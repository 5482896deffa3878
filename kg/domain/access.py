"""Who may do what: roles, what each may, callers, and the keys that callers show. The one place of these rules."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Literal as OneOf
from typing import get_args

from kg.domain.fact import Instant
from kg.domain.lineage import Classification

Role = OneOf["reader", "analyst", "reviewer", "approver", "engineer", "auditor", "admin"]
Permission = OneOf[
    "read", "ask", "oversee", "review", "approve", "hold", "expire", "load", "configure", "watch", "audit", "admin"
]
CallerKind = OneOf["human", "service", "advisory"]
"""What a caller is: a person, a program that follows rules, or one that only gives advice, as a language model does."""
CALLER_KINDS: tuple[CallerKind, ...] = get_args(CallerKind)
MAX_NAME = 100
"""Characters of the name of a caller."""
SIGNED_IN = "oidc:"
"""Before the names of callers who show a token: no key has such a name, so that nobody is taken for another."""


def is_name(text: str) -> bool:
    """Whether a caller can be called so."""
    return bool(text.strip()) and len(text) <= MAX_NAME and text.isprintable()


ROLES: tuple[Role, ...] = get_args(Role)
PERMISSIONS: dict[Permission, str] = {
    "read": "look around in the graph: entities, facts, paths, sources, lineage, runs; prompts and rules",
    "ask": "ask questions, and read what came of one's own",
    "oversee": "read decisions of others that were made within one's own datasets and ceiling",
    "review": "take part in reviews: approve a stage that asks one's role, assign, ask for changes, reject",
    "approve": "override a decision, and except one from its review",
    "hold": "put decisions under legal hold, and end that",
    "expire": "erase decisions that are old enough",
    "load": "say which entities are one, and what jobs of others did; load, retire, purge",
    "configure": "save and move prompts, decision tables and review rules",
    "watch": "read the metrics of the server",
    "audit": "read the audit log",
    "admin": "say who may do what",
}
"""What there is to be allowed, in words."""

MAY: dict[Role, frozenset[Permission]] = {
    "reader": frozenset({"read"}),
    "analyst": frozenset({"read", "ask"}),
    "reviewer": frozenset({"read", "ask", "oversee", "review"}),
    "approver": frozenset({"read", "ask", "oversee", "review", "approve", "hold"}),
    "engineer": frozenset({"read", "ask", "load", "configure", "watch"}),
    "auditor": frozenset({"read", "oversee", "audit", "watch"}),
    "admin": frozenset(PERMISSIONS),
}
"""What each role may; who has several may what any of them may."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: by which name, in which roles, and what of the graph is there for them."""

    name: str
    roles: tuple[Role, ...]
    datasets: tuple[str, ...] | None = None
    """Names of the datasets that are there for them, in all versions; ``None`` is all there are."""
    ceiling: Classification = Classification.RESTRICTED
    key: str = ""
    """Id of the key, or of the issuer's subject, by which rates are limited; empty where access is off."""
    rate: int | None = None
    """Requests a minute; ``None`` is what the server has for all."""
    expires_at: Instant | None = None
    kind: CallerKind = "human"
    formerly: str = ""
    """Of who shows a token: the name under which an earlier Whence told of them, which a key may have too."""

    def may(self, permission: Permission) -> bool:
        return any(permission in MAY[role] for role in self.roles)

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """All that they may, in the order of the table."""
        return tuple(one for one in PERMISSIONS if self.may(one))

    def may_see(self, datasets: tuple[str, ...] | None, ceiling: Classification) -> bool:
        """Whether what was read within these datasets (``None``: all) and this ceiling is all there for them too."""
        if ceiling > self.ceiling:
            return False
        if self.datasets is None:
            return True
        return datasets is not None and {one.partition("@")[0] for one in datasets} <= set(self.datasets)


LOCAL = Caller("local", ("admin",))
"""Whoever reaches a server that has no access control: it listens on this machine only."""

PREFIX = "whence"


@dataclass(frozen=True, slots=True)
class Key:
    """What a caller shows to be known. The secret is not in it: it is shown once, and its hash is kept."""

    id: str
    caller: str
    roles: tuple[Role, ...]
    datasets: tuple[str, ...] | None
    ceiling: Classification
    hash: str
    created_at: Instant
    created_by: str
    expires_at: Instant
    revoked_at: Instant | None = None
    follows: str = ""
    """Id of the key that this one takes the place of."""
    rate: int | None = None
    kind: CallerKind = "human"

    def opens(self, secret: str, now: Instant) -> bool:
        """Whether the secret is that of this key, and the key is valid now."""
        same = hmac.compare_digest(self.hash, hash_of(secret))
        return same and self.valid(now) and not self.caller.startswith(SIGNED_IN)

    def valid(self, now: Instant) -> bool:
        return self.revoked_at is None and now < self.expires_at

    def state(self, now: Instant) -> OneOf["valid", "revoked", "expired"]:
        return "revoked" if self.revoked_at is not None else "valid" if self.valid(now) else "expired"

    def caller_of(self) -> Caller:
        granted = (self.roles, self.datasets, self.ceiling, self.id, self.rate, self.expires_at)
        return Caller(self.caller, *granted, kind=self.kind)

    def token(self, secret: str) -> str:
        """What the caller sends."""
        return f"{PREFIX}_{self.id}_{secret}"


def hash_of(secret: str) -> str:
    """Of a secret with 256 random bits, which nobody finds by trying; a slow hash would only slow each request."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def split_token(token: str) -> tuple[str, str] | None:
    """Id and secret of what a caller sent, if it is a key of ours."""
    prefix, _, rest = token.partition("_")
    key, _, secret = rest.partition("_")
    return (key, secret) if prefix == PREFIX and key and secret else None
