"""Decision tables over HTTP and on the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from api.app import create_app
from api.cli import app
from kg.bootstrap import open_services
from kg.domain.lineage import Classification
from kg.settings import Settings
from tests.api.supply import BASE, loaded_supply

HOLDS = {"op": "follow", "source": {"op": "each"}, "predicate": "holds", "direction": "out"}
TABLE: dict[str, Any] = {
    "table": "audit_plan",
    "of": "Supplier",
    "nouns": ["audit table"],
    "inputs": {"certified": {"plan": HOLDS}, "volume": {"phrases": ["volume"], "values": ["small", "large"]}},
    "outcome": {"name": "audit"},
    "rows": [
        {"when": {"certified": True}, "then": "by paper"},
        {"when": {"certified": False, "volume": "small"}, "then": "by call"},
        {"when": {"certified": False, "volume": "large"}, "then": "on site"},
    ],
}
SAID = {"message": "as agreed", "actor": "root"}
PRODUCTION = "/v1/tables/audit_plan/labels/production"
ASKED = "What does the audit table say for SUP-007 with large volume?"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    with loaded_supply(folder):
        return folder / "supply.db"


@pytest.fixture
def path(empty: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(empty, tmp_path / "supply.db"))


@pytest.fixture
def client(path: Path) -> Iterator[TestClient]:
    services = open_services(Settings(store=f"sqlite:{path}"))
    with TestClient(create_app(services), base_url=BASE) as made:
        yield made
    services.store.close()


def put(client: TestClient, number: int, headers: dict[str, str], label: str = "production") -> Any:
    body = {"number": number, "reason": "agreed", "actor": "root"}
    return client.put(f"/v1/tables/audit_plan/labels/{label}", json=body, headers=headers)


def test_a_table_in_staging_is_tried_beside_the_one_in_use(client: TestClient, path: Path) -> None:
    client.post("/v1/tables", json={"content": TABLE, **SAID})
    put(client, 1, {"If-None-Match": "*"}, "staging")
    asked = {"question": ASKED, "tables": ["audit_plan@staging"]}
    tried = client.post("/v1/decisions", json=asked)
    assert (tried.status_code, tried.json()["answer"]["value"]) == (201, "by paper")
    assert tried.json()["scope"]["tables"] == ["audit_plan@1"]
    assert client.post("/v1/decisions", json={"question": ASKED}).json()["outcome"] == "abstained"
    wrong = client.post("/v1/decisions", json={"question": ASKED, "tables": ["audit_plan@canary"]})
    assert (wrong.status_code, wrong.json()["code"]) == (404, "rules_not_found")
    words = ["--store", f"sqlite:{path}", "ask", ASKED, "--table", "audit_plan@staging", "--json"]
    assert json.loads(CliRunner().invoke(app, words).stdout)["answer"]["value"] == "by paper"


def test_a_table_above_the_ceiling_is_not_there(client: TestClient, path: Path) -> None:
    for number, level in enumerate(("internal", "restricted"), 1):
        saved = client.post("/v1/tables", json={"content": TABLE | {"classification": level}, **SAID})
        assert saved.json()["number"] == number
        put(client, 1, {"If-None-Match": "*"})
    named = [one.format("audit_plan") for one in READS], [one.format("no_such") for one in READS]
    for hidden, unknown in zip(*named, strict=True):
        said = [client.get(one) for one in (hidden, unknown)]
        assert [one.status_code for one in said] == [404, 404]
        assert said[0].json()["detail"].replace("audit_plan", "no_such") == said[1].json()["detail"]
    assert client.get("/v1/tables").json() == {"tables": []}
    services = open_services(Settings(store=f"sqlite:{path}"))
    with TestClient(create_app(services, Settings(ceiling=Classification.RESTRICTED)), base_url=BASE) as whole:
        assert [whole.get(one.format("audit_plan")).status_code for one in READS] == [200] * 4
    services.store.close()


READS = [f"/v1/tables/{{}}{path}" for path in ("", "/versions/1", "/diff?before=1&after=2", "/labels/production")]


def test_a_table_is_saved_labelled_and_decides(client: TestClient) -> None:
    saved = client.post("/v1/tables", json={"content": TABLE, **SAID})
    assert (saved.status_code, saved.json()["ref"]) == (201, "audit_plan@1")
    moved = put(client, 1, {"If-None-Match": "*"})
    assert (moved.status_code, moved.headers["ETag"]) == (200, '"1"')
    decision = client.post("/v1/decisions", json={"question": ASKED}).json()
    assert decision["outcome"] == "answered", decision["answer"]["text"]
    [row] = decision["answer"]["rows"]
    assert row["rule"].startswith("audit_plan@1 row ")
    assert row["inputs"]["volume"] == "large"
    assert decision["versions"]["policy"][0]["ref"] == "audit_plan@1"


def test_versions_are_listed_read_and_compared(client: TestClient) -> None:
    client.post("/v1/tables", json={"content": TABLE, **SAID})
    rows = [*TABLE["rows"][:2], TABLE["rows"][2] | {"then": "at once"}]
    assert client.post("/v1/tables", json={"content": TABLE | {"rows": rows}, **SAID}).json()["number"] == 2
    [told] = client.get("/v1/tables").json()["tables"]
    assert (told["used"], told["latest"]) == (None, "audit_plan@2")
    assert client.get("/v1/tables/audit_plan").json() == told
    assert client.get("/v1/tables/audit_plan/versions/1").json()["content"]["rows"][2][2] == "on site"
    diff = client.get("/v1/tables/audit_plan/diff", params={"before": "1", "after": "2"}).json()["diff"]
    changed = [line for line in diff.splitlines()[2:] if line[0] in "+-"]
    assert ["on site" in changed[0], "at once" in changed[1], len(changed)] == [True, True, 2]
    assert client.get("/v1/tables/nothing").json()["code"] == "rules_not_found"
    assert client.get("/v1/tables/audit_plan/versions/9").json()["code"] == "rules_not_found"


def test_a_table_with_a_hole_is_refused_and_nothing_is_kept(client: TestClient) -> None:
    reply = client.post("/v1/tables", json={"content": TABLE | {"rows": TABLE["rows"][:2]}, **SAID})
    assert (reply.status_code, reply.json()["code"]) == (422, "table_invalid")
    assert "no row is for certified no, volume large" in reply.json()["detail"]
    assert client.get("/v1/tables").json()["tables"] == []


def test_a_label_moves_only_from_where_it_was_seen(client: TestClient) -> None:
    client.post("/v1/tables", json={"content": TABLE, **SAID})
    assert put(client, 1, {}).status_code == 428
    assert put(client, 1, {"If-Match": '"4"'}).json()["code"] == "label_moved"
    assert put(client, 9, {"If-Match": "*"}).json()["code"] == "rules_not_found"
    assert put(client, 1, {"If-Match": "3"}).json()["code"] == "invalid_input"
    assert put(client, 1, {"If-Match": "*"}, "best").json()["code"] == "table_invalid"
    assert put(client, 1, {"If-Match": "*"}).status_code == 200
    shown = client.get(PRODUCTION)
    assert (shown.json()["number"], shown.headers["ETag"]) == (1, '"1"')
    why = {"reason": "agreed", "actor": "root"}
    assert client.delete(PRODUCTION, params=why).json()["code"] == "precondition_required"
    assert client.delete(PRODUCTION, params=why, headers={"If-Match": '"4"'}).json()["code"] == "label_moved"
    assert client.delete(PRODUCTION, params=why, headers={"If-Match": '"1"'}).json()["before"] == 1
    assert client.get(PRODUCTION).json()["code"] == "rules_not_found"
    assert client.get(f"{PRODUCTION}s").json()["code"] == "table_invalid"


# --- the command line ---


def whence(path: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["--store", f"sqlite:{path}", *words], env={"COLUMNS": "200"})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "audit.yml"
    made.write_text(yaml.safe_dump(TABLE))
    return made


def test_a_file_is_checked_saved_used_and_shown(path: Path, file: Path) -> None:
    assert "3 rows for 4 cases" in whence(path, "tables", "check", str(file)).stdout
    assert "audit_plan@1 saved" in whence(path, "tables", "save", str(file), "--message", "m").stdout
    done = whence(path, "tables", "label", "audit_plan", "production", "1", "--reason", "agreed", "--from", "0")
    assert "audit_plan@production: none -> 1" in done.stdout
    assert "audit_plan@1" in whence(path, "tables", "list").stdout
    assert "agreed" in whence(path, "tables", "list", "audit_plan").stdout
    assert "on site" in whence(path, "tables", "show", "audit_plan").stdout
    decision = json.loads(whence(path, "ask", ASKED, "--json").stdout)
    assert decision["answer"]["rows"][0]["rule"].startswith("audit_plan@1")
    assert "row" in whence(path, "ask", ASKED).stdout


def test_a_csv_alone_is_saved(path: Path, tmp_path: Path) -> None:
    made = tmp_path / "triage.csv"
    made.write_text("size,urgent,then\nsmall,yes,act\nsmall,no,wait\nlarge,-,act\n")
    told = json.loads(whence(path, "tables", "save", str(made), "--message", "m", "--json").stdout)
    assert told["ref"] == "triage@1"


def test_files_and_versions_are_compared(path: Path, file: Path) -> None:
    whence(path, "tables", "save", str(file), "--message", "m")
    assert "nothing differs" in whence(path, "tables", "diff", "audit_plan", str(file)).stdout
    file.write_text(yaml.safe_dump(TABLE | {"title": "Audits"}))
    assert "+title: Audits" in whence(path, "tables", "diff", "audit_plan", str(file)).stdout


def test_rows_are_read_from_the_folder_of_the_data_and_from_nowhere_else(path: Path, file: Path) -> None:
    document = {key: value for key, value in TABLE.items() if key != "rows"}
    folder = file.parent / "rows"
    folder.mkdir()
    (folder / "audit.csv").write_text("certified,volume,audit\nyes,-,by paper\nno,small,by call\nno,large,on site\n")
    file.write_text(yaml.safe_dump(document | {"csv": "audit.csv"}))
    assert whence(path, "tables", "check", str(file), "--data", str(folder)).exit_code == 0
    file.write_text(yaml.safe_dump(document | {"csv": "../audit.yml"}))
    done = whence(path, "tables", "check", str(file), "--data", str(folder))
    assert (done.exit_code, "leads out of the folder" in str(done.exception)) == (1, True)


@pytest.mark.parametrize("moved", [["2"], ["--remove"]])
def test_an_approval_that_rests_on_a_table_lapses_when_another_or_none_is_used(
    path: Path, file: Path, moved: list[str]
) -> None:
    rules = file.parent / "rules.yml"
    rule = {"name": "audits", "when": {"tables": ["audit_plan"]}, "stages": [{"role": "r"}]}
    rules.write_text(yaml.safe_dump({"rules": [rule]}))
    whence(path, "review", "rules", "save", str(rules), "--message", "m")
    whence(path, "tables", "save", str(file), "--message", "m")
    label = ("tables", "label", "audit_plan", "production")
    whence(path, *label, "1", "--reason", "agreed")
    asked = json.loads(whence(path, "ask", ASKED, "--by", "ann", "--json").stdout)
    whence(path, "review", "approve", asked["decision_id"], "--role", "r", "--by", "bo")
    if moved == ["2"]:
        rows = [row | {"then": f"{row['then']}, twice"} for row in TABLE["rows"]]
        file.write_text(yaml.safe_dump(TABLE | {"rows": rows}))
        whence(path, "tables", "save", str(file), "--message", "twice")
    done = whence(path, *label, *moved, "--reason", "twice")
    assert f"the review of {asked['decision_id']} has lapsed" in done.stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("show", "nothing"), 1),
        (("label", "nothing", "production", "1", "--reason", "r"), 1),
        (("label", "nothing", "production", "--reason", "r"), 2),
        (("check", "missing.yml"), 1),
        (("list", "nothing"), 1),
    ],
)
def test_what_is_not_there_is_refused(path: Path, words: tuple[str, ...], code: int) -> None:
    assert whence(path, "tables", *words).exit_code == code


def test_without_tables_the_list_says_so(path: Path) -> None:
    assert "no decision table is saved" in whence(path, "tables", "list").stdout
