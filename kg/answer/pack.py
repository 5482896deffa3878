"""Evidence to what a model is sent of it: within a number of tokens, most useful first, nothing it may not see."""

from __future__ import annotations

import heapq
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from kg.answer.views import Views
from kg.answer.wording import Wording
from kg.domain.completion import ModelSpec
from kg.domain.evidence import Evidence, EvidenceSet
from kg.domain.fact import NAME, EntityId, Fact, FactId, Literal
from kg.domain.result import HERE, Result
from kg.domain.words import fold
from kg.errors import DatasetNotFound

WITHHELD = "[withheld]"
LETTERS_A_TOKEN = 4
"""English text has about four letters a token; the estimate errs on the long side for keys and numbers."""
A_ROW, A_FINDING, A_NAME = 10.0, 8.0, 1.0
"""What an item is worth that speaks of a row no other item speaks of yet, that is no plain fact, or that names
something new."""
PER_ITEM = 8
"""Tokens around the text of an item."""
_UNSEEN = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\U000e0000-\U000e007f]")


@dataclass(frozen=True, slots=True)
class Packed:
    """Evidence in the order of its use; what did not fit is counted."""

    items: tuple[Evidence, ...]
    left_out: int = 0
    folded: int = 0
    """Items that say what another one says."""


def tokens_in(text: str) -> int:
    """An estimate, rather too high."""
    return len(text) // LETTERS_A_TOKEN + 1


def as_data(text: str) -> str:
    """Text of a source without characters that nobody sees and that a model reads all the same."""
    return _UNSEEN.sub("", "".join(c if c == "\n" or unicodedata.category(c) != "Cc" else " " for c in text))


def withheld(evidence: EvidenceSet, result: Result, facts: Mapping[FactId, Fact], low: Views) -> bool:
    """Whether something in it may not be seen by these views, which read as high as the model may."""
    shown = {fact for item in evidence.items for fact in item.facts}
    ends = {end for fact in shown & facts.keys() for end in (facts[fact].subject, facts[fact].target)}
    ends |= {one for item in evidence.items for one in item.entities}
    named = {end for end in ends if end is not None}
    for point in (HERE, *(point for point in result.points if point != HERE)):
        try:
            view = low.at(point)
        except DatasetNotFound:
            return True
        shown -= {fact for fact, said in view.assertions(shown).items() if said}
        named -= view.entities(named).keys()
    return bool(shown or named)


def pack(evidence: EvidenceSet, result: Result, facts: dict[FactId, Fact], wording: Wording, spec: ModelSpec) -> Packed:
    """What fits into half of the model's context, the other half being for all else."""
    budget = spec.context_tokens // 2
    members = {row.entity for row in result.rows}
    waiting = [_redacted(item, facts, wording, spec) for item in evidence.items]
    texts = {fold(item.text): item.id for item in reversed(waiting)}
    unique = [item for item in waiting if texts[fold(item.text)] == item.id or item.kind != "fact"]
    taken: list[Evidence] = []
    covered: set[EntityId] = set()
    spent = 0
    # What an item is worth only falls as others are taken, so what stays ahead with its worth of now is the best.
    ahead = [(-math.inf, number, item, _speaks_of(item, facts)) for number, item in enumerate(unique)]
    while ahead:
        _, number, item, speaks_of = heapq.heappop(ahead)
        size = tokens_in(item.text) + PER_ITEM
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


def _speaks_of(item: Evidence, facts: dict[FactId, Fact]) -> set[EntityId]:
    ends = {end for one in item.facts if one in facts for end in (facts[one].subject, facts[one].target)}
    return {end for end in ends if end is not None} | set(item.entities)


def _redacted(item: Evidence, facts: dict[FactId, Fact], wording: Wording, spec: ModelSpec) -> Evidence:
    """The item as text that is only data, without the values that the model may not see."""
    text = item.text
    hidden = set(spec.redact)
    for one in item.facts:
        fact = facts.get(one)
        if fact is not None and fact.predicate in hidden and isinstance(fact.object, Literal):
            text = text.replace(wording.fact(fact), wording.fact(replace(fact, object=Literal(WITHHELD))))
            text = text.replace(fact.object.value, WITHHELD)
    if NAME in hidden:
        text = unnamed(text, _speaks_of(item, facts), wording)
    return replace(item, text=as_data(text), quote=None if item.quote is None else as_data(item.quote))


def unnamed(text: str, entities: Iterable[EntityId], wording: Wording) -> str:
    """The text with keys in the place of names."""
    for one in sorted(entities, key=lambda key: -len(wording.entity(key))):
        text = text.replace(wording.entity(one), one.partition(":")[2])
    return text
