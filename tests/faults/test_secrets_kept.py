"""Planted secrets never reach a model's server: evidence above its ceiling, redacted values and names; over HTTP."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from api.app import create_app
from kg.bootstrap import Services, models_of, open_services
from kg.domain.lineage import Classification
from kg.settings import Settings
from loaders.jobs import load_files
from tests.faults.attacked import ONTOLOGY, Obeying
from tests.model_server import serving

CONTACT = {"subject": "Mill", "value": "text", "phrases": ["has the contact"], "roles": ["contact"]}
SECRETS = ("Nightjar", "MILL-7", "Blackbird", "Zephyr", "GR-7", "halcyon", "vault", "Undisclosed")
VALUES = ("ann@mill.example", "0x5EC2E7")
PUBLIC = {
    "mills": "id,name,alias,grain,remark,contact\n"
    "MILL-1,Alder Mill,,GR-1,open all year,ann@mill.example\n"
    "MILL-2,Brook Mill,Old Weir,GR-1,closed in winter,0x5EC2E7\n"
    "MILL-2,Brook Mill,Old Weir,GR-2,closed in winter,0x5EC2E7\n"
    "MILL-3,Cove Mill,,GR-2,open in summer,\n",
    "grains": "id,name\nGR-1,Rye\nGR-2,Spelt\n",
}
RESTRICTED = {
    "hidden": "id,name,alias,grain,remark,contact\n"
    "MILL-7,Nightjar Works,Blackbird,GR-1,codeword halcyon,\n"
    "MILL-7,Nightjar Works,Old Weir,GR-2,codeword halcyon,\n"
    "MILL-7,Nightjar Works,,GR-7,codeword halcyon,\n"
    "MILL-3,Cove Mill,,GR-1,halcyon store,\n",
    "hidden-grains": "id,name\nGR-7,Zephyr wheat\n",
}
RULES = {
    "rules": ("public", "Rye is ground slowly. Write to ann@mill.example."),
    "orders": ("restricted", "Rye goes to the vault."),
}


def write(folder: Path) -> list[Path]:
    """The ontology and the dataset files."""
    ontology = ONTOLOGY | {"predicates": ONTOLOGY["predicates"] | {"contact": CONTACT}}
    documents: dict[str, Any] = {"ontology": ontology}
    mill = {"type": "Mill", "key": "id", "name": "name", "aliases": "alias"}
    facts = [{"predicate": "grinds", "object": {"type": "Grain", "key": "grain"}}]
    facts += [{"predicate": name, "value": name} for name in ("remark", "contact")]
    for name, text in (PUBLIC | RESTRICTED).items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
        mapped: dict[str, Any] = {"entity": {"type": "Grain", "key": "id", "name": "name"}}
        if "grain" in text.partition("\n")[0]:
            mapped = {"entity": mill, "facts": facts}
        level = "public" if name in PUBLIC else "restricted"
        documents[name] = dataset(name, level, f"{name}.csv", [mapped], format="csv")
    rule = {"type": "Rule", "key": "= {@file}#{place}"}
    said = [{"when": {"text": "*"}, "entity": rule, "facts": [{"predicate": "passage", "value": "text"}]}]
    for name, (level, text) in RULES.items():
        (folder / f"{name}.md").write_text(f"# Rules\n\n{text}\n", "utf-8")
        skip = [{"when": {"text": None}, "reason": "no text"}]
        documents[name] = dataset(name, level, f"{name}.md", said, format="markdown", skip=skip)
    for name, document in documents.items():
        (folder / f"{name}.yml").write_text(yaml.safe_dump(document), "utf-8")
    order = ("ontology", "grains", "hidden-grains", "mills", "hidden", "rules", "orders")
    return [folder / f"{name}.yml" for name in order]


def dataset(name: str, level: str, file: str, mapped: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    title = "Register" if level == "public" else "Undisclosed register"
    made = {"dataset": name, "version": "1", "title": title, "publisher": "Somebody", "licence": "CC0-1.0"}
    return made | {"classification": level, "ontology": "mill", "files": [file], "map": mapped} | more


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("secrets")
    opened = open_services(Settings(store=f"sqlite:{folder / 'mills.db'}"))
    for run in load_files(write(folder), None, opened, lambda *_: None):
        assert run.state == "complete"
    yield opened
    opened.store.close()


@contextlib.contextmanager
def asking(services: Services, folder: Path, **entry: Any) -> Iterator[tuple[httpx2.Client, Obeying]]:
    """The service, reading all that is restricted, with a model whose entry has these keys."""
    model = Obeying()
    with serving(model.app()) as address:
        file = folder / "models.yml"
        listed = {"name": "house", "model": "scripted", "base_url": address} | entry
        file.write_text(yaml.safe_dump({"models": [listed]}), "utf-8")
        settings = Settings(models=str(file), ceiling=Classification.RESTRICTED)
        assert services.models is not None
        held = replace(services, models=models_of(settings, services.models.spending, services.clock))
        with (
            serving(create_app(held, settings)) as url,
            httpx2.Client(base_url=url.removesuffix("/v1"), timeout=60) as http,
        ):
            yield http, model


def ask(http: httpx2.Client, question: str, **more: Any) -> dict[str, Any]:
    body = {"question": question, "scope": {"ceiling": "restricted"}} | more
    reply = http.post("/v1/decisions", json=body)
    assert reply.status_code == 201, reply.text
    document: dict[str, Any] = reply.json()
    return document


def sent(model: Obeying) -> str:
    """All that the server got, as text without escapes."""
    return json.dumps([json.loads(body) for body in model.bodies], ensure_ascii=False).replace("\\", "")


def leaked(model: Obeying, secrets: tuple[str, ...]) -> list[str]:
    text = sent(model).casefold()
    return [one for one in secrets if one.casefold() in text]


NAMED: dict[str, Any] = {"op": "entities", "ids": ["mill:MILL-7"]}
LURES: dict[str, tuple[str, dict[str, Any]]] = {
    "a link by key": ("What does MILL-7 grind?", {}),
    "a link by name": ("Which grains does Nightjar Works grind?", {}),
    "a link by alias": ("Which grains does Blackbird grind?", {}),
    "a link by a near spelling": ("Which grains does Nigthjar Works grind?", {}),
    "a hidden name that is shared": ("Which grains does Old Weir grind?", {}),
    "a hint": ("Which mills that are not MILL-7 grind rye?", {}),
    "a plan that is sent in": (
        "What does it grind?",
        {"plan": {"op": "follow", "source": NAMED, "predicate": "grinds", "direction": "out"}},
    ),
    "rows": ("Which mills grind rye?", {}),
    "a count": ("How many mills grind rye?", {}),
    "the most": ("Which mill grinds the most grains?", {}),
    "a comparison": ("Which has more mills, rye or spelt?", {}),
    "a value": ("What is the remark of Cove Mill?", {}),
    "a passage": ("What do the rules say about rye?", {}),
    "an absence": ("Which mills do not grind Zephyr wheat?", {}),
    "all of a kind": ("Which grains are there?", {}),
    "a group": ("Group the mills by grain.", {}),
}


@pytest.mark.parametrize("lure", LURES)
def test_nothing_above_the_models_ceiling_is_sent_and_the_answer_says_so(
    lure: str, services: Services, tmp_path: Path
) -> None:
    question, more = LURES[lure]
    with asking(services, tmp_path, ceiling="internal") as (http, model):
        document = ask(http, question, **more)
        plain = ask(http, question, model="none", **more)
    assert leaked(model, SECRETS) == []
    assert document["answer"]["rows"] == plain["answer"]["rows"]
    if document["outcome"] == "answered":
        assert document["writer"]["by"] == "extractive"
        assert "is classified above what house may see" in document["writer"]["reason"]


def test_what_rests_on_public_facts_alone_is_sent(services: Services, tmp_path: Path) -> None:
    with asking(services, tmp_path, ceiling="internal") as (http, model):
        document = ask(http, "What is the remark of Alder Mill?")
    assert document["writer"]["by"] == "model"
    assert "open all year" in sent(model)


REDACTED = (
    "What is the contact of Alder Mill?",
    "What is the contact of Brook Mill?",
    "Which mills have a known contact?",
    "Which mills have the contact 0x5EC2E7?",
    "What do the rules say about rye?",
)


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("question", REDACTED)
def test_redacted_values_are_not_sent_also_when_claims_are_mended(
    question: str, alone: bool, services: Services, tmp_path: Path  # noqa: FBT001 (a case)
) -> None:  # fmt: skip
    with asking(services, tmp_path, ceiling="restricted", redact=["contact"]) as (http, model):
        model.lies = alone
        document = ask(http, question)
    assert leaked(model, VALUES) == []
    assert document["outcome"] in ("answered", "ambiguous", "abstained")
    assert model.bodies


@pytest.mark.parametrize(
    "question", ["Which mills grind rye?", "What does Brook Mill grind?", "Which mill grinds the most grains?"]
)
def test_redacted_names_are_not_sent_where_the_question_has_them_neither(
    question: str, services: Services, tmp_path: Path
) -> None:
    with asking(services, tmp_path, ceiling="restricted", redact=["name"]) as (http, model):
        model.lies = True
        document = ask(http, question)
    assert document["outcome"] == "answered"
    assert leaked(model, ("Alder", "Brook", "Cove Mill", "Nightjar", "Spelt")) == []
    assert "MILL-" in sent(model)
