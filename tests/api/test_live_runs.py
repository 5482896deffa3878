"""A load in a process of its own, watched over HTTP and from the command line."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.app import create_app
from kg.bootstrap import open_services
from kg.settings import Settings
from tests.api.supply import served
from tests.faults.children import command, environment, whence, write_dataset

ROWS = 10_000
"""Some seconds of loading: long enough to be seen at work."""
TIMEOUT_S = 60


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with a first, small load."""
    path = tmp_path / "whence.db"
    assert whence("load", write_dataset(tmp_path / "first", 500), "--store", f"sqlite:{path}").code == 0
    return path


@pytest.fixture
def url(database: Path) -> Iterator[str]:
    services = open_services(Settings(store=f"sqlite:{database}"))
    with served(create_app(services, hosts=("127.0.0.1",))) as address:
        yield f"{address}/v1/runs"
    services.store.close()


@contextlib.contextmanager
def loading(dataset: Path, database: Path) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        command("load", dataset, "--store", f"sqlite:{database}"), env=environment(), stdout=subprocess.DEVNULL
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def get(address: str) -> Any:
    reply = httpx2.get(address, timeout=TIMEOUT_S)
    assert reply.status_code == 200
    return reply.json()


def at_work(url: str) -> str:
    """The id of the load at work, once there is one."""
    until = time.monotonic() + TIMEOUT_S
    while time.monotonic() < until:
        newest = get(url)["runs"][0]
        if newest["state"] == "running":
            return str(newest["id"])
        time.sleep(0.02)
    raise AssertionError("no load is at work")


