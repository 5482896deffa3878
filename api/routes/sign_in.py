"""How one signs in here, before anybody is known."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.deps import ContextDep
from api.documented import refusals
from api.strict import StrictRoute

router = APIRouter(prefix="/v1/sign-in", tags=["access"], route_class=StrictRoute)


class IssuerOut(BaseModel):
    """An OpenID Connect issuer with which a public client signs in, by authorization code with PKCE (S256)."""

    issuer: str = Field(title="Issuer")
    client_id: str = Field(title="Client id")
    scope: str = Field(title="Scope")
    authorization_endpoint: str = Field(title="Authorization endpoint")
    token_endpoint: str = Field(title="Token endpoint")
    end_session_endpoint: str | None = Field(
        title="End session endpoint", description="Where the issuer ends its own session; null if it does not say."
    )
    sends: Literal["access_token", "id_token"] = Field(
        title="Sends",
        description="Which of the tokens is for this server: the ID token where the audience is the client itself.",
    )


class SignInOut(BaseModel):
    """What opens this server."""

    access: bool = Field(title="Access", description="Whether this server asks who calls.")
    issuer: IssuerOut | None = Field(title="Issuer", description="Null where only keys and tokens given by hand do.")


@router.get("", responses=refusals(400, 422, 503, 504))
def sign_in(context: ContextDep) -> SignInOut:
    """How to sign in: with a key always; with the issuer, where it knows the page."""
    settings = context.settings
    found = context.issuer.sign_in(settings) if settings.access and context.issuer is not None else None
    issuer = None if found is None else IssuerOut.model_validate(found, from_attributes=True)
    return SignInOut(access=settings.access, issuer=issuer)
