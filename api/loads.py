"""``whence load`` and ``whence init``."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from api.impact import looking_ahead, may_touch, touched_by
from api.options import AsJson, Store, opened, print_json, sends_to, tell_draft
from api.retirement import By
from api.show_checked import show_checked
from api.show_difference import show_summary
from api.show_reviews import tell_ended
from api.terminal import progress, shown
from kg.bootstrap import Services
from kg.domain.lineage import Run
from kg.errors import LoadError


def load(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Dataset and ontology files, in any order.")],
    data: Annotated[Path | None, typer.Option("--data", help="Folder the data paths start from.")] = None,
    by: By = None,
    check: Annotated[bool, typer.Option("--check", help="Only say what a load would do, and change nothing.")] = False,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Load dataset files. All or nothing for each; the same bytes twice change nothing."""
    from loaders.jobs import load_files
    from loaders.retirement import this_person

    if check:
        _check(ctx, files, data, store, as_json=as_json)
        return
    with opened(ctx, store) as (services, settings), progress(quiet=as_json) as (told, screen):
        folder = data or (Path(settings.data) if settings.data else None)
        runs: list[Run] = []
        try:
            for run in load_files(files, folder, services, told, sends_to(settings), actor=by or this_person()):
                if not as_json:
                    _say_run(run, services, screen)
                runs.append(run)
        except LoadError:
            # What was loaded before stays.
            if not as_json:
                touched_by(runs, services, screen, told)
            raise
        touched = touched_by(runs, services, None if as_json else screen, told)
        tell_ended(services, None if as_json else screen)
        if as_json:
            print_json([dataclasses.asdict(run) | {"decisions": one} for run, one in zip(runs, touched, strict=True)])


def _check(ctx: typer.Context, files: list[Path], data: Path | None, store: str | None, *, as_json: bool) -> None:
    """Say what a load would do; exits with 1 if one would fail."""
    from loaders.jobs import check_files

    with opened(ctx, store) as (services, settings), progress(quiet=as_json) as (told, screen):
        folder = data or (Path(settings.data) if settings.data else None)
        found: list[dict[str, Any]] = []
        failed, looking = False, looking_ahead(services)
        for one in check_files(files, folder, services, told):
            if not as_json:
                show_checked(one, screen)
            decisions = may_touch(one, services, looking, None if as_json else screen)
            found.append(dataclasses.asdict(one) | {"decisions": decisions})
            failed = failed or bool(one.problem)
    if as_json:
        print_json(found)
    if failed:
        raise typer.Exit(1)


def _say_run(run: Run, services: Services, console: Console) -> None:
    name = f"{run.dataset}@{run.version}"
    if run.state == "unchanged":
        console.print(shown(f"{name}: unchanged, {run.message}"), soft_wrap=True)
        return
    done = run.changes
    parts = [f"{run.records:,} records", f"{done.added:,} assertions added"]
    parts += [f"{count:,} {what}" for count, what in ((done.kept, "kept"), (done.retired, "retired")) if count]
    parts += [f"{count:,} {what}" for count, what in ((run.skipped, "skipped"), (run.rejected, "rejected")) if count]
    console.print(shown(f"{name}: {', '.join(parts)}"), soft_wrap=True)
    for rejection in services.runs.rejections(run.id)[:3]:
        console.print(shown(f"  rejected {rejection.locator}: {rejection.reason}", "yellow"), soft_wrap=True)
    if run.rejected > 3:
        how = f"whence runs {run.id}, or with --rejected FILE into a file"
        console.print(shown(f"  all rejected records: {how}", "yellow"), soft_wrap=True)
    show_summary(run, services, console)
    if run.left_over:
        console.print(shown(f"  fields left over: {', '.join(run.left_over)}", "yellow"), soft_wrap=True)


def init(
    file: Annotated[Path, typer.Argument(help="The data file to describe.")],
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write to; else that of the file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Draft a dataset file and an ontology from a file's own fields and values."""
    from loaders.draft import draft, write

    found = draft(file)
    written = write(found, out or file.parent)
    data = "" if out is None else f" --data {file.parent}"
    tell_draft(written, found.notes, f"whence load --check {written[0]}{data}", as_json=as_json)
