"""What an answer hangs on: its facts, ways and sources are taken away, one at a time, and its plan is run again.

No model takes part. What cannot be told within the stated bounds is left out, and said.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from typing import Literal as OneOf

from kg.decisions.ablated import Change
from kg.decisions.ablation import Ablation, Found, row_key, support
from kg.decisions.flips import Flip, flips
from kg.decisions.replay import BEFORE_ALL, scope_of_decision
from kg.domain.decision import Document
from kg.domain.fact import FactId
from kg.domain.plan_json import from_json
from kg.errors import AttributionRefused, DecisionErased
from kg.ports.store import GraphStore

Effect = OneOf["necessary", "redundant", "irrelevant"]
MAX_FACTS = 200
"""Facts taken away one at a time; of more the first are, and the rest is counted."""
MAX_WAYS = 50
MAX_SOURCES = 50
EXACT = 10
"""Facts that can be done without up to which every choice of them is tried: 1,024 at most."""


@dataclass(frozen=True, slots=True)
class Attributed:
    """One fact, way or source, and what its loss does to the answer."""

    kind: OneOf["fact", "path", "source"]
    id: str
    effect: Effect
    facts: tuple[FactId, ...] = ()
    """Of a way: the facts of the row's witness, or of the chain."""


@dataclass(frozen=True, slots=True)
class Sufficient:
    """The fewest facts with which, and no others of the answer's, it is the same; every necessary one is among them."""

    facts: tuple[FactId, ...]
    exact: bool
    """False: none of them can be left out, but fewer others might do."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """What an answer hangs on."""

    entries: tuple[Attributed, ...]
    sufficient: Sufficient | None
    """None where not every fact was looked at, or the answer stands on none."""
    single_source: dict[str, tuple[str, ...]]
    """For each claim that one source alone carries: the sources without which it does not stand."""
    flips: tuple[Flip, ...]
    left_out: int
    """Facts, ways and sources beyond what is looked at."""
    runs: int
    """How often the plan was run."""


def attribute(document: Document, store: GraphStore) -> Attribution:
    """Attribute a recorded answer, on the graph as known then; ``store`` has every entity by itself.

    Raises AttributionRefused where nothing was answered, or its plan finds something else by now; DecisionErased.
    """
    ablation = ablation_of(document, store)
    whole = ablation.found()
    _check(document, whole)
    supporting = support(whole)
    cited = dict.fromkeys(fact for item in document["evidence"] for fact in item["facts"])
    facts = list(cited) or list(supporting)
    known = supporting | {one: fact for result in whole.results for one, fact in result.facts.items()}
    known |= ablation.kept(ablation.scope).facts([one for one in facts if one not in known])
    ablation.knows(known.values())
    effects = _Effects(ablation, whole)
    entries = [
        Attributed("fact", one, effects.of(Change(frozenset({one})), supports=one in supporting))
        for one in facts[:MAX_FACTS]
    ]
    ways = _ways(document, whole)
    entries += [
        Attributed("path", name, effects.of(Change(frozenset(way)), supports=True), way)
        for name, way in ways[:MAX_WAYS]
    ]
    says, searched = _sources(document, supporting)
    sources = list(dict.fromkeys((*says, *sorted(ablation.alone()), *searched)))
    entries += [
        Attributed("source", one, effects.told(ablation.without(one), supports=one in says))
        for one in sources[:MAX_SOURCES]
    ]
    needed = [one.id for one in entries if one.kind == "fact" and one.effect == "necessary"]
    whole_seen = len(facts) <= MAX_FACTS and set(supporting) <= cited.keys()
    return Attribution(
        entries=tuple(entries),
        sufficient=_sufficient([*dict.fromkeys((*supporting, *needed))], needed, ablation, whole)
        if whole_seen and supporting
        else None,
        single_source=_single(document, whole, sources[:MAX_SOURCES], ablation),
        flips=flips(ablation, whole, [known[one] for one in needed], list(supporting.values())),
        left_out=sum(max(0, len(some) - most) for some, most in _counted(facts, ways, sources)),
        runs=ablation.runs,
    )


def ablation_of(document: Document, store: GraphStore) -> Ablation:
    """The plan of a decision, on what its view read. Raises AttributionRefused where there is none, DecisionErased."""
    if document["outcome"] not in ("answered", "false_premise", "pending_review") or document["plan"] is None:
        raise AttributionRefused(
            f"decision {document['decision_id']} is {document['outcome'].replace('_', ' ')}: "
            "what is attributed are the facts of one answer"
        )
    if document.get("purged"):
        raise DecisionErased(f"{document['decision_id']} quoted what was purged: there is nothing left to attribute")
    kept = document["as_of"]
    scope = scope_of_decision(document, valid_as_of=kept["valid"], known_as_of=kept["known"] or BEFORE_ALL)
    return Ablation(store, scope, from_json(document["plan"]))


def _check(document: Document, whole: Found) -> None:
    """Whether the plan still gives what was answered: of a graph of others there is no past to read."""
    told = {row["entity"] for row in document["answer"]["rows"]}
    if not told <= {row[0] for row in whole.rows}:
        raise AttributionRefused(
            f"the plan of decision {document['decision_id']} finds something else on the graph as known then: "
            f"`whence replay {document['decision_id']}` names the difference"
        )


@dataclass(frozen=True, slots=True)
class _Effects:
    ablation: Ablation
    whole: Found

    def of(self, change: Change, *, supports: bool) -> Effect:
        return self.told(self.ablation.found(change), supports=supports)

    def told(self, found: Found, *, supports: bool) -> Effect:
        if not found.same(self.whole):
            return "necessary"
        return "redundant" if supports else "irrelevant"


def _ways(document: Document, whole: Found) -> list[tuple[str, tuple[FactId, ...]]]:
    """What stands behind each row, under the id of its claim, and each chain; of more than one fact."""
    claims = _claims(document)
    ways: list[tuple[str, tuple[FactId, ...]]] = []
    for result in whole.results:
        ways += [(claims.get(row_key(row), row.entity), row.witness) for row in result.rows]
        ways += [(f"{chain.entities[0]} … {chain.entities[-1]}", chain.facts) for chain in result.paths]
    return [(name, way) for name, way in ways if len(way) > 1]


def _claims(document: Document) -> dict[tuple[Any, ...], str]:
    """The claim of each row."""
    return {
        (row["entity"], row.get("other"), row.get("group"), row["value"], row.get("of")): row["claim"]
        for row in document["answer"]["rows"]
        if row["claim"] is not None
    }


def _sources(document: Document, supporting: Iterable[FactId]) -> tuple[list[str], list[str]]:
    """The sources that say a fact of the answer, and those that were only searched."""
    held = set(supporting)
    says: dict[str, None] = {}
    other: dict[str, None] = {}
    for item in document["evidence"]:
        into = says if held.intersection(item["facts"]) else other
        into.update(dict.fromkeys(f"{one['dataset']}/{one['source']}" for one in item["sources"]))
    return list(says), [one for one in other if one not in says]


def _single(document: Document, whole: Found, sources: Sequence[str], ablation: Ablation) -> dict[str, tuple[str, ...]]:
    """The claims that do not stand without one of the sources."""
    claims = _claims(document)
    first = document["claims"][0]["id"] if document["claims"] else None
    carried: dict[str, list[str]] = {}
    for source in sources:
        without = ablation.without(source)
        if first is not None and not without.same(whole):
            carried.setdefault(first, []).append(source)
        for row, claim in claims.items():
            if row in whole.rows and row not in without.rows:
                carried.setdefault(claim, []).append(source)
    order = {claim["id"]: number for number, claim in enumerate(document["claims"])}
    return {claim: tuple(carried[claim]) for claim in sorted(carried, key=lambda one: order.get(one, len(order)))}


def _sufficient(facts: list[FactId], needed: list[FactId], ablation: Ablation, whole: Found) -> Sufficient:
    """Exactly while few enough can be done without; else they are left out one after the other, as long as one can."""
    spare = [one for one in facts if one not in set(needed)]

    def enough(more: Iterable[FactId]) -> bool:
        return ablation.found(Change(frozenset(spare) - set(more))).same(whole)

    if len(spare) <= EXACT:
        for size in range(len(spare) + 1):
            for some in itertools.combinations(spare, size):
                if enough(some):
                    return Sufficient(_ordered(facts, {*needed, *some}), exact=True)
    kept = set() if enough(()) else set(spare)
    if not kept:
        return Sufficient(tuple(needed), exact=True)
    for one in spare:
        if enough(kept - {one}):
            kept.discard(one)
    return Sufficient(_ordered(facts, {*needed, *kept}), exact=False)


def _ordered(facts: list[FactId], chosen: set[FactId]) -> tuple[FactId, ...]:
    return tuple(one for one in facts if one in chosen)


def _counted(*some: Any) -> list[tuple[Any, int]]:
    return list(zip(some, (MAX_FACTS, MAX_WAYS, MAX_SOURCES), strict=True))


def report(document: Document, found: Attribution) -> dict[str, Any]:
    """The attribution as JSON."""
    return {
        "decision_id": document["decision_id"],
        "attribution": [_entry(one) for one in found.entries],
        "sufficient": None
        if found.sufficient is None
        else {"facts": list(found.sufficient.facts), "exact": found.sufficient.exact},
        "single_source": [{"claim": claim, "sources": list(some)} for claim, some in found.single_source.items()],
        "flips": [asdict(one) for one in found.flips],
        "left_out": found.left_out,
        "runs": found.runs,
    }


def _entry(one: Attributed) -> dict[str, Any]:
    told: dict[str, Any] = {one.kind: one.id, "effect": one.effect}
    return told | ({"facts": list(one.facts)} if one.kind == "path" else {})
