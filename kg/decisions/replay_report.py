"""What a replay or a re-ask of a decision comes to: the same, or what differs and why. As one JSON document."""

from __future__ import annotations

from typing import Any

from kg.answer.adapter import Adapter
from kg.answer.seal import sha256
from kg.decisions.compare import Comparison, compare
from kg.decisions.replay import RunAgain, as_now, as_then
from kg.domain.decision import Document, comparable
from kg.errors import DatasetNotFound, DecisionErased
from kg.ports.prompts import PromptRegistry
from kg.ports.store import GraphStore

ANEW = "a model wrote of it what it said of other evidence or under another prompt: only what was found is compared"
READ_ANEW = "nothing was run for it then, so the question was read again, without a model"


def replay(
    recorded: Document, store: GraphStore, prompts: PromptRegistry, adapter: Adapter, *, live: bool = False
) -> dict[str, Any]:
    """Run the decision again and say whether it is the same: as known then, or ``live`` on today's graph."""
    head = {"decision_id": recorded["decision_id"], "live": live}
    try:
        again = as_now(recorded, store, prompts, adapter) if live else as_then(recorded, store, prompts)
    except DecisionErased as exc:
        return head | {"state": "erased", "notes": [str(exc)], "erased": recorded["purged"]}
    except DatasetNotFound as exc:
        return head | {"state": "differs", "notes": [f"it cannot be run again: {exc}"], "erased": []}
    return head | _told(compare(recorded, again.document), again)


def _told(found: Comparison, again: RunAgain) -> dict[str, Any]:
    before, after = found.before, found.after
    same = found.same_evidence and found.same_answer if again.asked_anew else _hash(before) == _hash(after)
    notes = [text for text, meant in ((ANEW, again.asked_anew), (READ_ANEW, again.read_anew)) if meant]
    return {
        "state": "same" if same else "differs",
        "compared": "evidence" if again.asked_anew else "whole",
        "identical": found.identical,
        "same_evidence": found.same_evidence,
        "same_answer": found.same_answer,
        "evidence_hash": {"before": _hash(before), "after": _hash(after)},
        "comparable_hash": {"before": sha256(comparable(before)), "after": sha256(comparable(after))},
        "known_at": {"before": before["as_of"]["known"], "after": after["as_of"]["known"]},
        "outcome": {"before": before["outcome"], "after": after["outcome"]},
        "text": {"before": before["answer"]["text"], "after": after["answer"]["text"]},
        "value": {"before": before["answer"]["value"], "after": after["answer"]["value"]},
        "facts": found.facts.document(),
        "rows": found.rows.document(),
        "claims": found.claims.document(),
        "places": list(found.places),
        "notes": notes,
        "erased": [],
    }


def _hash(document: Document) -> str:
    return str(document["evidence_hash"])
