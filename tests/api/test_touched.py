"""The decisions that a run touched, found for many who ask at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api import watching
from api.app import create_app
from api.reach import Reach
from api.watching import KEPT_S, MOST_WAITING, Touched
from api.wire_impact import ImpactOut
from kg.bootstrap import Services, open_services
from kg.decisions.impact import Impact, Impacts
from kg.domain.access import LOCAL
from kg.domain.lineage import Classification, Run
from kg.errors import StoreTimeout
from kg.settings import Settings
from tests.api.supply import BASE, GAP, loaded_supply
from tests.api.test_reviews_api import MESSAGE, RULES, held, move

ALL = Reach.of(LOCAL, Classification.RESTRICTED)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with loaded_supply(tmp_path_factory.mktemp("touched")) as opened:
        yield opened


class Looks:
    """Stands in for looking at the store: counts, and waits until it may go on."""

    def __init__(self) -> None:
        self.of: list[str] = []
        self.slow = ""
        self.may_end = threading.Event()

    def __call__(self, runs: list[Run], _: int) -> list[Impact]:
        [run] = runs
        self.of.append(run.id)
        if run.id == self.slow and not self.may_end.wait(20):
            raise AssertionError("nobody let it end")
        return [Impact(f"run:{run.id}", what_if=False, touches=())]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    made = Looks()
    monkeypatch.setattr(Impacts, "of_runs", made)
    return made


@pytest.fixture
def runs(services: Services) -> list[Run]:
    """Complete ones that are there for whoever asks."""
    return [one for one in services.runs.runs(20) if one.state == "complete" and one.classification == "public"]


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_while_one_run_is_looked_for_others_are_told_and_who_asks_the_same_shares_it(
    services: Services, looks: Looks, runs: list[Run]
) -> None:
    touched, slow = Touched(services), runs[0]
    looks.slow = slow.id
    with ThreadPoolExecutor(1 + MOST_WAITING) as pool:
        asked = [pool.submit(touched.by, slow, ALL) for _ in range(1 + MOST_WAITING)]
        until(lambda: touched._waiting == MOST_WAITING)
        other = touched.by(runs[1], ALL)
        with pytest.raises(StoreTimeout, match="ask again"):
            touched.by(slow, ALL)
        looks.may_end.set()
        found = [one.result() for one in asked]
    assert other is not None
    assert other.ref == f"run:{runs[1].id}"
    assert [isinstance(one, ImpactOut) for one in found] == [True] * len(asked)
    assert looks.of == [slow.id, runs[1].id]


def test_those_who_came_after_a_decision_share_what_is_looked_for_after_it(
    services: Services, looks: Looks, runs: list[Run]
) -> None:
    touched, slow = Touched(services), runs[0]
    looks.slow = slow.id
    with TestClient(create_app(services), base_url=BASE) as client, ThreadPoolExecutor(5) as pool:
        asked = [pool.submit(touched.by, slow, ALL)]
        until(lambda: looks.of == [slow.id])
        for number in range(1, 5):
            assert client.post("/v1/decisions", json={"question": GAP}).status_code == 201
            asked.append(pool.submit(touched.by, slow, ALL))
            until(lambda waiting=number: touched._waiting == waiting)  # type: ignore[misc]
        looks.may_end.set()
        for one in asked:
            one.result()
    assert looks.of == [slow.id] * 2


def test_a_run_is_shown_without_its_decisions_where_these_take_too_long(
    services: Services, looks: Looks, runs: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "WAIT_S", 0.1)
    looks.slow = runs[0].id
    with TestClient(create_app(services), base_url=BASE) as client, ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.get, f"/v1/runs/{runs[0].id}")
        until(lambda: bool(looks.of) or first.done())
        second = client.get(f"/v1/runs/{runs[0].id}")
        looks.may_end.set()
        told: dict[str, Any] = second.json()
        assert (second.status_code, told["decisions"]) == (200, None)
        assert told["note"].endswith("are being looked for: ask again")
        assert first.result().json()["note"] == ""


def test_what_was_found_is_kept_for_seconds_only_though_nothing_changes(
    services: Services, looks: Looks, runs: list[Run]
) -> None:
    now = [0.0]
    touched = Touched(services, lambda: now[0])
    for now[0] in (1.0, 1.0 + KEPT_S / 2, 1.5 + KEPT_S, 1.6 + KEPT_S):
        touched.by(runs[0], ALL)
    assert looks.of == [runs[0].id] * 2
    assert KEPT_S <= 5


def test_what_failed_is_looked_for_anew(services: Services, runs: list[Run], monkeypatch: pytest.MonkeyPatch) -> None:
    def too_slow(*_: Any) -> Any:
        raise StoreTimeout("the store did not answer in 30 s")

    touched = Touched(services)
    with monkeypatch.context() as patched:
        patched.setattr(Impacts, "of_runs", too_slow)
        with pytest.raises(StoreTimeout, match="30 s"):
            touched.by(runs[0], ALL)
    assert touched.by(runs[0], ALL) is not None


def test_an_answer_is_withheld_again_once_its_exception_is_over(tmp_path: Path) -> None:
    with loaded_supply(tmp_path):
        now = [datetime.now(UTC)]
    services = open_services(Settings(store=f"sqlite:{tmp_path / 'supply.db'}"), lambda: now[0])
    touched = Touched(services, lambda: datetime.timestamp(now[0]))
    [run] = [one for one in services.runs.runs(20) if one.job == "load supplier-register@2026-03"]
    with TestClient(create_app(services), base_url=BASE) as client:
        assert client.post("/v1/review-rules", json={"content": RULES, **MESSAGE}).status_code == 201
        decision = held(client)
        end = now[0] + timedelta(minutes=1)
        assert move(client, decision, "except", until=end.isoformat()).json()["state"] == "excepted"

    def outcome() -> tuple[str, str | None]:
        found = touched.by(run, ALL)
        assert found is not None
        [one] = [*found.carried, *found.looked_at]
        return one.before.outcome, one.review

    assert outcome() == ("answered", "excepted")
    now[0] = end + timedelta(seconds=1)
    assert outcome()[0] == "pending_review"
    services.store.close()
