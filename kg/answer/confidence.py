"""How sure an answer is: signs of its reading, the probability an adapter makes of them, and when not to answer."""

from __future__ import annotations

from typing import Any

from kg.answer.adapter import Adapter
from kg.answer.choose import left_over
from kg.answer.planner import Planned, Reading
from kg.domain.decision import Document
from kg.domain.plan import Group, Pairs, Parts
from kg.domain.plan_json import to_json
from kg.domain.question import Linked

FAR = 2.0
"""A margin beyond which a wider one says nothing more."""
GUESSES = frozenset(
    {"inserted", "inserted_loose", "flipped", "bare", "implied", "wild", "claim_unsaid", "fuzzy", "skip_relation"}
)
"""Features that say how much of a reading was guessed."""
ODD = frozenset(
    (
        *("pending", "said_relation", "bare_none", "known", "late_negation", "if_bare", "grouping_open"),
        *("role_or_type", "skip_cue", "skip_filler", "skip_asking"),
        *("unsplit", "in_two_pieces", "carried", "topic_bare"),
    )
)
"""Features of a reading that puts the question together in an unusual way."""
GIVEN = "the plan was given, not read from the question"
UNMEASURED = "the adapter in use has no calibrator"
NOTHING = "nothing was answered"
SEVERAL = "several readings are offered, none is preferred"


def signs(reading: Reading, planned: Planned, same: frozenset[Any], linked: Linked) -> dict[str, float]:
    """What tells a right reading from a wrong one; ``same`` are the plans that were run and found the same."""
    values = dict.fromkeys(("said", "said_chain", "said_unknown"), 0.0)
    guessed = odd = meant = 0.0
    for name, value in reading.features:
        odd += abs(value) if name in ODD else 0.0
        meant += abs(value) if name.startswith("anaphor") else 0.0
        if name in values:
            values[name] += value
        guessed += abs(value) if name in GUESSES else 0.0
    words = sum(word.weight == "content" for word in linked.words) or 1
    rival = next((one.score for one in planned.readings if one.plan not in same), reading.score - FAR)
    return {
        "margin": round(min(FAR, max(-FAR, reading.score - rival)), 6),
        "per_word": round(min(1.5, reading.score / words), 6),
        "left_over": round(left_over(reading), 6),
        "guessed": round(min(3.0, guessed), 6),
        "odd": round(min(4.0, odd), 6),
        "meant": round(min(2.0, meant), 6),
        "parts": float(isinstance(reading.plan, Parts)),
        "grouped": float(isinstance(reading.plan, Group | Pairs)),
        "long": round(min(20, words) / 10, 6),
        **{name: round(max(-5.0, value), 6) for name, value in values.items()},
    }


def read_as(document: Document, readings: tuple[Reading, ...]) -> Reading | None:
    """The reading that was answered."""
    return next((one for one in readings if to_json(one.plan) == document["plan"]), None)


def confidence(document: Document, told: dict[str, float] | None, adapter: Adapter) -> dict[str, Any]:
    """The probability that the answer is right, or why there is none."""
    if document["outcome"] == "abstained":
        return {"value": None, "reason": NOTHING}
    if document["outcome"] == "ambiguous":
        return {"value": None, "reason": SEVERAL}
    if told is None:
        return {"value": None, "reason": GIVEN}
    if adapter.calibrator is None:
        return {"value": None, "reason": UNMEASURED}
    return {"value": round(adapter.calibrator.probability(told), 4), "reason": None}


def doubt(document: Document, adapter: Adapter) -> str | None:
    """Why an answer is not given after all: it is likelier wrong than the adapter's threshold allows."""
    value = document["confidence"]["value"]
    if value is None or value >= adapter.threshold:
        return None
    return unsure(document)


def unsure(document: Document) -> str:
    """Why an answer is not given that there is."""
    value = document["confidence"]["value"]
    return f"I read this as: {document['interpretation']}; but I am not sure enough of that ({value:.0%} sure)"
