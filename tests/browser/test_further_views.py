"""A load watched while it works, plans as JSON, impact, decision tables, replay, and a thing with a thousand others."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from kg.bootstrap import Services, open_services
from kg.settings import Settings
from tests.api.supply import GAP, loaded_supply
from tests.api.test_live_runs import ROWS, at_work, get, loading
from tests.api.test_tables_api import ASKED, SAID, TABLE
from tests.browser.conftest import Asked, Site, looked_at
from tests.browser.test_views_are_sound import findings
from tests.builders import entity, fact, load, target
from tests.faults.children import write_dataset

MANY, MOST = 1_000, 80
LONG = 4 * ROWS
"""Records of a load that is stopped on its way: read long enough for that."""

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Ann, who knows a thousand others and owns three firms; the first of the others knows Zoe."""
    services = open_services(Settings(store=f"sqlite:{tmp_path_factory.mktemp('crowd') / 'crowd.db'}"))
    facts = [*entity("ann", name="Ann"), *entity("zoe", name="Zoe Zander"), fact("p0000", "knows", "zoe")]
    for number in range(MANY):
        facts += [*entity(f"p{number:04}", name=f"Neighbour {number:04}"), fact("ann", "knows", f"p{number:04}")]
    for firm in ("firm:f1", "firm:f2", "firm:f3"):
        facts += [*entity(firm, "Firm"), fact("ann", "owns", firm)]
    load(services.recorded, target(), facts)
    yield services
    services.store.close()


