"""Which decisions need a review, by whom, and which answers are withheld until then: rules as data, applied purely."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from typing import Literal as OneOf

from kg.domain.decision import Document
from kg.domain.review import Approver, Requirement, Stage
from kg.domain.touched import ANYTHING

Tier = OneOf["low", "medium", "high", "critical"]
TIERS: tuple[Tier, ...] = ("low", "medium", "high", "critical")
"""How much depends on a decision, least first."""
SAID = ("answered", "false_premise")
"""Outcomes that say something, which a rule is about unless it names others."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What has to hold of a decision, all of it; what is left out is not asked."""

    outcomes: frozenset[str] = frozenset(SAID)
    tiers: frozenset[str] = frozenset()
    confidence_below: float | None = None
    """Also where the confidence is not known."""
    conflict: bool | None = None
    single_source: bool | None = None
    """Whether a fact that a claim cites is said by one source alone."""
    types: frozenset[str] = frozenset()
    """Of entities that the answer speaks of or rests on; one of them is enough, as below."""
    predicates: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()
    prompt_labels: frozenset[str] = frozenset()
    model: bool | None = None
    models: frozenset[str] = frozenset()

    def holds(self, traits: Traits) -> bool:
        """Whether all that is asked holds."""
        return (
            traits.outcome in self.outcomes
            and (not self.tiers or traits.tier in self.tiers)
            and (
                self.confidence_below is None or traits.confidence is None or traits.confidence < self.confidence_below
            )
            and all(
                wanted is None or wanted == found
                for wanted, found in (
                    (self.conflict, traits.conflict),
                    (self.single_source, traits.single_source),
                    (self.model, bool(traits.models)),
                )
            )
            and all(
                not wanted or wanted & found or ANYTHING in found
                for wanted, found in (
                    (self.types, traits.types),
                    (self.predicates, traits.predicates),
                    (self.tables, traits.tables),
                    (self.prompt_labels, traits.prompt_labels),
                    (self.models, traits.models),
                )
            )
        )


@dataclass(frozen=True, slots=True)
class Traits:
    """What rules may ask of a decision."""

    outcome: str
    tier: Tier
    confidence: float | None = None
    conflict: bool = False
    single_source: bool = False
    types: frozenset[str] = frozenset()
    predicates: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()
    prompt_labels: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()

    @staticmethod
    def of(document: Document, tier: Tier) -> Traits:
        """As the document of a decision tells them."""
        drawn, plan = document["explanation"], list(_nodes(document["plan"]))
        labels = {label for node in drawn["nodes"] for label in node["labels"]} - {"Literal"}
        predicates = {str(edge["type"]).lower() for edge in drawn["relationships"]}
        predicates |= {node["predicate"] for node in plan if isinstance(node.get("predicate"), str)}
        model = document["versions"]["model"]
        cited = {one for claim in document["claims"] for one in claim["evidence"]}
        if any(item["kind"] == "absence" and item["id"] in cited for item in document["evidence"]):
            # What was searched in vain is drawn nowhere: it speaks of all that its plans read.
            labels |= set(document["trace"]["reads"]["types"])
            predicates |= set(document["trace"]["reads"]["predicates"])
        return Traits(
            document["outcome"],
            tier,
            document["confidence"]["value"],
            conflict=any(item["kind"] == "conflict" for item in document["evidence"]),
            single_source=any(
                item["kind"] != "absence" and item["id"] in cited and len(_sources(item)) == 1
                for item in document["evidence"]
            ),
            types=frozenset(labels | {entity["type"] for entity in document["answer"]["entities"]}),
            predicates=frozenset(predicates),
            tables=frozenset(tables_of(document["plan"])),
            prompt_labels=frozenset(
                one["label"] for one in document["versions"]["prompt"] or () if one["label"] is not None
            ),
            models=frozenset() if model is None else frozenset({model["name"]}),
        )


def _sources(item: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {(one["dataset"], one["source"]) for one in item["sources"]}


def tables_of(plan: Any) -> list[str]:
    """The decision tables that the JSON of a plan decides by."""
    return sorted({node["table"] for node in _nodes(plan) if node.get("op") == "decide"})


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in the JSON of a plan."""
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from _nodes(part)
    elif isinstance(value, list):
        for part in value:
            yield from _nodes(part)


@dataclass(frozen=True, slots=True)
class ReviewRule:
    """One rule: when it holds, who has to approve, in how many hours, and whether the answer is withheld until then."""

    name: str
    when: Condition
    stages: tuple[Stage, ...]
    withhold: bool = False
    within_hours: int | None = None
    escalate_after_hours: int | None = None
    escalate_to: str | None = None


@dataclass(frozen=True, slots=True)
class ReviewRules:
    """One version of review rules."""

    ref: str
    hash: str
    tiers: tuple[tuple[Tier, Condition], ...] = ()
    """How much depends on a decision for which the condition holds, if nobody says more."""
    rules: tuple[ReviewRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Reviewing:
    """The rules that a decision is held against, and how much depends on it as its caller says."""

    rules: ReviewRules | None = None
    tier: Tier | None = None

    def of(self, document: Document) -> Requirement:
        """What review the decision needs: all that the rules which hold ask for, taken together."""
        tier = self._tier(document)
        if self.rules is None:
            return Requirement(tier=tier)
        traits = Traits.of(document, tier)
        held = [rule for rule in self.rules.rules if rule.when.holds(traits)]
        if not held:
            return Requirement(tier=tier)
        escalated = min(
            (rule for rule in held if rule.escalate_after_hours is not None),
            key=lambda rule: rule.escalate_after_hours or 0,
            default=None,
        )
        return Requirement(
            required=True,
            reason="; ".join(rule.name for rule in held),
            tier=tier,
            rules=self.rules.ref,
            withhold=any(rule.withhold for rule in held),
            stages=_together(held),
            within_hours=min((one.within_hours for one in held if one.within_hours is not None), default=None),
            escalate_after_hours=None if escalated is None else escalated.escalate_after_hours,
            escalate_to=None if escalated is None else escalated.escalate_to,
        )

    def _tier(self, document: Document) -> Tier:
        named: list[Tier] = [self.tier or TIERS[0]]
        for tier, when in self.rules.tiers if self.rules is not None else ():
            if when.holds(Traits.of(document, TIERS[0])):
                named.append(tier)
        return max(named, key=TIERS.index)


UNREVIEWED = Reviewing()
"""No rules."""


def _together(rules: list[ReviewRule]) -> tuple[Stage, ...]:
    """Every stage of every rule, each role once, with the most that one of them asks for: people, if one does."""
    most: dict[str, Stage] = {}
    for rule in rules:
        for stage in rule.stages:
            held = most.get(stage.role, stage)
            by: Approver = "human" if "human" in (held.by, stage.by) else "any"
            most[stage.role] = Stage(stage.role, max(stage.count, held.count), by)
    return tuple(most.values())


def policy_of(rules: ReviewRules) -> dict[str, str]:
    """How a decision names the rules that it was held against."""
    return {"kind": "review rules", "ref": rules.ref, "hash": rules.hash}
