"""Draft to verified claims. Deterministic: ids, numbers, names and polarity against the cited evidence."""

from __future__ import annotations

import re
from dataclasses import replace

from kg.answer.wording import MAX_NAMED, MAX_SENTENCES, Wording
from kg.domain.evidence import Claim, Draft, Evidence, EvidenceSet, Verdict
from kg.domain.result import Result

_NUMBER = re.compile(r"\d[\d.,]*")
_NEGATION = re.compile(r"\b(no|not|none|nothing|never|without)\b", re.IGNORECASE)


def verify(
    draft: Draft, evidence: EvidenceSet, result: Result, wording: Wording, interpretation: str
) -> tuple[Claim, ...]:
    """Give every claim its verdict."""
    items = {item.id: item for item in evidence.items}
    return tuple(
        replace(claim, verdict=_verdict(claim, items, result, wording, interpretation)) for claim in draft.claims
    )


def _verdict(
    claim: Claim, items: dict[str, Evidence], result: Result, wording: Wording, interpretation: str
) -> Verdict:
    if any(cited not in items for cited in claim.evidence):
        return "unsupported"
    cited = [items[one] for one in claim.evidence]
    if not cited and result.rows:
        return "unsupported"
    known = " ".join([*(item.text for item in cited), interpretation])
    numbers = {number.rstrip(".,") for number in _NUMBER.findall(known)}
    named = {wording.entity(entity) for item in cited for entity in item.entities}
    own = claim.text.replace(interpretation, "")
    # Longest first: one label may be the beginning of another.
    for label in sorted({wording.entity(entity) for entity in result.entities}, key=lambda one: (-len(one), one)):
        if label in own and label not in known and label not in named:
            return "unsupported"
        own = own.replace(label, " ")
    said = {number.rstrip(".,") for number in _NUMBER.findall(own)}
    if any(not _follows(number, result, cited) for number in said - numbers):
        return "unsupported"
    if _NEGATION.search(own) and not any(item.kind == "absence" or _NEGATION.search(item.text) for item in cited):
        return "unsupported"
    return "supported"


def _follows(number: str, result: Result, cited: list[Evidence]) -> bool:
    """Whether a number is one the plan counted, or says how much a sentence does not name."""
    told = sum(item.kind == "fact" for item in cited)
    counted = {result.value, result.of, len(result.rows), *(row.value for row in result.rows)}
    counted |= {len(chain.facts) for chain in result.paths}
    counted |= {len(result.rows) - MAX_NAMED, told - MAX_SENTENCES}
    return number.replace(",", "") in {str(value) for value in counted if value is not None}
