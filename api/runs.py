"""``whence runs``."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from api.impact import touched_by
from api.options import AsJson, Limit, Store, opened, print_json
from api.show_difference import show_difference, show_summary
from api.terminal import in_json, printable, progress, show_table
from kg.bootstrap import Services
from kg.domain.difference import difference
from kg.domain.lineage import LiveRun, Run
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
    watch: Annotated[bool, typer.Option("--watch", help="Follow a load at work to its end.")] = False,
    limit: Limit = 20,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """List loads, retirements and purges, newest first and a load at work before them, or show one."""
    if (openlineage or rejected is not None or watch) and run is None:
        raise typer.BadParameter("--openlineage, --rejected and --watch need the id of a run")
    from loaders.lineage import told as told_of

    with opened(ctx, store) as (services, _):
        live = services.runs.live()  # first: what ends meanwhile is recorded by then
        if run is None:
            found = ([live.run] if live else []) + services.runs.runs(limit)
            found = list({one.id: one for one in found}.values())[:limit]
            print_json(found) if as_json else _show(found, Console(highlight=False), live)
            return
        if watch:
            follow(run, services, as_json=as_json)
            return
        live = live if live is not None and live.run.id == run else None
        named = live.run if live is not None else services.runs.run(run)
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
            [decisions] = touched_by([named], services, None) if named.state == "complete" else [None]
            print_json({"run": named, "live": numbers(live), **told, "openlineage": events, "decisions": decisions})
        else:
            _show_one(named, services, Console(highlight=False), live)


def _write_rejected(run: Run, services: Services, path: Path) -> int:
    """JSON lines with source, locator, reason and record of each. Raises ExportRefused where the file cannot be."""
    found = services.runs.rejections(run.id)
    try:
        with path.open("x", encoding="utf-8") as out:
            out.writelines(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in found)
    except OSError as exc:
        raise ExportRefused(f"cannot write {str(path)!r}: {exc.strerror or exc}") from exc
    return len(found)


def numbers(live: LiveRun | None) -> dict[str, Any] | None:
    """How far a load at work has come, as the HTTP API says it."""
    from api.wire_runs import LiveOut

    return LiveOut.of(live).model_dump() if live else None


def follow(run_id: str, services: Services, *, as_json: bool) -> None:
    """Tell how far a load has come until it has ended; exits with 1 if it failed or was lost."""
    from api.watching import EACH_S, Watch, data_of
    from api.wire_runs import SummaryOut

    watch, said = Watch(services.runs), ""
    with progress(quiet=as_json) as (told, screen):
        while not (found := watch.now(run_id)).ended:
            if found.live is not None:
                told(found.live.stage, found.run.records, found.live.expected_records)
            if as_json and (text := data_of(found)) != said:
                said = text
                typer.echo(in_json(said))
            time.sleep(EACH_S)
    if as_json:
        typer.echo(in_json(data_of(found, difference=SummaryOut.of(watch.summary(found.run), found.run).model_dump())))
    else:
        _show([found.run], screen, found.live)
        if found.run.message:
            typer.echo(printable(found.run.message, lines=True))
        show_summary(found.run, services, screen)
    if found.run.state in ("failed", "lost"):
        raise typer.Exit(1)


def _show(found: list[Run], screen: Console, live: LiveRun | None) -> None:
    columns = ("run", "job", "state", "ended", "records", "added", "retired", "rejected")
    rows = [
        (
            *(r.id, r.job, r.state, (r.ended_at or "")[:19]),
            _records(r, live),
            live.staged if live is not None and live.run.id == r.id else r.changes.added,
            *(r.changes.retired, r.rejected),
        )
        for r in found
    ]
    show_table(columns, rows, screen)


def _records(run: Run, live: LiveRun | None) -> str:
    if live is None or live.run.id != run.id or run.state != "running" or live.expected_records is None:
        return f"{run.records:,}"
    return f"{run.records:,} of about {live.expected_records:,}"


def _show_one(run: Run, services: Services, screen: Console, live: LiveRun | None) -> None:
    _show([run], screen, live)
    if live is not None and run.state == "running":
        rate = "" if live.rate is None else f", {live.rate:,.0f} records a second"
        part = f"{live.bytes_read:,} of {live.bytes:,} bytes read"
        typer.echo(f"{live.stage} since {live.seconds:,.0f} s: {part}, {live.staged:,} assertions staged{rate}")
    if run.actor:
        typer.echo(printable(f"by {run.actor}"))
    if run.message:
        typer.echo(printable(run.message, lines=True))
    if run.left_over:
        typer.echo(printable(f"fields left over: {', '.join(run.left_over)}"))
    show_difference(run, services, screen)
    if rejections := services.runs.rejections(run.id):
        rows = [(x.locator, x.reason, json.dumps(x.record)[:120]) for x in rejections]
        show_table(("where", "reason", "record"), rows, screen)
    if run.state == "complete":
        touched_by([run], services, screen)
