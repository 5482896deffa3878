"""Ending what a source, a version or a whole dataset says, in one transaction; the past stays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kg.backends.sqlite import changes, said, sql
from kg.backends.sqlite.records import current_version, end_sources
from kg.domain.difference import profile_after
from kg.domain.fact import FOREVER, Instant
from kg.domain.lineage import Changes, Run
from kg.domain.records import dump, load_profile
from kg.domain.ref import Ref, retired_message
from kg.errors import DatasetNotFound, NotFound

_LIVE_VERSIONS = """SELECT d.n FROM dataset_version d JOIN dataset_state s ON s.version = d.n AND s.known_to = :forever
WHERE d.dataset = :dataset AND (:version = '' OR d.version = :version) ORDER BY d.n"""
_LIVE_SOURCE = """SELECT c.n, c.version FROM source c JOIN source_state s ON s.source = c.n AND s.known_to = :forever
WHERE c.id = :source"""
_OTHER_SOURCES = """SELECT 1 FROM source c JOIN source_state s ON s.source = c.n AND s.known_to = :forever
WHERE c.version = :version LIMIT 1"""


def retire(connection: Any, ref: Ref, run: Run, at: Instant) -> Run:
    """Raises DatasetNotFound or NotFound where nothing is live."""
    changes.begin(connection)
    had_current = current_version(connection, ref.dataset) is not None
    bounds = {"forever": FOREVER, "at": at}
    if ref.source:
        found = connection.execute(_LIVE_SOURCE, {"source": ref.source, "forever": FOREVER}).fetchone()
        if found is None:
            raise NotFound(f"no source {ref.source!r} is in use; see `whence sources`")
        source, version = found
        retired = changes.retire(connection, sql.RETIRE_SOURCE, bounds | {"version": version, "source": source})
        connection.execute(said.FORGET_SOURCE, {"version": version, "source": source})
        _end_source(connection, source, version, at)
    else:
        versions = [n for (n,) in connection.execute(_LIVE_VERSIONS, _named(ref) | {"forever": FOREVER})]
        if not versions:
            raise DatasetNotFound(f"no dataset {ref.text!r} is in use; see `whence sources`")
        retired = 0
        for version in versions:
            retired += changes.retire(connection, sql.RETIRE_VERSION, bounds | {"version": version})
            connection.execute(said.FORGET_VERSION, {"version": version})
            _end_version(connection, version, at)
    touched = connection.execute("SELECT count(*) FROM temp.touched").get
    lost = connection.execute(sql.UNSAID, {"forever": FOREVER}).get
    without = had_current and current_version(connection, ref.dataset) is None
    message = retired_message(ref, lost, touched - lost, without_current=without)
    return replace(run, changes=Changes(retired=retired, lost=lost), message=message)


def _named(ref: Ref) -> dict[str, str]:
    return {"dataset": ref.dataset, "version": ref.version}


def _end_source(connection: Any, source: int, version: int, at: Instant) -> None:
    """The version goes on without it, or ends with its last source."""
    text = "UPDATE source_state SET known_to = ? WHERE source = ? AND known_to = ?"
    connection.execute(text, (at, source, FOREVER))
    if connection.execute(_OTHER_SOURCES, {"version": version, "forever": FOREVER}).get is None:
        _end_version(connection, version, at)
        return
    held = "SELECT document, ontology, profile FROM dataset_state WHERE version = ? AND known_to = ?"
    document, ontology, counts = connection.execute(held, (version, FOREVER)).fetchone()
    profile = profile_after(load_profile(counts), changes.lost_by(connection, version))
    _end_state(connection, version, at)
    row = (version, document, dump(profile), ontology, at, FOREVER)
    connection.execute("INSERT INTO dataset_state VALUES (?, ?, ?, ?, ?, ?)", row)


def _end_version(connection: Any, version: int, at: Instant) -> None:
    end_sources(connection, version, at)
    _end_state(connection, version, at)
    text = "UPDATE dataset_current SET known_to = ? WHERE version = ? AND known_to = ?"
    connection.execute(text, (at, version, FOREVER))


def _end_state(connection: Any, version: int, at: Instant) -> None:
    text = "UPDATE dataset_state SET known_to = ? WHERE version = ? AND known_to = ?"
    connection.execute(text, (at, version, FOREVER))
