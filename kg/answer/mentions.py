"""Which of the mentions of a question stay, and how sure they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from kg.answer.names import SMALL_LETTERS
from kg.answer.phrases import PLAIN_PREPOSITIONS
from kg.domain.fact import Entity, EntityId
from kg.domain.question import Linked, Mention, Word
from kg.text.language import Token, english

BETWEEN = frozenset({",", "and", "or", "&"})
BESIDE = frozenset({"with", "to", "than", "against", "versus", "vs"})
ARTICLES = frozenset({"the", "a", "an"})
EVERYDAY = 0.7
"""Score of a name that is an everyday word."""

SURE_NAME = 0.94
"""Score from which on a name is taken as a whole."""


def active_first(mentions: Iterable[Mention], entities: dict[EntityId, Entity]) -> list[Mention]:
    """A withdrawn entity is meant only where no active one has the name."""
    found = list(mentions)
    active = {(m.start, m.end) for m in found if m.kind == "entity" and entities[m.value].status is None}
    return [
        m for m in found if m.kind != "entity" or entities[m.value].status is None or (m.start, m.end) not in active
    ]


def described_keys(mentions: Sequence[Mention], linked: Linked, tokens: Sequence[Token]) -> list[Mention]:
    """A key in brackets takes the words before it that may be its description: ``some words (KEY-1)``."""
    words = linked.words
    keys = [m for m in mentions if m.kind == "entity" and m.start > 1 and words[m.start - 1].text == "("]
    gone: set[int] = set()
    wider = []
    for key in keys:
        if not _is_key(linked.text, tokens, key):
            continue
        settled = {
            i
            for m in mentions
            if m.kind in ("type", "cue", "predicate", "role") or (m.kind == "entity" and m.score >= SURE_NAME)
            for i in range(m.start, m.end)
        }
        start = key.start - 1
        while start > 0 and start - 1 not in settled and words[start - 1].weight == "content":
            start -= 1
        if start < key.start - 1:
            end = _closed(words, replace(key, end=key.start - 1), key.end)
            wider.append(replace(key, start=start, end=end))
            gone |= set(range(start, key.start - 1))
    return [m for m in mentions if not (gone & set(range(m.start, m.end)))] + wider


def doubtful_names(linked: Linked, tokens: Sequence[Token], everyday: set[EntityId]) -> list[Mention]:
    """Names that are also everyday words count as names only as written: ``at`` and ``Malware`` are entities too."""
    text, words, mentions, entities = linked.text, linked.words, linked.mentions, linked.entities
    nouns = {(m.start, m.end) for m in mentions if m.kind in ("type", "predicate", "role", "cue", "concept")}
    mixed = any(token.text[0].isupper() for token in tokens[1:])
    found = []
    for m in mentions:
        if m.kind == "entity" and not _is_key(text, tokens, m):
            small = all(words[i].weight != "content" for i in range(m.start, m.end))
            written = text[tokens[m.start].start : tokens[m.end - 1].end]
            capital = m.start > 0 and written[:1].isupper()
            if (small or words[m.start].folded in english().binding) and not capital and m.end - m.start == 1:
                continue
            if small and not capital:
                continue
            if mixed and m.end - m.start > 1 and written.islower() and _one_word(m, words, entities[m.value]):
                m = replace(m, score=m.score * SMALL_LETTERS)  # noqa: PLW2901
            if m.value in everyday and small is False:
                m = replace(m, score=m.score * EVERYDAY)  # noqa: PLW2901
            if m.end - m.start == 1 and _beside_a_name(m, words, tokens, mentions):
                m = replace(m, score=m.score * 0.6)  # noqa: PLW2901
            start = m.start + (m.end - m.start > 1 and words[m.start].weight == "drop")
            if mixed and written.islower() and start > m.start and (start, m.end) in nouns:
                # "The other" is no title where others are written with capitals.
                continue
            if (m.start, m.end) in nouns:
                m = replace(m, score=m.score * (0.95 if capital else 0.6))  # noqa: PLW2901
        found.append(m)
    return found


def _one_word(mention: Mention, words: Sequence[Word], entity: Entity) -> bool:
    """Whether the name says one word alone, and is not written in small letters itself: ``the collection``."""
    content = sum(word.weight == "content" for word in words[mention.start : mention.end])
    return content == 1 and not entity.name.islower()


def _beside_a_name(
    mention: Mention, words: Sequence[Word], tokens: Sequence[Token], mentions: Sequence[Mention]
) -> bool:
    """Whether a name of one word stands right beside another word in capitals, as if both were one longer name."""
    if not tokens[mention.start].text[0].isupper():
        return False
    for place in (mention.start - 1, mention.start + 1):
        if 0 < place < len(tokens) and tokens[place].text[0].isupper() and words[place].weight == "content":
            longer = any(m.start <= place < m.end and m.end - m.start > 1 for m in mentions if m.kind == "entity")
            other = any(m.start <= place < m.end for m in mentions if m.kind in ("type", "predicate", "role", "value"))
            if not longer and not other and tokens[place].text.isalpha():
                return True
    return False


def _is_key(text: str, tokens: Sequence[Token], mention: Mention) -> bool:
    return any(c.isdigit() or c in "._" for c in text[tokens[mention.start].start : tokens[mention.end - 1].end])


def whole_names(mentions: Sequence[Mention], words: Sequence[Word]) -> list[Mention]:
    """Without what stands inside a name of several words: "Process Discovery" speaks of no process."""
    sure = [
        (m.start, m.end)
        for m in mentions
        if m.kind == "entity"
        and m.score >= SURE_NAME
        and sum(w.weight == "content" for w in words[m.start : m.end]) > 1
    ]
    return [
        m for m in mentions if not any(i <= m.start and m.end <= j and (m.end - m.start) < (j - i) for i, j in sure)
    ]


def merge_appositions(mentions: list[Mention], words: Sequence[Word]) -> list[Mention]:
    """A name beside its own key (``Corner Shop (S-12)``, ``Corner Shop supplier S-12``) is one mention.

    It settles a shared name.
    """
    entity = [m for m in mentions if m.kind == "entity" and not m.more]
    nouns = {i for m in mentions if m.kind == "type" for i in range(m.start, m.end)}
    merged: list[Mention] = []
    for left in entity:
        for right in entity:
            between = range(left.end, right.start)
            if (
                left.end <= right.start
                and left.value == right.value
                and all(words[i].weight in ("mark", "drop") or i in nouns for i in between)
            ):
                merged.append(replace(left, end=_closed(words, left, right.end), score=1.0))
    return mentions + merged


def named_twice(mentions: Sequence[Mention], words: Sequence[Word]) -> list[Mention]:
    """A kind, and another word for it in brackets behind, are one mention: ``shop (supplier)``."""
    kinds = [m for m in mentions if m.kind == "type"]
    pairs = [
        (left, right)
        for left in kinds
        for right in kinds
        if left.value == right.value and right.start == left.end + 1 and words[left.end].text == "("
    ]
    inside = {i for _, right in pairs for i in range(right.start, right.end)}
    wider = [replace(left, end=_closed(words, left, right.end)) for left, right in pairs]
    return [m for m in mentions if not (inside & set(range(m.start, m.end))) or m in wider] + wider


def _closed(words: Sequence[Word], first: Mention, end: int) -> int:
    """Where something ends that began with ``first``: behind the bracket that closes what was opened in it."""
    opened = any(words[i].text == "(" for i in range(first.end, end))
    return end + (opened and end < len(words) and words[end].text == ")")


def listed_again(mentions: Sequence[Mention], words: tuple[Word, ...]) -> tuple[tuple[Word, ...], list[Mention]]:
    """In ``of A, of B and of C`` the later prepositions say nothing more; nor does "that of" in ``with that of B``."""
    names = {m.start: m.end for m in mentions if m.kind == "entity"}
    ends = set(names.values())
    led = {start: words[at].folded for start in names if (at := _before(words, start)) >= 0}
    said: set[int] = set()
    for start in sorted(names):
        place = _before(words, start)
        small = led.get(start)
        if small not in PLAIN_PREPOSITIONS:
            continue
        end = place
        while end > 0 and words[end - 1].folded in BETWEEN:
            end -= 1
        first = [one for one in names if names[one] == end]
        if end < place and end in ends and any(led.get(one) == small for one in first):
            said.add(place)
        if small == "of" and place > 1 and words[place - 1].folded in ("that", "those") and end == place:
            # "The number of X of A and that of B".
            beside = words[place - 2].folded
            said |= {place - 1, place} if beside in BETWEEN | BESIDE else set()
    kept = [m for m in mentions if m.kind == "entity" or said.isdisjoint(range(m.start, m.end))]
    return tuple(replace(word, weight="drop") if i in said else word for i, word in enumerate(words)), kept


def _before(words: Sequence[Word], place: int) -> int:
    """The word before a name, articles passed over."""
    at = place - 1
    while at > 0 and words[at].folded in ARTICLES:
        at -= 1
    return at


def compounds(mentions: Sequence[Mention]) -> list[Mention]:
    """Of two kinds that share a word the second is meant, as the head of all the words: ``garden pot plants``."""
    types = [m for m in mentions if m.kind == "type"]
    heads = {
        first: replace(second, start=first.start)
        for first in types
        for second in types
        if first.start < second.start < first.end < second.end
    }
    return [m for m in mentions if m not in heads] + list(heads.values())


def longest(mentions: Iterable[Mention], words: Sequence[Word]) -> Iterator[Mention]:
    """Drop repeats, what stands inside a longer mention that takes its place, and aliases where the name stands."""
    found = list(dict.fromkeys(mentions))
    for mention in found:
        wider = [m for m in found if m.start <= mention.start and mention.end <= m.end]
        longer = [m for m in wider if m.end - m.start > mention.end - mention.start]
        if mention.kind == "entity":
            same = [m for m in wider if m.kind == "entity" and (m.value, m.more) == (mention.value, mention.more)]
            better = [m for m in same if m.score > mention.score and m not in longer]
            hidden = any(m in longer for m in same) or bool(better)
        elif mention.kind == "dataset":
            hidden = any(m.kind in ("type", "entity", "dataset", "version") for m in longer)
        else:
            # "Control families" are no controls; "at most" is no "most"; but "genres of films" may speak of films.
            inside = [m for m in longer if all(word.folded != "of" for word in words[m.start : mention.start])]
            hidden = mention.kind in ("type", "cue") and any(m.kind == mention.kind for m in inside)
            # Nor are "release dates" releases, whatever else a release is.
            compounds = (m for m in inside if m.kind == "role" and mention.end < m.end)
            hidden |= mention.kind == "type" and any(words[mention.end].folded != "of" for _ in compounds)
        if not hidden:
            yield mention
