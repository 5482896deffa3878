"""Reviews are assigned, overridden and excepted on the page; what differs between two prompts is shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from kg.bootstrap import open_services
from kg.settings import Settings
from tests.api.test_uploads import body
from tests.browser.conftest import Site, looked_at
from tests.browser.test_review_on_the_page import QUESTION, RULES
from tests.browser.test_views_are_sound import findings

pytestmark = pytest.mark.browser


@contextmanager
def withholding(folder: Path, chromium: Browser) -> Iterator[Site]:
    """Shops, and a rule that answers about them are withheld for."""
    services = open_services(Settings(store=f"sqlite:{folder / 'shops.db'}"))
    with looked_at(services, chromium) as made:
        page = made.tab()
        said = {"content": RULES, "message": "shops", "actor": "root"}
        for path, sent in (("loads", body()), ("review-rules", said)):
            assert page.request.post(f"{made.url}/v1/{path}", data=sent).status == 201
        yield made
    services.store.close()


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Site]:
    with withholding(tmp_path_factory.mktemp("judged"), chromium) as made:
        yield made


def review(site: Site) -> Page:
    """A page on the review of a new decision."""
    page = site.tab()
    made = page.request.post(f"{site.url}/v1/decisions", data={"question": QUESTION}).json()
    page.goto(f"/reviews/{made['decision_id']}")
    page.get_by_label("Your name").fill("bo")
    return page


def say(page: Page, move: str, **fields: str) -> None:
    page.get_by_label("What do you say?").select_option(move)
    for label, value in fields.items():
        page.get_by_label(label.replace("_", " "), exact=True).fill(value)
    page.get_by_role("button", name="Send").click()


def test_a_review_is_assigned_and_found_by_whom(judged: Site) -> None:
    page = review(judged)
    say(page, "assign", To="cy")
    expect(page.locator(".pairs").first).to_contain_text("cy")
    page.goto("/reviews?assignee=cy")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_another_answer_is_given_with_a_reason(judged: Site, axe: str) -> None:
    page = review(judged)
    page.get_by_label("What do you say?").select_option("override")
    page.get_by_label("The answer to use instead").fill("Only the Corner Shop.")
    page.get_by_role("button", name="Send").click()
    assert page.get_by_label("Reason").evaluate("one => one.validity.valueMissing")
    say(page, "override", Reason="the mill closed")
    expect(page.locator(".badge.review-overridden").first).to_be_visible()
    expect(page.locator(".pairs").first).to_contain_text("Only the Corner Shop.")
    expect(page.locator("main")).to_contain_text("the mill closed")
    assert findings(page, axe, "{}") == []
    page.get_by_role("link", name="Open the decision").click()
    expect(page.locator(".answer")).to_contain_text("Review: overridden")


def test_an_answer_may_be_used_for_a_time(judged: Site) -> None:
    page = review(judged)
    page.get_by_label("What do you say?").select_option("except")
    say(page, "except", Until="2999-01-01", Reason="until the audit")
    expect(page.locator(".badge.review-excepted").first).to_have_text("excepted for a time")
    expect(page.locator(".pairs").first).to_contain_text("Excepted until")


def test_what_differs_between_two_versions_of_a_prompt_is_marked(judged: Site, axe: str) -> None:
    page = judged.tab()
    first: dict[str, Any] = page.request.get(f"{judged.url}/v1/prompts/answer/versions/0").json()
    said = {key: first[key] for key in ("system", "user", "schema", "parameters")} | {
        "message": "shorter",
        "actor": "bo",
    }
    said["system"] += "\nBe brief."
    saved = page.request.post(f"{judged.url}/v1/prompts/answer/versions", data=said)
    assert saved.status == 201, saved.text()
    page.goto("/prompts/answer?before=0&after=1")
    expect(page.locator(".diff ins", has_text="Be brief.")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text(["shorter"])
    assert findings(page, axe, "{}") == []
    page.get_by_label("Before").select_option("1")
    expect(page.locator("pre.diff").first).to_contain_text("Be brief.")
    assert "before=1" in page.url
