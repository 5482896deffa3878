"""Reviews, feedback and review rules over HTTP and on the command line."""

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
from kg.settings import Settings
from tests.api.supply import BASE, GAP, SUPPLY, loaded_supply
from tests.api.test_explanation import ask

RULES = {
    "rules": [
        {
            "name": "gaps are reviewed",
            "when": {"types": ["Supplier"]},
            "withhold": True,
            "stages": [{"role": "reviewer"}],
        }
    ]
}
FREE = "Which certificates are issued under Organic Production?"
MESSAGE = {"message": "first", "actor": "root"}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reviews")
    with loaded_supply(folder):
        return folder / "supply.db"


@pytest.fixture
def path(empty: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(empty, tmp_path / "supply.db"))


@pytest.fixture
def reviewed(path: Path) -> Iterator[TestClient]:
    """An application of its own, with rules that withhold answers about suppliers."""
    services = open_services(Settings(store=f"sqlite:{path}"))
    with TestClient(create_app(services), base_url=BASE) as client:
        assert client.post("/v1/review-rules", json={"content": RULES, **MESSAGE}).status_code == 201
        yield client
    services.store.close()


def move(client: TestClient, decision: str, name: str = "approve", **changes: Any) -> Any:
    shown = client.get(f"/v1/reviews/{decision}").json()["shown"]
    body: dict[str, Any] = {
        "move": name,
        "actor": "bo",
        "roles": ["reviewer"],
        "reason": "looked at it",
        "shown": shown,
    }
    return client.post(f"/v1/reviews/{decision}", json=body | changes)


def held(client: TestClient) -> str:
    reply = client.post("/v1/decisions", json={"question": GAP})
    assert (reply.status_code, reply.json()["outcome"]) == (202, "pending_review")
    assert reply.headers["Location"] == f"/v1/decisions/{reply.json()['decision_id']}"
    return str(reply.json()["decision_id"])


def test_an_answer_that_is_held_is_accepted_and_told_once_it_is_approved(reviewed: TestClient) -> None:
    decision = held(reviewed)
    assert reviewed.get(f"/v1/decisions/{decision}").json()["claims"] == []
    assert move(reviewed, decision).json()["state"] == "approved"
    told = reviewed.get(f"/v1/decisions/{decision}").json()
    assert (told["outcome"], told["review"]["state"], told["answer"]["type"]) == ("answered", "approved", "list")
    assert told["claims"] != []


def test_an_answer_that_no_rule_holds_is_given_at_once(reviewed: TestClient) -> None:
    decision = ask(reviewed, FREE)
    assert (decision["outcome"], decision["review"]["required"]) == ("answered", False)
    assert reviewed.get(f"/v1/reviews/{decision['decision_id']}").json()["code"] == "review_not_found"


@pytest.mark.parametrize("way", ["explanation", "explanation?format=svg", "replay", "attribution"])
def test_no_other_way_tells_of_an_answer_that_is_held(reviewed: TestClient, way: str) -> None:
    reply = reviewed.get(f"/v1/decisions/{held(reviewed)}/{way}")
    assert (reply.status_code, reply.json()["code"]) == (409, "answer_withheld")


def test_the_stream_and_the_list_tell_nothing_of_it(reviewed: TestClient) -> None:
    reply = reviewed.post("/v1/decisions", json={"question": GAP}, headers={"Accept": "text/event-stream"})
    events = [line.removeprefix("event: ") for line in reply.text.splitlines() if line.startswith("event: ")]
    assert set(events) == {"linked", "plan", "decision"}
    assert "SUP-7" not in reply.text
    assert [one["outcome"] for one in reviewed.get("/v1/decisions").json()["decisions"]] == ["pending_review"]


def test_a_withheld_answer_is_not_found_by_its_outcome(reviewed: TestClient) -> None:
    decision = held(reviewed)

    def found(outcome: str) -> list[str]:
        told = reviewed.get("/v1/decisions", params={"outcome": outcome}).json()
        assert told["next"] is None
        return [one["decision_id"] for one in told["decisions"]]

    assert (found("answered"), found("pending_review")) == ([], [decision])
    move(reviewed, decision, "approve", roles=["reviewer"])
    assert (found("answered"), found("pending_review")) == ([decision], [])


