"""Making, rotating and revoking keys; each is told of in the audit log in the same transaction."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from kg.domain.access import CALLER_KINDS, MAX_NAME, ROLES, SIGNED_IN, CallerKind, Key, Role, hash_of, is_name
from kg.domain.audit import Act
from kg.domain.erasure import key_reason
from kg.domain.lineage import Classification
from kg.errors import KeyInvalid, KeyNotFound
from kg.ports.access import KeyRing
from kg.ports.clock import Clock, instant

DAYS = 90
"""How long a key opens, if nothing else is said: a season, so that forgotten ones end by themselves."""
MOST_DAYS = 3_650
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class Grant:
    """What a key shall allow."""

    caller: str
    roles: Sequence[str]
    datasets: Sequence[str] | None
    ceiling: str
    lasts: timedelta
    rate: int | None = None
    kind: str = "human"


def create(grant: Grant, ring: KeyRing, clock: Clock, actor: str) -> tuple[Key, str]:
    """A new key, and what its bearer sends, which is told this once. Raises KeyInvalid."""
    now = clock()
    secret = secrets.token_urlsafe(32)
    key = Key(
        id=secrets.token_hex(6),
        caller=_named(grant.caller),
        roles=_roles(grant.roles),
        datasets=None if grant.datasets is None else tuple(sorted({_dataset(one) for one in grant.datasets})),
        ceiling=_ceiling(grant.ceiling),
        hash=hash_of(secret),
        created_at=instant(now),
        created_by=actor,
        expires_at=instant(now + grant.lasts),
        rate=grant.rate,
        kind=_kind(grant.kind),
    )
    ring.put_keys([key], Act("key.create", key.id, actor, ",".join(key.roles), reason=key_reason(key.caller)))
    return key, key.token(secret)


def rotate(  # noqa: PLR0913, PLR0917 (two times, and what every change of a key takes)
    key_id: str, overlap: timedelta, lasts: timedelta, ring: KeyRing, clock: Clock, actor: str
) -> tuple[Key, str]:
    """A key that allows the same; the old one opens as long as the overlap still.

    Raises KeyNotFound, KeyInvalid, Conflict.
    """
    old, now = _valid(key_id, ring, clock), clock()
    secret = secrets.token_urlsafe(32)
    new = replace(
        old,
        id=secrets.token_hex(6),
        hash=hash_of(secret),
        created_at=instant(now),
        created_by=actor,
        expires_at=instant(now + lasts),
        follows=old.id,
    )
    ended = replace(old, expires_at=min(old.expires_at, instant(now + overlap)))
    ring.put_keys([ended, new], Act("key.rotate", old.id, actor, f"to {new.id}"), old)
    return new, new.token(secret)


def revoke(key_id: str, reason: str, ring: KeyRing, clock: Clock, actor: str) -> Key:
    """From now on it opens nothing. Raises KeyNotFound, KeyInvalid, Conflict."""
    old = _valid(key_id, ring, clock)
    gone = replace(old, revoked_at=instant(clock()))
    ring.put_keys([gone], Act("key.revoke", key_id, actor, reason=reason), old)
    return gone


def lasting(text: str) -> timedelta:
    """``30d``, ``12h``, ``15m``. Raises KeyInvalid."""
    found = re.fullmatch(r"(\d{1,6})([mhd])", text)
    if found is None:
        raise KeyInvalid(f"{text!r} is not a time like 30d, 12h or 15m")
    lasts = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if not timedelta() < lasts <= timedelta(days=MOST_DAYS):
        raise KeyInvalid(f"{text!r}: a key lasts from a minute to ten years")
    return lasts


def _valid(key_id: str, ring: KeyRing, clock: Clock) -> Key:
    key = ring.key(key_id)
    if key is None:
        raise KeyNotFound(f"no key {key_id!r}; see `whence keys list`")
    if not key.valid(instant(clock())):
        raise KeyInvalid(f"key {key_id!r} is {key.state(instant(clock()))}: make a new one with `whence keys create`")
    return key


def _named(name: str) -> str:
    if not is_name(name):
        raise KeyInvalid(f"the name of a caller has 1 to {MAX_NAME} characters that can be printed")
    if name.strip().startswith(SIGNED_IN):
        raise KeyInvalid(f"{name!r}: names that begin with {SIGNED_IN!r} are of callers who show a token")
    return name.strip()


def _roles(named: Sequence[str]) -> tuple[Role, ...]:
    if unknown := [one for one in named if one not in ROLES]:
        raise KeyInvalid(f"{unknown[0]!r} is no role; there are {', '.join(ROLES)}")
    if not named:
        raise KeyInvalid(f"a key needs a role: {', '.join(ROLES)}")
    return tuple(role for role in ROLES if role in named)


def _kind(name: str) -> CallerKind:
    for one in CALLER_KINDS:
        if name == one:
            return one
    raise KeyInvalid(f"{name!r} is no kind of caller; there are {', '.join(CALLER_KINDS)}")


def _dataset(name: str) -> str:
    if not name or "@" in name or not name.isprintable():
        raise KeyInvalid(f"{name!r} is not the name of a dataset: grants are of all its versions, so without @VERSION")
    return name


def _ceiling(name: str) -> Classification:
    if name.upper() not in Classification.__members__:
        raise KeyInvalid(f"ceiling {name!r} is not public, internal, confidential or restricted")
    return Classification[name.upper()]
