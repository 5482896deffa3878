"""Claims that a model wrote, held against the evidence they cite, word for word and without a model.

A claim stands if everything it says is said by what it cites: each name, day, number with its unit, which things it
ties together and in which direction, what it denies, and how many it speaks of. A word that neither the cited
evidence nor the question has is beyond the evidence, however plausible.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from kg.answer.amounts import Amounts
from kg.answer.cited import Cited
from kg.answer.said import Names, Number, Said, forms_of, stems_of
from kg.answer.said_relations import WHICH, denying_phrases, either, relations
from kg.answer.texts_of_others import TextsOfOthers, quoted, whole
from kg.answer.weighed import SOURCE, attributed, compared, of_how_many, of_no_source
from kg.answer.wording import Wording
from kg.domain.evidence import Claim, EvidenceSet, Verdict
from kg.domain.fact import EntityId, Fact, FactId
from kg.domain.lineage import Source
from kg.domain.result import Result
from kg.domain.words import fold
from kg.text.dates import dated
from kg.text.language import english, stem

MAX_LETTERS = 2_000
"""The longest sentence that is looked at."""
_BESIDE = re.compile(r"\b(?:other than|besides|except(?: for)?|apart from)\b", re.IGNORECASE)
_NONE_OF = re.compile(r"\bnone of (?:the|its|their) (\w+)", re.IGNORECASE)
_ANOTHER = {"another", "other", "others", "besides", "further"}
_SENTENCE = re.compile(r"\S.*?(?:[.!?]+(?=\s|$)|$)")
_IF = re.compile(r"^\W*(?:if|suppose|should|were|assuming)\b([^,]*)", re.IGNORECASE)
_ONCE = re.compile(r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbe )(?<!\bbeen )\bused to\b", re.IGNORECASE)
"""Says that it was so; what is used to do something is."""
_NOT_ONLY = re.compile(r"\bnot (?:only|just|merely)\b(?=.*\bbut\b)", re.IGNORECASE)
"""Denies nothing: "not only this but also that"."""
_NOT_THAT = re.compile(r"\b(?:not (?:the case|true|so|correct)|false|no evidence|no sign) that\b", re.IGNORECASE)
"""Denies all that the sentence says then."""
_FOUND = re.compile(r" and (?:found none|did not find)\b")
"""In an absence, behind what was searched for."""
_ASIDE = re.compile(r",\s+like\b|\b(?:first|secondly|thirdly|finally|lastly)(?=,)", re.IGNORECASE)
_IT = re.compile(r"\b(?:it|them)\b", re.IGNORECASE)
FEWEST_TIED = 2
"""Names that a clause has if it ties things together."""
_ALL_THAT = re.compile(r"\b(?:which|who|that|they|in) all\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Checked:
    """A claim with its verdict, and what is wrong with it."""

    claim: Claim
    problem: str | None = None


class Scrutiny:
    """What every claim of one answer is held against, put together once."""

    def __init__(  # noqa: PLR0913, PLR0917 (what an answer consists of)
        self,
        question: str,
        interpretation: str,
        evidence: EvidenceSet,
        result: Result,
        facts: Mapping[FactId, Fact],
        wording: Wording,
        computed: str = "",
    ) -> None:
        self._language = english()
        self._items = {item.id: item for item in evidence.items}
        self._result = result
        self._facts = facts
        self._wording = wording
        names = [name for one in result.entities.values() for name in (one.name, *one.aliases)]
        self._sources = _sources(evidence)
        names += [source.title for source in self._sources.values()]
        shown = [facts[one] for item in evidence.items for one in item.facts if one in facts]
        self._texts = TextsOfOthers(shown, names)
        self._question = question
        self._asked = f"{question} {self._texts.less(interpretation)}"
        self._computed = self._texts.less(computed)
        claims = self._language.claims
        self._small = claims["reporting"] | self._language.droppable | self._language.light
        self._relations = relations(wording.ontology)
        self._names = Names(self._language, self._small | claims["denying"] | self._relations.words)
        for one, entity in result.entities.items():
            self._names.add(one, forms_of(entity.name, entity.aliases, entity.keys))
        for key, source in self._sources.items():
            self._names.add(f"{SOURCE}{key}", {source.title, source.name, source.dataset} - {""})
        asked_of = self.named_in(f"{question} {interpretation}")
        self._asked_of = {one for one in asked_of if not one.startswith(SOURCE)}
        self._asked_words = frozenset(fold(f"{self._asked} {self._computed}").split())
        own = self._nameless(f"{self._texts.less(interpretation)} {self._computed}", result.entities)
        self._asked_stems = stems_of([question, own])
        self._days_asked = [(one.first, one.last) for one in dated(self._asked, self._language.months)]
        self._amounts = Amounts(result, wording, self._names, self._asked, self._asked_of)

    def check(self, claims: Collection[Claim]) -> list[Checked]:
        return [self._checked(claim) for claim in claims]

    def _nameless(self, text: str, entities: Iterable[EntityId]) -> str:
        """The text without names and keys of several words: a part of one names nothing, and says nothing."""
        met = [self._result.entities[one] for one in entities if one in self._result.entities]
        found = {form for one in met for form in (one.name, *one.keys) if len(fold(form).split()) > 1}
        for form in sorted(found, key=lambda one: (-len(one), one)):
            text = text.replace(form, " ")
        return text

    def named_in(self, text: str) -> set[str]:
        """Everything that a text names."""
        return {one for named in self._names.take_apart(text).named for one in named.ids}

    def has_number(self, text: str, value: str) -> bool:
        said = self._names.take_apart(text)
        denied = value == "0" and any(word in self._language.claims["denying"] for _, word in said.words)
        return denied or any(number.value == value for number in said.numbers) or value == "1"

    def _checked(self, claim: Claim) -> Checked:
        for verdict, problem in self._problems(claim):
            return Checked(replace(claim, verdict=verdict), problem)
        return Checked(replace(claim, verdict="supported"))

    def _problems(self, claim: Claim) -> Iterator[tuple[Verdict, str]]:
        """The first of them is the reason that is given."""
        unknown = [one for one in claim.evidence if one not in self._items]
        if unknown:
            yield "unsupported", f"it cites {unknown[0]}, which is no evidence"
            return
        if not claim.evidence and self._items:
            yield "unsupported", "it cites no evidence"
            return
        if len(claim.text) > MAX_LETTERS:
            yield "unsupported", "it is longer than a sentence"
            return
        cited = Cited([self._items[one] for one in claim.evidence], self._facts, self._texts)
        text = _NOT_ONLY.sub(lambda found: " " * len(found[0]), claim.text)
        own = whole(text, cited.facts, cited.items)
        said = self._names.take_apart(own)
        said = replace(said, numbers=tuple(n for n in said.numbers if not self._phrased(n.start, said, cited)))
        yield from self._empty(said, text)
        yield from self._polarity(said, cited)
        yield from self._named(said, cited)
        yield from self._keyed(said)
        yield from self._tied(said, cited)
        yield from self._days(said, cited)
        yield from self._numbers(said, cited)
        claims = self._language.claims
        yield from compared(said, self._result, claims["more"], claims["fewer"])
        yield from of_how_many(said, self._result)
        yield from attributed(said, cited, self._sources)
        yield from of_no_source(said, cited, self._sources, self._relations.nouns)
        yield from self._quantities(said, cited)
        yield from quoted(said, cited.entities)
        yield from self._words(said, cited)

    # --- whom it names, and what it ties together ---

    def _named(self, said: Said, cited: Cited) -> Iterator[tuple[Verdict, str]]:
        for named in said.named:
            sources = {one.removeprefix(SOURCE) for one in named.ids if one.startswith(SOURCE)}
            if named.ids & (cited.entities | self._asked_of) or sources & cited.sources:
                continue
            name = said.text[named.start : named.end]
            if not sources and (fold(name) in cited.folded or fold(name) in fold(self._asked)):
                continue
            what = "no cited evidence was read in it" if sources else "no cited evidence speaks of it"
            yield "unsupported", f"it names “{name}”, and {what}"

    def _keyed(self, said: Said) -> Iterator[tuple[Verdict, str]]:
        """A key in brackets behind a name is that of the thing."""
        for one, behind in pairwise(said.named):
            name, key = (said.text[part.start : part.end] for part in (one, behind))
            bracketed = said.text[one.end : behind.start].strip() == "(" and said.text[behind.end :].startswith(")")
            met = (self._result.entities.get(owner) for owner in behind.ids)
            keys = {fold(form) for entity in met if entity is not None for form in entity.keys}
            if bracketed and fold(key) in keys and not one.ids & behind.ids:
                yield "contradicted", f"“{key}” is not the key of “{name}”"

    def _tied(self, said: Said, cited: Cited) -> Iterator[tuple[Verdict, str]]:
        """Things named in one clause are tied by cited facts, and in the direction that the clause says."""
        for start, end in _clauses(said):
            inside = [one for one in said.within(start, end) if not all(key.startswith(SOURCE) for key in one.ids)]
            named = [one for one in inside if one.ids & cited.tied]
            for one in inside if named and not cited.absent else ():
                name = said.text[one.start : one.end]
                if not one.ids & cited.entities and not self._stands_in(name, cited):
                    yield "unsupported", f"no cited evidence ties “{name}” to what is said of it"
            for one in named if len(named) > 1 else ():
                others = {key for other in named if other is not one for key in other.ids}
                if not (one.ids & others) and not any(cited.reach(key) & others for key in one.ids):
                    yield (
                        "unsupported",
                        f"no cited fact ties “{said.text[one.start : one.end]}” to what is said of it",
                    )
            for first, second in pairwise(named):
                yield from self._relations.direction(first, second, said, cited, self._wording)
                yield from self._relations.said(first, second, said, cited)

    def _stands_in(self, name: str, cited: Cited) -> bool:
        """Whether the evidence has the name, other than as a part of one."""
        return f" {fold(name)} " in f" {fold(self._nameless(cited.text, cited.entities))} "

    # --- what it denies ---

    def _empty(self, said: Said, text: str) -> Iterator[tuple[Verdict, str]]:
        """A sentence that says nothing of the evidence, such as a bare yes or no, is for questions that ask for it."""
        small = self._small
        denying = self._language.claims["denying"]
        result = self._result
        refuted = result.refuted or not (result.rows or result.paths or result.value)
        for found in _SENTENCE.finditer(text):
            start, end = found.span()
            places = [*(one.start for one in said.numbers), *(one.start for one in said.days)]
            named = any(one.start < end and one.end > start for one in said.named)
            words = [word for place, word in said.words if start <= place < end]
            blank = said.text[start:end] != text[start:end]
            if blank or named or any(start <= place < end for place in places) or not words:
                continue
            if any(word not in small | denying for word in words):
                continue
            denied = any(word in denying for word in words)
            if denied != refuted or not (denied or result.type == "yes_no"):
                yield "unsupported", "it says nothing of the evidence"

    def _polarity(self, said: Said, cited: Cited) -> Iterator[tuple[Verdict, str]]:
        denying = [start for start, word in said.words if word in self._language.claims["denying"]]
        denying += self._negative_phrases(said)
        denying += [number.start for number in said.numbers if number.value == "0"]
        whole_of_it = {found.start() for found in _NOT_THAT.finditer(said.text)}
        denying += whole_of_it
        if cited.absent and not set(denying) - self._repeated(said, cited) and self._says_sought(said, cited):
            yield "contradicted", "it cites that something was not found, and does not say so"
        for place in denying:
            start, end = next(((a, b) for a, b in said.pieces if a <= place < b), (0, len(said.text)))
            things = {one.ids for one in said.within(start, end)}
            back = _IT.search(said.text, start, end) or WHICH.match(said.text, start)
            if back and len(things) < FEWEST_TIED:
                # What it is stands before: "As for the house, Ann does not own it."
                start = max((a for a, _ in said.pieces if a < start), default=start)
            end = len(said.text) if place in whole_of_it else end
            beside = _BESIDE.search(said.text, start, end)
            named = said.within(start, end if beside is None else beside.start())
            if said.text[place:].casefold().startswith("without"):
                named = tuple(one for one in named if one.start > place)
            if any(list(cited.between(a.ids, b.ids)) for a, b in combinations(named, 2)):
                yield "contradicted", f"it denies what the evidence says: “{said.text[start:end].strip()}”"
        some = [found[1] for found in _NONE_OF.finditer(said.text)]
        known = {"these", "those", "them", *self._language.numbers}
        if any(word.casefold() not in known and not word.isdigit() for word in some) and not self._found_nothing():
            yield "contradicted", "it says of none of them what holds for some"
        if denying and not (cited.absent or self._denial_follows(cited)):
            yield "unsupported", "it says that something is not so, and no cited evidence does"

    def _repeated(self, said: Said, cited: Cited) -> set[int]:
        """Where it denies what was sought is not, in the words of the search: "beds that are not in a house"."""
        sought = {pair for item in cited.absent for pair in pairwise(fold(_FOUND.split(item.text)[0]).split())}
        denying = self._language.claims["denying"]
        return {
            one for (one, word), (_, behind) in pairwise(said.words) if word in denying and (word, behind) in sought
        }

    def _says_sought(self, said: Said, cited: Cited) -> bool:
        """Whether it speaks of what was not found: in words that nothing else that it cites has."""
        others = [item.text for item in cited.items if item.kind != "absence"]
        if not others:
            return not said.numbers
        if any(_BESIDE.search(item.text) for item in cited.absent) and {word for _, word in said.words} & _ANOTHER:
            return True
        months = self._language.months
        days = {(one.first, one.last) for text in others for one in dated(text, months)}
        sought_on = {(one.first, one.last) for item in cited.absent for one in dated(item.text, months)} - days
        if any((day.first, day.last) in sought_on for day in said.days):
            return True
        known = stems_of([*others, *cited.phrases(self._wording, self._result)])
        sought = stems_of(item.text for item in cited.absent) - known
        return any(stem(word) in sought for _, word in said.words if word not in self._small)

    def _negative_phrases(self, said: Said) -> list[int]:
        """Where a phrase of the ontology denies: *uncertified*."""
        pattern = denying_phrases(self._wording.ontology)
        return [] if pattern is None else [found.start() for found in pattern.finditer(said.text)]

    def _denial_follows(self, cited: Cited) -> bool:
        denying = self._language.claims["denying"]
        known = {*cited.folded.split(), *self._asked_words}
        return self._found_nothing() or self._result.refuted or bool(denying & known) or "false" in known

    def _found_nothing(self) -> bool:
        return self._result.value in (0, False) or not (self._result.rows or self._result.paths)

    # --- days, numbers, how many ---

    def _days(self, said: Said, cited: Cited) -> Iterator[tuple[Verdict, str]]:
        ways = self._language.claims
        known = [*cited.days, *self._days_asked]
        once = _ONCE.search(said.text)
        if once and not self._phrased(once.start(), said, cited) and not _ONCE.search(f"{cited.text} {self._asked}"):
            yield "unsupported", "it says that it was so, and no cited evidence does"
        for day in said.days:
            if not any(day.first <= first and last <= day.last for first, last in known):
                yield "unsupported", f"no cited evidence has the day {_shown(day.first, day.last)}"
            starts = {fact.valid.start for fact in cited.facts if fact.valid.start}
            ends = {fact.valid.end for fact in cited.facts if fact.valid.end}
            if day.before in ways["until"] and day.first in starts - ends:
                yield "contradicted", f"{day.first} is when it begins"
            if day.before in ways["from"] and day.first in ends - starts:
                yield "contradicted", f"{day.first} is when it ends"

    def _numbers(self, said: Said, cited: Cited) -> Iterator[tuple[Verdict, str]]:
        text = said.text.casefold()
        if text.count("%") > sum(number.unit == "%" for number in said.numbers):
            yield "unsupported", "a % stands behind what is no number"
        for number in said.numbers:
            bound = next((one for one in self._language.claims["bounding"] if _bounds(one, text, number)), None)
            if bound is not None and bound not in f"{self._asked} {self._computed} {cited.text}".casefold():
                yield "unsupported", f"it makes {number.value} a bound: “{bound}”"
            if not self._amounts.follow(number, said, cited):
                yield "unsupported", f"{number.value} does not follow from the cited evidence"

    def _phrased(self, place: int, said: Said, cited: Cited) -> bool:
        """Whether what stands there is in a phrase for a relation that it cites: *one step upstream of*."""
        phrases = (one for one in cited.phrases(self._wording, self._result) if " " in one)
        telling = {
            one for one in phrases if _ONCE.search(one) or set(fold(one).split()) & self._language.numbers.keys()
        }
        found = either(frozenset(telling)).finditer(said.text) if telling else ()
        return any(one.start() <= place < one.end() for one in found)

    def _quantities(self, said: Said, cited: Cited) -> Iterator[tuple[Verdict, str]]:
        known = self._asked_words
        complete = self._result.of is not None and self._result.value == self._result.of
        alone = self._language.claims["alone"]
        searched = any(item.kind == "absence" for item in self._items.values())
        for _, word in said.words:
            if (word in alone and known & alone and (cited.absent or not searched)) or (word == "any" and cited.absent):
                continue
            if word not in self._language.claims["quantifying"] or (word in known and word not in alone):
                continue
            if word in ("all", "every", "each") and (complete or word == "each" or _ALL_THAT.search(said.text)):
                continue
            if word == "both" and (
                len(said.named) >= 2 or (len(self._result.rows) == 2 and self._result.type != "conflict")
            ):
                continue
            yield "unsupported", f"“{word}” does not follow from what was counted"

    # --- its words ---

    def _words(self, said: Said, cited: Cited) -> Iterator[tuple[Verdict, str]]:
        claims = self._language.claims
        small = self._small | claims["denying"] | claims["alone"]
        small |= (claims["from"] | claims["until"]) if said.days else frozenset()
        small |= claims["lasting"] if cited.lasts else frozenset()
        phrases = stems_of(cited.phrases(self._wording, self._result))
        text = self._nameless(cited.text, cited.entities)
        known = stems_of([text]) | self._asked_stems | phrases
        if (condition := _IF.match(self._question)) and not claims["supposing"] & {word for _, word in said.words}:
            read = stems_of([text, self._asked.removeprefix(self._question), self._computed]) | phrases
            known -= stems_of([condition[1]]) - read
        sayings = [found.span() for some in (either(claims["sayings"]), _ASIDE) for found in some.finditer(said.text)]
        for start, word in said.words:
            if any(first <= start < last for first, last in sayings):
                continue
            modal = word in claims["modal"] and word not in fold(f"{self._asked} {cited.text}").split()
            if not modal and (word in small or stem(word) in known):
                continue
            if len(word) == 1:
                continue
            yield "unsupported", f"“{said.text[start : start + len(word)]}” is in no cited evidence"


def _clauses(said: Said) -> list[tuple[int, int]]:
    """Clauses that tie things together: pieces with one name, or that tell more of one, belong to that before them."""
    found: list[tuple[int, int]] = []
    for start, end in said.pieces:
        if found and (len({one.ids for one in said.within(start, end)}) < FEWEST_TIED or WHICH.match(said.text, start)):
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _bounds(bound: str, text: str, number: Number) -> bool:
    return text[: number.start].rstrip().endswith(f" {bound}") or text[: number.start].strip() == bound


def _shown(first: str, last: str) -> str:
    return first if first == last else f"{first} to {last}"


def _sources(evidence: EvidenceSet) -> dict[str, Source]:
    found = {support.source.id: support.source for item in evidence.items for support in item.supports}
    return found | {source.id: source for item in evidence.items for source in item.searched}