def test_the_queue_shows_what_waits_and_for_whom(reviewed: TestClient) -> None:
    decision = held(reviewed)
    [line] = reviewed.get("/v1/reviews", params={"role": "reviewer"}).json()["reviews"]
    assert (line["decision_id"], line["question"], line["state"]) == (decision, GAP, "open")
    assert line["waits_for"] == {"role": "reviewer", "count": 1, "by": "human"}
    assert reviewed.get("/v1/reviews", params={"role": "approver"}).json()["reviews"] == []
    move(reviewed, decision, "assign", to="cy")
    assert len(reviewed.get("/v1/reviews", params={"assignee": "cy"}).json()["reviews"]) == 1


def test_the_queue_is_read_page_by_page(reviewed: TestClient) -> None:
    decisions = [held(reviewed) for _ in range(3)]
    first = reviewed.get("/v1/reviews", params={"limit": 2}).json()
    rest = reviewed.get("/v1/reviews", params={"limit": 2, "after": first["next"]}).json()
    assert [one["decision_id"] for one in (*first["reviews"], *rest["reviews"])] == decisions[::-1]
    assert rest["next"] is None


def test_a_judgement_without_what_was_shown_is_refused(reviewed: TestClient) -> None:
    reply = move(reviewed, held(reviewed), shown=None)
    assert (reply.status_code, reply.json()["code"]) == (428, "precondition_required")


def test_a_judgement_of_something_else_is_refused(reviewed: TestClient) -> None:
    decision = held(reviewed)
    reply = move(reviewed, decision, shown="sha256:" + "0" * 64)
    assert (reply.status_code, reply.json()["code"]) == (412, "review_moved")
    assert reviewed.get(f"/v1/reviews/{decision}").json()["state"] == "open"


def test_the_etag_says_what_was_shown(reviewed: TestClient) -> None:
    decision = held(reviewed)
    tag = reviewed.get(f"/v1/reviews/{decision}").headers["ETag"]
    body = {"move": "approve", "actor": "bo", "roles": ["reviewer"]}
    done = reviewed.post(f"/v1/reviews/{decision}", json=body, headers={"If-Match": tag})
    assert (done.status_code, done.json()["state"]) == (200, "approved")
    assert done.headers["ETag"] != tag
    again = reviewed.post(f"/v1/reviews/{decision}", json=body, headers={"If-Match": "3"})
    assert (again.status_code, again.json()["code"]) == (422, "invalid_input")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"roles": []}, 403, "move_refused"),
        ({"roles": ["approver"]}, 403, "move_refused"),
        ({"move": "reject", "reason": ""}, 422, "review_invalid"),
        ({"move": "override"}, 422, "review_invalid"),
        ({"move": "except"}, 422, "review_invalid"),
        ({"move": "except", "until": "2020-01-01"}, 422, "review_invalid"),
        ({"move": "except", "until": "soon"}, 422, "review_invalid"),
        ({"move": "assign"}, 422, "review_invalid"),
        ({"move": "bless"}, 422, "request_invalid"),
        ({"actor": ""}, 422, "request_invalid"),
    ],
)
def test_a_move_that_may_not_be_is_refused_and_changes_nothing(
    reviewed: TestClient, changes: dict[str, Any], status: int, code: str
) -> None:
    decision = held(reviewed)
    reply = move(reviewed, decision, **changes)
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert len(reviewed.get(f"/v1/reviews/{decision}").json()["events"]) == 1


def test_a_rejected_review_takes_no_approval(reviewed: TestClient) -> None:
    decision = held(reviewed)
    move(reviewed, decision, "reject")
    reply = move(reviewed, decision)
    assert (reply.status_code, reply.json()["code"]) == (409, "review_settled")


@pytest.mark.parametrize("ways", [("get", None), ("post", {"move": "approve", "actor": "bo", "shown": "x"})])
def test_a_review_of_no_decision_is_not_found(reviewed: TestClient, ways: tuple[str, Any]) -> None:
    method, body = ways
    reply = reviewed.request(method, "/v1/reviews/d-nothing", json=body)
    assert (reply.status_code, reply.json()["code"]) == (404, "decision_not_found")


