"""How many, what share, most and fewest, the top few: how the cues of counting join with what is counted."""

from __future__ import annotations

from collections.abc import Iterator

from kg.answer.reading.nouns import bare_type, implied
from kg.answer.reading.parts import Feature, NumberPart, OpPart, Part, PropPart, RankPart, RelPart, SetPart, altered
from kg.answer.reading.rules import Grammar, rule


@rule("count", SetPart)
def how_many(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``how many`` ``techniques``."""
    if not right.ask and not right.late and not (right.wh and right.plan is None and not right.pending):
        yield grammar.made(altered(right, ask="count"), op, right)


@rule("count_of", SetPart)
def how_many_of(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``how many of`` ``the books that …``: what they are a part of is what stands here."""
    if right.plan is not None and not right.late:
        yield grammar.made(
            altered(right, ask="count_of", base=right.plan, quantifier=""), op, right, features=_deep(right)
        )


@rule("share", SetPart)
def share_of(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``what share of`` ``techniques``; the whole is what stands here, or that before its last description."""
    if right.plan is None or right.named or right.late:
        return
    yield grammar.made(altered(right, ask="share", base=right.plan, quantifier=""), op, right, features=_deep(right))
    if right.wider is not None and not (right.told and right.unsaid):
        yield grammar.made(altered(right, ask="share", base=right.wider, quantifier=""), op, right)


def _deep(part: SetPart) -> tuple[Feature, ...]:
    return (("base_deep", 1.0),) if part.wider is not None else ()


@rule(SetPart, "of_total")
def out_of_how_many(grammar: Grammar, left: SetPart, op: OpPart) -> Iterator[Part]:
    """``how many techniques …,`` ``out of how many``."""
    if left.ask == "count" and left.wider is not None:
        # "Low-tax controls without a technique": the whole is rather the low-tax controls.
        compound = (("base_compound", 1.0),) if left.unsaid else ()
        yield grammar.made(altered(left, ask="share", base=left.wider), left, op, features=compound)
    elif left.ask == "count_of":
        yield grammar.made(altered(left, ask="share"), left, op)


@rule(SetPart, ("count", "share"))
def of_them_how_many(grammar: Grammar, left: SetPart, op: OpPart) -> Iterator[Part]:
    """``of the plants …,`` ``how many``, ``what percentage``."""
    if left.plan is not None and not left.named and not left.ask:
        made = altered(left, ask="share" if op.op == "share" else "count_of", base=left.plan, quantifier="")
        yield grammar.made(made, left, op, features=(("count_behind", 1.0),))


@rule(SetPart, "extra_value")
def and_how_many(grammar: Grammar, left: SetPart, op: OpPart) -> Iterator[Part]:
    """``which books …,`` ``and how many``."""
    if not left.named and not left.ask:
        yield grammar.made(left, left, op)


# --- most and fewest -------------------------------------------------------------------------------------------------


@rule(("most", "fewest", "more", "fewer", "most_of", "all_of_them"), SetPart)
def most_of_set(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``the most`` ``techniques``."""
    if not right.order and not right.late and (not right.named or right.options):
        yield grammar.made(altered(right, order="all_of" if op.op == "all_of_them" else op.op), op, right)


@rule(SetPart, ("most", "fewest"))
def set_most(grammar: Grammar, left: SetPart, op: OpPart) -> Iterator[Part]:
    """``the techniques used`` ``most``."""
    if left.options and left.ask == "count":
        yield grammar.made(altered(left, order=op.op), left, op)
    elif left.plan is not None:
        yield grammar.made(altered(left, popular=op.op), left, op, features=(("late_superlative", 1.0),))


ASKS = {"most": "asks_most", "more": "asks_most", "fewest": "asks_fewest", "fewer": "asks_fewest"}
"""Which of several things compared before is asked for."""


@rule(SetPart, (*ASKS, *ASKS.values()))
def which_has_most(grammar: Grammar, asked: SetPart, op: OpPart) -> Iterator[Part]:
    """``which has`` ``the most``; ``which shop has`` ``more``."""
    if not asked.pending and ((asked.wh and asked.plan is None) or (asked.focus and bare_type(asked))):
        yield grammar.made(OpPart(op=ASKS.get(op.op, op.op)), asked, op)


@rule(NumberPart, tuple(ASKS))
def of_so_many_the_most(grammar: Grammar, number: NumberPart, op: OpPart) -> Iterator[Part]:
    """``(which) of two has`` ``fewer``."""
    if not number.comparator:
        yield grammar.made(OpPart(op=ASKS[op.op]), number, op)


@rule(("popular", "unpopular", "top"), SetPart)
def popular_set(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``most common`` ``techniques``."""
    if not (right.named or right.late) and (op.op == "top" or not (right.order or right.quantifier)):
        yield grammar.made(altered(right, popular="fewest" if op.op == "unpopular" else "most"), op, right)


@rule(SetPart, ("popular", "unpopular"))
def set_popular(grammar: Grammar, left: SetPart, op: OpPart) -> Iterator[Part]:
    """``which techniques are`` ``most common``."""
    if left.plan is not None and not (left.named or left.popular or left.order or left.quantifier):
        yield grammar.made(altered(left, popular="fewest" if op.op == "unpopular" else "most"), left, op)


@rule(("latest", "earliest"), SetPart)
def latest_set(grammar: Grammar, op: OpPart, right: SetPart) -> Iterator[Part]:
    """``latest`` ``campaign``: by a date that nobody said."""
    if right.named and not right.options:
        for made, features in implied(grammar, altered(right, score=0.0, features=())):
            yield from latest_set(grammar, op, grammar.made(made, right, features=features))
    if not right.named and not right.late:
        yield from grammar.join(grammar.made(RankPart(order="most" if op.op == "latest" else "fewest"), op), right)


@rule(("most", "fewest"), PropPart)
def most_related(grammar: Grammar, op: OpPart, prop: PropPart) -> Iterator[Part]:
    """``most`` ``used by groups``: ordered by how many of the argument."""
    if prop.close and not prop.argument.named:  # type: ignore[union-attr]  # what is close has one
        # "Most downstream tables" are tables, the most of them.
        return
    if (prop.rels and prop.argument is not None and not prop.negative) or prop.bare:
        yield grammar.made(altered(prop, ranked=op.op), op, prop)


@rule(PropPart, ("most", "fewest"))
def related_most(grammar: Grammar, prop: PropPart, op: OpPart) -> Iterator[Part]:
    """``covers`` ``most``."""
    if prop.rels and not prop.negative and not prop.ranked:
        yield grammar.made(altered(prop, ranked=op.op), prop, op)


@rule(("most", "fewest", "popular", "unpopular"), RelPart)
def most_relation(grammar: Grammar, op: OpPart, relation: RelPart) -> Iterator[Part]:
    """``most`` ``used``."""
    order = {"popular": "most", "unpopular": "fewest"}.get(op.op, op.op)
    made = PropPart(rels=relation.rels, bare=True, ranked=order, close=relation.leads)  # type: ignore[arg-type]
    yield grammar.made(made, op, relation)


@rule(RelPart, ("most", "fewest"))
def relation_most(grammar: Grammar, relation: RelPart, op: OpPart) -> Iterator[Part]:
    """``used`` ``most``."""
    yield grammar.made(PropPart(rels=relation.rels, bare=True, ranked=op.op), relation, op)  # type: ignore[arg-type]


@rule("most", ("common", "same"))
def most_common(grammar: Grammar, left: OpPart, right: OpPart) -> Iterator[Part]:
    """``most`` ``common``."""
    yield grammar.made(OpPart(op="popular"), left, right)


@rule(("top", "most_of", "most"), NumberPart)
def top_number(grammar: Grammar, op: OpPart, number: NumberPart) -> Iterator[Part]:
    """``top`` ``five``; ``the best`` ``two``."""
    if not number.comparator:
        yield grammar.made(altered(number, top=True), op, number, features=(("top", 1.0),))


@rule("and", "of_total")
def and_out_of_how_many(grammar: Grammar, left: OpPart, right: OpPart) -> Iterator[Part]:
    """``and`` ``out of how many``."""
    yield grammar.made(right, left, right)


@rule("and", "count")
def and_count(grammar: Grammar, left: OpPart, right: OpPart) -> Iterator[Part]:
    """``and`` ``how many``."""
    yield grammar.made(OpPart(op="extra_value"), left, right)


@rule("count", "share")
def what_number_and_share(grammar: Grammar, left: OpPart, right: OpPart) -> Iterator[Part]:
    """``what number and`` ``what share of``."""
    yield grammar.made(OpPart(op="share"), left, right)


@rule("group", "count")
def by_count(grammar: Grammar, left: OpPart, right: OpPart) -> Iterator[Part]:
    """``by`` ``count``: how much there is of each."""
    yield grammar.made(OpPart(op="extra_value"), left, right)
