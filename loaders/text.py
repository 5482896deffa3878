"""Characters that text of a source must not hold: they are not seen, or make a screen show what is not there."""

from __future__ import annotations

import re

_HIDDEN = "\x7f-\x9f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff\U000e0000-\U000e007f"
"""C1 controls, marks and overrides of direction, characters of no width, tags.

The joiners U+200C and U+200D stay: words of some scripts are spelled with them."""
_IN_LINES = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f{_HIDDEN}]")
_IN_A_LINE = re.compile(f"[\x00-\x1f{_HIDDEN}]")


def refused(text: str, *, lines: bool = False) -> str | None:
    """What the text must not hold, for a message; with ``lines`` it may hold line ends and tabs."""
    if text.isprintable():
        return None
    found = (_IN_LINES if lines else _IN_A_LINE).search(text)
    if found is None:
        return None
    kind = "control" if found.group() < "\xa0" else "hidden"
    return f"{kind} character U+{ord(found.group()):04X}"
