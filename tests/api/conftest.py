"""The fictional supply data in a store of its own, and the application over it.

Strategy: the store is loaded once for all API tests, since nothing in them changes the graph; decisions are only
appended. A test that needs a broken or silent store makes one and gives it to ``create_app``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from kg.bootstrap import Services
from tests.api.supply import BASE, loaded_supply


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with loaded_supply(tmp_path_factory.mktemp("api")) as opened:
        yield opened


@pytest.fixture(scope="session")
def client(services: Services) -> Iterator[TestClient]:
    with TestClient(create_app(services), base_url=BASE, raise_server_exceptions=False) as made:
        yield made
