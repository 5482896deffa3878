"""The answer contract: one document for every outcome, every key always there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kg.domain.decision import Document, Outcome
from kg.domain.evidence import Claim, Evidence, EvidenceSet
from kg.domain.plan import Plan, to_json
from kg.domain.question import Question
from kg.domain.result import Result
from kg.ports.store import GraphView

UNCALIBRATED = "no calibration set has been measured yet"


def _empty(question: Question, view: GraphView, outcome: Outcome) -> Document:
    return {
        "decision_id": None,
        "outcome": outcome,
        "question": question.text,
        "interpretation": None,
        "plan": None,
        "answer": {
            "text": "", "type": None, "entities": [], "value": None, "of": None, "rows": [], "choices": [],
            "reason": None, "parts": [],
        },
        "claims": [],
        "evidence": [],
        "explanation": {"nodes": [], "relationships": [], "paths": [], "cypher": "", "left_out": 0},
        "confidence": {"value": None, "reason": UNCALIBRATED},
        "attribution": [],
        "review": {"required": False, "state": None, "reason": None},
        "versions": {
            "release": None, "prompt": None, "model": None, "adapter": None,
            "ontology": list(view.ontology().names), "policy": None,
            "graph": {"known_at": view.known_at, "datasets": [version.ref for version in view.datasets()]},
        },
        "scope": {
            "datasets": list(question.scope.datasets), "ceiling": question.scope.ceiling.label,
            "valid_as_of": question.scope.valid_as_of, "known_as_of": question.scope.known_as_of,
        },
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


def answered(question: Question, view: GraphView, finding: Finding) -> Document:
    """An answer whose claims are verified; without its first claim it cannot stand and becomes an abstention."""
    result, claims = finding.result, finding.claims
    if claims[0].verdict != "supported":
        return abstained(question, view, "the answer could not be verified against its evidence", finding.plan)
    document = _empty(question, view, "answered")
    kept = [claim for claim in claims if claim.verdict == "supported"]
    about = {claim.about: claim.id for claim in kept if claim.about is not None}
    document["interpretation"] = finding.interpretation
    document["plan"] = to_json(finding.plan)
    document["answer"] |= {
        "text": claims[0].text,
        "type": result.type,
        "entities": [_entity(row.entity, result) for row in result.rows],
        "value": result.value if result.type != "list" else None,
        "of": result.of,
        "rows": [{"entity": row.entity, "value": row.value, "claim": about.get(row.entity)} for row in result.rows],
    }
    if result.paths:
        chain = result.paths[0]
        document["answer"]["entities"] = [_entity(entity, result) for entity in chain.entities]
    document["claims"] = [
        {"id": c.id, "text": c.text, "verdict": c.verdict, "evidence": list(c.evidence)} for c in kept
    ]
    document["evidence"] = [_evidence(item) for item in finding.evidence.items]
    document["explanation"] = finding.explanation | {"cut": list(result.cut)}
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
            "quote": None,
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
