"""Tables and queries of a database, copied as they stand at one moment into files that are then read like others."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kg.errors import MappingInvalid, SourceUnreadable
from loaders.dataset import DatasetFile
from loaders.inputs import Input, hashed, within
from loaders.readers import needed
from loaders.readers.cells import cell, header

ROWS = 5_000
CONNECT_SECONDS = 10
_PORTS = {"postgresql": 5432}
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def fetch(spec: DatasetFile, folder: Path, scratch: Path) -> list[Input]:
    """Copy every table, view and query that ``files`` names into the scratch folder, all in one snapshot.

    A line of a copy is the locator of a row and the row. Raises SourceUnreadable naming the database without its
    password, or what it does not have.
    """
    sql = needed("sqlalchemy", "sql")
    url, engine = _engine(sql, spec, folder)
    try:
        with contextlib.closing(_snapshot(sql, engine)) as connection:
            return [
                replace(
                    _copy(sql, connection, spec, name, scratch / f"{n}.jsonl"),
                    table=_known_as(sql, connection, spec, name, folder),
                )
                for n, name in enumerate(spec.files)
            ]
    except sql.exc.SQLAlchemyError as exc:
        reason = str(getattr(exc, "orig", None) or exc).strip().splitlines()[0]
        raise SourceUnreadable(f"{url}: {reason}") from exc
    finally:
        engine.dispose()


def _engine(sql: Any, spec: DatasetFile, folder: Path) -> tuple[str, Any]:
    """The address as it may be shown, and the engine."""
    if spec.options.url is None:
        raise MappingInvalid(f"{spec.dataset}: options.url: format sql needs the address of the database")
    try:
        url = _address(sql, spec.options.url)
    except (sql.exc.ArgumentError, ValueError) as exc:
        raise MappingInvalid(f"{spec.dataset}: options.url is no database URL: expected dialect://host/name") from exc
    shown = url.render_as_string(hide_password=True)
    try:
        if url.get_backend_name() == "sqlite":
            return shown, _sqlite(sql, url.database, folder)
        waits = {"connect_timeout": CONNECT_SECONDS} if url.get_backend_name() == "postgresql" else {}
        return shown, sql.create_engine(url, connect_args=waits)
    except (sql.exc.NoSuchModuleError, ImportError) as exc:
        extra = "postgres" if url.get_backend_name() == "postgresql" else "sql"
        hint = f"pip install 'whence[{extra}]'" if extra == "postgres" else "install the driver of that database"
        raise SourceUnreadable(f"{shown}: no driver for it ({exc}): {hint}") from exc


def _known_as(sql: Any, connection: Any, spec: DatasetFile, name: str, folder: Path) -> tuple[str, str]:
    """Namespace and name of a table as OpenLineage names those of databases; a query is no table that others know."""
    url = _address(sql, str(spec.options.url))
    backend = url.get_backend_name()
    if backend == "sqlite":
        return f"sqlite://{(folder / str(url.database)).resolve().as_posix()}", name
    scheme = "postgres" if backend == "postgresql" else backend
    port = url.port or _PORTS.get(backend)
    namespace = f"{scheme}://{url.host or 'localhost'}" + (f":{port}" if port else "")
    if name in spec.options.queries:
        return namespace, f"{url.database}?query={quote(name)}"
    schema, _, bare = name.rpartition(".")
    schema = schema or sql.inspect(connection).default_schema_name or ""
    return namespace, ".".join(part for part in (str(url.database), schema, bare) if part)


def _address(sql: Any, said: str) -> Any:
    """The URL with its variables; of PostgreSQL through the driver that the extra brings where none is named."""
    whole = _VARIABLE.fullmatch(said.strip())
    url = sql.make_url(_variable(whole) if whole else _VARIABLE.sub(lambda one: quote(_variable(one), safe=""), said))
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgres", "postgresql") else url


def _variable(found: re.Match[str]) -> str:
    value = os.environ.get(found[1])
    if value is None:
        raise MappingInvalid(f"options.url: the environment variable {found[1]} is not set")
    return value


def _sqlite(sql: Any, name: str | None, folder: Path) -> Any:
    """An SQLite file of the folder, opened for reading alone."""
    if not name or name == ":memory:":
        raise SourceUnreadable("options.url names no SQLite file: expected sqlite:///FILE")
    path = within(folder, folder / name)
    if not path.is_file():
        raise SourceUnreadable(f"cannot read {str(folder / name)!r}: no such file")

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)

    return sql.create_engine("sqlite://", creator=connect)


def _snapshot(sql: Any, engine: Any) -> Any:
    """A connection that sees one state of the database, and may not change it where the database can see to that."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    connection = engine.connect()
    if engine.dialect.name == "sqlite":
        connection.execute(sql.text("BEGIN"))
    return connection


def _copy(sql: Any, connection: Any, spec: DatasetFile, name: str, path: Path) -> Input:
    query = spec.options.queries.get(name)
    key = spec.options.keys.get(name, [])
    if query is None:
        selected, own = _table(sql, connection, name)
        key = key or own
    else:
        selected = sql.text(query)
    found = connection.execution_options(yield_per=ROWS).execute(selected)
    with contextlib.closing(found), path.open("w", encoding="utf-8") as out:
        out.writelines(_lines(found, name, key))
    return hashed(name, path)


def _table(sql: Any, connection: Any, name: str) -> tuple[Any, list[str]]:
    """What selects the whole table or view in the order of its primary key, and that key."""
    schema, _, bare = name.rpartition(".")
    inspector = sql.inspect(connection)
    names = [*inspector.get_table_names(schema or None), *inspector.get_view_names(schema or None)]
    if bare not in names:
        raise SourceUnreadable(f"no table or view {name!r}, and no query of that name; there are {', '.join(names)}")
    table = sql.Table(bare, sql.MetaData(), schema=schema or None, autoload_with=connection)
    return sql.select(table).order_by(*table.primary_key), [column.name for column in table.primary_key]


def _lines(rows: Any, name: str, key: list[str]) -> Iterator[str]:
    if not rows.returns_rows:
        raise SourceUnreadable(f"{name}: the query gives no rows: only reading is for a load")
    columns = header(list(rows.keys()), name)
    if missing := [column for column in key if column not in columns]:
        raise SourceUnreadable(f"{name}: no column {missing[0]!r} for its key; there are {', '.join(columns)}")
    for number, row in enumerate(rows, 1):
        fields = dict(zip(columns, map(cell, row), strict=True))
        place = ",".join(f"{column}={quote(str(fields[column]), safe=' :+@')}" for column in key)
        yield json.dumps([place or f"row {number}", fields], ensure_ascii=False) + "\n"
