"""Plans and facts in words, as a person would say them."""

from __future__ import annotations

import pytest

from kg.answer.wording import plural_of
from kg.domain.fact import ALIAS, TYPE, Fact, Interval, Literal
from kg.domain.plan import (
    Count,
    Each,
    Entities,
    Follow,
    Having,
    Intersect,
    Minus,
    Paths,
    Plan,
    Rank,
    UnionOf,
    Where,
)
from kg.domain.result import Absence
from tests.unit.answer.garden import ADA, BO, MINT, SAGE, SUNNY, wording

PLANTS, GROWERS = Entities(type="Plant"), Entities(type="Grower")
ADAS = Follow(Entities(ids=(ADA,)), "tends", "out", "Plant")
BEDS_OF_EACH = Follow(Each(), "stands_in", "out", "Bed")


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (PLANTS, "plants"),
        (Entities(ids=(ADA, BO)), "Ada (GR-1) or Bo (GR-2)"),
        (Entities(ids=("grower:GR-99",)), "grower:GR-99"),
        (ADAS, "plants that are tended by Ada (GR-1)"),
        (Follow(Entities(ids=(MINT,)), "tends", "in"), "growers that tend Mint (PL-2)"),
        (Follow(Entities(ids=(SUNNY,)), "stands_in", "in", "Herb"), "herbs that stand in Sunny bed (BED-1)"),
        (Where(PLANTS, "height", ">=", "3"), "plants whose height >= 3"),
        (Having(PLANTS, "none", BEDS_OF_EACH), "plants with none of the beds that hold it"),
        (Having(PLANTS, "some", BEDS_OF_EACH), "plants with at least one of the beds that hold it"),
        (Having(PLANTS, "at_least", BEDS_OF_EACH, 2), "plants with at least 2 of the beds that hold it"),
        (Having(PLANTS, "exactly", BEDS_OF_EACH, 0), "plants with exactly 0 of the beds that hold it"),
        (UnionOf((PLANTS, GROWERS)), "plants or growers"),
        (
            Intersect((ADAS, Follow(Entities(ids=(BO,)), "tends", "out"))),
            "plants that are tended by Ada (GR-1) and that are tended by Bo (GR-2)",
        ),
        (Minus(PLANTS, ADAS), "plants that are not among the plants that are tended by Ada (GR-1)"),
        (Count(ADAS), "the number of plants that are tended by Ada (GR-1)"),
        (Count(ADAS, PLANTS), "the number of plants that are tended by Ada (GR-1), out of the plants"),
        (
            Rank(GROWERS, Follow(Each(), "tends", "out", "Herb"), order="fewest", top=3),
            "the 3 of the growers with the fewest herbs that are tended by it",
        ),
        (
            Paths(Entities(ids=(ADA,)), Entities(ids=(SAGE,))),
            "the shortest chains of facts between Ada (GR-1) and Sage (PL-1)",
        ),
    ],
)
def test_a_plan_in_words(plan: Plan, words: str) -> None:
    assert wording().plan(plan) == words


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (Fact.of(ADA, "tends", MINT), "Ada (GR-1) tends Mint (PL-2)."),
        (Fact.of(MINT, "stands_in", SUNNY), "Mint (PL-2) stands in Sunny bed (BED-1)."),
        (
            Fact.of(ADA, "tends", MINT, Interval("2024-01-01", "2024-12-31")),
            "Ada (GR-1) tends Mint (PL-2) from 2024-01-01 until 2024-12-31.",
        ),
        (Fact.of(SAGE, ALIAS, Literal("salvia")), "Sage (PL-1) is also called salvia."),
        (Fact.of(SAGE, TYPE, Literal("Herb")), "Sage (PL-1) is a Herb."),
    ],
)
def test_a_fact_in_words(fact: Fact, words: str) -> None:
    assert wording().fact(fact) == words


def test_what_a_search_was_for() -> None:
    absence = Absence((MINT,), BEDS_OF_EACH, 3)
    assert wording().sought(absence) == "beds that hold it"


@pytest.mark.parametrize(
    ("noun", "plural"),
    [
        ("plant", "plants"),
        ("policy", "policies"),
        ("alloy", "alloys"),
        ("class", "classes"),
        ("box", "boxes"),
        ("branch", "branches"),
        ("malware", "malware"),
        ("raw material", "raw materials"),
    ],
)
def test_nouns_in_the_plural(noun: str, plural: str) -> None:
    assert plural_of(noun) == plural
