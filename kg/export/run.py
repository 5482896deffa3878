"""One export: the graph of a view into a folder or a file that is complete or not there."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from kg.domain.lineage import Classification, Source
from kg.domain.ontology import PARTS
from kg.domain.scope import Scope
from kg.errors import ExportRefused
from kg.export import csv, graphml, rdf
from kg.export.pages import Page, Writer, pages
from kg.ports.store import GraphStore, GraphView

Told = Callable[[str, int, int | None], None]
"""What is told of the progress: what is done, how many entities, of how many."""

FILES = {"turtle": "graph.ttl", "jsonld": "graph.jsonld", "graphml": "graph.graphml"}
"""Formats that are one file."""
LOADABLE = ("csv", "turtle", "jsonld")
"""Formats that a load reads, so that a dataset file and an ontology go with them."""
DATASET_HEAD = "# Loads this export again: whence load dataset.yml ontology.yml\n"


@dataclass(frozen=True, slots=True)
class Target:
    """Where to write, and in what format; ``writer`` writes one that is not known here."""

    format: str
    out: Path
    writer: Writer | None = None


@dataclass
class Exported:
    """What was written."""

    format: str
    written: list[str]
    known_at: str
    datasets: list[str]
    entities: int = 0
    facts: int = 0
    assertions: int = 0


def export(view: GraphView, store: GraphStore, target: Target, told: Told) -> Exported:
    """Write the graph of a view. Raises ExportRefused when the place cannot be written or is taken.

    A name with an ending means the one file of a format that is one; else a folder is made.
    """
    format_, out = target.format, target.out
    alone = bool(out.suffix) and format_ in FILES
    done = Exported(format_, [], view.known_at, [version.ref for version in view.datasets()])
    if not done.datasets:
        raise ExportRefused("there is nothing to export in this scope; see `whence sources`")
    with _beside(out) as folder:
        _writer(view, target)(folder, _counted(view, done, told))
        if format_ in LOADABLE and not alone:
            _describe(view, store, format_, folder)
        made = folder / FILES[format_] if alone else folder
        done.written = [str(out)] if alone else [str(out / path.name) for path in sorted(folder.iterdir())]
        made.rename(out)
    return done


def all_versions(store: GraphStore, scope: Scope) -> Scope:
    """The scope with every version of its datasets, not only the current ones."""
    return replace(scope, datasets=tuple(version.ref for version in store.view(scope).versions()))


def _writer(view: GraphView, target: Target) -> Writer:
    if target.writer is not None:
        return target.writer
    sources = view.sources()
    writers: dict[str, Writer] = {
        "csv": lambda folder, found: csv.write(folder, found, sources.values()),
        "turtle": lambda folder, found: rdf.turtle(folder / FILES["turtle"], found, sources),
        "jsonld": lambda folder, found: rdf.jsonld(folder / FILES["jsonld"], found, sources),
        "graphml": lambda folder, found: graphml.write(folder / FILES["graphml"], found, view.ontology()),
    }
    return writers[target.format]


def _counted(view: GraphView, done: Exported, told: Told) -> Iterator[Page]:
    total = sum(view.profile().entities.values())
    for page in pages(view):
        yield page
        done.entities += len(page.entities)
        done.facts += len(page.facts)
        done.assertions += sum(map(len, page.assertions.values()))
        told("exporting entities", done.entities, max(total, done.entities))


@contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """A folder to write in, on the same disk, gone afterwards whatever happens."""
    if out.exists():
        raise ExportRefused(f"{str(out)!r} is there already: name another place")
    scratch = None
    try:
        scratch = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        scratch.chmod(0o755)
        yield scratch
    except OSError as exc:
        raise ExportRefused(f"cannot write {str(out)!r}: {exc.strerror or exc}") from exc
    finally:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)


def _describe(view: GraphView, store: GraphStore, format_: str, folder: Path) -> None:
    """The dataset file and the ontology that load the folder again."""
    ontology, versions, sources = view.ontology(), view.datasets(), view.sources().values()
    names = {
        kind: sorted(
            name
            for name, spec in ontology.predicates.items()
            if not spec.derived and name != "type" and (spec.value is not None) == (kind == "literals")
        )
        for kind in ("relations", "literals")
    }
    types = sorted(ontology.types)
    parts = csv.mapping(names, types) if format_ == "csv" else rdf.mapping(FILES[format_], format_, names, types)
    dataset = {
        "dataset": "export",
        "version": view.known_at[:10] or "1",
        "title": f"Export of {', '.join(version.ref for version in versions)}",
        "publisher": _joined(version.publisher for version in versions),
        "licence": _joined(version.licence for version in versions),
        "classification": _highest(sources),
        "ontology": "export",
        **parts,
    }
    (folder / "dataset.yml").write_text(DATASET_HEAD + _yaml(dataset), encoding="utf-8")
    (folder / "ontology.yml").write_text(_yaml(_ontology(view, store)), encoding="utf-8")


def _joined(values: Iterable[str]) -> str:
    return "; ".join(sorted(set(values)))


def _highest(sources: Iterable[Source]) -> str:
    return max((source.classification for source in sources), default=Classification.PUBLIC).label


def _ontology(view: GraphView, store: GraphStore) -> dict[str, Any]:
    """The ontologies of the view as one document."""
    merged: dict[str, Any] = {"ontology": "export", "version": "1", "title": "Ontology of an export"}
    for name in sorted({version.ontology for version in view.datasets()}):
        document = json.loads(store.ontology_document(name) or "{}")
        for part in PARTS:
            merged[part] = merged.get(part, {}) | document.get(part, {})
        merged["missing"] = merged.get("missing", []) + document.get("missing", [])
    return {key: value for key, value in merged.items() if value}


def _yaml(document: dict[str, Any]) -> str:
    return yaml.dump(document, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)


class _Plain(yaml.SafeDumper):
    """Without anchors: what is said twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (the signature is PyYAML's)
        return True
