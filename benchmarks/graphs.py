"""Graphs to measure on: copies of one that is loaded, with other ids and names, and made-up ones of any size.

Both are written through the store port, as loads write, one dataset version at a time.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from kg.bootstrap import Services
from kg.domain.fact import ALIAS, IDENTITY, KEY, NAME, TYPE, Fact, Literal
from kg.domain.lineage import Classification, DatasetVersion, GraphProfile, Run, Source
from kg.domain.scope import Scope
from kg.ports.clock import instant
from kg.ports.store import Entry, GraphView, LoadTarget

ALL = 10_000_000
AT_ONCE = 2_000
"""Entities whose facts are read together."""


def write(services: Services, target: LoadTarget, entries: Iterable[Entry]) -> int:
    """Load the entries as one dataset version; how many facts that are."""
    types: Counter[str] = Counter()
    facts: Counter[str] = Counter()

    def counted() -> Iterator[Entry]:
        last = ""
        for entry in entries:
            if entry.fact.id != last:  # the places of one fact come together
                last = entry.fact.id
                facts[entry.fact.predicate] += 1
                if entry.fact.predicate == TYPE and isinstance(entry.fact.object, Literal):
                    types[entry.fact.object.value] += 1
            yield entry

    ref, now = target.version.ref, instant(services.clock())
    run = Run(f"run-{ref}", f"write {ref}", target.version.dataset, target.version.version, "complete", now, now, ref)
    with services.store.writer(target, run.id) as writer:
        writer.put(counted())
        writer.commit(run, GraphProfile("", dict(types), dict(facts)), ())
    return facts.total()


# --- copies ---


def copy(source: Services, into: Services, times: int) -> int:
    """Write what is true today in one store into another so many times; the first copy keeps ids and names."""
    plain = source.store.view(Scope(ceiling=Classification.RESTRICTED))
    current = {version.ref: version for version in plain.datasets()}
    facts = 0
    # What is written last of a dataset is current.
    for version in sorted(plain.versions(), key=lambda one: (one.ref in current, one.ref)):
        others = (one.ref for one in current.values() if one.dataset != version.dataset)
        scope = Scope(datasets=tuple(sorted({*others, version.ref})), ceiling=Classification.RESTRICTED)
        view = source.store.view(scope)
        document = source.store.ontology_document(version.ontology)
        if document is None:
            raise SystemExit(f"the store has no ontology {version.ontology!r}")
        held = {one.id: one for one in view.sources().values() if (one.dataset, one.version) == _name(version)}
        target = LoadTarget(version, document, tuple(held.values()))
        facts += write(into, target, _copies(view, set(held), times))
    return facts


def _name(version: DatasetVersion) -> tuple[str, str]:
    return version.dataset, version.version


def _copies(view: GraphView, sources: set[str], times: int) -> Iterator[Entry]:
    ontology = view.ontology()
    names = {*IDENTITY, *(name for name, spec in ontology.predicates.items() if not spec.derived)}
    ids = view.scan(list(ontology.types), ALL).ids
    for start in range(0, len(ids), AT_ONCE):
        facts = view.follow(ids[start : start + AT_ONCE], names, "out", ALL).facts
        said = view.assertions({fact.id for fact in facts})
        for fact in facts:
            places = [one for one in said.get(fact.id, ()) if one.source in sources]
            for number in range(times if places else 0):
                other = _other(fact, number)
                yield from (Entry(other, place.source, place.locator) for place in places)


def _other(fact: Fact, number: int) -> Fact:
    """The same said of other things, whose names are in other letters."""
    if number == 0:
        return fact
    held = fact.object
    if isinstance(held, str):
        held = _other_id(held, number)
    elif fact.predicate in (NAME, ALIAS):
        held = replace(held, value=_turned(held.value, number))
    elif fact.predicate == KEY:
        held = replace(held, value=_other_id(held.value, number))
    return Fact.of(_other_id(fact.subject, number), fact.predicate, held, fact.valid)


def _other_id(entity: str, number: int) -> str:
    scheme, _, key = entity.partition(":")
    return f"{scheme}:{_turned(key, number)}~{number}"


def _turned(text: str, number: int) -> str:
    """Each letter moved on in the alphabet; what has no letters gets one."""
    turned = "".join(_moved(char, number) for char in text)
    return turned if turned != text else f"{text}{chr(ord('a') + number % 26)}"


def _moved(char: str, number: int) -> str:
    for first in "aA":
        place = ord(char) - ord(first)
        if 0 <= place < 26:
            return chr(ord(first) + (place + number) % 26)
    return char


# --- made-up graphs ---

BLOCK = 2_000
"""Entities of one block. No fact leaves its block, so what is asked of one reaches the same in a graph of any size."""
PERSONS, PROJECTS = 1_600, 300
TOWN: dict[str, Any] = {
    "ontology": "made up",
    "version": "1",
    "keys": {"person": {}, "project": {}, "site": {}},
    "types": {
        "Person": {"key": "person", "nouns": ["person"]},
        "Project": {"key": "project", "nouns": ["project"]},
        "Site": {"key": "site", "nouns": ["site"]},
    },
    "predicates": {
        "knows": {"subject": "Person", "object": "Person", "phrases": ["knows"], "inverse": ["known by"]},
        "works_on": {
            "subject": "Person",
            "object": "Project",
            "phrases": ["works on"],
            "inverse": ["done by"],
            "world": "closed",
        },
        "runs_at": {"subject": "Project", "object": "Site", "phrases": ["runs at"], "inverse": ["hosts"]},
        "joined": {"subject": "Person", "value": "date", "phrases": ["joined"]},
        "size": {"subject": ["Project", "Site"], "value": "number", "phrases": ["size"]},
        "opened": {"subject": "Site", "value": "date", "phrases": ["opened"]},
    },
}
SYLLABLES = ("ba", "de", "fi", "go", "hu", "ja", "ke", "li", "mo", "nu", "pa", "re", "si", "to", "vu", "za")


def person(block: int, place: int) -> tuple[str, str]:
    """Id and name of a person."""
    return _entity("person", block, place)


def _entity(scheme: str, block: int, place: int) -> tuple[str, str]:
    number = block * BLOCK + place
    return f"{scheme}:{number}", f"{_word(number)} {_word(number * 40_503)}".title()


def _word(number: int) -> str:
    """Five syllables, so that there are a million words."""
    return "".join(SYLLABLES[number * 2_654_435_761 % 2**32 >> shift & 15] for shift in (28, 24, 20, 16, 12))


def make_up(services: Services, blocks: int) -> int:
    """Write a graph of so many blocks, mixed, so that what belongs together does not lie together."""
    version = DatasetVersion("made-up", "1", "Made up", "Nobody", "CC0-1.0", Classification.PUBLIC, "made up")
    source = Source("made-up@1/made-up.csv", "made-up", "1", "made-up.csv", "sha256:none", Classification.PUBLIC)
    target = LoadTarget(version, json.dumps(TOWN, sort_keys=True), (source,))
    places = ((place, block) for place in range(BLOCK) for block in range(blocks))
    facts = (fact for place, block in places for fact in _facts(block, place))
    return write(services, target, (Entry(fact, source.id, f"line {i}#x") for i, fact in enumerate(facts, 1)))


def _facts(block: int, place: int) -> Iterator[Fact]:
    """What is said of one entity: two facts of what it is, and ten on average beside."""
    chance = random.Random(f"{block}-{place}")  # noqa: S311 (no secret is made of it)
    day = Literal(f"20{chance.randrange(10, 26)}-0{chance.randrange(1, 10)}-1{chance.randrange(10)}", "date")
    size = Literal(str(chance.randrange(1, 1_000)), "number")
    if place < PERSONS:
        own, name = person(block, place)
        yield from _is(own, "Person", name)
        for other in chance.sample(range(PERSONS), 7):
            yield Fact.of(own, "knows", person(block, other)[0])
        for other in chance.sample(range(PERSONS, PERSONS + PROJECTS), 4):
            yield Fact.of(own, "works_on", _entity("project", block, other)[0])
        yield Fact.of(own, "joined", day)
    elif place < PERSONS + PROJECTS:
        own, name = _entity("project", block, place)
        yield from _is(own, "Project", name)
        site = chance.randrange(PERSONS + PROJECTS, BLOCK)
        yield Fact.of(own, "runs_at", _entity("site", block, site)[0])
        yield Fact.of(own, "size", size)
    else:
        own, name = _entity("site", block, place)
        yield from _is(own, "Site", name)
        yield Fact.of(own, "opened", day)
        yield Fact.of(own, "size", size)


def _is(own: str, type_: str, name: str) -> Iterator[Fact]:
    yield Fact.of(own, TYPE, Literal(type_))
    yield Fact.of(own, NAME, Literal(name))
