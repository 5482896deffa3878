"""The same plan for others that have a name as well."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from kg.answer.fit import validate
from kg.domain.fact import EntityId
from kg.domain.ontology import Ontology
from kg.domain.plan import Entities, Parts, Paths, Plan, walk
from kg.domain.plan_json import from_json, to_json
from kg.domain.question import Linked
from kg.errors import PlanInvalid

AS_SURE = 0.03
"""Names that were said equally well."""


def namesakes(plan: Plan, linked: Linked, ontology: Ontology) -> Iterator[Plan]:
    """The same reading of others that have a name as well: nothing said chooses between them."""
    used = {i for part in walk(plan) if isinstance(part, Entities) for i in part.ids}
    if isinstance(plan, Parts) or (len(used) > 1 and not isinstance(plan, Paths)):
        # Another name has chosen already; the other end of a chain chooses nothing.
        return
    single = [m for m in linked.mentions if m.kind == "entity" and not m.more]
    for said in single:
        for other in single:
            same = (said.start, said.end) == (other.start, other.end) and abs(said.score - other.score) < AS_SURE
            if same and said.value in used and other.value not in used:
                plain = to_json(plan)
                named = {"op": "entities", "ids": [other.value]}
                kind = {"op": "entities", "type": linked.entities[other.value].type}
                with contextlib.suppress(PlanInvalid):
                    typed = _instead(plain, said.value, {"op": "intersect", "plans": [named, kind]})
                    validate(from_json(typed), ontology)
                    yield from_json(_instead(plain, said.value, named))


def _instead(document: Any, said: EntityId, other: dict[str, Any]) -> Any:
    """The plan with another thing in the place of the one that was said."""
    if isinstance(document, list):
        return [_instead(one, said, other) for one in document]
    if not isinstance(document, dict):
        return document
    if document.get("ids") == [said]:
        return other
    return {name: _instead(value, said, other) for name, value in document.items()}
