"""Where access is on: a key opens the page, and what a role may not do is not offered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

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


def test_a_reader_is_not_offered_to_ask(guarded: Site) -> None:
    page = guarded.tab(expected="401")
    page.goto("/sign-in")
    page.get_by_label("Key or token").fill(key(guarded.services, "rea", "reader"))
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("main")).to_contain_text("Your role reads, and does not ask.")
    expect(page.get_by_role("combobox", name="Question")).to_be_hidden()
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Key or token")).to_be_visible()
