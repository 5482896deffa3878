"""Rows cite what makes them true; what was not found, went or is not sure to be so is said with its evidence."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from kg.answer.pipeline import answer
from kg.backends.sqlite.store import SqliteStore
from kg.bootstrap import core_ontology
from kg.domain.decision import Document
from kg.domain.fact import Fact, Literal
from kg.domain.plan import (
    At,
    Compare,
    Count,
    Cover,
    Diff,
    Each,
    Entities,
    Follow,
    Group,
    Having,
    Intersect,
    Minus,
    Pairs,
    Paths,
    Plan,
    Point,
    Rank,
    SetPlan,
    Suppose,
)
from kg.domain.plan import (
    Test as Whether,
)
from kg.domain.question import Question
from kg.errors import PlanInvalid
from tests.builders import TickingClock, entity, load, target
from tests.unit.answer.garden import ADA, APPLE, BASIL, BO, CLEO, MINT, NAMES, ONTOLOGY, SAGE, SUNNY, THYME, run

PLANTS, GROWERS = Entities(type="Plant"), Entities(type="Grower")
TENDED = Follow(Each(), "tends", "out")
BEDS = Follow(Each(), "stands_in", "out")


def tended_by(one: str) -> Follow:
    return Follow(Entities(ids=(one,)), "tends", "out", "Plant")


def cited(document: Document, row: dict[str, Any]) -> list[dict[str, Any]]:
    """The evidence of the claim of a row."""
    claim = next(one for one in document["claims"] if one["id"] == row["claim"])
    return [item for item in document["evidence"] if item["id"] in claim["evidence"]]


def texts(document: Document, kind: str) -> list[str]:
    return [item["text"] for item in document["evidence"] if item["kind"] == kind]


# --- rows ---


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        (
            Compare((tended_by(ADA), tended_by(BO)), (ADA, BO)),
            {(MINT, ADA): "Ada (GR-1) tends Mint (PL-2).", (MINT, BO): "Bo (GR-2) tends Mint (PL-2)."},
        ),
        (
            Group(PLANTS, Follow(Each(), "tends", "in")),
            {(MINT, "Ada"): "Ada (GR-1) tends Mint (PL-2).", (MINT, "Bo"): "Bo (GR-2) tends Mint (PL-2)."},
        ),
    ],
)
def test_an_entity_that_stands_in_two_rows_has_a_claim_for_each(plan: Plan, told: dict[tuple[str, str], str]) -> None:
    document = run(plan)
    rows = {(row["entity"], row["group"]): row for row in document["answer"]["rows"]}
    for place, sentence in told.items():
        assert sentence in [item["text"] for item in cited(document, rows[place])]
    assert len({rows[place]["claim"] for place in told}) == len(told)


def test_a_pair_cites_what_ties_its_own_two() -> None:
    document = run(Pairs(Entities(ids=(ADA,)), TENDED))
    for row in document["answer"]["rows"]:
        assert [item["text"] for item in cited(document, row) if NAMES[row["other"]][1] in item["text"]] != []
    assert len({row["claim"] for row in document["answer"]["rows"]}) == 3


@pytest.mark.parametrize(
    "plan",
    [
        Having(PLANTS, "none", BEDS),
        Minus(PLANTS, tended_by(ADA)),
        Rank(GROWERS, TENDED, order="fewest"),
    ],
)
def test_what_lacks_something_is_named_and_stands_on_its_type_and_the_search(plan: Plan) -> None:
    document = run(plan)
    assert document["outcome"] == "answered"
    assert document["answer"]["rows"] != []
    for row in document["answer"]["rows"]:
        claim = next(one["text"] for one in document["claims"] if one["id"] == row["claim"])
        assert claim.startswith(NAMES[row["entity"]][1])
        assert {item["kind"] for item in cited(document, row)} == {"fact", "absence"}


def test_a_long_answer_of_many_steps_is_verified_and_says_what_it_leaves_out() -> None:
    """Facts shown are limited; those that name a row are among them."""
    many = [f"person:p{number:03}" for number in range(300)]
    facts = [fact for one in many for fact in entity(one)]
    facts += [Fact.of(one, "knows", other) for one, other in itertools.pairwise(many)]
    store = SqliteStore(":memory:", core_ontology(), TickingClock())
    load(store, target(), facts)
    plan = Follow(Follow(Follow(Entities(type="Person"), "knows", "out"), "knows", "out"), "knows", "out")
    document = answer(Question("as planned"), store, store, TickingClock(), plan)
    assert document["outcome"] == "answered"
    assert len(document["answer"]["rows"]) == 297
    assert {claim["verdict"] for claim in document["claims"]} == {"supported"}


# --- what was not found ---


@pytest.mark.parametrize(
    "plan",
    [
        Paths(Entities(ids=(SAGE,)), Entities(ids=(BASIL,)), 1),
        Intersect((Minus(tended_by(ADA), tended_by(BO)), Entities(ids=(THYME,)))),
        Compare((tended_by(ADA), Intersect((tended_by(ADA), Entities(ids=(THYME,))))), ("a", "b")),
        Cover(GROWERS, Intersect((tended_by(ADA), Entities(ids=(THYME,)))), TENDED),
        Group(Intersect((tended_by(ADA), Entities(ids=(THYME,)))), BEDS),
        Count(Intersect((tended_by(ADA), Entities(ids=(THYME,))))),
        Whether(tended_by(BO), tended_by(ADA)),
    ],
)
def test_an_empty_answer_says_what_was_searched_and_where(plan: Plan) -> None:
    document = run(plan)
    assert document["outcome"] == "answered"
    searches = [item for item in document["evidence"] if item["kind"] == "absence"]
    assert searches != []
    assert all(item["sources"] != [] for item in searches)


def test_searches_for_the_same_are_told_once() -> None:
    lacking = Having(tended_by(ADA), "none", BEDS), Having(tended_by(BO), "none", BEDS)
    document = run(Compare(lacking, (ADA, BO)))
    [said] = texts(document, "absence")
    assert said.startswith("Searched for beds that hold it and found none for Apple (PL-3), Thyme (PL-4)")


def test_a_search_in_a_supposed_world_says_what_is_supposed() -> None:
    document = run(Suppose(Having(PLANTS, "none", BEDS), without=Entities(ids=(SUNNY,))))
    assert {row["entity"] for row in document["answer"]["rows"]} == {SAGE, APPLE, THYME}
    [said] = texts(document, "absence")
    assert said.startswith("Searched for beds that hold it, if there were no Sunny bed (BED-1) and found none for Sage")


def test_a_gap_in_what_sources_need_not_say_is_said_to_be_one() -> None:
    open_gap = run(Having(GROWERS, "none", Follow(Each(), "waters", "out")))
    assert "Sources need not say everything about “waters”" in open_gap["answer"]["text"]
    assert "need not" not in run(Having(PLANTS, "none", BEDS))["answer"]["text"]


def test_what_no_source_says_and_may_be_so_is_not_denied_but_the_search_is_told() -> None:
    document = run(Whether(Intersect((Entities(ids=(ADA,)), Follow(Entities(ids=(SUNNY,)), "waters", "in")))))
    assert document["outcome"] == "abstained"
    assert document["interpretation"] == "whether Ada (GR-1) waters Sunny bed (BED-1)"
    assert document["interpretation"] in document["answer"]["reason"]
    assert texts(document, "absence") != []


# --- withdrawn entities ---


@pytest.mark.parametrize(
    "plan",
    [Follow(Entities(ids=(BASIL,)), "stands_in", "out"), Count(Follow(Entities(ids=(BASIL,)), "tends", "in"))],
)
def test_a_withdrawn_entity_that_is_asked_about_is_said_to_be_so_with_what_replaced_it(plan: Plan) -> None:
    document = run(plan)
    told = ["Basil (PL-9) is marked dead.", "Basil (PL-9) is replaced by Thyme (PL-4)."]
    for sentence in told:
        assert sentence in document["answer"]["text"]
        assert sentence in texts(document, "fact")
    assert " ".join(told) in [claim["text"] for claim in document["claims"]]


# --- two versions ---


@pytest.fixture(scope="module")
def versions() -> Callable[[Plan], Document]:
    """Two versions of a garden: in the later one Apple is new and Sage is withdrawn, for Mint."""
    store = SqliteStore(":memory:", core_ontology(), TickingClock())
    for version, plants in (("1", (SAGE, MINT)), ("2", (SAGE, MINT, APPLE))):
        facts = [fact for one in plants for fact in entity(one, "Herb", NAMES[one][1])]
        if version == "2":
            facts += [Fact.of(SAGE, "status", Literal("gone")), Fact.of(SAGE, "replaced_by", MINT)]
        into = target(version=version, ontology=json.dumps(ONTOLOGY), files=(f"plants-{version}.csv",))
        load(store, into, facts)
    return lambda plan: answer(Question("as planned"), store, store, TickingClock(), plan)


EARLIER, LATER = Point(("people@1",)), Point(("people@2",))


def test_what_came_in_stands_on_its_type_and_on_a_search_of_the_earlier_version_alone(
    versions: Callable[[Plan], Document],
) -> None:
    document = versions(Diff(PLANTS, EARLIER, LATER))
    [row] = document["answer"]["rows"]
    kinds = {item["kind"]: item for item in cited(document, row)}
    assert {item["source"] for item in kinds["fact"]["sources"]} == {"plants-2.csv"}
    assert {item["source"] for item in kinds["absence"]["sources"]} == {"plants-1.csv"}


def test_what_went_says_what_became_of_it(versions: Callable[[Plan], Document]) -> None:
    document = versions(Diff(PLANTS, EARLIER, LATER, "removed"))
    assert "Sage (PL-1) is marked gone. Sage (PL-1) is replaced by Mint (PL-2)." in document["answer"]["text"]


def test_nothing_changed_is_an_answer(versions: Callable[[Plan], Document]) -> None:
    both = Diff(Entities(type="Tree"), EARLIER, LATER, "both")
    document = versions(both)
    assert document["outcome"] == "answered"
    assert document["answer"]["value"] == {"added": [], "removed": []}


# --- how good, and how sure ---


def test_a_cover_says_whether_another_choice_reaches_more_or_as_many() -> None:
    exact = run(Cover(GROWERS, PLANTS, TENDED, 1))
    assert "No other choice of 1 reaches more." in exact["answer"]["text"]
    assert "Ada (GR-1) (3): together 3 of 4 plants." in exact["answer"]["text"]
    tied = run(Cover(Entities(ids=(BO, CLEO)), Entities(ids=(THYME,)), TENDED, 1))
    assert "1 other choices reach as many." in tied["answer"]["text"]


@pytest.mark.parametrize(
    ("plan", "text"),
    [
        (Count(tended_by(ADA), PLANTS), "3 of 4 plants (75 %)."),
        (Count(Follow(Entities(ids=(APPLE,)), "tends", "in")), "1 grower."),
        (Rank(GROWERS, TENDED), "Ada (GR-1), with 3 plants."),
        (
            Compare((tended_by(ADA), tended_by(CLEO)), (ADA, CLEO), (PLANTS, PLANTS), "most"),
            "Ada (GR-1): 3 of 4 (75 %); Cleo (GR-4): 1 of 4 (25 %). Ada (GR-1) has the largest share.",
        ),
        (
            Group(tended_by(ADA), BEDS),
            "Sunny bed: Sage (PL-1); Wet bed: Mint (PL-2).",
        ),
        (
            Paths(Entities(ids=(ADA,)), Entities(ids=(SUNNY,))),
            "2 steps: Ada (GR-1) - Sage (PL-1) - Sunny bed (BED-1).",
        ),
        (
            Whether(Intersect((Entities(ids=(CLEO,)), Follow(Entities(ids=(MINT,)), "tends", "in"))), presumed=True),
            "The question takes for granted what does not hold. No source says that Cleo (GR-4) tends Mint (PL-2).",
        ),
    ],
)
def test_the_answer_in_a_sentence(plan: Plan, text: str) -> None:
    assert run(plan)["answer"]["text"].startswith(text)


def test_sets_at_a_point_stand_on_what_is_said_there(versions: Callable[[Plan], Document]) -> None:
    at: SetPlan = At(PLANTS, EARLIER)
    document = versions(at)
    assert {
        item["source"] for row in document["answer"]["rows"] for one in cited(document, row) for item in one["sources"]
    } == {"plants-1.csv"}


def test_two_versions_of_one_dataset_are_not_read_as_one(versions: Callable[[Plan], Document]) -> None:
    with pytest.raises(PlanInvalid, match="people@1 and people@2 are versions of one dataset"):
        versions(At(PLANTS, Point(("people@1", "people@2"))))


def test_more_pairs_than_anybody_reads_are_not_given() -> None:
    """A hundred and one people who know one another by way of Ann."""
    many = [f"person:p{number}" for number in range(101)]
    facts = [fact for one in many for fact in (*entity(one), Fact.of(one, "knows", "person:ann"))]
    store = SqliteStore(":memory:", core_ontology(), TickingClock())
    load(store, target(), [*entity("ann"), *facts])
    acquainted = Follow(Follow(Each(), "knows", "out"), "knows", "in")
    document = answer(Question("x"), store, store, TickingClock(), Pairs(Entities(type="Person"), acquainted))
    assert document["answer"]["reason"] == "it would give more than 10,000 pairs: ask for something narrower"
