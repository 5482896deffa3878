"""Words are stemmed right however many questions are read at once."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from kg.text.language import stem

WORDS = [f"{root}{end}" for root in ("relat", "condit", "valu", "oper", "nation", "gener") for end in (
    "ional", "ionally", "ization", "ability", "ousness", "fulness", "iveness", "ation", "ingly", "edly"
)] * 3  # fmt: skip


def test_threads_do_not_meet_in_the_stemmer() -> None:
    alone = [stem.__wrapped__(word) for word in WORDS]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(lambda _: [stem.__wrapped__(word) for word in WORDS], range(24)))
    finally:
        sys.setswitchinterval(interval)
    assert all(one == alone for one in found)
