"""Questions for what documents say about something, word for word: ``what does X say about …``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kg.answer.reading.leaves import size
from kg.answer.reading.parts import Feature
from kg.answer.reading.rules import Grammar
from kg.domain.ontology import PASSAGES, Ontology
from kg.domain.plan import Entities, Follow, Passages, Plan, SetPlan, UnionOf
from kg.domain.question import Linked, Mention, Word
from kg.text.language import english, stem

UNSAID = frozenset({"light", "drop", "mark"})
"""Words that alone are no topic."""
LEAST_NAME = 0.8
"""How sure a name has to be to choose the document."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked for: passages of some kinds, of something named, about what stands in a part of the question."""

    start: int
    end: int
    named: tuple[Mention, ...]
    types: tuple[Mention, ...]
    used: frozenset[int]


def quotations(linked: Linked, grammar: Grammar) -> Iterator[tuple[Plan, float, tuple[Feature, ...]]]:
    """Plans for passages, where the ontology has any and the question has a phrase that asks for what they say."""
    ontology = grammar.ontology
    if ontology.family(PASSAGES) <= {PASSAGES}:
        return
    for asked in _asked(linked, ontology):
        words = linked.words[asked.start : asked.end]
        if all(word.weight in UNSAID for word in words):
            continue
        topic = " ".join(word.text for word in words if word.weight != "mark")
        for source in _sources(asked, linked, ontology):
            features = _features(linked, asked)
            score = sum(grammar.weights.get(name, 0.0) * value for name, value in features)
            yield Passages(source, topic), score, features


def _asked(linked: Linked, ontology: Ontology) -> Iterator[_Asked]:
    """The ways to cut the question into what is looked through, the phrase, and the topic."""
    last = len(linked.words)
    while last and linked.words[last - 1].weight == "mark":
        last -= 1
    for start, end, weak in _phrases(linked.words):
        named = tuple(
            _longest(m for m in linked.mentions if m.kind == "entity" and m.end <= start and m.score >= LEAST_NAME)
        )
        taken = _places(named)
        types = tuple(
            m
            for m in linked.mentions
            if m.kind == "type" and m.end <= start and "ask" not in m.more and m.start not in taken
        )
        kinds = tuple(m for m in types if ontology.family(m.value) & ontology.family(PASSAGES))
        spoken = {i for i in range(start) if linked.words[i].folded in english().quotes}
        if weak and not (kinds or spoken):
            continue
        # How many there are is the first that is said of them.
        counts = [m for m in linked.mentions if m.kind == "cue" and m.value == "count" and m.end <= start]
        used = frozenset({*spoken, *range(start, end), *_places((*named, *types, *counts))})
        yield _Asked(end, last, named, types, used)
        behind = _named_behind(linked, end, last)
        if behind is not None and not named:
            word, one = behind
            yield _Asked(end, word, (one,), types, used | _places([one]) | {word})


def _phrases(words: Sequence[Word]) -> Iterator[tuple[int, int, bool]]:
    """The first phrase that asks for what is said, at its longest; ``weak`` ones need a word for passages before."""
    said = [stem(word.folded) for word in words]
    for weak, phrases in ((False, english().quoting), (True, english().subject)):
        found = [
            (i, i + len(phrase))
            for i in range(len(said))
            for phrase in phrases
            if tuple(said[i : i + len(phrase)]) == phrase
        ]
        if found:
            start = min(i for i, _ in found)
            yield start, max(j for i, j in found if i == start), weak


def _named_behind(linked: Linked, start: int, end: int) -> tuple[int, Mention] | None:
    """What is named at the end, behind a small word: ``… about Y in X``."""
    for one in linked.mentions:
        if one.kind == "entity" and one.end == end and one.score >= LEAST_NAME:
            before = one.start - 1
            while before > start and linked.words[before].weight == "drop":
                before -= 1
            if before > start and linked.words[before].weight == "light":
                return before, one
    return None


def _sources(asked: _Asked, linked: Linked, ontology: Ontology) -> Iterator[SetPlan]:
    """The passages that are looked through: all of the kinds asked for, or those of what is named."""
    passages = ontology.family(PASSAGES)
    kind = next((m.value for m in asked.types if ontology.family(m.value) & passages), PASSAGES)
    if not asked.named:
        holders = [m.value for m in asked.types if not ontology.family(m.value) & passages]
        if not holders:
            yield from _parts_of(Entities(type=kind), ontology.family(kind), PASSAGES, ontology)
        for holder in holders[:1]:
            yield from _parts_of(Entities(type=holder), ontology.family(holder), kind, ontology)
        return
    if len({(m.start, m.end) for m in asked.named}) == 1:
        # Things that all have the name are meant together; who reads it then is told of each.
        one = max(asked.named, key=lambda m: len(m.more))
        ids = one.more or (one.value,)
        types = frozenset(linked.entities[entity].type for entity in ids if entity in linked.entities)
        yield from _parts_of(Entities(ids=ids), types, kind, ontology)


def _parts_of(whole: Entities, types: frozenset[str], kind: str, ontology: Ontology) -> Iterator[SetPlan]:
    """The passages that belong to these, by the predicate that is meant where none is said; and themselves."""
    if types >= ontology.family(PASSAGES):
        yield whole
        return
    parts: list[SetPlan] = [
        Follow(whole, name, "in", type=kind, repeat=True)
        for name, spec in ontology.predicates.items()
        if spec.default and spec.value is None and not spec.derived
        if ontology.ends(name)[0] & ontology.family(kind) and ontology.ends(name)[1] & types
    ]
    own: list[SetPlan] = [whole] if types & ontology.family(PASSAGES) else []
    if parts or own:
        found = (*own, *parts)
        yield found[0] if len(found) == 1 else UnionOf(found)


def _longest(mentions: Iterable[Mention]) -> list[Mention]:
    """Those that stand in no longer one."""
    found = list(mentions)
    return [
        m for m in found if not any(o.start <= m.start and m.end <= o.end and _length(o) > _length(m) for o in found)
    ]


def _length(mention: Mention) -> int:
    return mention.end - mention.start


def _places(mentions: Iterable[Mention]) -> frozenset[int]:
    return frozenset(i for m in mentions for i in range(m.start, m.end))


def _features(linked: Linked, asked: _Asked) -> tuple[Feature, ...]:
    used = asked.used | set(range(asked.start, asked.end))
    left = [i for i, word in enumerate(linked.words) if word.weight == "content" and i not in used]
    datasets = _places(m for m in linked.mentions if m.kind == "dataset") - used
    return (
        ("words", sum(size(linked.words, i, i + 1) for i in used)),
        ("quoted", 1.0),
        ("quoted_within", float(bool(asked.named))),
        ("unexplained", float(len({*left, *datasets}))),
    )
