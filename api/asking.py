"""Asking on the command line: with a model and its prompts, what that would cost, two prompt versions side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from api.options import print_json
from api.terminal import show_table, shown
from kg.answer.pipeline import answer, decide
from kg.answer.trace import Trace
from kg.answer.views import Views
from kg.answer.write import Author
from kg.bootstrap import Services, author_of
from kg.domain.decision import Document
from kg.domain.plan import Plan
from kg.domain.question import Question
from kg.domain.review_rules import Reviewing, Tier
from kg.errors import ConfigError
from kg.models.only_estimated import OnlyEstimated
from kg.ports.kept import Recording

CALLER = "command line"


@dataclass(frozen=True)
class Asking:
    """One question, to be answered with this or that prompt."""

    services: Services
    question: Question
    given: Plan | None
    model: str | None
    supersedes: str | None = None
    """The decision that this one takes the place of."""
    tier: Tier | None = None
    actor: str = ""

    def answer(self, prompts: Sequence[str]) -> Document:
        """The recorded decision, as whoever asked may read it."""
        services = self.services
        document = answer(
            self.question,
            services.store,
            services.decisions,
            services.clock,
            self.given,
            adapter=services.adapter,
            author=self._author(prompts),
            recording=Recording(self.supersedes),
            reviewing=Reviewing(services.reviews.rules(), self.tier),
            actor=self.actor,
        )
        return services.reviews.told(document)

    def estimate(self, prompts: Sequence[str]) -> list[dict[str, Any]]:
        """What the model would be asked, with tokens and cost at most; the model is not asked, nothing recorded.

        Raises ConfigError where no model is set.
        """
        author = self._author(prompts)
        if author is None:
            raise ConfigError("no model is set, so asking costs nothing: see docs/models.md")
        counted = OnlyEstimated(author.model.spec)
        services = self.services
        view = services.store.view(self.question.scope)
        today = services.clock().date().isoformat()
        decide(
            self.question,
            Views(view, services.store.view),
            services.adapter,
            Trace(),
            self.given,
            author=Author(counted, author.prompts, CALLER),
            today=today,
        )
        return [
            {"model": counted.spec.name, "purpose": purpose, "input": one.input, "output": one.output, "cost": one.cost}
            for purpose, one in counted.requests
        ]

    def _author(self, prompts: Sequence[str]) -> Author | None:
        wanted = {reference.partition("@")[0]: reference for reference in prompts}
        return author_of(self.services, self.model, wanted, CALLER)


def show_estimate(found: list[dict[str, Any]], *, as_json: bool) -> None:
    """The calls and their sum."""
    total = {"tokens": sum(one["input"] + one["output"] for one in found), "cost": sum(one["cost"] for one in found)}
    if as_json:
        print_json({"calls": found, **total})
        return
    screen = Console(highlight=False)
    rows = [(one["purpose"], f"{one['input']:,}", f"{one['output']:,}", f"{one['cost']:.6f}") for one in found]
    show_table(("for", "tokens in", "tokens out, at most", "cost, at most"), rows, screen)
    screen.print(
        shown(f"in all at most {total['tokens']:,} tokens, cost {total['cost']:.6f}; a repair costs as much again")
    )


def show_side_by_side(documents: Sequence[Document], screen: Console) -> None:
    """Two answers to one question: the prompts, what they say, what did not stand."""
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 3, 0, 0))
    for document in documents:
        table.add_column(shown(document["decision_id"]), ratio=1)
    table.add_row(*(shown(_prompts(one), style="dim") for one in documents))
    table.add_row(*(shown(one["answer"]["text"], lines=True) for one in documents))
    table.add_row(
        *(shown(f"{len(one['claims'])} claims, {len(one['writer']['dropped'])} dropped") for one in documents)
    )
    table.add_row(*(shown(f"{one['usage']['tokens']:,} tokens, cost {one['usage']['cost']:g}") for one in documents))
    screen.print(table)


def _prompts(document: Document) -> str:
    used = document["versions"]["prompt"] or []
    return ", ".join(f"{one['name']}@{one['version']}" + (f" ({one['label']})" if one["label"] else "") for one in used)
