"""Question to mentions: keys, names, type nouns, predicate phrases, cues."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from kg.domain.fact import ALIAS, Entity, EntityId, Fact, Literal
from kg.domain.ontology import Ontology
from kg.domain.question import Linked, Mention, Question, Word
from kg.domain.words import fold
from kg.ports.store import GraphView
from kg.text.language import Language, Token, english, stems, tokenize

LONGEST_NAME = 8
"""Words of a name; longer names are found by their key."""
LONGEST_KEY = 6
LONGEST_NUMBER = 6
_CONTRACTED = re.compile(r"\b(\w+?)n't\b", re.IGNORECASE)
_FULL = {"ca": "can", "wo": "will", "sha": "shall"}
_ENDS = "?.!"
NAMESAKES = 10
"""Entities sharing one name that are considered; more than a person would choose among."""


def link(question: Question, view: GraphView) -> Linked:
    """Recognise what the question speaks of. At most four round trips, whatever its length."""
    text = _CONTRACTED.sub(
        lambda found: f"{_FULL.get(found[1].lower(), found[1])} not", question.text.replace("\u2019", "'")
    )
    tokens = tokenize(text)
    language, ontology = english(), view.ontology()
    dropped = _dropped(tokens, language)
    keyed = dict(_keys(text, tokens, ontology))
    places = [(span, name) for name, span in _name_spans(tokens)]
    named = view.named([name for _, name in places] + [entity for ids in keyed.values() for entity in ids], NAMESAKES)
    candidates = {entity for ids in keyed.values() for entity in ids} | {e for ids in named.values() for e in ids}
    entities = view.entities(candidates)
    mentions = [
        *_entity_mentions(keyed, places, named, entities),
        *_phrase_mentions(tokens, dropped, ontology, language),
        *_dataset_mentions(tokens, view),
    ]
    mentions = _active_first(mentions, entities)
    mentions = _merge_appositions(mentions)
    mentions = _absorb(tokens, mentions, entities, view, language)
    words = tuple(Word(t.text, needed=i not in dropped) for i, t in enumerate(tokens))
    return Linked(words, tuple(_longest(mentions)), entities)


def _spans(length: int, longest: int) -> Iterator[tuple[int, int]]:
    for i in range(length):
        for j in range(i + 1, min(i + longest, length) + 1):
            yield i, j


def _name_spans(tokens: Sequence[Token]) -> Iterator[tuple[str, tuple[int, int]]]:
    for i, j in _spans(len(tokens), LONGEST_NAME):
        if all(token.text.isalnum() for token in (tokens[i], tokens[j - 1])):
            yield fold(" ".join(token.folded for token in tokens[i:j])), (i, j)


def _keys(
    text: str, tokens: Sequence[Token], ontology: Ontology
) -> Iterator[tuple[tuple[int, int], tuple[EntityId, ...]]]:
    """Spans that can be spelt keys, as they stand in the text."""
    for i, j in _spans(len(tokens), LONGEST_KEY):
        raw = text[tokens[i].start : tokens[j - 1].end]
        if raw.count("(") > raw.count(")"):
            raw += ")"
        likely = j == i + 1 or any(c.isdigit() for c in raw)
        if likely and (ids := tuple(dict.fromkeys(ontology.ids_of_key(raw)))):
            yield (i, j), ids


def _entity_mentions(
    keyed: dict[tuple[int, int], tuple[EntityId, ...]],
    places: Sequence[tuple[tuple[int, int], str]],
    named: dict[str, tuple[EntityId, ...]],
    entities: dict[EntityId, Entity],
) -> Iterator[Mention]:
    for (i, j), ids in keyed.items():
        for entity in (*ids, *(found for key in ids for found in named.get(key, ()))):
            if entity in entities:
                yield Mention(i, j, "entity", entity)
    for (i, j), name in places:
        for entity in named.get(name, ()):
            if entity in entities:
                yield Mention(i, j, "entity", entity, fact=_alias_fact(entities[entity], name))


def _alias_fact(entity: Entity, folded: str) -> Fact | None:
    if fold(entity.name) == folded:
        return None
    alias = next((alias for alias in entity.aliases if fold(alias) == folded), None)
    return Fact.of(entity.id, ALIAS, Literal(alias)) if alias is not None else None


def _dropped(tokens: Sequence[Token], language: Language) -> frozenset[int]:
    """Places of words that carry nothing: US, IT and WHO are names where us, it and who are not."""
    shouted = all(token.text.isupper() for token in tokens if token.text.isalpha())
    last = max((i for i, token in enumerate(tokens) if token.text not in _ENDS), default=-1)
    return frozenset(
        i
        for i, token in enumerate(tokens)
        if (token.folded in language.droppable and (i == 0 or shouted or token.text in ("I", token.text.lower())))
        or (token.text in _ENDS and i > last)
    )


def _phrase_mentions(
    tokens: Sequence[Token], dropped: frozenset[int], ontology: Ontology, language: Language
) -> Iterator[Mention]:
    """Type nouns, predicate phrases and cues, found as stem sequences between droppable words."""
    phrases = _ontology_phrases(ontology, language)
    kept = [i for i in range(len(tokens)) if i not in dropped]
    longest = max((len(sequence) for sequence in phrases), default=0)
    for at in range(len(kept)):
        for size in range(1, min(longest, len(kept) - at) + 1):
            sequence = tuple(tokens[i].stem for i in kept[at : at + size])
            for mention in phrases.get(sequence, ()):
                yield replace(mention, start=kept[at], end=kept[at + size - 1] + 1)
    for sequence, cue in language.cues:
        for i in range(len(tokens) - len(sequence) + 1):
            if tuple(token.stem for token in tokens[i : i + len(sequence)]) == sequence:
                yield Mention(i, i + len(sequence), "cue", cue)
    numbers = dict(language.numbers)
    for i, token in enumerate(tokens):
        if token.folded in numbers or (token.folded.isdecimal() and len(token.folded) <= LONGEST_NUMBER):
            yield Mention(i, i + 1, "number", str(numbers.get(token.folded, token.folded)))


@functools.lru_cache(maxsize=16)
def _ontology_phrases(ontology: Ontology, language: Language) -> dict[tuple[str, ...], list[Mention]]:
    """Stem sequences of all nouns and phrases, droppable words left out, with what each may mean."""
    phrases: dict[tuple[str, ...], list[Mention]] = {}
    said = [(noun, Mention(0, 0, "type", one.name)) for one in ontology.types.values() for noun in one.nouns]
    for predicate in ontology.predicates.values():
        said += [(phrase, Mention(0, 0, "predicate", predicate.name, "out")) for phrase in predicate.phrases]
        said += [(phrase, Mention(0, 0, "predicate", predicate.name, "in")) for phrase in predicate.inverse]
    for text, mention in said:
        words = zip(stems(text), fold(text).split(), strict=True)
        kept = tuple(stem for stem, word in words if word not in language.droppable)
        phrases.setdefault(kept or stems(text), []).append(mention)
    return phrases


def _dataset_mentions(tokens: Sequence[Token], view: GraphView) -> Iterator[Mention]:
    names = {fold(name): v.ref for v in view.datasets() for name in (v.title, v.publisher, *v.aliases)}
    for name, (i, j) in _name_spans(tokens):
        if name in names:
            yield Mention(i, j, "dataset", names[name])


def _active_first(mentions: Iterable[Mention], entities: dict[EntityId, Entity]) -> list[Mention]:
    """A withdrawn entity is meant only where no active one has the name."""
    found = list(mentions)
    active = {(m.start, m.end) for m in found if m.kind == "entity" and entities[m.value].status is None}
    return [
        m for m in found if m.kind != "entity" or entities[m.value].status is None or (m.start, m.end) not in active
    ]


def _merge_appositions(mentions: list[Mention]) -> list[Mention]:
    """A name beside its own key (``Corner Shop (S-12)``) is one mention, and settles a shared name."""
    entity = [m for m in mentions if m.kind == "entity"]
    merged: list[Mention] = []
    for left in entity:
        for right in entity:
            if left.end == right.start and left.value == right.value:
                merged.append(replace(left, end=right.end))
    return mentions + merged


def _absorb(
    tokens: Sequence[Token],
    mentions: list[Mention],
    entities: dict[EntityId, Entity],
    view: GraphView,
    language: Language,
) -> list[Mention]:
    """Widen an entity over neighbouring words of its own full name or of what it is a part of."""
    ids = {m.value for m in mentions if m.kind == "entity"}
    said = {i for m in mentions if m.kind == "cue" for i in range(m.start, m.end)}
    said |= {i for i, t in enumerate(tokens) if t.folded in language.droppable | language.light}
    bags = {entity: _name_stems(entities[entity]) for entity in ids}
    for entity, broader in _broader(ids, entities, view).items():
        for one in broader:
            bags[entity] |= _name_stems(one)
    widened = []
    for mention in mentions:
        if mention.kind == "entity":
            start, end = mention.start, mention.end
            while start > 0 and start - 1 not in said and tokens[start - 1].stem in bags[mention.value]:
                start -= 1
            while end < len(tokens) and end not in said and tokens[end].stem in bags[mention.value]:
                end += 1
            if (start, end) != (mention.start, mention.end):
                widened.append(replace(mention, start=start, end=end))
    return mentions + widened


def _name_stems(entity: Entity) -> set[str]:
    return {stem for name in (entity.name, *entity.aliases) for stem in stems(name)}


def _broader(ids: set[EntityId], entities: dict[EntityId, Entity], view: GraphView) -> dict[EntityId, list[Entity]]:
    """Entities whose names count as part of these entities' names."""
    ontology = view.ontology()
    predicates = {name for entity in ids for name in ontology.types[entities[entity].type].full_name}
    if not predicates:
        return {}
    expansion = view.follow(ids, predicates, "out", 1)
    found: dict[EntityId, list[Entity]] = {}
    for fact in expansion.facts:
        if fact.target in expansion.entities:
            found.setdefault(fact.subject, []).append(expansion.entities[fact.target])
    return found


def _longest(mentions: Iterable[Mention]) -> Iterator[Mention]:
    """Drop repeats, what stands inside a longer mention that takes its place, and aliases where the name stands."""
    found = list(dict.fromkeys(mentions))
    for mention in found:
        wider = [m for m in found if m.start <= mention.start and mention.end <= m.end]
        longer = [m for m in wider if m.end - m.start > mention.end - mention.start]
        if mention.kind == "entity":
            same = [m for m in wider if m.kind == "entity" and m.value == mention.value]
            hidden = any(m in longer or (mention.fact is not None and m.fact is None) for m in same)
        elif mention.kind == "dataset":
            hidden = any(m.kind in ("type", "entity", "dataset") for m in longer)
        else:
            # "Control families" are no controls; "at most" is no "most".
            hidden = mention.kind in ("type", "cue") and any(m.kind == mention.kind for m in longer)
        if not hidden:
            yield mention
