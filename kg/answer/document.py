"""The answer contract: one document for every outcome, every key always there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kg.domain.decision import Document, Outcome
from kg.domain.evidence import Claim, Evidence, EvidenceSet, Grounds
from kg.domain.fact import Literal
from kg.domain.plan import Plan
from kg.domain.plan_json import to_json
from kg.domain.question import Question
from kg.domain.result import Result, Row
from kg.domain.review import Requirement
from kg.ports.store import GraphView


def _empty(question: Question, view: GraphView, outcome: Outcome) -> Document:
    return {
        "decision_id": None,
        "outcome": outcome,
        "question": question.text,
        "interpretation": None,
        "plan": None,
        "answer": {
            "text": "", "type": None, "entities": [], "value": None, "of": None, "rows": [], "alternatives": [],
            "choices": [], "reason": None, "parts": [],
        },
        "claims": [],
        "evidence": [],
        "explanation": {"nodes": [], "relationships": [], "paths": [], "cypher": "", "left_out": 0, "cut": []},
        "confidence": {"value": None, "reason": None},
        "attribution": [],
        "review": Requirement().document(),
        "versions": {
            "release": None, "prompt": None, "model": None, "adapter": None,
            "ontology": list(view.ontology().names), "policy": None,
            "graph": {"known_at": view.known_at, "datasets": [version.ref for version in view.datasets()]},
        },
        "scope": {
            "datasets": list(question.scope.datasets), "ceiling": question.scope.ceiling.label,
            "valid_as_of": question.scope.valid_as_of, "known_as_of": question.scope.known_as_of,
            "granted": None if question.scope.granted is None else list(question.scope.granted),
            **({"tables": list(question.scope.tables)} if question.scope.tables else {}),
        },
        "reader": {"by": "grammar", "why": None, "readings": []},
        "writer": {"by": "extractive", "reason": None, "dropped": [], "left_out": 0},
        "calls": [],
        "usage": {"model_calls": 0, "tokens": 0, "cost": 0},
        "trace": {},
        "as_of": {},
    }  # fmt: skip


def abstained(question: Question, view: GraphView, reason: str, plan: Plan | None = None) -> Document:
    """A stated reason not to answer."""
    document = _empty(question, view, "abstained")
    document["answer"]["reason"] = reason
    document["answer"]["text"] = f"I cannot answer this: {reason}."
    document["plan"] = to_json(plan) if plan is not None else None
    return document


def not_known(  # noqa: PLR0913, PLR0917 (what was read, and what was searched)
    question: Question, view: GraphView, reason: str, plan: Plan, interpretation: str, searched: EvidenceSet
) -> Document:
    """The same where a search found nothing and that does not mean there is nothing; the search is told."""
    document = abstained(question, view, reason, plan)
    document["interpretation"] = interpretation
    document["evidence"] = [_evidence(item) for item in searched.items if item.kind == "absence"]
    return document


def ambiguous(question: Question, view: GraphView, drafts: list[Document]) -> Document:
    """Readings that are equally good and differ in what they find: each is offered with its answer."""
    document = _empty(question, view, "ambiguous")
    offered = []
    for draft in drafts:
        offered.append(
            {
                "interpretation": draft["interpretation"],
                "plan": draft["plan"],
                "answer": {key: draft["answer"][key] for key in ("text", "type", "entities", "value", "of", "rows")},
            }
        )
    readings = " or ".join(f"({i}) {draft['interpretation']}" for i, draft in enumerate(drafts, 1))
    document["answer"] |= {
        "text": f"This can be read in {len(drafts)} ways: {readings}.",
        "choices": offered,
        "reason": f"{len(drafts)} readings are equally good and give different answers",
    }
    _gather(document, drafts)
    return document


def _gather(document: Document, drafts: list[Document]) -> None:
    """The evidence and explanation of all readings together, numbered anew."""
    explanation = document["explanation"]
    nodes: dict[str, Any] = {}
    edges: dict[str, Any] = {}
    cyphers = []
    for draft in drafts:
        renumber = {}
        for item in draft["evidence"]:
            renumber[item["id"]] = f"E{len(document['evidence']) + 1}"
            document["evidence"].append(item | {"id": renumber[item["id"]]})
        for claim in draft["claims"]:
            cited = [renumber[one] for one in claim["evidence"]]
            document["claims"].append(claim | {"id": f"C{len(document['claims']) + 1}", "evidence": cited})
        nodes |= {node["id"]: node for node in draft["explanation"]["nodes"]}
        edges |= {edge["id"]: edge for edge in draft["explanation"]["relationships"]}
        explanation["paths"] += draft["explanation"]["paths"]
        explanation["left_out"] += draft["explanation"]["left_out"]
        if draft["explanation"]["nodes"]:
            cyphers.append(draft["explanation"]["cypher"])
    explanation["nodes"] = [nodes[key] for key in sorted(nodes)]
    explanation["relationships"] = [edges[key] for key in sorted(edges)]
    explanation["cypher"] = "\nUNION\n".join(cyphers)


@dataclass(frozen=True, slots=True)
class Finding:
    """One executed plan with all that is said about it."""

    plan: Plan
    interpretation: str
    result: Result
    evidence: EvidenceSet
    claims: tuple[Claim, ...]
    explanation: dict[str, Any]


def answered(question: Question, view: GraphView, finding: Finding, grounds: Grounds) -> Document:
    """An answer whose claims are verified; without its first claim it cannot stand and becomes an abstention."""
    result, claims = finding.result, finding.claims
    if claims[0].verdict != "supported":
        return abstained(question, view, "the answer could not be verified against its evidence", finding.plan)
    document = _empty(question, view, "false_premise" if result.refuted else "answered")
    kept = [claim for claim in claims if claim.verdict == "supported"]
    told = {claim.row: claim.id for claim in kept if claim.row is not None}
    document["interpretation"] = finding.interpretation
    document["plan"] = to_json(finding.plan)
    text = claims[0].text
    document["answer"] |= {
        "text": f"{text} {' '.join(f'{note}.' for note in result.notes)}".strip(),
        "type": result.type,
        "entities": _entities(result),
        "value": _value(result, grounds),
        "of": result.of,
        "rows": [_row(row, told.get(number)) for number, row in enumerate(result.rows)],
        "alternatives": [[_key(one, result) for one in choice] for choice in result.alternatives],
    }
    if result.refuted:
        document["answer"]["reason"] = "the question takes for granted what no source says"
    document["claims"] = [
        {"id": c.id, "text": c.text, "verdict": c.verdict, "evidence": list(c.evidence)} for c in kept
    ]
    document["evidence"] = [_evidence(item) for item in finding.evidence.items]
    document["explanation"] = finding.explanation | {"cut": list(result.cut)}
    return document


def _entities(result: Result) -> list[dict[str, Any]]:
    """Members of the answer, each once; for a chain, its links."""
    if result.paths:
        ids = result.paths[0].entities
    elif result.type == "comparison" and result.alternatives:
        ids = tuple(one for one in result.alternatives[0] if one in result.entities)
    else:
        ends = ((row.entity, row.other if result.type == "pairs" else None) for row in result.rows)
        ids = tuple(dict.fromkeys(end for pair in ends for end in pair if end is not None))
    return [_entity(entity, result) for entity in ids]


def _value(result: Result, grounds: Grounds) -> Any:
    if result.type == "list":
        return None
    if result.type == "comparison" and isinstance(result.value, dict):
        return {_name(label, result): size for label, size in result.value.items()}
    if result.type == "conflict":
        return _sides(result, grounds)
    return result.value


def _sides(result: Result, grounds: Grounds) -> dict[str, str]:
    """What each source of a conflict says, with its date."""
    sides: dict[str, str] = {}
    for facts in result.sides:
        for fact in (grounds.facts[one] for one in facts if one in grounds.facts):
            said = fact.object.value if isinstance(fact.object, Literal) else fact.object
            when = f" from {fact.valid.start}" if fact.valid.start else ""
            for assertion in grounds.assertions.get(fact.id, ()):
                source = grounds.sources.get(assertion.source)
                if source is not None:
                    issued = f" (issued {source.issued})" if source.issued else ""
                    sides[source.title] = f"{fact.predicate.replace('_', ' ')} {said}{when}{issued}"
    return sides


def _name(label: str, result: Result) -> str:
    return result.entities[label].name if label in result.entities else label


def _key(entity: str, result: Result) -> str:
    return result.entities[entity].keys[0] if entity in result.entities else entity


def _row(row: Row, claim: str | None) -> dict[str, Any]:
    said = {"of": row.of, "group": row.group, "other": row.other}
    own: dict[str, Any] = {"entity": row.entity, "value": row.value, "claim": claim}
    own |= {name: value for name, value in said.items() if value is not None}
    if row.decided is not None:
        flips = [{"input": one.input, "value": one.value, "outcomes": list(one.outcomes)} for one in row.decided.flips]
        own |= {"rule": row.decided.rule, "inputs": dict(row.decided.inputs), "flips": flips}
    return own


def in_parts(question: Question, view: GraphView, plan: Plan, parts: list[Document]) -> Document:
    """Several answers to one question: the first is the answer, all stand in order under ``parts``."""
    first = parts[0]
    document = _empty(question, view, first["outcome"])
    document["interpretation"] = "; and ".join(str(part["interpretation"]) for part in parts if part["interpretation"])
    document["plan"] = to_json(plan)
    document["answer"] |= first["answer"]
    document["answer"]["text"] = " ".join(part["answer"]["text"] for part in parts)
    document["answer"]["parts"] = [
        {"outcome": part["outcome"], "interpretation": part["interpretation"], **part["answer"], "parts": []}
        for part in parts
    ]
    if len({part["outcome"] for part in parts}) > 1 and any(part["outcome"] == "abstained" for part in parts):
        document["answer"]["reason"] = next(
            part["answer"]["reason"] for part in parts if part["outcome"] == "abstained"
        )
    _gather(document, parts)
    return document


def _entity(entity: str, result: Result) -> dict[str, Any]:
    met = result.entities[entity]
    return {"id": met.id, "keys": list(met.keys), "name": met.name, "type": met.type, "status": met.status}


def _evidence(item: Evidence) -> dict[str, Any]:
    sources: list[dict[str, Any]] = [
        {
            "source": support.source.name,
            "dataset": f"{support.source.dataset}@{support.source.version}",
            "locator": support.assertion.locator,
            "quote": item.quote,
            "run": support.assertion.run,
            "recorded_at": support.assertion.recorded_at,
        }
        for support in item.supports
    ]
    sources += [
        {
            "source": s.name,
            "dataset": f"{s.dataset}@{s.version}",
            "locator": None,
            "quote": None,
            "run": None,
            "recorded_at": None,
        }
        for s in item.searched
    ]
    return {
        "id": item.id,
        "kind": item.kind,
        "text": item.text,
        "facts": list(item.facts),
        "sources": sources,
    }
