"""First paint of a stored decision against a static page of the same size, and the picture of forty nodes.

    python benchmarks/page.py [--rounds 15]

The static page has the same text and the same bytes: the document that the decision comes to once it is shown, with
its style, padded with a comment to all that the browser gets for the view, in one file. Both are served by the same
server to the same browser, in turn; told is the median of the first contentful paint, and of the picture drawn, from
the start of the navigation. The decision is asked before; cache and connection are new each time.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from api.app import create_app
from api.page import BUILT
from kg.bootstrap import Services, open_services
from kg.domain.lineage import GraphProfile
from kg.settings import Settings
from tests.api.supply import served
from tests.browser.conftest import CHROMIUM, QUIET
from tests.builders import entity, entries, fact, run, target

NEIGHBOURS = 39
PAINTED = """() => new Promise(done => {
  const told = () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime;
  const look = () => told() === undefined ? setTimeout(look, 5) : done(told());
  look();
})"""
SHOWN = "() => performance.getEntriesByName('answer')[0]?.startTime"
DRAWN = "() => performance.getEntriesByName('picture')[0]?.startTime"
BYTES = """() => performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
  .reduce((sum, one) => sum + one.decodedBodySize, 0)"""


def town(folder: Path) -> Services:
    """Ann, who knows 39 others."""
    services = open_services(Settings(store=f"sqlite:{folder / 'town.db'}"))
    facts = [*entity("ann", name="Ann")]
    for number in range(NEIGHBOURS):
        facts += [*entity(f"p{number}", name=f"Neighbour number {number}"), fact("ann", "knows", f"p{number}")]
    into = target()
    with services.recorded.writer(into, "run-1") as writer:
        writer.put(entries(into, facts))
        writer.commit(run(into), GraphProfile("", {"Person": NEIGHBOURS + 1}, {"knows": NEIGHBOURS}), ())
    return services


def visit(browser: Browser, url: str, *, drawn: bool) -> dict[str, float]:
    """Milliseconds from the start of a navigation, in a tab of a new visitor."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(url)
    times = {"paint": float(page.evaluate(PAINTED))}
    if drawn:
        page.locator(".picture-scroll[data-drawn='40']").wait_for(state="attached")
        times |= {"answer": float(page.evaluate(SHOWN)), "picture": float(page.evaluate(DRAWN))}
    context.close()
    return times


def static_page(browser: Browser, url: str) -> str:
    """The shown decision as one file of as many bytes as the view takes."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(url)
    page.locator(".picture-scroll[data-drawn='40']").wait_for(state="attached")
    size = int(page.evaluate(BYTES))
    body = str(page.evaluate("() => document.body.innerHTML"))
    style = "".join(path.read_text("utf-8") for path in (BUILT / "assets").glob("*.css"))
    text = f"<!doctype html><html lang=en><meta charset=utf-8><title>Static</title><style>{style}</style>{body}"
    page.close()
    return f"{text}<!--{'x' * max(0, size - len(text.encode()))}-->"


def measured(rounds: int) -> dict[str, Any]:
    known = {
        "op": "follow",
        "source": {"op": "entities", "ids": ["person:ann"]},
        "predicate": "knows",
        "direction": "out",
    }
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as driver:
        services = town(Path(scratch))
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        plain = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        with served(create_app(services)) as url, served(plain) as other:
            asking = browser.new_page()
            made = asking.request.post(f"{url}/v1/decisions", data={"question": "Whom does Ann know?", "plan": known})
            address = f"{url}/decisions/{made.json()['decision_id']}"
            asking.close()
            text = static_page(browser, address)
            plain.add_api_route("/static", lambda: HTMLResponse(text))
            here, there = [], []
            for _ in range(rounds):
                there.append(visit(browser, f"{other}/static", drawn=False))
                here.append(visit(browser, address, drawn=True))
        browser.close()
        services.store.close()
    middle = {name: round(statistics.median(one[name] for one in here)) for name in here[0]}
    still = round(statistics.median(one["paint"] for one in there))
    packed = sum(path.stat().st_size for path in BUILT.rglob("*.gz"))
    return {
        "rounds": rounds,
        "static_page_bytes": len(text.encode()),
        "static_first_paint_ms": still,
        "decision_ms": middle,
        "ratio": {name: round(one / still, 2) for name, one in middle.items()},
        "page_packed_bytes": packed,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    print(json.dumps(measured(parser.parse_args().rounds), indent=2))


if __name__ == "__main__":
    main()
