"""Text evidence: what the members of a set say about something, word for word."""

from __future__ import annotations

from collections.abc import Collection

from kg.answer.sets import Sets
from kg.answer.steps import order
from kg.domain.fact import PASSAGE, EntityId, Fact, Literal
from kg.domain.plan import Entities, Passages, SetPlan
from kg.domain.result import Result, Row
from kg.domain.words import fold
from kg.text.language import english
from kg.text.passages import stemmed

MAX_PASSAGES = 200
"""Passages given for one question; more is cut and said."""


def passages(plan: Passages, sets: Sets) -> Result:
    """Members with a text that has all the words in some form, with the fact that holds it.

    Passages are found by the index of their words, other texts of the members by reading them.
    """
    reader = sets.reader
    # Of all of a type the index is asked at once, however many there are.
    whole = _whole_type(plan.source)
    ids = None if whole is not None else sets.ids(plan.source)
    types = reader.ontology.family(whole) if whole is not None else _types(ids or (), sets)
    facts: list[Fact] = []
    text = _told(plan.text)
    if types & reader.ontology.ends(PASSAGE)[0]:
        facts += reader.passages(text, types if ids is None else (), MAX_PASSAGES, ids)
    wanted = set(stemmed(text).split())
    for name in _other_texts(types, sets):
        ids = sets.ids(plan.source) if ids is None else ids
        facts += [one for one in reader.facts(ids, name, "out") if wanted <= set(stemmed(_text(one)).split())]
    reader.keep(facts)
    rows = sorted(
        (Row(fact.subject, (fact.id,), _text(fact)) for fact in facts), key=lambda row: (order(row.entity), row.witness)
    )
    if not rows:
        sets.book.absent((), plan)
    return sets.book.result("passages", tuple(rows))


def _told(text: str) -> str:
    """The text without its small words, unless it has no others."""
    language = english()
    words = fold(text).split()
    return " ".join(word for word in words if word not in language.droppable | language.light) or text


def _whole_type(plan: SetPlan) -> str | None:
    """The type of which the plan takes every active entity, if it is such a plan."""
    return plan.type if isinstance(plan, Entities) and not plan.ids and not plan.withdrawn else None


def _types(ids: Collection[EntityId], sets: Sets) -> frozenset[str]:
    sets.reader.meet(ids)
    return frozenset(sets.reader.entities[one].type for one in ids if one in sets.reader.entities)


def _other_texts(types: frozenset[str], sets: Sets) -> list[str]:
    """Predicates by which entities of these types have texts that are no passages."""
    ontology = sets.reader.ontology
    return [
        name
        for name, spec in ontology.predicates.items()
        if spec.value == "text" and not spec.derived and name != PASSAGE and types & ontology.ends(name)[0]
    ]


def _text(fact: Fact) -> str:
    return fact.object.value if isinstance(fact.object, Literal) else ""
