"""Result and evidence to a draft of claims, without a model: sentences made from the plan and its rows."""

from __future__ import annotations

from kg.answer.wording import MAX_NAMED, MAX_SENTENCES, Wording
from kg.domain.evidence import Claim, Draft, Evidence, EvidenceSet
from kg.domain.plan import Plan
from kg.domain.result import Result, Row


def generate(plan: Plan, result: Result, evidence: EvidenceSet, wording: Wording) -> Draft:
    """Write the answer in one sentence, then one claim a row."""
    by_fact = {fact: item for item in evidence.items if item.kind == "fact" for fact in item.facts}
    absences = [item for item in evidence.items if item.kind == "absence"]
    found, looked = summary(plan, result, wording)
    if any(item.kind == "conflict" for item in evidence.items):
        found += " Sources disagree about some of this: the evidence gives each side with its date."
    first = f"{found} {looked}"
    claims = [Claim("C1", first, tuple(item.id for item in evidence.items))]
    for row in result.rows:
        cited = [by_fact[fact] for fact in row.witness if fact in by_fact]
        cited += [item for item in absences if row.entity in item.entities]
        if cited:
            text, ids = _row(row, cited, wording), tuple(item.id for item in cited)
            claims.append(Claim(f"C{len(claims) + 1}", text, ids, about=row.entity))
    for chain in result.paths:
        cited = [by_fact[fact] for fact in chain.facts if fact in by_fact]
        claims.append(Claim(f"C{len(claims) + 1}", " ".join(i.text for i in cited), tuple(i.id for i in cited)))
    return Draft(tuple(claims))


def summary(plan: Plan, result: Result, wording: Wording) -> tuple[str, str]:
    """What was found, and what was looked for, each in one sentence."""
    words = wording.plan(plan)
    looked = f"I looked for {words}."
    if result.type == "count":
        of = f" of {result.of}" if result.of is not None else ""
        return f"{result.value}{of}.", f"I counted {words}."
    if result.type == "path":
        steps = len(result.paths[0].facts) if result.paths else 0
        return f"{steps} step{'s' if steps != 1 else ''} apart." if steps else "No path found.", looked
    if not result.rows:
        return "None.", looked
    names = _listed(result.rows, wording)
    if result.type == "ranking":
        return f"{names}, with {result.value}.", looked
    return f"{len(result.rows)}: {names}.", looked


def _listed(rows: tuple[Row, ...], wording: Wording) -> str:
    names = [wording.entity(row.entity) for row in rows[:MAX_NAMED]]
    more = len(rows) - len(names)
    if more:
        names.append(f"{more} more")
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _row(row: Row, cited: list[Evidence], wording: Wording) -> str:
    facts = [item.text for item in cited if item.kind == "fact"]
    said = facts[:MAX_SENTENCES]
    if len(facts) > len(said):
        said.append(f"And {len(facts) - len(said)} more facts.")
    if any(item.kind == "absence" for item in cited):
        said.append("Nothing of what was searched for was found for it.")
    head = f"{wording.entity(row.entity)}: {row.value}. " if row.value is not None else ""
    return f"{head}{' '.join(said)}"
