"""One question, one way through: link, plan, execute, context, generate, verify, explain, record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kg.answer.adapter import Adapter
from kg.answer.answering import readings_of, run_fitting, run_readings
from kg.answer.choose import Chosen, choose
from kg.answer.confidence import confidence, doubt, read_as, signs
from kg.answer.document import abstained
from kg.answer.finish import Asked
from kg.answer.fit import validate
from kg.answer.footprint import footprint
from kg.answer.link import link
from kg.answer.planner import TIE, Reading, plan
from kg.answer.seal import evidence_hash
from kg.answer.think import Settled, Told, settle, think
from kg.answer.trace import Tell, Trace, nobody
from kg.answer.views import Views
from kg.answer.write import Author, Use, keep_back
from kg.domain.decision import Document
from kg.domain.ontology import Ontology
from kg.domain.plan import Plan
from kg.domain.question import MAX_QUESTION, Linked, Question
from kg.domain.review_rules import UNREVIEWED, Reviewing, policy_of, tables_of
from kg.errors import QuestionInvalid
from kg.ports.clock import Clock, instant
from kg.ports.kept import Recording, keep
from kg.ports.ledger import Appending
from kg.ports.store import GraphStore
from kg.telemetry.log import decided
from kg.telemetry.spans import deciding

NOTHING_MORE = Recording()
HAND_SET = Adapter()
"""Weights set by hand, and nothing measured."""


def answer(  # noqa: PLR0913 (what every answer needs, and two ways to steer one)
    question: Question,
    store: GraphStore,
    ledger: Appending,
    clock: Clock,
    given: Plan | None = None,
    *,
    adapter: Adapter = HAND_SET,
    author: Author | None = None,
    tell: Tell = nobody,
    reviewing: Reviewing = UNREVIEWED,
    actor: str = "",
    recording: Recording = NOTHING_MORE,
) -> Document:
    """Answer the question and record the decision; there are no unrecorded decisions.

    With ``given`` that plan is run instead of reading the question. With an ``author`` a model reads the question
    beside the grammar and writes the answer; what it says is held against the evidence. ``actor`` is who asks.
    ``tell`` hears of `linked`, `plan`, and once it is sure that there is an answer of `rows`, `evidence` and each
    `claim` with its verdict.
    What review it needs is written into it (``reviewing``); of an answer that is withheld for one, nobody is told.
    ``recording`` ties it to another decision, or to a request: one that was answered before gives that decision.
    Raises QuestionInvalid, PlanInvalid, ScopeInvalid, AdapterUnfit, NotFound or StoreError.
    """
    text = question.text.strip()
    if not text:
        raise QuestionInvalid("the question is empty")
    if len(text) > MAX_QUESTION:
        raise QuestionInvalid(f"the question has {len(text):,} characters; {MAX_QUESTION:,} are allowed")
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise QuestionInvalid("the question is not UTF-8 text")
    question = replace(question, text=text)
    with deciding() as spans:
        trace = Trace(tell=tell, done=spans.done)
        view = store.view(question.scope)
        trace.mark("view")
        today = clock().date().isoformat()
        document, _ = decide(question, Views(view, store.view), adapter, trace, given, author=author, today=today)
        document["as_of"] = {
            "valid": question.scope.valid_as_of or today,
            "known": view.known_at,
        }
        document["trace"] = {
            "asked_at": instant(clock()),
            "actor": actor or None,
            "supersedes": recording.supersedes,
            "steps": trace.steps,
            "reads": footprint([one.plan for one in readings_of(document)], view.ontology()),
            "calls": _timed(author),
        }
        document["review"] = reviewing.of(document).document()
        document["versions"]["policy"] = _policy(document, view.ontology(), reviewing)
        document["evidence_hash"] = evidence_hash(document)
        document = ledger.append(keep(document), recording.requested).document
        spans.recorded(document)
        decided(document)
    if not document["review"]["withhold"]:
        _tell_answer(document, tell)
    return document


def _policy(document: Document, ontology: Ontology, reviewing: Reviewing) -> list[dict[str, str]] | None:
    """The saved decision tables that took part, and the review rules that it was held against."""
    used = (ontology.tables[name].saved for name in tables_of(document["plan"]) if name in ontology.tables)
    found = [{"kind": "decision table", "ref": one[0], "hash": one[1]} for one in used if one is not None]
    if reviewing.rules is not None:
        found.append(policy_of(reviewing.rules))
    return found or None


def _tell_answer(document: Document, tell: Tell) -> None:
    """What an answer consists of, after its verdicts and once it is recorded."""
    told = document["answer"]
    tell("rows", {key: told[key] for key in ("type", "value", "of", "rows", "entities")})
    for item in document["evidence"]:
        tell("evidence", item)
    for claim in document["claims"]:
        tell("claim", claim)


def readings(question: Question, store: GraphStore, adapter: Adapter) -> tuple[Reading, ...]:
    """The readings of the question, best first; none is run."""
    view = store.view(question.scope)
    return plan(link(question, view), view.ontology(), adapter).readings


def decide(  # noqa: PLR0913 (what every answer needs, and who takes part in it)
    question: Question,
    views: Views,
    adapter: Adapter,
    trace: Trace,
    given: Plan | None = None,
    *,
    author: Author | None = None,
    today: str = "",
) -> tuple[Document, dict[str, float] | None]:
    """The document, not yet recorded; and the signs of the reading that it answers."""
    view = views.own
    adapter.check(view.ontology())
    linked = link(question, view)
    trace.mark("link")
    trace.tell("linked", {"mentions": _mentions(linked)})
    asked = Asked(question, linked, views, author)
    told = settled = None
    if given is not None:
        validate(given, view.ontology())
        keep_back(author, linked, [given], views)
        document = run_readings(asked, (Reading(given, 0.0),), trace)
    else:
        planned = plan(linked, view.ontology(), adapter)
        trace.mark("plan")
        chosen = choose(planned, linked, view.ontology(), TIE if adapter.tie is None else adapter.tie)
        if author is not None:
            settled = _with_model(asked, chosen, author, today)
            trace.mark("think")
        document = _chosen(asked, chosen, trace) if settled is None else _settled(asked, settled, trace)
        reading = read_as(document, chosen.readings)
        if reading is not None:
            told = signs(reading, planned, frozenset(one.plan for one in chosen.readings), linked)
    document["confidence"] = confidence(document, told, adapter)
    # What grammar and model read alike is not doubted.
    agreed = settled is not None and settled.agreed
    if not agreed and (reason := doubt(document, adapter)) is not None:
        unsure = abstained(question, view, reason)
        keys = ("confidence", "interpretation", "plan", "reader")
        document = unsure | {key: document[key] for key in keys}
    document["versions"]["adapter"] = adapter.id
    if author is not None:
        _told_of(document, author, settled)
    return document, told


def _mentions(linked: Linked) -> list[dict[str, Any]]:
    """What the words of the question may stand for: things that have names."""
    return [
        {
            "words": " ".join(word.text for word in linked.words[one.start : one.end]),
            "entity": one.value,
            "name": linked.entities[one.value].name,
            "score": one.score,
        }
        for one in linked.mentions
        if one.kind == "entity" and one.value in linked.entities
    ]


def _with_model(asked: Asked, chosen: Chosen, author: Author, today: str) -> Settled | None:
    """Have the model read the question too, knowing of its entities those it may see; and settle on what to run."""
    keep_back(author, asked.linked, [one.plan for one in chosen.readings], asked.views)
    low = asked.views.below(author.model.spec.ceiling).own
    seen = low.entities(asked.linked.entities) if asked.linked.entities else {}
    told = Told(asked.linked, low.ontology(), seen, today)
    own = chosen.readings[0].plan if chosen.readings else None
    return settle(chosen, think(told, own, author), asked.linked, low.ontology())


def _settled(asked: Asked, settled: Settled, trace: Trace) -> Document:
    """Run what was settled on: the first whose presuppositions hold, else the last."""
    document: Document = {}
    for readings in settled.attempts:
        document = _chosen(asked, Chosen(readings), trace)
        if document["outcome"] in ("answered", "ambiguous"):
            break
    document["reader"] |= {"by": settled.by, "why": settled.why}
    return document


def _told_of(document: Document, author: Author, settled: Settled | None) -> None:
    """Write into the document what the model was used for, with which prompts, and what that cost."""
    uses = author.uses
    replies = [use.reply for use in uses if use.reply is not None]
    if settled is None:
        failed = next((use.error for use in uses if use.error is not None), None)
        document["reader"]["why"] = failed or "neither the grammar nor the model has a reading to answer by"
    spec = author.model.spec
    document["versions"]["model"] = {
        "name": spec.name,
        "model": replies[-1].model if replies else spec.model,
        "scripted": spec.scripted,
        # What decides which evidence it is sent.
        "ceiling": spec.ceiling.label,
        "redact": list(spec.redact),
        "context_tokens": spec.context_tokens,
    }
    document["versions"]["prompt"] = _prompts(uses)
    document["calls"] = [_call(use) for use in uses]
    document["usage"] = {
        "model_calls": sum(reply.calls for reply in replies) + sum(use.reply is None for use in uses),
        "tokens": sum((reply.tokens.input or 0) + (reply.tokens.output or 0) for reply in replies),
        "cost": round(sum(reply.cost for reply in replies), 8),
    }


def _timed(author: Author | None) -> list[dict[str, Any]]:
    """Of each use of the model how long it took and how many requests that were; none if it was kept from before."""
    return [
        {"purpose": use.purpose, "ms": use.ms, "requests": 0 if use.reply is None else use.reply.calls}
        for use in ([] if author is None else author.uses)
    ]


def _prompts(uses: Sequence[Use]) -> list[dict[str, Any]]:
    chosen = {use.prompt.version.ref: use.prompt for use in uses}
    return [
        {
            "name": one.version.name,
            "version": one.version.number,
            "hash": one.version.hash,
            "label": one.label,
        }
        for _, one in sorted(chosen.items())
    ]


def _call(use: Use) -> dict[str, Any]:
    reply = use.reply
    return {
        "purpose": use.purpose,
        "prompt": use.prompt.version.ref,
        "rendered": use.rendered,
        "model": reply.model if reply else None,
        "reply": reply.text if reply else None,
        "tokens": {"input": reply.tokens.input, "output": reply.tokens.output} if reply else None,
        "cost": reply.cost if reply else None,
        "error": use.error,
    }


NOTHING_LOADED = (
    "nothing is loaded in this graph, or nothing that you may see: load a dataset (`whence load`), or name another "
    "store (`--store`)"
)


def _chosen(asked: Asked, chosen: Chosen, trace: Trace) -> Document:
    """Run what was chosen, or say why nothing was."""
    if chosen.reason is not None:
        empty = not any(asked.views.own.profile().facts.values())
        return abstained(asked.question, asked.views.own, NOTHING_LOADED if empty else chosen.reason)
    return run_fitting(asked, chosen.readings, trace)
