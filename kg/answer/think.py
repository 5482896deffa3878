"""Question to a plan by a language model: in the same plan type, validated, mended once, held against the question."""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kg.answer.account import Account, account
from kg.answer.choose import Chosen
from kg.answer.fit import validate
from kg.answer.pack import as_data, hiding, question_for
from kg.answer.planner import Reading
from kg.answer.wording import Wording
from kg.answer.write import REPAIR, Author
from kg.domain.completion import ModelSpec, Reply
from kg.domain.fact import NAME, Entity, EntityId, Fact, Literal
from kg.domain.ontology import ANY, Ontology
from kg.domain.plan import Entities, Plan, walk
from kg.domain.plan_json import from_json, to_json
from kg.domain.question import Linked
from kg.errors import PlanInvalid

PLAN = "plan"
MAX_NAMED = 40
"""Linked names told to the model."""
MOST_LACKING = 1
"""What a plan of the model alone may leave out of a question, in the measure of ``Account.lacking``."""
NOTHING = Account()
OWN, MODEL, BOTH = "grammar", "model", "grammar and model"


@dataclass(frozen=True, slots=True)
class Thought:
    """What the model reads the question as; or why it reads it as nothing."""

    plan: Plan | None = None
    account: Account = NOTHING
    reason: str | None = None
    sure: bool = False
    """Whether it is what the grammar has, accounts for every word, or was said twice."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Readings to try, the first that holds is answered; who made them, and why they were taken."""

    attempts: tuple[tuple[Reading, ...], ...]
    by: str
    why: str
    agreed: bool = False
    """Whether both read it alike."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the model may know of: the question as it was linked, and of its entities those that it may see."""

    linked: Linked
    ontology: Ontology
    seen: Mapping[EntityId, Entity]
    today: str


def think(told: Told, own: Plan | None, author: Author) -> Thought:
    """Ask for a plan; ``own`` is what the grammar reads.

    Where it differs from the grammar, or leaves words unexplained that the grammar has no plan for, it is asked again
    without a hint, and has to say the same: what is said twice is seldom made up (Wang et al., Self-Consistency, 2022).
    """
    if author.kept:
        return Thought(reason=author.above)
    variables = _variables(told, own, author.model.spec)
    plan, reason = _planned(variables, told, author)
    if plan is None:
        return Thought(reason=reason)
    accounted = account(plan, told.linked, told.ontology)
    if plan == own or (own is None and not accounted.lacking):
        return Thought(plan, accounted, sure=True)
    again, _ = _planned(variables | {"hint": None}, told, author)
    return Thought(plan, accounted, sure=again == plan)


def settle(chosen: Chosen, thought: Thought, linked: Linked, ontology: Ontology) -> Settled | None:
    """One rule where grammar and model differ: who accounts for more of the question, if what it presupposes holds.

    If both account for as much, both are run, and where they find different things it is asked which is meant.
    ``None`` where neither has a plan to run.
    """
    own = chosen.readings
    if not own or thought.plan is None:
        return _settle_one(own, thought)
    if not thought.sure:
        return Settled((own,), OWN, "the model did not read it the same way twice")
    model = (Reading(thought.plan, 0.0),)
    if any(one.plan == thought.plan for one in own):
        # Of readings that are equally good a person chooses, and no model.
        why = "both read it so" if len(own) == 1 else "the model reads it as one of the grammar's readings"
        return Settled((own,), BOTH, why, agreed=len(own) == 1)
    ours, theirs = account(own[0].plan, linked, ontology).lacking, thought.account.lacking
    if theirs < ours:
        return Settled((model, own), MODEL, "the model's reading accounts for more of the question")
    if ours < theirs:
        return Settled((own,), OWN, "the grammar's reading accounts for more of the question")
    return Settled(((*own, *model),), BOTH, "both readings account for as much of the question")


def _settle_one(own: tuple[Reading, ...], thought: Thought) -> Settled | None:
    if own:
        return Settled((own,), OWN, thought.reason or "the model gave no plan")
    # Nothing else speaks for it, so it has to speak for itself.
    told = thought.account
    if thought.plan is None or told.named or told.added or told.lacking > MOST_LACKING or not thought.sure:
        return None
    why = "the grammar has no reading; the model's accounts for what is asked"
    return Settled(((Reading(thought.plan, 0.0),),), MODEL, why)


