"""Which entities the words of a question may name: by key, by name or alias, by part of a name, by near spelling."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from rapidfuzz import fuzz

from kg.domain.fact import ALIAS, Entity, EntityId, Fact, Literal
from kg.domain.ontology import Ontology
from kg.domain.question import Mention, Word
from kg.domain.words import fold, labels
from kg.ports.store import GraphView
from kg.text.language import Token, stems

LONGEST_NAME = 12
"""Words of a name; longer names are found by their key or by a part."""
LONGEST_KEY = 9
LEAST_PLAIN = 3
"""Letters of a key in small letters; shorter ones are words like at and is."""
LONGEST_JOINED = 3
"""Words that may be one word of a name: ``fin 7`` for ``FIN7``."""
NAMESAKES = 10
"""Entities sharing one name that are considered; more than a person would choose among."""
LIKE_EACH = 20
LEAST_SPELT = 6
NEAR_SPELT = 84
"""Per cent of letters from which on a word of so many letters is another one written wrongly."""
LEAST_LETTERS = ((0, 4), (1, 5), (2, 8))
"""With so many letters wrong a name has to have so many."""
LEAST_LIKE = 0.5
LEAST_PLAIN_LIKE = 0.9
"""And in small letters where the question writes names with capitals: small letters there are no name."""
WEIGHT_LIKE = 0.9
SLIP = 90
LEAST_SLIPPED = 8
SLIPPED = 0.97
"""A whole name of so many letters, of which so many per cent are right, has a slip of the pen in it."""
ALIKE = 75
"""Per cent of letters that two spellings of a word share."""
LEAST_COVERED = 0.5
"""How much of a name has to be said, in words, for it to be meant: a surname for the whole name."""
LEAST_WORDS = 2
LEAST_COVERED_BY_SEVERAL = 0.3
"""And where so many of its words are said."""
LEAST_TOLD = 0.5
"""How much of what is said has to be of the name, and more: a first name with another surname is another."""
ALIAS_SCORE = 0.97
RESPELT = 0.95
LEAST_HALF = 3
"""Letters of each half of a name that is written in one word."""
TIES = frozenset({"and", "or", "but", "not", "nor", "than", "vs", "versus", ",", "/", "&"})
"""Words that tie a further name to one before it."""
SMALL_LETTERS = 0.7
"""Score of a name of one word in small letters where the question writes others with capitals: ``more`` is no film."""
OTHER_CASE = 0.98
"""Score of a name written with other capitals: where ``War`` is one thing and ``war`` another, as written wins."""


def spans(length: int, longest: int) -> Iterator[tuple[int, int]]:
    for i in range(length):
        for j in range(i + 1, min(i + longest, length) + 1):
            yield i, j


def keyed(
    text: str, tokens: Sequence[Token], words: Sequence[Word], ontology: Ontology
) -> dict[tuple[int, int], tuple[EntityId, ...]]:
    """Spans that can be spelt keys, as they stand in the text."""
    found = {}
    for i, j in spans(len(tokens), LONGEST_KEY):
        raw = text[tokens[i].start : tokens[j - 1].end]
        if not (raw[0].isalnum() and (raw[-1].isalnum() or raw[-1] == ")")):
            continue
        if raw.count("(") > raw.count(")"):
            raw += ")"
        single = j == i + 1
        plain = single and words[i].weight == "content" and len(raw) >= LEAST_PLAIN
        likely = (
            plain or (single and (raw.isupper() or not raw.isalpha())) or any(c.isdigit() or c in "._" for c in raw)
        )
        if likely and (ids := tuple(dict.fromkeys(ontology.ids_of_key(raw)))):
            found[i, j] = ids
    return found


def name_places(tokens: Sequence[Token]) -> list[tuple[tuple[int, int], str]]:
    """Spans with each way in which they may stand as a name: as written, in the singular, in one word, shortened."""
    found = []
    for i, j in spans(len(tokens), LONGEST_NAME):
        if not all(token.text[0].isalnum() for token in (tokens[i], tokens[j - 1])):
            continue
        words = _plainly(tokens, i, j).split()
        found.append(((i, j), " ".join(words)))
        if len(words[-1]) > 3 and words[-1].endswith("s"):
            found.append(((i, j), " ".join([*words[:-1], words[-1][:-1]])))
        if len(words[-1]) > 4 and words[-1].endswith("ies"):
            found.append(((i, j), " ".join([*words[:-1], words[-1][:-3] + "y"])))
        if 1 < len(words) <= LONGEST_JOINED:
            found.append(((i, j), "".join(words)))
        elif len(words) == 1 and (split := _split(words[0])):
            found.append(((i, j), split))
    return [*found, *_shortened(tokens)]


def _plainly(tokens: Sequence[Token], i: int, j: int) -> str:
    """A span as the name it is as written."""
    return " ".join(token.folded for token in tokens[i:j] if token.text[0].isalnum())


def _shortened(tokens: Sequence[Token]) -> Iterator[tuple[tuple[int, int], str]]:
    """Names of which only the last word is said, behind one that begins alike: ``valve A3 but not A1``."""
    for place in range(2, len(tokens)):
        if not labels(tokens[place].text) or tokens[place - 1].folded not in TIES:
            continue
        end = place
        while end and (tokens[end - 1].folded in TIES or labels(tokens[end - 1].text)):
            end -= 1
        if any(labels(token.text) for token in tokens[end:place]):
            for start in range(max(0, end - LONGEST_NAME), end):
                words = [token.folded for token in (*tokens[start:end], tokens[place]) if token.text[0].isalnum()]
                yield (place, place + 1), " ".join(words)


def _split(word: str) -> str | None:
    """``fin7`` as ``fin 7``."""
    head = word.rstrip("0123456789")
    return f"{head} {word[len(head) :]}" if head and head != word else None


def entity_mentions(  # noqa: PLR0913, PLR0917 (what was read, once for all spans)
    text: str,
    tokens: Sequence[Token],
    keys: dict[tuple[int, int], tuple[EntityId, ...]],
    places: Sequence[tuple[tuple[int, int], str]],
    named: dict[str, tuple[EntityId, ...]],
    entities: dict[EntityId, Entity],
) -> Iterator[Mention]:
    """Mentions by key and by whole name; several entities of one type and name also as one mention of them all."""
    mixed = any(token.text[0].isupper() for token in tokens[1:])
    for (i, j), ids in keys.items():
        for entity in (*ids, *(found for key in ids for found in named.get(key, ()))):
            if entity in entities:
                # A key may be that of an entity for which another one stands.
                yield Mention(i, j, "entity", entities[entity].id)
    said = {place for place, name in places if name == _plainly(tokens, *place) and named.get(name)}
    for (i, j), name in places:
        if (i, j) in said and name != _plainly(tokens, i, j):
            continue
        found = [one for one in named.get(name, ()) if one in entities]
        raw = text[tokens[i].start : tokens[j - 1].end]
        for entity in found:
            yield _named(entities[entity], i, j, name, raw, mixed=mixed)
        for kind in sorted({entities[one].type for one in found}):
            same = tuple(one for one in found if entities[one].type == kind and entities[one].status is None)
            if len(same) > 1:
                yield replace(_named(entities[same[0]], i, j, name, raw, mixed=mixed), more=same)


def _named(entity: Entity, i: int, j: int, folded: str, raw: str, *, mixed: bool) -> Mention:  # noqa: PLR0913 (what a name is seen by)
    written = [name for name in (entity.name, *entity.aliases) if fold(name) == folded] or [entity.name]
    score = 1.0 if raw in written else OTHER_CASE
    if mixed and raw.islower() and " " not in raw and not any(name.islower() for name in written):
        score = SMALL_LETTERS
    if fold(entity.name) == folded:
        return Mention(i, j, "entity", entity.id, score=score)
    alias = next((alias for alias in entity.aliases if fold(alias) == folded), None)
    fact = Fact.of(entity.id, ALIAS, Literal(alias)) if alias is not None else None
    return Mention(i, j, "entity", entity.id, fact=fact, score=score * (ALIAS_SCORE if fact else 1.0))


def respelt_mentions(
    text: str, tokens: Sequence[Token], corrected: Mapping[int, str], unknown: Collection[int], view: GraphView
) -> tuple[list[Mention], dict[EntityId, Entity]]:
    """Whole names of several words that are there once words are read as those they are misspelt for, or as two."""
    meant = [replace(token, folded=corrected.get(i, token.folded)) for i, token in enumerate(tokens)]
    respelt = [
        ((i, j), name) for (i, j), name in name_places(meant) if j - i > 1 and any(i <= at < j for at in corrected)
    ]
    parted = [
        ((i, i + 1), f"{word[:at]} {word[at:]}")
        for i in unknown
        if i not in corrected and (word := tokens[i].folded).isalpha()
        for at in range(LEAST_HALF, len(word) - LEAST_HALF + 1)
    ]
    if not (respelt or parted):
        return [], {}
    named = view.named(sorted({name for _, name in (*respelt, *parted)}), NAMESAKES)
    entities = view.entities({one for found in named.values() for one in found})
    near = entity_mentions(text, meant, {}, respelt, named, entities)
    whole = entity_mentions(text, tokens, {}, parted, named, entities)
    return [*(replace(m, score=round(m.score * RESPELT, 4)) for m in near), *whole], entities


def like_places(tokens: Sequence[Token], unknown: Collection[int], covered: Collection[int]) -> list[tuple[int, int]]:
    """Spans that may be a part of a name or a near spelling: they hold an unknown word and nothing that is sure."""
    found = []
    for i, j in spans(len(tokens), 5):
        inside = range(i, j)
        if any(p in unknown for p in inside) and all(tokens[p].text[0].isalnum() and p not in covered for p in inside):
            found.append((i, j))
    return found


def like_mentions(
    tokens: Sequence[Token], places: Sequence[tuple[int, int]], view: GraphView
) -> tuple[list[Mention], dict[EntityId, Entity]]:
    """Entities whose name has the words of a span, or words like these; the best few of the longest spans."""
    mixed = any(token.text.istitle() for token in tokens[1:])
    plain = {place for place in places if mixed and all(token.text.islower() for token in tokens[slice(*place)])}
    rest = {(i, j): " ".join(token.folded for token in tokens[i:j]) for i, j in places}
    mentions: list[Mention] = []
    met: dict[EntityId, Entity] = {}
    for edits, least in LEAST_LETTERS:
        asked = {place: text for place, text in rest.items() if len(text.replace(" ", "")) >= least}
        if not asked:
            continue
        texts = {*asked.values(), *map(_singular, asked.values())} if edits == 0 else set(asked.values())
        found = view.search(sorted(texts), (), LIKE_EACH, edits=edits)
        hits = {
            place: dict.fromkeys((*found[text].ids, *(found[_singular(text)].ids if edits == 0 else ())))
            for place, text in asked.items()
        }
        entities = view.entities({one for ids in hits.values() for one in ids})
        met |= entities
        liked = {
            place: best
            for place, ids in hits.items()
            if (
                best := list(
                    _liked(place, asked[place], ids, entities, LEAST_PLAIN_LIKE if place in plain else LEAST_LIKE)
                )
            )
        }
        longest = _widest(list(liked))
        mentions += [m for place in longest for m in liked[place]]
        # A word that a name has may stand in a longer one with another word that is misspelt.
        rest = {
            place: text
            for place, text in rest.items()
            if not any(_overlap(place, wide) and (wide == place or not _inside(wide, place)) for wide in longest)
        }
    return [m for m in mentions if not any(_takes(other, m) for other in mentions)], met


def _takes(wide: Mention, narrow: Mention) -> bool:
    """Whether a name that lies around another is as near to what is said."""
    places = (narrow.start, narrow.end), (wide.start, wide.end)
    return places[0] != places[1] and _inside(*places) and wide.score >= narrow.score


def _liked(
    place: tuple[int, int], text: str, ids: Collection[EntityId], entities: Mapping[EntityId, Entity], least: float
) -> Iterator[Mention]:
    """The best few of these for one place."""
    partly = [one for one in ids if one in entities and not _is_whole(text, entities[one])]
    scored = sorted(((_likeness(text, entities[one]), one) for one in partly), key=lambda pair: (-pair[0], pair[1]))
    best = scored[0][0] if scored else 0.0
    near = [(score, one) for score, one in scored if score >= max(least, best - 0.08)]
    if len(near) > NAMESAKES and " " not in text:
        # A word that so many names have names none of them: a first name alone.
        return
    for score, one in near[:NAMESAKES]:
        yield Mention(*place, "entity", one, score=round(WEIGHT_LIKE * score, 4))


def _overlap(place: tuple[int, int], other: tuple[int, int]) -> bool:
    return place[0] < other[1] and other[0] < place[1]


def _singular(text: str) -> str:
    return text[:-1] if text.endswith("s") and not text.endswith("ss") else text


def _widest(places: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Places that lie in no other one."""
    return [place for place in places if not any(other != place and _inside(place, other) for other in places)]


