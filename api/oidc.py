"""Bearer tokens of an OpenID Connect issuer: signed by it, for us, in time; and what they say their bearer may."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from api.remembered import Remembered
from kg.domain.access import CALLER_KINDS, MAX_NAME, ROLES, SIGNED_IN, Caller, CallerKind, Role, is_name
from kg.domain.lineage import Classification
from kg.errors import ConfigError, IssuerUnavailable, Unauthenticated
from kg.ports.clock import instant
from kg.settings import Settings

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Those with a private and a public key. None of them can be used with a key that we publish, and ``none`` is none."""
LEEWAY_S = 30
TIMEOUT_S = 5.0
MOST_S = 10.0
"""For all of an answer, however slowly it comes."""
MAX_TOKEN = 16_000
MAX_ANSWER = 1_000_000
DATASETS, CEILING, KIND = "whence_datasets", "whence_ceiling", "whence_kind"
"""Claims: a list of names, or ``*`` for all, without it none; a classification, without it ``public``; a kind."""
DISCOVERY = "/.well-known/openid-configuration"
ADDRESS = re.compile(r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(?=[/?]|\Z)")
"""Of an issuer, up to its path: a name and a port, and nothing that would say more in a header."""


class _NoOther(urllib.request.HTTPRedirectHandler):
    """An issuer that sends elsewhere is not followed: what is there was not found safe."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_DIRECT = urllib.request.build_opener(_NoOther)


@dataclass(frozen=True, slots=True)
class SignIn:
    """Where a browser signs in with the issuer, as a public client: by authorization code with PKCE."""

    issuer: str
    client_id: str
    scope: str
    authorization_endpoint: str
    token_endpoint: str
    end_session_endpoint: str | None
    """Where the issuer ends its own session, if it says so (RP-initiated logout)."""
    sends: str
    """Which token is for us: ``id_token`` where the audience is the client itself, else ``access_token``."""

    @property
    def origin(self) -> str:
        """Of the one address that the page has to reach by itself."""
        return ADDRESS.match(self.token_endpoint)[0]  # type: ignore[index]  # it was found safe


Keys = dict[str | None, tuple[Any, str | None]]
"""By id: the key, and the one algorithm that it is for, if its issuer says so."""


class Issuer:
    """One issuer. Its keys are read when they are needed, and kept for some minutes; its addresses too."""

    def __init__(
        self,
        url: str,
        audience: str,
        roles: str = "roles",
        name: str = "sub",
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        try:
            import jwt  # noqa: F401 (it is used with the first token; that it is missing is said at the start)
        except ImportError as exc:
            raise ConfigError("tokens of an issuer need PyJWT: pip install 'whence[access]'") from exc
        if not audience:
            raise ConfigError("WHENCE_OIDC_AUDIENCE: say for whom the tokens of WHENCE_OIDC_ISSUER have to be")
        self._url = _safe(url, "WHENCE_OIDC_ISSUER")
        self._audience = audience
        self._roles, self._name = roles, name
        self._keys = Remembered(self._asked_for_keys, seconds)
        self._endpoints = Remembered(self._asked_for_endpoints, seconds)

    def sign_in(self, settings: Settings) -> SignIn | None:
        """Where browsers sign in; ``None`` where the issuer knows no client of ours. Raises IssuerUnavailable."""
        if not settings.oidc_client:
            return None
        sends = "id_token" if self._audience == settings.oidc_client else "access_token"
        return SignIn(self._url, settings.oidc_client, settings.oidc_scope, *self._endpoints.get(), sends)

    def _asked_for_endpoints(self) -> tuple[str, str, str | None]:
        """Where it lets people in, gives tokens and, if it says so, ends its own session."""
        told = self._configuration()
        ends = told.get("end_session_endpoint") is not None
        return (
            self._address(told, "authorization_endpoint"),
            self._address(told, "token_endpoint"),
            self._address(told, "end_session_endpoint") if ends else None,
        )

    def caller(self, token: str) -> Caller:
        """Who the token is of. Raises Unauthenticated, IssuerUnavailable."""
        import jwt

        if len(token) > MAX_TOKEN:
            raise Unauthenticated("the token is longer than tokens are")
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in ALGORITHMS:
                raise Unauthenticated("the token is not signed in a way that is taken here")
            told = jwt.decode(
                token,
                self._key(header.get("kid"), str(header["alg"])),
                algorithms=[str(header["alg"])],
                audience=self._audience,
                issuer=self._url,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
            return self._caller(told)
        except (jwt.PyJWTError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as exc:
            raise Unauthenticated(f"the token is not taken: {_reason(exc)}") from exc

    def _caller(self, told: Mapping[str, Any]) -> Caller:
        names, datasets = _texts(_at(told, self._roles)), _texts(_at(told, DATASETS))
        roles: tuple[Role, ...] = tuple(role for role in ROLES if role in names)
        level = str(_at(told, CEILING) or "public").upper()
        ceiling = Classification.__members__.get(level, Classification.PUBLIC)
        said = str(_at(told, self._name) or told["sub"])
        name = f"{SIGNED_IN}{said}"
        if not said.strip() or not is_name(name):
            most = MAX_NAME - len(SIGNED_IN)
            raise Unauthenticated(f"the token names no caller: 1 to {most} characters that can be printed")
        key, expires = f"{SIGNED_IN}{told['sub']}", instant(_moment(told["exp"]))
        granted = None if "*" in datasets else datasets
        return Caller(name, roles, granted, ceiling, key, None, expires, _kind(told), said)

    def _key(self, kid: str | None, algorithm: str) -> Any:
        """The key of this id; the issuer is asked again for one that it may have since."""
        key, only = self._keys.get(lambda keys: kid in keys).get(kid, (None, None))
        if key is None or only not in (None, algorithm):
            raise Unauthenticated("the token is signed with a key that its issuer does not have")
        return key

    def _asked_for_keys(self) -> Keys:
        import jwt

        keys = _fetched(self._address(self._configuration(), "jwks_uri")).get("keys", [])
        found: Keys = {}
        for one in keys if isinstance(keys, list) else []:
            try:
                if one.get("use", "sig") == "sig" and one.get("kty") != "oct":
                    found[one.get("kid")] = jwt.PyJWK(one).key, one.get("alg")
            except (jwt.PyJWTError, AttributeError, TypeError, ValueError):
                continue  # of a kind that we do not know
        return found

    def _address(self, told: Mapping[str, Any], name: str) -> str:
        """An address that the issuer names. Raises IssuerUnavailable for one that is not safe."""
        try:
            return _safe(str(told.get(name, "")), name)
        except ConfigError as exc:
            raise IssuerUnavailable(f"the issuer {self._url!r} names no safe address: {exc}") from exc

    def _configuration(self) -> dict[str, Any]:
        """What the issuer tells of itself. Raises IssuerUnavailable."""
        told = _fetched(self._url.rstrip("/") + DISCOVERY)
        if told.get("issuer") != self._url:
            raise IssuerUnavailable(f"the issuer {self._url!r} says that it is another one")
        return told


def issuer_of(settings: Settings) -> Issuer | None:
    """The issuer that is set. Raises ConfigError."""
    if not settings.oidc_issuer:
        if settings.oidc_client:
            raise ConfigError("WHENCE_OIDC_CLIENT: say with which issuer: WHENCE_OIDC_ISSUER")
        return None
    return Issuer(settings.oidc_issuer, settings.oidc_audience, settings.oidc_roles, settings.oidc_name)


def _fetched(url: str) -> dict[str, Any]:
    """Raises IssuerUnavailable."""
    try:
        with _DIRECT.open(url, timeout=TIMEOUT_S) as answer:
            found = json.loads(_read(answer))
    except (OSError, ValueError, HTTPException, RecursionError) as exc:
        raise IssuerUnavailable(f"the issuer does not answer at {url!r} as it should") from exc
    if not isinstance(found, dict):
        raise IssuerUnavailable(f"what the issuer answers at {url!r} is no JSON object")
    return found


def _read(answer: Any) -> bytes:
    """What there is of it, up to a length and a time. Raises TimeoutError."""
    until, read = time.monotonic() + MOST_S, b""
    while len(read) < MAX_ANSWER and (part := answer.read1(MAX_ANSWER - len(read))):
        if time.monotonic() > until:
            raise TimeoutError
        read += part
    return read


def _safe(url: str, what: str) -> str:
    """Raises ConfigError for an address over which others could change the keys, or that is more than an address."""
    found = ADDRESS.match(url)
    local = found is not None and found["host"] in ("127.0.0.1", "localhost", "[::1]")
    if found is None or not (found["scheme"] == "https" or local):
        raise ConfigError(f"{what}: expected https://…, or http:// on this machine")
    return url


def _at(told: Mapping[str, Any], name: str) -> Any:
    """The claim of the whole name, or what the dots of it lead to."""
    if name in told:
        return told[name]
    found: Any = told
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _kind(told: Mapping[str, Any]) -> CallerKind:
    """As the claim says; without it a client that got the token for itself is a service, and all others are people.

    That a client did is told by RFC 9068, and by the claims that widely used issuers have for it. Who says to be of a
    kind that there is not only gives advice.
    """
    said = _at(told, KIND)
    if said is not None:
        return next((one for one in CALLER_KINDS if one == said), "advisory")
    itself = told["sub"] in (told.get("client_id"), told.get("azp"))
    return "service" if itself or told.get("gty") == "client-credentials" or told.get("idtyp") == "app" else "human"


def _texts(value: Any) -> tuple[str, ...]:
    """A list of texts; a text has them with spaces between."""
    if isinstance(value, str):
        return tuple(value.split())
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _moment(seconds: Any) -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(int(seconds), UTC)


def _reason(exc: Exception) -> str:
    """What is wrong with it, without a word of the token."""
    import jwt

    words: dict[type[Exception], str] = {
        jwt.ExpiredSignatureError: "it has expired",
        jwt.ImmatureSignatureError: "it is not valid yet",
        jwt.InvalidAudienceError: "it is for another audience",
        jwt.InvalidIssuerError: "it is of another issuer",
        jwt.InvalidSignatureError: "its signature is not its issuer's",
        jwt.MissingRequiredClaimError: "it lacks a claim that is needed (exp, iat, iss, aud, sub)",
    }
    return next((said for kind, said in words.items() if isinstance(exc, kind)), "it is no signed token")
