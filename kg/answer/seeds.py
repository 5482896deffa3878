"""Members of a wide set that a sub-plan may find something for, reached from the other end of the sub-plan.

``each group that uses two of the techniques of X`` is answered by going from those techniques to groups, not by
looking at every group.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kg.answer.steps import Reader
from kg.domain.fact import EntityId
from kg.domain.ontology import back
from kg.domain.plan import (
    Each,
    Entities,
    Follow,
    Having,
    Intersect,
    Minus,
    Only,
    SetPlan,
    Top,
    UnionOf,
    Where,
    uses_each,
    walk,
)

if TYPE_CHECKING:
    from kg.answer.sets import Sets

Ends = set[EntityId] | None
"""Where a search may end; ``None`` is anywhere."""


def seeds(plan: SetPlan, ends: SetPlan | None, sets: Sets) -> Ends:
    """Rows for which the sub-plan may find something (in ``ends``, where given); ``None`` where none are ruled out.

    No row for which it does is left out.
    """
    targets = set(sets.ids(ends)) if ends is not None and _anchored(ends) else None
    before = len(sets.book.cut)
    found = _back(plan, targets, sets)
    if len(sets.book.cut) > before:
        # Not everything was followed, so rows may be missing.
        del sets.book.cut[before:]
        return None
    return found


def _anchored(plan: SetPlan) -> bool:
    """Whether the set starts from named entities."""
    return not uses_each(plan) and any(isinstance(part, Entities) and part.ids for part in walk(plan))


def _back(plan: SetPlan, ends: Ends, sets: Sets) -> Ends:  # noqa: PLR0911 (one operator each)
    if isinstance(plan, Each):
        return ends
    if isinstance(plan, Follow):
        if ends is None:
            return None
        way = back(plan.direction)
        reached = sets.reader.reach(ends, plan.predicate, way, repeat=plan.repeat)
        return _back(plan.source, {far for found in reached.values() for far, _ in found}, sets)
    if isinstance(plan, Intersect):
        return _through_all(plan, ends, sets)
    if isinstance(plan, UnionOf):
        every = [_back(part, ends, sets) for part in plan.plans]
        known = [one for one in every if one is not None]
        return set().union(*known) if len(known) == len(every) else None
    if isinstance(plan, Where | Having | Only | Minus | Top):
        return _back(plan.source, ends, sets)
    return None


def _through_all(plan: Intersect, ends: Ends, sets: Sets) -> Ends:
    tied = [part for part in plan.plans if uses_each(part)]
    for part in plan.plans:
        if _anchored(part):
            members = set(sets.ids(part))
            ends = members if ends is None else ends & members
    found: Ends = None
    for part in tied:
        rows = _back(part, ends, sets)
        if rows is not None:
            found = rows if found is None else found & rows
    return found


def wide(plan: SetPlan) -> bool:
    """Whether the set is all of a type, or a part of it that is found by looking at all."""
    if isinstance(plan, Entities):
        return plan.type is not None and not plan.withdrawn
    return isinstance(plan, Where | Having | Only | Minus) and wide(plan.source)


def among(plan: SetPlan, rows: tuple[EntityId, ...], reader: Reader) -> SetPlan | None:
    """A wide set, looked for among these rows alone; ``None`` where none of them is of its type."""
    if isinstance(plan, Entities):
        kept = tuple(row for row in rows if reader.active(row, plan.type))
        return Entities(ids=kept) if kept else None
    if isinstance(plan, Where | Having | Only | Minus):
        source = among(plan.source, rows, reader)
        return replace(plan, source=source) if source is not None else None
    return plan
