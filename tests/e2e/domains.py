"""The example domains with their data and their questions, for tests that load and ask all of them."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import ROOT

EXAMPLES = ROOT / "examples"
FOLDERS = {
    "cyber": "cyber_core",
    "vuln": "cyber_vuln_decisions",
    "lineage": "lineage",
    "drugmech": "biomed_drugmechdb",
    "metaqa": "metaqa",
}
LETTER = "O"
"""Films whose titles begin so are the part of the film graph that is loaded: about one in forty of 128,185 lines."""
EACH_KIND = 3
PREDICATES = {
    "movie_to_director": "directed_by",
    "movie_to_writer": "written_by",
    "movie_to_actor": "starred_actors",
    "movie_to_genre": "has_genre",
    "movie_to_language": "in_language",
}
"""What each kind of one-step question about a film asks for."""


@dataclass(frozen=True)
class Domain:
    """Files to load, where their data lies, and questions with gold answers."""

    name: str
    files: tuple[Path, ...]
    data: Path | None
    questions: tuple[dict[str, Any], ...]


def domain(name: str, data: Path | None, scratch: Path) -> Domain:
    """One example: its own questions where it brings its data along, else the public ones."""
    files = tuple(sorted((EXAMPLES / name).glob("*.yml")))
    if data is None:
        return Domain(name, files, None, _questions(EXAMPLES / name / "questions.jsonl"))
    folder = data / FOLDERS[name]
    if name == "metaqa":
        return Domain(name, _part_of_the_films(folder, scratch), scratch, tuple(_asked_of_films(folder)))
    public = data.parent / "questions" / f"questions_{name}_visible.jsonl"
    return Domain(name, files, folder, _questions(public))


def _questions(path: Path) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for line in path.read_text("utf-8").splitlines())


# --- films: a part, since all of them take minutes to load into a server ---


def _lines(folder: Path) -> list[str]:
    lines = gzip.decompress((folder / "kb.txt.gz").read_bytes()).decode().splitlines()
    return [line for line in lines if line.startswith(LETTER)]


def _part_of_the_films(folder: Path, scratch: Path) -> tuple[Path, ...]:
    """The part, and the dataset file without what it expects of the whole."""
    (scratch / "kb.txt.gz").write_bytes(gzip.compress("\n".join(_lines(folder)).encode()))
    films, ontology = scratch / "films.yml", scratch / "ontology.yml"
    whole = yaml.safe_load((EXAMPLES / "metaqa" / "films.yml").read_text("utf-8"))
    films.write_text(yaml.safe_dump({key: value for key, value in whole.items() if key != "expect"}))
    ontology.write_bytes((EXAMPLES / "metaqa" / "ontology.yml").read_bytes())
    return films, ontology


def _asked_of_films(folder: Path) -> Iterator[dict[str, Any]]:
    """The first few questions of each kind about a film of the part; its lines say the answers."""
    said: dict[tuple[str, str], set[str]] = defaultdict(set)
    for line in _lines(folder):
        film, predicate, value = line.split("|")
        said[film, predicate].add(value)
    kinds, questions = (
        gzip.decompress((folder / name).read_bytes()).decode().splitlines()
        for name in ("qtype-1-hop-dev.txt.gz", "questions-1-hop-dev.txt.gz")
    )
    taken: dict[str, int] = defaultdict(int)
    for kind, line in zip(kinds, questions, strict=True):
        text = line.partition("\t")[0]
        film = text.partition("[")[2].partition("]")[0]
        names = said.get((film, PREDICATES.get(kind, "")))
        if names and taken[kind] < EACH_KIND:
            taken[kind] += 1
            yield {
                "id": f"{kind}-{taken[kind]}",
                "question": text.replace("[", "").replace("]", ""),
                "answer": {"type": "list", "names": sorted(names)},
            }