def followed(address: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and data of each event, to the end of the stream."""
    with httpx2.stream("GET", address, timeout=TIMEOUT_S) as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        name = ""
        for line in reply.iter_lines():
            field, _, value = line.partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                yield name, json.loads(value)


def test_a_load_is_followed_to_its_end_with_the_difference_it_made(url: str, database: Path, tmp_path: Path) -> None:
    with loading(write_dataset(tmp_path / "second", ROWS, first=251), database) as child:
        run = at_work(url)
        shown = get(f"{url}/{run}")
        events = list(followed(f"{url}/{run}/events"))
        assert child.wait() == 0
    assert (shown["run"]["ended_at"], [one["eventType"] for one in shown["openlineage"]]) == (None, ["START"])
    assert shown["live"]["bytes"] == (tmp_path / "second" / "register.csv").stat().st_size
    assert [name for name, _ in events] == ["progress"] * (len(events) - 2) + ["end", "decisions"]
    (_, last), (_, touched) = events[-2:]
    told = [data["live"]["records"] for _, data in events[:-2]]
    assert told == sorted(told)
    assert {data["run"]["state"] for _, data in events[:-2]} == {"running"}
    assert (last["run"]["state"], last["run"]["records"], last["live"]) == ("complete", ROWS, None)
    # 250 suppliers went and 9,750 came, each with type, name and what it supplies.
    counts = {"came": ROWS - 250, "went": 250, "withdrawn": 0, "replaced": 0, "gained": 29_250, "lost": 750}
    assert last["difference"] == counts | {"compared": "register@1"}
    assert (touched["ref"], touched["carried"]) == (f"run:{run}", [])
    assert list(followed(f"{url}/{run}/events")) == events[-2:]


def test_any_number_of_watchers_that_come_and_go_leave_load_and_server_as_they_were(
    url: str, database: Path, tmp_path: Path
) -> None:
    ends: list[str] = []

    def watch(address: str, *, stay: bool) -> None:
        for name, data in followed(address):
            if not stay:
                return
            if name == "end":
                ends.append(data["run"]["state"])

    with loading(write_dataset(tmp_path / "second", ROWS), database) as child:
        address = f"{url}/{at_work(url)}/events"
        watchers = [threading.Thread(target=watch, args=(address,), kwargs={"stay": n % 2 == 0}) for n in range(60)]
        for one in watchers:
            one.start()
        assert get(url.replace("/v1/runs", "/healthz"))["status"] == "ok"
        for one in watchers:
            one.join()
        assert child.wait() == 0
    assert ends == ["complete"] * 30


def test_a_killed_load_is_lost_for_all_who_look_on_and_stays_so(url: str, database: Path, tmp_path: Path) -> None:
    store = f"sqlite:{database}"
    with loading(write_dataset(tmp_path / "second", ROWS), database) as child:
        run = at_work(url)
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert get(f"{url}/{run}")["run"]["state"] == "lost"
    [(name, data)] = followed(f"{url}/{run}/events")
    assert (name, data["run"]["state"], data["difference"]["gained"]) == ("end", "lost", 0)
    watched = whence("runs", run, "--watch", "--json", "--store", store)
    assert (watched.code, json.loads(watched.out)["run"]["state"]) == (1, "lost")
    assert whence("load", write_dataset(tmp_path / "third", 10), "--store", store).code == 0
    recorded = get(f"{url}/{run}")
    assert (recorded["run"]["state"], recorded["live"]) == ("lost", None)
    assert [one["eventType"] for one in recorded["openlineage"]] == ["START", "ABORT"]


def test_a_load_that_fails_ends_with_its_reason(url: str, database: Path, tmp_path: Path) -> None:
    expecting = write_dataset(tmp_path / "second", ROWS, expect={"entities": {"Supplier": [1, 5]}})
    with loading(expecting, database) as child:
        run = at_work(url)
        *_, (name, data) = followed(f"{url}/{run}/events")
        assert child.wait() == 1
    assert (name, data["run"]["state"]) == ("end", "failed")
    assert "expected 1 to 5" in data["run"]["message"]
    assert get(f"{url}/{run}")["run"]["message"] == data["run"]["message"]


def test_the_command_line_shows_a_load_at_work_and_follows_it(url: str, database: Path, tmp_path: Path) -> None:
    store = f"sqlite:{database}"
    with loading(write_dataset(tmp_path / "second", 2 * ROWS, first=251), database) as child:
        run = at_work(url)
        while (get(f"{url}/{run}")["live"] or {"records": 1})["records"] == 0:
            time.sleep(0.02)
        # It stands still while it is looked at, so that it has not ended when the second command has started.
        child.send_signal(signal.SIGSTOP)
        listed, shown = whence("runs", "--store", store), whence("runs", run, "--json", "--store", store)
        child.send_signal(signal.SIGCONT)
        watched = whence("runs", run, "--watch", "--store", store)
        assert child.wait() == 0
    assert "running" in listed.out.splitlines()[1]
    assert json.loads(shown.out)["live"]["records"] > 0
    assert (watched.code, watched.err) == (0, "")
    assert "19,750 entities came, 250 went" in watched.out


def test_a_run_that_is_not_there_cannot_be_followed(url: str, database: Path) -> None:
    assert httpx2.get(f"{url}/run-none/events").status_code == 404
    assert whence("runs", "run-none", "--watch", "--store", f"sqlite:{database}").code == 1
    assert whence("runs", "--watch", "--store", f"sqlite:{database}").code == 2


def test_a_running_load_above_the_ceiling_is_not_there(database: Path, tmp_path: Path) -> None:
    services = open_services(Settings(store=f"sqlite:{database}"))
    dataset = write_dataset(tmp_path / "second", ROWS, classification="restricted", dataset="other")
    with served(create_app(services, hosts=("127.0.0.1",))) as address, loading(dataset, database):
        while (live := services.runs.live()) is None:
            time.sleep(0.02)
        assert live.run.id not in {one["id"] for one in get(f"{address}/v1/runs")["runs"]}
        for path in ("", "/events"):
            assert httpx2.get(f"{address}/v1/runs/{live.run.id}{path}").status_code == 404
    services.store.close()
