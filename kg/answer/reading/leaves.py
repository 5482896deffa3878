"""Mentions to parts: what each recognised word or name means by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kg.answer.phrases import BE, PLAIN_PREPOSITIONS, TELLING
from kg.answer.reading.nouns import implied
from kg.answer.reading.parts import (
    Condition,
    DatePart,
    LiteralPart,
    NumberPart,
    OpPart,
    Part,
    PropPart,
    Rel,
    RelPart,
    SetPart,
    VersionPart,
    altered,
    scored,
)
from kg.answer.reading.plans import all_of, players
from kg.answer.reading.rules import Grammar
from kg.answer.reading.sentences import asks_from, sentences
from kg.domain.ontology import Ontology, Predicate
from kg.domain.plan import Entities, Having, Point, SetPlan
from kg.domain.plan_json import plan_of
from kg.domain.question import Linked, Mention, Word
from kg.domain.words import fold
from kg.text.language import english, stems

WEIGHT = {"content": 1.0, "filler": 0.7, "light": 0.3, "drop": 0.0, "mark": 0.0}
"""How much of the question a word is, by its kind."""
QUESTION_WORDS = frozenset({"what", "which", "who", "whom", "where"})
DETERMINERS = frozenset({"the", "a", "an", "s", "their", "its", "his", "her", "my", "our", "your", "no", "any", "some"})
ANYTHING = frozenset({"anything", "something", "everything", "things", "stuff"})
DONE = ("ed", "en", "ing", "wn", "ne")
PLURAL = 3
VERBAL = 0.95
"""Score from which on a phrase is said as it stands."""
SETTLED = 0.12
"""What a longer mention gains over its pieces, a word."""


def size(words: Sequence[Word], start: int, end: int) -> float:
    """How much of the question stands between two places."""
    return sum(WEIGHT[word.weight] for word in words[start:end])


def leaves(linked: Linked, grammar: Grammar) -> dict[tuple[int, int], list[Part]]:  # noqa: C901, PLR0912 (one kind of mention each)
    """Parts by the tokens they stand for."""
    found: dict[tuple[int, int], list[Part]] = {}
    relations: dict[tuple[int, int, bool, bool], list[Mention]] = {}
    literal: dict[tuple[int, int, bool, bool], list[Mention]] = {}
    values: dict[tuple[int, int], list[Mention]] = {}
    for mention in linked.mentions:
        place = (mention.start, mention.end)
        if mention.kind in ("predicate", "role"):
            spec = grammar.ontology.predicates[mention.value]
            group = literal if spec.value is not None else relations
            key = (*place, mention.negative, mention.kind == "role")
            group.setdefault(key, []).append(mention)
        elif mention.kind in ("dataset", "table", "input", "choice"):
            continue
        elif mention.kind == "value":
            values.setdefault(place, []).append(mention)
        else:
            for part in _leaf(mention, linked, grammar):
                found.setdefault(place, []).append(part)
    for at, word in enumerate(linked.words):
        asks = word.weight == "light" and word.folded in QUESTION_WORDS and not _relates(linked, at)
        if asks or word.folded in ANYTHING:
            anything = SetPart(wh=True, types=_asked_by(word.folded, grammar))
            found.setdefault((at, at + 1), []).append(scored(anything, grammar.weights, ("words", 0.3)))
        if word.folded in ANYTHING:
            for types in _usual(word.folded, grammar.ontology):
                usual = SetPart(plan=all_of(types, grammar.ontology), types=types)
                told = scored(usual, grammar.weights, ("words", 1.0), ("implied", 1.0))
                found.setdefault((at, at + 1), []).append(told)
    ends = {m.end: m.kind for m in linked.mentions if m.kind in ("entity", "type")}
    starts = {m.start: m.kind for m in linked.mentions if m.kind in ("entity", "type")}
    for at, word in enumerate(linked.words):
        behind = next((i for i in range(at + 1, len(linked.words)) if linked.words[i].weight != "drop"), at)
        if word.text == "," and at in ends and ends[at] == starts.get(behind, starts.get(at + 1)):
            found.setdefault((at, at + 1), []).append(scored(OpPart(op="comma"), grammar.weights))
    for at in _unknown(linked):
        # An unknown word may be a verb for a relation; which one, the two ends have to tell.
        wild = RelPart()
        found.setdefault((at, at + 1), []).append(scored(wild, grammar.weights, ("words", 0.5), ("wild", 1.0)))
    for (start, end, negative, noun), mentions in relations.items():
        for part in _relation(mentions, linked, grammar, negative=negative, noun=noun):
            found.setdefault((start, end), []).append(part)
    for (start, end, _, noun), mentions in literal.items():
        found.setdefault((start, end), []).append(_literal(mentions, linked, grammar, noun=noun))
    for place, mentions in values.items():
        # Written with other capitals it is the same value.
        names = {(m.more[0], fold(m.value)): m.value for m in sorted(mentions, key=lambda m: m.value, reverse=True)}
        conditions = tuple(Condition(name, "=", value) for (name, _), value in sorted(names.items()))
        best = max(m.score for m in mentions)
        made = _worth(PropPart(conditions=conditions), mentions[0], linked, grammar, best)
        small = all(
            word.weight != "content" or word.folded in english().binding for word in linked.words[slice(*place)]
        )
        # "No" by itself is not what something says.
        found.setdefault(place, []).append(scored(made, grammar.weights, ("bare_value", float(small)), of=(made,)))
    return found


def _usual(word: str, ontology: Ontology) -> list[frozenset[str]]:
    """Kinds that are meant where none is said; where there is none, anything is of any kind."""
    found = [ontology.family(name) for name, spec in ontology.types.items() if spec.default]
    return found or [frozenset(ontology.types)] * (word == "anything")


def _relates(linked: Linked, place: int) -> bool:
    """Whether a question word behind a preposition only ties what follows to a noun: ``shops by which``."""
    words = linked.words
    if place < 2 or words[place - 1].folded not in PLAIN_PREPOSITIONS or words[place].folded not in ("which", "whom"):
        return False
    # "By which shops" asks for shops.
    asks = any(m.kind in ("type", "role") and m.start == place + 1 for m in linked.mentions)
    return not asks and any(m.kind in ("type", "role") and m.end == place - 1 for m in linked.mentions)


def _asked_by(word: str, grammar: Grammar) -> frozenset[str]:
    """The types that a question word asks for: who asks for those the ontology says, what for anything."""
    ontology, word = grammar.ontology, "who" if word == "whom" else word
    found = [ontology.family(name) for name, spec in ontology.types.items() if word in spec.asks]
    return frozenset().union(*found) if found else frozenset(ontology.types)


def _unknown(linked: Linked) -> Iterator[int]:
    """Words in small letters behind where the question begins to ask, of which nothing is known."""
    known = {i for m in linked.mentions for i in range(m.start, m.end)}
    for start, end in sentences(linked):
        for i in range(max(asks_from(linked, start, end), start), end):
            word = linked.words[i]
            before, behind = (linked.words[p].folded if start <= p < end else "" for p in (i - 1, i + 1))
            # "Are crimson" says how they are, and "are tended" what is done with them.
            noun = before in DETERMINERS or behind == "of" or (before in BE and not word.folded.endswith(DONE))
            if i not in known and word.weight == "content" and word.text.isalpha() and word.text.islower() and not noun:
                yield i


def _worth(part: Part, mention: Mention, linked: Linked, grammar: Grammar, score: float | None = None) -> Part:
    """The part with what its words explain."""
    weight = size(linked.words, mention.start, mention.end)
    sure = mention.score if score is None else score
    features = [("words", weight * sure), ("settled", max(0, mention.end - mention.start - 1) * 1.0)]
    if sure < 0.95 and mention.kind == "entity":
        features.append(("fuzzy", 1.0 - sure))
    return scored(part, grammar.weights, *features)


def _leaf(mention: Mention, linked: Linked, grammar: Grammar) -> Iterator[Part]:  # noqa: C901 (one kind of mention each)
    ontology, kind = grammar.ontology, mention.kind
    if kind == "entity":
        entity = linked.entities[mention.value]
        ids = mention.more or (entity.id,)
        made = SetPart(plan=Entities(ids=ids), types=frozenset({entity.type}), named=True, several=bool(mention.more))
        yield _worth(made, mention, linked, grammar)
        last = linked.words[mention.end - 1].folded
        if last.endswith("s") and len(last) > PLURAL and not fold(entity.name).endswith("s"):
            # The plural of a name stands for things of it.
            for these, features in implied(grammar, made):
                yield scored(these, grammar.weights, *features, of=(_worth(SetPart(), mention, linked, grammar),))
    elif kind == "type":
        typed = SetPart(plan=Entities(type=mention.value), types=ontology.family(mention.value))
        if "ask" in mention.more:
            typed = altered(typed, focus=True)
        yield _worth(typed, mention, linked, grammar)
    elif kind == "concept":
        yield from _concept(mention, linked, grammar)
    elif kind == "number":
        yield _worth(NumberPart(number=float(mention.value)), mention, linked, grammar)
    elif kind == "date":
        yield _worth(DatePart(first=mention.value, last=mention.more[0]), mention, linked, grammar)
    elif kind == "version":
        point = Point(datasets=mention.more)
        yield _worth(VersionPart(points=(point,), labels=(mention.value,)), mention, linked, grammar)
    elif kind == "cue":
        yield _worth(OpPart(op=mention.value), mention, linked, grammar)


def _concept(mention: Mention, linked: Linked, grammar: Grammar) -> Iterator[Part]:
    concept = grammar.ontology.concepts[mention.value]
    yield _worth(PropPart(concept=concept.name), mention, linked, grammar)
    if "noun" in mention.more:
        plan: SetPlan = Having(Entities(type=concept.of), "none" if concept.none else "some", plan_of(concept.plan))
        yield _worth(SetPart(plan=plan, types=grammar.ontology.family(concept.of)), mention, linked, grammar)


def _relation(
    mentions: list[Mention], linked: Linked, grammar: Grammar, *, negative: bool, noun: bool
) -> Iterator[Part]:
    best = max(m.score for m in mentions)
    rels: dict[tuple[str, str], Rel] = {}
    for m in sorted(mentions, key=lambda m: -m.score):
        direction = m.direction or "out"
        rels.setdefault((m.value, direction), Rel(m.value, direction, round(m.score - best, 3)))
    weak = best <= TELLING
    place = (mentions[0].start, mentions[0].end)
    typed = any(m.kind == "type" and (m.start, m.end) == place for m in linked.mentions)
    told = (m.score for m in linked.mentions if m.kind == "predicate" and (m.start, m.end) == place)
    verbal = noun and any(score >= VERBAL for score in told)
    last = linked.words[mentions[0].end - 1].folded
    leads = mentions[0].end - mentions[0].start > 1 and last in PLAIN_PREPOSITIONS
    said = " ".join(word.folded for word in linked.words[slice(*place)])
    joint = all(_is_joint(said, grammar.ontology.predicates[m.value]) for m in mentions)
    made = RelPart(
        rels=tuple(rels.values()),
        negative=negative,
        noun=noun,
        leads=leads,
        verbal=verbal,
        typed=typed,
        weak=weak,
        joint=joint,
    )
    yield _worth(made, mentions[0], linked, grammar, best)
    if noun and not joint:
        # "Directors" by itself are people who direct; "co-directors" are those of somebody.
        for rel in rels.values():
            _, far = grammar.ontology.ends(rel.predicate, rel.direction)
            plan = players(rel, grammar.ontology)
            role = _worth(SetPart(plan=plan, types=far, role=rel), mentions[0], linked, grammar, best * 0.9)
            yield scored(role, grammar.weights, ("role_or_type", float(typed or verbal)), of=(role,))


def _is_joint(said: str, predicate: Predicate) -> bool:
    """Whether a phrase is another one of the predicate behind ``co``: ``co-author``."""
    alone = stems(said.removeprefix("co").strip(" -"))
    phrases = (*predicate.roles, *predicate.inverse_roles, *predicate.phrases, *predicate.inverse)
    return said.startswith("co") and any(alone == stems(phrase) for phrase in phrases)


def _literal(mentions: list[Mention], linked: Linked, grammar: Grammar, *, noun: bool) -> Part:
    best = max(m.score for m in mentions)
    names = tuple(dict.fromkeys(m.value for m in sorted(mentions, key=lambda m: -m.score)))
    asks = any("ask" in m.more for m in mentions)
    return _worth(LiteralPart(predicates=names, noun=noun, asks=asks), mentions[0], linked, grammar, best)
