"""One question, one way through: link, plan, execute, context, generate, verify, explain, record."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import rfc8785

from kg.answer.adapter import Adapter
from kg.answer.choose import Chosen, choose
from kg.answer.confidence import confidence, doubt, read_as, signs
from kg.answer.decide import DecisionInputMissing
from kg.answer.document import abstained, ambiguous, in_parts
from kg.answer.execute import TooMuchRead, execute
from kg.answer.finish import Asked, finish, ground, without_facts
from kg.answer.fit import fits, validate
from kg.answer.link import link
from kg.answer.merged import with_ties
from kg.answer.planner import TIE, Reading, plan
from kg.answer.think import Settled, Told, settle, think
from kg.answer.views import Views
from kg.answer.wording import Wording
from kg.answer.write import Author, Use, keep_back
from kg.domain.decision import Document, comparable
from kg.domain.fact import EntityId
from kg.domain.ontology import Ontology
from kg.domain.plan import Entities, Parts, Plan, walk
from kg.domain.plan_json import to_json
from kg.domain.question import MAX_QUESTION, Linked, Question
from kg.domain.result import Result
from kg.errors import QuestionInvalid
from kg.ports.clock import Clock, instant
from kg.ports.ledger import DecisionLedger
from kg.ports.store import GraphStore, GraphView
from kg.telemetry.log import decided
from kg.telemetry.spans import deciding

HAND_SET = Adapter()
"""Weights set by hand, and nothing measured."""


Tell = Callable[[str, Mapping[str, Any]], None]
"""Told of each step as it is done: its name and what came of it."""


def nobody(_: str, __: Mapping[str, Any]) -> None:
    """Nobody listens."""


def _unheard(_: str) -> None:
    """Nobody asks for steps."""


@dataclass
class Trace:
    """How long each step took, in milliseconds, and who is told of it."""

    steps: list[dict[str, Any]] = field(default_factory=list)
    tell: Tell = nobody
    done: Callable[[str], None] = _unheard
    """Told of the name of each step when it ends."""
    _last: float = field(default_factory=time.perf_counter)

    def mark(self, step: str) -> None:
        now = time.perf_counter()
        self.steps.append({"step": step, "ms": round((now - self._last) * 1000, 3)})
        self._last = now
        self.done(step)


def answer(  # noqa: PLR0913 (what every answer needs, and two ways to steer one)
    question: Question,
    store: GraphStore,
    ledger: DecisionLedger,
    clock: Clock,
    given: Plan | None = None,
    *,
    adapter: Adapter = HAND_SET,
    author: Author | None = None,
    tell: Tell = nobody,
) -> Document:
    """Answer the question and record the decision; there are no unrecorded decisions.

    With ``given`` that plan is run instead of reading the question. With an ``author`` a model reads the question
    beside the grammar and writes the answer; what it says is held against the evidence. ``tell`` hears of `linked`,
    `plan`, and once it is sure that there is an answer of `rows`, `evidence` and each `claim` with its verdict.
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
        document["trace"] = {"asked_at": instant(clock()), "steps": trace.steps, "calls": _timed(author)}
        evidence = comparable([document["evidence"], document["answer"]])
        document["evidence_hash"] = f"sha256:{hashlib.sha256(rfc8785.dumps(evidence)).hexdigest()}"
        document["decision_id"] = f"d-{hashlib.sha256(rfc8785.dumps(document)).hexdigest()[:24]}"
        ledger.append(document["decision_id"], document)
        spans.recorded(document)
        decided(document)
    _tell_answer(document, tell)
    return document


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
        document = _answer(asked, (Reading(given, 0.0),), trace)
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
        keys = ("confidence", "interpretation", "plan")
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
    document["reader"] = {"by": settled.by, "why": settled.why}
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


def _chosen(asked: Asked, chosen: Chosen, trace: Trace) -> Document:
    """Run what was chosen, or say why nothing was."""
    question, views = asked.question, asked.views
    if chosen.reason is not None:
        return abstained(question, views.own, chosen.reason)
    fitting = tuple(one for one in chosen.readings if fits(one.plan, views.own.ontology()))
    if not fitting:
        reason = "what I read it as cannot be asked of this graph"
        return abstained(question, views.own, reason, chosen.readings[0].plan)
    return _answer(asked, fitting, trace)


