"""Lineage as a picture: from a row to the decisions that it carried, one way lit, all of it in the address."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.api.supply import GAP
from tests.browser.conftest import Asked, Site
from tests.browser.test_views_are_sound import findings

pytestmark = pytest.mark.browser


def test_from_the_row_of_a_claim_to_the_decisions_that_it_carried(site: Site, asked: Asked, axe: str) -> None:
    made = asked(GAP)["decision_id"]
    page = site.tab()
    page.goto(f"/decisions/{made}?evidence=E1")
    page.get_by_role("link", name="what comes of it").click()
    picture = page.locator(".picture-scroll")
    expect(picture).to_have_attribute("data-ids", re.compile(f"decision:{made}"))
    expect(picture).to_have_attribute("data-lit", "")
    row = page.locator("tbody tr", has_text=GAP).first
    row.get_by_role("button", name="Light the way").press("Enter")
    expect(picture).to_have_attribute("data-lit", re.compile("row:.*decision:|decision:.*row:"))
    lit = (picture.get_attribute("data-lit") or "").split()
    assert len(lit) < len((picture.get_attribute("data-ids") or "").split())
    expect(page.locator(".chosen")).to_contain_text("It carried a claim of this decision.")
    expect(row).to_have_class("marked")
    assert findings(page, axe, "{}") == []
    page.reload()
    expect(picture).to_have_attribute("data-lit", re.compile("decision:"))
    page.locator(".chosen").get_by_role("button", name="Light all").click()
    expect(picture).to_have_attribute("data-lit", "")
    page.go_back()
    expect(picture).to_have_attribute("data-lit", re.compile("decision:"))
    page.locator(".chosen").get_by_role("link", name="Where it comes from").click()
    expect(picture).to_have_attribute("data-ids", re.compile(f"^decision:{made} .*fact:.*row:.*source:"))


def test_what_a_retirement_would_change_stands_in_the_address(site: Site, asked: Asked) -> None:
    made = asked("Which suppliers deliver rapeseed oil?")
    source = next(one["sources"][0] for one in made["evidence"] if one["kind"] == "fact")
    page = site.tab()
    page.goto(f"/lineage?ref={source['dataset']}/{source['source']}&toward=down&depth=1")
    page.get_by_role("button", name="What if it were retired?").click()
    line = page.locator("tr", has_text=made["question"]).locator(".badge.warn").first
    expect(line).to_have_text("yes")
    assert "impact=without" in page.url
    page.reload()
    expect(line).to_have_text("yes")
