"""Chains between two things, and reasons: how, why, by what mechanism."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kg.answer.reading.parts import (
    AnswerPart,
    Feature,
    OpPart,
    Part,
    PathPart,
    Rel,
    RelPart,
    SetPart,
    altered,
)
from kg.answer.reading.rules import Grammar, rule
from kg.domain.plan import Entities, Paths, Plan, Test, UnionOf

PASSED_OVER = ("present", "both", "and", "extra_value", "exactly", "together", "any", "some", "values")
"""Cues that may stand before or behind a whole answer and change nothing in it."""


@rule(PASSED_OVER, AnswerPart)
def cue_before_answer(grammar: Grammar, op: OpPart, answer: AnswerPart) -> Iterator[Part]:
    """``and`` ``is X used by Y``."""
    yield grammar.made(answer, op, answer)


@rule(AnswerPart, PASSED_OVER)
def cue_after_answer(grammar: Grammar, answer: AnswerPart, op: OpPart) -> Iterator[Part]:
    """``which shop sells most books`` ``and how many``."""
    yield grammar.made(answer, answer, op)


@rule("yes_no", AnswerPart)
def whether(grammar: Grammar, op: OpPart, answer: AnswerPart) -> Iterator[Part]:
    """``does`` ``X use Y``."""
    if answer.kind in ("claim", "every"):
        yield grammar.made(altered(answer, kind="yes_no"), op, answer)


@rule("yes_no", SetPart)
def whether_any(grammar: Grammar, op: OpPart, found: SetPart) -> Iterator[Part]:
    """``is there`` ``a group that uses X``."""
    asked = found.ask or found.order or found.focus or found.wh or found.quantifier in ("none", "every", "only")
    if found.plan is not None and not found.named and not asked and found.wider is not None:
        made = AnswerPart(plan=Test(found.plan), kind="yes_no", head=found)
        lost = grammar.lost(altered(found, quantifier=""))
        yield grammar.made(made, op, found, features=(("whether_any", 1.0), *lost))


@rule(("why", "when"), AnswerPart)
def why_claim(grammar: Grammar, op: OpPart, answer: AnswerPart) -> Iterator[Part]:
    """``why does`` ``X use Y``; ``when did`` ``X use Y``: that it does is taken for granted."""
    plan = answer.plan
    if answer.kind == "claim" and isinstance(plan, Test):
        yield grammar.made(altered(answer, plan=_reason(grammar, answer, plan), kind="why"), op, answer)


@rule(AnswerPart, "why")
def claim_why(grammar: Grammar, answer: AnswerPart, op: OpPart) -> Iterator[Part]:
    """``X uses Y,`` ``why``."""
    plan = answer.plan
    if answer.kind == "claim" and isinstance(plan, Test):
        yield grammar.made(altered(answer, plan=_reason(grammar, answer, plan), kind="why"), answer, op)
    elif answer.kind != "claim":
        yield grammar.made(answer, answer, op)


@rule("mechanism", AnswerPart)
def how_claim(grammar: Grammar, op: OpPart, answer: AnswerPart) -> Iterator[Part]:
    """``how does`` ``X treat Y``."""
    yield from _by_mechanism(grammar, answer, (op, answer))


@rule(AnswerPart, "mechanism")
def claim_how(grammar: Grammar, answer: AnswerPart, op: OpPart) -> Iterator[Part]:
    """``X treats Y`` ``by what mechanism``."""
    yield from _by_mechanism(grammar, answer, (answer, op))
    if answer.kind == "path":
        yield grammar.made(answer, answer, op)


def _by_mechanism(grammar: Grammar, answer: AnswerPart, of: tuple[Part, ...]) -> Iterator[Part]:
    if answer.kind == "claim" and isinstance(answer.plan, Test):
        reason = _reason(grammar, answer, answer.plan)
        if isinstance(reason, Paths):
            yield grammar.made(altered(answer, plan=reason, kind="path"), *of)


def _reason(grammar: Grammar, answer: AnswerPart, plan: Test) -> Plan:
    """Why a claim holds: by the records that explain it or the steps it is made of; else by its facts."""
    head, argument = answer.head, answer.argument
    explained = [rel for rel in answer.rels if _tells_how(grammar, rel)]
    if explained and head is not None and argument is not None and head.plan is not None and argument.plan is not None:
        ends = (head.plan, argument.plan) if explained[0].direction == "out" else (argument.plan, head.plan)
        return Paths(*ends, along=explained[0].predicate)
    return replace(plan, presumed=True)


def _tells_how(grammar: Grammar, rel: Rel) -> bool:
    """Whether chains tell how the relation comes about."""
    spec = grammar.ontology.predicates[rel.predicate]
    return spec.explained or spec.repeat


@rule(PathPart, SetPart)
def path_to(grammar: Grammar, start: PathPart, end: SetPart) -> Iterator[Part]:
    """``how is A connected`` ``to B``; ``how does A work`` ``in B``."""
    first = start.start
    if (
        first is None
        or first.plan is None
        or end.plan is None
        or not end.named
        or first.plan == end.plan
        or end.options
    ):
        return
    for near, far in ((first, end), (end, first)):
        along = _explaining(grammar, near, far) if start.mechanism else None
        if along is not None:
            plan = Paths(near.plan, far.plan, along=along)  # type: ignore[arg-type]
            yield grammar.made(AnswerPart(plan=plan, kind="path"), start, end)
            return
    features: tuple[Feature, ...] = (("mechanism_without", 1.0),) if start.mechanism else ()
    yield grammar.made(
        AnswerPart(plan=Paths(first.plan, end.plan, max_hops=6), kind="path"), start, end, features=features
    )


def _explaining(grammar: Grammar, near: SetPart, far: SetPart) -> str | None:
    """The predicate between the two whose records explain themselves."""
    for name, spec in grammar.ontology.predicates.items():
        subjects, objects = grammar.ontology.ends(name)
        if spec.explained and near.types & subjects and far.types & objects:
            return name
    return None


@rule(PathPart, ("to", "and", "path", "mechanism", "during"))
def path_then_cue(grammar: Grammar, start: PathPart, op: OpPart) -> Iterator[Part]:
    """``path from A`` ``to``."""
    yield grammar.made(altered(start, mechanism=start.mechanism or op.op == "mechanism"), start, op)


@rule(("path", "mechanism"), PathPart)
def cue_then_path(grammar: Grammar, op: OpPart, start: PathPart) -> Iterator[Part]:
    """``how is`` ``A connected``."""
    yield grammar.made(altered(start, mechanism=start.mechanism or op.op == "mechanism"), op, start)


@rule(PathPart, RelPart)
def path_then_relation(grammar: Grammar, start: PathPart, relation: RelPart) -> Iterator[Part]:
    """``how does A`` ``treat``: the phrase of what is explained."""
    if any(grammar.ontology.predicates[rel.predicate].explained for rel in relation.rels):
        yield grammar.made(altered(start, mechanism=True), start, relation)


@rule(("path", "mechanism"), SetPart)
def path_from(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``how is`` ``A`` …."""
    if not right.late:
        yield from _path_from(grammar, op, right, (op, right))


