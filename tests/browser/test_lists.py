"""Lists are narrowed by the server, go on to older ones, say where they end, and stand in the address."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Asked, Site
from tests.builders import entity, load, run, target

PAGE = 50

pytestmark = pytest.mark.browser


def test_decisions_are_narrowed_by_the_server_and_go_on_to_older_ones(site: Site, asked: Asked) -> None:
    for number in range(PAGE + 3):
        asked(f"What is the price of nutmeg number {number}?")
    asked("Which suppliers deliver sunflower oil?")
    page = site.tab()
    page.goto("/decisions")
    lines = page.locator(".decisions > li")
    expect(lines).to_have_count(PAGE)
    page.get_by_label("Words of the question").fill("NUTMEG price")
    expect(lines.first).to_contain_text(f"number {PAGE + 2}?")
    expect(lines).to_have_count(PAGE)
    page.get_by_role("link", name="Older ones").click()
    expect(lines).to_have_count(3)
    expect(lines.last).to_contain_text("number 0?")
    page.go_back()
    expect(lines).to_have_count(PAGE)
    page.get_by_label("Outcome").select_option("answered")
    expect(page.locator("main .notice")).to_contain_text("No decision fits")
    page.reload()
    expect(page.get_by_label("Words of the question")).to_have_value("NUTMEG price")
    expect(page.get_by_label("Outcome")).to_have_value("answered")
    expect(page.locator("main .notice")).to_contain_text("No decision fits")
    page.get_by_label("Words of the question").fill("")
    expect(lines.first).to_contain_text("sunflower oil")
    page.get_by_label("To", exact=True).fill("2001-01-01")
    expect(page.locator("main .notice")).to_contain_text("No decision fits")


def test_runs_go_on_to_the_oldest(other: Site) -> None:
    load(other.services.recorded, target(), entity("ann"))
    for number in range(200):
        other.services.runs.append_run(run(target(), f"run-{number:03}"), [])
    page = other.tab()
    page.goto("/loads")
    expect(page.locator("tbody tr")).to_have_count(100)
    for left in (100, 1):
        page.get_by_role("link", name="Older ones").click()
        expect(page.locator("tbody tr")).to_have_count(left)
    expect(page.get_by_role("link", name="Older ones")).to_have_count(0)
    page.get_by_role("link", name="The newest").click()
    expect(page.locator("tbody tr")).to_have_count(100)
