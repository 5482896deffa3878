"""Ask, list and read decisions, and give their explanation in the form asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from api.deps import ContextDep, Limit, ReachDep, ServicesDep
from api.documented import refusals
from api.errors import problem
from api.negotiate import choose
from api.streaming import EVENT_STREAM, events_of
from api.strict import StrictRoute
from api.wire import DecisionLine, DecisionList, DecisionOut, QuestionIn
from api.wire_decisions import AskingHeaders, AttributionOut, DecisionChoice, ReplayOut
from kg.answer.formats import FORMATS, render
from kg.answer.pipeline import answer
from kg.answer.trace import Tell, nobody
from kg.bootstrap import author_of
from kg.decisions.attribution import attribute, report
from kg.decisions.ledger import answered_before, page, requested, wanted_of
from kg.decisions.replay_report import replay
from kg.decisions.tables import chosen
from kg.domain.decision import Document
from kg.domain.plan import Plan, walk
from kg.domain.plan_json import from_json
from kg.domain.question import Question
from kg.domain.review_rules import Reviewing
from kg.errors import DecisionNotFound, PlanInvalid
from kg.ports.kept import Recording

MAX_OPERATORS = 200
"""Operators in a plan that is sent in; what people and planners write has a tenth of it."""

router = APIRouter(prefix="/v1/decisions", tags=["decisions"], route_class=StrictRoute)
DecisionId = Annotated[str, Path(title="Decision id", max_length=100)]
CREATED: dict[int | str, dict[str, Any]] = {
    201: {
        "description": "The decision; it is recorded",
        "headers": {"Location": {"description": "Where the decision is found", "schema": {"type": "string"}}},
    },
    202: {
        "description": "The decision, whose answer is withheld for a review; it is recorded",
        "model": DecisionOut,
        "headers": {"Location": {"description": "Where the decision is found", "schema": {"type": "string"}}},
    },
}
EXPLAINED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The explanation in the form asked for",
        "content": {media: {"schema": {"type": "string"}} for media in FORMATS.values()}
        | {"application/json": {"schema": {"type": "object"}}},
    }
}


@router.post(
    "",
    status_code=201,
    response_model=DecisionOut,
    responses=CREATED | refusals(400, 404, 408, 409, 413, 422, 503, 504),
)
def ask(
    body: QuestionIn,
    request: Request,
    context: ContextDep,
    reach: ReachDep,
    headers: Annotated[AskingHeaders, Header()],
) -> Response:
    """Answer a question and record the decision.

    An abstention is an answer too: look at `outcome`. An answer that review rules withhold is given with status 202 and
    the outcome `pending_review`: it is recorded, and may be read once its review releases it. With `plan`, that plan is
    run and the question is not read. With `Accept: text/event-stream` its steps are sent as they are done: `linked`,
    `plan`, `rows`, `evidence`, each `claim` with its verdict, and last the `decision`, or the `problem` that ended it.
    """
    services, wanted = context.services, body.scope
    scope = reach.scope(wanted.datasets, wanted.ceiling, wanted.valid_as_of, wanted.known_as_of)
    scope = replace(scope, tables=chosen(body.tables, scope.ceiling, services.prompts))
    given = None if body.plan is None else _plan(body.plan)
    asked = Question(body.question, scope)
    host = request.client.host if request.client else ""
    caller = reach.caller.name if reach.caller.key else host
    if body.supersedes is not None:
        reach.decision(body.supersedes, services.decisions)
    key = None
    if headers.idempotency_key is not None:
        key = requested(caller, headers.idempotency_key, body.model_dump(mode="json"), services.clock)
    author = author_of(services, body.model, body.prompts, caller)

    reviewing = Reviewing(services.reviews.rules(), body.tier)

    def made(tell: Tell) -> Document:
        if key is not None and (before := answered_before(key, services.decisions)) is not None:
            if not reach.may_read(before):
                raise DecisionNotFound("the decision of this request is not there any more: ask with another key")
            return services.reviews.told(before)
        document = answer(
            asked,
            services.store,
            services.decisions,
            services.clock,
            given,
            adapter=services.adapter,
            author=author,
            actor=reach.caller.name,
            tell=tell,
            recording=Recording(body.supersedes, key),
            reviewing=reviewing,
        )
        told = services.reviews.told(document)
        context.metrics.decided(document, told["outcome"])
        return told

    if headers.accept is not None and EVENT_STREAM in headers.accept:
        return StreamingResponse(events_of(made, context.metrics.refused), media_type=EVENT_STREAM)
    document = made(nobody)
    status = 202 if document["outcome"] == "pending_review" else 201
    return JSONResponse(document, status, {"Location": f"/v1/decisions/{document['decision_id']}"})


def _plan(document: dict[str, Any]) -> Plan:
    plan = from_json(document)
    if sum(1 for _ in walk(plan)) > MAX_OPERATORS:
        raise PlanInvalid(f"plan: more than {MAX_OPERATORS} operators")
    return plan


@router.get("", responses=refusals(400, 404, 422, 503, 504))
def list_decisions(
    services: ServicesDep,
    reach: ReachDep,
    choice: Annotated[DecisionChoice, Query()],
    limit: Limit = 20,
) -> DecisionList:
    """The newest decisions that the caller may read, newest first; `next` says where to go on.

    A page may be short, or empty, though there is a `next`: so many were looked at by then.
    """
    wanted = wanted_of(**choice.model_dump(exclude={"after", "words"}))
    if not reach.oversees:
        if wanted.actor not in (None, reach.caller.name):
            return DecisionList(decisions=[], next=None)
        wanted = replace(wanted, actor=reach.caller.name)

    def shown(some: list[Document]) -> list[Document]:
        return services.reviews.all_told([one for one in some if reach.may_read(one)])

    found = page(services.decisions, wanted, choice.after, limit, shown, words=choice.words)
    return DecisionList(decisions=[DecisionLine.of(one) for one in found.decisions], next=found.next)


@router.get("/{decision_id}", response_model=DecisionOut, responses=refusals(400, 404, 422, 503, 504))
def read(decision_id: DecisionId, services: ServicesDep, reach: ReachDep) -> Response:
    """A recorded decision, as it was answered; with the state of its review, and without an answer that is withheld."""
    return JSONResponse(services.reviews.told(reach.decision(decision_id, services.decisions)))


@router.get(
    "/{decision_id}/explanation",
    response_class=Response,
    responses=EXPLAINED | refusals(400, 404, 406, 409, 422, 503, 504),
)
def explain(
    decision_id: DecisionId,
    context: ContextDep,
    reach: ReachDep,
    form: Annotated[
        str | None,
        Query(
            alias="format",
            title="Format",
            description="Goes before the Accept header; without both it is json.",
            json_schema_extra={"enum": list(FORMATS)},
        ),
    ] = None,
    accept: Annotated[str | None, Header(title="Accept", include_in_schema=False)] = None,
) -> Response:
    """Why it was answered so, from the record alone: as JSON, Cypher, GraphML, Turtle, JSON-LD, a picture or words."""
    services = context.services
    document = reach.decision(decision_id, services.decisions)
    name = form if form is not None else choose(accept)
    if name is None:
        return problem(406, "not_acceptable", f"an explanation comes as {', '.join(FORMATS.values())}")
    # Whoever it is about is told of a review too, and that an answer is withheld.
    told = services.reviews.told(document) if name == "words" else services.reviews.readable(document)
    text = render(told, name, context.settings.contact)
    return Response(text, media_type=FORMATS[name], headers={"Vary": "Accept"})


@router.get(
    "/{decision_id}/attribution",
    response_model_exclude_unset=True,
    responses=refusals(400, 404, 409, 422, 503, 504),
)
def attribution(decision_id: DecisionId, services: ServicesDep, reach: ReachDep) -> AttributionOut:
    """What the answer hangs on, on the graph as known then: its facts, paths and sources taken away one at a time."""
    document = services.reviews.readable(reach.decision(decision_id, services.decisions))
    return AttributionOut.model_validate(report(document, attribute(document, services.recorded)))


@router.get("/{decision_id}/replay", responses=refusals(400, 404, 409, 422, 503, 504))
def replay_decision(
    decision_id: DecisionId,
    services: ServicesDep,
    reach: ReachDep,
    live: Annotated[bool, Query(title="Live", description="On the graph of today, not as it was known then.")] = False,  # noqa: FBT002
) -> ReplayOut:
    """Run the decision again, no model being asked: the same evidence, or every fact, row and claim that differs."""
    document = services.reviews.readable(reach.decision(decision_id, services.decisions))
    return ReplayOut.model_validate(replay(document, services.store, services.prompts, services.adapter, live=live))
