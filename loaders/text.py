"""Characters that text of a source must not hold: they are not seen, or make a screen show what is not there."""

from __future__ import annotations

import re

from kg.text.passages import HIDDEN

_CONTROLS_IN_LINES = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
_IN_LINES = re.compile(f"[{_CONTROLS_IN_LINES}{HIDDEN}]")
_IN_A_LINE = re.compile(f"[\x00-\x1f\x7f-\x9f{HIDDEN}]")
_IN_A_PASSAGE = re.compile(f"[{_CONTROLS_IN_LINES}]")


def refused(text: str, *, lines: bool = False, passage: bool = False) -> str | None:
    """What the text must not hold, for a message; with ``lines`` it may hold line ends and tabs.

    A ``passage`` is kept as it stands, what is not seen included, and that is said where it is quoted.
    """
    if text.isprintable():
        return None
    found = (_IN_A_PASSAGE if passage else _IN_LINES if lines else _IN_A_LINE).search(text)
    if found is None:
        return None
    kind = "control" if found.group() < "\xa0" else "hidden"
    return f"{kind} character U+{ord(found.group()):04X}"
