"""The page in a real Chromium, over a server on a socket of this machine.

Strategy: the browser is started once, a test gets a tab of its own. A tab fails its test when anything is written to
its console as an error or warning, when a script fails, and when anything is asked of another address than the
server's. Stores are loaded once for each kind; decisions are only appended.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from api.app import create_app
from api.page import BUILT
from kg.bootstrap import Services, open_services
from kg.settings import Settings
from loaders.jobs import load_files
from tests.api.supply import SUPPLY, loaded_supply, served
from tests.neo4j_server import empty, neo4j_auth

CHROMIUM = Path(os.environ.get("WHENCE_TEST_CHROMIUM", "/usr/bin/chromium"))
AXE = BUILT.parent / "node_modules" / "axe-core" / "axe.min.js"
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
"""Chromium asks for news of itself without these, which the tests count as requests to elsewhere."""


expect.set_options(timeout=30_000)  # a machine with other work takes its time


@dataclass
class Watched:
    """What a tab did that it should not."""

    origin: str
    expected: str
    """What may be said in the console: that something asked for on purpose is not there."""
    elsewhere: str = ""
    """Another origin that this visitor goes to on purpose."""
    found: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", self._said)
        page.on("pageerror", lambda error: self._add("script", str(error)))
        page.on("request", lambda asked: None if self._own(asked.url) else self._add("request", asked.url))

    def _said(self, said: ConsoleMessage) -> None:
        if said.type in ("error", "warning"):
            self._add("console", f"{said.text} {said.location.get('url', '')}")

    def _own(self, url: str) -> bool:
        own = (f"{self.origin}/", f"blob:{self.origin}/")
        return url.startswith(own) or (self.elsewhere != "" and url.startswith((f"{self.elsewhere}/", "data:,")))

    def _add(self, kind: str, text: str) -> None:
        if not self.expected or self.expected not in text:
            self.found.append(f"{kind}: {text}")


@dataclass(frozen=True)
class Site:
    """A server with its page, and the tabs that look at it."""

    url: str
    services: Services
    browser: Browser
    watched: list[Watched]
    contexts: ExitStack

    def tab(
        self, *, dark: bool = False, width: int = 1280, height: int = 900, expected: str = "", elsewhere: str = ""
    ) -> Page:
        """A tab of a new visitor. What holds ``expected`` may stand in the console."""
        context: BrowserContext = self.browser.new_context(
            base_url=self.url,
            color_scheme="dark" if dark else "light",
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
        )
        self.contexts.callback(context.close)
        context.set_default_timeout(30_000)
        page = context.new_page()
        watched = Watched(self.url, expected, elsewhere)
        watched.watch(page)
        self.watched.append(watched)
        return page


def newer_than_built() -> Path | None:
    """A source of the page that the built page does not have yet."""
    built = (BUILT / "index.html").stat().st_mtime
    sources = (one for one in (BUILT.parent / "src").rglob("*") if one.is_file())
    return next((one for one in sources if one.stat().st_mtime > built), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM} (WHENCE_TEST_CHROMIUM)")
    if not (BUILT / "index.html").is_file():
        pytest.skip("the page is not built: make page")
    if newer := newer_than_built():
        pytest.fail(f"the page was built before {newer} was changed: make page")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: make page")
    return AXE.read_text("utf-8")


@contextmanager
def looked_at(services: Services, browser: Browser, settings: Settings | None = None) -> Iterator[Site]:
    """A site over these services; fails when a tab did what it should not."""
    with served(create_app(services, settings)) as url, ExitStack() as contexts:
        site = Site(url, services, browser, [], contexts)
        yield site
    assert [line for one in site.watched for line in one.found] == []


@pytest.fixture(scope="session")
def supply_services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with loaded_supply(tmp_path_factory.mktemp("browser")) as services:
        yield services


@pytest.fixture
def site(supply_services: Services, chromium: Browser) -> Iterator[Site]:
    """The supply data on SQLite."""
    with looked_at(supply_services, chromium) as made:
        yield made


@pytest.fixture
def other(tmp_path: Path, chromium: Browser) -> Iterator[Site]:
    """A site over a store of its own, empty."""
    services = open_services(Settings(store=f"sqlite:{tmp_path / 'other.db'}"))
    with looked_at(services, chromium) as made:
        yield made
    services.store.close()


@pytest.fixture
def neo4j_supply(request: pytest.FixtureRequest) -> Iterator[Services]:
    url: str = request.getfixturevalue("neo4j_url")
    user, password = neo4j_auth() or ("", "")
    empty(request.getfixturevalue("neo4j_driver"), "neo4j")
    services = open_services(Settings(store=url, neo4j_user=user, neo4j_password=password))
    for _ in load_files(sorted(SUPPLY.glob("*.yml")), None, services, lambda *_: None):
        pass
    yield services
    services.store.close()


@pytest.fixture(params=["sqlite", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def either_site(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Site]:
    """The supply data on either store in turn."""
    services = request.getfixturevalue("supply_services" if request.param == "sqlite" else "neo4j_supply")
    with looked_at(services, chromium) as made:
        yield made


Asked = Callable[[str], dict[str, Any]]


@pytest.fixture
def asked(site: Site) -> Asked:
    """Asks over HTTP, as another caller would."""
    page = site.tab()

    def ask(question: str) -> dict[str, Any]:
        reply = page.request.post(f"{site.url}/v1/decisions", data={"question": question})
        assert reply.status == 201
        return reply.json()  # type: ignore[no-any-return]

    return ask
