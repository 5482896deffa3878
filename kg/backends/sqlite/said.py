"""What each record says, as a digest, so that a reload looks at the assertions of changed records only.

A record is known by its locator less the fields. Its digest covers all its assertions if they came in one batch, as
nearly all do; otherwise it has none, and its assertions are compared one by one.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kg.backends.sqlite import changes, sql
from kg.ports.store import Entry

# Records that are said as before, and what the others say.
TOLD = (
    """CREATE TEMP TABLE IF NOT EXISTS whole (
    source INTEGER, locator TEXT, PRIMARY KEY (source, locator)) WITHOUT ROWID""",
    """CREATE TEMP TABLE IF NOT EXISTS told (
    source INTEGER, locator TEXT, digest BLOB, PRIMARY KEY (source, locator)) WITHOUT ROWID""",
    """CREATE TEMP TABLE IF NOT EXISTS gone (
    source INTEGER, locator TEXT, PRIMARY KEY (source, locator)) WITHOUT ROWID""",
)
SAID_NOW = """SELECT s.locator, s.digest FROM json_each(:locators) j
CROSS JOIN said s ON s.version = :version AND s.source = :source AND s.locator = j.value"""
MARK_WHOLE = "INSERT OR IGNORE INTO temp.whole VALUES (?, ?)"
# What comes in several parts has no digest, and is compared assertion by assertion.
TELL = "INSERT INTO temp.told VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET digest = NULL"
SAY = "INSERT INTO said VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET digest = NULL"
FIND_GONE = """INSERT INTO temp.gone SELECT s.source, s.locator FROM said s
WHERE s.version = :version AND NOT EXISTS (
    SELECT 1 FROM temp.whole w WHERE w.source = s.source AND w.locator = s.locator)"""
_OF_GONE = """SELECT a.fact, a.source, a.locator, a.known_from FROM temp.gone CROSS JOIN assertion a
    INDEXED BY assertion_version ON a.version = :version AND a.source = gone.source AND {within}
WHERE a.known_to = :forever AND a.known_from < :at AND (a.class <> :class OR NOT EXISTS (
    SELECT 1 FROM temp.seen s WHERE s.fact = a.fact AND s.source = a.source AND s.locator = a.locator
    AND s.record IS a.record))"""
OF_GONE = f"""{_OF_GONE.format(within="a.locator = gone.locator")}
UNION ALL {_OF_GONE.format(within="a.locator >= gone.locator || '#' AND a.locator < gone.locator || '$'")}"""
END = "UPDATE assertion SET known_to = ? WHERE fact = ? AND source = ? AND locator = ? AND known_from = ?"
FORGET_GONE = """DELETE FROM said WHERE (version, source, locator) IN (
    SELECT :version, source, locator FROM temp.gone)"""
SAY_TOLD = """INSERT INTO said SELECT :version, source, locator, digest FROM temp.told WHERE true
ON CONFLICT DO UPDATE SET digest = NULL"""
UNSURE = "UPDATE said SET digest = NULL WHERE version = ? AND source = ? AND locator = ?"
FORGET_SOURCE = "DELETE FROM said WHERE version = :version AND source = :source"
FORGET_VERSION = "DELETE FROM said WHERE version = :version"
PLANNED = {
    "said_now": SAID_NOW,
    "find_gone": FIND_GONE,
    "of_gone": OF_GONE,
    "forget_gone": FORGET_GONE,
    "forget_source": FORGET_SOURCE,
    "forget_version": FORGET_VERSION,
}

Place = tuple[int, str]
"""Source and locator of a record."""


class Said:
    """The records of one load."""

    def __init__(self, connection: Any, version: int, class_: int, sources: Mapping[str, int]) -> None:
        self._version = version
        self._class = str(class_)
        self._sources = sources
        for text in TOLD:
            connection.execute(text)
        for table in ("whole", "told", "gone"):
            connection.execute(f"DELETE FROM temp.{table}")

    def first(self, connection: Any, batch: Iterable[Entry]) -> None:
        """Note what records say of which nothing is live."""
        rows = [(self._version, *place, self._digest(said)) for place, said in self._records(batch).items()]
        connection.executemany(SAY, rows)

    def told(self, connection: Any, batch: Iterable[Entry]) -> None:
        """Note what records say beside what is live."""
        rows = [(*place, self._digest(said)) for place, said in self._records(batch).items()]
        connection.executemany(TELL, rows)

    def compared(self, connection: Any, batch: Iterable[Entry]) -> tuple[list[Entry], int]:
        """The entries of records that may say something else than before, and how many assertions the others have."""
        records = self._records(batch)
        held = self._held(connection, records)
        whole, told, changed, kept = [], [], [], 0
        for place, said in records.items():
            digest = self._digest(said)
            if held.get(place) == digest:
                whole.append(place)
                kept += len({(one.fact.id, one.locator) for one in said})
            else:
                told.append((*place, digest))
                changed += said
        connection.executemany(MARK_WHOLE, whole)
        connection.executemany(TELL, told)
        return changed, kept

    def retire(self, connection: Any, bounds: dict[str, Any]) -> int:
        """End what records that went or changed say no more; gives how many assertions."""
        version = {"version": self._version}
        connection.execute(FIND_GONE, version)
        found = list(connection.execute(OF_GONE, bounds | version | {"class": int(self._class)}))
        connection.executemany(END, [(bounds["at"], *row) for row in found])
        changes.touch(connection, (fact for fact, *_ in found), gained=False)
        connection.execute(FORGET_GONE, version)
        connection.execute(SAY_TOLD, version)
        return len(found)

    def retire_replaced(self, connection: Any, bounds: dict[str, Any]) -> int:
        """End what the records that a delta replaces said; gives how many assertions."""
        found = list(connection.execute(sql.RETIRE_REPLACED, bounds | {"version": self._version}))
        changes.touch(connection, (fact for fact, *_ in found), gained=False)
        places = {(source, record_of(locator)) for _, source, locator in found}
        connection.executemany(UNSURE, [(self._version, *place) for place in sorted(places)])
        connection.execute(SAY_TOLD, {"version": self._version})
        return len(found)

    def _records(self, batch: Iterable[Entry]) -> dict[Place, list[Entry]]:
        """The entries of each record, in order."""
        found: dict[Place, list[Entry]] = {}
        sources = self._sources
        for entry in batch:
            place = (sources[entry.source], record_of(entry.locator))
            if place in found:
                found[place].append(entry)
            else:
                found[place] = [entry]
        return found

    def _digest(self, said: Sequence[Entry]) -> bytes:
        """The digest of what a record says."""
        parts = [f"{one.fact.id}{one.locator}" for one in said]
        # Either all records of a load have a name or none has.
        names = sorted({str(one.record) for one in said}) if said[0].record is not None else []
        told = "\x1e".join([self._class, *names, *parts]).encode()
        return hashlib.blake2b(told, digest_size=16).digest()

    def _held(self, connection: Any, places: Iterable[Place]) -> dict[Place, bytes | None]:
        of_source: dict[int, list[str]] = defaultdict(list)
        for source, locator in places:
            of_source[source].append(locator)
        return {
            (source, locator): digest
            for source, locators in of_source.items()
            for locator, digest in connection.execute(
                SAID_NOW, {"version": self._version, "source": source, "locators": json.dumps(locators)}
            )
        }


def record_of(locator: str) -> str:
    """The locator of the record: what stands before the fields."""
    return locator.partition("#")[0]
