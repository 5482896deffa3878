"""The command line. Exit codes: 0 done, 1 a stated refusal, 2 wrong use."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from api.adapters import adapters
from api.newest import run_of
from api.show_checked import show_checked
from api.terminal import in_json, printable, progress, show_decision, show_table, shown
from kg.bootstrap import Services, open_services
from kg.domain.lineage import Classification, Run
from kg.domain.scope import Scope
from kg.errors import DecisionNotFound, InvalidInput, KgError, PlanInvalid, RunNotFound
from kg.settings import Settings

app = typer.Typer(
    name="whence",
    help="Decision support over a knowledge graph: every answer tied to facts, every fact to its row.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(adapters, name="adapters")
Store = Annotated[
    str | None, typer.Option("--store", help="sqlite:PATH or neo4j://host:port/database (else WHENCE_STORE).")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]
AdapterFile = Annotated[
    str | None,
    typer.Option("--adapter", help="Adapter file, default, or none for the weights set by hand (else WHENCE_ADAPTER)."),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help="Most rows to show.")]
Datasets = Annotated[list[str] | None, typer.Option("--dataset", help="NAME or NAME@VERSION; may be repeated.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="Day on which facts must be true (YYYY-MM-DD).")]
KnownAsOf = Annotated[str | None, typer.Option("--known-as-of", help="Read the graph as it was known then.")]
Ceiling = Annotated[
    str | None,
    typer.Option("--ceiling", help="Highest classification to read (default: WHENCE_CEILING or confidential)."),
]


def main() -> None:
    """Entry point: errors of ours are one line on standard error."""
    try:
        app(standalone_mode=True)
    except KgError as exc:
        print(printable(f"whence: {' '.join(str(exc).split())}"), file=sys.stderr)  # noqa: T201 (the one place that prints errors)
        sys.exit(1)


@app.callback()
def _options(ctx: typer.Context, store: Store = None) -> None:
    ctx.obj = store


@contextmanager
def _opened(ctx: typer.Context, store: str | None, adapter: str | None = None) -> Iterator[tuple[Services, Settings]]:
    settings = _set(ctx, store, adapter)
    services = open_services(settings)
    try:
        yield services, settings
    finally:
        services.store.close()


def _set(ctx: typer.Context, store: str | None, adapter: str | None = None) -> Settings:
    """The settings of the environment, with what the command line says in their place."""
    settings = Settings.from_environment()
    return replace(settings, store=store or ctx.obj or settings.store, adapter=adapter or settings.adapter)


def _scope(
    settings: Settings,
    datasets: list[str] | None,
    as_of: str | None,
    known_as_of: str | None,
    ceiling: str | None,
) -> Scope:
    from kg.domain.scope import scope_of

    return scope_of(
        datasets=datasets or (),
        ceiling=ceiling,
        highest=settings.ceiling,
        valid_as_of=as_of,
        known_as_of=known_as_of,
    )


def _json(value: Any) -> None:
    typer.echo(in_json(json.dumps(value, ensure_ascii=False, indent=2, default=_plain)))


def _plain(value: Any) -> Any:
    return value.label if isinstance(value, Classification) else asdict(value)


@app.command()
def load(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Dataset and ontology files, in any order.")],
    data: Annotated[Path | None, typer.Option("--data", help="Folder the data paths start from.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only say what a load would do, and change nothing.")] = False,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Load dataset files. All or nothing for each; the same bytes twice change nothing."""
    from loaders.jobs import load_files

    if check:
        _check(ctx, files, data, store, as_json=as_json)
        return
    with _opened(ctx, store) as (services, settings), progress(quiet=as_json) as (told, screen):
        folder = data or (Path(settings.data) if settings.data else None)
        runs = []
        for run in load_files(files, folder, services, told):
            runs.append(run)
            if not as_json:
                _say_run(run, services, screen)
        if as_json:
            _json(runs)


def _check(ctx: typer.Context, files: list[Path], data: Path | None, store: str | None, *, as_json: bool) -> None:
    """Say what a load would do; exits with 1 if one would fail."""
    from loaders.jobs import check_files

    with _opened(ctx, store) as (services, settings), progress(quiet=as_json) as (told, screen):
        folder = data or (Path(settings.data) if settings.data else None)
        found = []
        for one in check_files(files, folder, services, told):
            found.append(one)
            if not as_json:
                show_checked(one, screen)
    if as_json:
        _json(found)
    if any(one.problem for one in found):
        raise typer.Exit(1)


