"""Where access is on: a key opens the page, and what a role may not do is not offered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from api.key_making import Grant, create
from kg.bootstrap import Services
from kg.settings import Settings
from tests.api.supply import GAP
from tests.browser.conftest import Site, looked_at

pytestmark = pytest.mark.browser


@pytest.fixture
def guarded(supply_services: Services, chromium: Browser) -> Iterator[Site]:
    with looked_at(supply_services, chromium, Settings(access=True)) as made:
        yield made


def key(services: Services, caller: str, role: str) -> str:
    grant = Grant(caller, [role], None, "confidential", timedelta(hours=1))
    return create(grant, services.keys, services.clock, "root")[1]


def signed_in(page: Page, token: str) -> None:
    page.add_init_script(f"sessionStorage.setItem('whence-key', '{token}')")


def test_nothing_is_shown_until_somebody_signs_in(guarded: Site) -> None:
    page = guarded.tab(expected="401")
    page.goto("/decisions")
    expect(page.get_by_role("alert")).to_contain_text("Sign in to see this")
    page.get_by_role("alert").get_by_role("link", name="Sign in").click()
    page.get_by_label("Key or token").fill("whence_000000000000_wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("opens nothing")
    page.get_by_label("Key or token").fill(key(guarded.services, "ann", "analyst"))
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("h1")).to_have_text("Decisions")
    expect(page.get_by_role("link", name="ann")).to_be_visible()


def test_an_analyst_asks_and_is_offered_no_loads_and_no_log(guarded: Site) -> None:
    page = guarded.tab(expected="401")
    page.goto("/sign-in")
    page.get_by_label("Key or token").fill(key(guarded.services, "ann", "analyst"))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("combobox", name="Question").fill(GAP)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".answer")).to_contain_text("4 suppliers")
    expect(page.get_by_role("link", name="Audit")).to_be_hidden()
    page.goto("/loads")
    expect(page.locator("tbody tr").first).to_be_visible()
    expect(page.get_by_text("Load files from here")).to_have_count(0)
    page.goto("/prompts/answer")
    expect(page.locator("tbody tr").first).to_be_visible()
    expect(page.get_by_text("Move a label")).to_have_count(0)


def test_who_only_looks_at_decisions_is_not_offered_to_ask_anew(guarded: Site) -> None:
    page = guarded.tab()
    asks = {"Authorization": f"Bearer {key(guarded.services, 'ann', 'analyst')}"}
    made = page.request.post(f"{guarded.url}/v1/decisions", data={"question": GAP}, headers=asks).json()
    signed_in(page, key(guarded.services, "aud", "auditor"))
    page.goto(f"/decisions/{made['decision_id']}")
    expect(page.locator(".answer")).to_contain_text("4 suppliers")
    page.get_by_text("Was this right?").click()
    expect(page.get_by_text("Nobody has said so far.")).to_be_visible()
    for offer in ("Ask", "Right", "Partly", "Wrong"):
        expect(page.get_by_role("button", name=offer, exact=True)).to_be_hidden()
    expect(page.get_by_text("Change the steps and run them again")).to_be_hidden()
    expect(page.get_by_text("Compare with another point in time")).to_be_hidden()


def test_who_is_there_is_asked_again_when_the_server_could_not_say(guarded: Site) -> None:
    page = guarded.tab(expected="503")
    signed_in(page, key(guarded.services, "ann", "analyst"))
    page.route("**/v1/me", lambda route: route.fulfill(status=503, json={"code": "x", "detail": "Not now."}), times=1)
    page.goto("/")
    expect(page.get_by_role("link", name="ann")).to_be_visible()
    expect(page.get_by_text("to ask.")).to_have_count(0)


def test_a_reader_is_not_offered_to_ask(guarded: Site) -> None:
    page = guarded.tab(expected="401")
    page.goto("/sign-in")
    page.get_by_label("Key or token").fill(key(guarded.services, "rea", "reader"))
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("main")).to_contain_text("Your role reads, and does not ask.")
    expect(page.get_by_role("combobox", name="Question")).to_be_hidden()
    expect(page.locator(".examples")).to_be_hidden()
    expect(page.get_by_role("link", name="Reviews")).to_be_hidden()
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Key or token")).to_be_visible()
