"""Random questions over the example data, and what happens to the data after they were asked, five times over."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

from kg.bootstrap import Services
from kg.domain.prompt import Template
from kg.domain.scope import Scope
from loaders.jobs import load_files
from loaders.retirement import retire

SUPPLY = Path(__file__).resolve().parents[2] / "examples" / "supply"
ASKED = (
    "Which suppliers deliver {ingredient}?",
    "How many suppliers deliver {ingredient}?",
    "Which ingredients does {supplier} deliver?",
    "Which suppliers of {ingredient} hold no valid organic certificate?",
    "How many of the suppliers of {ingredient} hold a valid organic certificate, and out of how many?",
    "Does {supplier} deliver {ingredient}?",
    "Which products contain ingredients supplied by {supplier}?",
    "Which products use {ingredient}?",
    "What is the risk rating of {supplier}?",
    "In which country is {supplier} based?",
    "Which has more suppliers, {ingredient} or {other}?",
    "Which ingredients do {supplier} and {rival} both supply?",
    "If {supplier} stops delivering, which ingredients lose their only supplier?",
    "How is {supplier} connected to {ingredient}?",
    "Group the suppliers of {ingredient} by country.",
    "Which suppliers of {ingredient} are in the 2026-03 supplier register but not in the 2025-09 one?",
    "Which suppliers of {ingredient} held a valid organic certificate on 1 June 2025?",
    "Which suppliers deliver {ingredient}, and which products use it?",
    "What is the lead time for {ingredient} from {supplier}?",
)
TEXTS = ("suppliers-2026-03.csv", "suppliers-2025-09.csv", "ingredients.csv", "watch-list.csv", "establishments.csv")
"""Files of which rows are taken away, or a value is changed."""


def copied(folder: Path) -> Path:
    """The example in a folder of its own, without what its dataset files expect of the whole; gives the data."""
    shutil.copytree(SUPPLY, folder / "supply")
    for path in (folder / "supply").glob("*.yml"):
        document = yaml.safe_load(path.read_text("utf-8"))
        if "dataset" in document:
            path.write_text(yaml.safe_dump(document | {"expect": {"rejected": 1.0}}))
    return folder / "supply" / "data"


def load(data: Path, services: Services) -> set[str]:
    """Load all of it; gives how the runs ended."""
    files = sorted(data.parent.glob("*.yml"))
    return {run.state for run in load_files(files, None, services, lambda *_: None)}


def questions(services: Services, count: int, seed: int) -> Iterator[str]:
    """So many random questions; each form comes as often."""
    chance = random.Random(seed)  # noqa: S311 (repeatable, not secret)
    view = services.store.view(Scope())
    named = {
        kind: sorted(one.name for one in view.entities(view.scan([kind], 1_000).ids).values())
        for kind in ("Supplier", "Ingredient")
    }
    for number in range(count):
        supplier, rival = chance.sample(named["Supplier"], 2)
        ingredient, other = chance.sample(named["Ingredient"], 2)
        yield ASKED[number % len(ASKED)].format(supplier=supplier, rival=rival, ingredient=ingredient, other=other)


def changes(data: Path, services: Services, seed: int) -> Iterator[Callable[[], None]]:
    """Seven changes, one after the other: five reloads, the fourth of the changes among them."""
    chance = random.Random(seed)  # noqa: S311 (repeatable, not secret)

    def reload() -> None:
        for name in TEXTS:
            path = data / name
            head, *rows = path.read_text("utf-8", "surrogateescape").splitlines()
            kept = [row for row in rows if chance.random() > 0.15]
            kept = [row.replace("ING-001", "ING-004") if chance.random() < 0.2 else row for row in kept]
            path.write_text("\n".join([head, *kept]) + "\n", "utf-8", "surrogateescape")
        assert load(data, services) <= {"complete", "unchanged"}

    def withdraw() -> None:
        retire("certificate-register", services, "ann", lambda _: None)

    def reword() -> None:
        held = services.store.ontology_document("supply")
        assert held is not None
        document = json.loads(held) | {"version": "99", "missing": []}
        for predicate in document["predicates"].values():
            predicate.pop("roles", None)
            predicate["world"] = "open"
        services.store.put_ontology("supply", json.dumps(document), "ann")

    def relabel() -> None:
        released = Template(
            "Say it in verse.", "{{ question }}", {"title": "answer", "type": "object", "properties": {}}
        )
        saved = services.prompts.save_prompt("answer", released, "verse", "ann")
        services.prompts.move_label("answer", "production", saved.number, "ann", "tried")
        reload()

    yield from (reload, withdraw, reword, relabel, reload, reload, reload)