def test_feedback_is_given_and_read(reviewed: TestClient) -> None:
    url = f"/v1/decisions/{ask(reviewed, FREE)['decision_id']}/feedback"
    body = {"verdict": "partly", "answer": "one more", "reason": "the new one lacks", "actor": "di"}
    assert reviewed.post(url, json=body).status_code == 201
    [told] = reviewed.get(url).json()["feedback"]
    assert body.items() <= told.items()
    assert reviewed.post(url, json={"verdict": "maybe", "actor": "di"}).status_code == 422
    assert reviewed.get("/v1/decisions/d-nothing/feedback").status_code == 404


def test_rules_are_kept_by_version_and_a_saved_one_is_used_again(reviewed: TestClient) -> None:
    assert reviewed.post("/v1/review-rules", json={"content": {"rules": []}, **MESSAGE}).json()["ref"] == "default@2"
    assert reviewed.post("/v1/decisions", json={"question": GAP}).status_code == 201
    assert reviewed.post("/v1/review-rules", json={"content": RULES, **MESSAGE}).json()["ref"] == "default@1"
    told = reviewed.get("/v1/review-rules").json()
    assert (told["used"], told["latest"], len(told["history"])) == ("default@1", "default@2", 3)
    assert reviewed.get("/v1/review-rules/2").json()["content"] == {"rules": []}
    assert reviewed.get("/v1/review-rules/9").json()["code"] == "rules_not_found"


def test_wrong_rules_are_refused_with_their_place(reviewed: TestClient) -> None:
    reply = reviewed.post("/v1/review-rules", json={"content": {"rules": [{"name": "r"}]}, **MESSAGE})
    assert (reply.status_code, reply.json()["code"]) == (422, "review_invalid")
    assert "rules.0.stages" in reply.json()["detail"]


# --- the command line ---


def whence(path: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["--store", f"sqlite:{path}", *words], env={"COLUMNS": "200"})


def told(path: Path, *words: str) -> Any:
    done = whence(path, *words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.fixture
def ruled(path: Path, tmp_path: Path) -> Path:
    """The store with the rules saved on the command line."""
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump(RULES))
    assert (
        "default@1 is used from now on" in whence(path, "review", "rules", "save", str(file), "--message", "m").stdout
    )
    return path


def test_a_person_asks_and_another_approves(ruled: Path) -> None:
    asked = told(ruled, "ask", GAP, "--by", "ann")
    assert asked["outcome"] == "pending_review"
    assert "cannot be given yet" in whence(ruled, "ask", GAP).stdout
    decision = asked["decision_id"]
    assert decision in whence(ruled, "review", "list").stdout
    assert "waits for 1 reviewer" in whence(ruled, "review", "show", decision).stdout
    shown = told(ruled, "review", "show", decision)["shown"]
    approve = ("review", "approve", decision, "--role", "reviewer", "--shown", shown)
    own = whence(ruled, *approve, "--by", "ann")
    assert (own.exit_code, "asked for this decision" in str(own.exception)) == (1, True)
    assert "approved" in whence(ruled, *approve, "--by", "bo").stdout
    assert whence(ruled, "explain", decision).exit_code == 0


def test_an_approval_lapses_with_a_retirement_and_the_command_says_so(ruled: Path) -> None:
    decision = told(ruled, "ask", GAP, "--by", "ann")["decision_id"]
    told(ruled, "review", "approve", decision, "--role", "reviewer", "--by", "bo")
    assert f"the review of {decision} has lapsed" in whence(ruled, "retire", "certificate-register").stdout
    assert told(ruled, "review", "list", "--state", "lapsed")["reviews"][0]["decision_id"] == decision
    late = whence(ruled, "review", "approve", decision, "--role", "reviewer", "--by", "cy")
    assert (late.exit_code, "lapsed" in str(late.exception)) == (1, True)


def test_an_approval_lapses_with_a_reload_that_changes_a_row(ruled: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SUPPLY, tmp_path / "supply"))
    decision = told(ruled, "ask", GAP, "--by", "ann")["decision_id"]
    told(ruled, "review", "approve", decision, "--role", "reviewer", "--by", "bo")
    register = folder / "data" / "suppliers-2026-03.csv"
    register.write_bytes(register.read_bytes().replace(b"ING-001; ING-024; ING-002", b"ING-024; ING-002"))
    done = whence(ruled, "load", *map(str, sorted(folder.glob("*.yml"))))
    assert done.exit_code == 0, done.output
    assert told(ruled, "review", "show", decision)["state"] == "lapsed"


