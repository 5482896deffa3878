"""Scripts in names, values, questions and prompts are shown as the text they are, on every view."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from kg.bootstrap import Services, open_services
from kg.domain.fact import Literal
from kg.domain.lineage import GraphProfile
from kg.settings import Settings
from tests.browser.conftest import Site, looked_at
from tests.browser.test_views_are_sound import settle
from tests.builders import entity, entries, fact, run, target

SCRIPT = "</script><script>window.fired = 1</script>"
IMAGE = '"><img src=x onerror="window.fired = 2">'
LINK = "javascript:window.fired=3"
FORMULA = "{{constructor.constructor('window.fired=4')()}}"

pytestmark = pytest.mark.browser


@pytest.fixture
def hostile(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Site]:
    """Three people with names that want to be run, in a file of such a name."""
    services: Services = open_services(Settings(store=f"sqlite:{tmp_path_factory.mktemp('hostile') / 'town.db'}"))
    into = target(files=(f"{IMAGE}.csv",))
    facts = [
        *entity("ann", name=SCRIPT, aliases=[IMAGE]),
        *entity("bob", name=IMAGE),
        *entity("eve", name=FORMULA),
        fact("ann", "knows", "bob"),
        fact("ann", "knows", "eve"),
        fact("ann", "note", Literal(LINK)),
        fact("bob", "note", Literal(SCRIPT)),
    ]
    with services.recorded.writer(into, "run-1") as writer:
        writer.put(entries(into, facts))
        profile = GraphProfile("", {"Person": 3}, {"knows": 2, "note": 2})
        writer.commit(run(into, message=IMAGE, left_over=(SCRIPT,)), profile, ())
    with looked_at(services, chromium) as made:
        yield made
    services.store.close()


def test_nothing_that_was_loaded_or_asked_is_run(hostile: Site) -> None:
    page = hostile.tab(expected="404")
    known = {
        "op": "follow",
        "source": {"op": "entities", "ids": ["person:ann"]},
        "predicate": "knows",
        "direction": "out",
    }
    ask = f"{hostile.url}/v1/decisions"
    made = page.request.post(ask, data={"question": SCRIPT, "plan": known}).json()["decision_id"]
    noted = {"op": "value", "source": {"op": "entities", "ids": ["person:ann"]}, "predicate": "note"}
    value = page.request.post(ask, data={"question": IMAGE, "plan": noted}).json()["decision_id"]
    version = {"user": f"{{{{ question }}}} {SCRIPT}", "schema": {"type": "object"}, "message": IMAGE, "actor": SCRIPT}
    assert page.request.post(f"{hostile.url}/v1/prompts/answer/versions", data=version).status in (201, 422)
    addresses = [
        "/",
        "/decisions",
        f"/decisions/{made}?claim=C1",
        f"/decisions/{made}?view=table",
        f"/decisions/{value}?claim=C1",
        f"/decisions/{made}/compare/{value}",
        "/explore?q=script",
        "/explore?entity=person:ann",
        "/explore/paths?from=person:bob&to=person:eve",
        "/explore/schema",
        "/lineage?ref=people@1&toward=up",
        "/loads",
        "/loads/sources",
        "/loads/run-1",
        "/prompts/answer",
        f"/?q={SCRIPT}",
        f"/explore?entity={IMAGE}",
        f"/lineage?ref={LINK}",
    ]
    for address in addresses:
        page.goto(address)
        settle(page)
        for fold in page.locator("main details > summary").all():
            fold.click()
        settle(page)
        assert page.evaluate("window.fired") is None, address
        assert page.locator("main script, main img, a[href^='javascript']").count() == 0, address


def test_an_attack_is_shown_as_text(hostile: Site) -> None:
    page = hostile.tab()
    page.goto("/explore?entity=person:ann")
    expect(page.locator(".card h2")).to_have_text(SCRIPT)
