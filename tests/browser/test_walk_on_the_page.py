"""A newcomer asks, reads a claim, lights its path, opens the row, and runs a changed plan, on both stores."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.api.supply import GAP
from tests.browser.conftest import Site

pytestmark = pytest.mark.browser


def test_from_a_question_to_the_row_and_a_changed_plan(either_site: Site) -> None:
    page = either_site.tab()
    page.goto("/")
    question = page.get_by_role("combobox", name="Question")
    question.fill(GAP)
    question.press("Enter")

    answer = page.locator(".answer")
    expect(answer).to_contain_text("4 suppliers")
    expect(answer).to_contain_text("Answered")
    expect(page.locator(".confidence")).to_contain_text("of 100", ignore_case=True)
    expect(page.locator(".picture-scroll")).to_have_attribute("data-drawn", "5")

    page.get_by_role("button", name=re.compile("^Dniprovia Agro .* supplies")).click()
    detail = page.get_by_role("complementary", name="Evidence")
    expect(detail).to_contain_text("data/suppliers-2026-03.csv")
    expect(detail).to_contain_text("line 8, field Supplies")
    assert "claim=C2" in page.url
    detail.get_by_text("This fact as it stands now").click()
    expect(detail).to_contain_text("What the same row says")
    expect(detail).to_contain_text("Dniprovia Agro (SUP-7) is based in Ukraine")

    page.get_by_text("Change the steps and run them again").click()
    page.get_by_label("quantifier").select_option("some")
    page.get_by_role("button", name="Run this plan").click()
    expect(page.locator(".answer")).to_contain_text("3 suppliers")
    changed = page.url
    page.go_back()
    expect(page.locator(".answer")).to_contain_text("4 suppliers")
    page.go_forward()
    page.reload()
    assert page.url == changed
    expect(page.locator(".answer")).to_contain_text("3 suppliers")


def test_names_are_completed_with_the_keyboard(site: Site) -> None:
    page = site.tab()
    page.goto("/")
    question = page.get_by_role("combobox", name="Question")
    question.press_sequentially("Which products contain sunfl", delay=10)
    expect(page.get_by_role("option").first).to_contain_text("Sunflower")
    question.press("ArrowDown")
    question.press("Enter")
    expect(question).to_have_value(re.compile("^Which products contain Sunflower"))
    question.press("Escape")
    question.press("Enter")
    expect(page.locator(".answer")).to_contain_text("products")


def test_each_example_is_answered(site: Site) -> None:
    page = site.tab()
    page.goto("/")
    expect(page.locator(".examples button")).to_have_count(4)
    page.locator(".examples button").nth(1).click()
    expect(page.locator(".answer .badge").first).to_have_text("Answered")


def test_the_same_plan_is_compared_at_another_day(site: Site) -> None:
    page = site.tab()
    page.goto("/")
    page.get_by_role("combobox", name="Question").fill(GAP)
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_text("Compare with another point in time").click()
    page.locator(".record").get_by_label("True on").fill("2024-01-01")
    page.get_by_role("button", name="Run and compare").click()
    expect(page.locator(".difference.stayed")).to_contain_text("In both")
    expect(page.get_by_text("Open this decision")).to_have_count(2)


def test_a_reason_is_shown_where_there_is_no_answer(site: Site) -> None:
    page = site.tab()
    page.goto("/")
    page.get_by_role("combobox", name="Question").fill("What is the price of sunflower oil from Kestrel Oils?")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".answer .badge").first).to_have_text("Not answered")
    expect(page.locator(".answer")).to_contain_text("price")
