"""``whence export`` and ``whence attach``: the ways out to other tools and in from graphs of others."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.options import (
    AsJson,
    AsOf,
    Ceiling,
    Datasets,
    KnownAsOf,
    Store,
    opened,
    print_json,
    scope_of_options,
    tell_draft,
)
from api.retirement import By
from api.terminal import progress, shown


class Format(StrEnum):
    """What can be written."""

    csv = "csv"
    turtle = "turtle"
    jsonld = "jsonld"
    graphml = "graphml"
    neo4j_admin = "neo4j-admin"


def export(
    ctx: typer.Context,
    form: Annotated[
        Format, typer.Option("--format", help="csv and neo4j-admin are folders, the others can be a file.")
    ],
    out: Annotated[Path, typer.Option("--out", help="New folder, or a new file (graph.ttl).")],
    dataset: Datasets = None,
    as_of: AsOf = None,
    known_as_of: KnownAsOf = None,
    ceiling: Ceiling = None,
    versions: Annotated[
        bool, typer.Option("--all-versions", help="Every version of the datasets, not only the current ones.")
    ] = False,
    by: By = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Write the graph of a scope to files, facts of every valid time unless --as-of names a day."""
    from kg.bootstrap import import_files
    from kg.domain.audit import Act
    from kg.export.run import Target, all_versions
    from kg.export.run import export as run
    from loaders.retirement import this_person

    with opened(ctx, store) as (services, settings), progress(quiet=as_json) as (told, screen):
        scope = replace(scope_of_options(settings, dataset, as_of, known_as_of, ceiling), any_day=as_of is None)
        store_ = services.recorded
        view = store_.view(all_versions(store_, scope) if versions else scope)
        # Before anything leaves: there is no export that the log does not have.
        scope_read = ",".join(version.ref for version in view.datasets())
        services.audit.audit(Act("export", scope_read, by or this_person(), form.value))
        writer = import_files(services, view) if form is Format.neo4j_admin else None
        done = run(view, store_, Target(form.value, out, writer), told)
    if as_json:
        print_json(done)
        return
    said = f"{done.entities:,} entities, {done.facts:,} facts, {done.assertions:,} assertions"
    screen.print(shown(f"wrote {out}: {said}"), soft_wrap=True)
    if len(done.written) > 1:
        screen.print(shown(f"  {', '.join(Path(path).name for path in done.written)}"), soft_wrap=True)


def attach(
    address: Annotated[str, typer.Argument(help="neo4j://host:port/database: a graph that others made.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")] = Path(),
    as_json: AsJson = False,
) -> None:
    """Draft an attachment file and an ontology for a Neo4j graph, which is then asked as it is and never changed."""
    from kg.bootstrap import introspect
    from kg.settings import Settings, neo4j_address
    from loaders.attach import draft_attachment, write

    found = draft_attachment(introspect(address, Settings.from_environment()), address, neo4j_address(address)[1])
    written = write(found, out)
    tell_draft(written, found.notes, f'whence --store attached:{written[0]} ask "..."', as_json=as_json)
