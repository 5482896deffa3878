"""Scripts in names, values, questions and prompts are shown as the text they are, on every view."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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
    """Four people with names that want to be run, in a file of such a name; the id of one is a script's address."""
    services: Services = open_services(Settings(store=f"sqlite:{tmp_path_factory.mktemp('hostile') / 'town.db'}"))
    into = target(files=(f"{IMAGE}.csv",))
    facts = [
        *entity("ann", name=SCRIPT, aliases=[IMAGE]),
        *entity("bob", name=IMAGE),
        *entity("eve", name=FORMULA),
        *entity(LINK, name=LINK),
        fact("ann", "knows", LINK),
        fact("ann", "knows", "bob"),
        fact("ann", "knows", "eve"),
        fact("ann", "note", Literal(LINK)),
        fact("bob", "note", Literal(SCRIPT)),
    ]
    with services.recorded.writer(into, "run-1") as writer:
        writer.put(entries(into, facts))
        profile = GraphProfile("", {"Person": 4}, {"knows": 3, "note": 2})
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
    table: dict[str, Any] = {
        "table": "checked",
        "of": "Person",
        "nouns": [IMAGE],
        "inputs": {
            "known": {"plan": {"op": "follow", "source": {"op": "each"}, "predicate": "knows", "direction": "out"}}
        },
        "outcome": {"name": "told"},
        "rows": [{"when": {"known": True}, "then": SCRIPT}, {"when": {"known": False}, "then": LINK}],
    }
    rules = {"rules": [{"name": IMAGE, "when": {}, "stages": [{"role": "reviewer"}]}]}
    said = {"message": IMAGE, "actor": SCRIPT}
    assert page.request.post(f"{hostile.url}/v1/tables", data={"content": table, **said}).status == 201
    moved = {"number": 1, "reason": IMAGE, "actor": SCRIPT}
    label = page.request.put(
        f"{hostile.url}/v1/tables/checked/labels/production", data=moved, headers={"If-None-Match": "*"}
    )
    assert label.status == 200, label.text()
    assert page.request.post(f"{hostile.url}/v1/review-rules", data={"content": rules, **said}).status == 201
    reviewed = page.request.post(ask, data={"question": SCRIPT, "plan": known}).json()["decision_id"]
    judged = {"move": "assign", "to": IMAGE, "actor": SCRIPT, "roles": ["reviewer"], "reason": LINK}
    assert page.request.post(f"{hostile.url}/v1/reviews/{reviewed}", data=judged).status == 200
    wrong = {"verdict": "wrong", "reason": IMAGE, "answer": SCRIPT, "actor": LINK}
    assert page.request.post(f"{hostile.url}/v1/decisions/{made}/feedback", data=wrong).status == 201
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
        "/lineage?ref=people@1&toward=down&depth=6",
        f"/explore?entity={LINK}&history=1",
        f"/loads/run-1?change={SCRIPT}",
        "/reviews",
        f"/reviews/{reviewed}",
        f"/reviews?assignee={IMAGE}",
        "/tables",
        "/tables/checked?before=1&after=1&row=1",
        "/audit",
    ]
    for address in addresses:
        page.goto(address)
        settle(page)
        page.locator("main details").evaluate_all("all => all.forEach(one => (one.open = true))")
        settle(page)
        assert page.evaluate("window.fired") is None, address
        assert page.locator("main script, main img").count() == 0, address
        schemes = page.locator("a").evaluate_all("all => all.map(one => one.protocol)")
        assert set(schemes) == {"http:"}, address


def test_an_attack_is_shown_as_text(hostile: Site) -> None:
    page = hostile.tab()
    page.goto("/explore?entity=person:ann")
    expect(page.locator(".card h2")).to_have_text(SCRIPT)
