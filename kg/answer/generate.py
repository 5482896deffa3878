"""Result and evidence to a draft of claims, without a model: sentences made from the plan and its rows."""

from __future__ import annotations

from collections.abc import Callable

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
    if result.refuted:
        return "The question takes for granted what no source says.", looked
    said = _SAID.get(result.type)
    if said is not None:
        return said(result, wording), f"I counted {words}." if result.type == "count" else looked
    if not result.rows:
        return "None.", looked
    return f"{len(result.rows)}: {_listed(result.rows, wording)}.", looked


def _count(result: Result, _: Wording) -> str:
    if result.of is None:
        return f"{result.value}."
    share = f" ({round(100 * result.value / result.of)} %)" if result.of else ""
    return f"{result.value} of {result.of}{share}."


def _ranking(result: Result, wording: Wording) -> str:
    if not result.rows:
        return "None."
    of = f" of {result.of}" if result.of is not None else ""
    first = result.rows[0].value
    if len(result.rows) > 1 and any(row.value != first for row in result.rows):
        named = ", ".join(f"{wording.entity(row.entity)} ({row.value})" for row in result.rows[:MAX_NAMED])
        return f"{named}." if result.of is None else f"{named}: together {result.value}{of}."
    return f"{_listed(result.rows, wording)}, with {result.value}{of}."


def _comparison(result: Result, wording: Wording) -> str:
    sizes = []
    for label, size in result.value.items():
        said = f"{size[0]} of {size[1]}" if isinstance(size, list) else f"{size}"
        sizes.append(f"{_name(label, wording)}: {said}")
    winner = ""
    if result.alternatives:
        winner = f" {' and '.join(_name(label, wording) for label in result.alternatives[0])}."
    return f"{'; '.join(sizes)}.{winner}"


def _name(label: str, wording: Wording) -> str:
    return wording.entity(label)


def _path(result: Result, _: Wording) -> str:
    steps = len(result.paths[0].facts) if result.paths else 0
    return f"{steps} step{'s' if steps != 1 else ''} apart." if steps else "No path found."


def _yes_no(result: Result, wording: Wording) -> str:
    if result.value and result.rows:
        return f"Yes: {_listed(result.rows, wording)}."
    return "Yes." if result.value else "No."


def _values(result: Result, wording: Wording) -> str:
    if not result.rows:
        return "No source says."
    if len({row.entity for row in result.rows}) == 1:
        return f"{', '.join(str(row.value) for row in result.rows[:MAX_NAMED])}."
    said = [f"{wording.entity(row.entity)}: {row.value}" for row in result.rows[:MAX_NAMED]]
    return f"{'; '.join(said)}{_more(result.rows)}."


def _more(rows: tuple[Row, ...]) -> str:
    return f"; and {len(rows) - MAX_NAMED} more" if len(rows) > MAX_NAMED else ""


def _partition(result: Result, _: Wording) -> str:
    if not result.value:
        return "None."
    sizes = {group: found if isinstance(found, int) else len(found) for group, found in result.value.items()}
    shown = [f"{group}: {number}" for group, number in list(sizes.items())[:MAX_NAMED]]
    return f"{'; '.join(shown)}."


def _pairs(result: Result, wording: Wording) -> str:
    if not result.rows:
        return "None."
    said = [
        f"{wording.entity(row.entity)} and {wording.entity(row.other)}"
        for row in result.rows[:MAX_NAMED]
        if row.other is not None
    ]
    return f"{len(result.rows)}: {'; '.join(said)}{_more(result.rows)}."


def _decision(result: Result, wording: Wording) -> str:
    said = []
    for row in result.rows[:MAX_NAMED]:
        given = f" with {row.group}" if row.group else ""
        said.append(f"{row.value} for {wording.entity(row.entity)}{given}")
    return f"{'; '.join(said)}{_more(result.rows)}."


def _conflict(result: Result, wording: Wording) -> str:
    return f"Sources disagree about {_listed(result.rows[:1], wording)}: the evidence gives each side with its date."


def _passages(result: Result, wording: Wording) -> str:
    if not result.rows:
        return "No text found."
    return f"{len(result.rows)}: {_listed(result.rows, wording)}."


_SAID: dict[str, Callable[[Result, Wording], str]] = {
    "count": _count,
    "ranking": _ranking,
    "comparison": _comparison,
    "path": _path,
    "yes_no": _yes_no,
    "value": _values,
    "partition": _partition,
    "pairs": _pairs,
    "decision": _decision,
    "conflict": _conflict,
    "passages": _passages,
}


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
