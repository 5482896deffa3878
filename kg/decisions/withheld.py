"""A decision whose answer is withheld for a review, as whoever asked may read it: all but what was answered. Pure."""

from __future__ import annotations

from typing import Any

from kg.domain.decision import Document

WITHHELD = "it is withheld for a review"


def withheld(document: Document) -> Document:
    """The document without its answer, and without anything that tells of it."""
    reason = f"{WITHHELD}: {document['review']['reason']}"
    blank: dict[str, Any] = {key: [] if isinstance(value, list) else None for key, value in document["answer"].items()}
    return document | {
        "outcome": "pending_review",
        "answer": blank | {"text": f"This answer cannot be given yet: {reason}.", "reason": reason},
        "claims": [],
        "evidence": [],
        "explanation": {"nodes": [], "relationships": [], "paths": [], "cypher": "", "left_out": 0},
        "confidence": {"value": None, "reason": WITHHELD},
        "attribution": [],
        "calls": [],
        "writer": document["writer"] | {"reason": None, "dropped": [], "left_out": 0},
        # A short answer could be found by trying.
        "evidence_hash": "",
    }
