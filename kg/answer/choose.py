"""Which readings of a question are run, or why none is: knowing when not to answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kg.answer.planner import TIE, Planned, Reading
from kg.answer.reading.sentences import asked_words
from kg.domain.ontology import Ontology
from kg.domain.plan import Test
from kg.domain.question import Linked
from kg.text.language import stems

MAX_READINGS = 4
"""Equally good readings that are run to see whether they differ."""


PASSED_OVER = {
    "skip_cue": 0.5,
    "skip_binding": 1.0,
    "owner_lost": 1.0,
    "skip_relation": 1.0,
    "skip_value": 1.0,
    "skip_set": 1.5,
    "skip_other": 0.8,
    "unexplained": 1.0,
    "unexplained_context": 0.05,
    "unexplained_talk": 0.05,
    "wild": 0.7,
    "undecided_words": 0.31,
    "wh_passed": 0.5,
    "bare_claim": 0.9,
    "pending_unused": 1.0,
    "together_unused": 1.0,
    "order_unused": 1.0,
    "pick_unused": 1.0,
    "popular_unused": 1.0,
    "quantifier_unused": 1.0,
    "ask_lost": 1.0,
    "focus_lost": 1.0,
    "context_passed": 0.3,
    "inserted_loose": 0.3,
    "topic_bare": 0.7,
    "contrast": 0.4,
    "yes_no_lost": 1.0,
    "modifier_lost": 1.0,
    "pending_lost": 0.5,
    "grouping_open": 1.0,
    "fuzzy": 1.0,
    "whole_type": 0.4,
    "list_broken": 1.0,
}
"""How much of the question is passed over, by feature of a reading."""
MOST_PASSED_OVER = 0.9
PREMISE = 1.0
"""And more where something is taken for granted: if a part of that does not hold, the whole does not."""
LEAST_FUZZY = 0.1
LEAST_GUESS = 0.4
UNKNOWN = frozenset({"unexplained", "unexplained_context", "unexplained_talk", "wild"})
"""Features that tell of words nothing is known of."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The readings to run, best first; or the reason not to answer."""

    readings: tuple[Reading, ...] = ()
    reason: str | None = None


def choose(planned: Planned, linked: Linked, ontology: Ontology, tie: float = TIE) -> Chosen:
    """Take the best reading and those as good, unless too much is left unexplained."""
    if planned.too_long:
        return Chosen(reason="the question is too long to be read as one: ask its parts one by one")
    if not planned.readings:
        return Chosen(reason=_reason(planned.unexplained, linked, ontology))
    top = planned.readings[0]
    most = MOST_PASSED_OVER + (PREMISE if isinstance(top.plan, Test) and top.plan.presumed else 0.0)
    passed = any(value for name, value in top.features if name in UNKNOWN)
    if passed and (lacking := _lacking(planned.unexplained, ontology)) is not None:
        return Chosen(reason=lacking)
    near = [one for one in planned.readings if one.score >= top.score - tie and left_over(one) <= most]
    if not near:
        return Chosen(reason=_reason(planned.unexplained, linked, ontology))
    return Chosen(tuple(near[:MAX_READINGS]))


GUESSES = frozenset(
    (
        *("inserted", "inserted_loose", "implied", "wild", "fuzzy", "list_bare", "flipped", "supposed", "fail_type"),
        *("topic_bare", "unexplained", "unexplained_context", "unexplained_talk"),
        *("skip_cue", "skip_relation", "skip_value", "skip_set", "skip_other"),
    )
)
"""Features of a reading that guesses something or passes it over: that it finds nothing is then no answer."""


UNUSUAL = frozenset(["in_two_pieces", "carried", "pending", "said_relation", "bare", "unsplit"])
"""And of one that puts the question together in an unusual way: that there are none is then no answer either."""


def guessed(reading: Reading, *, of_list: bool) -> bool:
    """Whether the reading rests on a guess; more counts as one where the answer would be that there are none."""
    odd = GUESSES | UNUSUAL if of_list else GUESSES
    return any(
        name in odd and value > (LEAST_FUZZY if name == "fuzzy" else LEAST_GUESS) for name, value in reading.features
    )


def left_over(reading: Reading) -> float:
    """How much of the question the reading passes over."""
    return sum(PASSED_OVER.get(name, 0.0) * value for name, value in reading.features)


def _reason(unexplained: tuple[str, ...], linked: Linked, ontology: Ontology) -> str:
    """Why there is no plan, in words a person can act on."""
    asked = [linked.words[i].text for i in sorted(asked_words(linked))]
    if (lacking := _lacking(asked, ontology)) is not None:
        return lacking
    if not any(m.kind in ("entity", "type") for m in linked.mentions):
        return "nothing in the question is known to the graph: no name, key or kind of thing in it was recognised"
    if unexplained:
        words = ", ".join(f"“{word}”" for word in unexplained)
        return f"I cannot account for {words}, so I do not answer as if the question were without"
    return "I recognise the things the question names, but not what is asked about them"


def _lacking(words: Iterable[str], ontology: Ontology) -> str | None:
    """What no source holds, where these words ask for it."""
    left = {one for word in words for one in stems(word)}
    found = (missing for missing in ontology.missing if any(set(stems(word)) <= left for word in missing.words))
    return next((missing.says for missing in found), None)
