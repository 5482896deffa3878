"""Result to numbered evidence: facts in the order of the rows, absences, conflicts, within a limit."""

from __future__ import annotations

from collections.abc import Iterable

from kg.answer.wording import Wording
from kg.domain.evidence import Evidence, EvidenceSet, Support
from kg.domain.fact import Assertion, Fact, FactId, Literal
from kg.domain.lineage import Source
from kg.domain.ontology import Ontology
from kg.domain.question import Linked
from kg.domain.result import Absence, Result

MAX_FACTS = 400
"""Facts shown with one answer. The rest is counted as left out."""
MAX_NAMED = 12
"""Entities named in the text of an absence; the rest is counted."""


def facts_used(linked: Linked, result: Result) -> list[FactId]:
    """Fact ids in the order they are shown: how names were understood, then row by row."""
    aliases = [m.fact.id for m in linked.mentions if m.fact is not None and m.value in _named(linked, result)]
    rows = [fact for row in result.rows for fact in row.witness]
    chains = [fact for chain in result.paths for fact in chain.facts]
    return list(dict.fromkeys((*aliases, *rows, *chains)))


def _named(linked: Linked, result: Result) -> set[str]:
    """Entities that the used facts speak of."""
    return {end for fact in result.facts.values() for end in (fact.subject, fact.target) if end is not None}


def context(
    facts: dict[FactId, Fact],
    order: list[FactId],
    result: Result,
    assertions: dict[FactId, tuple[Assertion, ...]],
    sources: dict[str, Source],
    ontology: Ontology,
) -> EvidenceSet:
    """Number the evidence. A fact without a visible assertion is no evidence and is left out."""
    wording = Wording(ontology, result.entities)
    made: list[tuple[str, str, tuple[FactId, ...], tuple[Source, ...], tuple[str, ...]]] = []
    known = [fact for fact in order if fact in facts and assertions.get(fact)]
    for fact_id in known[:MAX_FACTS]:
        made.append(("fact", wording.fact(facts[fact_id]), (fact_id,), (), ()))
    for clash in _conflicts((facts[f] for f in known[:MAX_FACTS]), ontology):
        texts = " But: ".join(wording.fact(fact) for fact in clash)
        made.append(("conflict", f"Sources disagree. {texts}", tuple(fact.id for fact in clash), (), ()))
    for absence in result.absences:
        made.append(("absence", _absence(absence, wording), (), tuple(sources.values()), absence.entities))
    items = tuple(
        Evidence(
            id=f"E{number}",
            kind=kind,  # type: ignore[arg-type]
            text=text,
            facts=ids,
            supports=tuple(
                Support(a, sources[a.source]) for f in ids for a in assertions[f] if a.source in sources
            ),
            searched=searched,
            entities=entities,
        )
        for number, (kind, text, ids, searched, entities) in enumerate(made, 1)
    )
    return EvidenceSet(items, left_out=len(order) - min(len(known), MAX_FACTS))


def _absence(absence: Absence, wording: Wording) -> str:
    named = ", ".join(wording.entity(entity) for entity in absence.entities[:MAX_NAMED])
    more = f" and {len(absence.entities) - MAX_NAMED} more" if len(absence.entities) > MAX_NAMED else ""
    sought = wording.sought(absence)
    return f"Searched for {sought} and found none for {named}{more} ({absence.looked_at:,} facts read)."


def _conflicts(facts: Iterable[Fact], ontology: Ontology) -> list[list[Fact]]:
    """Facts of functional predicates that cannot both hold."""
    said: dict[tuple[str, str], dict[str, Fact]] = {}
    for fact in facts:
        predicate = ontology.predicates.get(fact.predicate)
        if predicate is not None and predicate.functional:
            value = fact.object.value if isinstance(fact.object, Literal) else fact.object
            said.setdefault((fact.subject, fact.predicate), {})[value] = fact
    return [list(values.values()) for _, values in sorted(said.items()) if len(values) > 1]
