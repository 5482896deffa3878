"""Which form a caller prefers, from the Accept header."""

from __future__ import annotations

from kg.answer.formats import FORMATS


def choose(accept: str | None) -> str | None:
    """Name of the preferred format; json without a wish, None when nothing fits."""
    wishes = [_wish(part) for part in (accept or "*/*").split(",") if part.strip()]
    for media, weight in sorted(wishes, key=lambda wish: -wish[1]):
        if weight > 0:
            for name, offered in FORMATS.items():
                if media in ("*/*", offered, f"{offered.partition('/')[0]}/*"):
                    return name
    return None if wishes else "json"


def _wish(part: str) -> tuple[str, float]:
    media, *parameters = (piece.strip() for piece in part.split(";"))
    weight = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                weight = float(value)
            except ValueError:
                weight = 0.0
    return media.lower(), weight
