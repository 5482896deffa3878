"""Readings to a document: they are run, and each is offered where those equally good find different things."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from kg.answer.decide import DecisionInputMissing
from kg.answer.document import abstained, ambiguous, in_parts
from kg.answer.execute import TooMuchRead, execute
from kg.answer.finish import Asked, finish, ground, without_facts
from kg.answer.fit import fits
from kg.answer.merged import with_ties
from kg.answer.planner import Reading
from kg.answer.trace import Trace
from kg.answer.wording import Wording
from kg.domain.decision import Document
from kg.domain.fact import EntityId
from kg.domain.ontology import Ontology
from kg.domain.plan import Entities, Parts, Plan, walk
from kg.domain.plan_json import from_json, to_json
from kg.domain.question import Linked, Question
from kg.domain.result import Result
from kg.ports.store import GraphView


def run_fitting(asked: Asked, readings: tuple[Reading, ...], trace: Trace) -> Document:
    """Run those of the readings that fit the ontology; the document says which these were."""
    view = asked.views.own
    fitting = tuple(one for one in readings if fits(one.plan, view.ontology()))
    if not fitting:
        return abstained(asked.question, view, "what I read it as cannot be asked of this graph", readings[0].plan)
    return run_readings(asked, fitting, trace)


def run_readings(asked: Asked, readings: tuple[Reading, ...], trace: Trace) -> Document:
    """Run the readings; with those that the document keeps, the same can be run again."""
    document = _run(asked, readings, trace)
    document["reader"]["readings"] = [
        {"plan": to_json(one.plan), "features": [list(item) for item in one.features], "datasets": sorted(one.datasets)}
        for one in readings
    ]
    return document


def readings_of(document: Document) -> tuple[Reading, ...]:
    """The readings that were run for a document, as ``run_readings`` kept them; of an older one its plan."""
    if "readings" not in document["reader"]:
        return () if document["plan"] is None else (Reading(from_json(document["plan"]), 0.0),)
    return tuple(
        Reading(from_json(one["plan"]), 0.0, tuple((n, v) for n, v in one["features"]), frozenset(one["datasets"]))
        for one in document["reader"]["readings"]
    )


def _run(asked: Asked, readings: tuple[Reading, ...], trace: Trace) -> Document:
    """Run the readings that are equally good; offer them if they differ in what they find."""
    question, linked, views = asked.question, asked.linked, asked.views
    several = [one.plan for one in readings if isinstance(one.plan, Parts)]
    if several and readings[0].plan == several[0]:
        alike = [one.plans for one in several if len(one.plans) == len(several[0].plans)]
        # Whether a relation was said is told of the whole.
        unsaid = tuple(feature for feature in readings[0].features if feature[0] == "inserted")
        parts = [
            _run(asked, tuple(Reading(part, 0.0, unsaid) for part in dict.fromkeys(choices)), trace)
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
