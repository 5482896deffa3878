"""One question, one way through: link, plan, execute, context, generate, verify, explain, record."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import rfc8785

from kg.answer.adapter import Adapter
from kg.answer.choose import MOST_PASSED_OVER, Chosen, choose, guessed, left_over
from kg.answer.confidence import confidence, doubt, read_as, signs
from kg.answer.context import MAX_FACTS, context, facts_used
from kg.answer.decide import DecisionInputMissing
from kg.answer.document import Finding, abstained, ambiguous, answered, in_parts, not_known
from kg.answer.execute import TooMuchRead, execute
from kg.answer.explain import explanation
from kg.answer.fit import fits, validate
from kg.answer.generate import generate
from kg.answer.link import link
from kg.answer.merged import with_ties
from kg.answer.planner import TIE, Reading, plan
from kg.answer.verify import verify
from kg.answer.views import Views
from kg.answer.wording import Wording
from kg.domain.decision import Document, comparable
from kg.domain.evidence import Grounds
from kg.domain.fact import Entity, EntityId, Fact, FactId
from kg.domain.ontology import Ontology
from kg.domain.plan import (
    Each,
    Entities,
    Follow,
    Group,
    Having,
    Minus,
    Only,
    Parts,
    Passages,
    Plan,
    Rank,
    Top,
    Value,
    Where,
    walk,
)
from kg.domain.plan_json import to_json
from kg.domain.question import MAX_QUESTION, Linked, Question
from kg.domain.result import HERE, Result
from kg.errors import QuestionInvalid
from kg.ports.clock import Clock, instant
from kg.ports.ledger import DecisionLedger
from kg.ports.store import GraphStore, GraphView

MAX_RIVALS = 10
"""Values of one functional predicate that are compared for one subject."""


HAND_SET = Adapter()
"""Weights set by hand, and nothing measured."""


@dataclass
class Trace:
    """How long each step took, in milliseconds."""

    steps: list[dict[str, Any]] = field(default_factory=list)
    _last: float = field(default_factory=time.perf_counter)

    def mark(self, step: str) -> None:
        now = time.perf_counter()
        self.steps.append({"step": step, "ms": round((now - self._last) * 1000, 3)})
        self._last = now


def answer(  # noqa: PLR0913 (what every answer needs, and two ways to steer one)
    question: Question,
    store: GraphStore,
    ledger: DecisionLedger,
    clock: Clock,
    given: Plan | None = None,
    *,
    adapter: Adapter = HAND_SET,
) -> Document:
    """Answer the question and record the decision; there are no unrecorded decisions.

    With ``given`` that plan is run instead of reading the question.
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
    trace = Trace()
    view = store.view(question.scope)
    trace.mark("view")
    document, _ = decide(question, Views(view, store.view), adapter, trace, given)
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


def readings(question: Question, store: GraphStore, adapter: Adapter) -> tuple[Reading, ...]:
    """The readings of the question, best first; none is run."""
    view = store.view(question.scope)
    return plan(link(question, view), view.ontology(), adapter).readings


def decide(
    question: Question, views: Views, adapter: Adapter, trace: Trace, given: Plan | None = None
) -> tuple[Document, dict[str, float] | None]:
    """The document, not yet recorded; and the signs of the reading that it answers."""
    view = views.own
    adapter.check(view.ontology())
    linked = link(question, view)
    trace.mark("link")
    told = None
    if given is not None:
        validate(given, view.ontology())
        document = _answer(question, linked, (Reading(given, 0.0),), views, trace)
    else:
        planned = plan(linked, view.ontology(), adapter)
        trace.mark("plan")
        chosen = choose(planned, linked, view.ontology(), TIE if adapter.tie is None else adapter.tie)
        document = _chosen(question, linked, chosen, views, trace)
        reading = read_as(document, chosen.readings)
        if reading is not None:
            told = signs(reading, planned, frozenset(one.plan for one in chosen.readings), linked)
    document["confidence"] = confidence(document, told, adapter)
    if (reason := doubt(document, adapter)) is not None:
        unsure = abstained(question, view, reason)
        keys = ("confidence", "interpretation", "plan")
        document = unsure | {key: document[key] for key in keys}
    document["versions"]["adapter"] = adapter.id
    return document, told


