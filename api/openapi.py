"""The OpenAPI document as text: ``python -m api.openapi [FILE]`` writes it, without FILE to standard output."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from api.app import create_app
from kg.bootstrap import open_services
from kg.settings import Settings


def text() -> str:
    """The document, as it is kept in docs/openapi.json."""
    services = open_services(Settings(store="sqlite::memory:"))
    try:
        document = create_app(services).openapi()
    finally:
        services.store.close()
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text(), "utf-8")
    else:
        sys.stdout.write(text())
