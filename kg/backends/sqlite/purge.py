"""Erasing for real: rows in one transaction, then their bytes, and only then the run that says so."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kg.backends.sqlite import said, sql
from kg.backends.sqlite.database import Database
from kg.backends.sqlite.decisions import empty_decisions
from kg.backends.sqlite.records import put_run
from kg.backends.sqlite.retire import retire
from kg.backends.sqlite.rows import fact_of
from kg.domain.erasure import Purged, purged_message, quotes, refuse_held, scrubbed
from kg.domain.fact import IDENTITY, Instant
from kg.domain.lineage import Changes, Run
from kg.domain.openlineage import own_source, run_uuid
from kg.domain.records import dump, load_run, load_source
from kg.domain.ref import Ref
from kg.errors import DatasetNotFound, NotFound, StoreTimeout
from kg.ports.clock import Clock, instant

_VERSIONS = """SELECT n FROM dataset_version
WHERE dataset = :dataset AND (:version = '' OR version = :version) ORDER BY n"""
_SOURCES = """SELECT n, version, id FROM source
WHERE version IN (SELECT value FROM json_each(:versions)) AND (:source = '' OR id = :source) ORDER BY n"""
_RUNS = "SELECT id, document FROM run WHERE dataset = :dataset AND (:version = '' OR version = :version) ORDER BY seq"
_REJECTIONS = "DELETE FROM rejection WHERE run = :run AND (:source = '' OR document ->> '$.source' = :source)"
_STATES = (
    "DELETE FROM dataset_state WHERE version = ?",
    "DELETE FROM dataset_current WHERE version = ?",
)


def purge(connection: Any, ref: Ref, run: Run, at: Instant) -> Run:
    """Take out every row, and note the run that is to be recorded. Raises DatasetNotFound or NotFound."""
    named = {"dataset": ref.dataset, "version": ref.version, "source": ref.source}
    versions = [n for (n,) in connection.execute(_VERSIONS, named)]
    found = list(connection.execute(_SOURCES, named | {"versions": json.dumps(versions)}))
    sources = [(n, version) for n, version, _ in found]
    runs = list(connection.execute(_RUNS, named))
    if ref.source and not sources:
        raise NotFound(f"no source {ref.source!r}; see `whence sources`")
    if not versions and not runs:
        raise DatasetNotFound(f"no dataset {ref.text!r}; see `whence sources`")
    retired = 0
    # What was retired before is still held for the past.
    with contextlib.suppress(NotFound):
        retired = retire(connection, ref, run, at).changes.retired
    purged, assertions, facts = _erase_facts(connection, sources)
    decisions = _erase_quotes(connection, purged, ref, run, at)
    for source, _ in sources:
        connection.execute("DELETE FROM source_state WHERE source = ?", (source,))
        connection.execute("DELETE FROM source WHERE n = ?", (source,))
    for version in () if ref.source else versions:
        for text in _STATES:
            connection.execute(text, (version,))
    for run_id, document in runs:
        connection.execute(_REJECTIONS, {"run": run_id, "source": ref.source})
        connection.execute("UPDATE run SET document = ? WHERE id = ?", (dump(scrubbed(load_run(document))), run_id))
    _erase_lineage(connection, [run_id for run_id, _ in runs], [source for *_, source in found])
    connection.execute("DELETE FROM change WHERE run IN (SELECT id FROM run WHERE dataset = ?)", (ref.dataset,))
    message = purged_message(assertions, facts, decisions)
    done = replace(run, changes=Changes(retired=retired, lost=facts), message=message)
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('purging', ?)", (dump(done),))
    return done


def _erase_lineage(connection: Any, runs: Sequence[str], sources: Sequence[str]) -> None:
    """Erase what these runs told, which quotes what they read, and what is tied to these sources."""
    bounds = {
        "runs": json.dumps([run_uuid(run) for run in runs]),
        "keys": json.dumps([own_source(source).key for source in sources]),
    }
    for text in sql.ERASE_LINEAGE:
        connection.execute(text, bounds)


def _erase_facts(connection: Any, sources: Sequence[tuple[int, int]]) -> tuple[Purged, int, int]:
    """Erase what the sources said, and of that what nothing else says or said; counts assertions and facts."""
    for text in sql.PURGED:
        connection.execute(text)
    assertions, documents = 0, []
    for source, version in sources:
        bounds = {"source": source, "version": version}
        connection.execute(sql.FIND_PURGED, bounds)
        connection.execute(sql.ERASE_ASSERTIONS, bounds)
        assertions += connection.changes()
        connection.execute(said.FORGET_SOURCE, bounds)
        documents += connection.execute("SELECT document FROM source_state WHERE source = ?", (source,)).fetchall()
    connection.execute(sql.KEEP_SAID)
    identity = [fact_of(row) for row in connection.execute(sql.PURGED_IDENTITY, {"identity": json.dumps(IDENTITY)})]
    facts: int = connection.execute("SELECT count(*) FROM temp.purged").get
    for text in sql.ERASE_FACTS:
        connection.execute(text)
    return Purged.of([load_source(text) for (text,) in documents], identity), assertions, facts


def _erase_quotes(connection: Any, purged: Purged, ref: Ref, run: Run, at: Instant) -> int:
    """Empty the decisions that quote what is purged; gives how many. Raises DecisionHeld."""
    mark = {"ref": ref.text, "run": run.id, "at": at}
    count, held = empty_decisions(connection, lambda document: quotes(document, purged), mark)
    refuse_held(ref, held)
    return count


def finish(database: Database, clock: Clock) -> None:
    """Take the bytes of erased rows out of the file, and record the purge, where one is to be finished.

    Raises StoreTimeout while somebody reads what was there before.
    """
    with database.use() as connection:
        noted = connection.execute("SELECT value FROM meta WHERE key = 'purging'").get
        if noted is None:
            return
        run = load_run(noted)
        connection.execute("INSERT INTO name_text (name_text) VALUES ('optimize')")
        connection.execute("INSERT INTO passage_text (passage_text) VALUES ('optimize')")
        connection.execute("VACUUM")
    # Old pages lie in the write-ahead log too; it can be emptied when no reader needs them.
    if not database.empty_log():
        raise StoreTimeout(
            f"{database.path!r}: the rows of {run.job!r} are gone, but a reader still holds the file they were in: "
            "end it and run the purge again"
        )
    with database.write() as connection:
        put_run(connection, run, instant(clock()))
        connection.execute("DELETE FROM meta WHERE key = 'purging'")
