"""What each run changed, fact by fact; what was said of a thing before; how fresh a dataset is; pages of runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from kg.bootstrap import open_services
from kg.domain.lineage import Classification
from kg.settings import Settings
from tests.api.supply import BASE
from tests.api.test_uploads import DATASET, ROWS, body

SHOP = "shop:S-2"
MOVED = ROWS.replace("S-2,Mill Shop,Tarn", "S-2,Old Mill,Elm").replace("S-1,Corner Shop,Tarn\n", "")


def load(client: TestClient, rows: str, **changed: str) -> str:
    spec = DATASET
    for key, value in changed.items():
        spec = spec.replace(f"{key}: ", f"{key}: {value} #", 1) if f"\n{key}: " in spec else f"{spec}{key}: {value}\n"
    reply = client.post("/v1/loads", json=body({"data/shops.csv": rows, "shops.yml": spec}))
    assert reply.status_code == 201, reply.text
    return str(reply.json()["runs"][0]["id"])


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:{tmp_path / 'shops.db'}"


@pytest.fixture
def shops(store: str) -> Iterator[TestClient]:
    services = open_services(Settings(store=store))
    with TestClient(create_app(services), base_url=BASE) as made:
        yield made
    services.store.close()


def texts(client: TestClient, run: str, change: str, **query: Any) -> list[str]:
    reply = client.get(f"/v1/runs/{run}/facts", params={"change": change, **query})
    assert reply.status_code == 200, reply.text
    return [one["text"] for one in reply.json()["facts"]]


def paged(client: TestClient, path: str, limit: int, **query: Any) -> list[dict[str, Any]]:
    """All pages of a list."""
    pages: list[dict[str, Any]] = []
    while not pages or pages[-1]["next"] is not None:
        after = {"after": pages[-1]["next"]} if pages else {}
        pages.append(client.get(path, params={"limit": limit, **query, **after}).json())
    return pages


def test_the_facts_that_a_run_gained_kept_and_lost_are_listed(shops: TestClient) -> None:
    first = load(shops, ROWS)
    assert texts(shops, first, "gained") == [
        "Corner Shop (S-1) is in the town of Tarn.",
        "Mill Shop (S-2) is in the town of Tarn.",
    ]
    assert texts(shops, first, "kept") == texts(shops, first, "lost") == []
    second = load(shops, ROWS + "S-3,New Shop,Elm\n")
    assert "New Shop (S-3) is in the town of Elm." in texts(shops, second, "gained")
    assert texts(shops, second, "kept") == texts(shops, first, "gained")
    third = load(shops, ROWS.replace("Tarn", "Elm", 1))
    assert "New Shop (S-3) is in the town of Elm." in texts(shops, third, "lost")
    assert texts(shops, third, "kept") == ["Mill Shop (S-2) is in the town of Tarn."]


def test_facts_of_a_run_come_page_by_page(shops: TestClient) -> None:
    first = load(shops, ROWS)
    second = load(shops, ROWS + "".join(f"S-{n},Shop {n},Elm\n" for n in range(10, 15)))
    for run, change in ((first, "gained"), (second, "gained"), (second, "kept")):
        pages = paged(shops, f"/v1/runs/{run}/facts", 2, change=change)
        assert max(len(page["facts"]) for page in pages) <= 2
        assert [one["text"] for page in pages for one in page["facts"]] == texts(shops, run, change)
    assert len(texts(shops, second, "gained")) > 5


def test_facts_of_several_files_come_page_by_page_to_their_end(shops: TestClient) -> None:
    many = "id,name,town\n" + "".join(f"S-{n},Shop {n},Elm\n" for n in range(300, 600))
    spec = DATASET.replace("files: [data/shops.csv]", "files: [data/shops.csv, data/more.csv]")
    files = {
        "data/shops.csv": many,
        "data/more.csv": many.replace("S-", "S-1").replace("Elm", "Tarn"),
        "shops.yml": spec,
    }
    run = str(shops.post("/v1/loads", json=body(files)).json()["runs"][0]["id"])
    pages = paged(shops, f"/v1/runs/{run}/facts", 70, change="gained")
    told = [one["text"] for page in pages for one in page["facts"]]
    assert len(told) == len(set(told)) == 600


def test_what_a_caller_may_not_read_is_not_listed(shops: TestClient, store: str) -> None:
    load(shops, ROWS, classification="restricted")
    lowered = load(shops, ROWS.replace("Mill Shop,Tarn", "Mill Shop,Elm"), classification="public")
    settings = Settings(store=store, ceiling=Classification.PUBLIC)
    services = open_services(settings)
    with TestClient(create_app(services, settings), base_url=BASE) as public:
        assert texts(public, lowered, "gained") == ["Mill Shop (S-2) is in the town of Elm."]
        assert texts(public, lowered, "lost") == []
        steps = public.get(f"/v1/history/entities/{SHOP}").json()["steps"]
        assert [one["text"] for step in steps for one in step["went"]] == []
    services.store.close()


def test_the_history_of_a_thing_says_what_came_and_went_with_each_run(shops: TestClient) -> None:
    first = load(shops, ROWS)
    load(shops, ROWS + "S-3,New Shop,Elm\n")
    third = load(shops, MOVED)
    steps = shops.get(f"/v1/history/entities/{SHOP}").json()["steps"]
    assert [one["run"]["id"] for one in steps] == [third, first]
    newest, oldest = steps
    assert [one["value"] for one in newest["came"]] == ["Elm"]
    assert [one["value"] for one in newest["went"]] == ["Tarn"]
    assert (newest["before"]["name"], newest["after"]["name"]) == ("Mill Shop", "Old Mill")
    assert oldest["before"] is None
    gone = shops.get("/v1/history/entities/shop:S-1").json()["steps"][0]
    assert (gone["run"]["id"], gone["after"], gone["before"]["name"]) == (third, None, "Corner Shop")


def test_the_history_of_a_fact_says_who_said_it_and_until_when(shops: TestClient) -> None:
    first = load(shops, ROWS)
    (fact,) = [one["fact"] for one in shops.get(f"/v1/entities/{SHOP}").json()["facts"]]
    third = load(shops, MOVED)
    assert shops.get(f"/v1/facts/{fact}").status_code == 404
    newest, oldest = shops.get(f"/v1/history/facts/{fact}").json()["steps"]
    assert (newest["run"]["id"], newest["came"]) == (third, [])
    assert [one["locator"] for one in newest["went"]] == ["line 3#town"]
    assert (oldest["run"]["id"], oldest["text"]) == (first, "Mill Shop (S-2) is in the town of Tarn.")


def test_a_history_goes_on_to_older_runs(shops: TestClient) -> None:
    runs = [load(shops, ROWS.replace("Mill Shop,Tarn", f"Mill Shop,Town {number}")) for number in range(4)]
    pages = paged(shops, f"/v1/history/entities/{SHOP}", 1)
    assert [one["run"]["id"] for page in pages for one in page["steps"]] == runs[::-1]


@pytest.mark.parametrize("path", ["entities/shop:S-9", "facts/f-0", "entities/shop:S-2?after=run-0"])
def test_what_was_never_there_has_no_history(shops: TestClient, path: str) -> None:
    load(shops, ROWS)
    assert shops.get(f"/v1/history/{path}").status_code == 404


def test_rejections_come_page_by_page(shops: TestClient) -> None:
    rows = "id,name,town\n" + "".join(f"S-{n},Shop {n},Elm\nX{n},Odd {n},Elm\n" for n in range(5))
    run = load(shops, rows)
    first = shops.get(f"/v1/runs/{run}", params={"limit": 3}).json()
    assert (len(first["rejections"]), first["cut"], first["next"]) == (3, True, 3)
    second = shops.get(f"/v1/runs/{run}", params={"limit": 3, "after": 3}).json()
    assert (len(second["rejections"]), second["cut"], second["next"]) == (2, False, None)
    assert second["rejections"][-1]["record"]["name"] == "Odd 4"


def test_runs_come_page_by_page(shops: TestClient) -> None:
    made = [load(shops, ROWS) for _ in range(5)]
    assert [one["id"] for page in paged(shops, "/v1/runs", 2) for one in page["runs"]] == made[::-1]
    assert shops.get("/v1/runs", params={"after": "run-0"}).json()["code"] == "run_not_found"


def test_a_dataset_is_fresh_until_its_next_load_is_due(shops: TestClient) -> None:
    run = load(shops, ROWS, refresh="monthly")
    (held,) = shops.get("/v1/datasets").json()["datasets"]
    assert (held["refresh"], held["run"], held["overdue"]) == ("monthly", run, False)
    assert held["due_at"] > held["loaded_at"]
    again = load(shops, ROWS, refresh="monthly")
    assert shops.get("/v1/datasets").json()["datasets"][0]["run"] == again


def test_a_dataset_is_overdue_when_its_time_is_over(store: str) -> None:
    services = open_services(Settings(store=store))
    with TestClient(create_app(services), base_url=BASE) as client:
        load(client, ROWS, refresh="daily")
    later = type(services)(
        services.store, services.decisions, services.runs, services.prompts, services.keys, services.audit,
        lambda: services.clock().replace(year=services.clock().year + 1), services.core,
    )  # fmt: skip
    with TestClient(create_app(later), base_url=BASE) as client:
        assert client.get("/v1/datasets").json()["datasets"][0]["overdue"]
    services.store.close()


def test_a_refresh_that_is_none_is_refused(shops: TestClient) -> None:
    reply = shops.post("/v1/loads", json=body({"shops.yml": f"{DATASET}refresh: often\n"}))
    assert (reply.status_code, reply.json()["code"]) == (422, "mapping_invalid")
