"""Signing in with an OpenID Connect issuer from the page: there and back, and what is refused on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from playwright.sync_api import Browser, Page, expect

from kg.bootstrap import Services
from kg.settings import Settings
from tests.api.supply import served
from tests.browser.conftest import Site, looked_at
from tests.issuer import AUDIENCE, CLIENT, LocalIssuer

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def issuer() -> Iterator[LocalIssuer]:
    made = LocalIssuer({"first": rsa.generate_private_key(65537, 2048)})
    with served(made.app()) as url:
        made.url = url
        yield made


@contextmanager
def site_of(services: Services, chromium: Browser, issuer: LocalIssuer, audience: str = AUDIENCE) -> Iterator[Site]:
    """A site whose page the issuer knows."""
    settings = Settings(
        access=True, oidc_issuer=issuer.url, oidc_audience=audience, oidc_roles="realm.roles", oidc_client=CLIENT
    )
    with looked_at(services, chromium, settings) as site:
        issuer.pages, issuer.wrong = [f"{site.url}/sign-in"], {}
        yield site


@pytest.fixture
def known(supply_services: Services, chromium: Browser, issuer: LocalIssuer) -> Iterator[Site]:
    with site_of(supply_services, chromium, issuer) as site:
        yield site


def sign_in(page: Page, user: str = "ann", button: str = "Allow") -> None:
    page.get_by_role("button", name="Sign in with 127.0.0.1").click()
    page.get_by_label("User").fill(user)
    page.get_by_role("button", name=button).click()


def test_one_signs_in_with_the_issuer_and_comes_back_to_where_one_was(known: Site, issuer: LocalIssuer) -> None:
    page = known.tab(expected="401", elsewhere=issuer.url)
    page.goto("/decisions?outcome=answered")
    page.get_by_role("alert").get_by_role("link", name="Sign in").click()
    sign_in(page)
    expect(page.locator("h1")).to_have_text("Decisions")
    expect(page.get_by_role("link", name="oidc:ann", exact=True)).to_be_visible()
    assert page.url == f"{known.url}/decisions?outcome=answered"
    kept: dict[str, Any] = page.evaluate("({...sessionStorage, ...localStorage})")
    assert list(kept) == ["whence-key"]
    page.go_back()
    assert "code=" not in page.url
    page.goto("/sign-in")
    expect(page.locator("main")).to_contain_text("You are signed in as oidc:ann.")
    before = issuer.ended
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in with")).to_be_visible()
    assert page.url == f"{known.url}/sign-in"
    assert (page.evaluate("sessionStorage.length"), issuer.ended) == (0, before + 1)


def test_an_issuer_that_ends_no_sessions_is_not_gone_to(
    supply_services: Services, chromium: Browser, issuer: LocalIssuer
) -> None:
    issuer.ends_sessions = False
    with site_of(supply_services, chromium, issuer) as known:
        page = known.tab(expected="401", elsewhere=issuer.url)
        page.goto("/sign-in")
        sign_in(page)
        expect(page.locator("h1")).to_have_text("What do you want to know?")
        before = issuer.ended
        page.goto("/sign-in")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("button", name="Sign in with")).to_be_visible()
        assert (page.evaluate("sessionStorage.length"), issuer.ended) == (0, before)
    issuer.ends_sessions = True


def test_a_token_for_the_page_itself_is_sent_where_that_is_the_audience(
    supply_services: Services, chromium: Browser, issuer: LocalIssuer
) -> None:
    with site_of(supply_services, chromium, issuer, audience=CLIENT) as known:
        page = known.tab(expected="401", elsewhere=issuer.url)
        page.goto("/sign-in")
        sign_in(page, "bo")
        expect(page.get_by_role("link", name="oidc:bo", exact=True)).to_be_visible()


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"state": "x" * 43}, "This tab did not begin this sign-in"),
    ({"iss": "https://other.example"}, "Another issuer answered"),
    ({"nonce": "x" * 43}, "not for this sign-in"),
    ({"aud": "another-page"}, "not for this sign-in"),
    ({"code": "guessed"}, "invalid_grant"),
]


def test_what_was_not_begun_here_is_refused(known: Site, issuer: LocalIssuer) -> None:
    page = known.tab(expected="40", elsewhere=issuer.url)
    page.goto("/sign-in")
    for issuer.wrong, told in WRONG:
        sign_in(page)
        expect(page.get_by_role("alert")).to_contain_text(told)
        assert page.evaluate("sessionStorage.length") == 0
    issuer.wrong = {}
    sign_in(page)
    expect(page.locator("h1")).to_have_text("What do you want to know?")


def test_a_way_back_is_gone_once_only(known: Site, issuer: LocalIssuer) -> None:
    page = known.tab(expected="40", elsewhere=issuer.url)
    ways: list[str] = []
    page.on("request", lambda asked: ways.append(asked.url) if "/sign-in?" in asked.url else None)
    page.goto("/sign-in")
    sign_in(page)
    expect(page.locator("h1")).to_have_text("What do you want to know?")
    page.evaluate("sessionStorage.clear()")
    page.goto(next(one for one in ways if "code=" in one))
    expect(page.get_by_role("alert")).to_contain_text("This tab did not begin this sign-in")


def test_a_refusal_of_the_issuer_is_told_in_its_words(known: Site, issuer: LocalIssuer) -> None:
    page = known.tab(expected="401", elsewhere=issuer.url)
    page.goto("/sign-in?then=//other.example/")
    sign_in(page, button="Deny")
    expect(page.get_by_role("alert")).to_contain_text("Ann said no")
    expect(page.get_by_label("Key or token")).to_be_visible()


def test_one_is_led_nowhere_else(known: Site, issuer: LocalIssuer) -> None:
    page = known.tab(expected="401", elsewhere=issuer.url)
    for then in ("//other.example/", "/\\other.example", "javascript:1", "http://["):
        page.goto(f"/sign-in?then={then}")
        sign_in(page)
        expect(page.locator("h1")).to_have_text("What do you want to know?")
        assert page.url == f"{known.url}/"
        page.evaluate("sessionStorage.clear()")
