"""Question to mentions: keys, names, type nouns, phrases, values, numbers, dates, versions, cues."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from kg.answer.apart import join_apart
from kg.answer.dataset_names import dataset_mentions, version_mentions, versions_asked
from kg.answer.mentions import (
    active_first,
    compounds,
    described_keys,
    doubtful_names,
    listed_again,
    longest,
    merge_appositions,
    named_twice,
    whole_names,
)
from kg.answer.names import (
    NAMESAKES,
    entity_mentions,
    keyed,
    like_mentions,
    like_places,
    name_places,
    name_stems,
    respelt_mentions,
    same_stem,
    spans,
)
from kg.answer.phrases import PREPOSITION, corrections, cue_mentions, lexicon, phrase_mentions
from kg.domain.fact import Entity, EntityId
from kg.domain.question import Linked, Mention, Question, Word
from kg.ports.store import GraphView
from kg.text.dates import Dated, dated
from kg.text.language import Language, Token, correct, english, expand, stem, tokenize

LONGEST_VALUE = 4
"""Words of a literal that is found by its value."""
LONGEST_NUMBER = 6
_POINTING = frozenset({"that", "this", "same"})
_POINTS_OUT = frozenset({"which", "that", "this", "any", "each", "every", "no", "the"})
_INVERTED = frozenset({"were", "should", "had"})
"""Auxiliaries that begin an "if" without the word: ``were X to fail``."""
LEAST_OF_KNOWN = 0.75
_CHANGES = frozenset({"added", "removed", "changed"})
_POSSESSIVE = frozenset({"their", "its", "his", "her"})
_SPANS = frozenset({"year", "month", "day", "date", "decade", "quarter", "time", "period"})
_NUMBER = re.compile(r"(?<![\w.-])\d+(?:\.\d+)?(?![\w-]|\.\d)")


def link(question: Question, view: GraphView) -> Linked:
    """Recognise what the question speaks of. At most eight round trips, whatever its length."""
    language, ontology = english(), view.ontology()
    text = correct(expand(question.text), language.misspelt)
    tokens = tokenize(text)
    words = _words(tokens, language)
    keys = keyed(text, tokens, words, ontology)
    places = name_places(tokens)
    ids = {one for found in keys.values() for one in found}
    named = view.named([*{name for _, name in places}, *sorted(ids)], NAMESAKES)
    entities = view.entities(ids | {one for found in named.values() for one in found})
    mentions = list(entity_mentions(text, tokens, keys, places, named, entities))
    lexicon_ = lexicon(ontology, language)
    unknown = _phrased(tokens, words, mentions, lexicon_.known)
    corrected = corrections(tokens, unknown, lexicon_.known, lexicon_.passed)
    words = _words(tokens, language, corrected)
    respelt, met = respelt_mentions(text, tokens, corrected, unknown, view)
    mentions, entities = [*mentions, *respelt], entities | met
    # No phrase goes on behind "whose".
    kept = [i for i, word in enumerate(words) if word.weight not in ("drop", "mark") or word.folded == "whose"]
    mentions += [m for m in phrase_mentions(tokens, kept, lexicon_, corrected) if m.score > PREPOSITION]
    words, mentions = join_apart(tokens, words, mentions, lexicon_, corrected)
    cues = list(cue_mentions(tokens, language, corrected))
    mentions += _quantities(text, tokens, language)
    mentions += _values(tokens, words, view)
    dates = list(_dates(text, tokens, language))
    dates += _dates_again(words, dates)
    mentions += dates
    versions = versions_asked(tokens, dates, view)
    mentions += version_mentions(text, tokens, dates, versions, view)
    mentions += dataset_mentions(tokens, view)
    mentions += _needed_cues(_meant_cues(cues, mentions, words), mentions, words)
    covered = {i for m in mentions if _sure(m) for i in range(m.start, m.end)}
    unknown = [i for i, word in enumerate(words) if word.weight == "content" and i not in covered]
    surnames = _last_names(tokens, mentions)
    sure = {i for m in mentions if m.kind == "entity" for i in range(m.start, m.end)} - surnames
    unknown += [i for i in surnames if i not in unknown]
    # What is near another word may also be near a name.
    kinds = {i for m in mentions if m.kind == "type" for i in range(m.start, m.end)}
    unknown += [i for i in corrected if i not in unknown and i not in kinds]
    sure |= {i for i, word in enumerate(words) if word.weight in ("drop", "mark")}
    like, met = like_mentions(tokens, like_places(tokens, unknown, sure), view)
    entities |= met
    # What is spelt like a known word has to be spelt much like a name, too, to be one.
    known = {*corrected, *(i for i, word in enumerate(words) if word.weight != "content")}
    like = [m for m in like if m.score >= LEAST_OF_KNOWN or not known.issuperset(range(m.start, m.end))]
    mentions = active_first([*mentions, *like], entities)
    mentions = merge_appositions(mentions, words)
    mentions = _absorb(tokens, words, named_twice(mentions, words), entities, view)
    everyday = {entity for entity, one in entities.items() if ontology.types[one.type].everyday}
    linked = Linked(words, tuple(mentions), entities, versions, text)
    mentions = described_keys(doubtful_names(linked, tokens, everyday), linked, tokens)
    words, mentions = listed_again(list(longest(whole_names(compounds(mentions), words), words)), words)
    return replace(linked, words=words, mentions=tuple(mentions))


def _words(tokens: Sequence[Token], language: Language, corrected: Mapping[int, str] | None = None) -> tuple[Word, ...]:
    """What each token is to a reading. US, IT and WHO are names where us, it and who are not."""
    shouted = all(token.text.isupper() for token in tokens if token.text.isalpha())
    found: list[Word] = []
    for i, one in enumerate(tokens):
        meant = (corrected or {}).get(i)
        token = one if meant is None else replace(one, folded=meant)
        spoken = i == 0 or shouted or not token.text.isupper() or len(token.text) == 1
        if not token.text[0].isalnum():
            found.append(Word(token.text, "mark", token.text))
        elif spoken and (token.folded in language.droppable or _at_all(tokens, i)):
            found.append(Word(token.text, "drop", token.folded))
        elif spoken and token.folded in language.light:
            found.append(Word(token.text, "light", token.folded))
        elif spoken and token.folded in language.filler:
            found.append(Word(token.text, "filler", token.folded))
        else:
            found.append(Word(token.text, "content", token.folded))
    return tuple(found)


def _at_all(tokens: Sequence[Token], place: int) -> bool:
    """Whether the word only strengthens what is said: ``none at all``."""
    return place > 0 and tokens[place].folded == "all" and tokens[place - 1].folded == "at"


BEFORE = {
    "by": {"type", "role", "predicate", "date", "cue"},
    "in": {"date"},
    "to": {"entity", "date", "version"},
    "from": {"entity", "date", "version"},
    "between": {"entity", "date", "version", "type"},
    "against": {"entity"},
    "over": {"number"},
    "under": {"number"},
    "than": set(),
    "on": {"date"},
    "at": {"date"},
    "within": {"type", "date"},
    "about": set(),
    "for": set(),
    "with": set(),
    "as": set(),
    "up": set(),
    "through": {"date"},
    "else": {"cue"},
    "out": set(),
}
"""What has to stand right behind a small word for it to be a cue."""


def _meant_cues(cues: Iterable[Mention], mentions: Sequence[Mention], words: Sequence[Word]) -> Iterator[Mention]:
    """Cues less the words that are values, changes of nothing, or say nothing."""
    ends = {(m.end, m.value) for m in mentions if m.kind == "predicate"}
    values = {(m.start, m.end) for m in mentions if m.kind == "value" and any((m.start, one) in ends for one in m.more)}
    versioned = any(m.kind == "version" for m in mentions)
    for m in cues:
        small = all(word.weight != "content" for word in words[m.start : m.end])
        # "None" behind the phrase that it is a value of; what "appears" in a list came in nowhere; "none at all".
        value = m.value == "negation" and (m.start, m.end) in values
        change = m.value in _CHANGES and small and not versioned
        at_all = words[m.start].folded == "all" and words[m.start].weight == "drop"
        if not (value or change or at_all):
            yield m


def _needed_cues(  # noqa: C901 (one kind of cue each)
    cues: Iterable[Mention], mentions: Sequence[Mention], words: Sequence[Word]
) -> Iterator[Mention]:
    """Cues less the small words that stand before nothing they could work on."""
    starts: dict[int, set[str]] = {}
    for m in mentions:
        starts.setdefault(m.start, set()).add(m.kind)
    found = list(cues)
    for m in found:
        starts.setdefault(m.start, set()).add(m.kind)
    told = {(m.start, m.end) for m in mentions if m.kind in ("predicate", "role")}
    for m in found:
        word = words[m.start]
        if m.value == "direct" and (m.start, m.end) in told and not word.folded.endswith("ly"):
            # Who "directed" something is not direct.
            continue
        if m.value == "if" and word.folded in _INVERTED and not _opens(words, m.start):
            continue
        origin = m.end + (m.end < len(words) and words[m.end].folded == "from")
        if m.value == "changed" and "value" in starts.get(origin, set()):
            # From one value to another: that something came or went is another question.
            continue
        if m.value == "share" and stem(word.folded) == "share" and _is_verb(words, mentions, m):
            continue
        if m.end - m.start == 1 and word.weight == "light" and word.folded in BEFORE:
            behind = m.end
            while behind < len(words) and (words[behind].weight == "drop" or words[behind].folded in _POSSESSIVE):
                behind += 1
            if not starts.get(behind, set()) & BEFORE[word.folded]:
                continue
        yield m


def _is_verb(words: Sequence[Word], mentions: Sequence[Mention], cue: Mention) -> bool:
    """Whether the word that may be a noun is what those before it do: ``books that share an author``."""
    if words[cue.start].folded.endswith(("ing", "ed")):
        return True
    before = cue.start > 0 and words[cue.start - 1].folded in ("that", "also", "to", "not")
    named = any(m.kind in ("type", "role", "entity") and m.end == cue.start for m in mentions)
    return (before or named) and cue.end < len(words) and words[cue.end].folded != "of"


def _opens(words: Sequence[Word], place: int) -> bool:
    """Whether a clause begins at the word."""
    return place == 0 or words[place - 1].weight == "mark" or words[place - 1].folded in ("and", "but", "so")


def _phrased(
    tokens: Sequence[Token], words: Sequence[Word], mentions: Sequence[Mention], vocabulary: frozenset[str]
) -> list[int]:
    """Words that are nothing known: perhaps misspelt."""
    named = {i for m in mentions for i in range(m.start, m.end)}
    known = _stems(vocabulary)
    return [
        i
        for i, token in enumerate(tokens)
        if words[i].weight == "content"
        and i not in named
        and token.folded not in vocabulary
        and (token.stem not in known or _odd_plural(token.folded, vocabulary))
    ]


def _odd_plural(word: str, vocabulary: frozenset[str]) -> bool:
    """Whether a word looks like a plural, and is that of no known word, though its stem is known: ``movis``."""
    singular = {word[:-1], word[:-2], f"{word[:-3]}y"}
    return word.endswith("s") and not word.endswith("ss") and vocabulary.isdisjoint(singular)


@functools.lru_cache(maxsize=16)
def _stems(words: frozenset[str]) -> frozenset[str]:
    return frozenset(stem(word) for word in words)


def _last_names(tokens: Sequence[Token], mentions: Sequence[Mention]) -> set[int]:
    """Words that are a whole name, and may be a part of another one: a surname may be a title too.

    Where others are in capitals, only those that are as well.
    """
    mixed = any(token.text[0].isupper() for token in tokens[1:])
    settled = {
        i
        for m in mentions
        if (m.kind == "entity" and m.end - m.start > 1) or (not mixed and m.kind in ("type", "role"))
        for i in range(m.start, m.end)
    }
    return {
        m.start
        for m in mentions
        if m.kind == "entity" and m.end - m.start == 1 and m.start not in settled and tokens[m.start].text.isalpha()
        if not mixed or (m.start and tokens[m.start].text.istitle())
    }


def _sure(mention: Mention) -> bool:
    """Whether a mention settles what its words are, so that they are not looked for as part of a name."""
    return mention.score >= 0.8 and mention.kind not in ("number", "dataset")


def _quantities(text: str, tokens: Sequence[Token], language: Language) -> Iterator[Mention]:
    starts = {token.start: i for i, token in enumerate(tokens)}
    ends = {token.end: i for i, token in enumerate(tokens)}
    for match in _NUMBER.finditer(text):
        if match.start() in starts and match.end() in ends and len(match.group()) <= LONGEST_NUMBER:
            yield Mention(starts[match.start()], ends[match.end()] + 1, "number", match.group())
    for i, token in enumerate(tokens):
        if token.folded == "one" and i and tokens[i - 1].folded in _POINTS_OUT:
            # "Which one" counts nothing.
            continue
        if token.folded in language.numbers:
            yield Mention(i, i + 1, "number", str(language.numbers[token.folded]))


def _values(tokens: Sequence[Token], words: Sequence[Word], view: GraphView) -> Iterator[Mention]:
    """Literals that have a span as their whole text."""
    places: dict[tuple[int, int], str] = {}
    for i, j in spans(len(tokens), LONGEST_VALUE):
        if all(tokens[p].text[0].isalnum() for p in (i, j - 1)) and any(
            words[p].weight == "content" for p in range(i, j)
        ):
            places[i, j] = " ".join(token.folded for token in tokens[i:j] if token.text[0].isalnum())
    found = view.values(set(places.values()))
    for (i, j), text in places.items():
        for predicate in found.get(text, ()):
            yield Mention(i, j, "value", text, more=(predicate,))


# --- dates, versions, datasets ---------------------------------------------------------------------------------


def _dates(text: str, tokens: Sequence[Token], language: Language) -> Iterator[Mention]:
    for found in dated(text, language.months):
        if place := _place(found, tokens):
            yield Mention(*place, "date", found.first, more=(found.last,))


def _dates_again(words: Sequence[Word], dates: Sequence[Mention]) -> list[Mention]:
    """``that year``, ``the same day``: the date before it."""
    found = []
    for i, word in enumerate(words[:-1]):
        before = [m for m in dates if m.end <= i]
        if before and word.folded in _POINTING and words[i + 1].folded in _SPANS:
            found.append(replace(before[-1], start=i, end=i + 2))
    return found


def _place(found: Dated, tokens: Sequence[Token]) -> tuple[int, int] | None:
    inside = [i for i, token in enumerate(tokens) if found.start <= token.start and token.end <= found.end]
    return (inside[0], inside[-1] + 1) if inside else None


# --- which mentions stay ----------------------------------------------------------------------------------------


def _absorb(
    tokens: Sequence[Token],
    words: Sequence[Word],
    mentions: list[Mention],
    entities: dict[EntityId, Entity],
    view: GraphView,
) -> list[Mention]:
    """Widen an entity over neighbouring words of its own full name or of what it is a part of."""
    named = [m for m in mentions if m.kind == "entity"]
    ids = {m.value for m in named}
    said = {i for m in mentions if m.kind == "cue" for i in range(m.start, m.end)}
    said |= {i for i, word in enumerate(words) if word.weight in ("drop", "light", "mark")}
    bags = {entity: name_stems(entities[entity]) for entity in ids}
    for entity, broader in _broader(ids, entities, view).items():
        for one in broader:
            bags[entity] |= name_stems(one)
    widened = []
    for mention in named:
        start, end = mention.start, mention.end
        bag = bags[mention.value]
        while start > 0 and start - 1 not in said and same_stem(tokens[start - 1], bag):
            start -= 1
        while end < len(tokens) and end not in said and same_stem(tokens[end], bag):
            end += 1
        if (start, end) != (mention.start, mention.end):
            widened.append(replace(mention, start=start, end=end))
    return mentions + widened


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
