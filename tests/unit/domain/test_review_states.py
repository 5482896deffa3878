"""The state of a review, which is computed from what was said of the decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.domain.access import CallerKind
from kg.domain.review import FINAL, Kind, Requirement, Review, ReviewEvent, Stage, moved, review_of
from kg.domain.review_rules import Condition, ReviewRule, _together
from kg.errors import MoveRefused, ReviewInvalid, ReviewSettled

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
TWO = (Stage("reviewer", 2), Stage("approver", 1))


def at(hours: float) -> str:
    return (START + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def opened(**changes: Any) -> ReviewEvent:
    values: dict[str, Any] = {"required": True, "reason": "why", "withhold": True, "stages": TWO}
    return ReviewEvent("d-1", 1, "opened", "ann", at(0), requirement=Requirement(**values | changes))


def said(kind: Kind, actor: str = "bo", hour: float = 1, roles: tuple[str, ...] = ("reviewer",), **changes: Any) -> Any:
    values: dict[str, Any] = {"reason": "because", "roles": roles}
    return ReviewEvent("d-1", 2, kind, actor, at(hour), **values | changes)


def after(*events: ReviewEvent, hour: float = 5, **changes: Any) -> Review:
    found = review_of([opened(**changes), *events], at(hour))
    assert found is not None
    return found


def approved_by_all() -> list[ReviewEvent]:
    return [
        said("approved", "bo"), said("approved", "cy"), said("approved", "di", roles=("approver",)),
    ]  # fmt: skip


def test_a_new_review_is_open_and_holds_the_answer_back() -> None:
    review = after()
    assert (review.state, review.released, review.waits_for) == ("open", False, Stage("reviewer", 2))


def test_every_stage_has_to_approve_in_order() -> None:
    one, two, three = approved_by_all()
    assert after(one).waits_for == Stage("reviewer", 1)
    assert (after(one, two).state, after(one, two).waits_for) == ("open", Stage("approver", 1))
    assert (after(one, two, three).state, after(one, two, three).released) == ("approved", True)


@pytest.mark.parametrize("kind", ["service", "advisory"])
def test_what_is_no_person_counts_for_nothing_that_was_recorded_by_another_way(kind: CallerKind) -> None:
    one, two, three = (replace(event, actor_kind=kind) for event in approved_by_all())
    assert (after(one, two, three).state, after(one, two, three).approvals) == ("open", ())


def test_rules_that_ask_for_people_and_for_any_ask_for_people() -> None:
    stages = (Stage("reviewer", 2, "any"), Stage("reviewer", 1, "human"))
    asks = [ReviewRule(str(one), Condition(), (one,)) for one in stages]
    assert _together(asks) == _together(asks[::-1]) == (Stage("reviewer", 2, "human"),)
    assert _together(asks[:1]) == (Stage("reviewer", 2, "any"),)


def test_a_later_stage_does_not_approve_before_its_turn() -> None:
    with pytest.raises(MoveRefused, match="is no reviewer"):
        moved(after(), said("approved", "di", roles=("approver",)))


def test_nobody_approves_what_they_asked_for() -> None:
    with pytest.raises(MoveRefused, match="asked for this decision"):
        moved(after(), said("approved", "ann"))


def test_nobody_counts_twice_even_with_both_roles() -> None:
    both = ("reviewer", "approver")
    review = after(said("approved", "bo", roles=both), said("approved", "cy", roles=both))
    with pytest.raises(MoveRefused, match="nobody counts twice"):
        moved(review, said("approved", "bo", roles=both))


@pytest.mark.parametrize("kind", ["rejected", "changes_requested", "overridden", "excepted"])
def test_what_is_not_an_approval_needs_a_reason(kind: Kind) -> None:
    with pytest.raises(ReviewInvalid, match="say why"):
        moved(after(), said(kind, reason=" ", roles=("approver",), answer="act", until=at(9)))


@pytest.mark.parametrize("kind", ["overridden", "excepted"])
def test_what_stands_in_for_all_stages_is_for_the_last_of_them(kind: Kind) -> None:
    with pytest.raises(MoveRefused, match="is no approver"):
        moved(after(), said(kind, answer="act", until=at(9)))


def test_an_override_carries_the_answer_to_use() -> None:
    review = after(said("overridden", roles=("approver",), answer="act"))
    assert (review.state, review.answer, review.released) == ("overridden", "act", True)
    with pytest.raises(ReviewInvalid, match="the answer to use instead"):
        moved(after(), said("overridden", roles=("approver",)))


@pytest.mark.parametrize("until", [None, at(0.5)])
def test_an_exception_has_to_end(until: str | None) -> None:
    with pytest.raises(ReviewInvalid, match="the time at which it ends"):
        moved(after(), said("excepted", roles=("approver",), until=until))


def test_an_exception_releases_until_it_ends() -> None:
    excepted = said("excepted", roles=("approver",), until=at(4))
    assert (after(excepted, hour=3).state, after(excepted, hour=3).released) == ("excepted", True)
    assert (after(excepted, hour=4).state, after(excepted, hour=4).released) == ("expired", False)


def test_an_excepted_review_can_still_be_approved() -> None:
    excepted = said("excepted", "ed", roles=("approver",), until=at(4))
    assert after(excepted, *approved_by_all(), hour=9).state == "approved"


def test_a_time_that_is_over_never_approves() -> None:
    review = after(*approved_by_all()[:2], hour=48, within_hours=48)
    assert (review.state, review.released) == ("expired", False)
    with pytest.raises(ReviewSettled, match="is expired"):
        moved(review, said("approved", "di", 49, ("approver",)))


def test_an_approval_that_came_too_late_does_not_count() -> None:
    late = said("approved", "di", 49, ("approver",))
    assert after(*approved_by_all()[:2], late, hour=50, within_hours=48).state == "expired"


def test_from_the_escalation_on_another_role_may_decide_too() -> None:
    rules: dict[str, Any] = {"escalate_after_hours": 24, "escalate_to": "admin"}
    with pytest.raises(MoveRefused):
        moved(after(**rules), said("approved", "ed", 1, ("admin",)))
    review = after(hour=24, **rules)
    assert review.escalated
    assert moved(review, said("approved", "ed", 24, ("admin",))).waits_for == Stage("reviewer", 1)


def test_an_approval_lapses_with_its_evidence_and_does_not_come_back() -> None:
    review = after(*approved_by_all(), said("lapsed", "whence", 2))
    assert (review.state, review.released, review.approvals) == ("lapsed", False, ())
    with pytest.raises(ReviewSettled, match="is lapsed"):
        moved(review, said("approved", "ed"))


def test_an_approval_can_be_withdrawn() -> None:
    assert after(*approved_by_all(), said("rejected", "ed")).state == "rejected"


def test_a_later_decision_supersedes_it_in_every_state() -> None:
    for before in ([], approved_by_all(), [said("rejected")], [said("lapsed")]):
        review = after(*before, said("superseded", to="d-2"))
        assert (review.state, review.superseded_by, review.released) == ("superseded", "d-2", False)


def test_an_answer_that_is_not_held_may_be_read_at_once() -> None:
    assert after(withhold=False).released


def test_nothing_that_was_said_before_a_review_was_opened_counts() -> None:
    assert review_of([said("approved")], at(1)) is None


# --- whatever is said ---

PEOPLE = ("ann", "bo", "cy", "di", "ed")
ROLES = ("reviewer", "approver", "admin", "analyst")
EVENTS = st.builds(
    lambda kind, actor, hours, roles, reason, answer, until: ReviewEvent(
        "d-1",
        2,
        kind,
        actor,
        at(hours),
        tuple(sorted(roles)),
        reason,
        answer=answer,
        until=None if until is None else at(until),
    ),
    st.sampled_from(
        [
            "approved",
            "approved",
            "approved",
            "rejected",
            "changes_requested",
            "overridden",
            "excepted",
            "assigned",
            "lapsed",
            "superseded",
            "feedback",
        ]
    ),
    st.sampled_from(PEOPLE),
    st.integers(0, 80),
    st.sets(st.sampled_from(ROLES), min_size=1),
    st.sampled_from(["", "because"]),
    st.sampled_from([None, "act"]),
    st.sampled_from([None, 3, 40, 70]),
)
REQUIREMENTS = st.builds(
    lambda stages, withhold, within, escalate: {
        "stages": tuple(Stage(role, count) for role, count in stages.items()),
        "withhold": withhold,
        "within_hours": within,
        "escalate_after_hours": escalate,
        "escalate_to": None if escalate is None else "admin",
    },
    st.dictionaries(st.sampled_from(["reviewer", "approver"]), st.integers(1, 2), min_size=1),
    st.booleans(),
    st.sampled_from([None, 24, 48]),
    st.sampled_from([None, 12]),
)


@given(st.lists(EVENTS, max_size=12), REQUIREMENTS, st.integers(0, 100))
def test_whatever_is_said_nobody_approves_alone_twice_or_their_own(
    events: list[ReviewEvent], required: dict[str, Any], hour: int
) -> None:
    review = after(*events, hour=hour, **required)
    people = [one.actor for one in review.approvals]
    assert len(people) == len(set(people))
    assert "ann" not in people
    stages = review.requirement.stages
    if review.state == "approved":
        counts = [sum(one.stage == number for one in review.approvals) for number in range(len(stages))]
        assert counts == [stage.count for stage in stages]
    for one in review.approvals:
        held = [set(event.roles) for event in events if event.kind == "approved" and event.actor == one.actor]
        assert any({stages[one.stage].role, review.requirement.escalate_to} & roles for roles in held)
    if review.requirement.withhold and review.state in ("open", *FINAL):
        assert not review.released


@given(st.lists(EVENTS, max_size=12), REQUIREMENTS, st.integers(0, 100), st.lists(EVENTS, max_size=6))
def test_what_was_decided_against_stays_so_whatever_is_said_after(
    events: list[ReviewEvent], required: dict[str, Any], hour: int, more: list[ReviewEvent]
) -> None:
    before = after(*events, hour=0, **required)
    later = after(*events, *more, hour=hour, **required)
    if before.state in FINAL and before.state != "expired":
        assert later.state in (before.state, "superseded")


@given(st.lists(EVENTS, max_size=8), REQUIREMENTS, st.integers(0, 100), st.integers(0, 100))
def test_time_alone_never_releases(events: list[ReviewEvent], required: dict[str, Any], one: int, other: int) -> None:
    early, late = (after(*events, hour=hour, **required) for hour in sorted((one, other)))
    assert early.released or not late.released
    assert late.state in (early.state, "expired")
