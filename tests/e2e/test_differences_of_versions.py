"""The differences that loads of ATT&CK and its control mappings tell are those of the published files themselves."""

from __future__ import annotations

import csv
import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kg.bootstrap import Services, core_ontology
from kg.domain.difference import Difference, difference
from kg.domain.fact import Fact
from kg.domain.lineage import Run
from loaders.jobs import load_files
from tests.builders import MakeStore, TickingClock
from tests.e2e.domains import EXAMPLES, FOLDERS

pytestmark = pytest.mark.data
Pairs = set[tuple[str, str]]


# All of it takes Neo4j over a minute; what the stores have to agree on is in the contract.
KINDS: list[Any] = ["sqlite-file"]
if os.environ.get("WHENCE_PROOFS") == "1":
    KINDS.append(pytest.param("neo4j", marks=pytest.mark.neo4j))


@pytest.fixture(params=KINDS)
def told(
    request: pytest.FixtureRequest, make_store: MakeStore, clock: TickingClock, data: Path
) -> dict[str, tuple[Run, Difference]]:
    """Each run with its difference, by dataset version."""
    store = make_store(request.param)
    services = Services(store, store, store, store, store, store, clock, core_ontology())
    files = [EXAMPLES / "cyber" / f"{name}.yml" for name in ("ontology", "attack-16.1", "attack-18.1", "nist-800-53")]
    files += [EXAMPLES / "cyber" / f"control-mapping-{version}.yml" for version in ("12.1", "14.1", "16.1")]
    runs = load_files(files, data / FOLDERS["cyber"], services, lambda *_: None)
    return {f"{run.dataset}@{run.version}": (run, difference(store.changes(run.id))) for run in runs}


def test_the_differences_are_those_of_the_files(told: dict[str, tuple[Run, Difference]], data: Path) -> None:
    """One test, since loading all of it takes long."""
    attack(told, data / FOLDERS["cyber"])
    mappings(told, data / FOLDERS["cyber"] / "mappings")


# --- ATT&CK ---


def attack(told: dict[str, tuple[Run, Difference]], folder: Path) -> None:
    old, new = (bundle(folder / f"enterprise-attack-{version}.stix2.0.json.gz") for version in ("16.1", "18.1"))
    run, found = told["attack-enterprise@18.1"]
    assert run.compared == "attack-enterprise@16.1"
    assert keys(found.came) == set(things(new)) - set(things(old))
    assert len(found.came) > 800
    assert keys(found.went) == set(things(old)) - set(things(new)) == set()
    assert pairs(found.replaced) == revoked_by(new) - revoked_by(old) == {("T1574.002", "T1574.001")}
    assert {(key(entity), status) for entity, status in found.withdrawn} == statuses(new) - statuses(old)
    assert ends(found.facts["mitigates"].gained) == tied(new, "mitigates") - tied(old, "mitigates")
    assert ends(found.facts["mitigates"].lost) == tied(old, "mitigates") - tied(new, "mitigates")
    assert len(found.facts["mitigates"].lost) > 0


def bundle(path: Path) -> dict[str, Any]:
    with gzip.open(path) as file:
        return {one["id"]: one for one in json.load(file)["objects"]}


TYPES = {
    "attack-pattern", "intrusion-set", "malware", "tool", "campaign", "course-of-action", "x-mitre-tactic",
    "x-mitre-data-source", "x-mitre-data-component", "x-mitre-detection-strategy",
}  # fmt: skip


def number(thing: dict[str, Any]) -> str:
    """The ATT&CK number; components of data had none in the older version, so they go by their STIX id."""
    if thing["type"] == "x-mitre-data-component":
        return str(thing["id"])
    names = (one for one in thing["external_references"] if one["source_name"] == "mitre-attack")
    return str(next(names)["external_id"])


def things(objects: dict[str, Any]) -> dict[str, Any]:
    return {number(one): one for one in objects.values() if one["type"] in TYPES}


def statuses(objects: dict[str, Any]) -> Pairs:
    said = {name: (one.get("revoked"), one.get("x_mitre_deprecated")) for name, one in things(objects).items()}
    return {
        (name, "revoked" if revoked else "deprecated") for name, (revoked, other) in said.items() if revoked or other
    }


def tied(objects: dict[str, Any], kind: str) -> Pairs:
    return {
        (number(objects[one["source_ref"]]), number(objects[one["target_ref"]]))
        for one in objects.values()
        if one.get("relationship_type") == kind
    }


def revoked_by(objects: dict[str, Any]) -> Pairs:
    return tied(objects, "revoked-by")


# --- mappings ---

MOBILE = "T1521.003"
"""A technique of another matrix; its mapping is rejected."""


def mappings(told: dict[str, tuple[Run, Difference]], folder: Path) -> None:
    said = {"12.1": set(of_table(folder / "attack-12-1-to-nist800-53-r5-mappings.tsv"))}
    for version in ("14.1", "16.1"):
        said[version] = set(of_json(folder / f"nist_800_53-rev5_attack-{version}-enterprise.json.gz"))
    for before, after in (("12.1", "14.1"), ("14.1", "16.1")):
        run, found = told[f"control-mapping@{after}"]
        assert run.compared == f"control-mapping@{before}"
        gained, lost = ends(found.facts["mapped_to"].gained), ends(found.facts["mapped_to"].lost)
        assert lost == said[before] - said[after]
        assert gained == {pair for pair in said[after] - said[before] if pair[1] != MOBILE}
        assert min(len(gained), len(lost)) > 0


def of_table(path: Path) -> Iterator[tuple[str, str]]:
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            yield control(row["controlID"]), row["techniqueID"]


def of_json(path: Path) -> Iterator[tuple[str, str]]:
    with gzip.open(path) as file:
        for one in json.load(file)["mapping_objects"]:
            if one["status"] == "complete" and one["mapping_type"] in ("mitigates", "protects"):
                yield control(one["capability_id"]), one["attack_object_id"]


def control(text: str) -> str:
    """``AC-02`` and ``AC-2`` are one."""
    family, _, rest = text.partition("-")
    return f"{family}-{int(rest)}" if rest.isdigit() else text


def key(entity: str) -> str:
    return entity.partition(":")[2]


def keys(entities: tuple[str, ...]) -> set[str]:
    return {key(one) for one in entities}


def pairs(found: tuple[tuple[str, str], ...]) -> Pairs:
    return {(key(one), key(other)) for one, other in found}


def ends(facts: tuple[Fact, ...]) -> Pairs:
    return {(key(fact.subject), key(str(fact.target))) for fact in facts}
