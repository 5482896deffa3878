"""One question, one way through: link, plan, execute, context, generate, verify, explain, record."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import rfc8785

from kg.answer.context import MAX_FACTS, context, facts_used
from kg.answer.document import Finding, abstained, ambiguous, answered
from kg.answer.execute import TooMuchRead, execute
from kg.answer.explain import explanation
from kg.answer.generate import generate
from kg.answer.link import link
from kg.answer.planner import Planned, Reading, plan
from kg.answer.verify import verify
from kg.answer.wording import Wording
from kg.domain.decision import Document, comparable
from kg.domain.evidence import Grounds
from kg.domain.fact import Entity, EntityId, Fact, FactId
from kg.domain.ontology import Ontology
from kg.domain.plan import Follow, Plan, Where, walk
from kg.domain.question import MAX_QUESTION, Linked, Question
from kg.domain.result import Result
from kg.errors import QuestionInvalid
from kg.ports.clock import Clock, instant
from kg.ports.ledger import DecisionLedger
from kg.ports.store import GraphStore, GraphView
from kg.text.language import stems

MAX_RIVALS = 10
"""Values of one functional predicate that are compared for one subject."""
MAX_READINGS = 4
"""Equally good readings that are run to see whether they differ."""


@dataclass
class Trace:
    """How long each step took, in milliseconds."""

    steps: list[dict[str, Any]] = field(default_factory=list)
    _last: float = field(default_factory=time.perf_counter)

    def mark(self, step: str) -> None:
        now = time.perf_counter()
        self.steps.append({"step": step, "ms": round((now - self._last) * 1000, 3)})
        self._last = now


def answer(
    question: Question, store: GraphStore, ledger: DecisionLedger, clock: Clock, given: Plan | None = None
) -> Document:
    """Answer the question and record the decision; there are no unrecorded decisions.

    With ``given`` that plan is run instead of reading the question.
    Raises QuestionInvalid, PlanInvalid, ScopeInvalid, NotFound or StoreError.
    """
    text = question.text.strip()
    if not text:
        raise QuestionInvalid("the question is empty")
    if len(text) > MAX_QUESTION:
        raise QuestionInvalid(f"the question has {len(text):,} characters; {MAX_QUESTION:,} are allowed")
    question = replace(question, text=text)
    trace = Trace()
    view = store.view(question.scope)
    trace.mark("view")
    document = _decide(question, view, given, trace)
    document["as_of"] = {
        "valid": question.scope.valid_as_of or clock().date().isoformat(),
        "known": view.known_at,
    }
    document["trace"] = {"asked_at": instant(clock()), "steps": trace.steps}
    evidence = comparable([document["evidence"], document["answer"]])
    document["evidence_hash"] = f"sha256:{hashlib.sha256(rfc8785.dumps(evidence)).hexdigest()}"
    document["decision_id"] = f"d-{hashlib.sha256(rfc8785.dumps(document)).hexdigest()[:24]}"
    ledger.append(document["decision_id"], document)
    return document


def _decide(question: Question, view: GraphView, given: Plan | None, trace: Trace) -> Document:
    ontology = view.ontology()
    linked = link(question, view)
    trace.mark("link")
    if given is not None:
        readings: tuple[Reading, ...] = (Reading(given, 0.0),)
    else:
        planned = plan(linked, ontology)
        trace.mark("plan")
        readings = planned.readings[:MAX_READINGS]
        if not readings:
            return abstained(question, view, _reason(linked, planned, ontology))
    missing = {reading: _without_facts(reading.plan, view) for reading in readings}
    readings = tuple(reading for reading in readings if missing[reading] is None)
    if not readings:
        first, without = next(iter(missing.items()))
        return abstained(question, view, f"no source in this scope holds any fact “{without}”", first.plan)
    try:
        results = [(reading, execute(reading.plan, view, linked.entities)) for reading in readings]
    except TooMuchRead as exc:
        return abstained(question, view, str(exc), readings[0].plan)
    trace.mark("execute")
    distinct = list({_rows(result): (one, result) for one, result in reversed(results)}.values())[::-1]
    grounds, met = _ground(linked, [result for _, result in distinct], view)
    distinct = [(one, replace(result, entities=result.entities | met)) for one, result in distinct]
    drafts = [_finish(question, linked, one, result, grounds, view) for one, result in distinct]
    trace.mark("write")
    answers = [draft for draft in drafts if draft["outcome"] == "answered"] or drafts[:1]
    return ambiguous(question, view, answers) if len(answers) > 1 else answers[0]


def _rows(result: Result) -> tuple[Any, ...]:
    return (result.type, tuple(row.entity for row in result.rows), result.value, result.paths)


def _ground(linked: Linked, results: list[Result], view: GraphView) -> tuple[Grounds, dict[EntityId, Entity]]:
    """What stands behind all results, read once: facts, their rivals, who asserts them; and entities met on the way."""
    facts = {m.fact.id: m.fact for m in linked.mentions if m.fact is not None}
    for result in results:
        facts |= result.facts
    rivals, met = _rivals(facts, view)
    shown = {fact for result in results for fact in facts_used(linked, result)[:MAX_FACTS]}
    return Grounds(facts | rivals, view.assertions(shown | set(rivals)), view.sources()), met


def _finish(  # noqa: PLR0913, PLR0917 (what one finding is made of)
    question: Question, linked: Linked, reading: Reading, result: Result, grounds: Grounds, view: GraphView
) -> Document:
    """Evidence, claims, verdicts and explanation for one executed plan."""
    ontology, chosen = view.ontology(), reading.plan
    order = facts_used(linked, result)
    if reading.datasets and (other := _elsewhere(order, grounds, reading.datasets)) is not None:
        names = " and ".join(sorted(reading.datasets))
        reason = f"the question names {names}, but the answer would rest on {other} too: leave the name out, or narrow"
        return abstained(question, view, f"{reason} the scope to it", chosen)
    if result.value in (None, 0) and not result.rows and not result.paths and (unknown := _open(chosen, ontology)):
        reason = f"no source says so, and what no source says about “{unknown}” is unknown rather than untrue"
        return abstained(question, view, reason, chosen)
    evidence = context(order, result, grounds, ontology)
    wording = Wording(ontology, result.entities)
    interpretation = wording.plan(chosen)
    draft = generate(chosen, result, evidence, wording)
    claims = verify(draft, evidence, result, wording, interpretation)
    drawn = explanation(evidence, grounds.facts, result, ontology)
    return answered(question, view, Finding(chosen, interpretation, result, evidence, claims, drawn))


def _rivals(facts: dict[FactId, Fact], view: GraphView) -> tuple[dict[FactId, Fact], dict[EntityId, Entity]]:
    """Facts that cannot hold together with these (another value of a functional predicate)."""
    functional = {name for name, spec in view.ontology().predicates.items() if spec.functional}
    single = {(fact.subject, fact.predicate) for fact in facts.values() if fact.predicate in functional}
    if not single:
        return {}, {}
    read = view.follow({subject for subject, _ in single}, {name for _, name in single}, "out", MAX_RIVALS)
    rivals = [f for f in read.facts if (f.subject, f.predicate) in single and f.id not in facts]
    return {fact.id: fact for fact in rivals}, read.entities


def _asked(chosen: Plan) -> Iterator[str]:
    """The predicates of the plan."""
    return (part.predicate for part in walk(chosen) if isinstance(part, Follow | Where))


def _open(chosen: Plan, ontology: Ontology) -> str | None:
    """A predicate of the plan about which sources need not say everything."""
    return next((name.replace("_", " ") for name in _asked(chosen) if ontology.predicates[name].world == "open"), None)


def _elsewhere(order: list[FactId], grounds: Grounds, named: frozenset[str]) -> str | None:
    """A dataset version beyond the named ones that a fact of the answer rests on alone."""
    for supports in (grounds.assertions.get(fact, ()) for fact in order):
        versions = sorted(f"{grounds.sources[a.source].dataset}@{grounds.sources[a.source].version}" for a in supports)
        if versions and not named & set(versions):
            return versions[0]
    return None


def _without_facts(chosen: Plan, view: GraphView) -> str | None:
    """A predicate of the plan that nothing in this scope speaks of."""
    held = view.profile().facts
    return next((name.replace("_", " ") for name in _asked(chosen) if not held.get(name)), None)


def _reason(linked: Linked, planned: Planned, ontology: Ontology) -> str:
    """Why there is no plan, in words a person can act on."""
    if planned.too_long:
        return "the question is too long to be read as one: ask its parts one by one"
    unexplained = planned.unexplained
    left = {one for word in unexplained for one in stems(word)}
    for missing in ontology.missing:
        if any(set(stems(word)) <= left for word in missing.words):
            return missing.says
    if not any(m.kind in ("entity", "type") for m in linked.mentions):
        return "nothing in the question is known to the graph: no name, key or kind of thing in it was recognised"
    if unexplained:
        words = ", ".join(f"“{word}”" for word in unexplained)
        return f"I cannot account for {words}, so I do not answer as if the question were without"
    return "I recognise the things the question names, but not what is asked about them"
