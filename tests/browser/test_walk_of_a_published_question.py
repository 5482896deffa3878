"""The whole walk over published data: ask V04, read a claim, light its path, open the row, run a changed plan, have it
approved by another person, load a changed file, and see the approval lapse.

On SQLite, and with WHENCE_PROOFS=1 on Neo4j too. The question, its answer and the file that is changed are found in the
data: nothing here knows what they are about.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from kg.bootstrap import open_services
from kg.settings import Settings
from loaders.jobs import load_files
from tests.browser.conftest import Site, looked_at
from tests.e2e.domains import Domain, domain
from tests.neo4j_server import empty, neo4j_auth

ON = ["sqlite", *([pytest.param("neo4j", marks=pytest.mark.neo4j)] if os.environ.get("WHENCE_PROOFS") == "1" else [])]
QUESTION = "V04"
OLDER = re.compile(r"-(12|14|18)\.1\.yml$")
"""Versions that lie beside the current ones, which the question does not read."""
CHANGED = "nist-baselines.yml"
"""Whose files are small enough to be sent from the page."""
RULES = {"rules": [{"name": "somebody looks at each", "when": {}, "stages": [{"role": "reviewer"}]}]}

pytestmark = [pytest.mark.browser, pytest.mark.data]


@dataclass(frozen=True)
class Walk:
    site: Site
    gold: dict[str, Any]
    sent: Path
    """A folder with one dataset file and its data beside it."""


def beside(example: Domain, folder: Path) -> Path:
    """The dataset file that is changed later, with its data beside it, as files that are sent from the page lie."""
    assert example.data is not None
    spec = yaml.safe_load(next(one for one in example.files if one.name == CHANGED).read_text("utf-8"))
    for name in spec["files"]:
        (folder / Path(name).name).write_bytes((example.data / name).read_bytes())
    spec = {key: value for key, value in spec.items() if key != "expect"} | {
        "files": [Path(name).name for name in spec["files"]]
    }
    made = folder / CHANGED
    made.write_text(yaml.safe_dump(spec, sort_keys=False), "utf-8")
    return made


@pytest.fixture(params=ON)
def walk(request: pytest.FixtureRequest, chromium: Browser, data: Path, tmp_path: Path) -> Iterator[Walk]:
    settings = Settings(store=f"sqlite:{tmp_path / 'graph.db'}")
    if request.param == "neo4j":
        user, password = neo4j_auth() or ("", "")
        empty(request.getfixturevalue("neo4j_driver"), "neo4j")
        settings = Settings(store=request.getfixturevalue("neo4j_url"), neo4j_user=user, neo4j_password=password)
    services = open_services(settings)
    example = domain("cyber", data, tmp_path)
    sent = tmp_path / "sent"
    sent.mkdir()
    files = [one for one in example.files if one.name != CHANGED and not OLDER.search(one.name)]
    for some, folder in ((files, example.data), ([beside(example, sent)], None)):
        assert {run.state for run in load_files(some, folder, services, lambda *_: None)} == {"complete"}
    gold = next(one for one in example.questions if one["id"] == QUESTION)
    with looked_at(services, chromium) as site:
        saved = site.tab().request.post(
            f"{site.url}/v1/review-rules", data={"content": RULES, "message": "all of them", "actor": "root"}
        )
        assert saved.status == 201, saved.text()
        yield Walk(site, gold, sent)
    services.store.close()


def told_of(page: Page) -> set[str]:
    """Ids of what is listed in the answer."""
    links = page.locator(".answer tbody a.entity")
    return {
        one.partition("entity=")[2] for one in links.evaluate_all("all => all.map(one => decodeURIComponent(one.href))")
    }


def test_from_a_question_over_its_row_to_a_lapsed_approval(walk: Walk) -> None:
    gold, page = walk.gold, walk.site.tab()
    page.goto("/")
    question = page.get_by_role("combobox", name="Question")
    question.fill(gold["question"])
    question.press("Escape")
    question.press("Enter")
    answer = page.locator(".answer")
    expect(answer).to_contain_text(f"{gold['answer']['value']} ")
    expect(answer.locator("tbody tr")).to_have_count(len(gold["answer"]["ids"]))
    first = told_of(page)
    assert {one.partition(":")[2] for one in first} == set(gold["answer"]["ids"])
    decision = page.url

    claim = page.locator(".claim").nth(1)
    claim.locator(".claim-text").click()
    assert "claim=" in page.url
    expect(page.locator(".picture-scroll")).to_have_attribute("data-lit", re.compile(r"\S"))
    detail = page.get_by_role("complementary", name="Evidence")
    expect(detail.locator(".source .file").first).to_be_visible()
    expect(detail.locator(".source .locator").first).to_be_visible()
    detail.get_by_text(re.compile("as (it stands|they stand) now")).first.click()
    expect(detail.locator(".fact").first).to_contain_text("read ")

    page.get_by_text("Change the steps and run them again").click()
    page.get_by_label("quantifier").first.select_option("some")
    page.get_by_role("button", name="Run this plan").click()
    page.wait_for_url(lambda url: not url.startswith(decision))
    expect(answer.locator("tbody tr")).not_to_have_count(len(first))
    assert told_of(page).isdisjoint(first)

    page.goto(decision)
    page.get_by_role("link", name="Review: open").click()
    page.get_by_label("Your name").fill("bo")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".badge.review-approved").first).to_be_visible()
    review = page.url

    fewer(walk.sent)
    page.goto("/loads")
    page.get_by_text("Load files from here").click()
    page.get_by_label("Dataset files, ontology files and their data").set_input_files(sorted(walk.sent.iterdir()))
    page.get_by_role("button", name="Check what a load would do").click()
    page.get_by_role("button", name="Load them").click()
    expect(page.locator(".card .badge.complete")).to_be_visible()
    page.goto(review)
    expect(page.locator(".badge.review-lapsed").first).to_be_visible()
    page.goto(decision)
    expect(answer).to_contain_text("Review: approval lapsed")
    page.get_by_role("button", name=re.compile("^On today")).click()
    expect(page.locator(".holds")).to_contain_text("It differs")


def fewer(folder: Path) -> None:
    """Each profile selects only every other of what it selected."""
    for path in folder.glob("*.json"):
        profile = json.loads(path.read_text("utf-8"))
        for imported in profile["profile"]["imports"]:
            for included in imported["include-controls"]:
                included["with-ids"] = included["with-ids"][::2]
        path.write_text(json.dumps(profile), "utf-8")
