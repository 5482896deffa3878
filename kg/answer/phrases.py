"""What the words of an ontology may mean in a question: stem sequences of its nouns and phrases."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from rapidfuzz.distance import OSA

from kg.domain.ontology import Ontology, Predicate
from kg.domain.question import Mention
from kg.domain.words import fold
from kg.text.language import Language, Token, stem

PREPOSITION = 0.3
"""Score of a phrase that is a preposition alone: it says little about which predicate is meant."""
TELLING = 0.6
"""Score of a preposition that says more: ``about``, ``against``."""
PLAIN_PREPOSITIONS = frozenset({"of", "in", "on", "at", "by", "for", "with", "to", "from", "as", "up", "off", "over"})
PARTICLES = frozenset({"out", "off", "up", "over"})
"""Small words without which a verb is another one: ``carry out``."""
TRUNCATED = 0.85
"""Score of a phrase less its last preposition: ``used`` for ``used by``."""
MISSPELT = 0.8
PASSIVE = 0.95
ACTIVE = 0.55
"""Score of a phrase read as if it were active where it stands in the passive."""
BE = frozenset({"is", "are", "was", "were", "be", "been", "being", "get", "gets", "got"})
VERB_AND_ADVERB = 2
WHO = frozenset({"which", "what", "whom"})
PARTICIPLES = frozenset(
    {
        "hit",
        "fed",
        "led",
        "made",
        "built",
        "held",
        "sold",
        "bought",
        "lost",
        "shot",
        "run",
        "cut",
        "read",
        "put",
        "set",
        "taught",
        "caught",
        "found",
        "left",
        "brought",
        "cast",
    }
)


@dataclass
class Lexicon:
    """Stem sequences, droppable words left out, with what each may mean; and every word that stands in one."""

    phrases: dict[tuple[str, ...], list[Mention]] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)
    nouns: set[str] = field(default_factory=set)
    """Last words of the nouns for kinds of things and for who plays a part."""
    roles: set[str] = field(default_factory=set)
    """Those for who plays a part."""
    verbs: set[str] = field(default_factory=set)
    """Phrases of one word for what something does."""
    simple: set[str] = field(default_factory=set)
    """Those of them that are whole phrases."""
    does: frozenset[str] = frozenset()
    """Stems of the verbs."""
    pairs: dict[frozenset[str], set[str]] = field(default_factory=dict)
    """Predicates that have a phrase of these two stems alone, but for a small word behind them."""
    passive: set[tuple[tuple[str, ...], str, str | None]] = field(default_factory=set)
    """Stems, predicate and direction of the phrases that say who does it behind ``by``, less that word."""
    longest: int = 1
    known: frozenset[str] = frozenset()
    """Every word that a phrase, a cue or the language has."""
    passed: frozenset[str] = frozenset()
    """Those of them that a reading may pass over, and that no phrase or cue has."""

    def add(self, text: str, mention: Mention, language: Language, *, whole: bool = False) -> None:
        folded = fold(text).split()
        kept = [word for word in folded if word not in language.droppable] if not whole else folded
        kept = kept or folded
        self.words.update(kept)
        sequence = tuple(stem(word) for word in kept)
        if all(word in language.light for word in kept) and mention.kind == "predicate":
            telling = not any(word in PLAIN_PREPOSITIONS for word in kept)
            mention = replace(mention, score=mention.score * (TELLING if telling else PREPOSITION))
        found = self.phrases.setdefault(sequence, [])
        if mention not in found:
            found.append(mention)
        self.longest = max(self.longest, len(sequence))
        if mention.kind == "predicate" and len(kept) == 1 and {*folded} <= {*kept, *BE}:
            self.verbs.add(kept[0])
            self.simple.add(kept[0])
        if (
            mention.kind == "predicate"
            and len(kept) > 1
            and kept[-1] in language.light
            and kept[-1] not in PARTICLES
            and kept[-2] not in language.light
            and kept[-2] not in self.roles
            and not (kept[-2] in self.nouns and folded[:-2][-1:] in (["a"], ["an"], ["the"]))
        ):
            self.verbs.add(kept[-2])
            if kept[-1] == "by":
                self.passive.add((sequence[:-1], mention.value, mention.direction))
            short = replace(mention, score=mention.score * TRUNCATED)
            if sequence[:-1] not in language.cues and not any(
                replace(one, score=1.0) == replace(short, score=1.0) for one in self.phrases.get(sequence[:-1], ())
            ):
                self.phrases.setdefault(sequence[:-1], []).append(short)


@functools.lru_cache(maxsize=16)
def lexicon(ontology: Ontology, language: Language) -> Lexicon:
    """The lexicon of an ontology."""
    found = Lexicon()
    said = list(_said(ontology))
    for mention, texts in said:
        if mention.kind in ("role", "type"):
            last = {fold(text).split()[-1] for text in texts}
            found.nouns |= last
            found.roles |= last if mention.kind == "role" else set()
    for mention, texts in said:
        for text in texts:
            found.add(text, mention, language)
    found.does = frozenset(stem(word) for word in found.verbs)
    small = {stem(word) for word in language.light}
    for sequence, mentions in found.phrases.items():
        if len(sequence) == 2 or (len(sequence) == 3 and sequence[2] in small):
            meant = {mention.value for mention in mentions if mention.kind == "predicate"}
            if meant:
                found.pairs.setdefault(frozenset(sequence[:2]), set()).update(meant)
    plain = language.light | language.droppable | language.filler
    found.known = plain | found.words | language.vocabulary
    found.passed = plain - found.words - language.vocabulary
    return found


def _said(ontology: Ontology) -> Iterator[tuple[Mention, tuple[str, ...]]]:
    for one in ontology.types.values():
        yield Mention(0, 0, "type", one.name), one.nouns
        yield Mention(0, 0, "type", one.name, more=("title",)), one.titles
        yield Mention(0, 0, "type", one.name, score=0.5, more=("ask",)), one.asks
    for predicate in ontology.predicates.values():
        yield from _predicate(predicate)
    for concept in ontology.concepts.values():
        yield Mention(0, 0, "concept", concept.name, more=("noun",)), concept.nouns
        yield Mention(0, 0, "concept", concept.name, more=("adjective",)), concept.adjectives
    for table in ontology.tables.values():
        yield Mention(0, 0, "table", table.name), table.nouns
        for item in table.inputs:
            yield Mention(0, 0, "input", table.name, more=(item.name,)), item.phrases
            for value, phrases in item.values:
                yield Mention(0, 0, "choice", value, more=(table.name, item.name)), (value, *phrases)


def _predicate(predicate: Predicate) -> Iterator[tuple[Mention, tuple[str, ...]]]:
    name = predicate.name
    yield Mention(0, 0, "predicate", name, "out"), predicate.phrases
    yield Mention(0, 0, "predicate", name, "in"), predicate.inverse
    yield Mention(0, 0, "predicate", name, "out", negative=True), predicate.negative
    yield Mention(0, 0, "predicate", name, "in", negative=True), predicate.inverse_negative
    yield Mention(0, 0, "role", name, "out"), predicate.roles
    yield Mention(0, 0, "role", name, "in"), predicate.inverse_roles
    yield Mention(0, 0, "role", name, "out", score=0.5, more=("ask",)), predicate.asks
    for value, phrases in predicate.values:
        yield Mention(0, 0, "value", value, more=(name,)), (value, *phrases)


def corrections(
    tokens: tuple[Token, ...], places: list[int], words: frozenset[str], passed: frozenset[str]
) -> dict[int, str]:
    """For each of these tokens the one known word that is nearest, if one is near: 1 letter in 4 to 6, 2 in more.

    Of words that a reading may pass over, one that is 1 letter away: what is further may be a name.

    Of those as near, one that has the same letters: two that changed places are the commonest slip; then one that is
    longer, since a letter is left out more often than put in or taken for another; then one that has it twice.
    """
    found: dict[int, str] = {}
    for place in places:
        word = tokens[place].folded
        named = place > 0 and tokens[place].text.istitle()
        if len(word) < 4 or not word.isalpha() or named:
            continue
        # A word and its plural count as one: "modles" is a model.
        spelt = (word, word[:-1]) if word.endswith("s") and len(word) > 3 else (word,)
        # A plural in "ys" is one in "ies".
        spelt = (*spelt, word[:-2] + "ies") if word.endswith("ys") else spelt
        near = sorted(
            (
                OSA.distance(one, other, score_cutoff=most),
                sorted(one) != sorted(other),
                len(other) <= len(one),
                set(one) != set(other),
                other,
            )
            for one in spelt
            for other in words
            for most in (1 if len(one) < 7 or other in passed else 2,)
            if other[:1] == one[0] and abs(len(other) - len(one)) <= most and len(other) >= 4
        )
        near = [one for one in near if one[0] <= (1 if len(word) < 7 or one[-1] in passed else 2)]
        if near:
            found[place] = near[0][-1]
    return found


def phrase_mentions(
    tokens: tuple[Token, ...], kept: list[int], lexicon: Lexicon, corrected: dict[int, str]
) -> Iterator[Mention]:
    """Every phrase of the lexicon in the tokens kept, also with near spellings read as the known word."""
    for at in range(len(kept)):
        for size in range(1, min(lexicon.longest, len(kept) - at) + 1):
            places = kept[at : at + size]
            changed = [place for place in places if place in corrected]
            sequence = tuple(stem(corrected[p]) if p in corrected else tokens[p].stem for p in places)
            if sequence not in lexicon.phrases:
                continue
            passive = _passive_verb(tokens, places)
            broken = any(tokens[place].folded in BE for place in range(places[0], places[-1]))
            noun = not (passive or broken) and _is_noun(
                corrected.get(places[-1], tokens[places[-1]].folded), lexicon.nouns
            )
            # "Plants" are plants, though who "planted" them tends them.
            word = tokens[places[0]].folded
            several = size == 1 and noun and word.endswith("s") and not _is_noun(word, lexicon.verbs)
            verb = not (several or (size > 1 and _names_a_role(tokens, places, lexicon.roles)))
            for mention in lexicon.phrases[sequence]:
                if (mention.kind in ("role", "type") and not noun) or (mention.kind == "predicate" and not verb):
                    continue
                score = mention.score * MISSPELT ** len(changed)
                found = replace(mention, start=places[0], end=places[-1] + 1, score=score)
                if mention.kind == "predicate" and passive:
                    # "Are touched": who is touched stands first, whatever the phrase says.
                    active = mention.direction == "out" or size > 1
                    active = active and (sequence, mention.value, mention.direction) not in lexicon.passive
                    turned = replace(found, direction="in" if found.direction == "out" else "out")
                    yield replace(turned, score=score * (PASSIVE if active else ACTIVE))
                    if active:
                        found = replace(found, score=score * ACTIVE)
                    else:
                        found = replace(
                            found, score=mention.score / TRUNCATED * PASSIVE if mention.score == TRUNCATED else score
                        )
                yield found


def _is_noun(word: str, nouns: set[str]) -> bool:
    """Whether the word is one of these in the singular or plural: "depend" is not, though "dependent" is."""
    singular = word[:-3] + "y" if word.endswith("ies") else word
    plural = word[:-1] + "ies" if word.endswith("y") else word + "s"
    return bool({word, plural, singular, word.removesuffix("s"), word.removesuffix("es")} & nouns)


def _names_a_role(tokens: tuple[Token, ...], places: Sequence[int], roles: set[str]) -> bool:
    """Whether ``(by) the owner of`` says who is meant, and not what somebody is: nothing like "is" stands before it."""
    for at in (places[0], places[-1]):
        article = at > 0 and tokens[at - 1].folded == "the"
        said = at > 1 and tokens[at - 2].folded in BE
        leads = at == places[0] or (at + 1 < len(tokens) and tokens[at + 1].folded == "of")
        if article and leads and not said and _is_noun(tokens[at].folded, roles):
            return True
    return False


def _passive(tokens: tuple[Token, ...], place: int) -> bool:
    """Whether the word is a participle with a form of "be" before it: ``is Y used``."""
    word = tokens[place].text.lower()
    if not (word.endswith(("ed", "en", "wn", "ne")) or word in PARTICIPLES):
        return False
    return any(tokens[i].folded in BE for i in range(max(0, place - 5), place)) or _fronted(tokens, place)


def _passive_verb(tokens: tuple[Token, ...], places: Sequence[int]) -> bool:
    """Whether these are a verb in the passive, alone or with how it is done: ``is Y used``, ``is Y used directly``."""
    verbs = [place for place in places if len(places) == 1 or not tokens[place].folded.endswith("ly")]
    return len(verbs) == 1 and len(places) <= VERB_AND_ADVERB and _passive(tokens, verbs[0])


def _fronted(tokens: tuple[Token, ...], place: int) -> bool:
    """Whether who did it stands in front, and the word last: ``by whom is the garden behind the old wall tended``."""
    ends = place + 1 == len(tokens) or not tokens[place + 1].text[0].isalnum()
    before = [token.folded for token in tokens[:place]]
    by = next((i for i, word in enumerate(before[:-1]) if word == "by" and before[i + 1] in WHO), place)
    return ends and not BE.isdisjoint(before[by:])


def cue_mentions(tokens: tuple[Token, ...], language: Language, corrected: dict[int, str]) -> Iterator[Mention]:
    """Every cue phrase."""
    longest = max(len(sequence) for sequence in language.cues)
    spelt = [stem(corrected[i]) if i in corrected else token.stem for i, token in enumerate(tokens)]
    for i in range(len(tokens)):
        for j in range(i + 1, min(i + longest, len(tokens)) + 1):
            for cue in language.cues.get(tuple(spelt[i:j]), ()):
                changed = sum(place in corrected for place in range(i, j))
                yield Mention(i, j, "cue", cue, score=MISSPELT**changed)
