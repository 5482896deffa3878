"""Connections to one SQLite database: a file with one connection a thread, or memory with one shared."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw

from kg.backends.sqlite import schema, touches
from kg.domain.fact import Literal
from kg.domain.lookup import lookup_of
from kg.domain.records import load_review_event
from kg.domain.review import releases
from kg.errors import (
    ConfigError,
    SchemaTooNew,
    StoreError,
    StoreFull,
    StoreRejected,
    StoreTimeout,
    StoreUnavailable,
)

FIXED_SQLITE = (3, 51, 3)
"""Versions from 3.7.0 up to this one can corrupt a WAL database when it is reset."""

MAGIC = b"SQLite format 3\x00"
BUSY_MS = 10_000
CHECKPOINT_PAGES = 8_192
"""Pages of the log (32 MB) from which a checkpoint is made beside the work. Whoever writes first after one waits for a
sync of the log, so it is not made more often than that."""
MOST_PAGES = 4 * CHECKPOINT_PAGES
"""From here on whoever writes makes it, so that a log that fills faster than it is emptied ends there."""


@contextlib.contextmanager
def store_errors(path: str) -> Iterator[None]:
    """Turn every apsw error into the nearest of ours."""
    try:
        yield
    except apsw.FullError as exc:
        raise StoreFull(
            f"no room left for {path!r}; nothing of this write is visible: free space and run it again"
        ) from exc
    except (apsw.BusyError, apsw.LockedError) as exc:
        raise StoreTimeout(f"{path!r} stayed locked by another writer for {BUSY_MS / 1000:.0f} s; try again") from exc
    except (apsw.CantOpenError, apsw.AuthError, apsw.PermissionsError, apsw.ReadOnlyError) as exc:
        raise StoreUnavailable(f"cannot open {path!r}: {exc}") from exc
    except (apsw.CorruptError, apsw.NotADBError) as exc:
        raise StoreRejected(f"{path!r} is not a Whence database or is damaged: {exc}") from exc
    except apsw.IOError as exc:
        # A write past a file-size limit arrives as an I/O error, not as "full".
        raise StoreFull(f"cannot write {path!r}: {exc}; nothing of this write is visible") from exc
    except apsw.Error as exc:
        raise StoreError(f"{path!r}: {exc}") from exc


def _lookup(*row: Any) -> str | None:
    predicate, value, datatype = row
    return lookup_of(predicate, Literal(value, datatype))


def _touches(*row: Any) -> str:
    decision, record, text, purged = row
    return touches.as_json(decision, record, text, purged)


def _approved(*row: Any) -> int:
    [documents] = row
    return int(releases(load_review_event(json.dumps(one)) for one in json.loads(documents)))


class Database:
    """Opens, checks and creates the database; hands out connections."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.in_memory = path == ":memory:"
        self._local = threading.local()
        self._opened: list[apsw.Connection] = []
        self._guard = threading.RLock()
        self._load_lock = threading.Lock()
        self._writing = threading.Lock()
        self._checkpointing = threading.Lock()
        if not self.in_memory:
            number = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
            if number < FIXED_SQLITE:
                raise ConfigError(
                    f"SQLite {apsw.sqlite_lib_version()} can corrupt WAL files; install apsw 3.53 or newer"
                )
            parent = Path(path).parent
            if not parent.is_dir():
                raise StoreUnavailable(f"cannot open {path!r}: {str(parent)!r} is not a folder")
            self._inspect()
        self._shared = self._open() if self.in_memory else None
        with self.use() as connection:
            self._migrate(connection)

    @contextlib.contextmanager
    def use(self) -> Iterator[apsw.Connection]:
        """A connection for this thread; errors leave as ours."""
        with store_errors(self.path):
            if self._shared is not None:
                with self._guard:
                    yield self._shared
                return
            connection: apsw.Connection | None = getattr(self._local, "connection", None)
            if connection is None:
                connection = self._open()
                self._local.connection = connection
            yield connection

    def _open(self) -> apsw.Connection:
        connection = apsw.Connection(self.path)
        connection.set_busy_timeout(BUSY_MS)
        if not self.in_memory:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.set_wal_hook(self._logged)
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA mmap_size=0")
        connection.execute("PRAGMA cache_size=-32000")
        with self._guard:
            self._opened.append(connection)
        return connection

    def _inspect(self) -> None:
        """Refuse a file that is not ours, or is a newer Whence's, before anything in it changes."""
        path = Path(self.path)
        if not path.exists():
            return
        if path.is_file() and path.stat().st_size > 0:
            with path.open("rb") as file:
                # SQLite itself takes a file of a few bytes for an empty database, and writes over it.
                if file.read(len(MAGIC)) != MAGIC:
                    raise StoreRejected(f"{self.path!r} is not a Whence database or is damaged: it is no SQLite file")
        with (
            store_errors(self.path),
            contextlib.closing(apsw.Connection(self.path, flags=apsw.SQLITE_OPEN_READWRITE)) as connection,
        ):
            connection.set_busy_timeout(BUSY_MS)
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
            if tables and not tables >= {"meta", "assertion"}:
                raise StoreRejected(f"{self.path!r} is an SQLite database, but not one of Whence's")
            found = connection.execute("PRAGMA user_version").get
            if found > schema.SCHEMA_VERSION:
                raise SchemaTooNew(
                    f"{self.path!r} has schema {found}, this Whence knows {schema.SCHEMA_VERSION}: "
                    "upgrade Whence or use another store"
                )

    @staticmethod
    def _migrate(connection: apsw.Connection) -> None:
        if connection.execute("PRAGMA user_version").get == schema.SCHEMA_VERSION:
            return
        connection.create_scalar_function("whence_lookup", _lookup)
        connection.create_scalar_function("whence_touched", _touches)
        connection.create_scalar_function("whence_approved", _approved)
        connection.execute("BEGIN IMMEDIATE")
        try:
            found = connection.execute("PRAGMA user_version").get
            if found == 0:
                connection.execute(schema.SCHEMA)
                connection.execute("INSERT INTO meta VALUES ('head', '')")
            for version in range(found, schema.SCHEMA_VERSION) if found else ():
                connection.execute(schema.MIGRATIONS[version])
            connection.execute(f"PRAGMA user_version={schema.SCHEMA_VERSION}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise

    @contextlib.contextmanager
    def _queue(self) -> Iterator[None]:
        """Threads of one process wait here: at SQLite's own lock, whoever happens to ask next is next."""
        if self.in_memory:
            yield
            return
        if not self._writing.acquire(timeout=BUSY_MS / 1000):
            raise StoreTimeout(f"{self.path!r} stayed locked by another writer for {BUSY_MS / 1000:.0f} s; try again")
        try:
            yield
        finally:
            self._writing.release()

    @contextlib.contextmanager
    def write(self) -> Iterator[apsw.Connection]:
        """One short write transaction."""
        with self._queue(), self.use() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            try:
                connection.execute("COMMIT")
            except apsw.Error:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _logged(self, connection: apsw.Connection, _: str, pages: int) -> int:
        """After a commit: see that the log does not grow for ever, and let nobody wait for it who need not."""
        if pages >= MOST_PAGES:
            with contextlib.suppress(apsw.Error):
                connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        elif pages >= CHECKPOINT_PAGES and self._checkpointing.acquire(blocking=False):
            try:
                threading.Thread(target=self._checkpoint, name="checkpoint").start()
            except RuntimeError:  # No thread to be had; what was written stands.
                self._checkpointing.release()
        return apsw.SQLITE_OK

    def _checkpoint(self) -> None:
        # What cannot be copied now is copied by the next one, or when the database is closed.
        try:
            with (
                contextlib.suppress(apsw.Error),
                contextlib.closing(apsw.Connection(self.path, flags=apsw.SQLITE_OPEN_READWRITE)) as connection,
            ):
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        finally:
            self._checkpointing.release()

    def empty_log(self) -> bool:
        """Take what is in the log out of it; whether nobody still reads what was there before."""
        # SQLite makes one checkpoint at a time, and does not wait for another.
        with self._checkpointing, self.use() as connection:
            [(held, *_)] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return not held

    @contextlib.contextmanager
    def load_lock(self) -> Iterator[bool]:
        """Whether this process now holds the one right to load; a killed holder loses it by itself."""
        if self.in_memory:
            held = self._load_lock.acquire(blocking=False)
            try:
                yield held
            finally:
                if held:
                    self._load_lock.release()
            return
        with store_errors(f"{self.path}-load"):
            lock = apsw.Connection(f"{self.path}-load")
            try:
                lock.execute("BEGIN EXCLUSIVE")
                held = True
            except apsw.BusyError:
                held = False
        try:
            yield held
        finally:
            lock.close()

    def is_loading(self) -> bool:
        """Whether somebody holds the right to load. Looks without taking it, so that no load is refused for that."""
        if self.in_memory:
            return self._load_lock.locked()
        path = f"{self.path}-load"
        if not Path(path).exists():
            return False
        with store_errors(path):
            file = apsw.VFSFile("", path, [apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_READWRITE, 0])
            try:
                return file.xCheckReservedLock()
            finally:
                file.xClose()

    def close(self) -> None:
        with self._checkpointing, self._guard:
            for connection in self._opened:
                connection.close()
            self._opened.clear()
