"""Reviews of decisions, feedback on answers, and the review rules that say which decisions need whom."""

from __future__ import annotations

import re
from typing import Annotated, get_args

from fastapi import APIRouter, Header, Path, Query, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.access import CallerDep, acting
from api.deps import Limit, ReachDep, ServicesDep, SettingsDep
from api.documented import refusals
from api.reach import Reach
from api.show_reviews import fillers_of
from api.strict import StrictRoute
from api.wire_reviews import (
    FeedbackIn,
    FeedbackList,
    FeedbackOut,
    MoveIn,
    Queue,
    QueueLine,
    ReviewOut,
    RulesIn,
    RuleVersionOut,
    SavedRulesOut,
)
from api.wire_versions import VersionsOut
from kg.decisions.queue import Sought
from kg.decisions.review_file import review_content, rules_of
from kg.decisions.reviews import RULES, Looked, Move, ending, event_told, line, put_in_use
from kg.decisions.rule_files import overview, resolve, whole
from kg.domain.access import Caller
from kg.domain.decision import Document
from kg.domain.review import Kind, Review, ReviewEvent, State
from kg.errors import Forbidden, InvalidInput, MoveRefused
from kg.ports.access import KeyRing

router = APIRouter(tags=["reviews"], route_class=StrictRoute)
DecisionId = Annotated[str, Path(title="Decision id", max_length=100)]
IfMatch = Annotated[
    str | None, Header(title="If-Match", description="The ETag of the review as it was shown.", max_length=200)
]
KINDS: dict[str, Kind] = {
    "approve": "approved",
    "reject": "rejected",
    "request_changes": "changes_requested",
    "override": "overridden",
    "except": "excepted",
    "assign": "assigned",
}
ETAG = re.compile(r'"(sha256:[0-9a-f]{64})"')


@router.get("/v1/reviews", responses=refusals(400, 404, 422, 503, 504))
def list_reviews(  # noqa: PLR0913, PLR0917 (one filter each)
    services: ServicesDep,
    settings: SettingsDep,
    reach: ReachDep,
    state: Annotated[
        State | None,
        Query(
            title="State", description="Only those in this state.", json_schema_extra={"enum": list(get_args(State))}
        ),
    ] = None,
    role: Annotated[str | None, Query(title="Role", description="Only those that wait for it.", max_length=200)] = None,
    assignee: Annotated[str | None, Query(title="Assignee", description="Only theirs.", max_length=200)] = None,
    after: Annotated[str | None, Query(title="After", description="Go on after this decision.", max_length=100)] = None,
    limit: Limit = 50,
) -> Queue:
    """Reviews, newest first. Without a state: those that something may still change."""

    def wanted(one: Review) -> bool:
        waits = one.waits_for
        return (
            (state is None or one.state == state)
            and (role is None or (waits is not None and waits.role == role))
            and (assignee is None or one.assignee == assignee)
        )

    found = services.reviews.queue(Sought(wanted, reach.may_read, state in (None, "open"), after, limit))
    fillers = fillers_of(services, settings)
    lines = [
        QueueLine.model_validate(line(one) | {"question": question, "unfilled": fillers.missing_of(one)})
        for one, question in found.reviews
    ]
    return Queue(reviews=lines, next=found.next)


@router.get("/v1/reviews/{decision_id}", response_model=ReviewOut, responses=refusals(400, 404, 422, 503, 504))
def read_review(decision_id: DecisionId, services: ServicesDep, reach: ReachDep) -> Response:
    """A review with its decision, its evidence checked on today's graph. Its ETag is what a move takes as If-Match."""
    reach.decision(decision_id, services.decisions)
    return _reply(services.reviews.look(decision_id), reach, services.keys)


@router.post(
    "/v1/reviews/{decision_id}",
    response_model=ReviewOut,
    responses=refusals(400, 403, 404, 408, 409, 412, 413, 422, 428, 503, 504),
)
def move_review(
    decision_id: DecisionId, body: MoveIn, services: ServicesDep, reach: ReachDep, if_match: IfMatch = None
) -> Response:
    """Approve, reject, ask for changes, override, except until a time, or assign.

    A judgement is of what was shown: it needs `shown`, or If-Match with the ETag of the review. Nobody judges what
    they asked for, and nobody counts twice.
    """
    document = reach.decision(decision_id, services.decisions)
    shown = body.shown if if_match is None else _shown(if_match)
    if shown is None and body.move != "assign":
        raise HTTPException(428, "say what was shown: `shown` of the review, or If-Match")
    until = None if body.until is None else ending(body.until)
    caller = reach.caller
    if body.move in ("override", "except") and not caller.may("approve"):
        raise Forbidden(
            f"to {body.move} a decision is not for {', '.join(caller.roles) or 'nobody'}: it needs `approve`"
        )
    if _asked_formerly(caller, document, services.keys):
        raise MoveRefused(f"{caller.formerly!r} asked for this decision with a token, as you do: somebody else has to")
    roles = caller.roles if caller.key else tuple(body.roles)
    actor = acting(caller, body.actor)
    move = Move(KINDS[body.move], actor, roles, body.reason, shown, body.answer, until, body.to, caller.kind)
    return _reply(services.reviews.move(decision_id, move), reach, services.keys)


