"""Hashes of a document: what it rests on and says, which does not move between two runs."""

from __future__ import annotations

import hashlib
from typing import Any

from kg.domain.canonical_json import canonical
from kg.domain.decision import Document, comparable


def evidence_hash(document: Document) -> str:
    """Of its evidence and its answer, in comparable form."""
    return sha256(comparable([document["evidence"], document["answer"]]))


def sha256(value: Any) -> str:
    """``sha256:`` over the value as RFC 8785 JSON."""
    return f"sha256:{hashlib.sha256(canonical(value)).hexdigest()}"
