"""The web page: the built files, with the headers of a page that takes nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException

from api.deps import Context, ContextDep
from kg.errors import IssuerUnavailable

BUILT = Path(__file__).parent / "web" / "dist"
"""Where ``make page`` puts it, and where it lies in the wheel."""
VIEWS = ("audit", "decisions", "explore", "lineage", "loads", "prompts", "reviews", "tables", "sign-in")
"""First parts of the addresses that the page itself shows."""
POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Nothing from elsewhere, nothing inline, and no text is ever read as markup or script."""
SIGN_IN = "/sign-in"
"""The one view that reaches another server: the issuer, for the token that a code stands for."""
NOT_BUILT = """The page of Whence is not built here.

Run `make page` in the folder of the project: it needs npm, or installs Node.js into .venv with pip.
The HTTP API works without it; /openapi.json describes it.
"""
MEDIA = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
"""Not asked of the machine, whose own table may say something else."""


def router(built: Path = BUILT) -> APIRouter:
    """The page at ``/`` and at the address of each of its views, and the files it is made of."""
    routes = APIRouter(include_in_schema=False)

    def page(request: Request, context: ContextDep, accept_encoding: Annotated[str, Header()] = "") -> Response:
        return _page(built, accept_encoding, _issuer(context) if request.url.path == SIGN_IN else "")

    for path in ("/", *(f"/{view}{rest}" for view in VIEWS for rest in ("", "/{rest:path}"))):
        routes.add_api_route(path, page, methods=["GET", "HEAD"])

    @routes.api_route("/assets/{name}", methods=["GET", "HEAD"])
    def asset(
        name: Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9_.-]*$", max_length=100)],
        accept_encoding: Annotated[str, Header()] = "",
    ) -> Response:
        # Its name holds a hash of what is in it.
        return _file(built / "assets" / name, accept_encoding, {"Cache-Control": "public, max-age=31536000, immutable"})

    return routes


def _page(built: Path, accepted: str, elsewhere: str) -> Response:
    if not (built / "index.html").is_file():
        return PlainTextResponse(NOT_BUILT, 503)
    policy = f"{POLICY}; connect-src 'self' {elsewhere}" if elsewhere else POLICY
    return _file(built / "index.html", accepted, {"Content-Security-Policy": policy, "Cache-Control": "no-cache"})


def _issuer(context: Context) -> str:
    """Its origin, where one signs in with it and it answers."""
    try:
        found = context.issuer.sign_in(context.settings) if context.settings.access and context.issuer else None
    except IssuerUnavailable:
        return ""  # the page says so itself, when it asks how to sign in
    return found.origin if found else ""


def _file(path: Path, accepted: str, headers: dict[str, str]) -> Response:
    """The file, packed where the build packed it and the caller takes it so."""
    if not path.is_file() or path.suffix not in MEDIA:
        raise HTTPException(404)
    packed = path.with_name(f"{path.name}.gz")
    headers |= {"Vary": "Accept-Encoding"}
    if "gzip" in accepted and packed.is_file():
        return FileResponse(packed, media_type=MEDIA[path.suffix], headers={**headers, "Content-Encoding": "gzip"})
    return FileResponse(path, media_type=MEDIA[path.suffix], headers=headers)