def _chosen(question: Question, linked: Linked, chosen: Chosen, views: Views, trace: Trace) -> Document:
    """Run what was chosen, or say why nothing was."""
    if chosen.reason is not None:
        return abstained(question, views.own, chosen.reason)
    fitting = tuple(one for one in chosen.readings if fits(one.plan, views.own.ontology()))
    if not fitting:
        reason = "what I read it as cannot be asked of this graph"
        return abstained(question, views.own, reason, chosen.readings[0].plan)
    return _answer(question, linked, fitting, views, trace)


def _answer(question: Question, linked: Linked, readings: tuple[Reading, ...], views: Views, trace: Trace) -> Document:
    """Run the readings that are equally good; offer them if they differ in what they find."""
    several = [one.plan for one in readings if isinstance(one.plan, Parts)]
    if several and readings[0].plan == several[0]:
        alike = [one.plans for one in several if len(one.plans) == len(several[0].plans)]
        # Whether a relation was said is told of the whole.
        unsaid = tuple(feature for feature in readings[0].features if feature[0] == "inserted")
        parts = [
            _answer(
                question, linked, tuple(Reading(part, 0.0, unsaid) for part in dict.fromkeys(choices)), views, trace
            )
            for choices in zip(*alike, strict=True)
        ]
        return in_parts(question, views.own, several[0], parts)
    readings = tuple(one for one in readings if not isinstance(one.plan, Parts))
    missing = {reading: _without_facts(reading.plan, views.own) for reading in readings}
    held = tuple(reading for reading in readings if missing[reading] is None)
    if not held:
        first, without = next(iter(missing.items()))
        return abstained(question, views.own, f"no source in this scope holds any fact “{without}”", first.plan)
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
    grounds, met = _ground(linked, [result for _, result in distinct], views)
    distinct = [(one, replace(result, entities=result.entities | met)) for one, result in distinct]
    drafts = [_finish(question, linked, one, result, grounds, views) for one, result in distinct]
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


def _ground(linked: Linked, results: list[Result], views: Views) -> tuple[Grounds, dict[EntityId, Entity]]:
    """What stands behind all results, read once: facts, their rivals, who asserts them; and entities met on the way."""
    view = views.own
    facts = {m.fact.id: m.fact for m in linked.mentions if m.fact is not None}
    for result in results:
        facts |= result.facts
    rivals, met = _rivals(facts, view)
    shown = {fact for result in results for fact in facts_used(linked, result)[:MAX_FACTS]}
    here = {fact for result in results for fact in result.points.get(HERE, ())}
    elsewhere = {fact for result in results for read in result.points.values() for fact in read} - here
    assertions = view.assertions((shown | set(rivals)) - elsewhere)
    read_at = {HERE: view.sources()}
    for result in results:
        for point, read in result.points.items():
            for fact, said in views.at(point).assertions(shown & read).items() if point != HERE else ():
                assertions[fact] = tuple(dict.fromkeys((*assertions.get(fact, ()), *said)))
        for point in {*result.points, *(absence.point for absence in result.absences)} - read_at.keys():
            read_at[point] = views.at(point).sources()
    sources = {key: source for found in read_at.values() for key, source in found.items()}
    searched = {point: tuple(found[key] for key in sorted(found)) for point, found in read_at.items()}
    return Grounds(facts | rivals, assertions, sources, searched), met


