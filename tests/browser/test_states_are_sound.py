"""Each state of a view is sound, in light and dark: empty, waiting, refused, not answered, withheld, under a hold.

Of the views that are empty, waiting or refused, all with WHENCE_PROOFS=1.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import Asked, Site
from tests.browser.test_judging_on_the_page import withholding
from tests.browser.test_review_on_the_page import QUESTION
from tests.browser.test_views_are_sound import findings, settle

ALL = os.environ.get("WHENCE_PROOFS") == "1"
EMPTY = (
    "/",
    "/decisions",
    "/explore",
    "/explore/schema",
    "/lineage",
    "/loads",
    "/loads/sources",
    "/reviews",
    "/tables",
)
OUTCOMES = {
    "ambiguous": "Which audits took place at Mill Lane?",
    "abstained": "What is the price of sunflower oil?",
    "false_premise": "Why does Nutfield Pastes hold an organic certificate?",
}
LISTS = {
    "/decisions": "**/v1/decisions?*",
    "/loads": "**/v1/runs?*",
    "/reviews": "**/v1/reviews?*",
    "/audit": "**/v1/audit?*",
    "/explore?entity=supplier:SUP-7": "**/v1/entities/*",
    "/lineage?ref=supplier-register&toward=up": "**/v1/lineage/*",
    "/prompts/answer": "**/v1/prompts/answer",
}

pytestmark = pytest.mark.browser


def problems(page: Page, axe: str) -> list[str]:
    found = findings(page, axe, "{}")
    page.emulate_media(color_scheme="dark")
    found += findings(page, axe, "{runOnly: ['color-contrast']}")
    page.emulate_media(color_scheme="light")
    return found


def test_an_empty_graph_says_what_to_do(other: Site, axe: str) -> None:
    page = other.tab()
    for address in EMPTY if ALL else EMPTY[::4]:
        page.goto(address)
        settle(page)
        expect(page.locator("main .notice").first).to_be_visible()
        assert problems(page, axe) == [], address


def test_waiting_and_a_refusal_are_sound(site: Site, axe: str) -> None:
    page = site.tab(expected="503")
    for address, route in LISTS.items() if ALL else list(LISTS.items())[::3]:
        held: list[Route] = []

        def hold(one: Route, kept: list[Route] = held) -> None:
            kept.append(one)

        page.route(route, lambda one: hold(one))  # noqa: PLW0108 Playwright gives a second value to what takes two
        with page.expect_request(route):
            page.goto(address)
        expect(page.locator(".loading").first).to_be_visible()
        assert problems(page, axe) == [], address
        for one in held:
            one.fulfill(status=503, json={"code": "store_unavailable", "detail": "Not now.", "retryable": True})
        expect(page.get_by_role("alert").first).to_contain_text("The store does not answer")
        assert problems(page, axe) == [], address
        page.unroute(route)
        page.get_by_role("button", name="Try again").first.click()
        expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_what_is_not_answered_is_sound(site: Site, asked: Asked, axe: str, outcome: str) -> None:
    made = asked(OUTCOMES[outcome])
    assert made["outcome"] == outcome
    page = site.tab()
    page.goto(f"/decisions/{made['decision_id']}")
    settle(page)
    assert problems(page, axe) == []


@pytest.fixture
def withheld(tmp_path: Path, chromium: Browser) -> Iterator[Site]:
    with withholding(tmp_path, chromium) as made:
        yield made


def test_an_answer_that_is_withheld_and_held_is_sound(withheld: Site, axe: str) -> None:
    page = withheld.tab()
    made = page.request.post("/v1/decisions", data={"question": QUESTION}).json()
    address = f"/v1/decisions/{made['decision_id']}/hold"
    held = page.request.put(address, data={"held": True, "reason": "a claim", "actor": "root"})
    assert held.status == 200, held.text()
    for path in ("decisions", "reviews"):
        page.goto(f"/{path}/{made['decision_id']}")
        settle(page)
        assert problems(page, axe) == [], path
    page.goto("/audit")
    settle(page)
    expect(page.locator("tbody tr").first).to_contain_text("a claim")
    assert problems(page, axe) == []