def _planned(variables: Mapping[str, Any], told: Told, author: Author) -> tuple[Plan | None, str | None]:
    """A plan that may be run; or why there is none."""
    use = author.ask(PLAN, variables)
    if use.reply is None:
        return None, use.error
    if _has_none(use.reply):
        return None, "the model finds no plan for it"
    try:
        return _read(use.reply, told), None
    except PlanInvalid as exc:
        again = author.ask(REPAIR, {**variables, "reply": use.reply.text, "problems": [str(exc)]}, of=PLAN)
    if again.reply is None:
        return None, again.error
    try:
        return _read(again.reply, told), None
    except PlanInvalid as last:
        return None, f"the model's plan does not fit: {last}"


def _has_none(reply: Reply) -> bool:
    """Whether it says that no plan can say what is asked."""
    told = reply.content.get("plan_json", reply.content.get("plan"))
    return isinstance(told, str) and not told.strip()


def _read(reply: Reply, told: Told) -> Plan:
    """The plan of a reply. Raises PlanInvalid."""
    document = reply.content.get("plan_json", reply.content.get("plan"))
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except (ValueError, RecursionError) as exc:
            raise PlanInvalid(f"the plan is not JSON: {exc}") from exc
    if document is None:
        raise PlanInvalid("there is no plan in the reply")
    plan = from_json(document)
    validate(plan, told.ontology)
    named = {one for m in told.linked.mentions if m.kind == "entity" for one in (m.value, *m.more)}
    known = named | _of_concepts(told.ontology)
    for part in walk(plan):
        if isinstance(part, Entities) and (strange := [one for one in part.ids if one not in known]):
            raise PlanInvalid(f"the question names no entity {strange[0]!r}: use the ids that are listed")
    return plan


def _of_concepts(ontology: Ontology) -> set[EntityId]:
    """Ids that stand in the ontology's own plans."""
    texts = [one.plan for one in ontology.concepts.values()]
    return {one for text in texts for one in _ids(json.loads(text))}


def _ids(document: Any) -> list[str]:
    if isinstance(document, dict):
        own = [one for one in document.get("ids", []) if isinstance(one, str)]
        return own + [one for value in document.values() for one in _ids(value)]
    return [one for value in document for one in _ids(value)] if isinstance(document, list) else []


# --- what the model is told -------------------------------------------------------------------------------------


def _variables(told: Told, own: Plan | None, spec: ModelSpec) -> dict[str, Any]:
    linked = told.linked
    hide = hiding(_values(linked), Wording(told.ontology, linked.entities), linked.entities, spec)
    unnamed = NAME in spec.redact
    named: dict[tuple[str, EntityId], dict[str, str]] = {}
    for mention in linked.mentions:
        said = " ".join(word.text for word in linked.words[mention.start : mention.end])
        for one in (mention.value, *mention.more) if mention.kind == "entity" else ():
            if one in told.seen and len(named) < MAX_NAMED:
                met = told.seen[one]
                key = one.partition(":")[2]
                span, name = (key, key) if unnamed else (said, as_data(met.name))
                named[span, one] = {"span": span, "id": one, "name": name, "type": met.type}
    return {
        "question": hide(question_for(linked, spec)),
        "today": told.today,
        "ontology": described(told.ontology),
        "entities": list(named.values()),
        "hint": None if own is None else hide(json.dumps(to_json(own))),
    }


def _values(linked: Linked) -> Iterator[Fact]:
    """What the question says of something, as facts."""
    for mention in linked.mentions:
        for predicate in mention.more if mention.kind == "value" else ():
            yield Fact.of("", predicate, Literal(mention.value))


@functools.lru_cache(maxsize=16)
def described(ontology: Ontology) -> str:
    """Types with their nouns, predicates with what they lead from and to and what people say for them."""
    lines = ["Types:"]
    for name, kind in sorted(ontology.types.items()):
        of = f" (a kind of {kind.parent})" if kind.parent else ""
        lines.append(f"- {name}{of}: {', '.join(kind.nouns)}")
    lines.append("Predicates:")
    for name, spec in sorted(ontology.predicates.items()):
        ends = f"{_either(spec.subjects)} -> {_either(spec.objects) if spec.objects else spec.value}"
        values = f"; values {', '.join(value for value, _ in spec.values)}" if spec.values else ""
        said = ", ".join(spec.phrases[:4])
        back = f"; backwards: {', '.join(spec.inverse[:3])}" if spec.inverse else ""
        lines.append(f"- {name}: {ends}: {said}{back}{values}")
    return "\n".join(lines)


def _either(types: Collection[str]) -> str:
    return "anything" if ANY in types or not types else " or ".join(types)