def _answer(asked: Asked, readings: tuple[Reading, ...], trace: Trace) -> Document:
    """Run the readings that are equally good; offer them if they differ in what they find."""
    question, linked, views = asked.question, asked.linked, asked.views
    several = [one.plan for one in readings if isinstance(one.plan, Parts)]
    if several and readings[0].plan == several[0]:
        alike = [one.plans for one in several if len(one.plans) == len(several[0].plans)]
        # Whether a relation was said is told of the whole.
        unsaid = tuple(feature for feature in readings[0].features if feature[0] == "inserted")
        parts = [
            _answer(asked, tuple(Reading(part, 0.0, unsaid) for part in dict.fromkeys(choices)), trace)
            for choices in zip(*alike, strict=True)
        ]
        return in_parts(question, views.own, several[0], parts)
    readings = tuple(one for one in readings if not isinstance(one.plan, Parts))
    missing = {reading: without_facts(reading.plan, views.own) for reading in readings}
    held = tuple(reading for reading in readings if missing[reading] is None)
    if not held:
        first, without = next(iter(missing.items()))
        return abstained(question, views.own, f"no source in this scope holds any fact “{without}”", first.plan)
    for reading in held:
        words = Wording(views.own.ontology(), linked.entities).plan(reading.plan)
        trace.tell("plan", {"plan": to_json(reading.plan), "interpretation": words})
    results = []
    for reading in held:
        try:
            results.append((reading, with_ties(execute(reading.plan, views, linked.entities), views)))
        except (TooMuchRead, DecisionInputMissing) as exc:
            if len(held) == 1:
                return abstained(question, views.own, str(exc), reading.plan)
    if not results:
        return abstained(
            question, views.own, "every reading of it would read too much: ask for something narrower", held[0].plan
        )
    trace.mark("execute")
    distinct = list({_rows(result): (one, result) for one, result in reversed(results)}.values())[::-1]
    distinct = _with_something(distinct, linked, views.own.ontology())
    grounds, met = ground(linked, [result for _, result in distinct], views)
    distinct = [(one, replace(result, entities=result.entities | met)) for one, result in distinct]
    drafts = [finish(asked, one, result, grounds, alone=len(distinct) == 1) for one, result in distinct]
    trace.mark("write")
    return _of_drafts(question, distinct, drafts, views.own)


def _of_drafts(
    question: Question, found: list[tuple[Reading, Result]], drafts: list[Document], view: GraphView
) -> Document:
    """The answer, if the drafts come to one; else a choice of answers."""
    answers = [draft for draft in drafts if draft["outcome"] != "abstained"]
    if drafts[0]["outcome"] == "abstained":
        # Another relation that the same words may mean may hold where the first does not.
        same = _shape(found[0][0].plan, relations=False)
        if not answers or any(_shape(one.plan, relations=False) != same for one, _ in found):
            return drafts[0]
    # However it is read, what it takes for granted does not hold.
    refuted = all(one["outcome"] == "false_premise" for one in answers)
    return answers[0] if len(answers) == 1 or refuted else ambiguous(question, view, answers)


def _with_something(
    found: list[tuple[Reading, Result]], linked: Linked, ontology: Ontology
) -> list[tuple[Reading, Result]]:
    """Of readings that differ in who has a name alone, those that find something; what the others did is noted."""
    full = [pair for pair in found if pair[1].rows or pair[1].paths]
    if len(full) > 1 and _relation_unsaid(found):
        # Of relations that nobody said, the one that leads to all that the others lead to.
        return _widest(full) or full
    if len(full) in (0, len(found)):
        return found
    if len({_shape(reading.plan) for reading, _ in found}) > 1:
        # Where nobody said which relation is meant, it is one that holds.
        return full if _relation_unsaid(found) else found
    empty = [entity for reading, _ in found for entity in _named(reading.plan) if (reading, _) not in full]
    wording = Wording(ontology, linked.entities)
    told = (wording.entity(entity) for entity in dict.fromkeys(empty))
    notes = tuple(f"{name} has the name too; nothing was found for it" for name in told)
    return [(reading, replace(result, notes=(*result.notes, *notes))) for reading, result in full]


def _relation_unsaid(found: list[tuple[Reading, Result]]) -> bool:
    """Whether the readings differ only in a relation that nobody said."""
    unsaid = all(any(name == "inserted" for name, _ in reading.features) for reading, _ in found)
    return unsaid and len({_shape(reading.plan, relations=False) for reading, _ in found}) == 1


def _widest(found: list[tuple[Reading, Result]]) -> list[tuple[Reading, Result]]:
    """The list that holds all the other lists."""
    rows = [{row.entity for row in result.rows} for _, result in found]
    lists = all(result.type == "list" for _, result in found)
    return [pair for pair, own in zip(found, rows, strict=True) if lists and all(own >= other for other in rows)][:1]


def _shape(plan: Plan, *, relations: bool = True) -> str:
    """The plan without who it names; or without what relates them."""
    told = json.dumps(to_json(plan))
    if not relations:
        return re.sub(r'"(predicate|direction)": "[^"]*"', "", told)
    return re.sub(r'"ids": \[[^]]*\]', '"ids": []', told)


def _named(plan: Plan) -> list[EntityId]:
    return [entity for part in walk(plan) if isinstance(part, Entities) for entity in part.ids]


def _rows(result: Result) -> tuple[Any, ...]:
    value = json.dumps(result.value, sort_keys=True)
    return (result.type, tuple((row.entity, row.other, row.group) for row in result.rows), value, result.paths)
