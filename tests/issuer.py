"""An OpenID Connect issuer on this machine: it serves its keys over HTTP, signs tokens, and signs people in."""

from __future__ import annotations

import base64
import hashlib
import html
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

AUDIENCE, CLIENT = "whence", "whence-page"
FORM = """<!doctype html><html lang="en"><title>Issuer</title><link rel="icon" href="data:,">
<form method="post" action="/login"><input type="hidden" name="asked" value="{asked}">
<label>User <input name="user"></label><button>Allow</button><button name="denied" value="1">Deny</button></form>"""


@dataclass
class LocalIssuer:
    """Keys by id, and how often they, and the addresses of the issuer, were asked for; and what it does wrong."""

    keys: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    asked: int = 0
    configured: int = 0
    ends_sessions: bool = True
    ended: int = 0
    """How often somebody signed out of it."""
    pages: list[str] = field(default_factory=list)
    """Addresses that a browser may be sent back to."""
    answers: threading.Event | None = None
    """Until then it lets whoever asks for its keys wait."""
    wrong: dict[str, Any] = field(default_factory=dict)
    """Claims of the ID token, parameters of the way back, and addresses that are others than they should be."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        def configuration() -> dict[str, Any]:
            self.configured += 1
            at = {name: f"{self.url}/{name}" for name in ("authorize", "token", "logout")}
            return {
                "issuer": self.url,
                "jwks_uri": self.wrong.get("jwks_uri", f"{self.url}/jwks"),
                "authorization_endpoint": at["authorize"],
                "token_endpoint": self.wrong.get("token_endpoint", at["token"]),
                **(
                    {"end_session_endpoint": self.wrong.get("end_session_endpoint", at["logout"])}
                    if self.ends_sessions
                    else {}
                ),
            }

        @app.get("/logout")
        def logout(client_id: str, post_logout_redirect_uri: str) -> Response:
            assert client_id == CLIENT
            assert post_logout_redirect_uri in self.pages
            self.ended += 1
            return RedirectResponse(post_logout_redirect_uri, 303)

        @app.get("/jwks")
        def jwks() -> dict[str, Any]:
            self.asked += 1
            if self.answers is not None:
                self.answers.wait(20)
            keys = [public(key) | {"kid": kid, "use": "sig"} for kid, key in self.keys.items()]
            return {"keys": [*self.wrong.get("keys", []), *keys]}

        @app.get("/authorize")
        def authorize(request: Request) -> Response:
            asked = dict(request.query_params)
            assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == (
                "code",
                CLIENT,
                "S256",
            )
            assert asked["redirect_uri"] in self.pages
            assert "openid" in asked["scope"].split()
            assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
            number = secrets.token_urlsafe(8)
            self.codes[number] = asked
            return HTMLResponse(FORM.format(asked=html.escape(number)))

        @app.post("/login")
        async def login(request: Request) -> Response:
            sent = one_each(await request.body())
            asked = self.codes.pop(sent["asked"])
            back = {"state": asked["state"], "iss": self.url}
            if "denied" in sent:
                back |= {"error": "access_denied", "error_description": "Ann said no"}
            else:
                back["code"] = secrets.token_urlsafe(24)
                self.codes[back["code"]] = asked | {"user": sent["user"]}
            back |= {name: value for name, value in self.wrong.items() if name in ("state", "iss", "code")}
            return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 303)

        @app.post("/token")
        async def token(request: Request) -> Response:
            sent = one_each(await request.body())
            begun = self.codes.pop(sent["code"], None)
            challenge = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"].encode()).digest())
            # A page of another origin reads it, by its own leave and that of no cookie.
            headers = {"Access-Control-Allow-Origin": request.headers["origin"], "Cache-Control": "no-store"}
            if begun is None or challenge.decode().rstrip("=") != begun["code_challenge"]:
                return JSONResponse({"error": "invalid_grant"}, 400, headers)
            assert (sent["grant_type"], sent["client_id"]) == ("authorization_code", CLIENT)
            assert sent["redirect_uri"] == begun["redirect_uri"]
            assert "cookie" not in request.headers
            claims = {"sub": begun["user"], "aud": CLIENT, "nonce": begun["nonce"]}
            wrong = {name: value for name, value in self.wrong.items() if name in ("aud", "nonce")}
            given = {
                "access_token": self.token(sub=begun["user"]),
                "id_token": self.token(**(claims | wrong)),
                "token_type": "Bearer",
            }
            return JSONResponse(given, headers=headers)

        return app

    def token(self, kid: str = "first", algorithm: str = "RS256", key: Any = None, **changes: Any) -> str:
        now = int(time.time())
        told = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "subject-1",
            "iat": now,
            "exp": now + 300,
            "realm": {"roles": ["analyst", "something-else"]},
            "whence_datasets": ["supplier-register"],
            "whence_ceiling": "internal",
        }
        told |= changes
        told = {name: value for name, value in told.items() if value is not None}
        return jwt.encode(told, key or self.keys[kid], algorithm, {"kid": kid})


def one_each(body: bytes) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(body.decode()).items()}


def public(key: Any) -> dict[str, Any]:
    kind = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    return dict(kind.to_jwk(key.public_key(), as_dict=True))
