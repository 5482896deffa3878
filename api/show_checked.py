"""How a load that was only checked looks on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from api.terminal import shown
from kg.domain.fact import Literal
from kg.ports.store import Entry

if TYPE_CHECKING:
    from loaders.check import Checked

MAX_REJECTIONS = 10


def show_checked(one: Checked, console: Console) -> None:
    """Counts, some of the facts with their places, what is left over, what is rejected and why."""
    counts = [
        f"{one.records:,} records",
        f"{sum(one.entities.values()):,} entities",
        f"{sum(one.facts.values()):,} facts",
    ]
    counts += [f"{count:,} {what}" for count, what in ((one.skipped, "skipped"), (one.rejected, "rejected")) if count]
    console.print(shown(f"{one.dataset}@{one.version}: {', '.join(counts)}", "bold"), soft_wrap=True)
    for what, found in (("entities", one.entities), ("facts", one.facts)):
        if found:
            listed = ", ".join(f"{name} {count:,}" for name, count in found.items())
            console.print(shown(f"  {what}: {listed}"), soft_wrap=True)
    for entry in one.sample:
        console.print(shown(f"  {_words(entry)}   ({entry.locator})", "dim"), soft_wrap=True)
    if one.left_over:
        console.print(shown(f"  fields left over: {', '.join(one.left_over)}", "yellow"), soft_wrap=True)
    for rejection in one.rejections[:MAX_REJECTIONS]:
        console.print(shown(f"  rejected {rejection.locator}: {rejection.reason}", "yellow"), soft_wrap=True)
    if one.rejected > MAX_REJECTIONS:
        console.print(shown(f"  and {one.rejected - MAX_REJECTIONS:,} more", "yellow"))
    verdict = f"would fail: {one.problem}" if one.problem else "would load"
    console.print(shown(f"  {verdict}", "red" if one.problem else "green"), soft_wrap=True)


def _words(entry: Entry) -> str:
    fact = entry.fact
    target = fact.object.value if isinstance(fact.object, Literal) else fact.object
    during = f", {fact.valid.start or '…'} to {fact.valid.end or '…'}" if fact.valid.start or fact.valid.end else ""
    return f"{fact.subject}  {fact.predicate}  {target}{during}"
