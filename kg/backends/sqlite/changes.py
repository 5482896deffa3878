"""What a run changed: the facts it touched, and of those the ones a version says now and did not, or no longer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kg.backends.sqlite import sql
from kg.backends.sqlite.rows import fact_of
from kg.domain.difference import FactChange
from kg.domain.fact import FOREVER, Instant


def begin(connection: Any) -> None:
    """Nothing is touched yet."""
    connection.execute(sql.TOUCHED)
    connection.execute("DELETE FROM temp.touched")


def touch(connection: Any, facts: Iterable[int], *, gained: bool) -> None:
    connection.executemany(sql.TOUCH, ((int(gained), fact) for fact in facts))


def retire(connection: Any, text: str, bounds: dict[str, Any]) -> int:
    """End the assertions that the text finds; gives how many."""
    facts = [fact for (fact,) in connection.execute(text, bounds)]
    touch(connection, facts, gained=False)
    return len(facts)


def note_changed(connection: Any, run: str, version: int, at: Instant) -> None:
    """Keep which of the facts touched the version says at this time and did not before, or no longer."""
    bounds = {"run": run, "version": version, "at": at}
    connection.execute(sql.NOTE_GAINED, bounds)
    connection.execute(sql.NOTE_LOST, {"run": run, "version": version, "forever": FOREVER})


def note_apart(connection: Any, run: str, version: int, before: int) -> None:
    """Keep what one version says and the other does not."""
    for gained, one, other in ((1, version, before), (0, before, version)):
        bounds = {"run": run, "gained": gained, "one": one, "other": other, "forever": FOREVER}
        connection.execute(sql.NOTE_APART, bounds)


def counted(connection: Any, run: str) -> tuple[int, int]:
    """How many facts the run gained and lost."""
    found = dict(connection.execute(sql.COUNT_CHANGES, {"run": run}))
    return found.get(1, 0), found.get(0, 0)


def changes_of(connection: Any, run: str) -> list[FactChange]:
    return [FactChange(fact_of(row), bool(gained)) for gained, *row in connection.execute(sql.CHANGES, {"run": run})]


def lost_by(connection: Any, version: int) -> list[FactChange]:
    """Facts touched that the version no longer says."""
    rows = connection.execute(sql.LOST_BY, {"version": version, "forever": FOREVER})
    return [FactChange(fact_of(row), gained=False) for row in rows]
