"""A server under many callers that is killed while it answers: what it acknowledged, and what its ledger has of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from api.demo_model import create_demo_model
from kg.bootstrap import open_services
from kg.domain.audit import AuditEntry
from kg.settings import Settings
from tests.faults.children import command
from tests.model_server import serving

QUESTIONS = [f"Which suppliers supply ITEM-{n}?" for n in range(1, 9)]
STARTED_S = 60
COLD_S = 180


@dataclass
class Pressed:
    """What the callers saw."""

    acknowledged: list[str] = field(default_factory=list)
    took_ms: list[float] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)
    """Answers that are no decision, by status."""
    seconds: float = 0.0


def press(store: str, callers: int, seconds: float) -> Pressed:
    """So many callers ask for so long, one question after the other; then the server is killed as it answers."""
    with serving(create_demo_model(delay_s=0.0)) as model:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        environment = os.environ | {
            "OPENAI_BASE_URL": model, "WHENCE_MODEL": "scripted", "WHENCE_RATE": "0", "WHENCE_LOG": "json",
        }  # fmt: skip
        child = subprocess.Popen(
            command("--store", store, "serve", "--port", str(port)), env=environment, stderr=subprocess.DEVNULL
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, child)
            return _ask_all(url, child, callers, seconds)
        finally:
            child.kill()
            child.wait()


def _wait(url: str, child: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + STARTED_S
    while time.monotonic() < ends:
        assert child.poll() is None, "the server ended"
        try:
            if httpx2.get(f"{url}/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


def _ask_all(url: str, child: subprocess.Popen[bytes], callers: int, seconds: float) -> Pressed:
    seen, guard, over = Pressed(), threading.Lock(), threading.Event()

    def ask(number: int) -> None:
        with httpx2.Client(timeout=120) as client:
            for turn in range(1_000_000):
                if over.is_set():
                    return
                began = time.perf_counter()
                try:
                    body = {"question": QUESTIONS[(number + turn) % len(QUESTIONS)]}
                    reply = client.post(f"{url}/v1/decisions", json=body)
                except httpx2.TransportError:
                    return
                with guard:
                    if reply.status_code == 201:
                        seen.acknowledged.append(reply.json()["decision_id"])
                        seen.took_ms.append((time.perf_counter() - began) * 1000)
                    else:
                        seen.refused[reply.status_code] += 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(callers)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    # A cold server on a busy machine may take longer for its first answers.
    while (lasted := time.monotonic() - began) < seconds or (len(seen.acknowledged) < callers and lasted < COLD_S):
        time.sleep(0.1)
    os.kill(child.pid, signal.SIGKILL)
    seen.seconds = time.monotonic() - began
    over.set()
    for thread in threads:
        thread.join()
    return seen


@dataclass(frozen=True)
class Found:
    """What is in the ledger afterwards."""

    recorded: int
    missing: tuple[str, ...]
    """Acknowledged, and not there."""
    damaged: tuple[str, ...]
    """There, and not what the id was made of."""
    unlogged: tuple[str, ...]
    """There, and not in the audit log; or in it, and not there."""


def look(store: str, acknowledged: list[str]) -> Found:
    """Open the store that the killed server left."""
    settings = Settings.from_environment()
    services = open_services(
        Settings(store=store, neo4j_user=settings.neo4j_user, neo4j_password=settings.neo4j_password)
    )
    try:
        there: list[str] = []
        while some := services.decisions.decisions(500, there[-1] if there else None):
            there += [one["decision_id"] for one in some]
        damaged = [one for one in there if (kept := services.decisions.kept(one)) is None or not kept.intact]
        logged, after = set[str](), 0
        while rows := services.audit.audit_rows(after, 1_000):
            after = rows[-1].seq
            logged |= {entry.subject for row in rows if (entry := AuditEntry.of(row.document)).kind == "decision"}
        missing = sorted(set(acknowledged) - set(there))
        return Found(len(there), tuple(missing), tuple(damaged), tuple(sorted(logged ^ set(there))))
    finally:
        services.store.close()


def register(folder: Path) -> Path:
    """A small register to ask about."""
    from tests.faults.children import write_dataset

    return write_dataset(folder, 80)