def test_a_load_is_watched_on_the_page_until_its_end(other: Site, tmp_path: Path) -> None:
    page = other.tab()
    load(other.services.recorded, target(), entity("ann"))
    dataset = write_dataset(tmp_path / "first", LONG, expect={"rejected": 0.01})
    with (dataset.parent / "register.csv").open("a") as rows:
        rows.write("nobody,Nobody,ITEM-1\n")
    with loading(dataset, tmp_path / "other.db") as child:
        run = at_work(f"{other.url}/v1/runs")
        while not (get(f"{other.url}/v1/runs/{run}")["live"] or {}).get("records"):
            assert child.poll() is None
        # It waits until it is looked at.
        child.send_signal(signal.SIGSTOP)
        page.goto("/loads")
        expect(page.locator("tr", has_text="running")).to_have_count(1)
        page.get_by_role("link", name="load register").click()
        expect(page.get_by_role("progressbar", name="Records read")).to_be_visible()
        expect(page.locator(".card").nth(1)).to_contain_text(re.compile(r"of about [\d,]+ records"))
        child.send_signal(signal.SIGCONT)
        expect(page.locator(".badge.complete")).to_be_visible()
        assert child.wait() == 0
    assert page.url == f"{other.url}/loads/{run}"
    expect(page.locator("main")).to_contain_text(f"{LONG + 1:,} read, 1 rejected")
    expect(page.get_by_role("heading", name="1 rejected record")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_a_run_ends_with_the_decisions_that_it_touched(site: Site, asked: Asked) -> None:
    decision = asked(GAP)["decision_id"]
    run = next(one for one in get(f"{site.url}/v1/runs")["runs"] if one["dataset"] == "supplier-register")
    page = site.tab()
    page.goto(f"/loads/{run['id']}")
    touched = page.locator("section", has_text="Decisions it touched")
    touched.locator(f'a[href="/decisions/{decision}"]').click()
    expect(page.locator("main")).to_contain_text("Dniprovia Agro")


def test_an_answer_that_comes_late_leaves_the_view_that_was_gone_to(site: Site) -> None:
    page = site.tab()
    held: list[Route] = []
    page.route(
        "**/v1/decisions", lambda route: held.append(route) if route.request.method == "POST" else route.continue_()
    )
    page.goto("/")
    page.get_by_role("combobox", name="Question").fill(GAP)
    with page.expect_request("**/v1/decisions"):
        page.get_by_role("button", name="Ask", exact=True).click()
    with page.expect_event("requestfailed"):
        page.get_by_role("link", name="Loads").click()
    assert len(held) == 1
    expect(page.locator("h1")).to_have_text("Loads")
    assert page.url == f"{site.url}/loads"


def test_evidence_takes_the_focus_and_gives_it_back(site: Site, asked: Asked) -> None:
    page = site.tab(expected="503")
    page.goto(f"/decisions/{asked(GAP)['decision_id']}")
    chip = page.locator(".claims .cite").first
    chip.press("Enter")
    evidence = page.get_by_role("complementary", name="Evidence")
    expect(evidence).to_be_focused()
    page.route("**/v1/facts/*", lambda route: route.fulfill(status=503, json={"code": "x", "detail": "Not now."}))
    evidence.get_by_text("as it stands now").first.click()
    expect(evidence.get_by_role("alert")).to_contain_text("Not now.")
    expect(evidence).not_to_contain_text("no longer in the current data")
    evidence.get_by_role("button", name="Close").press("Enter")
    expect(chip).to_be_focused()


def test_a_plan_is_run_again_as_json(site: Site, asked: Asked) -> None:
    made = asked(GAP)
    page = site.tab()
    page.goto(f"/decisions/{made['decision_id']}")
    page.get_by_text("Change the steps and run them again").click()
    form = page.get_by_role("group", name="Form of the plan")
    form.get_by_role("button", name="JSON").click()
    field = page.get_by_label("Plan as JSON")
    assert json.loads(field.input_value()) == made["plan"]
    field.fill("{")
    page.get_by_role("button", name="Run this plan").click()
    expect(page.locator("#said")).to_contain_text("That is not JSON")
    changed = made["plan"] | {"quantifier": "some"}
    field.fill(json.dumps(changed))
    form.get_by_role("button", name="Steps").click()
    expect(page.get_by_label("quantifier")).to_have_value("some")
    page.get_by_role("button", name="Run this plan").click()
    expect(page.locator(".answer")).to_contain_text("3 suppliers")


def test_what_a_source_touches_is_listed_and_what_its_retirement_would_change(site: Site, asked: Asked) -> None:
    made = asked("Which suppliers deliver rapeseed oil?")
    source = next(one["sources"][0] for one in made["evidence"] if one["kind"] == "fact")
    page = site.tab()
    page.goto(f"/lineage?ref={source['dataset']}/{source['source']}&toward=down&depth=1")
    page.get_by_role("button", name="Find them").click()
    line = page.locator("tr", has_text=made["question"]).first
    expect(line).to_contain_text("no")
    page.get_by_role("button", name="What if it were retired?").click()
    expect(line.locator(".badge.warn")).to_have_text("yes")
    line.get_by_role("link").click()
    expect(page.locator(".answer")).to_contain_text("3 suppliers")


def test_a_decision_leads_to_the_row_of_the_table_that_fired(chromium: Browser, tmp_path: Path, axe: str) -> None:
    with loaded_supply(tmp_path) as services, looked_at(services, chromium) as site:
        page = site.tab()
        assert page.request.post(f"{site.url}/v1/tables", data={"content": TABLE, **SAID}).status == 201
        page.goto("/tables/audit_plan")
        page.get_by_text("Move a label").click()
        page.get_by_label("Why").fill("agreed")
        page.get_by_label("Your name").fill("root")
        page.get_by_role("button", name="Move", exact=True).click()
        expect(page.locator(".badge", has_text="production")).to_be_visible()
        page.goto("/")
        page.get_by_role("combobox", name="Question").fill(ASKED)
        page.get_by_role("button", name="Ask", exact=True).click()
        row = page.locator(".answer tbody tr")
        expect(row).to_contain_text("certified yes")
        expect(row).to_contain_text("certified no → on site")
        row.get_by_role("button", name=re.compile("^Evidence .* gives by paper")).click()
        expect(page.get_by_role("complementary", name="Evidence")).to_contain_text("Row of a decision table")
        page.get_by_role("link", name="The table, with this row").click()
        expect(page.locator("tr.marked td")).to_have_text(["1", "yes", "-", "by paper"])
        assert findings(page, axe, "{}") == []
        page.go_back()
        expect(row).to_be_visible()
        assert findings(page, axe, "{}") == []
        row.get_by_role("link", name="audit_plan@1 row 1").click()
        expect(page.locator("tr.marked")).to_have_count(1)
        page.goto("/tables/audit_plan")
        page.get_by_text("Move a label").click()
        page.get_by_label("Points at").select_option("nothing: remove it")
        page.get_by_label("Why").fill("too strict")
        page.get_by_label("Your name").fill("root")
        page.get_by_role("button", name="Move", exact=True).click()
        expect(page.get_by_text("too strict")).to_be_visible()
        expect(page.locator(".badge", has_text="production")).to_have_count(0)


def test_a_decision_is_run_again_as_known_then_and_on_the_graph_of_today(other: Site) -> None:
    page = other.tab()
    people = [*entity("ann", name="Ann"), *entity("bo", name="Bo"), *entity("cy", name="Cy")]
    load(other.services.recorded, target(), [*people, fact("ann", "knows", "bo")])
    plan = {
        "op": "follow",
        "source": {"op": "entities", "ids": ["person:ann"]},
        "predicate": "knows",
        "direction": "out",
    }
    made = page.request.post(f"{other.url}/v1/decisions", data={"question": "Whom does Ann know?", "plan": plan})
    load(other.services.recorded, target(), [*people, fact("ann", "knows", "cy")])
    page.goto(f"/decisions/{made.json()['decision_id']}")
    holds = page.locator(".holds")
    page.get_by_role("button", name="As known then").click()
    expect(holds).to_contain_text("equal to the byte")
    page.get_by_role("button", name=re.compile("^On today")).click()
    expect(holds.locator(".badge").first).to_have_text("It differs")
    expect(holds.locator("li", has_text="came")).to_contain_text(["Ann (ann) knows Cy", "Cy"])
    expect(holds.locator("li", has_text="went")).to_contain_text(["Ann (ann) knows Bo", "Bo"])


def test_a_thousand_neighbours_are_bounded_and_can_be_narrowed_and_gone_on_from(
    crowd: Services, chromium: Browser
) -> None:
    with looked_at(crowd, chromium) as site:
        page = site.tab()
        page.goto("/explore?entity=person:ann")
        picture = page.locator(".picture-scroll")
        expect(picture).to_have_attribute("data-drawn", re.compile(r"^[2-7]\d$"))
        expect(page.locator(".facts-of")).to_contain_text("There are more than are drawn.")
        page.get_by_label("Relation").select_option("knows")
        expect(picture).to_have_attribute("data-drawn", str(MOST))
        expect(page.locator(".facts-of")).to_contain_text(f"A picture has {MOST} things at most.")
        drawn = re.findall(r"person:p(\d{4})", picture.get_attribute("data-ids") or "")
        page.get_by_label("Find in the picture").fill(f"NEIGHBOUR {drawn[7]}")
        expect(picture).to_have_attribute("data-lit", f"person:p{drawn[7]}")
        expect(page.locator(".facts-of [role=status]")).to_have_text(f"1 of {MOST} drawn")
        page.get_by_label("Find in the picture").fill("")
        page.get_by_label("Relation").select_option("owns")
        expect(picture).to_have_attribute("data-drawn", "4")
        page.locator(".quiet", has_text="There are more of").get_by_role("link", name="knows").click()
        expect(page.locator(".kind-of li")).to_have_count(200)
        expect(page.get_by_role("link", name="all that is said of it")).to_be_visible()
        page.get_by_role("combobox", name=re.compile("Name, key")).fill("Neighbour 0000")
        page.locator(".options li").first.click()
        expect(page.locator(".card h2")).to_have_text("Neighbour 0000")
        expect(picture).to_have_attribute("data-ids", re.compile("person:zoe"))


def test_a_relation_that_is_read_late_is_not_drawn_over_the_one_chosen_since(
    crowd: Services, chromium: Browser
) -> None:
    with looked_at(crowd, chromium) as site:
        page = site.tab()
        page.goto("/explore?entity=person:ann")
        picture = page.locator(".picture-scroll")
        expect(picture).to_be_visible()
        held: list[Route] = []
        page.route("**/v1/entities/*predicate=knows*", lambda route: held.append(route))  # noqa: PLW0108 Playwright refuses a built-in
        with page.expect_request("**/v1/entities/*predicate=knows*"):
            page.get_by_label("Relation").select_option("knows")
        page.get_by_label("Relation").select_option("owns")
        expect(picture).to_have_attribute("data-drawn", "4")
        with page.expect_event("requestfinished"):
            held[0].continue_()
        page.wait_for_timeout(300)
        expect(picture).to_have_attribute("data-drawn", "4")
