"""Result and evidence to a draft of claims, without a model: sentences made from the plan and its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kg.answer.wording import MAX_NAMED, MAX_SENTENCES, Wording
from kg.domain.evidence import Claim, Draft, Evidence, EvidenceSet
from kg.domain.fact import EntityId
from kg.domain.ontology import Ontology
from kg.domain.plan import RECORDED, Compare, Count, Cover, Decide, Passages, Plan, Rank, Value
from kg.domain.result import Absence, Result, Row


def generate(plan: Plan, result: Result, evidence: EvidenceSet, wording: Wording) -> Draft:
    """Write the answer in a sentence or two, then one claim a row, a chain and a withdrawn entity."""
    by_fact = {
        fact: item for item in evidence.items if item.kind in ("fact", "passage", "policy") for fact in item.facts
    }
    absences = [item for item in evidence.items if item.kind == "absence"]
    searches: dict[EntityId, list[tuple[Evidence, Absence]]] = {}
    for item, absence in zip(absences, result.absences, strict=True):
        for entity in absence.entities:
            searches.setdefault(entity, []).append((item, absence))
    found, looked = summary(plan, result, wording)
    gone = [[by_fact[fact] for fact in facts if fact in by_fact] for facts in result.beside]
    conflicts = [item.text for item in evidence.items if item.kind == "conflict"]
    if len(conflicts) > MAX_SENTENCES:
        found += " Sources disagree about some of this: the evidence gives each side with its date."
    elif result.type == "conflict":
        found = " ".join([found, *(text.removeprefix("Sources disagree. ") for text in conflicts)])
    else:
        found = " ".join([found, *conflicts])
    told = [item.text for items in gone[:MAX_SENTENCES] for item in items]
    first = " ".join([found, *told, looked])
    claims = [Claim("C1", first, tuple(item.id for item in evidence.items))]

    def add(text: str, cited: Sequence[Evidence], row: int | None = None) -> None:
        if cited:
            claims.append(Claim(f"C{len(claims) + 1}", text, tuple(item.id for item in cited), row))

    for number, row in enumerate(result.rows):
        facts = [by_fact[fact] for fact in row.witness if fact in by_fact]
        lacking = searches.get(row.entity, [])
        add(
            _row(plan, row, facts, [absence for _, absence in lacking], wording),
            [*facts, *(i for i, _ in lacking)],
            number,
        )
    for chain in result.paths:
        cited = [by_fact[fact] for fact in chain.facts if fact in by_fact]
        add(" ".join(item.text for item in cited), cited)
    for items in gone:
        add(" ".join(item.text for item in items), items)
    return Draft(tuple(claims))


def summary(plan: Plan, result: Result, wording: Wording) -> tuple[str, str]:
    """What was found, and what was looked for, each in one sentence."""
    words = wording.plan(plan)
    looked = f"I looked for {words}."
    if result.refuted:
        claim = wording.claim(plan)
        said = f"No source says that {claim}." if claim is not None else "No source says so."
        if isinstance(plan, Value):
            said = f"No source gives {wording.plan(plan)}."
        return f"The question takes for granted what does not hold. {said}", looked
    said_by = _SAID.get(result.type)
    if said_by is not None:
        return said_by(plan, result, wording), f"I counted {words}." if result.type == "count" else looked
    if not result.rows:
        return "None.", looked
    return f"{_least(result)}{_number(plan, len(result.rows), wording)}: {_listed(result.rows, wording)}.", looked


def _least(result: Result) -> str:
    """Where a limit kept something out, there may be more."""
    return "At least " if result.cut else ""


def _number(plan: Plan, number: int, wording: Wording) -> str:
    """So many of what the plan asks for."""
    return f"{number:,}{wording.unit(plan, number)}"


def _count(plan: Plan, result: Result, wording: Wording) -> str:
    source = plan.source if isinstance(plan, Count) else None
    if result.of is None:
        return f"{_least(result)}{result.value:,}{wording.unit(source, result.value)}."
    share = f" ({round(100 * result.value / result.of)} %)" if result.of else ""
    return f"{result.value:,} of {result.of:,}{wording.unit(source, result.of)}{share}."


def _ranking(plan: Plan, result: Result, wording: Wording) -> str:
    if not result.rows:
        return "None."
    if isinstance(plan, Cover):
        return _cover(plan, result, wording)
    first = result.rows[0].value
    by = plan.by if isinstance(plan, Rank) else None
    if result.of is not None or any(row.of is not None for row in result.rows):
        named = "; ".join(f"{wording.entity(row.entity)}: {_share(row)}" for row in result.rows[:MAX_NAMED])
        return f"{named}{_more(result.rows)}."
    if any(row.value != first for row in result.rows):
        named = ", ".join(f"{wording.entity(row.entity)} ({row.value})" for row in result.rows[:MAX_NAMED])
        return f"{named}{_more(result.rows)}."
    return f"{_listed(result.rows, wording)}, with {first}{wording.unit(by, first)}."


def _cover(plan: Cover, result: Result, wording: Wording) -> str:
    more = [f"{wording.entity(row.entity)} ({row.value} more)" for row in result.rows[1:MAX_NAMED]]
    named = ", ".join([f"{wording.entity(result.rows[0].entity)} ({result.rows[0].value})", *more])
    return f"{named}: together {result.value} of {result.of}{wording.unit(plan.targets, result.of)}."


def _share(row: Row) -> str:
    percent = f" ({round(100 * row.value / row.of)} %)" if isinstance(row.value, int) and row.of else ""
    return f"{row.value} of {row.of}{percent}"


def _comparison(plan: Plan, result: Result, wording: Wording) -> str:
    sizes = []
    for label, size in result.value.items():
        shared = isinstance(size, list) and size[1]
        percent = f" ({round(100 * size[0] / size[1])} %)" if shared else ""
        said = f"{size[0]} of {size[1]}{percent}" if isinstance(size, list) else f"{size}"
        sizes.append(f"{wording.entity(label)}: {said}")
    winner = ""
    if result.alternatives and isinstance(plan, Compare):
        least, whole = plan.order == "fewest", bool(plan.of)
        what = (
            ("the smallest share" if least else "the largest share") if whole else "the fewest" if least else "the most"
        )
        names = [wording.entity(label) for label in result.alternatives[0]]
        winner = f" {' and '.join(names)} {'has' if len(names) == 1 else 'have'} {what}."
    return f"{'; '.join(sizes)}.{winner}"


def _path(_: Plan, result: Result, wording: Wording) -> str:
    if not result.paths:
        return "No chain of facts found."
    first, *others = result.paths
    steps = len(first.facts)
    more = f" There {'is 1 other chain' if len(others) == 1 else f'are {len(others)} other chains'}." if others else ""
    named = " - ".join(wording.entity(one) for one in first.entities)
    return f"{steps} step{'s' if steps != 1 else ''}: {named}.{more}"


def _yes_no(_: Plan, result: Result, wording: Wording) -> str:
    if result.value and result.rows:
        return f"Yes: {_listed(result.rows, wording)}."
    return "Yes." if result.value else "No."


def _values(_: Plan, result: Result, wording: Wording) -> str:
    if len({row.entity for row in result.rows}) == 1:
        return f"{', '.join(str(row.value) for row in result.rows[:MAX_NAMED])}."
    said = [f"{wording.entity(row.entity)}: {row.value}" for row in result.rows[:MAX_NAMED]]
    return f"{'; '.join(said)}{_more(result.rows)}."


def _more(rows: tuple[Row, ...]) -> str:
    return f"; and {len(rows) - MAX_NAMED} more" if len(rows) > MAX_NAMED else ""


def _partition(_: Plan, result: Result, wording: Wording) -> str:
    if not result.value:
        return "None."
    listed = all(isinstance(found, list) for found in result.value.values())
    if listed and len(result.rows) <= MAX_NAMED:
        groups = {name: tuple(row for row in result.rows if (row.group or "") == name) for name in result.value}
        named = (f"{name}: {_listed(rows, wording) if rows else 'none'}" for name, rows in groups.items())
        return f"{'; '.join(named)}."
    sizes = {group: found if isinstance(found, int) else len(found) for group, found in result.value.items()}
    shown = [f"{group}: {number}" for group, number in list(sizes.items())[:MAX_NAMED]]
    more = f"; and {len(sizes) - MAX_NAMED} more" if len(sizes) > MAX_NAMED else ""
    return f"{'; '.join(shown)}{more}."


def _pairs(_: Plan, result: Result, wording: Wording) -> str:
    if not result.rows:
        return "None."
    said = [
        f"{wording.entity(row.entity)} and {wording.entity(row.other)}"
        for row in result.rows[:MAX_NAMED]
        if row.other is not None
    ]
    return f"{len(result.rows)}: {'; '.join(said)}{_more(result.rows)}."


def _decision(plan: Plan, result: Result, wording: Wording) -> str:
    said = []
    for row in result.rows[:MAX_NAMED]:
        names = _varied(plan, row, result, wording.ontology) if isinstance(plan, Decide) else []
        given = [f"{name} {value}" for name, value in zip(names, (row.group or "").split(", "), strict=False)]
        with_ = f", with {' and '.join(given)}" if given else ""
        said.append(f"“{row.value}” for {wording.entity(row.entity)}{with_}")
    return f"{'; '.join(said)}{_more(result.rows)}." if said else "None."


def _varied(plan: Decide, row: Row, result: Result, ontology: Ontology) -> list[str]:
    """The inputs that are several things for this row: given so, or said so by sources that disagree."""
    names = []
    for item in ontology.tables[plan.table].inputs:
        given = set(dict(plan.given).get(item.name, (RECORDED,)))
        if RECORDED in given:
            said = [fact for fact in result.facts.values() if fact.predicate == item.predicate]
            given |= {str(fact.object) for fact in said if fact.subject == row.entity}
            given -= {RECORDED}
        if len(given) > 1:
            names.append(item.name)
    return names


def _conflict(_: Plan, result: Result, wording: Wording) -> str:
    about = result.facts[result.sides[0][0]].subject
    return f"Sources disagree about {wording.entity(about)}."


def _passages(_: Plan, result: Result, wording: Wording) -> str:
    if not result.rows:
        return "No text found."
    quoted = [wording.fact(result.facts[fact]) for row in result.rows[:MAX_SENTENCES] for fact in row.witness]
    return " ".join([f"{len(result.rows)}: {_listed(result.rows, wording)}.", *quoted])


_SAID: dict[str, Callable[[Plan, Result, Wording], str]] = {
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
    members = list(dict.fromkeys(row.entity for row in rows))
    names = [wording.entity(one) for one in members[:MAX_NAMED]]
    more = len(members) - len(names)
    if more:
        names.append(f"{more} more")
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _row(plan: Plan, row: Row, facts: Sequence[Evidence], absences: Sequence[Absence], wording: Wording) -> str:
    """What makes one row true: its facts, and what was not found."""
    said = [item.text for item in facts[:MAX_SENTENCES]]
    if more := len(facts) - len(said):
        said.append(f"And {more} more fact{'s' if more != 1 else ''}.")
    for absence in absences:
        said.append(
            f"Not among the {wording.sought(absence)}." if absence.among else f"Found no {wording.found_none(absence)}."
        )
    head = ""
    if row.of is not None:
        head = f"{wording.entity(row.entity)}: {_share(row)}. "
    elif row.value is not None and not isinstance(plan, Passages):
        said_of = f" adds {row.value} to what is reached" if isinstance(plan, Cover) else f": {row.value}"
        head = f"{wording.entity(row.entity)}{said_of}. "
    elif not facts:
        head = f"{wording.entity(row.entity)}: "
    return f"{head}{' '.join(said)}"
