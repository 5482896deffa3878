"""Nothing of what a caller may not see is told: each reply is that of a database that never held it."""

from __future__ import annotations

import os
import random
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kg.bootstrap import Services, open_services
from kg.domain.access import Caller
from kg.domain.lineage import Classification
from kg.domain.scope import Scope
from kg.export.run import Target, export
from kg.settings import Settings, neo4j_address
from tests.builders import TickingClock
from tests.faults.leaks import BEGIN, Known, Reply, Request, Town, Who, ask_all, client_of, requests, route_of
from tests.neo4j_server import empty, neo4j_auth

PROOFS = os.environ.get("WHENCE_PROOFS") == "1"
Open = Callable[[str], Services]
"""An empty store of its own; on Neo4j, which has one database, the one before is gone."""


@pytest.fixture(params=["sqlite", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def opened(request: pytest.FixtureRequest, tmp_path: Path, clock: TickingClock) -> Iterator[tuple[Open, int, int]]:
    held: list[Services] = []

    def sqlite(name: str) -> Services:
        held.append(open_services(Settings(store=f"sqlite:{tmp_path / name}.db"), clock))
        return held[-1]

    def neo4j(_: str) -> Services:
        url = request.getfixturevalue("neo4j_url")
        empty(request.getfixturevalue("neo4j_driver"), neo4j_address(url)[1])
        user, password = neo4j_auth() or ("", "")
        held.append(open_services(Settings(store=url, neo4j_user=user, neo4j_password=password), clock))
        return held[-1]

    if request.param == "neo4j":
        yield neo4j, 2 if not PROOFS else 8, 1_000 if PROOFS else 60
    else:
        yield sqlite, 4 if not PROOFS else 12, 10_000 if PROOFS else 400
    for one in held:
        one.store.close()


def known_of(services: Services, town: Town) -> Known:
    view = services.store.view(Scope(ceiling=Classification.RESTRICTED, any_day=True))
    ids = view.walk("", 10_000).ids
    facts = {fact.id for fact in view.follow(ids, [], "out", 1_000).facts}
    with client_of(
        services, Who("bob", tuple(one.name for one in town.registers), matches=True, level="restricted")
    ) as bob:
        asked: list[Request] = [
            ("POST", "/v1/decisions", {"question": f"Who knows {n}?"}) for n in ("Ada Number0", "Bo Number1")
        ]
        ask_all(bob, asked)
    decisions = [one["decision_id"] for one in services.decisions.decisions(5)]
    return Known(
        tuple(f"p{n}" for n in range(62)),
        tuple(sorted(facts)),
        tuple(sorted(run.id for run in services.runs.runs(100))),
        tuple(sorted(view.sources())),
        tuple(decisions),
    )


@pytest.mark.timeout(3_600 if PROOFS else 300)
def test_a_reply_is_that_of_a_database_that_never_held_what_is_hidden(
    opened: tuple[Open, int, int], tmp_path: Path, clock: TickingClock
) -> None:
    open_, callers, count = opened
    town = Town(tmp_path, 7, callers)
    whole = open_("whole")
    town.load(whole, clock)
    known = known_of(whole, town)
    asked = {who: list(requests(known, count // callers, random.Random(who.name))) for who in town.who}  # noqa: S311
    told: dict[Who, list[Reply]] = {}
    for who in town.who:
        with client_of(whole, who) as client:
            told[who] = ask_all(client, asked[who])
    differing, statuses = [], Counter[str]()
    for number, who in enumerate(town.who):
        never = open_(f"never {number}")
        town.load(never, clock, who)
        with client_of(never, who) as client:
            replies = ask_all(client, asked[who])
        for request, seen, expected in zip(asked[who], told[who], replies, strict=True):
            statuses[f"{route_of(request)} {expected.status}"] += 1
            if seen != expected:
                differing.append((who.name, request, *first_difference(seen, expected)))
    print("\n".join(f"{count:6} {name}" for name, count in sorted(statuses.items())))  # noqa: T201 (the proof is read)
    assert differing[:5] == []
    assert not any(name.endswith(" 500") for name in statuses)


def first_difference(seen: Reply, expected: Reply) -> tuple[str, str]:
    if seen.status != expected.status:
        return f"{seen.status} {seen.body[:200]}", f"{expected.status} {expected.body[:200]}"
    at = next((i for i, (a, b) in enumerate(zip(seen.body, expected.body, strict=False)) if a != b), 0)
    return seen.body[max(0, at - 100) : at + 100], expected.body[max(0, at - 100) : at + 100]


def test_an_export_is_that_of_a_database_that_never_held_what_is_hidden(tmp_path: Path, clock: TickingClock) -> None:
    town = Town(tmp_path, 7, 3)
    files = []
    for who in town.who:
        caller = Caller(who.name, ("analyst",), who.datasets, Classification[who.level.upper()])
        scope = Scope(ceiling=caller.ceiling, granted=caller.datasets, any_day=True)
        for held in (None, who):
            out = tmp_path / f"{who.name}-{held is None}"
            services = open_services(Settings(store=f"sqlite:{out}.db"), clock)
            town.load(services, clock, held)
            view = services.recorded.view(scope)
            if view.datasets():
                for form in ("csv", "turtle"):
                    export(
                        view,
                        services.recorded,
                        Target(form, out.with_name(f"{out.name}-{form}"), None),
                        lambda *_: None,
                    )
            services.store.close()
            files.append(_contents(out))
    assert files[::2] == files[1::2]
    assert any(files)


def _contents(out: Path) -> dict[str, str]:
    folders = {form: out.with_name(f"{out.name}-{form}") for form in ("csv", "turtle")}
    # The file of the dataset names the day to which the graph is known.
    return {
        f"{form}/{path.name}": path.read_text()
        for form, folder in folders.items()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "dataset.yml"
    }


def test_a_reply_takes_as_long_as_from_a_database_that_never_held_what_is_hidden(
    tmp_path: Path, clock: TickingClock
) -> None:
    """Asked in turn, so that what else the machine does falls on both."""
    town = Town(tmp_path, 7, 4)
    who = min(town.who, key=lambda one: sum(one.sees(register) for register in town.registers) or 99)
    clock.now = BEGIN
    both = [open_services(Settings(store=f"sqlite:{tmp_path / name}.db"), clock) for name in ("whole", "never")]
    town.load(both[0], clock)
    known = known_of(both[0], town)
    town.load(both[1], clock, who)
    r = random.Random(3)  # noqa: S311 (no secrets)
    asked = [one for one in requests(known, 3_000 if PROOFS else 300, r) if not one[1].endswith("/events")]
    took: dict[int, list[float]] = defaultdict(list)
    with client_of(both[0], who) as whole, client_of(both[1], who) as never:
        for request in asked:
            for number, client in r.sample([(0, whole), (1, never)], 2):
                began = time.perf_counter()
                ask_all(client, [request])
                took[number].append(time.perf_counter() - began)
    for one in both:
        one.store.close()
    ratio = statistics.median(took[0]) / statistics.median(took[1])
    print(f"median {statistics.median(took[0]) * 1000:.2f} ms, {ratio:.3f} of the other")  # noqa: T201
    assert ratio < (1.2 if PROOFS else 1.5)


def test_two_callers_have_different_eyes(tmp_path: Path) -> None:
    """What is compared above is not nothing: callers see some of it, and not all."""
    town = Town(tmp_path, 7, 12)
    seen = [sum(who.sees(one) for one in town.registers) for who in town.who]
    assert max(seen) >= 3
    assert all(count < len(town.registers) for count in seen)
    assert replace(town.who[0], level="public").level == "public"
