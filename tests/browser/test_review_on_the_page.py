"""An answer is withheld, approved on the page by another person, and lapses when a changed file is loaded from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kg.bootstrap import open_services
from kg.settings import Settings
from tests.api.test_uploads import DATASET, ONTOLOGY, ROWS
from tests.browser.conftest import Site, looked_at
from tests.neo4j_server import empty, neo4j_auth

QUESTION = "Which shops are in the town of Tarn?"
RULES = {
    "rules": [
        {"name": "shops matter", "when": {"types": ["Shop"]}, "withhold": True, "stages": [{"role": "reviewer"}]},
    ]
}
FLAT = DATASET.replace("data/shops.csv", "shops.csv")

pytestmark = pytest.mark.browser


@pytest.fixture(params=["sqlite", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def shops(request: pytest.FixtureRequest, chromium: Browser, tmp_path: Path) -> Iterator[Site]:
    """Nothing but a rule that answers about shops are withheld for."""
    settings = Settings(store=f"sqlite:{tmp_path / 'shops.db'}")
    if request.param == "neo4j":
        user, password = neo4j_auth() or ("", "")
        empty(request.getfixturevalue("neo4j_driver"), "neo4j")
        settings = Settings(store=request.getfixturevalue("neo4j_url"), neo4j_user=user, neo4j_password=password)
    services = open_services(settings)
    with looked_at(services, chromium) as made:
        saved = made.tab().request.post(
            f"{made.url}/v1/review-rules", data={"content": RULES, "message": "shops", "actor": "root"}
        )
        assert saved.status == 201
        yield made
    services.store.close()


def load(page: Page, folder: Path, rows: str) -> None:
    """Check the files on the page, then load them."""
    for name, text in {"shops.yml": FLAT, "ontology.yml": ONTOLOGY, "shops.csv": rows}.items():
        (folder / name).write_text(text, "utf-8")
    page.goto("/loads")
    page.get_by_text("Load files from here").click()
    page.get_by_label("Dataset files, ontology files and their data").set_input_files(sorted(folder.iterdir()))
    expect(page.get_by_role("button", name="Load them")).to_be_disabled()
    page.get_by_role("button", name="Check what a load would do").click()
    expect(page.locator(".card article")).to_contain_text("would load")
    expect(page.locator(".card article")).to_contain_text("'X' is not a key of Shop")
    page.get_by_role("button", name="Load them").click()
    expect(page.locator(".card .badge.complete")).to_be_visible()


def test_an_approval_lapses_when_its_evidence_changes(shops: Site, tmp_path: Path) -> None:
    page = shops.tab(expected="403")
    folder = tmp_path / "sent"
    folder.mkdir()
    load(page, folder, ROWS)

    page.goto("/")
    page.get_by_role("combobox", name="Question").fill(QUESTION)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".answer")).to_contain_text("withheld for a review")
    decision = page.url
    page.get_by_role("link", name="Open the review").click()
    expect(page.locator(".answer")).to_contain_text("2 shops")
    expect(page.locator(".evidence").first).to_contain_text("shops.csv")
    review = page.url

    page.get_by_label("Your name").fill("local")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Your name").fill("bo")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".badge.review-approved").first).to_be_visible()
    page.goto(decision)
    expect(page.locator(".answer")).to_contain_text("2 shops")
    expect(page.locator(".answer")).to_contain_text("Review: approved")

    load(page, folder, ROWS.replace("S-2,Mill Shop,Tarn", "S-2,Mill Shop,Elm"))
    page.goto(review)
    expect(page.locator(".badge.review-lapsed").first).to_be_visible()
    page.goto("/reviews?state=lapsed")
    expect(page.locator("tbody")).to_contain_text(QUESTION)
    page.goto(decision)
    expect(page.locator(".answer")).to_contain_text("Review: approval lapsed")
    page.goto("/audit")
    expect(page.locator("tbody")).to_contain_text("bo")


def test_only_what_was_checked_can_be_loaded(other: Site, tmp_path: Path) -> None:
    page = other.tab(expected="503")
    folder = tmp_path / "sent"
    folder.mkdir()
    load(page, folder, ROWS)
    loads, check = page.get_by_role("button", name="Load them"), page.get_by_role("button", name="Check what")
    expect(loads).to_be_disabled()
    check.click()
    expect(loads).to_be_enabled()
    page.get_by_label("shops.csv").check()
    expect(loads).to_be_disabled()
    page.get_by_label("shops.csv").uncheck()
    check.click()
    expect(loads).to_be_enabled()
    page.route("**/v1/loads", lambda route: route.fulfill(status=503, json={"code": "x", "detail": "Not now."}))
    check.click()
    expect(page.get_by_role("alert")).to_contain_text("Not now.")
    expect(loads).to_be_disabled()


def test_a_reviewer_is_not_offered_what_an_approver_may(shops: Site, tmp_path: Path) -> None:
    page = shops.tab()
    folder = tmp_path / "sent"
    folder.mkdir()
    load(page, folder, ROWS)
    made = page.request.post(f"{shops.url}/v1/decisions", data={"question": QUESTION}).json()
    me = page.request.get(f"{shops.url}/v1/me").json()
    me["may"].remove("approve")
    page.route("**/v1/me", lambda route: route.fulfill(json=me))
    page.goto(f"/reviews/{made['decision_id']}?evidence=E1")
    moves = page.get_by_label("What do you say?").locator("option")
    expect(moves).to_have_text(["Approve", "Ask for changes", "Reject", "Assign to somebody"])
    expect(page.locator(".picture-scroll")).to_have_attribute("data-lit", re.compile("shop"))


def test_feedback_is_kept_with_the_decision(shops: Site, tmp_path: Path) -> None:
    page = shops.tab()
    folder = tmp_path / "sent"
    folder.mkdir()
    load(page, folder, ROWS)
    page.goto("/")
    page.get_by_role("combobox", name="Question").fill("How many shops are in the town of Tarn?")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_text("Was this right?").click()
    page.get_by_label("What would have been right").fill("three")
    page.get_by_label("Your name").fill("cy")
    page.get_by_role("button", name="Wrong").click()
    expect(page.locator(".record li")).to_contain_text(["wrong cy"])
