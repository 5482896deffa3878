"""What the API tests ask of the fictional supply data."""

from __future__ import annotations

from pathlib import Path

SUPPLY = Path(__file__).resolve().parents[2] / "examples" / "supply"
BASE = "http://localhost"
GAP = "Which suppliers of sunflower oil hold no valid organic certificate?"
