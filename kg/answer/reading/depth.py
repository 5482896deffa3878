"""Directly, or at any depth: how many steps of a relation that goes on are meant."""

from __future__ import annotations

from collections.abc import Iterator

from kg.answer.reading.narrow import at_depth
from kg.answer.reading.nouns import bare_type
from kg.answer.reading.parts import OpPart, Part, PropPart, RelPart, SetPart, altered, modifiers
from kg.answer.reading.plans import along
from kg.answer.reading.rules import Grammar, rule
from kg.domain.ontology import Depth

DEPTHS: dict[str, Depth] = {"direct": "direct", "any_depth": "any"}
CUES = tuple(DEPTHS)


@rule(CUES, RelPart)
def deep_relation(grammar: Grammar, op: OpPart, relation: RelPart) -> Iterator[Part]:
    """``directly`` ``feeds``; ``direct`` ``inputs``."""
    if rels := at_depth(grammar.ontology, relation.rels, DEPTHS[op.op]):
        yield grammar.made(altered(relation, rels=rels), op, relation)


@rule(RelPart, CUES)
def relation_deep(grammar: Grammar, relation: RelPart, op: OpPart) -> Iterator[Part]:
    """``depends`` ``directly``."""
    yield from deep_relation(grammar, op, relation)


@rule(CUES, PropPart)
def deep_property(grammar: Grammar, op: OpPart, prop: PropPart) -> Iterator[Part]:
    """``directly`` ``on X``."""
    if prop.argument is not None and not prop.depth:
        yield grammar.made(altered(prop, depth=DEPTHS[op.op]), op, prop)


@rule(PropPart, CUES)
def property_deep(grammar: Grammar, prop: PropPart, op: OpPart) -> Iterator[Part]:
    """``feeds X`` ``directly``."""
    yield from deep_property(grammar, op, prop)


@rule(CUES, SetPart)
def deep_set(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``direct`` ``parts``."""
    if not (right.named or right.late or right.plan is None or right.depth):
        yield grammar.made(altered(right, depth=DEPTHS[op.op]), op, right)


@rule(SetPart, CUES)
def set_deep(grammar: Grammar, left: SetPart, op: OpPart) -> Iterator[Part]:
    """``parts made from X,`` ``at all levels``: said of the relation that was told before."""
    told = (left.told,) if left.told is not None else left.pending
    deep = at_depth(grammar.ontology, told, DEPTHS[op.op])
    if left.told is not None and deep and left.plan is not None:
        was, now = left.told.predicate, deep[0].predicate
        yield grammar.made(altered(left.each(lambda plan: along(plan, was, now)), told=deep[0]), left, op)
    elif left.pending and deep:
        yield grammar.made(altered(left, pending=deep), left, op)


@rule("by_way_of", SetPart)
def over_others(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``directly or through`` ``other parts``: what the steps may lead over."""
    if bare_type(right) and not modifiers(altered(right, other=False)):
        yield grammar.made(OpPart(op="any_depth"), op, right)