@pytest.mark.parametrize(
    ("words", "state"),
    [
        (("reject", "--reason", "no"), "rejected"),
        (("request-changes", "--reason", "narrow it"), "changes_requested"),
        (("override", "--reason", "known", "--answer", "SUP-1"), "overridden"),
        (("except", "--reason", "urgent", "--until", "2999-01-01"), "excepted"),
    ],
)
def test_every_move_has_a_command(ruled: Path, words: tuple[str, ...], state: str) -> None:
    decision = told(ruled, "ask", GAP, "--by", "ann")["decision_id"]
    done = told(ruled, "review", words[0], decision, *words[1:], "--role", "reviewer", "--by", "bo")
    assert done["state"] == state
    text = whence(ruled, "review", "show", decision).stdout
    assert state.replace("_", " ") in text


def test_the_queue_goes_on_from_page_to_page(ruled: Path) -> None:
    decisions = [told(ruled, "ask", GAP, "--by", "ann")["decision_id"] for _ in range(3)]
    first = told(ruled, "review", "list", "--limit", "2")
    rest = told(ruled, "review", "list", "--limit", "2", "--after", first["next"])
    assert [one["decision_id"] for one in (*first["reviews"], *rest["reviews"])] == decisions[::-1]
    assert rest["next"] is None
    assert f"--after {first['next']}" in whence(ruled, "review", "list", "--limit", "2").stdout
    assert whence(ruled, "review", "list", "--after", "d-none").exit_code == 1


def test_assigning_and_feedback_have_commands(ruled: Path) -> None:
    decision = told(ruled, "ask", GAP, "--by", "ann")["decision_id"]
    told(ruled, "review", "assign", decision, "cy")
    assert told(ruled, "review", "list", "--assignee", "cy")["reviews"][0]["decision_id"] == decision
    assert f"{decision}: wrong" in whence(ruled, "feedback", decision, "wrong", "--answer", "SUP-1").stdout
    assert whence(ruled, "feedback", decision, "maybe").exit_code == 2


def test_rules_are_shown_as_a_file_and_listed(ruled: Path, path: Path) -> None:
    assert yaml.safe_load(whence(ruled, "review", "rules", "show").stdout) == RULES
    assert "default@1" in whence(ruled, "review", "rules", "list").stdout


def test_without_rules_the_list_says_so(path: Path) -> None:
    assert "no review rules are saved" in whence(path, "review", "rules", "list").stdout
    assert whence(path, "review", "rules", "show").exit_code == 1
    assert "nothing waits" in whence(path, "review", "list").stdout


@pytest.mark.parametrize("text", ["rules: [", "rules: 3", "rules: [{name: r}]"])
def test_a_wrong_file_is_refused_with_its_name(path: Path, tmp_path: Path, text: str) -> None:
    file = tmp_path / "wrong.yml"
    file.write_text(text)
    done = whence(path, "review", "rules", "save", str(file), "--message", "m")
    assert done.exit_code == 1
    assert "wrong.yml" in str(done.exception)


def test_a_decision_that_takes_the_place_of_another_ends_its_review(reviewed: TestClient) -> None:
    old = held(reviewed)
    assert move(reviewed, old).json()["state"] == "approved"
    asked = reviewed.post("/v1/decisions", json={"question": GAP, "supersedes": old})
    new = asked.json()["decision_id"]
    told = reviewed.get(f"/v1/reviews/{old}").json()
    assert (told["state"], told["superseded_by"], told["released"]) == ("superseded", new, False)
    last = told["events"][-1]
    assert (last["kind"], last["to"]) == ("superseded", new)
    assert reviewed.get(f"/v1/reviews/{new}").json()["state"] == "open"
    assert reviewed.get(f"/v1/decisions/{old}").json()["outcome"] == "pending_review"
    assert move(reviewed, old, "reject").json()["code"] == "review_settled"
