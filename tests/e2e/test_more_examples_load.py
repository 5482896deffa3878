"""Examples that no question set asks: all of their data loads on both stores, counted, and what is left out is said.

Of the largest only some files are loaded into the server, or none where another example has their format, and all of
them as a proof (``WHENCE_PROOFS=1``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import pytest

from kg.bootstrap import Services
from kg.domain.fact import EntityId, Fact, Literal
from kg.domain.ontology import Direction, Ontology
from kg.domain.scope import Scope
from kg.ports.clock import system_clock
from kg.ports.store import GraphView
from loaders.jobs import load_files
from tests.builders import Kind, MakeStore
from tests.e2e.counts import COUNTS, FILMS, Counts
from tests.e2e.domains import EXAMPLES, FOLDERS
from tests.e2e.test_public_data_is_read import FOLDERS as DATA

PART = {
    "compliance": ("catalog-yaml", "goodread"),
    "dbt": ("manifest-1.12", "catalog-1.12", "run-results"),
    "hetionet": ("kinds-of-nodes", "kinds-of-edges", "metagraph"),
    "music": ("music-schema",),
}
"""Dataset files that are loaded into the server where proofs are not asked for."""
LEFT = ("defend", "privacy", "schema-org")
"""Examples that are loaded into the server as a proof alone: the others bring RDF, JSON and CSV too."""
BESIDE = {"compliance": ("cyber/attack-16.1.yml",)}
"""Files of other examples that an example refers to."""
PROOFS = os.environ.get("WHENCE_PROOFS") == "1"
WHOLE = {name: counts for name, counts in COUNTS.items() if name not in FOLDERS} | (FILMS if PROOFS else {})

pytestmark = pytest.mark.data


def files_of(name: str, kind: Kind) -> list[Path]:
    """All dataset files of the example, or some."""
    if kind == "neo4j" and not PROOFS and name in PART:
        return [EXAMPLES / name / f"{stem}.yml" for stem in PART[name]]
    return sorted((EXAMPLES / name).glob("*.yml")) + [EXAMPLES / other for other in BESIDE.get(name, ())]


def loaded(services: Services, files: Sequence[Path], folder: Path) -> dict[str, Counts]:
    """Of each dataset: records, skipped and rejected. None is loaded twice, no field is left over."""
    runs = list(load_files(files, folder, services, lambda *_: None))
    assert {run.state for run in runs} == {"complete"}
    assert {field for run in runs for field in run.left_over} == set()
    for run in runs:
        # A record may be rejected for several reasons, each kept; none without one.
        reasons = [one.reason for one in services.runs.rejections(run.id)]
        assert len(reasons) >= run.rejected
        assert all(reasons)
    return {f"{run.dataset}@{run.version}": (run.records, run.skipped, run.rejected) for run in runs}


def services_of(kind: Kind, make_store: MakeStore, core: Ontology) -> Services:
    store = make_store(kind)
    return Services(store, store, store, store, store, store, system_clock, core)


ON = [
    *((name, "sqlite-file") for name in sorted(WHOLE)),
    *(pytest.param(name, "neo4j", marks=pytest.mark.neo4j) for name in sorted(WHOLE) if PROOFS or name not in LEFT),
]


@pytest.mark.parametrize(("name", "kind"), ON)
def test_all_of_an_example_loads_with_every_record_accounted_for(
    name: str, kind: Kind, make_store: MakeStore, core: Ontology, data: Path
) -> None:
    services, files = services_of(kind, make_store, core), files_of(name, kind)
    found = loaded(services, files, data / DATA[name])
    if len(files) < len(WHOLE[name]):
        assert found.items() <= WHOLE[name].items()
        assert len(found) == len(files)
    else:
        assert found == WHOLE[name]
        LOOKS[name](services)


# --- what the graph then says ---


def named(view: GraphView, name: str) -> EntityId:
    [found] = view.named([name], 5)[name]
    return found


def reached(view: GraphView, start: Collection[EntityId], predicate: str, direction: Direction = "out") -> set[str]:
    """Ids, or values, that the predicate leads to."""
    facts = view.follow(sorted(start), [predicate], direction, 1_000).facts
    ends = [fact.object if direction == "out" else fact.subject for fact in facts]
    return {end.value if isinstance(end, Literal) else end for end in ends}


def privacy(services: Services) -> None:
    view = services.store.view(Scope())
    assert view.profile().entities == {"Term": 2_334}
    term = named(view, "organisational measure")
    assert len(reached(view, [term], "broader", "in")) == 19
    fact = view.follow([term], ["definition"], "out", 1).facts[0]
    [said] = view.assertions([fact.id])[fact.id]
    assert said.locator == "<https://w3id.org/dpv%23OrganisationalMeasure>#skos:definition"


def hetionet(services: Services) -> None:
    votes = ("votes-ajg", "votes-csh", "votes-pk")
    facts = {name: services.store.view(Scope(datasets=("hetionet-nodes", name))).profile().facts for name in votes}
    assert {name: one["modifies"] for name, one in facts.items()} == {
        "votes-ajg": 599,
        "votes-csh": 593,
        "votes-pk": 755,
    }
    view = services.store.view(Scope())
    assert view.profile().facts["disputed_for"] == 34
    assert reached(view, ["edge_kind:Gene > regulates > Gene"], "leads_to") == {"node_kind:Gene"}


def compliance(services: Services) -> None:
    """The controls are the same in both syntaxes; a finding leads to the system, the control and the risk."""
    forms = [services.store.view(Scope(datasets=(f"nist-800-53-{form}",))) for form in ("yaml", "xml")]
    enhances = [[fact.id for fact in every(view, "Control", "enhances")] for view in forms]
    assert enhances[0] == enhances[1]
    assert len(enhances[0]) == 867
    view = services.store.view(Scope())
    baselines = view.named(["low baseline", "moderate baseline", "high baseline", "privacy baseline"], 5)
    assert {name: len(reached(view, ids, "in_catalog_of", "in")) for name, ids in baselines.items()} == {
        "low baseline": 149,
        "moderate baseline": 287,
        "high baseline": 370,
        "privacy baseline": 102,
    }
    assert len(reached(view, baselines["privacy baseline"], "in_baseline", "in")) == 96
    assert len(every(view, "Control", "mapped_to")) == 4_929
    findings = reached(view, ["control:AC-6(1)"], "finding_on", "in")
    assert reached(view, findings, "satisfied") == {"not-satisfied"}
    assert reached(view, reached(view, findings, "raises"), "risk_state") == {"investigating"}
    assert reached(view, reached(view, findings, "found_in"), "implementation_state") == {"implemented"}


def dbt(services: Services) -> None:
    """Catalog, results and manifest speak of the same nodes; the version of a manifest is read by its name."""
    view = services.store.view(Scope())
    orders = "dbt:model.jaffle_shop.orders"
    assert reached(view, [orders], "table_kind") == {"BASE TABLE"}
    assert reached(view, reached(view, [orders], "run_of", "in"), "result") == {"success"}
    failed = [fact.subject for fact in every(view, "NodeRun", "result") if fact.object == Literal("error")]
    assert reached(view, failed, "run_of") == {"dbt:model.jaffle_shop.test_insert_overwrite"}
    assert "dbt:model.jaffle_shop.stg_orders" in reached(view, [orders], "parent_of", "in")
    models = {
        version: services.store.view(Scope(datasets=(f"jaffle-shop@{version}",))).profile().entities["Model"]
        for version in ("1.0", "1.10", "1.12")
    }
    assert models == {"1.0": 6, "1.10": 13, "1.12": 13}


def openlineage(services: Services) -> None:
    view = services.store.view(Scope())
    pie = "ol_job:grandmas.kitchen/prepare_apple_pie"
    assert reached(view, [pie], "reads") >= {"ol_dataset:grandmas.kitchen/apple.filling"}


def defend(services: Services) -> None:
    view = services.store.view(Scope())
    assert reached(view, ["d3fend:D3-FE"], "encrypts") == {"d3fend_thing:d3f:File"}
    assert reached(view, ["technique:T1078"], "uses_artifact") == {"d3fend_thing:d3f:UserAccount"}
    assert reached(view, ["control:IA-2(1)"], "asks_for") == {"d3fend:D3-MFA"}


def fibo(services: Services) -> None:
    view = services.store.view(Scope())
    bank = "fibo:fibo:EXMP/LegalEntities/FinancialInstitutionExamples/WellsFargoBankNationalAssociation"
    assert reached(view, [f"{bank}Ownership"], "ownership_share") == {"97.9"}
    assert len(every(view, "OntologyClass", "kind_of")) == 220


def schema_org(services: Services) -> None:
    view = services.store.view(Scope())
    assert reached(view, ["schema_term:schema:Monday"], "value_of") == {"schema_term:schema:DayOfWeek"}
    assert reached(view, ["schema_term:schema:Person"], "subclass_of") == {"schema_term:schema:Thing"}


def music(services: Services) -> None:
    view = services.store.view(Scope())
    assert reached(view, ["music_thing:A_Head_Full_of_Dreams"], "released") == {"2015-12-04"}


def ssvc(services: Services) -> None:
    view = services.store.view(Scope())
    assert reached(view, ["ssvc_table:ssvc:DT_U:1.0.0"], "uses_point") == {
        "ssvc_point:ssvc:A:2.0.0",
        "ssvc_point:ssvc:U:1.0.1",
        "ssvc_point:ssvc:VD:1.0.0",
    }
    assert reached(view, ["ssvc_rule:utility/0"], "rule_gives") == {"laborious"}


def drugmech_files(services: Services) -> None:
    view = services.store.view(Scope())
    assert view.profile().facts["indicated_for"] == 59


def metaqa(services: Services) -> None:
    profile = services.store.view(Scope()).profile()
    assert profile.entities == {
        "Genre": 22, "Language": 95, "Movie": 16_425, "Person": 21_266, "Tag": 4_846, "Year": 104,
    }  # fmt: skip
    assert sum(profile.facts.values()) == 229_722


def every(view: GraphView, kind: str, predicate: str) -> list[Fact]:
    """All facts of a predicate about things of one type."""
    ids = view.scan([kind], 10_000).ids
    return list(view.follow(ids, [predicate], "out", 1_000).facts)


LOOKS: dict[str, Callable[[Services], None]] = {
    "privacy": privacy,
    "hetionet": hetionet,
    "compliance": compliance,
    "dbt": dbt,
    "openlineage": openlineage,
    "defend": defend,
    "fibo": fibo,
    "schema-org": schema_org,
    "music": music,
    "ssvc": ssvc,
    "drugmech-files": drugmech_files,
    "metaqa": metaqa,
}