@rule(SetPart, "to")
def path_from_to(grammar: Grammar, left: SetPart, op: OpPart) -> Iterator[Part]:
    """``A`` ``to`` ``B``, and nothing more."""
    if left.named and not left.options:
        yield grammar.made(PathPart(start=left), left, op, features=(("path_bare", 1.0),))


@rule(AnswerPart, "by_way_of")
def path_by_way(grammar: Grammar, answer: AnswerPart, op: OpPart) -> Iterator[Part]:
    """``A to B`` ``via`` …: chains of what, which the shortest ones show."""
    if answer.kind == "path":
        yield grammar.made(answer, answer, op)


@rule(AnswerPart, RelPart)
def path_over(grammar: Grammar, answer: AnswerPart, relation: RelPart) -> Iterator[Part]:
    """``A to B via`` ``co-authors``."""
    if answer.kind == "path" and relation.noun:
        yield grammar.made(answer, answer, relation)


@rule(SetPart, ("path", "mechanism"))
def path_from_before(grammar: Grammar, left: SetPart, op: OpPart) -> Iterator[Part]:
    """``A`` ``connected to`` …."""
    yield from _path_from(grammar, op, left, (left, op))


def _path_from(grammar: Grammar, op: OpPart, one: SetPart, of: tuple[Part, ...]) -> Iterator[Part]:
    if len(one.options) == 2 and one.named:
        first, second = (plan for _, plan in one.options)
        yield grammar.made(AnswerPart(plan=Paths(first, second), kind="path"), *of)
    elif one.named and not one.options:
        yield grammar.made(PathPart(start=one, mechanism=op.op == "mechanism"), *of)


@rule("path", AnswerPart)
def path_of_claim(grammar: Grammar, op: OpPart, claim: AnswerPart) -> Iterator[Part]:
    """``through what chain is`` ``A fed by B``: the way between the two."""
    head, argument = claim.head, claim.argument
    if claim.kind != "claim" or head is None or argument is None or not argument.named or argument.options:
        return
    if head.plan is not None and argument.plan is not None:
        reason = _reason(grammar, claim, Test(argument.plan))
        plan = reason if isinstance(reason, Paths) else Paths(argument.plan, head.plan, max_hops=6)
        yield grammar.made(AnswerPart(plan=plan, kind="path"), op, claim)


@rule("path", SetPart)
def chain_of_kinds(grammar: Grammar, op: OpPart, kinds: SetPart) -> Iterator[Part]:
    """``chain of`` ``shops and books``: what a chain is made of."""
    bare = kinds.plan.plans if isinstance(kinds.plan, UnionOf) else (kinds.plan,)
    if not kinds.named and all(isinstance(plan, Entities) and plan.type is not None for plan in bare):
        yield grammar.made(op, op, kinds, features=(("skip_light", 2.0),))
