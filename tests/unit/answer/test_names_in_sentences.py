"""Whom a sentence names: the longest name that is there, wherever it stands."""

from __future__ import annotations

import pytest

from kg.answer.said import Names
from kg.text.language import english


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("It grinds Rye", [{"rye"}]),
        ("It grinds Rye Flour", [{"flour"}]),
        ("Rye Flour Mill and Rye", [{"mill"}, {"rye"}]),
        ("Rye Flour, or the mill?", [{"flour"}]),
        ("Rye: Flour is made of it.", [{"rye"}]),
        ("Rye (Flour)", [{"rye"}]),
        ("The rye is for rye flour.", [{"flour"}]),
    ],
)
def test_the_longest_name_is_meant(text: str, named: list[set[str]]) -> None:
    names = Names(english())
    for key, name in (("rye", "Rye"), ("flour", "Rye Flour"), ("mill", "Rye Flour Mill")):
        names.add(key, {name})
    assert [one.ids for one in names.take_apart(text).named] == named


def test_of_things_of_one_name_the_one_is_meant_whose_key_stands_behind_it() -> None:
    names = Names(english())
    names.add("mill", {"Brook", "MILL-1"})
    names.add("farm", {"Brook", "FARM-1"})
    assert [one.ids for one in names.take_apart("Brook (FARM-1) sells to Brook.").named] == [
        {"farm"},
        {"farm"},
        {"mill", "farm"},
    ]
