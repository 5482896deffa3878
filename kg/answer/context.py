"""Result to numbered evidence: facts in the order of the rows, absences, conflicts, within a limit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kg.answer.steps import join
from kg.answer.wording import MAX_NAMED as MAX_TOLD
from kg.answer.wording import MAX_SENTENCES, Wording
from kg.domain.evidence import Evidence, EvidenceSet, Grounds, Support
from kg.domain.fact import PASSAGE, Fact, FactId, Literal
from kg.domain.ontology import Ontology
from kg.domain.question import Linked
from kg.domain.result import Absence, Result, Row

MAX_FACTS = 400
"""Facts shown with one answer. The rest is counted as left out."""
MAX_NAMED = 12
"""Entities named in the text of an absence; the rest is counted."""


def facts_used(linked: Linked, result: Result) -> list[FactId]:
    """Fact ids, the ones to show first: how names were understood, then a fair share for every row, then the rest."""
    spoken_of = {end for fact in result.facts.values() for end in (fact.subject, fact.target)}
    aliases = [m.fact.id for m in linked.mentions if m.fact is not None and m.value in spoken_of]
    chains = [fact for chain in result.paths for fact in chain.facts]
    share = max(1, MAX_FACTS // len(result.rows)) if result.rows else 0
    rows = [
        (row, max(share, MAX_FACTS // MAX_TOLD if number < MAX_TOLD else 1)) for number, row in enumerate(result.rows)
    ]
    first = [fact for row, most in rows for fact in _telling(row, most, result)]
    rest = [fact for row in result.rows for fact in row.witness]
    beside = [fact for facts in result.beside[:MAX_SENTENCES] for fact in facts]
    more = [fact for facts in result.beside for fact in facts]
    return list(dict.fromkeys((*aliases, *beside, *chains, *first, *more, *rest)))


def _telling(row: Row, most: int, result: Result) -> tuple[FactId, ...]:
    """So many facts of the row's witness at most: rather those that speak of it than what leads there."""
    if len(row.witness) <= most:
        return row.witness
    own = {row.entity, row.other}
    near = [one for one in row.witness if {result.facts[one].subject, result.facts[one].target} & own]
    return join(near, row.witness)[:most]


def context(order: list[FactId], result: Result, grounds: Grounds, ontology: Ontology) -> EvidenceSet:
    """Number the evidence. A fact without a visible assertion is no evidence and is left out."""
    wording = Wording(ontology, result.entities)
    shown = [grounds.facts[fact] for fact in order[:MAX_FACTS] if grounds.assertions.get(fact)]
    rules = {name for table in ontology.tables.values() for name in ontology.family(table.rules)}
    unnumbered = [_told(fact, wording, policy=_type(fact, result) in rules) for fact in shown]
    told = {fact.id for fact in shown}
    rivals = [fact for fact in grounds.facts.values() if fact.id not in told and grounds.assertions.get(fact.id)]
    clashes = [one for one in _conflicts([*shown, *rivals], ontology) if any(fact.id in told for fact in one)]
    if result.type == "conflict" and not clashes:
        clashes = [[grounds.facts[fact] for side in result.sides for fact in side if fact in told]]
    for clash in clashes:
        text = f"Sources disagree. {' But: '.join(_said(fact, grounds, wording) for fact in clash)}"
        unnumbered.append(Evidence("", "conflict", text, tuple(fact.id for fact in clash)))
    unnumbered += [
        Evidence(
            "",
            "absence",
            _absence(absence, wording),
            searched=grounds.searched.get(absence.point, ()),
            entities=absence.entities,
        )
        for absence in result.absences
    ]
    items = tuple(
        replace(item, id=f"E{number}", supports=_supports(item, grounds)) for number, item in enumerate(unnumbered, 1)
    )
    return EvidenceSet(items, left_out=len(order) - len(shown))


def _told(fact: Fact, wording: Wording, *, policy: bool) -> Evidence:
    """One fact as evidence; a passage with its exact text."""
    if fact.predicate == PASSAGE and isinstance(fact.object, Literal):
        return Evidence("", "passage", wording.fact(fact), (fact.id,), quote=fact.object.value)
    return Evidence("", "policy" if policy else "fact", wording.fact(fact), (fact.id,))


def _type(fact: Fact, result: Result) -> str | None:
    met = result.entities.get(fact.subject)
    return met.type if met is not None else None


def _said(fact: Fact, grounds: Grounds, wording: Wording) -> str:
    """The fact with who says it, and when they published it."""
    sources = {grounds.sources[a.source].title: grounds.sources[a.source].issued for a in grounds.assertions[fact.id]}
    named = ", ".join(f"{title} ({issued})" if issued else title for title, issued in sorted(sources.items()))
    return f"{named}: {wording.fact(fact)}"


def _supports(item: Evidence, grounds: Grounds) -> tuple[Support, ...]:
    return tuple(
        Support(assertion, grounds.sources[assertion.source])
        for fact in item.facts
        for assertion in grounds.assertions[fact]
        if assertion.source in grounds.sources
    )


def _absence(absence: Absence, wording: Wording) -> str:
    read = f"({absence.looked_at:,} fact{'s' if absence.looked_at != 1 else ''} read)"
    if not absence.entities:
        return f"Searched for {wording.sought(absence)} and found none {read}."
    named = ", ".join(wording.entity(entity) for entity in absence.entities[:MAX_NAMED])
    more = f" and {len(absence.entities) - MAX_NAMED} more" if len(absence.entities) > MAX_NAMED else ""
    if absence.among:
        return f"Searched among the {wording.sought(absence)} and did not find {named}{more} {read}."
    return f"Searched for {wording.sought(absence)} and found none for {named}{more} {read}."


def _conflicts(facts: Iterable[Fact], ontology: Ontology) -> list[list[Fact]]:
    """Facts of functional predicates that cannot both hold."""
    said: dict[tuple[str, str], dict[str, Fact]] = {}
    for fact in facts:
        predicate = ontology.predicates.get(fact.predicate)
        if predicate is not None and predicate.functional:
            value = fact.object.value if isinstance(fact.object, Literal) else fact.object
            said.setdefault((fact.subject, fact.predicate), {})[value] = fact
    return [list(values.values()) for _, values in sorted(said.items()) if len(values) > 1]