def _say_run(run: Run, services: Services, console: Console) -> None:
    name = f"{run.dataset}@{run.version}"
    if run.state == "unchanged":
        console.print(shown(f"{name}: unchanged, {run.message}"), soft_wrap=True)
        return
    done = run.changes
    parts = [f"{run.records:,} records", f"{done.added:,} assertions added"]
    parts += [f"{count:,} {what}" for count, what in ((done.kept, "kept"), (done.retired, "retired")) if count]
    parts += [f"{run.rejected:,} rejected"] if run.rejected else []
    console.print(shown(f"{name}: {', '.join(parts)}"), soft_wrap=True)
    for rejection in services.runs.rejections(run.id)[:3]:
        console.print(shown(f"  rejected {rejection.locator}: {rejection.reason}", "yellow"), soft_wrap=True)
    if run.rejected > 3:
        console.print(shown(f"  all rejected records: whence runs {run.id}", "yellow"))
    if run.left_over:
        console.print(shown(f"  fields left over: {', '.join(run.left_over)}", "yellow"), soft_wrap=True)


@app.command()
def init(
    file: Annotated[Path, typer.Argument(help="The data file to describe.")],
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write to; else that of the file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Draft a dataset file and an ontology from a file's own fields and values."""
    from loaders.draft import draft, write

    found = draft(file)
    written = write(found, out or file.parent)
    if as_json:
        _json({"written": [str(path) for path in written], "notes": found.notes})
        return
    screen = Console(highlight=False)
    for path in written:
        screen.print(shown(f"wrote {path}"), soft_wrap=True)
    for note in found.notes:
        screen.print(shown(f"  {note}", "yellow"), soft_wrap=True)
    data = "" if out is None else f" --data {file.parent}"
    screen.print(shown(f"next: whence load --check {written[0]}{data}"), soft_wrap=True)


@app.command()
def ask(
    ctx: typer.Context,
    question: Annotated[str, typer.Argument(help="The question, in plain words.")],
    as_of: AsOf = None,
    known_as_of: KnownAsOf = None,
    dataset: Datasets = None,
    ceiling: Ceiling = None,
    plan: Annotated[
        Path | None, typer.Option("--plan", help="Run this plan (JSON) instead of reading the question.")
    ] = None,
    adapter: AdapterFile = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Ask a question: the answer, its evidence with file and row, and how it was read."""
    from kg.answer.pipeline import answer
    from kg.domain.plan_json import from_json
    from kg.domain.question import Question

    given = from_json(_read_json(plan)) if plan is not None else None
    with _opened(ctx, store, adapter) as (services, settings):
        asked = Question(question, _scope(settings, dataset, as_of, known_as_of, ceiling))
        document = answer(asked, services.store, services.decisions, services.clock, given, adapter=services.adapter)
    if as_json:
        _json(document)
    else:
        show_decision(document, Console(highlight=False))


def _read_json(path: Path) -> Any:
    try:
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as exc:
        raise PlanInvalid(f"cannot read {str(path)!r} as JSON: {exc}") from exc
    return document.get("plan", document) if isinstance(document, dict) else document


@app.command("eval")
def evaluate(
    ctx: typer.Context,
    questions: Annotated[list[Path], typer.Argument(help="Questions with gold answers, one JSON object a line.")],
    as_of: AsOf = None,
    known_as_of: KnownAsOf = None,
    dataset: Datasets = None,
    ceiling: Ceiling = None,
    recall: Annotated[
        bool, typer.Option("--recall", help="Run the first ten readings of each, to see if the right one is there.")
    ] = False,
    against: Annotated[
        Path | None, typer.Option("--against", help="A report of --json to compare with, question by question.")
    ] = None,
    adapter: AdapterFile = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Ask every question of the files and grade the answers."""
    from api.compare import compare, read_report
    from api.evaluate import evaluate as ask_all
    from api.show_report import show_report

    before = read_report(against) if against is not None else None
    with _opened(ctx, store, adapter) as (services, settings), progress(quiet=as_json) as (told, screen):
        scope = _scope(settings, dataset, as_of, known_as_of, ceiling)
        report = ask_all(questions, services, scope, told, recall=recall)
    if before is not None:
        report["against"] = compare(before, report)
    if as_json:
        _json(report)
    else:
        show_report(report, screen)


@app.command()
def explain(
    ctx: typer.Context,
    decision: Annotated[str, typer.Argument(help="A decision id, as `ask` prints it.")],
    form: Annotated[str, typer.Option("--format", help="text, json, turtle, jsonld, cypher, graphml or svg.")] = "text",
    store: Store = None,
) -> None:
    """Explain a recorded decision, from its record alone."""
    from kg.answer.formats import render

    with _opened(ctx, store) as (services, _):
        document = services.decisions.decision(decision)
    if document is None:
        raise DecisionNotFound(f"no decision {decision!r}")
    if form == "text":
        show_decision(document, Console(highlight=False))
    else:
        text = render(document, form)
        typer.echo(printable(text, lines=True) if sys.stdout.isatty() else text, nl=False)


@app.command()
def entities(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(help="A key, a name or the beginning of one.")] = "",
    kind: Annotated[str | None, typer.Option("--type", help="Only this type.")] = None,
    dataset: Datasets = None,
    ceiling: Ceiling = None,
    limit: Limit = 20,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Find entities by key or name, or list those of a type."""
    from kg.answer.explore import find_entities

    if not text and not kind:
        raise InvalidInput("give a key or a name, or --type")
    with _opened(ctx, store) as (services, settings):
        view = services.store.view(_scope(settings, dataset, None, None, ceiling))
        found = find_entities(view, text, [kind] if kind else [], limit)
    if as_json:
        _json(found)
    else:
        rows = [(e.keys[0], e.name, e.type, e.status or "", ", ".join(e.aliases)) for e in found.entities]
        show_table(("key", "name", "type", "status", "also called"), rows, Console(highlight=False))
        if found.cut:
            typer.echo(f"more than {limit}: narrow the text or raise --limit")


@app.command()
def paths(
    ctx: typer.Context,
    start: Annotated[str, typer.Argument(help="Key, name or id.")],
    end: Annotated[str, typer.Argument(help="Key, name or id.")],
    max_hops: Annotated[int, typer.Option("--max-hops", min=1, max=6)] = 4,
    dataset: Datasets = None,
    ceiling: Ceiling = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Show the shortest chains of facts between two entities."""
    from kg.answer.explore import paths_between

    with _opened(ctx, store) as (services, settings):
        view = services.store.view(_scope(settings, dataset, None, None, ceiling))
        found = paths_between(view, start, end, max_hops)
    if as_json:
        _json(found)
    else:
        typer.echo(printable(found.text, lines=True))


@app.command()
def sources(ctx: typer.Context, ceiling: Ceiling = None, store: Store = None, as_json: AsJson = False) -> None:
    """List the sources in use: dataset, publisher, classification, file, checksum."""
    with _opened(ctx, store) as (services, settings):
        found = services.store.view(_scope(settings, None, None, None, ceiling)).sources()
    if as_json:
        _json(list(found.values()))
    else:
        rows = [
            (
                f"{s.dataset}@{s.version}",
                s.publisher,
                s.classification.label,
                s.issued or "",
                s.name,
                s.checksum[7:19],
            )
            for s in found.values()
        ]
        show_table(
            ("dataset", "publisher", "classification", "issued", "file", "sha256"),
            rows,
            Console(highlight=False),
        )


@app.command()
def runs(
    ctx: typer.Context,
    run: Annotated[str | None, typer.Argument(help="A run id: show it with every record it rejected.")] = None,
    limit: Limit = 20,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """List load runs, newest first, or show one."""
    with _opened(ctx, store) as (services, _):
        if run is None:
            found = services.runs.runs(limit)
        else:
            named = run_of(services.runs, run)
            if named is None:
                raise RunNotFound(f"no run {run!r}")
            found = [named]
        rejections = services.runs.rejections(run) if run is not None else []
    console = Console(highlight=False)
    if as_json:
        _json({"run": found[0], "rejections": rejections} if run is not None else found)
        return
    rows = [
        (
            r.id,
            r.job,
            r.state,
            r.ended_at[:19],
            f"{r.records:,}",
            r.changes.added,
            r.changes.retired,
            r.rejected,
        )
        for r in found
    ]
    show_table(("run", "job", "state", "ended", "records", "added", "retired", "rejected"), rows, console)
    if run is not None:
        if found[0].message:
            typer.echo(printable(found[0].message, lines=True))
        show_table(
            ("where", "reason", "record"),
            [(x.locator, x.reason, json.dumps(x.record)[:120]) for x in rejections],
            console,
        )


@app.command()
def serve(
    ctx: typer.Context,
    host: Annotated[
        str, typer.Option("--host", help="Address to bind; loopback unless WHENCE_ALLOW_REMOTE=1.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535)] = 8000,
    adapter: AdapterFile = None,
    store: Store = None,
) -> None:
    """Serve the HTTP API (described at /openapi.json)."""
    from api.serve import serve as run_server

    run_server(_set(ctx, store, adapter), host, port)


if __name__ == "__main__":
    main()
