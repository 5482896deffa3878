"""Candidates for one entity: look-alikes with their reasons, by keys first, and not once they are settled."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator

import pytest

from kg.bootstrap import Services, open_services
from kg.domain.fact import KEY, NAME, TYPE, Fact, Literal
from kg.errors import ConfigError, InvalidInput
from kg.settings import Settings
from loaders.duplicates import Candidate, candidates
from loaders.matches import EVERYTHING, decide
from tests.builders import fact, load, ontology_document, target

FIRST = ("Anna", "Bertil", "Cecilia", "David", "Elin", "Folke", "Greta", "Hugo", "Ingrid", "Johan", "Karin", "Lars")
LAST = ("Lindqvist", "Osterman", "Wallenius", "Hagstrom", "Norlander", "Ekberg", "Sjoholm", "Tornblad", "Vestin")
PEOPLE, TWICE = 240, 40


def person(key: str, name: str, size: str, friends: list[str]) -> list[Fact]:
    own = f"person:{key}"
    return [
        Fact.of(own, TYPE, Literal("Person")),
        Fact.of(own, NAME, Literal(name)),
        Fact.of(own, "note", Literal(size)),
        *(fact(own, "knows", friend) for friend in friends),
    ]


def misspelt(text: str, draw: random.Random) -> str:
    at = draw.randrange(1, len(text) - 1)
    return text[:at] + text[at + 1 :]


@pytest.fixture(scope="module")
def town() -> Iterator[Services]:
    """People of whom some are entered twice, the second time with a slip in the name or in the number."""
    draw = random.Random(5)  # noqa: S311 (made-up people, no secrets)
    services = open_services(Settings(store="sqlite::memory:"))
    facts: list[Fact] = []
    for n in range(PEOPLE):
        name = f"{draw.choice(FIRST)} {draw.choice(LAST)}"
        number = f"{draw.randrange(10**7):07}"
        friends = [f"p{draw.randrange(PEOPLE)}" for _ in range(2)]
        facts += person(f"p{n}", name, number, friends)
        if n < TWICE:
            slip = n % 2 == 0
            twin = (misspelt(name, draw), number) if slip else (name, misspelt(number, draw))
            facts += person(f"p{n}b", *twin, friends)
    load(services.store, target(ontology=ontology_document()), facts)
    yield services
    services.store.close()


def found(services: Services, least: float = 0.9) -> list[Candidate]:
    return candidates(services.recorded.view(EVERYTHING), "Person", least)


def pairs(some: list[Candidate]) -> set[tuple[str, str]]:
    return {(one.first.id, one.second.id) for one in some}


GOLD = {(f"person:p{n}", f"person:p{n}b") for n in range(TWICE)}


def test_most_who_are_entered_twice_are_found_and_few_others(town: Services) -> None:
    some = pairs(found(town))
    assert len(some & GOLD) >= 0.95 * len(GOLD)
    assert len(some & GOLD) >= 0.95 * len(some)


def test_a_pair_is_shown_with_the_reasons_for_and_against_it(town: Services) -> None:
    one = next(one for one in found(town) if one.first.id == "person:p0")
    assert one.second.id == "person:p0b"
    told = {reason.what: reason for reason in one.reasons}
    assert told["name"].first == one.first.name
    assert told["name"].second == one.second.name
    assert told["note"].first == told["note"].second
    assert (told["note"].weight or 0) > 0
    weights = [abs(reason.weight or 0) for reason in one.reasons]
    assert weights == sorted(weights, reverse=True)


def test_the_same_data_give_the_same_candidates(town: Services) -> None:
    assert found(town) == found(town)


def test_what_is_settled_is_not_asked_again_and_what_is_taken_back_is(town: Services) -> None:
    first, second = sorted(GOLD & pairs(found(town)))[:2]
    decide([first], "same", town, "ann", "seen them")
    decide([second], "different", town, "ann", "brothers")
    assert not {first, second} & pairs(found(town))
    decide([first, second], "open", town, "ann", "not so sure")
    assert {first, second} <= pairs(found(town))


def test_those_with_a_key_in_common_are_sure() -> None:
    services = open_services(Settings(store="sqlite::memory:"))
    held = [
        *person("ann", "Ann", "1", []),
        *person("bo", "Someone Else", "2", []),
        *person("cy", "Cy", "3", []),
        Fact.of("person:ann", KEY, Literal("tax:17")),
        Fact.of("person:bo", KEY, Literal("tax:17")),
        # One names the other's own key.
        Fact.of("person:cy", KEY, Literal("person:ann")),
    ]
    load(services.store, target(ontology=ontology_document()), held)
    some = {(one.first.id, one.second.id): one for one in found(services)}
    assert set(some) == {("person:ann", "person:bo"), ("person:ann", "person:cy")}
    assert {one.probability for one in some.values()} == {1.0}
    assert some["person:ann", "person:bo"].reasons[0].what == "the same tax"
    services.store.close()


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_to_compare_are_no_error(count: int) -> None:
    services = open_services(Settings(store="sqlite::memory:"))
    held = [one for n in range(count) for one in person(f"p{n}", "Ann", "1", [])]
    load(services.store, target(ontology=ontology_document()), held)
    assert found(services) == []
    services.store.close()


@pytest.mark.parametrize(("kind", "least"), [("Ghost", 0.5), ("Person", 0.0), ("Person", 1.5)])
def test_a_type_that_is_not_there_and_no_probability_are_refused(town: Services, kind: str, least: float) -> None:
    with pytest.raises(InvalidInput):
        candidates(town.recorded.view(EVERYTHING), kind, least)


def test_without_the_extra_it_is_said_what_to_install(town: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "splink", None)
    with pytest.raises(ConfigError, match=r"pip install 'whence\[matching\]'"):
        found(town)
