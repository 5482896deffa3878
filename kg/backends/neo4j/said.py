"""What a version says before it is loaded again: each live assertion by a digest, and where it lies.

Read once, in one stream, so that what is said again needs no look-up of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from kg.backends.neo4j import texts
from kg.backends.neo4j.database import Database
from kg.domain.fact import FOREVER, Instant

SEEN = -1


class Said:
    """The live assertions of one version; those that are not said again are gone.

    About a hundred bytes of memory for each.
    """

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._outdated: list[int] = []
        self._prefix: str | None = None

    def read(self, database: Database, version: str, class_: int, at: Instant) -> None:
        """What is live, once; assertions of another classification are gone, whatever is said."""
        if self._prefix is not None:
            return
        self._prefix = ""
        with database.stream(texts.LIVE_OF_VERSION, version=version, forever=FOREVER, at=at) as rows:
            for element, place, held in rows:
                self._prefix, _, number = element.rpartition(":")
                if held == class_:
                    self._numbers[digest(place)] = int(number)
                else:
                    self._outdated.append(int(number))

    def again(self, place: bytes) -> bool | None:
        """Whether an assertion that is live is said for the first time; ``None`` when it is not live."""
        number = self._numbers.get(place)
        if number is None:
            return None
        self._numbers[place] = SEEN
        return number != SEEN

    def gone(self) -> Iterator[str]:
        """What is not said any more, by its id in the database."""
        numbers = [*self._outdated, *(number for number in self._numbers.values() if number != SEEN)]
        yield from (f"{self._prefix}:{number}" for number in sorted(numbers))


def place(fact: str, source: str, locator: str, record: str | None) -> str:
    """The place of an assertion in one text, as the database gives it too."""
    return f"{fact}\x1f{source}\x1f{locator}\x1f{record or ''}"


def digest(text: str) -> bytes:
    """Sixteen bytes that stand for a place."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
