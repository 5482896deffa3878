"""``whence runs``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.newest import run_of
from api.options import AsJson, Limit, Store, opened, print_json
from api.show_difference import show_difference
from api.terminal import in_json, printable, show_table
from kg.bootstrap import Services
from kg.domain.difference import difference
from kg.domain.lineage import Run
from kg.errors import ExportRefused, RunNotFound


def runs(
    ctx: typer.Context,
    run: Annotated[
        str | None, typer.Argument(help="A run id: show it with all that it changed and every record it rejected.")
    ] = None,
    openlineage: Annotated[
        bool, typer.Option("--openlineage", help="Print the OpenLineage events of the run, one a line.")
    ] = False,
    rejected: Annotated[
        Path | None, typer.Option("--rejected", help="Write the records the run rejected to this file, one a line.")
    ] = None,
    limit: Limit = 20,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """List loads, retirements and purges, newest first, or show one."""
    if (openlineage or rejected is not None) and run is None:
        raise typer.BadParameter("--openlineage and --rejected need the id of a run")
    from loaders.lineage import told as told_of

    with opened(ctx, store) as (services, _):
        if run is None:
            found = services.runs.runs(limit)
            print_json(found) if as_json else _show(found, Console(highlight=False))
            return
        named = run_of(services.runs, run)
        if named is None:
            raise RunNotFound(f"no run {run!r}")
        if rejected is not None:
            count = _write_rejected(named, services, rejected)
            typer.echo(f"{count:,} rejected records written to {rejected}")
            return
        events = told_of(named, services.runs)
        if openlineage:
            for event in events:
                typer.echo(in_json(json.dumps(event, ensure_ascii=False)))
        elif as_json:
            told = {"difference": difference(services.runs.changes(run)), "rejections": services.runs.rejections(run)}
            print_json({"run": named, **told, "openlineage": events})
        else:
            _show_one(named, services, Console(highlight=False))


def _write_rejected(run: Run, services: Services, path: Path) -> int:
    """JSON lines with source, locator, reason and record of each. Raises ExportRefused where the file cannot be."""
    found = services.runs.rejections(run.id)
    try:
        with path.open("x", encoding="utf-8") as out:
            out.writelines(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in found)
    except OSError as exc:
        raise ExportRefused(f"cannot write {str(path)!r}: {exc.strerror or exc}") from exc
    return len(found)


def _show(found: list[Run], screen: Console) -> None:
    columns = ("run", "job", "state", "ended", "records", "added", "retired", "rejected")
    rows = [
        (r.id, r.job, r.state, r.ended_at[:19], f"{r.records:,}", r.changes.added, r.changes.retired, r.rejected)
        for r in found
    ]
    show_table(columns, rows, screen)


def _show_one(run: Run, services: Services, screen: Console) -> None:
    _show([run], screen)
    if run.actor:
        typer.echo(printable(f"by {run.actor}"))
    if run.message:
        typer.echo(printable(run.message, lines=True))
    show_difference(run, services, screen)
    if rejections := services.runs.rejections(run.id):
        rows = [(x.locator, x.reason, json.dumps(x.record)[:120]) for x in rejections]
        show_table(("where", "reason", "record"), rows, screen)
