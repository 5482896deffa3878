"""Reviews for people: the queue, one review, and those that a change of the graph ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console

from api.options import print_json
from api.terminal import show_decision, show_table, shown
from kg.bootstrap import Services

if TYPE_CHECKING:
    from kg.decisions.fillers import Fillers
    from kg.decisions.queue import Queued
    from kg.settings import Settings


def fillers_of(services: Services, settings: Settings) -> Fillers:
    """Who could judge."""
    from kg.decisions.fillers import Fillers
    from kg.ports.clock import instant

    now, tokens = instant(services.clock()), bool(settings.oidc_issuer)
    return Fillers.of(services.keys, now, access=settings.access, tokens=tokens)


def show_queue(found: Queued, fillers: Fillers, *, as_json: bool) -> None:
    """One line a review, and where to go on after."""
    from kg.decisions.reviews import line

    if as_json:
        lines = [
            line(one) | {"question": question, "unfilled": fillers.missing_of(one)} for one, question in found.reviews
        ]
        print_json({"reviews": lines, "next": found.next})
        return
    screen = Console(highlight=False)
    if not found.reviews and found.next is None:
        screen.print("nothing waits for a review")
        return
    rows = [
        (one.decision, one.state, _waits(line(one)), one.assignee or "", (one.due_at or "")[:16], question)
        for one, question in found.reviews
    ]
    show_table(("decision", "state", "waits for", "assigned to", "due", "question"), rows, screen)
    for one, _ in found.reviews:
        if (missing := fillers.missing_of(one)) is not None:
            screen.print(shown(f"nobody can fill the stage of {one.decision}: {missing}", "yellow"), soft_wrap=True)
    if found.next is not None:
        more = "more" if found.reviews else "more, and none of those looked at so far is one of these"
        screen.print(shown(f"there are {more}: --after {found.next}", style="dim"))


def _waits(told: dict[str, Any]) -> str:
    waits = told["waits_for"]
    return "" if waits is None else f"{waits['count']} {waits['role']}"


def show_review(told: dict[str, Any], screen: Console) -> None:
    """The state, why it is needed, who said what, and the decision."""
    style = {"approved": "green", "open": "yellow"}.get(told["state"], "red" if not told["released"] else "yellow")
    why = f": {told['state_reason']}" if told["state_reason"] else ""
    screen.print(shown(f"{told['state'].replace('_', ' ')}{why}", style=style), soft_wrap=True)
    kept = ", and withheld until then" if told["withhold"] else ""
    screen.print(shown(f"needed because: {told['required_because']} ({told['rules']}){kept}"), soft_wrap=True)
    if told["waits_for"] is not None:
        due = f" before {told['due_at']}" if told["due_at"] else ""
        screen.print(shown(f"waits for {_waits(told)}{due}"), soft_wrap=True)
    for event in told["events"]:
        said = [event["at"][:16], event.get("actor", ""), event["kind"].replace("_", " ")]
        said += [str(event[key]) for key in ("verdict", "to", "answer", "until", "reason") if key in event]
        screen.print(shown("  " + "  ".join(said)), soft_wrap=True)
    screen.print(shown(f"shown {told['shown']}", style="dim"), soft_wrap=True)
    screen.print()
    show_decision(told["decision"], screen)


def tell_ended(services: Services, screen: Console | None) -> None:
    """Look at every review that stands, after a change of the graph, and name those that ended by it."""
    if screen is None:
        services.reviews.check()
        return
    with screen.status("looking at the reviews that stand"):
        ended = services.reviews.check()
    for one in ended:
        said = f"the review of {one.decision} has {one.state}: {one.reason}"
        screen.print(shown(said, "yellow"), soft_wrap=True)
