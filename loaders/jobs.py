"""The files named on a command line, in the order in which they can be loaded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kg.bootstrap import Services
from kg.domain.lineage import Run
from kg.domain.ontology import Ontology
from kg.domain.ontology_file import parse
from kg.errors import MappingInvalid
from loaders.check import Checked, dry_run
from loaders.dataset import DatasetFile, find_ontology, is_ontology, read_dataset, read_document
from loaders.reading import Progress
from loaders.run import Job, load, ontology_text
from loaders.sending import Send, nowhere


def load_files(  # noqa: PLR0913 (what every load needs, and two who hear of it)
    paths: Sequence[Path],
    data: Path | None,
    services: Services,
    progress: Progress,
    send: Send = nowhere,
    *,
    actor: str = "",
) -> Iterator[Run]:
    """Load dataset and ontology files given in any order; yields each run as it ends.

    Every file is checked before the first is loaded. Raises LoadError; what was loaded before stays.
    """
    jobs, alone = _jobs(paths, data, services)
    for name, document in sorted(alone.items()):
        services.store.put_ontology(name, ontology_text(document), actor)
    for job in jobs:
        yield load(replace(job, actor=actor), services, progress, send)


def check_files(paths: Sequence[Path], data: Path | None, services: Services, progress: Progress) -> Iterator[Checked]:
    """Say of each dataset file what loading it would do; nothing is loaded. Raises LoadError on a broken file."""
    jobs, _ = _jobs(paths, data, services)
    declared: dict[str, str] = {}
    for job in jobs:
        yield dry_run(job, services, declared, progress)


def _jobs(paths: Sequence[Path], data: Path | None, services: Services) -> tuple[list[Job], dict[str, dict[str, Any]]]:
    """The loads in their order, and the ontologies that none of them is mapped to."""
    documents = [(path, read_document(path)) for path in dict.fromkeys(paths)]
    ontologies = {str(d["ontology"]): d for _, d in documents if is_ontology(d)}
    alone = set(ontologies)
    specs = [(path, d, read_dataset(path, d)) for path, d in documents if not is_ontology(d)]
    _distinct([(path, f"ontology {d['ontology']!r}") for path, d in documents if is_ontology(d)])
    _distinct([(path, f"dataset {spec.version_value().ref!r}") for path, _, spec in specs])
    for document in ontologies.values():
        parse(document, core=services.core)
    jobs = [
        Job(spec, d, *_ontology(path, spec, ontologies, services), data or path.parent)
        for path, d, spec in in_order(specs)
    ]
    return jobs, {name: ontologies[name] for name in alone - {job.spec.ontology for job in jobs}}


def _ontology(
    path: Path, spec: DatasetFile, given: dict[str, dict[str, Any]], services: Services
) -> tuple[Ontology, str]:
    """The ontology is one of those given, one beside the dataset file, or the one the database has."""
    if spec.ontology not in given and (beside := find_ontology(spec.ontology, path.parent)) is not None:
        given[spec.ontology] = beside
    found = given.get(spec.ontology)
    if found is None:
        stored = services.store.ontology_document(spec.ontology)
        found = json.loads(stored) if stored else None
    if found is None:
        raise MappingInvalid(f"{path}: no ontology {spec.ontology!r}: give its file too, or put it beside this one")
    return parse(found, core=services.core), ontology_text(found)


def _distinct(named: Iterable[tuple[Path, str]]) -> None:
    """Refuse two files of one name: the second would undo the first."""
    seen: dict[str, Path] = {}
    for path, name in named:
        if name in seen:
            raise MappingInvalid(f"{path}: {name} is in {seen[name]} too")
        seen[name] = path


def in_order(
    specs: Iterable[tuple[Path, dict[str, Any], DatasetFile]],
) -> list[tuple[Path, dict[str, Any], DatasetFile]]:
    """Datasets after those they name under ``after``; otherwise as given. Raises MappingInvalid on a circle."""
    waiting = list(specs)
    ordered: list[tuple[Path, dict[str, Any], DatasetFile]] = []
    while waiting:
        names = {spec.dataset for _, _, spec in waiting}
        ready = [item for item in waiting if not names & (set(item[2].after) - {item[2].dataset})]
        if not ready:
            raise MappingInvalid(f"datasets wait for each other under `after`: {', '.join(sorted(names))}")
        ordered += ready
        waiting = [item for item in waiting if item not in ready]
    return ordered
