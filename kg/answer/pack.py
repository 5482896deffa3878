"""Evidence to what a model is sent of it: within a number of tokens, most useful first, nothing it may not see."""

from __future__ import annotations

import heapq
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from kg.answer.views import Views
from kg.answer.wording import Wording
from kg.domain.completion import ModelSpec, tokens_of
from kg.domain.evidence import Evidence, EvidenceSet
from kg.domain.fact import NAME, Entity, EntityId, Fact, FactId, Literal
from kg.domain.plan import Entities, Plan, walk
from kg.domain.question import SURE, Linked
from kg.domain.result import HERE, Result
from kg.domain.words import fold
from kg.errors import DatasetNotFound

WITHHELD = "[withheld]"
A_ROW, A_FINDING, A_NAME = 10.0, 8.0, 1.0
"""What an item is worth that speaks of a row no other item speaks of yet, that is no plain fact, or that names
something new."""
PER_ITEM = 8
"""Tokens around the text of an item."""
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_UNSEEN = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\U000e0000-\U000e0fff]"
)
"""Among them letters without a shape (Hangul fillers), and selectors of shapes, in which text can be hidden."""


@dataclass(frozen=True, slots=True)
class Packed:
    """Evidence in the order of its use; what did not fit is counted."""

    items: tuple[Evidence, ...]
    left_out: int = 0
    folded: int = 0
    """Items that say what another one says."""


def as_data(text: str) -> str:
    """Text of a source without characters that nobody sees and that a model reads all the same."""
    return _UNSEEN.sub("", _CONTROL.sub(" ", text))


def withheld(evidence: EvidenceSet, result: Result, facts: Mapping[FactId, Fact], low: Views) -> bool:
    """Whether the answer rests on, or names, what these views do not see, which read as high as the model may."""
    shown = {fact for item in evidence.items for fact in item.facts}
    shown |= {fact for row in result.rows for fact in row.witness} | {one for some in result.beside for one in some}
    shown |= {fact for chain in result.paths for fact in chain.facts}
    ends = {end for fact in shown & facts.keys() for end in (facts[fact].subject, facts[fact].target)}
    ends |= {one for item in evidence.items for one in item.entities}
    ends |= {end for row in result.rows for end in (row.entity, row.other)}
    named = {end for end in ends if end is not None}
    for point in (HERE, *(point for point in result.points if point != HERE)):
        try:
            view = low.at(point)
        except DatasetNotFound:
            return True
        shown -= {fact for fact, said in view.assertions(shown).items() if said}
        named -= view.entities(named).keys()
    return bool(shown or named)


def names_unseen(linked: Linked, plans: Iterable[Plan], low: Views) -> bool:
    """Whether the question, or what it is read as, names something that these views do not see."""
    named = {one for m in linked.mentions if m.kind == "entity" and m.score >= SURE for one in (m.value, *m.more)}
    named |= {one for plan in plans for part in walk(plan) if isinstance(part, Entities) for one in part.ids}
    return bool(named) and bool(named - low.own.entities(named).keys())


def pack(
    evidence: EvidenceSet,
    result: Result,
    facts: Mapping[FactId, Fact],
    spec: ModelSpec,
    hide: Callable[[str], str],
) -> Packed:
    """What fits into half of the model's context, the other half being for all else; less what ``hide`` takes out."""
    budget = spec.context_tokens // 2
    members = {row.entity for row in result.rows}
    waiting = [_redacted(item, hide) for item in evidence.items]
    texts = {fold(item.text): item.id for item in reversed(waiting)}
    unique = [item for item in waiting if texts[fold(item.text)] == item.id or item.kind != "fact"]
    taken: list[Evidence] = []
    covered: set[EntityId] = set()
    spent = 0
    # What an item is worth only falls as others are taken, so what stays ahead with its worth of now is the best.
    ahead = [(-math.inf, number, item, _speaks_of(item, facts)) for number, item in enumerate(unique)]
    while ahead:
        _, number, item, speaks_of = heapq.heappop(ahead)
        size = tokens_of(item.text) + PER_ITEM
        worth = _worth(item, speaks_of - covered, members) / size
        if ahead and (-worth, number) > ahead[0][:2]:
            heapq.heappush(ahead, (-worth, number, item, speaks_of))
        elif spent + size <= budget:
            taken.append(item)
            covered |= speaks_of
            spent += size
    out = len(unique) - len(taken) + evidence.left_out
    return Packed(tuple(sorted(taken, key=_number)), out, len(waiting) - len(unique))


def _worth(item: Evidence, new: set[EntityId], members: set[EntityId]) -> float:
    return (
        A_ROW * bool(new & members)
        + (A_FINDING if item.kind not in ("fact", "path") else 0.0)
        + A_NAME * len(new)
        + 0.1
    )


def _number(item: Evidence) -> int:
    return int(item.id.removeprefix("E"))


def _speaks_of(item: Evidence, facts: Mapping[FactId, Fact]) -> set[EntityId]:
    ends = {end for one in item.facts if one in facts for end in (facts[one].subject, facts[one].target)}
    return {end for end in ends if end is not None} | set(item.entities)


def _redacted(item: Evidence, hide: Callable[[str], str]) -> Evidence:
    """The item as text that is only data, without the values that the model may not see."""
    return replace(item, text=hide(as_data(item.text)), quote=None if item.quote is None else hide(as_data(item.quote)))


def hiding(
    facts: Iterable[Fact], wording: Wording, entities: Mapping[EntityId, Entity], spec: ModelSpec
) -> Callable[[str], str]:
    """Takes out of any text what the model may not see: values of redacted predicates; of names it leaves the keys."""
    values = {
        form
        for fact in facts
        if fact.predicate in spec.redact and fact.predicate != NAME and isinstance(fact.object, Literal)
        for form in (fact.object.value, as_data(fact.object.value))
    }
    instead = dict.fromkeys(values, WITHHELD)
    for one, entity in entities.items() if NAME in spec.redact else ():
        key = one.partition(":")[2]
        instead |= dict.fromkeys((entity.name, as_data(entity.name)), key) if entity.name != key else {}
        instead[wording.entity(one)] = key
    if not instead:
        return lambda text: text
    longest_first = sorted(instead, key=lambda text: (-len(text), text))
    either = re.compile("|".join(rf"(?<!\w){re.escape(one)}(?!\w)" for one in longest_first), re.IGNORECASE)
    folded = {one.casefold(): key for one, key in instead.items()}
    return lambda text: either.sub(lambda found: folded.get(found[0].casefold(), WITHHELD), text)


def question_for(linked: Linked, spec: ModelSpec) -> str:
    """The question without the values in it that the model may not see, and with keys for names, if it may see none."""
    text = linked.text
    for mention in sorted(linked.mentions, key=lambda one: one.start - one.end):
        words = [re.escape(word.text) for word in linked.words[mention.start : mention.end]]
        value = mention.kind == "value" and set(mention.more) & set(spec.redact)
        name = mention.kind == "entity" and NAME in spec.redact and mention.score >= SURE
        if value or name:
            instead = WITHHELD if value else mention.value.partition(":")[2]
            said = r"\W+".join(words)
            text = re.sub(rf"(?<!\w){said}(?!\w)", instead.replace("\\", r"\\"), text)
    return text
