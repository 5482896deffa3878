"""``whence keys`` and ``whence audit``, as a person and as a program call them; and what ``whence serve`` refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import apsw
import pytest
from typer.testing import CliRunner

from api.cli import app
from api.key_making import lasting
from api.rates import Rates
from kg.errors import ConfigError, KeyInvalid, KgError
from kg.settings import Settings
from tests.unit.loaders.loading import write_yaml

ENTITY = {"entity": {"type": "Person", "key": "id", "name": "name"}}
ONTOLOGY = {
    "ontology": "town",
    "version": "1",
    "keys": {"person": {"spellings": [{"pattern": "(\\w+)", "write": "\\1"}]}},
    "types": {"Person": {"key": "person"}},
}
DATASET = {
    "dataset": "people",
    "version": "1",
    "title": "People",
    "publisher": "Town hall",
    "licence": "CC0-1.0",
    "classification": "internal",
    "ontology": "town",
    "format": "csv",
    "files": ["people.csv"],
    "map": [ENTITY],
}


@pytest.fixture
def town(tmp_path: Path) -> Path:
    write_yaml(tmp_path / "ontology.yml", ONTOLOGY)
    write_yaml(tmp_path / "people.yml", DATASET)
    (tmp_path / "people.csv").write_text("id,name\n1,Ann\n2,Bob\n")
    return tmp_path


def whence(folder: Path, *words: str, code: int = 0) -> str:
    """What the command says; an error of ours is the line that ``main`` makes of it."""
    home = {"HOME": str(folder), "COLUMNS": "200"}
    done = CliRunner().invoke(app, ["--store", f"sqlite:{folder / 'w.db'}", *words], env=home)
    said = done.output
    if isinstance(done.exception, KgError):
        said += f"whence: {done.exception}"
    elif done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, said
    return said


def told(folder: Path, *words: str, code: int = 0) -> Any:
    return json.loads(whence(folder, *words, "--json", code=code))


def test_what_commands_do_is_in_the_log_with_who_did_it(town: Path) -> None:
    load = ("load", str(town / "people.yml"), str(town / "ontology.yml"), "--by", "ann")
    assert told(town, *load)[0]["actor"] == "ann"
    told(town, *load)
    told(town, "export", "--format", "csv", "--out", str(town / "out"), "--by", "bob")
    told(town, "retire", "people", "--by", "ann")
    found = told(town, "audit", "list")
    assert [(one["seq"], one["kind"], one["detail"], one["actor"]) for one in found] == [
        (1, "run.load", "complete", "ann"),
        (2, "run.load", "unchanged", "ann"),
        (3, "export", "csv", "bob"),
        (4, "run.retire", "complete", "ann"),
    ]
    assert told(town, "audit", "list", "--after", "3") == found[3:]


def test_a_log_is_verified_against_a_checkpoint_and_a_change_of_it_is_seen(town: Path) -> None:
    for name in ("ann", "bob"):
        told(town, "keys", "create", name, "--role", "reader", "--by", "root")
    seen, key = str(town / "seen"), town / ".config" / "whence" / "audit"
    said = whence(town, "audit", "checkpoint", "--to", seen)
    assert f"made the key {key}.key" in said
    told(town, "keys", "create", "eve", "--role", "admin")
    good = told(town, "audit", "verify", "--checkpoint", seen, "--key", f"{key}.pub")
    assert (good["integrity"], good["complete"], good["unanchored"], good["key_compared"]) == (True, True, 1, True)
    assert "unchanged" in whence(town, "audit", "verify")
    with apsw.Connection(str(town / "w.db")) as connection:
        connection.execute("UPDATE audit SET document = replace(document, 'reader', 'admin') WHERE seq = 2")
    bad = told(town, "audit", "verify", "--checkpoint", seen, code=1)
    assert (bad["integrity"], bad["problems"]) == (False, [{"seq": 2, "problem": "it is not as it was written"}])
    assert "entry 2: it is not as it was written" in whence(town, "audit", "verify", code=1)


def test_a_checkpoint_of_another_database_is_refused_in_a_line(town: Path) -> None:
    whence(town, "audit", "checkpoint", "--to", str(town / "seen"))
    (town / "w.db").rename(town / "old.db")
    said = whence(town, "audit", "verify", "--checkpoint", str(town / "seen"), code=1)
    assert "hold it against the one it was made of" in said
    assert "Traceback" not in said


def test_a_name_is_erased_only_when_that_is_said(town: Path) -> None:
    made = told(town, "keys", "create", "ann", "--role", "reader", "--by", "root")
    told(town, "keys", "revoke", made["id"], "--reason", "lost", "--by", "Nora Example")
    assert "say --yes" in whence(town, "audit", "erase", "Nora Example", code=1)
    assert told(town, "audit", "erase", "Nora Example", "--yes", "--by", "eve")["erased"] == 1
    assert [one["actor"] for one in told(town, "audit", "list")] == ["root", None, "eve"]
    assert [path.name for path in town.glob("w.db*") if b"Nora Example" in path.read_bytes()] == []


def test_a_caller_is_erased_from_all_that_names_them_once_no_key_of_theirs_opens(town: Path) -> None:
    whence(town, "load", str(town / "people.yml"), str(town / "ontology.yml"))
    key = told(town, "keys", "create", "Nora Example", "--role", "reader", "--by", "root")
    decision = told(town, "ask", "Which persons are there?", "--by", "Nora Example")["decision_id"]
    whence(town, "feedback", decision, "right", "--by", "Nora Example")
    said = whence(town, "audit", "erase", "Nora Example", "--yes", code=1)
    assert f"whence keys revoke {key['id']}" in said
    whence(town, "keys", "revoke", key["id"], "--reason", "left")
    found = told(town, "audit", "erase", "Nora Example", "--yes", "--by", "eve")
    assert (found["erased"], found["decisions"], found["said"], found["keys"]) == (2, 1, 1, 1)
    shown = told(town, "decisions", "show", decision)
    assert (shown["trace"]["actor"], shown["intact"]) == (found["instead"], True)
    assert told(town, "audit", "verify")["integrity"] is True
    assert [path.name for path in town.glob("w.db*") if b"Nora Example" in path.read_bytes()] == []
    assert "nothing of it is there" in whence(town, "audit", "erase", "Nora Example", "--yes")


def test_keys_are_made_listed_rotated_and_revoked(town: Path) -> None:
    made = told(town, "keys", "create", "ann", "--role", "analyst", "--dataset", "people", "--rate", "7")
    assert made["token"].startswith(f"whence_{made['id']}_")
    new = told(town, "keys", "rotate", made["id"], "--overlap", "1h")
    whence(town, "keys", "revoke", new["id"], "--reason", "lost")
    found = told(town, "keys", "list")
    assert [(one["caller"], one["datasets"], one["rate"], one["state"]) for one in found] == [
        ("ann", ["people"], 7, "valid"),
        ("ann", ["people"], 7, "revoked"),
    ]
    assert found[1]["follows"] == made["id"]
    assert "token" not in found[0]
    assert made["token"].split("_")[2] not in whence(town, "keys", "list")
    assert "is revoked" in whence(town, "keys", "rotate", new["id"], code=1)
    assert "no key 'none'" in whence(town, "keys", "revoke", "none", "--reason", "x", code=1)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--role", "boss"], "'boss' is no role; there are reader"),
        (["--role", "reader", "--ceiling", "secret"], "ceiling 'secret' is not public"),
        (["--role", "reader", "--dataset", "people@1"], "without @VERSION"),
        (["--role", "reader", "--expires", "soon"], "'soon' is not a time like 30d"),
    ],
)
def test_a_key_that_cannot_be_made_is_refused_in_a_line(town: Path, words: list[str], why: str) -> None:
    assert why in whence(town, "keys", "create", "ann", *words, code=1)


@pytest.mark.parametrize("text", ["", "0d", "-1d", "1w", "99999d", "1.5d", "30"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(KeyInvalid):
        lasting(text)


def test_an_address_that_others_reach_needs_access_on(town: Path) -> None:
    said = whence(town, "serve", "--host", "0.0.0.0", code=1)  # noqa: S104
    assert "access control is off: set WHENCE_ACCESS=on" in said


@pytest.mark.parametrize("environment", [{"WHENCE_ACCESS": "yes"}, {"WHENCE_RATE": "many"}, {"WHENCE_RATE": "-1"}])
def test_a_setting_of_access_that_is_none_is_refused(environment: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=next(iter(environment))):
        Settings.from_environment(environment)


def test_a_bucket_fills_as_time_goes_by() -> None:
    now = [0.0]
    rates = Rates(60, lambda: now[0])
    assert [rates.take("ann") for _ in range(61)] == [0] * 60 + [1]
    assert rates.take("bob") == 0
    now[0] += 2.0
    assert [rates.take("ann") for _ in range(3)] == [0, 0, 1]
    now[0] += 3_600
    assert sum(rates.take("ann") == 0 for _ in range(100)) == 60
    assert [rates.take("eve", 0) for _ in range(3)] == [0, 0, 0]
