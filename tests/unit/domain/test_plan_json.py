"""Plans as JSON and back, and what is refused on the way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from kg.domain.plan import Count, Each, Entities, Follow, Having, Plan, Point, Rank, as_set, walk
from kg.domain.plan_json import from_json, to_json
from kg.errors import PlanInvalid
from tests.unit.domain.plans import Names, plans

NAMES = Names(
    ("Person", "Firm"),
    ("knows", "owns"),
    ("size",),
    ("person:ann", "firm:x:y", "p:Ä ö"),
    ("1", "ä", "x y"),
    (Point(), Point(("people@1",)), Point(("people@2", "firms@1"), "2026-03-31"), Point(as_of="2026-01-01")),
)
FIRMS = {"op": "entities", "type": "Firm"}
SIZED = {"op": "where", "source": FIRMS, "predicate": "size"}
COMPARED = {"op": "compare", "options": [FIRMS, FIRMS], "labels": ["a", "b"]}
CHANGED = {
    "op": "diff",
    "source": FIRMS,
    "before": {"datasets": ["people@1"]},
    "after": {"datasets": ["people@2"]},
    "change": "both",
}
KNOWN = {"op": "follow", "source": {"op": "each"}, "predicate": "knows", "direction": "out"}


@given(plans(NAMES))
def test_a_plan_comes_back_from_its_json_as_it_was(plan: Plan) -> None:
    assert from_json(json.loads(json.dumps(to_json(plan)))) == plan


@given(plans(NAMES))
def test_the_json_form_is_canonical(plan: Plan) -> None:
    written = to_json(plan)
    assert to_json(from_json(written)) == written


def test_fields_at_their_default_are_left_out() -> None:
    assert to_json(Having(Entities(type="Firm"), "some", Follow(Each(), "owns", "in"))) == {
        "op": "having",
        "source": FIRMS,
        "quantifier": "some",
        "plan": {"op": "follow", "source": {"op": "each"}, "predicate": "owns", "direction": "in"},
    }


def test_fields_may_be_given_at_their_default() -> None:
    given_all = {"op": "count", "source": FIRMS | {"ids": ["x"], "type": None}, "of": None}
    assert from_json(given_all) == Count(Entities(ids=("x",)))


def nested(depth: int) -> dict[str, Any]:
    plan: dict[str, Any] = FIRMS
    for _ in range(depth):
        plan = {"op": "union", "plans": [plan]}
    return plan


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (None, "plan: expected an object whose op is one of entities, each"),
        ([], "plan: expected an object whose op is one of"),
        ({}, "plan: expected an object whose op is one of"),
        ({"op": "drop"}, "plan: expected an object whose op is one of"),
        ({"op": []}, "plan: expected an object whose op is one of"),
        (FIRMS | {"limit": 3}, "plan: entities has no field 'limit'"),
        ({"op": "entities"}, "plan: entities takes either ids or a type"),
        (FIRMS | {"ids": ["x"]}, "plan: entities takes either ids or a type"),
        ({"op": "entities", "ids": []}, "plan.ids: expected a list with members"),
        ({"op": "entities", "ids": [7]}, "plan.ids: expected text"),
        ({"op": "entities", "ids": [""]}, "plan.ids: expected text"),
        ({"op": "entities", "type": 7}, "plan.type: expected text"),
        ({"op": "union", "plans": []}, "plan.plans: expected a list with members"),
        ({"op": "union", "plans": [FIRMS, 3]}, "plan.plans.1: expected an object"),
        ({"op": "follow", "source": FIRMS, "predicate": "owns"}, "plan: follow needs source, predicate, direction"),
        (KNOWN | {"source": FIRMS, "direction": "up"}, "plan.direction: 'up' is not one of out, in"),
        (KNOWN | {"source": FIRMS, "direction": ["out"]}, "plan.direction: "),
        ({"op": "count", "source": {"op": "count", "source": FIRMS}}, "plan.source: count may stand on top of a plan"),
        ({"op": "each"}, "plan: each stands outside having"),
        (KNOWN, "plan: each stands outside having"),
        ({"op": "minus", "source": FIRMS, "without": KNOWN}, "plan: each stands outside having"),
        ({"op": "rank", "source": KNOWN, "by": KNOWN}, "plan: each stands outside having"),
        ({"op": "rank", "source": FIRMS, "by": KNOWN, "top": 0}, "plan.top: expected a whole number from 1 to 1000"),
        ({"op": "rank", "source": FIRMS, "by": KNOWN, "top": True}, "plan.top: expected a whole number"),
        ({"op": "rank", "source": FIRMS, "by": KNOWN, "top": 1.5}, "plan.top: expected a whole number"),
        ({"op": "paths", "start": FIRMS, "end": FIRMS, "max_hops": 7}, "plan.max_hops: expected a whole number from"),
        ({"op": "having", "source": FIRMS, "quantifier": "many", "plan": KNOWN}, "plan.quantifier: 'many' is not one"),
        (SIZED | {"comparator": "="}, "plan: where = takes a value"),
        (SIZED | {"comparator": "known", "value": "1"}, "plan: where known takes no value"),
        (SIZED | {"comparator": "between", "value": "1"}, "plan: where takes upper with between and overlaps only"),
        (SIZED | {"comparator": "=", "value": "1", "upper": "2"}, "plan: where takes upper with between and overlaps"),
        ({"op": "having", "source": FIRMS, "quantifier": "every", "plan": KNOWN}, "plan: having takes `of` with"),
        (
            {"op": "having", "source": FIRMS, "quantifier": "some", "plan": KNOWN, "of": FIRMS},
            "plan: having takes `of`",
        ),
        ({"op": "rank", "source": FIRMS}, "plan: rank takes either by or value"),
        ({"op": "rank", "source": FIRMS, "by": KNOWN, "value": "size"}, "plan: rank takes either by or value"),
        ({"op": "rank", "source": FIRMS, "value": "size", "of": KNOWN}, "plan: rank takes `of` together with by only"),
        ({"op": "top", "source": FIRMS, "value": "size", "number": 0}, "plan.number: expected a whole number from 1"),
        ({"op": "group", "source": FIRMS}, "plan: group takes either by or value"),
        ({"op": "compare", "options": [FIRMS, FIRMS], "labels": ["a"]}, "plan: compare needs one label an option"),
        (COMPARED | {"of": [FIRMS]}, "plan: compare needs one `of` an option, or none"),
        ({"op": "suppose", "source": FIRMS}, "plan: suppose takes either without or only"),
        ({"op": "count", "source": CHANGED}, "plan.source: a diff of both gains and losses may stand on top"),
        (CHANGED | {"before": []}, "plan.before: expected datasets"),
        (CHANGED | {"before": {"as_of": "May"}}, "plan.before.as_of: 'May' is not a day"),
        (CHANGED | {"before": {"day": "2026-01-01"}}, "plan.before: expected datasets"),
        ({"op": "parts", "plans": [{"op": "parts", "plans": [FIRMS]}]}, "plan.plans.0: parts may stand on top"),
        ({"op": "decide", "table": "t", "source": FIRMS, "given": {}}, "plan.given: expected inputs with their values"),
        ({"op": "test", "source": FIRMS, "presumed": 1}, "plan.presumed: expected true or false"),
        (COMPARED | {"labels": ["a", "a"]}, "plan: compare needs labels that differ"),
        ({"op": "passages", "source": FIRMS, "text": "!?"}, "plan: passages needs a word to look for"),
        ({"op": "entities", "ids": ["a\x00"]}, "plan.ids: expected text without control characters"),
        ({"op": "entities", "ids": ["\ud800"]}, "plan.ids: expected text without control characters and half"),
        ({"op": "entities", "ids": ["x"] * 1001}, "plan.ids: more than 1,000 members"),
        ({"op": "union", "plans": [FIRMS] * 500}, "plan: more than 500 operators"),
        ({"op": "parts", "plans": [FIRMS] * 21}, "plan: more than 20 parts"),
        (nested(25), "deeper than 24 operators"),
        (nested(300), "deeper than 24 operators"),
    ],
)
def test_what_is_no_plan_is_refused_with_its_place(document: Any, message: str) -> None:
    with pytest.raises(PlanInvalid) as caught:
        from_json(document)
    assert message in str(caught.value)


def test_the_deepest_plan_allowed_is_read() -> None:
    assert len(list(walk(from_json(nested(24))))) == 25


def test_walking_gives_the_plan_and_everything_inside_outermost_first() -> None:
    plan = Rank(Entities(type="Firm"), Follow(Each(), "owns", "in"))
    assert list(walk(plan)) == [plan, plan.source, plan.by, Each()]


def test_an_operator_that_stands_on_top_is_no_set() -> None:
    with pytest.raises(PlanInvalid, match="not a set expression"):
        as_set(Count(Entities(type="Firm")))