def _finish(  # noqa: PLR0913, PLR0917 (what one finding is made of)
    question: Question, linked: Linked, reading: Reading, result: Result, grounds: Grounds, views: Views
) -> Document:
    """Evidence, claims, verdicts and explanation for one executed plan."""
    view = views.own
    ontology, chosen = view.ontology(), reading.plan
    order = facts_used(linked, result)
    if reading.datasets and (other := _elsewhere(order, grounds, reading.datasets)) is not None:
        names = " and ".join(sorted(reading.datasets))
        reason = f"the question names {names}, but the answer would rest on {other} too: leave the name out, or narrow"
        return abstained(question, view, f"{reason} the scope to it", chosen)
    wording = Wording(ontology, result.entities)
    interpretation = wording.plan(chosen)
    empty = result.value in (None, 0, False) and not result.rows and not result.paths and not result.refuted
    if empty and isinstance(chosen, Passages):
        reason = f"no text has all of these words, though one may say it in others; I read it as {interpretation}"
        searched = context(order, result, grounds, ontology)
        return not_known(question, view, reason, chosen, interpretation, searched)
    if empty and (unknown := _open(chosen, ontology)):
        reason = f"no source says so, and what no source says about “{unknown}” is unknown rather than untrue"
        searched = context(order, result, grounds, ontology)
        return not_known(question, view, f"{reason}; I read it as {interpretation}", chosen, interpretation, searched)
    if not result.refuted and left_over(reading) > MOST_PASSED_OVER:
        reason = f"read as “{interpretation}” it passes over too much of the question"
        return abstained(question, view, reason, chosen)
    if empty and guessed(reading, of_list=result.type == "list"):
        reason = f"read as “{interpretation}” it finds nothing, and that reading is partly a guess"
        searched = context(order, result, grounds, ontology)
        return not_known(question, view, reason, chosen, interpretation, searched)
    if (unsure := _gap(chosen, ontology)) and result.rows:
        note = f"Sources need not say everything about “{unsure}”: what none of them says may be so all the same"
        result = replace(result, notes=(*result.notes, note))
    evidence = context(order, result, grounds, ontology)
    draft = generate(chosen, result, evidence, wording)
    claims = verify(draft, evidence, result, wording, interpretation)
    drawn = explanation(evidence, grounds.facts, result, ontology)
    return answered(question, view, Finding(chosen, interpretation, result, evidence, claims, drawn), grounds)


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
    for part in walk(chosen):
        if isinstance(part, Follow | Where | Value):
            yield part.predicate
        elif isinstance(part, Rank | Top | Group) and part.value is not None:
            yield part.value


def _open(chosen: Plan, ontology: Ontology) -> str | None:
    """A predicate of the plan about which sources need not say everything."""
    return next((name.replace("_", " ") for name in _asked(chosen) if ontology.predicates[name].world == "open"), None)


def _gap(chosen: Plan, ontology: Ontology) -> str | None:
    """A predicate about which sources need not say everything, where the plan asks for what lacks it."""
    for part in walk(chosen):
        lacking: Plan | None = None
        if isinstance(part, Having) and part.quantifier in ("none", "at_most", "exactly"):
            lacking = part.plan
        elif isinstance(part, Only | Minus):
            lacking = part.plan if isinstance(part, Only) else part.without
        elif isinstance(part, Where) and part.comparator == "unknown":
            lacking = Where(Each(), part.predicate, "known")
        if lacking is not None and (name := _open(lacking, ontology)) is not None:
            return name
    return None


def _elsewhere(order: list[FactId], grounds: Grounds, named: frozenset[str]) -> str | None:
    """A dataset version beyond the named ones that a fact of the answer rests on alone."""
    for supports in (grounds.assertions.get(fact, ()) for fact in order):
        versions = sorted(f"{grounds.sources[a.source].dataset}@{grounds.sources[a.source].version}" for a in supports)
        if versions and not named & set(versions):
            return versions[0]
    return None


def _without_facts(chosen: Plan, view: GraphView) -> str | None:
    """A predicate of the plan that nothing in this scope speaks of."""
    held, predicates = view.profile().facts, view.ontology().predicates
    steps = (step for name in _asked(chosen) for step, _ in view.ontology().steps(name, "out"))
    recorded = (name for name in steps if not predicates[name].derived)
    return next((name.replace("_", " ") for name in recorded if not held.get(name)), None)
