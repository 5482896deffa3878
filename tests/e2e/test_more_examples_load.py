"""Examples that no question set asks: all of their data loads, counted, and what is left out is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.bootstrap import Services
from kg.domain.ontology import Ontology
from kg.domain.scope import Scope
from kg.ports.clock import system_clock
from loaders.jobs import load_files
from tests.builders import Kind, MakeStore

EXAMPLES = Path(__file__).parents[2] / "examples"
STORES = ["sqlite-file", pytest.param("neo4j", marks=pytest.mark.neo4j)]


def loaded(services: Services, name: str, data: Path) -> dict[str, tuple[int, int, int]]:
    """Of each dataset: records, skipped and rejected. Every file of the example, none twice, nothing left over."""
    runs = list(load_files(sorted((EXAMPLES / name).glob("*.yml")), data, services, lambda *_: None))
    assert {run.state for run in runs} == {"complete"}
    assert {field for run in runs for field in run.left_over} == set()
    return {run.dataset: (run.records, run.skipped, run.rejected) for run in runs}


def services_of(kind: Kind, make_store: MakeStore, core: Ontology) -> Services:
    store = make_store(kind)
    return Services(store, store, store, system_clock, core)


@pytest.mark.data
@pytest.mark.parametrize("kind", STORES)
def test_the_privacy_vocabulary_loads_from_turtle(
    kind: Kind, make_store: MakeStore, core: Ontology, data: Path
) -> None:
    services = services_of(kind, make_store, core)
    assert loaded(services, "privacy", data / "rdf_ontologies" / "dpv") == {
        "dpv": (1_229, 106, 23),
        "dpv-risk": (587, 37, 0),
        "dpv-ai": (270, 29, 9),
        "dpv-eu-gdpr": (314, 64, 38),
        "dpv-eu-aiact": (201, 31, 35),
    }
    view = services.store.view(Scope())
    assert view.profile().entities == {"Term": 2_334}
    [term] = view.named(["organisational measure"], 5)["organisational measure"]
    assert len(view.follow([term], ["broader"], "in", 1_000).facts) == 19
    fact = view.follow([term], ["definition"], "out", 1).facts[0]
    [said] = view.assertions([fact.id])[fact.id]
    assert said.locator == "<https://w3id.org/dpv%23OrganisationalMeasure>#skos:definition"


@pytest.mark.data
def test_hetionet_and_the_votes_of_three_curators_load(make_store: MakeStore, core: Ontology, data: Path) -> None:
    services = services_of("sqlite-file", make_store, core)
    assert loaded(services, "hetionet", data / "biomed_hetionet") == {
        "hetionet-nodes": (47_031, 0, 0),
        "hetionet-bupropion": (18_474, 0, 0),
        "pharmacotherapydb": (1_388, 0, 0),
        "votes-ajg": (1_388, 0, 0),
        "votes-csh": (1_388, 0, 0),
        "votes-pk": (1_388, 0, 0),
    }
    facts = {name: services.store.view(Scope(datasets=("hetionet-nodes", name))).profile().facts for name in VOTES}
    assert {name: one["modifies"] for name, one in facts.items()} == {
        "votes-ajg": 599,
        "votes-csh": 593,
        "votes-pk": 755,
    }


VOTES = ("votes-ajg", "votes-csh", "votes-pk")
