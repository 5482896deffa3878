"""Prompts over HTTP and on the command line: saved, tried, labelled, used, rolled back."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.app import create_app
from api.cli import app
from kg.answer.prompt_table import released
from kg.answer.prompts import Prompts
from kg.bootstrap import Services, open_services
from kg.settings import Settings
from tests.api.supply import BASE, served

VERSIONS = "/v1/prompts/answer/versions"
PRODUCTION = "/v1/prompts/answer/labels/production"
UNSET = {"If-None-Match": "*"}


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """An empty store of its own."""
    opened = open_services(Settings(store=f"sqlite:{tmp_path / 'prompts.db'}"))
    yield opened
    opened.store.close()


@pytest.fixture
def http(services: Services) -> Iterator[TestClient]:
    with TestClient(create_app(services), base_url=BASE, raise_server_exceptions=False) as made:
        yield made


def version(user: str = "{{ question }}", **changes: Any) -> dict[str, Any]:
    own = released("answer").template
    made = {"system": own.system, "user": user, "schema": dict(own.schema), "message": "tried", "actor": "ann"}
    return made | changes


def save(http: Any, user: str = "{{ question }}", **changes: Any) -> Any:
    return http.post(VERSIONS, json=version(user, **changes))


def move(http: Any, number: int, headers: dict[str, str] | None = None) -> Any:
    body = {"number": number, "reason": "better on the questions", "actor": "bo"}
    return http.put(PRODUCTION, json=body, headers=headers)


def remove(http: Any, headers: dict[str, str] | None = None, **changes: str) -> Any:
    said = {"reason": "leaves out the date", "actor": "bo"} | changes
    return http.delete(PRODUCTION, params=said, headers=headers)


def used(services: Services) -> str:
    return Prompts(services.prompts).choose("answer").version.ref


def test_without_anything_saved_the_released_versions_are_used(http: TestClient) -> None:
    listed = http.get("/v1/prompts").json()["prompts"]
    assert [(one["name"], one["used"], one["labels"], one["history"]) for one in listed] == [
        (name, f"{name}@0", {}, []) for name in ("plan", "answer", "repair")
    ]
    held = http.get(f"{VERSIONS}/0").json()
    assert (held["hash"], held["user"]) == (released("answer").hash, released("answer").template.user)


def test_a_version_is_saved_labelled_used_and_rolled_back(http: TestClient, services: Services) -> None:
    first, second = save(http, "one {{ question }}"), save(http, "two {{ question }}")
    assert (first.status_code, first.headers["location"]) == (201, f"{VERSIONS}/1")
    assert first.headers["etag"] == f'"{first.json()["hash"]}"'
    assert used(services) == "answer@0"
    moved = move(http, 1, UNSET)
    assert (moved.status_code, moved.headers["etag"], moved.json()["before"]) == (200, '"1"', None)
    assert used(services) == "answer@1"
    assert move(http, 2, {"If-Match": moved.headers["etag"]}).status_code == 200
    assert used(services) == "answer@2"
    assert move(http, 1, {"If-Match": '"2"'}).json()["before"] == 2
    assert used(services) == "answer@1"
    assert remove(http, {"If-Match": '"1"'}).json()["number"] is None
    assert used(services) == "answer@0"
    held = http.get("/v1/prompts/answer").json()
    assert [(one["before"], one["number"], one["actor"]) for one in held["history"]] == [
        (1, None, "bo"),
        (2, 1, "bo"),
        (1, 2, "bo"),
        (None, 1, "bo"),
    ]
    assert [one["ref"] for one in held["versions"]] == ["answer@0", "answer@1", "answer@2"]
    assert held["latest"] == second.json()["ref"] == "answer@2"


def test_the_same_content_again_is_the_version_that_it_is(http: TestClient) -> None:
    first = save(http)
    again = save(http, message="again", actor="bo")
    assert (again.status_code, again.json()) == (200, first.json())


def test_a_lost_race_for_a_label_is_told(http: TestClient) -> None:
    for user in ("one", "two"):
        save(http, user)
    assert move(http, 1, UNSET).status_code == 200
    for headers in (UNSET, {"If-Match": '"2"'}):
        lost = move(http, 2, headers)
        assert (lost.status_code, lost.json()["code"]) == (412, "label_moved")
        assert "points at version 1 by now" in lost.json()["detail"]
    assert http.get(PRODUCTION).json() == {"name": "answer", "label": "production", "number": 1}
    assert http.get(PRODUCTION).headers["etag"] == '"1"'
    assert move(http, 2, {"If-Match": "*"}).json()["before"] == 1


def test_a_label_is_removed_where_it_was_seen(http: TestClient) -> None:
    save(http)
    assert remove(http, {"If-Match": "*"}).json()["code"] == "prompt_not_found"
    move(http, 1, UNSET)
    for headers, status, code in (
        (None, 428, "precondition_required"),
        ({"If-Match": '"2"'}, 412, "label_moved"),
        ({"If-Match": "1"}, 422, "invalid_input"),
    ):
        refused = remove(http, headers)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert remove(http, {"If-Match": '"1"'}, reason=" ").json()["code"] == "request_invalid"
    gone = remove(http, {"If-Match": '"1"'})
    assert (gone.status_code, gone.headers.get("etag")) == (200, None)
    told = {"name": "answer", "label": "production", "number": None, "before": 1, "actor": "bo"}
    assert gone.json() == told | {"reason": "leaves out the date", "moved_at": gone.json()["moved_at"]}
    assert http.get(PRODUCTION).status_code == 404


def test_of_moves_sent_at_once_over_real_sockets_one_is_made(services: Services) -> None:
    with served(create_app(services)) as url, httpx2.Client(base_url=url) as http:
        for number in range(4):
            save(http, f"text {number}")
        together = threading.Barrier(4)

        def send(number: int) -> int:
            together.wait(10)
            status: int = move(http, number, UNSET).status_code
            return status

        with ThreadPoolExecutor(4) as pool:
            statuses = list(pool.map(send, range(1, 5)))
    assert sorted(statuses) == [200, 412, 412, 412]
    assert services.prompts.prompt_labels("answer") == {"production": statuses.index(200) + 1}


def test_a_move_has_to_say_where_the_label_was_seen(http: TestClient) -> None:
    save(http)
    refused = move(http, 1)
    assert (refused.status_code, refused.json()["code"]) == (428, "precondition_required")
    assert http.get(PRODUCTION).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"If-Match": "1"},
        {"If-Match": '"one"'},
        {"If-Match": 'W/"1"'},
        {"If-None-Match": '"1"'},
        {"If-Match": '"1"', "If-None-Match": "*"},
    ],
)
def test_a_precondition_that_cannot_be_read_is_refused(http: TestClient, headers: dict[str, str]) -> None:
    save(http)
    refused = move(http, 1, headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")


def test_a_version_at_hand_is_not_sent_again(http: TestClient) -> None:
    tag = save(http).headers["etag"]
    assert http.get(f"{VERSIONS}/latest", headers={"If-None-Match": tag}).status_code == 304
    save(http, "another")
    assert http.get(f"{VERSIONS}/latest", headers={"If-None-Match": tag}).json()["number"] == 2


# Rows 55 of the list of bad input, and what else makes a template fail.
@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"user": "{__class__}"}, "answer: user, line 1: {__class__} puts nothing in"),
        ({"user": "one\n{{config}}"}, "answer: user, line 2: there is no variable 'config'"),
        ({"user": "{{ hint }}"}, "there is no variable 'hint'; it is given question"),
        ({"user": "{{ question.__class__.__mro__ }}"}, "begins with an underscore"),
        ({"user": "{% for i in range(999999999) %}x{% endfor %}"}, "is not taken"),
        ({"system": "{% if %}"}, "answer: system, line 1"),
        ({"schema": {"type": "objekt"}}, "answer: schema"),
        ({"schema": {"type": "object"}}, "Whence reads 'claims'"),
        ({"parameters": {"temperature": "hot"}}, "parameters: temperature"),
        ({"message": " "}, "message: expected one line"),
        ({"actor": "a\nb"}, "actor: expected one line"),
    ],
)
def test_a_prompt_that_would_fail_is_refused_and_nothing_is_saved(
    http: TestClient, changes: dict[str, Any], detail: str
) -> None:
    refused = http.post(VERSIONS, json=version() | changes)
    assert (refused.status_code, refused.json()["code"]) == (422, "prompt_invalid")
    assert detail in refused.json()["detail"]
    assert len(http.get("/v1/prompts/answer").json()["versions"]) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/v1/prompts/poem", "/v1/prompts/poem/versions/0", "/v1/prompts/poem/diff?before=0&after=0",
        f"{VERSIONS}/1", f"{VERSIONS}/staging", f"{VERSIONS}/sha256:{'0' * 64}", f"{VERSIONS}/%2e%2e", PRODUCTION,
        f"{VERSIONS}/9/rendered", "/v1/prompts/answer/diff?before=0&after=7",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(http: TestClient, path: str) -> None:
    refused = http.get(path)
    assert (refused.status_code, refused.json()["code"]) == (404, "prompt_not_found")


@pytest.mark.parametrize(
    ("label", "number", "status", "code"),
    [
        ("latest", 1, 422, "prompt_invalid"),
        ("prod", 1, 422, "prompt_invalid"),
        ("production", 0, 422, "prompt_invalid"),
        ("production", 7, 404, "prompt_not_found"),
        ("production", None, 422, "request_invalid"),
        ("production", -1, 422, "request_invalid"),
    ],
)
def test_a_label_that_cannot_be_set_is_refused(
    http: TestClient, label: str, number: int | None, status: int, code: str
) -> None:
    save(http)
    body = {"number": number, "reason": "why", "actor": "bo"}
    refused = http.put(f"/v1/prompts/answer/labels/{label}", json=body, headers=UNSET)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_what_would_be_sent_and_what_changed_are_shown(http: TestClient) -> None:
    save(http, "Hello.\n{{ question }}\n")
    save(http, "Good day.\n{{ question }}\n")
    sent = http.get(f"{VERSIONS}/1/rendered").json()
    assert sent["user"].startswith("Hello.\nWhich readers of Ada Vale")
    changed = http.get("/v1/prompts/answer/diff", params={"before": "1", "after": "2"}).json()
    assert "-  Hello.\n+  Good day.\n" in changed["diff"]
    changed = http.get("/v1/prompts/answer/diff", params={"before": "1", "after": "2", "of": "rendered"}).json()
    assert "-Hello.\n+Good day.\n" in changed["diff"]


# --- the command line ---


class CommandLine:
    """``whence prompts`` on one store."""

    def __init__(self, folder: Path) -> None:
        self.store = f"sqlite:{folder / 'prompts.db'}"
        self.error = ""

    def run(self, *args: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["prompts", *args, "--store", self.store])
        self.error = f"{done.exception}"
        return done.exit_code, done.stdout

    def json(self, *args: str) -> Any:
        code, out = self.run(*args, "--json")
        assert code == 0, self.error
        return json.loads(out)


@pytest.fixture
def whence(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path)


def exported(whence: CommandLine, folder: Path, *args: str) -> list[str]:
    return [Path(path).name for path in whence.json("export", *args, "--out", str(folder))["written"]]


def edit(file: Path, before: str, after: str) -> str:
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after), "utf-8")
    return str(file)


def test_a_prompt_is_exported_edited_tried_saved_used_and_rolled_back(whence: CommandLine, tmp_path: Path) -> None:
    assert exported(whence, tmp_path / "git") == ["plan.yml", "answer.yml", "repair.yml"]
    file = edit(tmp_path / "git" / "answer.yml", "You write the answer", "You say the answer")
    assert "+  You say the answer" in whence.json("diff", "answer", file)["diff"]
    assert whence.json("render", file)["system"].startswith("You say the answer")
    [saved] = whence.json("save", file, "--message", "shorter", "--by", "ann")["versions"]
    assert (saved["ref"], saved["actor"], saved["message"], saved["new"]) == ("answer@1", "ann", "shorter", True)
    assert whence.json("save", file)["versions"] == [saved | {"new": False}]
    moved = whence.json("label", "answer", "production", "1", "--reason", "tried it", "--by", "bo", "--from", "none")
    assert (moved["before"], moved["number"], moved["actor"]) == (None, 1, "bo")
    assert whence.json("show", "answer")["ref"] == "answer@1"
    whence.json("label", "answer", "production", "--remove", "--reason", "it is wrong more often")
    held = whence.json("list", "answer")
    assert (held["used"], held["latest"]) == ("answer@0", "answer@1")
    assert [one["number"] for one in held["history"]] == [None, 1]
    assert [one["used"] for one in whence.json("list")["prompts"]] == ["plan@0", "answer@0", "repair@0"]


def test_a_registry_is_taken_to_another_store_by_its_files(whence: CommandLine, tmp_path: Path) -> None:
    exported(whence, tmp_path / "git", "answer")
    file = tmp_path / "git" / "answer.yml"
    for number in range(11):
        edit(file, "You write the answer", f"{number}: You write the answer")
        whence.json("save", str(file), "--message", f"number {number}")
    names = exported(whence, tmp_path / "all", "--all")
    assert len(names) == 11
    (tmp_path / "other").mkdir()
    other = CommandLine(tmp_path / "other")
    assert [one["number"] for one in other.json("import", str(tmp_path / "all"))["versions"]] == list(range(1, 12))
    here, there = (one.json("list", "answer")["versions"] for one in (whence, other))
    assert [(one["hash"], one["message"]) for one in there] == [(one["hash"], one["message"]) for one in here]
    assert not any(one["new"] for one in other.json("import", str(tmp_path / "all"))["versions"])


def test_of_files_of_which_one_is_wrong_none_is_imported(whence: CommandLine, tmp_path: Path) -> None:
    exported(whence, tmp_path / "git")
    edit(tmp_path / "git" / "plan.yml", "{{ today }}", "{{ yesterday }}")
    code, _ = whence.run("import", str(tmp_path / "git"))
    assert (code, "plan.yml: plan: user" in whence.error, "'yesterday'" in whence.error) == (1, True, True)
    assert all(len(one["versions"]) == 1 for one in whence.json("list")["prompts"])


def test_what_is_shown_is_a_file_that_can_be_saved(whence: CommandLine, tmp_path: Path) -> None:
    _, text = whence.run("show", "repair")
    (tmp_path / "repair.yml").write_text(text, "utf-8")
    [saved] = whence.json("save", str(tmp_path / "repair.yml"))["versions"]
    assert saved["hash"] == released("repair").hash


def test_variables_of_ones_own_are_put_in(whence: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text('{"question": "Who borrowed it?"}', "utf-8")
    assert '"Who borrowed it?"' in whence.json("render", "answer", "--variables", str(tmp_path / "own.json"))["user"]


@pytest.fixture
def _wrong_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the folder at hand."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    for name, data in {
        "taken": b"", "broken.json": b"{", "broken.yml": b"a: [", "deep.yml": b"[" * 20_000,
        "latin.yml": b"prompt: caf\xe9", "list.yml": b"- answer", "large.yml": b"#" * 1_000_001,
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(data)


@pytest.mark.usefixtures("_wrong_files")
@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["show", "poem"], 1, "no prompt 'poem'"),
        (["show", "answer@9"], 1, "no version 9"),
        (["save", "nowhere.yml"], 1, "cannot read 'nowhere.yml'"),
        (["import", "empty"], 1, "holds no prompt files"),
        (["label", "answer", "production", "9", "--reason", "x"], 1, "no version 9"),
        (["label", "answer", "production", "0", "--reason", "x"], 1, "changes with the release"),
        (["label", "answer", "production", "1", "--reason", " "], 1, "reason: expected one line"),
        (["label", "answer", "production", "--reason", "x"], 2, ""),
        (["label", "answer", "production", "1", "--remove", "--reason", "x"], 2, ""),
        (["label", "answer", "latest", "1", "--reason", "x"], 2, ""),
        (["label", "answer", "production", "1", "--reason", "x", "--from", "one"], 2, ""),
        (["label", "answer", "production", "1"], 2, ""),
        (["export", "answer@0", "answer", "--out", "out"], 1, "one file"),
        (["export", "answer", "--all", "--out", "out"], 2, ""),
        (["export", "--out", "taken/out"], 1, "cannot write to 'taken/out'"),
        (["render", "answer", "--variables", "broken.json"], 1, "is not JSON"),
        (["render", "broken.yml"], 1, "is not YAML"),
        (["render", "deep.yml"], 1, "is not YAML"),
        (["render", "latin.yml"], 1, "is not UTF-8"),
        (["render", "list.yml"], 1, "expected prompt, version"),
        (["render", "large.yml"], 1, "more than 1,000,000 bytes"),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, list) else None,
)
def test_wrong_use_and_refusals_have_their_exit_codes(
    whence: CommandLine, args: list[str], code: int, said: str
) -> None:
    found, _ = whence.run(*args)
    assert (found, said in whence.error) == (code, True), whence.error
