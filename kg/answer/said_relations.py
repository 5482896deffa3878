"""Relations as people say them, between two names of a sentence."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from kg.answer.cited import Cited
from kg.answer.said import Named, Said, stems_of
from kg.answer.wording import Wording
from kg.domain.evidence import Verdict
from kg.domain.ontology import Ontology
from kg.domain.words import fold
from kg.text.language import english, stem

WHICH = re.compile(r",\s+(?:which|who|that|whose)\b", re.IGNORECASE)
_OF_IT = re.compile(r"(?:\s*\([^)]*\))?\s+([\w ]+?)\s+(?:it|them)\b")
_JOINING = ("is", "are", "was", "were", "the", "a", "an", "which", "that", "who", "also", "both")


class Relations:
    """What people say for the relations of an ontology."""

    def __init__(self, ontology: Ontology, small: frozenset[str]) -> None:
        self._ontology = ontology
        nouns = [noun for kind in ontology.types.values() for noun in kind.nouns]
        self.nouns = stems_of(nouns)
        """Stems of the words for kinds of things."""
        said = [text for spec in ontology.predicates.values() for text in (*spec.phrases, *spec.inverse, *spec.roles)]
        self.words = frozenset(word for text in (*said, *nouns) for word in fold(text).split())
        """Words of which the phrases of the ontology are made."""
        ways = {way for name, spec in ontology.predicates.items() if spec.objects for way in self._ways(name)}
        # Prepositions alone are said of many relations.
        self._said = {way for way in ways if any(word not in small for word in way.split())}

    def _ways(self, predicate: str) -> set[str]:
        """All that people say for it, either way."""
        spec = self._ontology.predicates[predicate]
        return {_plain(one) for one in (*spec.phrases, *spec.inverse, *spec.roles, *spec.inverse_roles)}

    def direction(
        self, first: Named, second: Named, said: Said, cited: Cited, wording: Wording
    ) -> Iterator[tuple[Verdict, str]]:
        here = _plain(said.text[first.end : second.start])
        of_it = _OF_IT.match(said.text, second.end)
        if not here and of_it is not None:
            # "As for the house, Ann owns it."
            here, first, second = _plain(of_it[1]), second, first
        for fact in cited.between(first.ids, second.ids):
            spec = self._ontology.predicates[fact.predicate]
            if spec.symmetric or fact.subject == fact.target:
                continue
            forward = fact.subject in first.ids
            phrases, inverse = ({_plain(one) for one in some} for some in (spec.phrases, spec.inverse))
            ways = (phrases, inverse) if forward else (inverse, phrases)
            if here and here in ways[1] - ways[0]:
                yield "contradicted", f"the evidence says it the other way round: {wording.fact(fact)}"

    def said(self, first: Named, second: Named, said: Said, cited: Cited) -> Iterator[tuple[Verdict, str]]:
        """What is said between two names, word for word as people say a relation, has to be that of a cited fact."""
        between = said.text[first.end : second.start]
        here = _plain(between)
        # What stands behind a comma is said of what the sentence is about; before a noun a name tells which.
        aside = "," in between and not WHICH.search(between)
        behind = stems_of(said.text[second.end :].split()[:1]) & self.nouns
        if aside or behind or first.ids & second.ids or here not in self._said:
            return
        facts = cited.between(first.ids, second.ids)
        if not any(here in self._ways(fact.predicate) for fact in facts):
            yield "unsupported", f"no cited fact says so of “{said.text[first.start : second.end]}”"


def _plain(phrase: str) -> str:
    """A phrase without what joins it to its ends."""
    words = [stem(word) for word in fold(phrase).split() if word not in _JOINING]
    return " ".join(words)


@functools.lru_cache(maxsize=16)
def relations(ontology: Ontology) -> Relations:
    """Those of an ontology; kept, since all claims over one graph are held against them."""
    language = english()
    return Relations(ontology, language.light | language.droppable)


@functools.lru_cache(maxsize=16)
def denying_phrases(ontology: Ontology) -> re.Pattern[str] | None:
    """Finds the phrases that say that there is none."""
    specs = ontology.predicates.values()
    phrases = {phrase for spec in specs for phrase in (*spec.negative, *spec.inverse_negative)}
    return either(frozenset(phrases)) if phrases else None


@functools.lru_cache(maxsize=16)
def either(phrases: frozenset[str]) -> re.Pattern[str]:
    """Finds any of the phrases, the longest first."""
    longest_first = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b", re.IGNORECASE)
