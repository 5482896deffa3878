"""Training on the small supply example, for real: the file, asking with it, and files that are none."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.questions import read_questions
from kg.answer.adapter import Adapter, Calibrator, chosen, load, save, shipped, to_document
from kg.answer.confidence import GIVEN, NOTHING, UNMEASURED
from kg.answer.learned import chains_from, comes_back
from kg.answer.pipeline import answer
from kg.answer.train import TrainingSet, train
from kg.backends.sqlite.store import SqliteStore
from kg.bootstrap import Services, core_ontology
from kg.domain.decision import Document
from kg.domain.plan_json import from_json
from kg.domain.question import Question
from kg.domain.scope import Scope
from kg.errors import AdapterInvalid, AdapterUnfit, TrainingRefused
from loaders.jobs import load_files
from tests.builders import TickingClock
from tests.conftest import ROOT

SUPPLY = ROOT / "examples" / "supply"
ASKED = "Which suppliers deliver sunflower oil?"
PHRASED = (
    "who could we get {} from",
    "where would {} come from",
    "get us {} from whom",
    "from whom could {} come",
)
"""Wordings whose verbs the ontology of the example does not have."""


@pytest.fixture(scope="module")
def supply(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    core = core_ontology()
    store = SqliteStore(str(tmp_path_factory.mktemp("supply") / "supply.db"), core, TickingClock())
    services = Services(store, store, store, store, store, store, TickingClock(), core)
    assert all(run.state == "complete" for run in load_files(sorted(SUPPLY.glob("*.yml")), None, services, _told))
    yield services
    store.close()


def _told(*_: object) -> None:
    pass


def ask(services: Services, text: str, adapter: Adapter, **more: Any) -> Document:
    return answer(Question(text), services.store, services.decisions, services.clock, adapter=adapter, **more)


def questions(services: Services) -> list[dict[str, Any]]:
    """Who supplies each ingredient, in words of our own, with the answers read from the graph."""
    view = services.store.view(Scope())
    ids = view.scan(["Ingredient"], 40).ids
    names = view.entities(ids)
    found = []
    for place, one in enumerate(ids):
        facts = view.follow([one], ["supplies"], "in", 100).facts
        who = view.entities({fact.subject for fact in facts})
        if who:
            text = PHRASED[place % len(PHRASED)].format(names[one].name)
            keys = sorted(supplier.keys[0] for supplier in who.values())
            found.append(
                {"id": f"q{place}", "kind": "lookup", "question": text, "answer": {"type": "list", "ids": keys}}
            )
    return found


@pytest.fixture(scope="module")
def trained(supply: Services) -> Adapter:
    return train([TrainingSet(questions(supply), supply.store, Scope())], _told)


def test_words_that_the_ontology_lacks_are_learned(supply: Services, trained: Adapter) -> None:
    text = "where would sunflower oil come from"
    before, after = ask(supply, text, Adapter()), ask(supply, text, trained)
    plain = ask(supply, ASKED, Adapter())
    assert before["outcome"] == "abstained"
    assert after["answer"]["entities"] == plain["answer"]["entities"] != []
    assert after["versions"]["adapter"] == trained.id


def test_the_same_questions_give_the_same_bytes(supply: Services, trained: Adapter, tmp_path: Path) -> None:
    again = train([TrainingSet(questions(supply), supply.store, Scope())], _told)
    save(trained, tmp_path / "one.json")
    save(again, tmp_path / "two.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_what_was_saved_is_what_is_loaded(trained: Adapter, tmp_path: Path) -> None:
    assert save(trained, tmp_path / "a.json") == trained.id
    assert to_document(load(tmp_path / "a.json")) == to_document(trained)


def test_a_cue_that_training_never_met_is_not_passed_over(supply: Services, trained: Adapter) -> None:
    document = ask(supply, "how many suppliers could we get sunflower oil from", trained)
    assert document["answer"]["type"] in (None, "count")


def test_the_file_says_what_it_was_trained_on(supply: Services, trained: Adapter) -> None:
    manifest = trained.manifest
    assert manifest["questions"] == len(questions(supply))
    assert manifest["words_learned_from"] > 0
    assert "supply@1" in manifest["ontologies"]
    assert sum(manifest["quality"]["trained"].values()) == manifest["asked"]


def test_the_measured_quality_is_better_than_before(trained: Adapter) -> None:
    quality = trained.manifest["quality"]
    share = {
        name: counts["right"] / sum(counts.values())
        for name, counts in quality.items()
        if counts and name != "with_threshold"
    }
    assert share["trained"] > share["hand_set"]


def test_too_few_questions_are_refused(supply: Services) -> None:
    with pytest.raises(TrainingRefused, match="too few"):
        train([TrainingSet(questions(supply)[:3], supply.store, Scope())], _told)


def test_without_the_extra_training_says_what_to_install(supply: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(TrainingRefused, match=r"whence\[train\]"):
        train([TrainingSet(questions(supply), supply.store, Scope())], _told)


def test_asking_with_an_adapter_needs_no_extra(
    supply: Services, trained: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("sklearn", "numpy", "scipy"):
        monkeypatch.setitem(sys.modules, name, None)
    assert ask(supply, "from whom would sunflower oil come", trained)["outcome"] == "answered"


# --- files that are none ------------------------------------------------------------------------------------------


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AdapterInvalid, match=r"nothing\.json.*whence adapters train"):
        load(tmp_path / "nothing.json")


@pytest.mark.parametrize(
    "text", ["", "not json", "[]", "{}", '{"whence_adapter": 99}', "[" * 100_000, '{"whence_adapter": 1}']
)
def test_a_file_that_is_no_adapter_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.json"
    path.write_text(text, "utf-8")
    with pytest.raises(AdapterInvalid, match=r"odd\.json"):
        load(path)


def test_a_changed_file_is_damaged(trained: Adapter, tmp_path: Path) -> None:
    path = tmp_path / "changed.json"
    save(trained, path)
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"threshold": 0.123}), "utf-8")
    with pytest.raises(AdapterInvalid, match="damaged"):
        load(path)


def test_an_adapter_of_another_ontology_is_refused(supply: Services) -> None:
    foreign = Adapter(steps={"orbits": {"subjects": ["Moon"], "objects": ["Planet"], "value": None}}, id="sha256:x")
    with pytest.raises(AdapterUnfit, match=r"'orbits'.*whence adapters train"):
        ask(supply, ASKED, foreign)


def test_a_predicate_that_joins_other_types_is_refused(supply: Services, trained: Adapter) -> None:
    other = Adapter(steps={name: joins | {"objects": ["Moon"]} for name, joins in trained.steps.items()})
    with pytest.raises(AdapterUnfit, match="joined other types"):
        ask(supply, ASKED, other)


# --- how sure -----------------------------------------------------------------------------------------------------


def test_an_answer_carries_how_sure_it_is(supply: Services) -> None:
    document = ask(supply, ASKED, Adapter(calibrator=Calibrator(0.0, {"per_word": 1.0})))
    assert 0.5 < document["confidence"]["value"] < 1
    assert document["confidence"]["reason"] is None


def test_below_the_threshold_the_reading_is_shown_and_not_answered(supply: Services) -> None:
    sure = ask(supply, ASKED, Adapter())
    document = ask(supply, ASKED, Adapter(calibrator=Calibrator(-3.0, {}), threshold=0.5))
    assert document["outcome"] == "abstained"
    assert sure["interpretation"] in document["answer"]["reason"]
    assert document["plan"] == sure["plan"]
    assert document["answer"]["entities"] == []
    assert ask(supply, ASKED, Adapter(), given=from_json(document["plan"]))["outcome"] == "answered"


def test_no_number_is_made_up(supply: Services) -> None:
    calibrated = Adapter(calibrator=Calibrator(0.0, {}))
    plan = from_json(ask(supply, ASKED, calibrated)["plan"])
    reasons = {
        GIVEN: ask(supply, ASKED, calibrated, given=plan),
        NOTHING: ask(supply, "zzgrmpf qwx", calibrated),
        UNMEASURED: ask(supply, ASKED, Adapter()),
    }
    for reason, document in reasons.items():
        assert document["confidence"] == {"value": None, "reason": reason}


def test_the_shipped_adapter_fits_any_graph(supply: Services) -> None:
    document = ask(supply, ASKED, shipped())
    assert document["outcome"] == "answered"
    assert document["versions"]["adapter"] == shipped().id
    assert chosen("none") == Adapter()


def test_chains_that_come_back_are_told_apart() -> None:
    assert comes_back((("owns", "out"), ("owns", "in")))
    assert not comes_back((("owns", "out"), ("owns", "out")))
    assert not comes_back((("owns", "out"),))


def test_chains_are_bounded_and_shortest_first(supply: Services) -> None:
    chains = chains_from(supply.store.view(Scope()).ontology(), "Supplier")
    sizes = [len(chain) for chain in chains]
    assert sizes == sorted(sizes)
    assert max(sizes) <= 3


# --- the command line ---------------------------------------------------------------------------------------------


def test_train_show_and_ask_on_the_command_line(supply: Services, tmp_path: Path) -> None:
    run = CliRunner().invoke
    store = f"sqlite:{tmp_path / 'cli.db'}"
    assert run(app, ["--store", store, "load", *map(str, sorted(SUPPLY.glob("*.yml")))]).exit_code == 0
    asked, file = tmp_path / "asked.jsonl", tmp_path / "own.json"
    asked.write_text("".join(json.dumps(one) + "\n" for one in questions(supply)), "utf-8")
    made = run(app, ["--store", store, "adapters", "train", str(asked), "--out", str(file), "--json"])
    assert made.exit_code == 0, made.output
    assert json.loads(run(app, ["adapters", "show", str(file), "--json"]).output)["id"] == load(file).id
    told = run(app, ["--store", store, "ask", "from whom would sunflower oil come", "--adapter", str(file), "--json"])
    assert json.loads(told.output)["versions"]["adapter"] == load(file).id
    assert len(read_questions([asked])) == len(questions(supply))
    assert len(json.loads(told.output)["answer"]["entities"]) > 0
