"""Tables, views and queries of real databases: one snapshot, rows with their keys, nothing written."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from kg.domain.scope import Scope
from kg.errors import MappingInvalid, SourceUnreadable
from loaders.databases import fetch
from loaders.dataset import DatasetFile
from tests.unit.loaders.loading import Folder, document

SUPPLIERS = """
CREATE TABLE supplier (id TEXT PRIMARY KEY, name TEXT, share NUMERIC, since DATE);
INSERT INTO supplier VALUES ('SUP-2', 'Oils', 0.5, '2026-03-01'), ('SUP-1', 'Kestrel', NULL, NULL);
CREATE VIEW large AS SELECT id, name FROM supplier WHERE share > 0.1;
CREATE TABLE line (doc INTEGER, n INTEGER, item TEXT, PRIMARY KEY (doc, n));
INSERT INTO line VALUES (7, 1, 'a#1'), (7, 2, 'b/c');
CREATE TABLE loose (word TEXT);
INSERT INTO loose VALUES ('x'), ('y');
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with these tables: an SQLite file of the data folder, or a schema of a PostgreSQL server."""
    if request.param == "sqlite":
        with contextlib.closing(sqlite3.connect(tmp_path / "shop.db")) as shop:
            shop.executescript(SUPPLIERS)
        yield "sqlite:///shop.db"
        return
    found = request.getfixturevalue("postgres_url")
    plain = found.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        connection.execute(SUPPLIERS)
        yield found


def spec(url: str, *names: str, **options: Any) -> DatasetFile:
    return DatasetFile.model_validate(document(files=list(names), format="sql", options={"url": url, **options}))


def rows(path: Path, url: str, *names: str, **options: Any) -> list[tuple[str, dict[str, Any]]]:
    scratch = path / "scratch"
    scratch.mkdir(exist_ok=True)
    found = fetch(spec(url, *names, **options), path, scratch)
    return [tuple(json.loads(line)) for one in found for line in one.path.read_text().splitlines()]


def test_rows_of_a_table_come_in_the_order_of_its_key_and_are_located_by_it(tmp_path: Path, url: str) -> None:
    found = rows(tmp_path, url, "supplier")
    assert [place for place, _ in found] == ["id=SUP-1", "id=SUP-2"]
    assert found[0][1] == {"id": "SUP-1", "name": "Kestrel", "share": None, "since": None}
    assert (float(found[1][1]["share"]), found[1][1]["since"]) == (0.5, "2026-03-01")


def test_a_key_of_several_columns_is_written_so_that_it_can_be_told_apart(tmp_path: Path, url: str) -> None:
    assert [place for place, _ in rows(tmp_path, url, "line")] == ["doc=7,n=1", "doc=7,n=2"]
    assert [place for place, _ in rows(tmp_path, url, "line", keys={"line": "item"})] == ["item=a%231", "item=b%2Fc"]


def test_rows_without_a_key_are_numbered(tmp_path: Path, url: str) -> None:
    assert [place for place, _ in rows(tmp_path, url, "loose")] == ["row 1", "row 2"]


def test_views_and_queries_are_read_like_tables(tmp_path: Path, url: str) -> None:
    query = "SELECT id, upper(name) AS shout FROM supplier ORDER BY id"
    found = rows(tmp_path, url, "large", "loud", queries={"loud": query}, keys={"loud": "id"})
    assert found[0] == ("row 1", {"id": "SUP-2", "name": "Oils"})
    assert found[1] == ("id=SUP-1", {"id": "SUP-1", "shout": "KESTREL"})


@pytest.mark.parametrize(
    ("names", "options", "message"),
    [
        (["nothing"], {}, "no table or view 'nothing', and no query of that name; there are .*supplier"),
        (["q"], {"queries": {"q": "SELECT * FROM nowhere"}}, "nowhere"),
        (["supplier"], {"keys": {"supplier": "nr"}}, "supplier: no column 'nr' for its key; there are id, name"),
    ],
)
def test_what_the_database_does_not_have_is_said(
    tmp_path: Path, url: str, names: list[str], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(SourceUnreadable, match=message):
        rows(tmp_path, url, *names, **options)


@pytest.mark.parametrize("query", ["DELETE FROM supplier RETURNING id", "DROP TABLE supplier"])
def test_nothing_can_be_written(tmp_path: Path, url: str, query: str) -> None:
    with pytest.raises(SourceUnreadable, match=r"readonly database|syntax error"):
        rows(tmp_path, url, "q", queries={"q": query})
    assert len(rows(tmp_path, url, "supplier")) == 2


def test_a_load_of_a_table_says_its_rows_and_is_a_no_op_until_they_change(tmp_path: Path, url: str) -> None:
    folder = Folder(tmp_path)
    changes: dict[str, Any] = {
        "files": ["supplier"],
        "format": "sql",
        "options": {"url": url},
        "ignore": ["share", "since"],
    }
    assert folder.load(**changes).changes.added == 4
    view = folder.services.store.view(Scope())
    places = view.assertions([fact.id for fact in folder.facts()])
    assert sorted({(one.source, one.locator) for found in places.values() for one in found}) == [
        ("register@1/supplier", "id=SUP-1#id"),
        ("register@1/supplier", "id=SUP-1#name"),
        ("register@1/supplier", "id=SUP-2#id"),
        ("register@1/supplier", "id=SUP-2#name"),
    ]
    assert folder.load(**changes).state == "unchanged"


@pytest.mark.postgres
def test_all_tables_are_read_as_they_stood_at_one_moment(tmp_path: Path, postgres_url: str) -> None:
    plain = postgres_url.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as writer:
        writer.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE sale (n INTEGER)")
        count = "SELECT count(*) AS n FROM sale"
        queries = {"before": count, "pause": "SELECT 1 AS n FROM pg_sleep(1)", "after": count}
        sale = threading.Timer(0.3, writer.execute, ["INSERT INTO sale VALUES (1)"])
        sale.start()
        found = rows(tmp_path, postgres_url, *queries, queries=queries)
        sale.join()
        assert writer.execute(count).fetchone() == (1,)
    assert [row["n"] for _, row in found] == [0, 1, 0]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite:///../outside.db", "lies outside"),
        ("sqlite:////etc/passwd", "lies outside"),
        ("sqlite:///absent.db", "no such file"),
        ("sqlite://", "names no SQLite file"),
        ("sqlite:///:memory:", "names no SQLite file"),
        ("oracle+oracledb://u:geheim@h/x", "no driver for it"),
        ("postgresql+psycopg://u:geheim@127.0.0.1:1/x", "127.0.0.1"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused_without_its_password(tmp_path: Path, url: str, message: str) -> None:
    (tmp_path.parent / "outside.db").touch()
    with pytest.raises(SourceUnreadable, match=message) as caught:
        rows(tmp_path, url, "supplier")
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (None, "options.url: format sql needs the address"),
        ("shop.db", "is no database URL"),
        ("postgresql://u:${NO_SUCH_PASSWORD}@h/x", "variable NO_SUCH_PASSWORD is not set"),
    ],
)
def test_a_dataset_file_without_a_usable_address_is_refused(tmp_path: Path, url: str | None, message: str) -> None:
    with pytest.raises(MappingInvalid, match=message):
        rows(tmp_path, url, "supplier")  # type: ignore[arg-type]


def test_a_password_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "ge/heim@")
    with pytest.raises(
        SourceUnreadable, match=r"^postgresql\+psycopg://u:\*\*\*@127.0.0.1:1/x: connection failed"
    ) as caught:
        rows(tmp_path, "postgresql+psycopg://u:${SHOP_PASSWORD}@127.0.0.1:1/x", "supplier")
    assert "heim" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_whole_address_comes_from_the_environment_with_any_name_of_postgresql(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("SHOP_URL", f"{scheme}://u:ge%2Fheim@127.0.0.1:1/x")
    with pytest.raises(
        SourceUnreadable, match=r"^postgresql\+psycopg://u:\*\*\*@127.0.0.1:1/x: connection failed"
    ) as caught:
        rows(tmp_path, "${SHOP_URL}", "supplier")
    assert "heim" not in str(caught.value)


def test_a_missing_package_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(SourceUnreadable, match=r"pip install 'whence\[sql\]'"):
        rows(tmp_path, "sqlite:///shop.db", "supplier")
