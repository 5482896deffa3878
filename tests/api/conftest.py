"""The fictional supply data in a store of its own, and the application over it.

Strategy: the store is loaded once for all API tests, since nothing in them changes the graph; decisions are only
appended. A test that needs a broken or silent store makes one and gives it to ``create_app``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from kg.bootstrap import Services, open_services
from kg.settings import Settings
from loaders.jobs import load_files
from tests.api.supply import BASE, SUPPLY


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    opened = open_services(Settings(store=f"sqlite:{tmp_path_factory.mktemp('api') / 'supply.db'}"))
    for _ in load_files(sorted(SUPPLY.glob("*.yml")), None, opened, lambda *_: None):
        pass
    yield opened
    opened.store.close()


@pytest.fixture(scope="session")
def client(services: Services) -> Iterator[TestClient]:
    with TestClient(create_app(services), base_url=BASE, raise_server_exceptions=False) as made:
        yield made
