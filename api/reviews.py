"""``whence review`` and ``whence feedback``: what people say of decisions."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console

from api.options import AsJson, Limit, Store, opened, print_json
from api.retirement import By
from api.review_rules import rules
from api.show_reviews import fillers_of, show_queue, show_review
from api.terminal import printable
from kg.domain.review import Kind, Review

review = typer.Typer(help="Decisions that somebody has to look at: the queue, and what is said.", no_args_is_help=True)
review.add_typer(rules, name="rules")

DecisionId = Annotated[str, typer.Argument(help="A decision id, as `ask` prints it.")]
Roles = Annotated[list[str] | None, typer.Option("--role", help="A role of whoever does it; may be repeated.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept.")]
Shown = Annotated[
    str | None, typer.Option("--shown", help="Digest of what you were shown (`shown` of `review show`); else as it is.")
]


class ReviewState(StrEnum):
    """States a review may be in."""

    open = "open"
    approved = "approved"
    rejected = "rejected"
    changes_requested = "changes_requested"
    overridden = "overridden"
    excepted = "excepted"
    superseded = "superseded"
    lapsed = "lapsed"
    expired = "expired"


class Verdict(StrEnum):
    """What a caller may say of an answer."""

    right = "right"
    wrong = "wrong"
    partly = "partly"


@review.command("list")
def listed(
    ctx: typer.Context,
    state: Annotated[
        ReviewState | None, typer.Option("--state", help="Only those in this state (default: open).")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also those that nothing changes any more.")] = False,
    role: Annotated[str | None, typer.Option("--role", help="Only those that wait for this role.")] = None,
    assignee: Annotated[str | None, typer.Option("--assignee", help="Only those assigned to this person.")] = None,
    after: Annotated[str | None, typer.Option("--after", help="Go on after this decision, as `next` names it.")] = None,
    limit: Limit = 50,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """The queue: reviews that wait, newest first."""
    from kg.decisions.queue import Sought

    wanted = None if everything and state is None else "open" if state is None else state.value

    def fits(one: Review) -> bool:
        waits = one.waits_for
        return (
            (wanted is None or one.state == wanted)
            and (role is None or (waits is not None and waits.role == role))
            and (assignee is None or one.assignee == assignee)
        )

    with opened(ctx, store) as (services, settings):
        standing = not everything and wanted == "open"
        found = services.reviews.queue(Sought(fits, standing=standing, after=after, limit=limit))
        show_queue(found, fillers_of(services, settings), as_json=as_json)


@review.command()
def show(ctx: typer.Context, decision: DecisionId, store: Store = None, as_json: AsJson = False) -> None:
    """A review with the decision, its evidence checked on today's graph, and all that was said."""
    with opened(ctx, store) as (services, _):
        told = services.reviews.look(decision).told()
    _print(told, as_json=as_json)


@review.command()
def approve(
    ctx: typer.Context,
    decision: DecisionId,
    by: By = None,
    role: Roles = None,
    reason: Reason = "",
    shown: Shown = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Approve the stage at hand. Not one's own decision, and not twice."""
    _move(ctx, decision, "approved", store, as_json=as_json, by=by, role=role, reason=reason, shown=shown)


@review.command()
def reject(
    ctx: typer.Context,
    decision: DecisionId,
    reason: Reason,
    by: By = None,
    role: Roles = None,
    shown: Shown = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Reject it; an approval is withdrawn in this way too."""
    _move(ctx, decision, "rejected", store, as_json=as_json, by=by, role=role, reason=reason, shown=shown)


@review.command("request-changes")
def request_changes(
    ctx: typer.Context,
    decision: DecisionId,
    reason: Annotated[str, typer.Option("--reason", help="What has to change before it is asked again.")],
    by: By = None,
    role: Roles = None,
    shown: Shown = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Say what has to change before the question is asked again."""
    _move(ctx, decision, "changes_requested", store, as_json=as_json, by=by, role=role, reason=reason, shown=shown)


@review.command()
def override(
    ctx: typer.Context,
    decision: DecisionId,
    answer: Annotated[str, typer.Option("--answer", help="The answer to use instead.")],
    reason: Reason,
    by: By = None,
    role: Roles = None,
    shown: Shown = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Put another answer in its place. For the role of the last stage."""
    _move(
        ctx, decision, "overridden", store, as_json=as_json, by=by, role=role, reason=reason, shown=shown, answer=answer
    )


@review.command("except")
def except_until(
    ctx: typer.Context,
    decision: DecisionId,
    until: Annotated[str, typer.Option("--until", help="When the exception ends: 2026-03-31 or 2026-03-31T09:00:00Z.")],
    reason: Reason,
    by: By = None,
    role: Roles = None,
    shown: Shown = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Let it be used without approval until a time, after which it has expired. For the role of the last stage."""
    _move(ctx, decision, "excepted", store, as_json=as_json, by=by, role=role, reason=reason, shown=shown, until=until)


@review.command()
def assign(
    ctx: typer.Context,
    decision: DecisionId,
    to: Annotated[str, typer.Argument(help="Who shall look at it.")],
    by: By = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Say who shall look at it. Others still may."""
    _move(ctx, decision, "assigned", store, as_json=as_json, by=by, to=to)


def _move(
    ctx: typer.Context,
    decision: str,
    kind: Kind,
    store: str | None,
    *,
    as_json: bool,
    by: str | None,
    role: list[str] | None = None,
    until: str | None = None,
    **said: Any,
) -> None:
    from kg.decisions.reviews import Move, ending
    from loaders.retirement import this_person

    ends = None if until is None else ending(until)
    move = Move(kind, by or this_person(), tuple(role or ()), until=ends, **said)
    with opened(ctx, store) as (services, _):
        told = services.reviews.move(decision, move).told()
    _print(told, as_json=as_json)


def _print(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(told)
    else:
        show_review(told, Console(highlight=False))


def feedback(
    ctx: typer.Context,
    decision: DecisionId,
    verdict: Annotated[Verdict, typer.Argument(help="Whether the answer was right.")],
    answer: Annotated[str | None, typer.Option("--answer", help="What would have been right.")] = None,
    reason: Reason = "",
    by: By = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Say whether an answer was right. It is kept with the decision, and whoever reviews it sees it."""
    from kg.decisions.reviews import event_told
    from kg.domain.review import ReviewEvent
    from loaders.retirement import this_person

    said = ReviewEvent(
        decision, 0, "feedback", by or this_person(), "", reason=reason, answer=answer, verdict=verdict.value
    )
    with opened(ctx, store) as (services, _):
        kept = services.reviews.feedback(decision, said)
    if as_json:
        print_json(event_told(kept))
    else:
        typer.echo(printable(f"{decision}: {kept.verdict}, as {kept.actor} says"))
