"""Random questions over the supply data, random changes of its rows, and which decisions come out otherwise then.

Brute force runs every decision again after the change; what the runs are said to have touched is held against it.
"""

from __future__ import annotations

import gzip
import random
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kg.answer.pipeline import answer
from kg.bootstrap import Services
from kg.decisions.replay import as_now
from kg.domain.decision import Document, comparable
from kg.domain.lineage import Run
from kg.domain.question import Question
from kg.domain.scope import Scope
from kg.errors import DatasetNotFound, PlanInvalid
from loaders.jobs import load_files
from tests.conftest import ROOT

SUPPLY = ROOT / "examples" / "supply"
TABLES = {
    "suppliers-2026-03.csv": b",",
    "certificates.csv.gz": b",",
    "ingredients.csv": b";",
    "sites.tsv": b"\t",
    "establishments.csv": b",",
    "policies.tsv": b"\t",
}
"""Files whose rows are changed, with what parts their fields."""
ASKED = (
    "Which suppliers deliver {ingredient}?",
    "How many suppliers deliver {ingredient}?",
    "Which products contain {ingredient}?",
    "How many products contain {ingredient}?",
    "Which suppliers of {ingredient} hold no valid organic certificate?",
    "How many of the suppliers of {ingredient} hold a valid organic certificate?",
    "Group the suppliers of {ingredient} by country.",
    "Which products contain ingredients supplied by {supplier}?",
    "In which country is {supplier} based?",
    "What is the risk rating of {supplier}?",
    "Does {supplier} hold a gluten free certificate?",
    "Which incidents involve {supplier}?",
    "Which ingredients does {supplier} supply?",
    "If {supplier} stops delivering, which ingredients lose their only supplier?",
    "Which supplier delivers the most ingredients, and how many?",
)


@dataclass
class Tally:
    """What came of all batches."""

    decisions: int = 0
    rows: int = 0
    otherwise: int = 0
    """Decisions that came out otherwise, by brute force."""
    found: int = 0
    """Of these, those that were found."""
    carried: int = 0
    """Decisions that a change is said to have carried a claim of."""
    right: int = 0
    """Of these, those that came out otherwise."""
    looked_at: int = 0
    missed: list[str] = field(default_factory=list)
    brute_s: float = 0.0
    impact_s: float = 0.0

    @property
    def recall(self) -> float:
        return self.found / self.otherwise if self.otherwise else 1.0

    @property
    def precision(self) -> float:
        return self.right / self.carried if self.carried else 1.0


def copied(folder: Path) -> Path:
    """The example with what its files are expected to hold left out, since they will hold other things."""
    shutil.copytree(SUPPLY, folder, dirs_exist_ok=True)
    for path in folder.glob("*.yml"):
        told = yaml.safe_load(path.read_text("utf-8"))
        if "expect" in told:
            path.write_text(yaml.safe_dump(told | {"expect": {"rejected": 1.0}}, sort_keys=False), "utf-8")
    return folder


def loaded(folder: Path, services: Services) -> list[Run]:
    runs = list(load_files(sorted(folder.glob("*.yml")), None, services, lambda *_: None))
    assert {run.state for run in runs} <= {"complete", "unchanged"}
    return runs


def questions(services: Services, number: int, chance: random.Random) -> list[str]:
    """Different questions about suppliers and ingredients that there are."""
    view = services.store.view(Scope())
    names = {
        kind: [one.name for one in view.entities(view.scan([kind.title()], 1000).ids).values()]
        for kind in ("supplier", "ingredient")
    }
    made: dict[str, None] = {}
    while len(made) < number:
        picked = {kind: chance.choice(held) for kind, held in names.items()}
        made[chance.choice(ASKED).format(**picked)] = None
    return list(made)


def change_rows(folder: Path, number: int, chance: random.Random) -> int:
    """Take out rows, give them a field of another row, or write one twice under another key; says how many."""
    changed = 0
    while changed < number:
        name = chance.choice(sorted(TABLES))
        path, mark = folder / "data" / name, TABLES[name]
        packed = name.endswith(".gz")
        text = gzip.decompress(path.read_bytes()) if packed else path.read_bytes()
        head, *lines = text.splitlines(keepends=True)
        if len(lines) < 5:
            continue
        here, there = chance.sample(range(len(lines)), 2)
        one, other = lines[here].split(mark), lines[there].split(mark)
        kind = chance.choice(["retire", "correct", "correct", "add"])
        if kind == "retire":
            del lines[here]
        elif kind == "correct" and len(one) == len(other):
            place = chance.randrange(1, len(one) - 1)
            one[place] = other[place]
            lines[here] = mark.join(one)
        elif kind == "add":
            lines.append(mark.join([one[0] + b"9", *other[1:]]))
        text = head + b"".join(line if line.endswith(b"\n") else line + b"\n" for line in lines)
        path.write_bytes(gzip.compress(text, mtime=0) if packed else text)
        changed += 1
    return changed


def said(document: Document) -> Any:
    held = comparable(document)
    rows = {key: held["answer"][key] for key in ("rows", "value", "of", "parts")}
    return held["claims"], rows, held["evidence"]


def otherwise(services: Services, decisions: list[Document]) -> Iterator[str]:
    """Every decision is asked again; those whose claims, rows or evidence differ."""
    for one in decisions:
        try:
            again = as_now(one, services.store, services.prompts, services.adapter).document
        except (DatasetNotFound, PlanInvalid):
            yield one["decision_id"]
            continue
        if said(again) != said(one):
            yield one["decision_id"]


def batch(  # noqa: PLR0917
    services: Services, folder: Path, tally: Tally, decisions: int, rows: int, chance: random.Random
) -> None:
    """Load what is in the folder, ask, change rows, load again, and hold both against each other."""
    loaded(folder, services)
    made = []
    for text in questions(services, decisions, chance):
        made.append(answer(Question(text), services.store, services.decisions, services.clock))
    tally.rows += change_rows(folder, rows, chance)
    runs = [run for run in loaded(folder, services) if run.state == "complete"]
    began = time.perf_counter()
    brute = set(otherwise(services, made))
    tally.brute_s += time.perf_counter() - began
    began = time.perf_counter()
    touches = [one for found in services.impacts.of_runs(runs, decisions) for one in found.touches]
    tally.impact_s += time.perf_counter() - began
    carried = {one.decision for one in touches if one.carried}
    tally.decisions += len(made)
    tally.otherwise += len(brute)
    tally.found += len(brute & carried)
    tally.carried += len(carried)
    tally.right += len(carried & brute)
    tally.looked_at += len({one.decision for one in touches} - carried)
    tally.missed += [one["question"] for one in made if one["decision_id"] in brute - carried]


def proof(
    fresh: Callable[[], Services],
    folder: Path,
    *,
    decisions: int,
    batches: int,
    rows: int,
    seed: int = 1,
    told: Callable[[Tally], None] = lambda _: None,
) -> Tally:
    """So many batches, each on a store of its own with the rows as the batches before left them; told after each."""
    chance, tally = random.Random(seed), Tally()  # noqa: S311
    copied(folder)
    for _ in range(batches):
        services = fresh()
        batch(services, folder, tally, decisions, rows, chance)
        services.store.close()
        told(tally)
    return tally
