"""What the audit log tells of the records that stores keep: one act for each kind."""

from __future__ import annotations

import json
from collections.abc import Sequence

from kg.domain.audit import Act, content_of, sha256
from kg.domain.decision import Document
from kg.domain.lineage import Run
from kg.domain.openlineage import LineageEvent
from kg.domain.prompt import LabelMove
from kg.domain.records import dump
from kg.domain.review import ReviewEvent


def of_run(run: Run) -> Act:
    """``run.load``, ``run.retire``, ``run.purge`` or ``run.match``."""
    return Act(f"run.{run.job.partition(' ')[0]}", run.id, run.actor, run.state, sha256(dump(run)))


def of_decision(decision_id: str, record: Document, actor: str) -> Act:
    """From its record, which stays as it is when its words, or the name of who asked, are erased."""
    return Act("decision", decision_id, actor, record.get("outcome", ""), content_of(record))


def of_hold(decision_id: str, actor: str, reason: str, *, held: bool) -> Act:
    return Act("decision.hold" if held else "decision.release", decision_id, actor, "", "", reason)


def of_expiry(decision_id: str, actor: str) -> Act:
    return Act("decision.expire", decision_id, actor)


def of_version(kind: str, digest: str, document: str) -> Act:
    """``prompt.save``, ``table.save`` or ``review.save``; from the JSON of the version."""
    version = json.loads(document)
    ref = f"{version['name']}@{version['number']}"
    return Act(f"{kind}.save", ref, version["actor"], "", digest, version["message"])


def of_move(kind: str, move: LabelMove) -> Act:
    """``prompt.label``, ``table.label`` or ``review.label``."""
    before, after = (f"version {n}" if n is not None else "none" for n in (move.before, move.number))
    return Act(f"{kind}.label", f"{move.name}@{move.label}", move.actor, f"{before} to {after}", "", move.reason)


def of_review(event: ReviewEvent, content: str) -> Act:
    """``feedback``, ``review.opened``, ``review.approved`` and so on."""
    kind = event.kind if event.kind == "feedback" else f"review.{event.kind}"
    return Act(kind, event.decision, event.actor, event.verdict or "", content, event.reason)


def of_events(events: Sequence[LineageEvent], new: int, actor: str) -> Act:
    """OpenLineage events that were received together, of which so many were new; the first gives its id."""
    ids = [event.id for event in events]
    content = content_of([event.document for event in events])
    return Act("lineage", ids[0], actor, f"{new} of {len(ids)} events", content)


def of_ontology(name: str, document: str, actor: str) -> Act:
    return Act("ontology", name, actor, "", sha256(document))
