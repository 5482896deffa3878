"""Plans and facts in words, as a person would say them."""

from __future__ import annotations

import pytest

from kg.answer.terms import plural_of
from kg.domain.fact import ALIAS, TYPE, Fact, Interval, Literal
from kg.domain.plan import (
    Compare,
    Count,
    Cover,
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
    Value,
    Where,
)
from kg.domain.plan import (
    Test as Whether,
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
        (Where(PLANTS, "height", ">=", "3"), "plants whose height is at least 3"),
        (Where(PLANTS, "height", "unknown"), "plants without a known height"),
        (Having(PLANTS, "none", BEDS_OF_EACH), "plants with no beds that hold it"),
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
            "which 3 of the growers have the fewest herbs that are tended by it",
        ),
        (
            Rank(PLANTS, value="height"),
            "which of the plants has the highest height",
        ),
        (
            Cover(GROWERS, PLANTS, Follow(Each(), "tends", "out")),
            "the 2 of the growers that together reach most of the plants, by the plants that are tended by it",
        ),
        (
            Whether(Intersect((Entities(ids=(ADA,)), Follow(Entities(ids=(MINT,)), "tends", "in")))),
            "whether Ada (GR-1) tends Mint (PL-2)",
        ),
        (
            Whether(Intersect((Entities(ids=(ADA,)), Follow(Entities(ids=(MINT,)), "tends", "in"))), presumed=True),
            "why Ada (GR-1) tends Mint (PL-2)",
        ),
        (
            Intersect((Entities(ids=(ADA,)), Follow(Entities(ids=(MINT,)), "tends", "in"))),
            "Ada (GR-1) among the growers that tend Mint (PL-2)",
        ),
        (Minus(ADAS, Entities(ids=(MINT,))), "plants that are tended by Ada (GR-1) other than Mint (PL-2)"),
        (Follow(Entities(ids=(MINT,)), "replaced_by", "out"), "things that replace Mint (PL-2)"),
        (Value(Entities(ids=(MINT,)), "height"), "the height of Mint (PL-2)"),
        (
            Compare((PLANTS, GROWERS), ("a", "b"), (PLANTS, GROWERS), "most"),
            "how many there are of the plants and of the growers, each as a share of the plants or of the growers",
        ),
        (
            Paths(Entities(ids=(ADA,)), Entities(ids=(SAGE,))),
            "the shortest chains of facts between Ada (GR-1) and Sage (PL-1), of at most 4",
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
        (Fact.of(SAGE, "height", Literal("3", "number")), "Sage (PL-1): height is 3."),
        (Fact.of(SAGE, "replaced_by", MINT), "Sage (PL-1) is replaced by Mint (PL-2)."),
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
