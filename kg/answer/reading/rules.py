"""How two neighbouring parts of a question join: nouns with what describes them.

Every rule takes two parts that stand side by side and gives each way to read them as one. The rules themselves are in
the modules that ``chart`` imports.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from kg.answer.reading.narrow import Narrowing, narrowed, narrowings, plain, steps
from kg.answer.reading.parts import (
    AnswerPart,
    Feature,
    OpPart,
    Part,
    PropPart,
    Rel,
    SetPart,
    Weights,
    altered,
    modifiers,
    scored,
)
from kg.answer.reading.plans import all_of, met, reached, type_of
from kg.domain.ontology import Ontology, back
from kg.domain.plan import (
    Compare,
    Cover,
    Each,
    Entities,
    Follow,
    Group,
    Intersect,
    Minus,
    Rank,
    SetPlan,
    Test,
    walk,
)

Rule = Callable[["Grammar", Any, Any], Iterator[Part]]
Kind = type | str
"""A kind of part, or a cue; ``OpPart`` is any cue."""
RULES: dict[tuple[Kind, Kind], list[Rule]] = {}
MAX_WAYS = 6
"""Ways of one narrowing that are kept: more predicates between two types are told apart by their phrases."""


def rule(left: Kind | tuple[str, ...], right: Kind | tuple[str, ...]) -> Callable[[Rule], Rule]:
    """Register a rule for neighbours of these kinds."""

    def register(function: Rule) -> Rule:
        for one in left if isinstance(left, tuple) else (left,):
            for other in right if isinstance(right, tuple) else (right,):
                RULES.setdefault((one, other), []).append(function)
        return function

    return register


def kind_of(part: Part) -> Kind:
    """What rules are registered for: the cue, or the kind of part."""
    return part.op if isinstance(part, OpPart) else type(part)


@functools.cache
def rules_for(left: Kind, right: Kind) -> tuple[Rule, ...]:
    """The rules for two neighbours, those for any cue included."""
    lefts = (left, OpPart) if isinstance(left, str) else (left,)
    rights = (right, OpPart) if isinstance(right, str) else (right,)
    return tuple(dict.fromkeys(found for one in lefts for other in rights for found in RULES.get((one, other), ())))


@dataclass(frozen=True, slots=True)
class Grammar:
    """What the rules need to know: the ontology, and what a feature weighs."""

    ontology: Ontology
    weights: Weights

    def join(self, left: Part, right: Part) -> Iterator[Part]:
        """Every way to read two neighbours as one."""
        for function in rules_for(kind_of(left), kind_of(right)):
            yield from function(self, left, right)

    def made(self, part: Any, *of: Part, features: tuple[Feature, ...] = ()) -> Any:
        """The part, with the score of the parts it is made of and of how it was made."""
        return scored(part, self.weights, *features, of=of)

    def argument(self, argument: SetPart) -> tuple[Feature, ...]:
        """What it says against a reading that this set is not what is asked for."""
        lost = (("focus_lost", 1.0),) if argument.focus or argument.wh else ()
        asks = argument.ask and not (argument.ask == "share" and argument.order)
        told = (("ask_lost", 1.0),) if asks else ()
        other = argument.other and argument.quantifier != "none"
        passed = bool(argument.popular) + other + bool(argument.losing) + argument.together
        passed += argument.pick > 1 and not argument.quantifier
        # "A or" without what stands behind it is no list yet.
        passed += argument.joined == "or" and argument.named and not argument.options
        pending = (("pending_lost", 1.0),) if argument.pending else ()
        return (*lost, *told, *pending, *((("modifier_lost", float(passed)),) if passed else ()))

    def lost(self, part: SetPart) -> tuple[Feature, ...]:
        """What is said of a set and does not reach the plan."""
        count = modifiers(part)
        return (("modifier_lost", float(count)),) if count else ()

    def narrow(self, head: SetPart, by: PropPart, *features: Feature) -> Iterator[Part]:  # noqa: C901, PLR0912, PLR0915 (one kind of property each)
        """The head, kept to what the property says of it; a claim where the head is named."""
        no_none = by.exclude and by.argument is not None and by.argument.quantifier == "none"
        if not by.ready or no_none or _without_a_member(head, by):
            return
        if by.losing is not None:
            if not head.named:
                yield self.made(altered(head, losing=by.losing), head, by, features=features)
            return
        if by.through is not None:
            yield from self._sharing(head, by, features)
            return
        if by.exclude and by.argument is not None and by.argument.plan is not None:
            if head.plan is not None and head.types & by.argument.types and not head.named:
                left = altered(head.each(lambda plan: Minus(plan, by.argument.plan)), wider=head.wider)  # type: ignore[union-attr, arg-type]
                yield self.made(left, head, by, features=features)
                return
            by = altered(by, exclude=False, negative=True)
        each = by.argument is not None and by.argument.joined == "each" and not by.argument.options
        if each and head.ask == "count" and not head.named:
            yield from self._for_each(head, by, by.argument, features)  # type: ignore[arg-type]  # as told
            return
        by, features = self._tied(head, self._of_no_other(head, by), features)
        counted = by.argument
        if counted is not None and counted.order and not by.negative:
            yield from self._counting(head, by, counted, features)
            return
        apart = counted is not None and not counted.named and not (by.close and not by.left)
        if head.popular and apart and not by.ranked and not by.negative:
            by = altered(by, ranked=head.popular)
        if by.weak and by.negative and head.told is not None:
            # "Works for X but not for Y": the preposition stands for the relation that was told.
            by = altered(by, rels=(head.told,), weak=False)
        if head.depth and by.argument is not None:
            head, by = altered(head, depth=""), altered(by, depth=head.depth)
        if not by.rels and by.argument is not None and head.pending:
            # "Metrics affected" "by X or by Y": the relation that still lacked its argument.
            told, bare = altered(by, rels=head.pending), altered(head, pending=())
            if any(True for _ in narrowings(self.ontology, bare, told)):
                head, by = bare, told
        ways = sorted(
            narrowings(self.ontology, head, by),
            key=lambda way: -sum(self.weights.get(name, 0.0) * value for name, value in way.features),
        )
        for way in ways[:MAX_WAYS]:
            if (kept := narrowed(head, way, self.ontology)) is None or kept.plan is None:
                continue
            if head.named and not head.several and not head.options:
                yield from self._claims(head, kept, way, by, features)
                continue
            if by.ranked:
                yield from self.rank(head, by, way.rel, (*way.features, *features), (head, by))
                continue
            if by.argument is not None and by.argument.change is not None:
                kept = altered(kept, change=by.argument.change)
            if not by.rels and by.argument is not None and way.rel is not None:
                kept = altered(kept, unsaid=(way.rel,))
            elif kept.unsaid:
                kept = altered(kept, unsaid=())
            named = way.rel is not None and by.argument is not None and by.argument.named and not by.negative
            kept = altered(kept, told=way.rel if named else None)
            kept = altered(kept, again=by.again or head.again or (by.argument is not None and by.argument.again))
            if (head.other or kept.again) and kept.plan is not None:
                others = others_of(kept.plan, kept.types, self.ontology)
                open_ = others == kept.plan
                kept = altered(kept, plan=others, again=kept.again and open_, other=kept.other and open_)
            yield self.made(kept, head, by, features=(*way.features, *features))

    def _of_no_other(self, head: SetPart, by: PropPart) -> PropPart:
        """``software X uses`` ``that no other group uses``: no group but X."""
        argument = by.argument
        if argument is None or not argument.other or argument.quantifier != "none" or argument.plan is None:
            return by
        ids = named_in(head.plan, argument.types, self.ontology) if head.plan is not None else ()
        plan = Minus(argument.plan, Entities(ids=ids)) if ids else argument.plan
        return altered(by, argument=altered(argument, plan=plan, other=False))

    def _tied(self, head: SetPart, by: PropPart, features: tuple[Feature, ...]) -> tuple[PropPart, tuple[Feature, ...]]:
        """``techniques that have`` ``mapped controls``: what was said of the argument ties it to the head."""
        if not by.rels and by.argument is not None and by.argument.pending:
            told = altered(by, rels=by.argument.pending, left=True, argument=altered(by.argument, pending=()))
            if any(True for _ in narrowings(self.ontology, head, told)):
                return told, tuple(one for one in features if one[0] != "pending_lost")
        return by, features

    def _for_each(self, head: SetPart, by: PropPart, each: SetPart, features: tuple[Feature, ...]) -> Iterator[Part]:
        """``how many tests`` ``does each model have``: one number a model."""
        if head.plan is None or by.negative:
            return
        for rel, more in steps(self.ontology, by.rels, head.types, each.types, left=by.left)[:MAX_WAYS]:
            plan = Group(head.plan, by=reached(rel, each.plan), counted=True)
            group = AnswerPart(plan=plan, kind="group", head=head, rels=(rel,), argument=each)
            yield self.made(group, head, by, features=(*more, *features, ("each_of", 1.0)))

    def _claims(
        self, head: SetPart, kept: SetPart, way: Narrowing, by: PropPart, features: tuple[Feature, ...]
    ) -> Iterator[Part]:
        """What is said of one that was named: that it is so; or which one is meant, where ``by`` tells it apart."""
        rels = (way.rel,) if way.rel else ()
        claim = AnswerPart(plan=Test(kept.plan), kind="claim", head=head, rels=rels, argument=by.argument)  # type: ignore[arg-type]
        asked = by.argument is not None and (by.argument.focus or by.argument.wh)
        lost = (("focus_lost", 1.0),) if asked else ()
        if by.argument is not None and not by.rels:
            lost = (*lost, ("claim_unsaid", 1.0))
        yield self.made(claim, head, by, features=(*way.features, *features, *lost))
        if by.argument is not None and by.argument.named and by.rels and not by.negative and not by.left:
            yield self.made(altered(kept, named=True), head, by, features=(*way.features, ("identified", 1.0)))

    def _sharing(self, head: SetPart, by: PropPart, features: tuple[Feature, ...]) -> Iterator[Part]:
        """Who shares something with the argument, or shares most with it."""
        through, other, of = by.through, by.argument, (head, by)
        if head.named and other is not None and other.wh:
            # "X played together with whom".
            head, other = altered(other, plan=all_of(head.types, self.ontology)), head
        if through is None or other is None or (head.named and not head.options):
            return
        rels = (through.role,) if through.role is not None else by.rels
        if not rels and head.role is not None:
            rels = (replace(head.role, direction=back(head.role.direction)),)
        if not rels and through.plan is None:
            return
        if through.role is not None and by.rels and not any(rel.predicate == through.role.predicate for rel in by.rels):
            return
        for found, shared, rel, more in co_related(self, head, through, rels, other):
            kept = altered(head, plan=found, types=head.types & other.types, wh=False, focus=head.wh or head.focus)
            made: Part = altered(kept, wider=all_of(kept.types, self.ontology))
            if through.order in ("most", "most_of", "fewest"):
                source = Minus(head.plan if head.plan is not None else all_of(other.types, self.ontology), other.plan)  # type: ignore[arg-type]
                order = "fewest" if through.order == "fewest" else "most"
                rank = Rank(source, shared, order=order, top=max(1, head.pick))  # type: ignore[arg-type]
                made = AnswerPart(plan=rank, kind="rank", head=head, rels=(rel,))
            yield self.made(made, *of, features=(*more, *features))

    def _counting(self, head: SetPart, by: PropPart, counted: SetPart, features: tuple[Feature, ...]) -> Iterator[Part]:
        """The head by how many of the argument it is related to: the first, the few with most, or one of a list."""
        named = _ranked_oddly(head, counted)
        for rel, more in steps(self.ontology, by.rels, head.types, counted.types, left=by.left)[:MAX_WAYS]:
            made = (*more, *features, *named)
            head, counted = (altered(one, plan=plain(one, rel, self.ontology)) for one in (head, counted))
            if head.options and head.named:
                yield from self._comparing(head, by, counted, rel, made)
            elif head.named or head.plan is None or counted.plan is None:
                continue
            elif (
                head.pick > 1
                and (head.together or counted.order in ("most_of", "all_of"))
                and counted.order != "fewest"
            ):
                if not head.together:
                    made = (*made, ("cover_bare", 1.0))
                cover = Cover(head.plan, counted.plan, reached(rel, None), head.pick)
                yield self.made(
                    AnswerPart(plan=cover, kind="cover", head=head, rels=(rel,), argument=counted),
                    head,
                    by,
                    features=made,
                )
            elif counted.order != "all_of":
                order = "fewest" if counted.order in ("fewest", "fewer") else "most"
                share = counted.ask == "share" and counted.base is not None
                if share and counted.base == counted.plan:
                    if not (counted.told and counted.unsaid):
                        continue
                    # The largest share of what is of X is the most of it.
                    share = False
                of = reached(rel, counted.base) if share else None
                rank = Rank(head.plan, reached(rel, counted.plan), of=of, order=order, top=max(1, head.pick))  # type: ignore[arg-type]
                yield self.made(
                    AnswerPart(plan=rank, kind="rank", head=head, rels=(rel,), argument=counted),
                    head,
                    by,
                    features=made,
                )

    def _comparing(
        self, head: SetPart, by: PropPart, counted: SetPart, rel: Rel, features: tuple[Feature, ...]
    ) -> Iterator[Part]:
        if counted.plan is None or (counted.ask == "share" and counted.base == counted.plan):
            return
        way = Rel(rel.predicate, back(rel.direction))
        order = {"more": "most", "most": "most", "fewer": "fewest", "fewest": "fewest"}.get(counted.order)
        options = tuple(met(counted.plan, way, plan) for _, plan in head.options)
        of: tuple[SetPlan, ...] = ()
        if counted.ask == "share" and counted.base is not None:
            of = tuple(met(counted.base, way, plan) for _, plan in head.options)
        plan = Compare(options, tuple(label for label, _ in head.options), of, order)  # type: ignore[arg-type]
        yield self.made(
            AnswerPart(plan=plan, kind="compare", head=head, rels=(rel,), argument=counted), head, by, features=features
        )

    def rank(
        self, head: SetPart, by: PropPart, rel: Rel | None, features: tuple[Feature, ...], of: tuple[Part, ...]
    ) -> Iterator[Part]:
        """The head ordered by how many of the argument it is related to."""
        if rel is None or head.plan is None or (head.named and not head.options and not head.several):
            return
        argument = plain(by.argument, rel, self.ontology) if by.argument is not None else None
        order = "fewest" if by.ranked == "fewest" else "most"
        rank = Rank(plain(head, rel, self.ontology), reached(rel, argument), order=order, top=max(1, head.pick))  # type: ignore[arg-type]
        odd = _ranked_oddly(head, by.argument)
        yield self.made(
            AnswerPart(plan=rank, kind="rank", head=head, rels=(rel,), argument=by.argument),
            *of,
            features=(*features, *odd),
        )


def _without_a_member(head: SetPart, by: PropPart) -> bool:
    """``A and B but not C``, which is said of what has to do with them, not of A and B."""
    argument = by.argument
    if not (head.options and head.named) or by.rels or argument is None or not argument.named:
        return False
    return by.negative or by.exclude or argument.quantifier == "none"


def _ranked_oddly(head: SetPart, counted: SetPart | None) -> tuple[Feature, ...]:
    """What is odd about an order by these: so many names, or how many of the head or of these are meant already."""
    named = counted is not None and counted.named and not counted.several
    lost = any(one.quantifier not in ("", "any", "every") for one in (head, counted) if one is not None)
    unasked = head.ask in ("share", "count_of")
    # "Who has more, A or B": the two are what is ordered, rather than what is counted.
    listed = counted is not None and counted.joined == "or" and len(counted.options) > 1
    odd = (("rank_named", named), ("rank_listed", listed), ("modifier_lost", lost), ("ask_lost", unasked))
    return tuple((name, 1.0) for name, holds in odd if holds)


def named_in(plan: SetPlan, types: frozenset[str], ontology: Ontology) -> tuple[str, ...]:
    """Those of these types that the plan names, in order."""
    schemes = {scheme.name for name in types if (scheme := ontology.scheme_of(name)) is not None}
    named = (i for part in walk(plan) if isinstance(part, Entities) for i in part.ids)
    return tuple(dict.fromkeys(i for i in named if i.partition(":")[0] in schemes))


def others_of(plan: SetPlan, types: frozenset[str], ontology: Ontology) -> SetPlan:
    """The set without those of its own kind that it was described by."""
    ids = named_in(plan, types, ontology)
    return Minus(plan, Entities(ids=ids)) if ids else plan


def co_related(
    grammar: Grammar, head: SetPart, through: SetPart, rels: tuple[Rel, ...], other: SetPart
) -> Iterator[tuple[SetPlan, SetPlan, Rel, tuple[Feature, ...]]]:
    """Members of the head that share something of ``through`` with the other: the set, and what one shares with it."""
    if other.plan is None or not head.types & other.types:
        return
    for rel, features in steps(grammar.ontology, rels, head.types & other.types, through.types, left=False)[:MAX_WAYS]:
        kind, members = type_of(through.plan), plain(head, rel, grammar.ontology)
        theirs: SetPlan = Follow(other.plan, rel.predicate, rel.direction, kind)
        if through.plan is not None and kind is None and through.role is None:
            theirs = Intersect((theirs, through.plan))
        name = type_of(members)
        found: SetPlan = Follow(theirs, rel.predicate, back(rel.direction), name)
        if members is not None and name is None:
            found = Intersect((members, found))
        shared = Intersect((Follow(Each(), rel.predicate, rel.direction), theirs))
        yield Minus(found, other.plan), shared, rel, features
