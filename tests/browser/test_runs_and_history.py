"""What runs changed and rejected, page by page; how fresh data are; what was said of a thing before; looking around."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.api.test_uploads import DATASET, ROWS, body
from tests.browser.conftest import Site
from tests.browser.test_views_are_sound import findings, settle

MOVED = ROWS.replace("S-2,Mill Shop,Tarn", "S-2,Old Mill,Elm").replace("S-1,Corner Shop,Tarn\n", "")

pytestmark = pytest.mark.browser


def load(page: Page, rows: str, spec: str = DATASET) -> str:
    reply = page.request.post("/v1/loads", data=body({"data/shops.csv": rows, "shops.yml": spec}))
    assert reply.status == 201, reply.text()
    return str(reply.json()["runs"][0]["id"])


def test_what_a_run_changed_is_listed_and_leads_to_the_history_of_a_thing(other: Site, axe: str) -> None:
    page = other.tab(expected="404")
    load(page, ROWS)
    second = load(page, MOVED)
    page.goto(f"/loads/{second}")
    facts = page.get_by_role("region", name="Facts of the run").locator("tbody tr")
    expect(facts.filter(has_text="in the town of Elm")).to_have_count(1)
    page.get_by_role("button", name="Lost").click()
    expect(facts.filter(has_text="Mill Shop (S-2) is in the town of Tarn")).to_have_count(1)
    page.reload()
    expect(facts.filter(has_text="in the town of Tarn")).to_have_count(2)
    page.get_by_role("link", name="History of shop:S-2").first.click()
    steps = page.locator(".history > li")
    expect(steps).to_have_count(2)
    expect(steps.first).to_contain_text("Its name was “Mill Shop” and is “Old Mill”.")
    expect(steps.first.locator("li", has_text="went")).to_contain_text("in the town of Tarn")
    assert findings(page, axe, "{}") == []
    page.goto("/explore?entity=shop:S-1&history=1")
    expect(page.get_by_role("alert")).to_contain_text("There is no such thing here")
    expect(steps.first).to_contain_text("“Corner Shop” is not known here any more.")
    page.goto("/explore?entity=shop:S-2")
    page.locator(".kind-of summary").first.click()
    page.get_by_text("Who said it, and until when").click()
    expect(page.locator(".fact .history")).to_contain_text("line 2, field town")


def test_rejections_and_facts_go_on_from_page_to_page(other: Site) -> None:
    page = other.tab()
    rows = "id,name,town\n" + "".join(f"S-{n},Shop {n},Elm\nX{n},Odd {n},Elm\n" for n in range(60))
    run = load(page, rows)
    page.goto(f"/loads/{run}")
    rejected = page.get_by_role("region", name="Rejected records").locator("tbody tr")
    expect(rejected).to_have_count(50)
    page.get_by_role("button", name="Further rejections").click()
    expect(rejected).to_have_count(10)
    expect(page.locator("main")).to_contain_text("51 to 60 of 60")
    page.get_by_role("button", name="More facts").click()
    expect(page.get_by_role("region", name="Facts of the run").locator("tbody tr")).to_have_count(10)
    page.reload()
    expect(rejected).to_have_count(10)
    page.go_back()
    expect(page.get_by_role("region", name="Facts of the run").locator("tbody tr")).to_have_count(50)


def test_how_fresh_a_dataset_is_stands_beside_it(other: Site) -> None:
    page = other.tab()
    load(page, ROWS, f"{DATASET}refresh: monthly\n")
    page.goto("/loads/sources")
    expect(page.locator("tbody tr")).to_contain_text(re.compile("loaded just now.*renewed monthly, due"))
    datasets = page.request.get("/v1/datasets").json()
    datasets["datasets"][0] |= {"overdue": True}
    page.route("**/v1/datasets", lambda route: route.fulfill(json=datasets))
    page.reload()
    expect(page.locator("tbody .badge.warn")).to_have_text("overdue")


def test_where_one_looked_around_to_stands_in_the_address(site: Site, axe: str) -> None:
    page = site.tab()
    page.goto("/explore?entity=supplier:SUP-7")
    picture = page.locator(".picture-scroll")
    expect(picture).to_have_attribute("data-drawn", re.compile(r"\d"))
    before = int(picture.get_attribute("data-drawn") or 0)
    page.get_by_text("What is drawn, as a list").press("Enter")
    page.get_by_role("button", name="Expand Sunflower oil").press("Enter")
    expect(picture).not_to_have_attribute("data-drawn", str(before))
    grown = int(picture.get_attribute("data-drawn") or 0)
    assert grown > before
    expect(page.locator(".drawn").get_by_role("link", name="Sunflower oil", exact=True)).to_be_focused()
    page.get_by_label("Find in the picture").fill("kestrel")
    page.get_by_label("Find in the picture").press("Enter")
    expect(page.locator(".facts-of [role=status]")).to_contain_text(f"of {grown} drawn")
    address = page.url
    assert findings(page, axe, "{}") == []
    other = site.tab()
    other.goto(address)
    expect(other.locator(".picture-scroll")).to_have_attribute("data-drawn", str(grown))
    expect(other.get_by_label("Find in the picture")).to_have_value("kestrel")
    other.get_by_label("Depth").fill("2")
    expect(other.locator(".picture-scroll")).not_to_have_attribute("data-drawn", str(grown))
    settle(other)
    deep = other.locator(".picture-scroll").get_attribute("data-drawn") or ""
    page.goto(other.url)
    expect(picture).to_have_attribute("data-drawn", deep)


def test_a_thing_is_looked_at_as_it_was(other: Site, tmp_path: Path) -> None:
    page = other.tab(expected="404")
    load(page, ROWS)
    page.goto("/explore?entity=shop:S-2")
    expect(page.locator(".card h2")).to_have_text("Mill Shop")
    known = page.evaluate("new Date().toISOString()")
    load(page, MOVED)
    page.reload()
    expect(page.locator(".card h2")).to_have_text("Old Mill")
    page.locator("summary", has_text="true today").click()
    page.get_by_label("As known at").fill(known)
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".card h2")).to_have_text("Mill Shop")
    page.reload()
    expect(page.locator(".card h2")).to_have_text("Mill Shop")
    page.get_by_role("button", name="Now", exact=True).click()
    expect(page.locator(".card h2")).to_have_text("Old Mill")
