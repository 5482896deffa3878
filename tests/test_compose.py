"""The compose file and the Dockerfile, as far as they can be judged without a container engine."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")

document: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))
services: dict[str, dict[str, Any]] = document["services"]
each_service = pytest.mark.parametrize("name", sorted(services))


def test_the_compose_file_fits_the_compose_specification() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)],
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr


@each_service
def test_every_port_is_bound_to_the_local_machine(name: str) -> None:
    ports = services[name]["ports"]
    assert [port for port in ports if not re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)] == []


def test_no_service_shares_the_network_of_the_machine() -> None:
    assert [name for name, service in services.items() if "network_mode" in service] == []


@each_service
def test_every_service_runs_as_a_user_without_rights(name: str) -> None:
    service = services[name]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@each_service
def test_every_service_has_a_memory_limit(name: str) -> None:
    assert re.fullmatch(r"\d+[mg]", services[name]["mem_limit"])


def test_passwords_come_from_the_environment_and_have_no_default() -> None:
    values = {
        f"{name}.{key}": str(value)
        for name, service in services.items()
        for key, value in service["environment"].items()
        if re.search("auth|password|secret|token|key", key, re.IGNORECASE)
    }
    assert set(values) == {"neo4j.NEO4J_AUTH", "api.WHENCE_NEO4J_PASSWORD"}
    for value in values.values():
        assert re.fullmatch(r"(neo4j/)?\$\{WHENCE_NEO4J_PASSWORD:\?[^}]+\}", value)


def test_neo4j_is_the_pinned_community_release_with_its_data_in_a_named_volume() -> None:
    neo4j = services["neo4j"]
    assert neo4j["image"] == "neo4j:5.26-community"
    mounted = {volume.partition(":")[0] for volume in neo4j["volumes"]}
    assert mounted == set(document["volumes"])


def test_the_api_waits_for_a_healthy_neo4j() -> None:
    assert services["api"]["depends_on"] == {"neo4j": {"condition": "service_healthy"}}
    assert services["neo4j"]["healthcheck"]["test"]


def test_the_api_asks_who_calls_since_it_listens_on_all_addresses_of_its_container() -> None:
    assert services["api"]["environment"]["WHENCE_ACCESS"] == "on"
    assert '"--host", "0.0.0.0"' in DOCKERFILE


def test_the_api_cannot_write_to_its_own_files() -> None:
    assert services["api"]["read_only"] is True


def test_the_image_ends_as_a_user_without_rights_and_says_whether_it_is_well() -> None:
    last_stage = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
    users = re.findall(r"^USER (\S+)$", last_stage, re.MULTILINE)
    assert users == [services["api"]["user"]]
    assert "/healthz" in last_stage.partition("HEALTHCHECK")[2]


def test_the_image_installs_the_pinned_packages_and_what_a_server_for_others_needs() -> None:
    assert "pip install --no-cache-dir --quiet -c constraints.txt '.[access,otel]'" in DOCKERFILE


def test_the_image_holds_the_page_that_its_first_stage_built() -> None:
    first = DOCKERFILE[: DOCKERFILE.index("\nFROM python")]
    assert re.search(r"COPY api/web/package.json api/web/package-lock.json api/web/.npmrc ./\nRUN npm ci\n", first)
    assert "COPY --from=page /web/dist api/web/dist\n" in DOCKERFILE
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert {"api/web/node_modules", "api/web/dist"} <= set(ignored)
