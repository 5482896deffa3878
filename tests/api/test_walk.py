"""The main walk over a real socket: ask, read, explain, and follow a claim to the row it came from."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from api.app import create_app
from kg.bootstrap import Services
from tests.api.supply import GAP, served


@pytest.fixture(scope="module")
def http(services: Services) -> Iterator[httpx2.Client]:
    with served(create_app(services)) as url, httpx2.Client(base_url=url, timeout=20) as client:
        yield client


def test_an_answer_is_followed_to_the_rows_it_came_from(http: httpx2.Client) -> None:
    made = http.post("/v1/decisions", json={"question": GAP})
    assert made.status_code == 201
    decision = made.json()
    assert decision["outcome"] == "answered"
    assert {one["keys"][0] for one in decision["answer"]["entities"]} == {"SUP-7", "SUP-26", "SUP-35", "SUP-43"}
    assert http.get(made.headers["location"]).json() == decision

    facts = [fact for item in decision["evidence"] for fact in item["facts"]]
    assert facts
    fact = http.get(f"/v1/facts/{facts[0]}").json()
    said = fact["assertions"][0]
    assert said["locator"].startswith("line ")
    assert http.get(f"/v1/sources/{said['source']['id']}").json() == said["source"]
    run = http.get(f"/v1/runs/{said['run']}").json()
    assert run["run"]["state"] == "complete"
    assert run["run"]["dataset"] == said["source"]["dataset"]
    subject = http.get(f"/v1/entities/{fact['subject']['id']}", params={"limit": 200}).json()
    assert facts[0] in {one["fact"] for one in subject["facts"]}


def test_a_decision_stands_first_in_the_list(http: httpx2.Client) -> None:
    asked = http.post("/v1/decisions", json={"question": "Which suppliers deliver sunflower oil?"}).json()
    listed = http.get("/v1/decisions", params={"limit": 1}).json()["decisions"]
    assert [one["decision_id"] for one in listed] == [asked["decision_id"]]
    assert listed[0]["text"] == asked["answer"]["text"]


def test_the_plan_of_an_answer_can_be_sent_back(http: httpx2.Client) -> None:
    first = http.post("/v1/decisions", json={"question": GAP}).json()
    again = http.post("/v1/decisions", json={"question": "the same, by its plan", "plan": first["plan"]}).json()
    assert again["answer"]["entities"] == first["answer"]["entities"]


def test_a_refusal_to_answer_is_an_answer(http: httpx2.Client) -> None:
    asked = http.post("/v1/decisions", json={"question": "What is the price of sunflower oil from Kestrel Oils?"})
    assert asked.status_code == 201
    assert asked.json()["outcome"] == "abstained"


def test_ways_between_two_entities(http: httpx2.Client) -> None:
    found = http.get("/v1/paths", params={"from": "Kestrel Oils", "to": "PRD-1"}).json()
    assert found["start"]["id"].endswith("SUP-1")
    assert found["paths"]
    for way in found["paths"]:
        assert len(way["entities"]) == len(way["facts"]) + 1
        assert all(http.get(f"/v1/facts/{fact['fact']}").status_code == 200 for fact in way["facts"])


def test_a_name_of_two_entities_comes_back_with_the_choices(http: httpx2.Client) -> None:
    refused = http.get("/v1/paths", params={"from": "Mill Lane", "to": "PRD-1"})
    assert refused.status_code == 422
    problem = refused.json()
    assert problem["code"] == "name_ambiguous"
    assert len(problem["choices"]) == 2
    assert http.get("/v1/paths", params={"from": problem["choices"][0]["id"], "to": "PRD-1"}).status_code == 200


def test_what_a_run_rejected_is_shown_with_place_and_reason(http: httpx2.Client) -> None:
    runs = http.get("/v1/runs", params={"limit": 50}).json()["runs"]
    rejecting = next(run for run in runs if run["dataset"] == "certificate-register")
    assert rejecting["rejected"] == 1
    detail = http.get(f"/v1/runs/{rejecting['id']}").json()
    assert len(detail["rejections"]) == 1
    assert detail["rejections"][0]["reason"]
    assert detail["rejections"][0]["locator"].startswith("line ")


def test_a_limit_is_said(http: httpx2.Client) -> None:
    few = http.get("/v1/entities", params={"type": "Supplier", "limit": 3}).json()
    assert len(few["entities"]) == 3
    assert few["cut"]
    card = http.get("/v1/entities/" + few["entities"][0]["id"], params={"limit": 1}).json()
    assert len(card["facts"]) == 1
    assert card["left_out"] or card["cut"]
    assert http.get("/v1/sources", params={"limit": 1}).json()["cut"]


def test_a_body_sent_in_pieces_is_cut_off_at_the_cap(http: httpx2.Client) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'{"question": "'
        for _ in range(40):
            yield b"a" * 50_000
        yield b'"}'

    headers = {"content-type": "application/json"}
    try:
        refused = http.post("/v1/decisions", content=pieces(), headers=headers)
    except (httpx2.WriteError, httpx2.RemoteProtocolError):
        pass  # the server closed the connection while the rest was still on its way
    else:
        assert refused.status_code == 413
        assert refused.json()["code"] == "body_too_large"
    assert http.get("/healthz").status_code == 200
