"""What people do on a decision: choose a reading, find out what it hangs on, save it, print it, all by keyboard."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect
from rdflib import Graph

from tests.api.supply import GAP
from tests.browser.conftest import Asked, Site
from tests.browser.test_views_are_sound import findings

TWO_WAYS = "Which audits took place at Mill Lane?"
TABS = 80
"""Of the keyboard, until what is looked for has the focus."""

COUNTED = """window.kept = { made: 0, revoked: 0 };
const [make, revoke] = [URL.createObjectURL, URL.revokeObjectURL];
URL.createObjectURL = (what) => (kept.made++, make(what));
URL.revokeObjectURL = (what) => (kept.revoked++, revoke(what));"""
"""Counts the addresses that are made for downloads, and those that are given up."""
BRIGHT = """one => {
  const all = one.getContext("2d").getImageData(0, 0, one.width, one.height).data;
  let [sum, count] = [0, 0];
  for (let at = 0; at < all.length; at += 4) if (all[at + 3] === 255) { sum += all[at + 1]; count += 1; }
  return sum / count;
}"""
"""How bright what is drawn on a canvas is, on average."""

pytestmark = pytest.mark.browser


def tab_to(page: Page, selector: str) -> None:
    for _ in range(TABS):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached with the keyboard")


def test_a_reading_is_chosen_and_its_steps_are_shown_until_it_is_answered(site: Site, asked: Asked, axe: str) -> None:
    page = site.tab()
    page.goto(f"/decisions/{asked(TWO_WAYS)['decision_id']}")
    choices = page.locator(".choices > li")
    expect(choices.nth(1)).to_be_visible()
    words = choices.nth(1).locator(".reading").inner_text()
    held: list[Route] = []
    page.route("**/v1/decisions", lambda route: held.append(route))  # noqa: PLW0108 Playwright refuses a built-in
    with page.expect_request("**/v1/decisions"):
        choices.nth(1).get_by_role("button", name="I mean this").click()
    expect(choices.nth(1).locator(".live")).to_contain_text("Recognised")
    assert findings(page, axe, "{}") == []
    held[0].continue_()
    expect(page.locator(".answer .badge").first).to_have_text("Answered")
    expect(page.locator(".reading-part .reading")).to_have_text(words)


def test_a_node_of_the_picture_opens_its_evidence(site: Site, asked: Asked) -> None:
    page = site.tab()
    page.goto(f"/decisions/{asked(GAP)['decision_id']}")
    expect(page.locator(".picture-scroll")).to_have_attribute("data-drawn", "5")
    box = page.locator(".canvas").bounding_box()
    assert box is not None
    steps = [(x, y) for y in range(20, int(box["height"]), 25) for x in range(40, int(box["width"]), 60)]
    for x, y in steps:
        page.mouse.click(box["x"] + x, box["y"] + y)
        if "evidence=" in page.url:
            break
    evidence = page.get_by_role("complementary", name="Evidence")
    expect(evidence.locator(".source .file").first).to_be_visible()
    expect(page.locator(".picture-scroll")).to_have_attribute("data-lit", re.compile("SUP-"))


def test_the_same_question_at_other_times_and_a_legal_hold_stand_with_the_record(site: Site, asked: Asked) -> None:
    question = "Which suppliers deliver rapeseed oil to nobody in particular?"
    first, second = asked(question)["decision_id"], asked(question)["decision_id"]
    page = site.tab()
    held = {"held": True, "reason": "a claim came in", "actor": "bo"}
    assert page.request.put(f"/v1/decisions/{second}/hold", data=held).status == 200
    page.goto(f"/decisions/{second}")
    page.get_by_text("The same question at other times").click()
    record = page.locator(".record")
    expect(record.get_by_role("region", name="Legal holds")).to_contain_text("a claim came in")
    record.get_by_role("link", name="compare").first.click()
    assert page.url == f"{site.url}/decisions/{second}/compare/{first}"


def test_what_an_answer_hangs_on_is_said_and_drawn(site: Site, asked: Asked, axe: str) -> None:
    page = site.tab()
    page.goto(f"/decisions/{asked('Which suppliers deliver rapeseed oil?')['decision_id']}")
    page.get_by_role("button", name="Find out").click()
    hangs = page.locator(".hangs")
    expect(hangs.locator("tbody .badge.answered").first).to_have_text("needed")
    expect(hangs).to_contain_text("facts are enough for this answer")
    expect(hangs).to_contain_text("What would flip it")
    expect(page.locator("#said")).to_contain_text("are enough")
    assert findings(page, axe, "{}") == []


def test_each_form_in_which_a_picture_is_saved_holds_what_is_drawn(site: Site, asked: Asked, tmp_path: Path) -> None:
    made = asked(GAP)
    page = site.tab()
    page.add_init_script(COUNTED)
    page.goto(f"/decisions/{made['decision_id']}")
    expect(page.locator(".picture-scroll")).to_have_attribute("data-drawn", "5")
    saved: dict[str, Path] = {}
    for form in ("SVG", "PNG", "JSON", "Turtle", "GraphML"):
        with page.expect_download() as begun:
            page.get_by_role("button", name=form, exact=True).click()
        assert begun.value.suggested_filename.startswith(made["decision_id"])
        saved[form] = tmp_path / form
        begun.value.save_as(saved[form])
    nodes = made["explanation"]["nodes"]
    svg = ET.parse(saved["SVG"]).getroot()  # noqa: S314 (made here)
    assert svg.tag.endswith("svg")
    assert all(one["name"].split()[0] in "".join(svg.itertext()) for one in nodes)
    assert saved["PNG"].read_bytes().startswith(b"\x89PNG")
    assert saved["PNG"].stat().st_size > 5_000
    assert json.loads(saved["JSON"].read_text("utf-8"))["explanation"]["nodes"] == nodes
    assert len(Graph().parse(saved["Turtle"], format="turtle")) > len(nodes)
    drawn = ET.parse(saved["GraphML"]).getroot()  # noqa: S314 (made here)
    assert len(drawn.findall(".//{*}node")) == len(nodes)
    page.wait_for_timeout(1_200)
    assert page.evaluate("kept") == {"made": 5, "revoked": 5}
    page.get_by_role("button", name="Table", exact=True).click()
    expect(page.get_by_role("button", name="PNG", exact=True)).to_be_hidden()
    expect(page.get_by_role("button", name="SVG", exact=True)).to_be_visible()


def test_from_a_question_to_what_its_row_says_by_keyboard_alone(site: Site) -> None:
    page = site.tab()
    page.goto("/")
    question = page.get_by_role("combobox", name="Question")
    expect(question).to_be_focused()
    page.keyboard.insert_text(GAP)
    page.keyboard.press("Enter")
    expect(page.locator(".answer")).to_contain_text("4 suppliers")
    expect(page.locator("h1")).to_be_focused()
    tab_to(page, ".claim:nth-child(2) .claim-text")
    page.keyboard.press("Enter")
    evidence = page.get_by_role("complementary", name="Evidence")
    expect(evidence).to_be_focused()
    expect(evidence).to_contain_text("line 8, field Supplies")
    tab_to(page, ".detail .evidence summary")
    page.keyboard.press("Enter")
    expect(evidence).to_contain_text("What the same row says")


def test_the_skip_link_leads_to_the_content_and_back_leads_on(site: Site) -> None:
    page = site.tab()
    page.goto("/decisions")
    page.goto("/loads")
    expect(page.locator("tbody tr").first).to_be_visible()
    length: int = page.evaluate("history.length")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    assert (page.evaluate("history.length"), page.url) == (length, f"{site.url}/loads")
    page.go_back()
    expect(page.locator("h1")).to_have_text("Decisions")


def test_it_is_printed_light_and_whole(site: Site, asked: Asked) -> None:
    page = site.tab(dark=True, expected="getImageData")
    page.goto(f"/decisions/{asked(GAP)['decision_id']}?claim=C2")
    picture = page.locator(".picture-scroll")
    expect(picture).to_have_attribute("data-drawn", "5")
    canvas = page.locator(".canvas canvas").last
    dark = float(canvas.evaluate(BRIGHT))
    page.emulate_media(media="print")
    expect(page.locator("html")).to_have_attribute("data-shade", "light")
    expect(page.locator("#top")).to_be_hidden()
    expect(page.locator("h1")).to_be_visible()
    assert page.locator("body").evaluate("one => getComputedStyle(one).color") == "rgb(0, 0, 0)"
    assert page.locator(".evidence .source").first.evaluate("one => getComputedStyle(one).backgroundColor") in (
        "rgb(255, 255, 255)",
        "rgba(0, 0, 0, 0)",
    )
    assert float(canvas.evaluate(BRIGHT)) > dark + 40
    assert page.pdf().startswith(b"%PDF")
    page.emulate_media(media="screen")
    expect(page.locator("html")).to_have_attribute("data-shade", "dark")


def test_a_number_that_is_none_leaves_a_step_as_it_was(site: Site, asked: Asked) -> None:
    page = site.tab()
    page.goto(f"/decisions/{asked(GAP)['decision_id']}")
    page.get_by_text("Change the steps and run them again").click()
    page.get_by_label("quantifier").select_option("at_least")
    number = page.get_by_label("how many").first
    number.fill("2")
    number.blur()
    number.fill("")
    number.blur()
    expect(number).to_have_value("2")
    page.get_by_role("button", name="Run this plan").click()
    expect(page.locator(".reading-part .reading")).to_contain_text(re.compile("at least 2|at least two"))
