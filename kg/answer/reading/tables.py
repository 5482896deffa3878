"""Questions that a decision table answers: which table, for what, with which inputs given."""

from __future__ import annotations

from collections.abc import Iterator

from kg.answer.reading.leaves import size
from kg.answer.reading.parts import Feature
from kg.answer.reading.rules import Grammar
from kg.answer.reading.sentences import asked_words
from kg.domain.ontology import DecisionTable
from kg.domain.plan import RECORDED, Decide, Entities, Plan
from kg.domain.question import Linked, Mention

NEAR = 4
"""Words between an input and its value."""
CUES = frozenset(
    "if changed why negation to between and or vs present during until since more some any each".split()  # noqa: SIM905
)


TWO = 2
NOW = frozenset({"today", "now", "currently", "presently"})
SAID_BESIDE = 0.3
"""How much a word counts that nothing is known of, in a sentence that asks nothing."""


def decisions(linked: Linked, grammar: Grammar) -> Iterator[tuple[Plan, float, tuple[Feature, ...]]]:
    """Plans that decide by a table, where the question names one, or something only a table speaks of."""
    for table in grammar.ontology.tables.values():
        tables = [m for m in linked.mentions if m.kind == "table" and m.value == table.name]
        inputs = [m for m in linked.mentions if m.kind == "input" and m.value == table.name]
        if not tables and not inputs:
            continue
        family = grammar.ontology.family(table.of)
        named = [m for m in linked.mentions if m.kind == "entity" and linked.entities[m.value].type in family]
        if not named:
            continue
        given, used = _given(table, inputs, linked)
        own = {m.value for m in named}
        covered = {i for m in (*tables, *named, *used) for i in range(m.start, m.end)}
        covered |= _outcomes(table, linked)
        plan = Decide(table.name, Entities(ids=tuple(sorted(own))), tuple(sorted(given.items())))
        yield plan, *_scored(linked, grammar, covered, table, given)


def _given(
    table: DecisionTable, inputs: list[Mention], linked: Linked
) -> tuple[dict[str, tuple[str, ...]], list[Mention]]:
    """Inputs with the values that stand near them, nearest first; two values where a change is spoken of."""
    given: dict[str, tuple[str, ...]] = {}
    used: list[Mention] = []
    supposed = any(m.kind == "cue" and m.value in ("if", "changed") for m in linked.mentions)
    changed = supposed and any(m.kind == "cue" and m.value == "differs" for m in linked.mentions)
    compared = any(word.folded in NOW for word in linked.words)
    choices = _longest([m for m in linked.mentions if m.kind == "choice" and m.more[0] == table.name])
    for item in table.inputs:
        if item.plan is not None or (item.predicate is not None and not supposed):
            continue
        places = _longest([m for m in inputs if m.more[0] == item.name])
        held = [m for m in choices if m.more[1] == item.name]
        near = [m for m in held if any(_gap(m, place) <= NEAR for place in places)] or (held if not places else [])
        values = tuple(dict.fromkeys(m.value for m in sorted(near, key=lambda m: m.start)))
        if places and not values and "yes" in {value for value, _ in item.values}:
            values = ("yes",)
        if values and item.predicate is not None and (changed or compared):
            values = (RECORDED, *values)
        if len(values) == 1 and changed:
            # "Would it be different if …": with it and without.
            values = tuple(value for value, _ in item.values) if len(item.values) == TWO else values
        if values:
            given[item.name] = values
            used += [*near, *places]
    return given, used


def _longest(mentions: list[Mention]) -> list[Mention]:
    return [
        m
        for m in mentions
        if not any(
            o is not m and o.start <= m.start and m.end <= o.end and o.end - o.start > m.end - m.start for o in mentions
        )
    ]


def _gap(one: Mention, other: Mention) -> int:
    return max(one.start - other.end, other.start - one.end, 0)


def _outcomes(table: DecisionTable, linked: Linked) -> set[int]:
    """Words that name an outcome of the table: "act, attend or track"."""
    return {
        i for m in linked.mentions if m.kind == "value" and m.more[0] == table.outcome for i in range(m.start, m.end)
    }


def _scored(
    linked: Linked,
    grammar: Grammar,
    covered: set[int],
    table: DecisionTable,
    given: dict[str, tuple[str, ...]],
) -> tuple[float, tuple[Feature, ...]]:
    cues = {i for m in linked.mentions if m.kind == "cue" and m.value in CUES for i in range(m.start, m.end)}
    explained = size(linked.words, 0, len(linked.words)) - sum(
        size(linked.words, i, i + 1) for i in range(len(linked.words)) if i not in covered
    )
    content = [i for i, w in enumerate(linked.words) if w.weight == "content" and i not in covered and i not in cues]
    told = asked_words(linked)
    asked = [item.name for item in table.inputs if item.plan is None and item.predicate is None]
    features: tuple[Feature, ...] = (
        ("words", explained),
        ("decided", 1.0),
        ("undecided_words", sum(1.0 if i in told else SAID_BESIDE for i in content)),
        ("input_missing", float(sum(name not in given for name in asked))),
    )
    return sum(grammar.weights.get(name, 0.0) * value for name, value in features), features
