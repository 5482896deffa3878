"""Every view, light and dark, wide and narrow: nothing serious that axe finds, nothing wider than the screen."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.api.supply import GAP
from tests.browser.conftest import Asked, Site

CLAIM, COMPARED = "?claim=C2", "compare"
SERIOUS = ("serious", "critical")

pytestmark = pytest.mark.browser


def views(site: Site, asked: Asked) -> list[str]:
    """The address of each view, in each of its states that a reader of the supply data meets."""
    gap = asked(GAP)["decision_id"]
    other = asked("Which suppliers deliver sunflower oil?")["decision_id"]
    none = asked("What is the price of sunflower oil?")["decision_id"]
    run = site.services.runs.runs(1)[0].id
    return [
        "/",
        "/decisions",
        f"/decisions/{gap}?claim=C2",
        f"/decisions/{gap}?view=table&evidence=E5",
        f"/decisions/{none}",
        f"/decisions/{gap}/compare/{other}",
        "/decisions/d-0",
        "/explore",
        "/explore?q=sun",
        "/explore?entity=supplier:SUP-7",
        "/explore/paths?from=SUP-7&to=PRD-1",
        "/explore/schema",
        "/lineage",
        "/lineage?ref=supplier-register&toward=up",
        f"/lineage?ref=supplier-register&toward=down&on=decision:{gap}",
        "/explore?entity=supplier:SUP-7&history=1&depth=2&valid=2026-03-31",
        "/loads",
        "/loads/sources",
        f"/loads/{run}?change=lost",
        "/audit",
        "/sign-in",
        "/reviews",
        "/tables",
        "/prompts",
        "/prompts/answer",
    ]


def settle(page: Page) -> None:
    """Wait until the view is there, and nothing in it is still to come."""
    expect(page.locator("main h1, main .notice").first).to_be_attached()
    expect(page.locator(".loading, [aria-busy]")).to_have_count(0)


def findings(page: Page, axe: str, options: str) -> list[str]:
    """What axe finds that keeps somebody out."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe)
    found: dict[str, Any] = page.evaluate(
        f"axe.run(document, Object.assign({{resultTypes: ['violations']}}, {options}))"
    )
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for one in found["violations"]
        if one["impact"] in SERIOUS
        for node in one["nodes"][:3]
    ]


def test_every_view_is_sound_in_light_and_dark_wide_and_narrow(site: Site, asked: Asked, axe: str) -> None:
    page = site.tab(expected="404")
    found: dict[str, list[str]] = {}
    titles = set()
    for address in views(site, asked):
        page.goto(address)
        settle(page)
        titles.add(page.title())
        problems = findings(page, axe, "{}")
        page.emulate_media(color_scheme="dark")
        problems += findings(page, axe, "{runOnly: ['color-contrast']}")
        page.set_viewport_size({"width": 360, "height": 740})
        over: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if over > 0:
            problems.append(f"{over} pixels wider than a narrow screen")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 900})
        if problems:
            found[address] = problems
    assert found == {}
    assert len(titles) >= 12


def test_what_is_not_there_is_said_to_be_not_there(site: Site) -> None:
    page = site.tab(expected="404")
    for address in ("/tables/x", "/decisions/d-0", "/loads/run-0", "/explore?entity=supplier:SUP-999"):
        page.goto(address)
        expect(page.get_by_role("alert")).to_contain_text("There is no such thing here")
    page.goto("/decisions/d-0")
    page.get_by_role("link", name="To all of “Decisions”").click()
    expect(page.locator("h1")).to_have_text("Decisions")
