"""Gold that passes the check of a question file can be graded, whatever it says."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from api.questions import wrong_question
from kg.answer.grading import grade
from tests.unit.answer.garden import ontology
from tests.unit.answer.test_grades import RIGHT

PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.floats(), st.sampled_from(["PL-1", "GR-1", "", "2"]))
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
    ),
    max_leaves=6,
)
TYPES = sorted({wanted["type"] for wanted, _ in RIGHT})
ANSWERS = st.fixed_dictionaries(
    {"type": st.sampled_from(TYPES)},
    optional=dict.fromkeys(("value", "of", "ids", "names", "alternatives", "parts"), VALUES),
)
FACTS = st.lists(st.tuples(*[st.sampled_from(["PL-1", "GR-1@2", "POLICY_GIVES", ""])] * 3).map(list), max_size=3)


@given(ANSWERS, FACTS, st.sampled_from(RIGHT))
def test_what_passes_the_check_is_graded(answer: dict[str, Any], facts: list[Any], case: tuple[Any, Any]) -> None:
    gold = {"id": "1", "kind": "any", "question": "any?", "answer": answer, "gold_facts": facts}
    assume(wrong_question(gold) is None)
    found = grade(gold, case[1], ontology())
    assert found.grade in ("right", "wrong", "abstained")
    assert all(share is None or 0 <= share <= 1 for share in (found.precision, found.recall))
