"""A made-up graph and one ten times its size: the same frontier in both, and the memory of a process that asks.

    python benchmarks/scale.py [--whole] [--times 200]

What is asked lies in blocks that both graphs have, so that the same is read; only the graph around it is larger.
The default is 2,000 and 20,000 entities; --whole is 20,000 and 200,000 (2,000,000 facts beside those that say what
the entities are) and takes some minutes. Memory is the peak of the resident size of a process that opens the store
and asks a hundred questions; it is read where Linux tells it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.ask import machine
from benchmarks.graphs import BLOCK, PERSONS, make_up, person
from kg.answer.measures import percentile
from kg.answer.pipeline import answer
from kg.bootstrap import Services, open_services
from kg.domain.question import Question
from kg.domain.scope import Scope
from kg.settings import Settings

LIMIT_EACH = 50
"""Facts followed from one entity along one predicate, as bounded expansion does."""
STEPS = ("link", "plan", "execute", "write")


def opened(address: str) -> Services:
    return open_services(replace(Settings.from_environment(), store=address))


def expand(services: Services, seed: str, hops: int) -> set[str]:
    """All that is reached in so many steps, one read each."""
    view = services.store.view(Scope())
    reached, edge = {seed}, {seed}
    for _ in range(hops):
        found = view.follow(edge, ("knows", "works_on", "runs_at"), "out", LIMIT_EACH)
        edge = {fact.target for fact in found.facts if fact.target is not None} - reached
        reached |= edge
    return reached


def questions(block: int, place: int) -> list[str]:
    _, name = person(block, place)
    _, other = person(block, (place + 1) % PERSONS)
    return [
        f"Which projects does {name} work on?",
        f"How many projects does {name} work on?",
        f"Which sites host projects that {name} works on?",
        f"Which projects do {name} and {other} both work on?",
    ]


def ask(services: Services, text: str) -> dict[str, Any]:
    return answer(Question(text), services.store, services.decisions, services.clock)


def timed(task: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = task()
    return (time.perf_counter() - started) * 1000, result


def both(
    small: Services, large: Services, task: Callable[[Services], Any], *, turned: bool
) -> tuple[tuple[float, Any], tuple[float, Any]]:
    """The task on both, timed; ``turned`` begins with the larger."""
    if turned:
        there = timed(partial(task, large))
        return timed(partial(task, small)), there
    return timed(partial(task, small)), timed(partial(task, large))


def measure(small: Services, large: Services, blocks: int, times: int) -> dict[str, tuple[list[float], list[float]]]:
    """The same work on both, in turn. What is found has to be the same."""
    took: dict[str, tuple[list[float], list[float]]] = {}

    def keep(name: str, here: float, there: float) -> None:
        both = took.setdefault(name, ([], []))
        both[0].append(here)
        both[1].append(there)

    for number in range(-4, times):
        block, place = number % blocks, number * 7 % PERSONS
        seed, _ = person(block, place)
        text = questions(block, place)[number % 4]
        # Each goes first as often as the other: the second finds the processor warm.
        turned = number // 4 % 2 == 1
        for hops in (1, 2, 3):
            (here, found), (there, again) = both(small, large, partial(expand, seed=seed, hops=hops), turned=turned)
            if found != again:
                raise SystemExit(f"{seed} reaches other things in the larger graph")
            if number >= 0:
                keep(f"expand {hops}", here, there)
        (here, found), (there, again) = both(small, large, partial(ask, text=text), turned=turned)
        if found["answer"] != again["answer"] or found["outcome"] != "answered":
            raise SystemExit(f"{text} is answered otherwise in the larger graph: {again['answer']['text']}")
        if number >= 0:
            keep("ask", here, there)
            for step in STEPS:
                ms = [sum(one["ms"] for one in d["trace"]["steps"] if one["step"] == step) for d in (found, again)]
                keep(step, ms[0], ms[1])
    return took


def beside(here: list[float], there: list[float]) -> float:
    """The median of the ratios: the questions differ in kind, so the two medians may be of different kinds."""
    return statistics.median(more / less for less, more in zip(here, there, strict=True))


def memory(store: str, blocks: int) -> None:
    """Ask a hundred questions and print the peak of the resident size; run in a process of its own."""
    services = opened(store)
    for number in range(100):
        ask(services, questions(number % blocks, number * 7 % PERSONS)[number % 4])
    services.store.close()
    # Not ru_maxrss: a child begins with that of the process that started it.
    status = Path("/proc/self/status").read_text("ascii")
    print(json.dumps(int(status.partition("VmHWM:")[2].split()[0]) / 1024))


def peak(store: str, blocks: int) -> float:
    command = [sys.executable, __file__, "--memory", store, "--blocks", str(blocks)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 (this file)
    return float(json.loads(done.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--whole", action="store_true", help="20,000 and 200,000 entities")
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--memory", help=argparse.SUPPRESS)
    parser.add_argument("--blocks", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        memory(options.memory, options.blocks)
        return
    sizes = (10, 100) if options.whole else (1, 10)
    print(f"made-up graphs in SQLite, the same frontier in both; {machine()}")
    with tempfile.TemporaryDirectory() as folder:
        addresses = [f"sqlite:{Path(folder) / f'{size}.db'}" for size in sizes]
        stores = [opened(address) for address in addresses]
        for size, store in zip(sizes, stores, strict=True):
            took, written = timed(partial(make_up, store, size))
            megabytes = (Path(folder) / f"{size}.db").stat().st_size / 2**20
            print(f"{size * BLOCK:,} entities, {written:,} facts: {megabytes:,.0f} MB, written in {took / 1000:.0f} s")
        for name, (here, there) in measure(stores[0], stores[1], sizes[0], options.times).items():
            p50, p95 = ((percentile(here, p) or 0, percentile(there, p) or 0) for p in (50, 95))
            print(
                f"{name:9} p50 {p50[0]:7.2f} → {p50[1]:7.2f} ms   each beside its own: {beside(here, there):.2f} x   "
                f"p95 {p95[0]:7.2f} → {p95[1]:7.2f} ms   n {len(here)}"
            )
        for store in stores:
            store.store.close()
        peaks = [peak(address, sizes[0]) for address in addresses]
        print(f"memory of a process that asks: {peaks[0]:.0f} MB → {peaks[1]:.0f} MB: {peaks[1] / peaks[0]:.2f} x")


if __name__ == "__main__":
    main()
