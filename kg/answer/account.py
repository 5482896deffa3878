"""What of a question a plan accounts for, wherever the plan comes from: one yardstick for the grammar and a model."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from kg.domain.ontology import Ontology
from kg.domain.plan import (
    At,
    Compare,
    Count,
    Cover,
    Decide,
    Diff,
    Entities,
    Follow,
    Group,
    Having,
    Minus,
    Only,
    Pairs,
    Passages,
    Paths,
    Plan,
    Rank,
    Suppose,
    Test,
    Top,
    Value,
    Where,
    predicates_of,
    walk,
)
from kg.domain.plan_json import plan_of, to_json
from kg.domain.question import SURE, Linked, Mention
from kg.domain.words import fold
from kg.text.language import stem

_LESS = (Having, Minus, Only, Where, Diff, Suppose)
"""Operators by which a plan can say that something is not so."""
MEANT: dict[str, tuple[type, ...]] = {
    "negation": (*_LESS, Count, Test),
    "neither": _LESS,
    "except": (*_LESS, Test),
    "count": (Count, Group, Rank, Compare, Cover, Pairs, Value, Having, Top),
    "count_of": (Count, Group, Rank, Compare),
    "share": (Count, Rank, Compare, Group),
    "most": (Rank, Top, Compare, Cover, Group),
    "fewest": (Rank, Top, Compare),
    "latest": (Rank, Top),
    "earliest": (Rank, Top),
    "only": (Only, Having, Minus, Count, Suppose, Where),
    "if": (Suppose, Only, Decide, Cover),
    "together": (Cover,),
    "path": (Paths,),
    "group": (Group, Pairs),
    "pairs": (Pairs, Group),
    "at_least": (Having, Where, Count, Rank),
    "at_most": (Having, Where, Count, Rank),
    "before": (Where, At, Diff),
    "after": (Where, At, Diff),
    "added": (Diff, Where, At),
    "removed": (Diff, Where, At, Minus, Entities),
}
"""By cue: the operators of which a plan has to have one for the cue to be accounted for."""
ASKED: dict[type, tuple[str, ...]] = {
    Minus: (
        "negation",
        "neither",
        "except",
        "excepted",
        "but",
        "other",
        "only",
        "fewest",
        "lose",
        "left_none",
        "share",
        "added",
        "removed",
    ),
    Rank: ("most", "fewest", "top", "popular", "unpopular", "latest", "earliest", "more", "fewer", "share", "most_of"),
    Top: ("most", "fewest", "top", "popular", "unpopular", "latest", "earliest"),
    Cover: ("together", "most", "most_of", "all_of_them", "single", "fewest"),
    Paths: ("path", "mechanism", "how", "why", "between", "to"),
    Compare: ("more", "fewer", "compare", "vs", "or", "most", "fewest", "share", "and", "than"),
    Diff: ("added", "removed", "changed", "differs", "extra", "since", "between", "negation", "but"),
    Suppose: ("if", "fail", "lose", "left_none", "only"),
    Passages: (),
}
"""By operator: the cues of which a question has to have one for a plan to use it."""


@dataclass(frozen=True, slots=True)
class Account:
    """What a plan leaves out of a question, and what it adds to it."""

    words: tuple[str, ...] = ()
    """Content words that nothing in the plan stands for."""
    named: tuple[str, ...] = ()
    """Names, numbers and days in the question that the plan does not have."""
    added: tuple[str, ...] = ()
    """What the plan does that the question does not ask for."""

    @property
    def lacking(self) -> int:
        return len(self.words) + 2 * len(self.named) + 2 * len(self.added)


def account(plan: Plan, linked: Linked, ontology: Ontology) -> Account:
    """Hold a plan against the words of the question."""
    parts = list(walk(plan))
    ids = {one for part in parts if isinstance(part, Entities) for one in part.ids}
    text = json.dumps(to_json(plan))
    known = {stem(word) for phrase in _phrases(plan, ontology) for word in fold(phrase).split()}
    known |= {stem(word) for word in fold(text).split()}
    meant = [m for m in linked.mentions if m.kind == "entity" and ids & {m.value, *m.more}]
    explained = {i for m in meant for i in range(m.start, m.end)}
    named: list[str] = []
    for mention in _best(linked):
        span = range(mention.start, mention.end)
        said = " ".join(linked.words[i].text for i in span)
        if mention.kind == "entity":
            other = not explained.issuperset(span) and any(stem(linked.words[i].folded) not in known for i in span)
            if mention.score >= SURE and other:
                named.append(said)
        elif mention.kind in ("number", "date", "version"):
            if _has(mention, text):
                explained |= set(span)
            elif mention.kind != "number":
                named.append(said)
        elif mention.kind == "cue" and (
            mention.value not in MEANT or any(isinstance(part, MEANT[mention.value]) for part in parts)
        ):
            explained |= set(span)
    words = tuple(
        word.text
        for i, word in enumerate(linked.words)
        if word.weight == "content" and i not in explained and stem(word.folded) not in known
    )
    return Account(words, tuple(dict.fromkeys(named)), tuple(_added(parts, ids, linked)))


def _best(linked: Linked) -> Iterator[Mention]:
    """Mentions less names that are inside of longer ones."""
    entities = [m for m in linked.mentions if m.kind == "entity"]
    for m in linked.mentions:
        inside = any(
            other.start <= m.start and m.end <= other.end and other.end - other.start > m.end - m.start
            for other in entities
        )
        if not (m.kind == "entity" and inside):
            yield m


def _has(mention: Mention, text: str) -> bool:
    return any(one and one.strip("-") in text for one in (mention.value, mention.value[:7], mention.value[:4]))


def _phrases(plan: Plan, ontology: Ontology) -> Iterator[str]:
    """Everything that people say for what is in the plan."""
    parts = list(walk(plan))
    used = {*predicates_of(plan), *(part.along for part in parts if isinstance(part, Paths) and part.along is not None)}
    for name in used:
        spec = ontology.predicates[name]
        yield name.replace("_", " ")
        yield from (*spec.phrases, *spec.inverse, *spec.negative, *spec.inverse_negative)
        yield from (*spec.roles, *spec.inverse_roles, *spec.asks)
        for value, phrases in spec.values:
            yield from (value, *phrases)
        for kind in (*spec.subjects, *spec.objects):
            yield from _nouns(kind, ontology)
    for part in parts:
        if isinstance(part, Entities | Follow) and part.type is not None:
            yield from _nouns(part.type, ontology)
        if isinstance(part, Decide):
            table = ontology.tables[part.table]
            yield from (part.table.replace("_", " "), *table.nouns)
            for item in table.inputs:
                yield from (item.name, *item.phrases)
        if isinstance(part, Passages):
            yield from ("mention", "say", "speak", "text", "passage", "about")
    yield from _concepts(used, ontology)


def _concepts(used: Collection[str], ontology: Ontology) -> Iterator[str]:
    """What sets are called whose steps are all among those that are taken."""
    for concept in ontology.concepts.values():
        inner = set(predicates_of(plan_of(concept.plan)))
        if inner and inner.issubset(used):
            yield from (*concept.nouns, *concept.adjectives)


def _nouns(kind: str, ontology: Ontology) -> Iterator[str]:
    spec = ontology.types.get(kind)
    while spec is not None:
        yield from (kind, *spec.nouns, *spec.titles, *spec.asks)
        kind = spec.parent or ""
        spec = ontology.types.get(kind)


def _added(parts: list[Plan], ids: set[str], linked: Linked) -> Iterator[str]:
    # What is only like a cue asks for nothing that is not there.
    cues = {m.value for m in linked.mentions if m.kind == "cue" and m.score > SURE}
    denied = bool(
        cues
        & {"negation", "neither", "except", "excepted", "only", "fewest", "lose", "left_none", "but", "other", "share"}
    )
    denied |= any(m.negative for m in linked.mentions) or any(m.kind == "concept" for m in linked.mentions)
    for kind, some in ASKED.items():
        if some and any(isinstance(part, kind) for part in parts) and not cues & set(some) and not _concept(linked):
            yield f"nothing in the question asks for “{kind.__name__.lower()}”"
    lacking = any(isinstance(part, Having) and part.quantifier == "none" for part in parts)
    lacking |= any(isinstance(part, Where) and part.comparator in ("unknown", "!=") for part in parts)
    if lacking and not denied:
        yield "nothing in the question denies anything"
    told = {one for m in linked.mentions if m.kind == "entity" for one in (m.value, *m.more)}
    if ids - told and not _concept(linked):
        yield f"the question does not name {min(ids - told)}"
    if any(isinstance(part, Count) for part in parts) and not cues & {"count", "count_of", "share", "extra_value"}:
        yield "nothing in the question asks how many"


def _concept(linked: Linked) -> bool:
    """Whether a noun of the question stands for a plan of its own."""
    return any(m.kind in ("concept", "table") for m in linked.mentions)
