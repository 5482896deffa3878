"""Result to document: what stands behind it, evidence, claims and their verdicts, the explanation."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kg.answer.choose import MOST_PASSED_OVER, guessed, left_over
from kg.answer.context import MAX_FACTS, context, facts_used
from kg.answer.document import Finding, abstained, answered, not_known
from kg.answer.explain import explanation
from kg.answer.generate import generate
from kg.answer.pack import question_for
from kg.answer.planner import Reading
from kg.answer.verify import verify
from kg.answer.views import Views
from kg.answer.wording import Wording
from kg.answer.write import Author, Material, Written, with_own, write
from kg.domain.decision import Document
from kg.domain.evidence import Claim, Grounds
from kg.domain.fact import Entity, EntityId, Fact, FactId
from kg.domain.ontology import Ontology
from kg.domain.plan import (
    Each,
    Having,
    Minus,
    Only,
    Passages,
    Plan,
    Rank,
    Value,
    Where,
    predicates_of,
    walk,
)
from kg.domain.question import Linked, Question
from kg.domain.result import HERE, Result
from kg.ports.store import GraphView

MAX_RIVALS = 10
"""Values of one functional predicate that are compared for one subject."""


_NOTHING: dict[type, str] = {
    Passages: "no text has all of these words, though one may say it in others",
    Rank: "there is nothing to put in order",
    Value: "no source says so",
}
"""Why there is no answer, where a plan of this kind finds nothing."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what was recognised in it, the views it is answered through, and the model at work on it."""

    question: Question
    linked: Linked
    views: Views
    author: Author | None = None


def ground(linked: Linked, results: list[Result], views: Views) -> tuple[Grounds, dict[EntityId, Entity]]:
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
    # Rows of saved decision tables are read and cited, and are no source that is searched.
    unknown = {one.source for said in assertions.values() for one in said} - sources.keys()
    if unknown:
        sources |= view.sources(unknown)
    searched = {point: tuple(found[key] for key in sorted(found)) for point, found in read_at.items()}
    return Grounds(facts | rivals, assertions, sources, searched), met


def finish(asked: Asked, reading: Reading, result: Result, grounds: Grounds, *, alone: bool) -> Document:
    """Evidence, claims, verdicts and explanation for one executed plan; a model writes of what stands ``alone``."""
    question, view = asked.question, asked.views.own
    ontology, chosen = view.ontology(), reading.plan
    order = facts_used(asked.linked, result)
    if reading.datasets and (other := _elsewhere(order, grounds, reading.datasets)) is not None:
        names = " and ".join(sorted(reading.datasets))
        reason = f"the question names {names}, but the answer would rest on {other} too: leave the name out, or narrow"
        return abstained(question, view, f"{reason} the scope to it", chosen)
    wording = Wording(ontology, result.entities)
    interpretation = wording.plan(chosen)
    empty = result.value in (None, 0, False) and not result.rows and not result.paths and not result.refuted
    if empty and (none := _NOTHING.get(type(chosen))):
        reason = f"{none}; I read it as {interpretation}"
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
    written = None
    if asked.author is not None and alone and claims[0].verdict == "supported":
        material = Material(
            question.text,
            question_for(asked.linked, asked.author.model.spec),
            interpretation,
            claims[0].text,
            result,
            evidence,
            grounds.facts,
            wording,
            result.notes,
        )
        written = write(material, asked.author, asked.views.below(asked.author.model.spec.ceiling))
        claims = with_own(written, claims, result) if written.claims else claims
    finding = Finding(chosen, interpretation, result, evidence, claims, drawn)
    document = answered(question, view, finding, grounds)
    return document if written is None else _by_model(document, written)


def _by_model(document: Document, written: Written) -> Document:
    """The document with who wrote its sentences, and the claims of the model that did not stand."""
    if written.claims:
        # Our own claims of rows that the model did not speak of are listed, and are not in its text.
        notes = document["answer"]["text"].removeprefix(written.claims[0].text)
        document["answer"]["text"] = " ".join(one.text for one in written.claims) + notes
    document["writer"] = {
        "by": "model" if written.claims else "extractive",
        "reason": written.reason,
        "dropped": [_dropped(one.claim, one.problem) for one in written.dropped],
        "left_out": written.packed.left_out,
    }
    return document


def _dropped(claim: Claim, problem: str | None) -> dict[str, object]:
    return {"text": claim.text, "verdict": claim.verdict, "problem": problem, "evidence": list(claim.evidence)}


def _rivals(facts: dict[FactId, Fact], view: GraphView) -> tuple[dict[FactId, Fact], dict[EntityId, Entity]]:
    """Facts that cannot hold together with these (another value of a functional predicate)."""
    functional = {name for name, spec in view.ontology().predicates.items() if spec.functional}
    single = {(fact.subject, fact.predicate) for fact in facts.values() if fact.predicate in functional}
    if not single:
        return {}, {}
    read = view.follow({subject for subject, _ in single}, {name for _, name in single}, "out", MAX_RIVALS)
    rivals = [f for f in read.facts if (f.subject, f.predicate) in single and f.id not in facts]
    return {fact.id: fact for fact in rivals}, read.entities


def _open(chosen: Plan, ontology: Ontology) -> str | None:
    """A predicate of the plan about which sources need not say everything."""
    return next(
        (name.replace("_", " ") for name in predicates_of(chosen) if ontology.predicates[name].world == "open"), None
    )


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


def without_facts(chosen: Plan, view: GraphView) -> str | None:
    """A predicate of the plan that nothing in this scope speaks of."""
    held, predicates = view.profile().facts, view.ontology().predicates
    steps = (step for name in predicates_of(chosen) for step, _ in view.ontology().steps(name, "out"))
    recorded = (name for name in steps if not predicates[name].derived)
    return next((name.replace("_", " ") for name in recorded if not held.get(name)), None)