def _inside(place: tuple[int, int], other: tuple[int, int]) -> bool:
    return other[0] <= place[0] and place[1] <= other[1]


def _is_whole(text: str, entity: Entity) -> bool:
    """Whether the text is a whole name, which was found before."""
    return any(fold(name) == text for name in (entity.name, *entity.aliases))


def _likeness(text: str, entity: Entity) -> float:
    """How near the text is to the nearest of the entity's names, 0 to 1; 0 for too small a part of each."""
    return max(_like(text, fold(name)) for name in (entity.name, *entity.aliases))


def _like(text: str, name: str) -> float:
    words, parts = text.split(), name.split()
    known = sum(1 for part in parts if any(fuzz.ratio(_singular(word), _singular(part)) >= ALIKE for word in words))
    covered = known / len(parts) if parts else 0.0
    told = sum(1 for word in words if any(fuzz.ratio(_singular(word), _singular(part)) >= ALIKE for part in parts))
    if told <= LEAST_TOLD * len(words):
        return 0.0
    if covered < LEAST_COVERED and not (known >= LEAST_WORDS and covered >= LEAST_COVERED_BY_SEVERAL):
        return 0.0
    near = fuzz.ratio(text, name)
    if near >= SLIP and len(text) >= LEAST_SLIPPED:
        return near / 100 / WEIGHT_LIKE * SLIPPED
    return 0.6 * near / 100 + 0.4 * fuzz.token_set_ratio(_singular(text), name) / 100


def name_stems(entity: Entity) -> set[str]:
    """Stems of the words of all its names."""
    names = [stems(name) for name in (entity.name, *entity.aliases)]
    joined = {"".join(pair) for name in names for pair in itertools.pairwise(name)}
    return joined | {stem_ for name in names for stem_ in name}


def same_stem(token: Token, bag: Collection[str]) -> bool:
    """Whether the word is of a name, in this or a near spelling; two words of the name may be written as one."""
    if token.stem in bag:
        return True
    return len(token.folded) >= LEAST_SPELT and any(fuzz.ratio(token.folded, one) >= NEAR_SPELT for one in bag)