def _asked_formerly(caller: Caller, document: Document, ring: KeyRing) -> bool:
    """Whether the caller asked it with a token before names of tokens were told apart from those of keys."""
    asked = document["trace"]
    if not caller.formerly or asked.get("actor") != caller.formerly:
        return False
    held = ring.keys()
    named = [key for key in held if key.caller == caller.formerly]
    return not any(key.created_at <= asked["asked_at"] < (key.revoked_at or key.expires_at) for key in named)


def _shown(if_match: str) -> str:
    found = ETAG.fullmatch(if_match)
    if found is None:
        raise InvalidInput("expected If-Match with the ETag of the review")
    return found[1]


def _reply(looked: Looked, reach: Reach, keys: KeyRing) -> Response:
    # Who asked does not get by reviewing what waits for the review of others.
    caller = reach.caller
    asked = caller.name == looked.review.author or _asked_formerly(caller, looked.document, keys)
    told = looked.told(whole=not caller.key or not asked)
    return JSONResponse(told, headers={"ETag": f'"{told["shown"]}"'})


# --- feedback ---


@router.post(
    "/v1/decisions/{decision_id}/feedback",
    status_code=201,
    responses=refusals(400, 404, 408, 412, 413, 422, 503, 504),
)
def give_feedback(decision_id: DecisionId, body: FeedbackIn, services: ServicesDep, reach: ReachDep) -> FeedbackOut:
    """Say whether an answer was right. It is kept with the decision, and whoever reviews it sees it."""
    reach.decision(decision_id, services.decisions)
    said = ReviewEvent(
        decision_id,
        0,
        "feedback",
        acting(reach.caller, body.actor),
        "",
        reason=body.reason,
        answer=body.answer,
        verdict=body.verdict,
    )
    return FeedbackOut.model_validate(event_told(services.reviews.feedback(decision_id, said)))


@router.get("/v1/decisions/{decision_id}/feedback", responses=refusals(400, 404, 422, 503, 504))
def read_feedback(decision_id: DecisionId, services: ServicesDep, reach: ReachDep) -> FeedbackList:
    """What callers said of an answer, oldest first."""
    reach.decision(decision_id, services.decisions)
    found = services.reviews.feedback_of(decision_id)
    return FeedbackList(feedback=[FeedbackOut.model_validate(event_told(one)) for one in found])


# --- rules ---


@router.get("/v1/review-rules", responses=refusals(400, 404, 422, 503, 504))
def read_rules(services: ServicesDep) -> VersionsOut:
    """The versions of the review rules, and which one is used."""
    return VersionsOut.model_validate(overview("review", RULES, services.prompts))


@router.get("/v1/review-rules/{wanted}", responses=refusals(400, 404, 422, 503, 504))
def read_rules_version(
    wanted: Annotated[str, Path(title="Version", description="A number, a label or `latest`.", max_length=100)],
    services: ServicesDep,
) -> RuleVersionOut:
    """One version with its content."""
    return RuleVersionOut.model_validate(
        whole(resolve("review", f"{RULES}@{wanted}", services.prompts), services.prompts)
    )


@router.post("/v1/review-rules", status_code=201, responses=refusals(400, 408, 412, 413, 422, 503, 504))
def save_rules(body: RulesIn, services: ServicesDep, settings: SettingsDep, caller: CallerDep) -> SavedRulesOut:
    """Check rules, keep them as the next version, and use them for the decisions from now on.

    `warnings` names stages that nobody could fill.
    """
    name, content = review_content(body.content, "content")
    version = put_in_use(name, content, body.message, acting(caller, body.actor), services.prompts)
    warnings = fillers_of(services, settings).warnings(rules_of(version))
    return SavedRulesOut.model_validate(whole(version, services.prompts) | {"warnings": warnings})
