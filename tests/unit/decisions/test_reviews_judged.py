"""Reviews of decisions: which need one, what is told of one that is held, judging, and approvals that lapse."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from kg.answer.adapter import Adapter
from kg.answer.pipeline import answer
from kg.backends.sqlite.store import SqliteStore
from kg.bootstrap import core_ontology
from kg.decisions.queue import Sought
from kg.decisions.review_file import review_content, schema_text
from kg.decisions.reviews import Looked, Move, Reviews, ending
from kg.decisions.rule_files import move as move_label
from kg.decisions.rule_files import save
from kg.domain.decision import Document
from kg.domain.fact import Fact
from kg.domain.question import Question
from kg.domain.review import ReviewEvent
from kg.domain.review_rules import Reviewing, Tier
from kg.errors import DecisionNotFound, MoveRefused, ReviewInvalid, ReviewMoved, ReviewNotFound, ReviewSettled
from tests.builders import TickingClock, load, target
from tests.unit.answer.garden import ADA, ONTOLOGY, SAGE, THYME, facts

GARDEN = json.dumps(ONTOLOGY)
HERBS = "Which herbs does Ada tend?"
QUESTIONS = (HERBS, "How many herbs does Ada tend?", "Which growers tend Mint?")
NOT_TENDED = "Does Ada tend Thyme?"
"""No: nothing of it is drawn, since nothing was found."""
TREES = "Which trees does Ada tend?"
REVIEWER = ("reviewer",)
RULES: dict[str, Any] = {
    "rules": [
        {
            "name": "herbs are reviewed",
            "when": {"types": ["Herb"]},
            "withhold": True,
            "stages": [{"role": "reviewer"}],
            "within_hours": 48,
        }
    ]
}


class Garden:
    """A garden whose answers are reviewed."""

    def __init__(self, rules: dict[str, Any] = RULES) -> None:
        self.clock = TickingClock()
        self.store = SqliteStore(":memory:", core_ontology(), self.clock)
        self.load(facts())
        self.reviews = Reviews(self.store, self.store, self.store, Adapter(), self.clock)
        self.use(rules)

    def use(self, rules: dict[str, Any]) -> None:
        name, content = review_content(rules, "rules.yml")
        version = save("review", name, content, "new", "root", self.store)
        move_label("review", name, "production", version.number, actor="root", reason="new", registry=self.store)

    def load(self, said: list[Fact]) -> None:
        load(self.store, target(ontology=GARDEN), said)

    def ask(self, text: str = HERBS, actor: str = "ann", tier: Tier | None = None) -> Document:
        reviewing = Reviewing(self.reviews.rules(), tier)
        return answer(Question(text), self.store, self.store, self.clock, reviewing=reviewing, actor=actor)

    def asked(self, text: str = HERBS) -> str:
        return str(self.ask(text)["decision_id"])

    def approve(self, decision: str, actor: str = "bo", **changes: Any) -> Looked:
        return self.move(decision, "approved", actor=actor, **changes)

    def move(self, decision: str, kind: Any, **changes: Any) -> Looked:
        values: dict[str, Any] = {"actor": "bo", "roles": REVIEWER, "reason": "looked at it"}
        return self.reviews.move(decision, Move(kind, **values | changes))

    def told(self, decision: str) -> Document:
        document = self.store.decision(decision)
        assert document is not None
        return self.reviews.told(document)


@pytest.fixture
def garden() -> Garden:
    return Garden()


# --- what needs a review ---


def test_without_rules_nothing_needs_a_review() -> None:
    garden = Garden({"rules": []})
    document = garden.ask()
    assert document["review"]["required"] is False
    assert garden.told(document["decision_id"]) == document


def test_a_decision_says_which_rules_it_was_held_against(garden: Garden) -> None:
    version = garden.store.rule_versions("review", "default")[-1]
    document = garden.ask()
    assert document["versions"]["policy"] == [{"kind": "review rules", "ref": "default@1", "hash": version.hash}]
    assert document["review"]["rules"] == "default@1"
    assert document["trace"]["actor"] == "ann"


@pytest.mark.parametrize(
    ("when", "text", "needed"),
    [
        ({"types": ["Herb"]}, HERBS, True),
        ({"types": ["Bed"]}, HERBS, False),
        ({"predicates": ["tends"]}, HERBS, True),
        ({"predicates": ["waters"]}, HERBS, False),
        ({"types": ["Grower"]}, NOT_TENDED, True),
        ({"predicates": ["tends"]}, NOT_TENDED, True),
        ({"types": ["Bed"]}, NOT_TENDED, False),
        ({"confidence_below": 0.5}, HERBS, True),
        ({"conflict": True}, HERBS, False),
        ({"conflict": False}, HERBS, True),
        ({"single_source": True}, HERBS, True),
        ({"single_source": False}, HERBS, False),
        ({"model": True}, HERBS, False),
        ({"model": ["gpt"]}, HERBS, False),
        ({"model": False}, HERBS, True),
        ({"prompt_label": ["staging"]}, HERBS, False),
        ({"tables": ["triage"]}, HERBS, False),
        ({"tier": ["low"]}, HERBS, True),
        ({"tier": ["high", "critical"]}, HERBS, False),
        ({"types": ["Herb"], "tier": ["high"]}, HERBS, False),
        ({}, HERBS, True),
        ({}, "What does it cost to water a bed?", False),
        ({"outcome": ["abstained"]}, "What does it cost to water a bed?", True),
    ],
)
def test_a_rule_holds_where_all_of_its_conditions_do(when: dict[str, Any], text: str, *, needed: bool) -> None:
    garden = Garden({"rules": [{"name": "r", "when": when, "stages": [{"role": "reviewer"}]}]})
    assert garden.ask(text)["review"]["required"] is needed


def test_a_tier_is_named_by_the_caller_or_by_a_rule_and_the_higher_one_counts() -> None:
    high = {"tier": "high", "when": {"types": ["Herb"]}}
    critical = {"name": "r", "when": {"tier": ["critical"]}, "stages": [{"role": "admin"}]}
    garden = Garden({"tiers": [high], "rules": [critical]})
    asked: list[tuple[str, Tier | None]] = [(HERBS, None), (TREES, None), (HERBS, "low")]
    assert [garden.ask(text, tier=tier)["review"]["tier"] for text, tier in asked] == ["high", "low", "high"]
    assert garden.ask(HERBS, tier="critical")["review"]["required"] is True


def test_what_several_rules_ask_for_is_taken_together() -> None:
    rules = [
        {"name": "one", "stages": [{"role": "reviewer", "count": 2}], "within_hours": 48},
        {"name": "two", "stages": [{"role": "reviewer"}, {"role": "approver"}], "within_hours": 24, "withhold": True},
        {"name": "other", "when": {"types": ["Bed"]}, "stages": [{"role": "admin"}]},
    ]
    review = Garden({"rules": rules}).ask()["review"]
    assert (review["reason"], review["withhold"], review["within_hours"]) == ("one; two", True, 24)
    assert [(one["role"], one["count"], one["by"]) for one in review["stages"]] == [
        ("reviewer", 2, "human"), ("approver", 1, "human"),
    ]  # fmt: skip


# --- what is told of one that is held ---


def test_of_a_decision_that_is_held_nothing_of_the_answer_is_told(garden: Garden) -> None:
    told: list[str] = []
    reviewing = Reviewing(garden.reviews.rules())
    document = answer(
        Question(HERBS),
        garden.store,
        garden.store,
        garden.clock,
        reviewing=reviewing,
        tell=lambda name, _: told.append(name),
    )
    assert not {"rows", "evidence", "claim"} & set(told)
    shown = garden.told(document["decision_id"])
    assert set(shown) == set(document)
    assert set(shown["answer"]) == set(document["answer"])
    assert shown["outcome"] == "pending_review"
    said = json.dumps(shown | {"question": "", "plan": None})
    assert [name for name in ("Sage", "Mint", "PL-1", "PL-2", "GR-1") if name in said] == ["GR-1"]
    assert document["evidence_hash"] not in said


def test_a_list_of_decisions_tells_nothing_of_it_either(garden: Garden) -> None:
    garden.ask()
    garden.ask(TREES)
    outcomes = [one["outcome"] for one in garden.reviews.all_told(garden.store.decisions(9))]
    assert outcomes == ["answered", "pending_review"]


def test_once_approved_the_answer_is_told_as_it_was(garden: Garden) -> None:
    document = garden.ask()
    looked = garden.approve(document["decision_id"])
    assert (looked.review.state, looked.review.released) == ("approved", True)
    shown = garden.told(document["decision_id"])
    assert {key: value for key, value in shown.items() if key != "review"} == {
        key: value for key, value in document.items() if key != "review"
    }
    assert (shown["review"]["state"], shown["review"]["by"]) == ("approved", "bo")


def test_a_rejected_answer_stays_held(garden: Garden) -> None:
    decision = garden.asked()
    garden.move(decision, "rejected")
    assert garden.told(decision)["outcome"] == "pending_review"
    assert garden.told(decision)["review"]["state_reason"] == "looked at it"


def test_an_override_tells_the_answer_to_use(garden: Garden) -> None:
    decision = garden.asked()
    garden.move(decision, "overridden", answer="Sage alone")
    assert garden.told(decision)["review"]["answer"] == "Sage alone"


# --- judging ---


def test_the_author_does_not_approve(garden: Garden) -> None:
    with pytest.raises(MoveRefused, match="'ann' asked for this decision"):
        garden.approve(garden.asked(), "ann")


def test_an_approval_is_of_what_was_shown(garden: Garden) -> None:
    decision = garden.asked()
    looked = garden.reviews.look(decision)
    approved = garden.approve(decision, shown=looked.shown).events[-1]
    assert (approved.shown, approved.evidence) == (looked.shown, looked.document["evidence_hash"])


def test_what_was_judged_meanwhile_has_to_be_looked_at_again() -> None:
    garden = Garden({"rules": [{"name": "two", "stages": [{"role": "reviewer", "count": 2}]}]})
    decision = garden.asked()
    shown = garden.reviews.look(decision).shown
    garden.approve(decision, "bo", shown=shown)
    with pytest.raises(ReviewMoved, match="is not what was shown"):
        garden.approve(decision, "cy", shown=shown)


def test_an_assignment_or_feedback_does_not_change_what_was_shown(garden: Garden) -> None:
    decision = garden.asked()
    shown = garden.reviews.look(decision).shown
    garden.move(decision, "assigned", to="cy")
    garden.reviews.feedback(decision, ReviewEvent(decision, 0, "feedback", "di", "", verdict="wrong"))
    assert garden.approve(decision, shown=shown).review.state == "approved"


def test_evidence_that_changed_since_it_was_shown_is_not_approved(garden: Garden) -> None:
    decision = garden.asked()
    shown = garden.reviews.look(decision).shown
    garden.load([*facts(), Fact.of(ADA, "tends", THYME)])
    with pytest.raises(ReviewSettled, match="is lapsed"):
        garden.approve(decision, shown=shown)


def test_every_move_is_in_the_audit_log(garden: Garden) -> None:
    decision = garden.asked()
    garden.approve(decision)
    kinds = [json.loads(row.document)["kind"] for row in garden.store.audit_rows(0, 99)]
    assert kinds[-3:] == ["decision", "review.opened", "review.approved"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"actor": " "}, "who says so"),
        ({"reason": "x" * 2_001}, "reason: expected text"),
        ({"reason": "a\0b"}, "reason"),
    ],
)
def test_words_that_are_none_are_refused(garden: Garden, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ReviewInvalid, match=said):
        garden.approve(garden.asked(), **changes)


def test_a_decision_without_review_has_none_to_look_at(garden: Garden) -> None:
    with pytest.raises(ReviewNotFound, match="no review rule"):
        garden.reviews.look(garden.asked(TREES))
    with pytest.raises(DecisionNotFound):
        garden.reviews.look("d-nothing")


# --- lapsing and expiring ---


def test_an_approval_lapses_when_a_load_changes_its_evidence(garden: Garden) -> None:
    decision = garden.asked()
    garden.approve(decision)
    garden.load([*facts(), Fact.of(ADA, "tends", THYME)])
    [ended] = garden.reviews.check()
    assert (ended.decision, ended.state) == (decision, "lapsed")
    assert garden.told(decision)["outcome"] == "pending_review"
    assert garden.reviews.check() == []


def test_an_approval_outlives_a_load_that_changes_nothing_it_rests_on(garden: Garden) -> None:
    decision = garden.asked()
    garden.approve(decision)
    load(garden.store, target("other", ontology=GARDEN), [])
    garden.load(facts())
    assert garden.reviews.check() == []
    assert garden.told(decision)["review"]["state"] == "approved"


def test_an_approval_lapses_when_it_is_read_even_if_nobody_checked(garden: Garden) -> None:
    decision = garden.asked()
    garden.approve(decision)
    garden.load([one for one in facts() if one != Fact.of(ADA, "tends", SAGE)])
    assert garden.told(decision)["review"]["state"] == "lapsed"
    assert [one.kind for one in garden.reviews.look(decision).events] == ["opened", "approved", "lapsed"]


def test_a_lapsed_approval_does_not_come_back_with_its_evidence(garden: Garden) -> None:
    decision = garden.asked()
    garden.approve(decision)
    garden.load([*facts(), Fact.of(ADA, "tends", THYME)])
    garden.reviews.check()
    garden.load(facts())
    assert garden.told(decision)["review"]["state"] == "lapsed"
    with pytest.raises(ReviewSettled, match="is lapsed"):
        garden.approve(decision, "cy")


def test_a_review_that_is_over_its_time_expires_and_stays_so(garden: Garden) -> None:
    decision = garden.asked()
    began = garden.clock.now
    garden.clock.now = began.replace(day=began.day + 3)
    with pytest.raises(ReviewSettled, match="is expired"):
        garden.approve(decision)
    garden.clock.now = began
    assert garden.told(decision)["review"]["state"] == "expired"


# --- queue and feedback ---


def test_the_queue_holds_what_stands_newest_first(garden: Garden) -> None:
    first, second, third = (garden.asked(text) for text in QUESTIONS)
    garden.move(second, "rejected")
    found = garden.reviews.queue(Sought(lambda review: review.state == "open"))
    assert [review.decision for review, _ in found.reviews] == [third, first]
    assert (found.reviews[-1][1], found.next) == (HERBS, None)


def test_the_queue_goes_on_from_where_a_page_ended(garden: Garden) -> None:
    asked = [garden.asked(text) for text in QUESTIONS]
    found = garden.reviews.queue(Sought(limit=2))
    more = garden.reviews.queue(Sought(after=found.next, limit=2))
    assert [review.decision for review, _ in (*found.reviews, *more.reviews)] == asked[::-1]


def test_feedback_is_kept_with_what_would_be_right(garden: Garden) -> None:
    decision = garden.asked(TREES)
    said = ReviewEvent(
        decision, 0, "feedback", "di", "", reason="one is missing", answer="Apple, Pear", verdict="partly"
    )
    garden.reviews.feedback(decision, said)
    garden.reviews.feedback(decision, replace(said, actor="ed", verdict="right", answer=None))
    told = [(one.number, one.actor, one.verdict, one.answer) for one in garden.reviews.feedback_of(decision)]
    assert told == [(1, "di", "partly", "Apple, Pear"), (2, "ed", "right", None)]


# --- the file ---


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "rules: Field required"),
        ({"rules": [{"name": "r", "stages": []}]}, "rules.0.stages"),
        ({"rules": [{"name": "r", "stages": [{"role": "a"}, {"role": "a"}]}]}, "two stages for the role 'a'"),
        ({"rules": [{"name": "r", "stages": [{"role": "a", "count": 0}]}]}, "rules.0.stages.0.count"),
        ({"rules": [{"name": "r", "stages": [{"role": "a"}], "when": {"colour": 1}}]}, "rules.0.when.colour"),
        ({"rules": [{"name": "r", "stages": [{"role": "a"}]}] * 2}, "two rules are called 'r'"),
        ({"tiers": [{"tier": "huge", "when": {}}], "rules": []}, "tiers.0.tier"),
        ([], "the file"),
    ],
)
def test_a_wrong_file_names_the_place(document: Any, said: str) -> None:
    with pytest.raises(ReviewInvalid, match=said):
        review_content(document, "rules.yml")


def test_the_schema_in_the_docs_is_the_one_of_the_file() -> None:
    text = (Path(__file__).parents[3] / "docs" / "review-rules.schema.json").read_text("utf-8")
    assert text == schema_text(), "run `make openapi`"


def test_the_rules_shown_in_the_docs_are_rules() -> None:
    text = (Path(__file__).parents[3] / "docs" / "review.md").read_text("utf-8")
    name, content = review_content(yaml.safe_load(text.partition("```yaml")[2].partition("```")[0]), "docs")
    assert (name, len(content["rules"])) == ("default", 2)


def test_rules_that_escalate_too_late_are_refused() -> None:
    rule = {"name": "r", "stages": [{"role": "a"}], "within_hours": 24, "escalate": {"after_hours": 24, "to": "b"}}
    with pytest.raises(ReviewInvalid, match=r"escalate\.after_hours has to be below within_hours"):
        review_content({"rules": [rule]}, "rules.yml")


@pytest.mark.parametrize("text", ["9999-12-31", "0001-01-01T00:00:00+14:00", "tomorrow"])
def test_a_time_that_no_calendar_has_is_refused(text: str) -> None:
    with pytest.raises(ReviewInvalid, match="is no time"):
        ending(text)


def test_a_time_long_ago_is_before_now() -> None:
    assert ending("0300-01-01") < ending("2026-01-01")
