"""What the API tests ask of the fictional supply data."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from kg.bootstrap import Services, open_services
from kg.settings import Settings
from loaders.jobs import load_files

SUPPLY = Path(__file__).resolve().parents[2] / "examples" / "supply"
BASE = "http://localhost"
GAP = "Which suppliers of sunflower oil hold no valid organic certificate?"


@contextmanager
def loaded_supply(folder: Path) -> Iterator[Services]:
    """The data in a store of its own in the folder."""
    opened = open_services(Settings(store=f"sqlite:{folder / 'supply.db'}"))
    for _ in load_files(sorted(SUPPLY.glob("*.yml")), None, opened, lambda *_: None):
        pass
    yield opened
    opened.store.close()


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The app on a socket of this machine; its URL."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(60)  # whoever closes a store first takes it from requests that are still answered
