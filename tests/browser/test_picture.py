"""The picture of an explanation: what is drawn is what is stored, and forty nodes are legible without touching it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from kg.bootstrap import Services, open_services
from kg.domain.fact import Fact
from kg.domain.lineage import GraphProfile
from kg.settings import Settings
from tests.api.supply import GAP
from tests.browser.conftest import Asked, Site, looked_at
from tests.builders import entity, entries, fact, run, target

NEIGHBOURS = 39

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Ann, who knows 39 others."""
    services = open_services(Settings(store=f"sqlite:{tmp_path_factory.mktemp('town') / 'town.db'}"))
    facts: list[Fact] = [*entity("ann", name="Ann")]
    for number in range(NEIGHBOURS):
        facts += [*entity(f"p{number}", name=f"Neighbour number {number}"), fact("ann", "knows", f"p{number}")]
    into = target()
    with services.recorded.writer(into, "run-1") as writer:
        writer.put(entries(into, facts))
        writer.commit(run(into), GraphProfile("", {"Person": NEIGHBOURS + 1}, {"knows": NEIGHBOURS}), ())
    yield services
    services.store.close()


@pytest.fixture
def town_site(town: Services, chromium: Browser) -> Iterator[Site]:
    with looked_at(town, chromium) as made:
        yield made


def drawn(page: Page) -> tuple[int, int]:
    scroll = page.locator(".picture-scroll")
    expect(scroll).to_have_attribute("data-drawn", "40")
    return int(scroll.get_attribute("data-drawn") or 0), int(scroll.get_attribute("data-lines") or 0)


KNOWN: dict[str, Any] = {
    "op": "follow", "source": {"op": "entities", "ids": ["person:ann"]}, "predicate": "knows", "direction": "out",
}  # fmt: skip


def test_forty_nodes_are_drawn_large_enough_to_read(town_site: Site) -> None:
    page = town_site.tab(width=1280)
    made = page.request.post(f"{town_site.url}/v1/decisions", data={"question": "Whom does Ann know?", "plan": KNOWN})
    page.goto(f"/decisions/{made.json()['decision_id']}")
    assert drawn(page) == (40, 39)
    size = page.locator(".canvas").evaluate("one => [one.clientWidth, one.clientHeight]")
    assert size[0] <= 1280
    assert size[1] <= 1000
    zoom = float(page.locator(".picture-scroll").get_attribute("data-zoom") or 0)
    assert 12.5 * zoom >= 10


@pytest.mark.parametrize(
    "question", [GAP, "What is the risk rating of Nutfield Pastes?", "Which audits took place at Mill Lane?"]
)
def test_what_is_drawn_is_what_is_stored(site: Site, asked: Asked, question: str) -> None:
    document = asked(question)
    explanation = document["explanation"]
    page = site.tab()
    page.goto(f"/decisions/{document['decision_id']}")
    expect(page.locator(".picture-scroll")).to_have_attribute("data-drawn", str(len(explanation["nodes"])))
    shown = page.locator(".picture-scroll").get_attribute("data-ids") or ""
    stored = [one["id"] for one in (*explanation["nodes"], *explanation["relationships"])]
    assert sorted(shown.split()) == sorted(stored)
    page.get_by_role("button", name="Table", exact=True).click()
    expect(page.locator(".why tbody tr")).to_have_count(len(explanation["relationships"]))


def test_a_claim_lights_its_facts_and_dims_the_rest(site: Site, asked: Asked) -> None:
    document = asked(GAP)
    page = site.tab()
    page.goto(f"/decisions/{document['decision_id']}?claim=C2")
    expect(page.locator(".picture-scroll")).to_have_attribute("data-drawn", "5")
    lit = set((page.locator(".picture-scroll").get_attribute("data-lit") or "").split())
    cited = next(one for one in document["evidence"] if one["id"] == "E1")["facts"]
    assert lit == {*cited, "supplier:SUP-7", "ingredient:ING-1"}
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".picture-scroll")).to_have_attribute("data-lit", "")
