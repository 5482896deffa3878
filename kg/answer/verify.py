"""Draft to verified claims. Deterministic: ids, numbers, names and polarity against the cited evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from kg.answer.wording import MAX_NAMED, MAX_SENTENCES, Wording
from kg.domain.evidence import Claim, Draft, Evidence, EvidenceSet, Verdict
from kg.domain.result import Result

_NUMBER = re.compile(r"\d[\d.,]*")
LABEL_START = 3
"""Letters by which labels are looked up."""
_WORD = re.compile(r"[^\s(]+")
_QUOTED = re.compile("“([^“”]*)”")
_NEGATION = re.compile(r"\b(no|not|none|nothing|never|without)\b", re.IGNORECASE)


def verify(
    draft: Draft, evidence: EvidenceSet, result: Result, wording: Wording, interpretation: str
) -> tuple[Claim, ...]:
    """Give every claim its verdict."""
    check = _Check(evidence, result, wording, interpretation)
    return tuple(replace(claim, verdict=check.verdict(claim)) for claim in draft.claims)


class _Check:
    """What every claim of one answer is held against, put together once."""

    def __init__(self, evidence: EvidenceSet, result: Result, wording: Wording, interpretation: str) -> None:
        self._items = {item.id: item for item in evidence.items}
        self._result = result
        self._interpretation = interpretation
        self._labels: dict[str, list[str]] = {}
        # Longest first: one label may be the beginning of another.
        for label in sorted(_labels(result, wording), key=lambda one: (-len(one), one)):
            self._labels.setdefault(label[:LABEL_START], []).append(label)
        self._counted = frozenset(str(value) for value in counted(result) if value is not None)
        self._named = {item.id: {wording.entity(one) for one in item.entities} for item in evidence.items}

    def verdict(self, claim: Claim) -> Verdict:
        if any(one not in self._items for one in claim.evidence):
            return "unsupported"
        cited = [self._items[one] for one in claim.evidence]
        if not cited and self._result.rows:
            return "unsupported"
        known = " ".join([*(item.text for item in cited), self._interpretation])
        quotes = [" ".join(item.quote.split()) for item in cited if item.quote is not None]
        known = " ".join([known, *quotes])
        if quotes and any(said not in known for said in _QUOTED.findall(claim.text)):
            return "unsupported"
        own = claim.text.replace(self._interpretation, "")
        own, labels = self._without_labels(own)
        for label in labels:
            if label not in known and not any(label in self._named[one] for one in claim.evidence):
                return "unsupported"
        if self._result.type == "decision":
            # What an input is given as may be called none, which denies nothing.
            own = _NEGATION.sub(lambda word: "" if word[0] in self._interpretation else word[0], own)
        return self._plain_verdict(own, known, cited)

    def _without_labels(self, text: str) -> tuple[str, list[str]]:
        """The text with a space in the place of each label that begins where a word does; and those labels."""
        found, rest, at = [], [], 0
        for word in _WORD.finditer(text):
            start = word.start()
            if start < at:
                continue
            keys = (text[start : start + size] for size in range(LABEL_START, 0, -1))
            labels = (label for key in keys for label in self._labels.get(key, ()))
            label = next((one for one in labels if text.startswith(one, start)), None)
            if label is not None:
                found.append(label)
                rest += [text[at:start], " "]
                at = start + len(label)
        return "".join([*rest, text[at:]]), found

    def _plain_verdict(self, own: str, known: str, cited: list[Evidence]) -> Verdict:
        """Numbers and polarity of what a claim says beside names."""
        numbers = {number.rstrip(".,") for number in _NUMBER.findall(known)}
        said = {number.rstrip(".,") for number in _NUMBER.findall(own)}
        if any(not self._follows(number, cited) for number in said - numbers):
            return "unsupported"
        if _NEGATION.search(own) and not any(item.kind == "absence" or _NEGATION.search(item.text) for item in cited):
            return "unsupported"
        return "supported"

    def _follows(self, number: str, cited: list[Evidence]) -> bool:
        """Whether a number is one the plan counted, or says how much a sentence does not name."""
        told = sum(item.kind == "fact" for item in cited) - MAX_SENTENCES
        return number.replace(",", "") in self._counted or number.replace(",", "") == str(told)


def _labels(result: Result, wording: Wording) -> set[str]:
    """What the entities of the answer are called; and all that was met, where that could not be an everyday word."""
    own = {end for row in result.rows for end in (row.entity, row.other) if end is not None}
    own |= {end for fact in result.facts.values() for end in (fact.subject, fact.target) if end is not None}
    own |= {end for absence in result.absences for end in absence.entities}
    own |= {end for chain in result.paths for end in chain.entities}
    met = {wording.entity(one) for one in result.entities}
    return {wording.entity(one) for one in own} | {label for label in met if " " in label}


def counted(result: Result) -> Iterator[object]:
    """Every number that the plan counted, or that says how much a sentence does not name."""
    rows = len(result.rows)
    yield from (result.of, rows, rows - MAX_NAMED, len({row.entity for row in result.rows}) - MAX_NAMED)
    yield from (one for row in result.rows for one in (row.value, row.of))
    yield from _numbers(result.value)
    yield from (len(chain.facts) for chain in result.paths)
    yield len(result.value) - MAX_NAMED if isinstance(result.value, dict) else None
    yield from (round(100 * part / of) for part, of in shares(result) if of)
    yield from (len(result.paths) - 1, *(len(items) for items in result.alternatives))
    yield from (number for row in result.rows if row.group for number in _NUMBER.findall(row.group))


def shares(result: Result) -> Iterator[tuple[int, int]]:
    """Parts and wholes of which a sentence may say the share."""
    pairs: list[object] = [[result.value, result.of], *([row.value, row.of] for row in result.rows)]
    pairs += result.value.values() if isinstance(result.value, dict) else []
    for pair in pairs:
        if isinstance(pair, list) and len(pair) == 2 and all(isinstance(one, int) for one in pair):
            yield pair[0], pair[1]


def _numbers(value: object) -> Iterator[object]:
    """The numbers in a value, and the sizes of lists in it."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from _numbers(one)
    elif isinstance(value, list):
        yield len(value)
        for one in value:
            yield from _numbers(one)
    else:
        yield value
