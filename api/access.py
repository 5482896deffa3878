"""Who asks, and whether they may: one table for all routes, looked up before any of them does anything."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from fastapi.security.utils import get_authorization_scheme_param

from kg.domain.access import LOCAL, PERMISSIONS, Caller, Permission, split_token
from kg.errors import Forbidden, IssuerUnavailable, RateLimited, Unauthenticated
from kg.ports.clock import instant

if TYPE_CHECKING:
    from api.deps import Context

OPEN = None
"""Of a route that anybody may call."""

NEEDS: dict[tuple[str, str], Permission | None] = {
    ("GET", "/healthz"): OPEN,
    ("GET", "/readyz"): OPEN,
    ("GET", "/metrics"): "watch",
    ("GET", "/v1/me"): "read",
    ("GET", "/v1/sign-in"): OPEN,
    ("GET", "/v1/audit"): "audit",
    ("POST", "/v1/decisions"): "ask",
    ("GET", "/v1/decisions"): "read",
    ("GET", "/v1/decisions/{decision_id}"): "read",
    ("GET", "/v1/decisions/{decision_id}/explanation"): "read",
    ("GET", "/v1/decisions/{decision_id}/attribution"): "read",
    ("GET", "/v1/decisions/{decision_id}/replay"): "read",
    ("GET", "/v1/decisions/{decision_id}/feedback"): "read",
    ("POST", "/v1/decisions/{decision_id}/feedback"): "ask",
    ("GET", "/v1/decisions/{decision_id}/hold"): "read",
    ("PUT", "/v1/decisions/{decision_id}/hold"): "hold",
    ("POST", "/v1/decisions/expire"): "expire",
    ("GET", "/v1/reviews"): "review",
    ("GET", "/v1/reviews/{decision_id}"): "review",
    ("POST", "/v1/reviews/{decision_id}"): "review",
    ("GET", "/v1/review-rules"): "read",
    ("GET", "/v1/review-rules/{wanted}"): "read",
    ("POST", "/v1/review-rules"): "configure",
    ("GET", "/v1/tables"): "read",
    ("GET", "/v1/tables/{name}"): "read",
    ("GET", "/v1/tables/{name}/versions/{wanted}"): "read",
    ("GET", "/v1/tables/{name}/diff"): "read",
    ("POST", "/v1/tables"): "configure",
    ("GET", "/v1/tables/{name}/labels/{label}"): "read",
    ("PUT", "/v1/tables/{name}/labels/{label}"): "configure",
    ("DELETE", "/v1/tables/{name}/labels/{label}"): "configure",
    ("GET", "/v1/entities"): "read",
    ("GET", "/v1/entities/{entity_id:path}"): "read",
    ("GET", "/v1/paths"): "read",
    ("GET", "/v1/facts/{fact_id}"): "read",
    ("GET", "/v1/schema"): "read",
    ("GET", "/v1/examples"): "read",
    ("GET", "/v1/sources"): "read",
    ("GET", "/v1/sources/{source_id:path}"): "read",
    ("POST", "/v1/lineage"): "load",
    ("POST", "/v1/lineage/batch"): "load",
    ("GET", "/v1/lineage/{ref:path}"): "read",
    ("GET", "/v1/impact"): "read",
    ("GET", "/v1/matches"): "read",
    ("POST", "/v1/matches"): "load",
    ("GET", "/v1/runs"): "read",
    ("POST", "/v1/loads"): "load",
    ("GET", "/v1/runs/{run_id}"): "read",
    ("GET", "/v1/runs/{run_id}/events"): "read",
    ("GET", "/v1/runs/{run_id}/facts"): "read",
    ("GET", "/v1/datasets"): "read",
    ("GET", "/v1/history/facts/{fact_id}"): "read",
    ("GET", "/v1/history/entities/{entity_id:path}"): "read",
    ("GET", "/v1/prompts"): "read",
    ("GET", "/v1/prompts/{name}"): "read",
    ("GET", "/v1/prompts/{name}/diff"): "read",
    ("GET", "/v1/prompts/{name}/versions/{wanted}"): "read",
    ("GET", "/v1/prompts/{name}/versions/{wanted}/rendered"): "read",
    ("GET", "/v1/prompts/{name}/labels/{label}"): "read",
    ("POST", "/v1/prompts/{name}/versions"): "configure",
    ("PUT", "/v1/prompts/{name}/labels/{label}"): "configure",
    ("DELETE", "/v1/prompts/{name}/labels/{label}"): "configure",
}
"""What a caller has to be allowed for each route. One that is not here is refused where access is on."""

WHO = "say who you are: Authorization: Bearer with a key (`whence keys create`) or a token of the issuer"


def _caller(request: Request) -> Caller:
    """Who asks. Raises Unauthenticated."""
    found: Caller = request.state.caller
    return found


CallerDep = Annotated[Caller, Depends(_caller)]


def acting(who: Caller, said: str | None) -> str:
    """Who a change is told of as: the caller, or who a program on this machine says where access is off.

    Raises Forbidden where somebody speaks for another.
    """
    if not who.key:
        return said or who.name
    if said not in (None, who.name):
        raise Forbidden(f"you are {who.name!r} and cannot act as another: leave the actor out")
    return who.name


def admit(request: Request) -> None:
    """Find out who asks, and refuse what they may not. Runs before the endpoint of every route.

    Raises Unauthenticated, Forbidden, RateLimited.
    """
    context: Context = request.app.state.context
    if not context.settings.access:
        request.state.caller = LOCAL
        return
    route = request.scope["route"]
    # The page is shown to everybody; what it shows comes from routes below.
    unknown: Permission | None = "admin" if route.path.startswith("/v1/") else OPEN
    needed = NEEDS.get((request.method, route.path), unknown)
    if needed is None:
        request.state.caller = Caller("anybody", (), ())
        return
    request.state.caller = who = _known(context, request)
    waits = context.rates.take(who.key, who.rate)
    if waits:
        raise RateLimited(f"{who.name!r} asks too often: try again in {waits} s", retry_after=waits)
    if not who.may(needed):
        raise Forbidden(f"{who.name!r} may not {needed}: that is to {PERMISSIONS[needed]}")


def _known(context: Context, request: Request) -> Caller:
    """Who asks. An address from which too many ask whom nobody knows is told to wait, before anything is looked at.

    Raises Unauthenticated, IssuerUnavailable, RateLimited.
    """
    address = _address(request)
    if waits := context.strangers.take(address, spend=False):
        said = f"too many requests from your address showed no key or token that is taken: try again in {waits} s"
        raise RateLimited(said, retry_after=waits)
    try:
        return known(context, request.headers.get("authorization"))
    except (Unauthenticated, IssuerUnavailable):
        context.strangers.take(address)
        raise


def _address(request: Request) -> str:
    """Where the request comes from; of IPv6 the network, in which one caller has as many addresses as they like."""
    host = "" if request.client is None else request.client.host
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return host if address.version == 4 else str(ipaddress.ip_network((int(address), 64), strict=False))


def known(context: Context, header: str | None) -> Caller:
    """Who shows this. Raises Unauthenticated, in the same words whatever is wrong with a key."""
    scheme, token = get_authorization_scheme_param(header)
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated(WHO)
    ours = split_token(token)
    if ours is not None:
        key_id, secret = ours
        key = context.services.keys.key(key_id)
        if key is None or not key.opens(secret, instant(context.services.clock())):
            raise Unauthenticated("this key opens nothing: it is unknown, expired or revoked")
        return key.caller_of()
    if context.issuer is None:
        raise Unauthenticated("this is no key, and no issuer of tokens is set")
    return context.issuer.caller(token)
