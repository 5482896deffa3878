"""The command line. Exit codes: 0 done, 1 a stated refusal, 2 wrong use."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from api.adapters import adapters
from api.audit import audit
from api.decisions import attributed, recorded, replay, show_attribution, told_attribution
from api.decisions_list import decisions
from api.exports import attach, export
from api.impact import impact
from api.keys import keys
from api.lineage import lineage
from api.loads import init, load
from api.matches import matches
from api.models import demo_model, models
from api.options import (
    AdapterFile,
    AsJson,
    AsOf,
    Attribution,
    Ceiling,
    Datasets,
    KnownAsOf,
    Limit,
    Store,
    Tier,
    opened,
    print_json,
    scope_of_options,
    settings_of,
)
from api.prompts import prompts
from api.retirement import By, purge, retire
from api.reviews import feedback, review
from api.runs import runs
from api.tables import tables
from api.terminal import printable, progress, show_decision, show_table
from kg.errors import InvalidInput, KgError, PlanInvalid

app = typer.Typer(
    name="whence",
    help="Decision support over a knowledge graph: every answer tied to facts, every fact to its row.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(adapters, name="adapters")
app.add_typer(audit, name="audit")
app.add_typer(keys, name="keys")
app.add_typer(decisions, name="decisions")
app.add_typer(matches, name="matches")
app.add_typer(models, name="models")
app.add_typer(prompts, name="prompts")
app.add_typer(review, name="review")
app.add_typer(tables, name="tables")
app.command()(feedback)
app.command()(load)
app.command()(init)
app.command()(export)
app.command()(retire)
app.command()(purge)
app.command()(replay)
app.command()(runs)
app.command()(lineage)
app.command()(impact)
app.command()(attach)
app.command("demo-model")(demo_model)


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
    model: Annotated[
        str | None, typer.Option("--model", help="Language model to use, by its name here; none for no model.")
    ] = None,
    prompt: Annotated[
        list[str] | None, typer.Option("--prompt", help="Prompt version to use: answer@3, answer@staging. Repeatable.")
    ] = None,
    table: Annotated[
        list[str] | None, typer.Option("--table", help="Decision table to use: fixing@3, fixing@staging. Repeatable.")
    ] = None,
    against: Annotated[
        str | None, typer.Option("--against", help="Answer with this prompt version too, and show both.")
    ] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Say what asking the model would cost at most; nothing is asked.")
    ] = False,
    attribution: Attribution = False,
    supersedes: Annotated[
        str | None, typer.Option("--supersedes", help="The decision that this one takes the place of.")
    ] = None,
    tier: Annotated[
        Tier | None, typer.Option("--tier", help="How much depends on it; review rules may ask more of a higher one.")
    ] = None,
    by: By = None,
    adapter: AdapterFile = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Ask a question: the answer, its evidence with file and row, and how it was read."""
    from api.asking import Asking, show_estimate, show_side_by_side
    from kg.decisions.tables import chosen
    from kg.domain.plan_json import from_json
    from kg.domain.question import Question
    from loaders.retirement import this_person

    given = from_json(_read_json(plan)) if plan is not None else None
    with opened(ctx, store, adapter) as (services, settings):
        scope = scope_of_options(settings, dataset, as_of, known_as_of, ceiling)
        scope = replace(scope, tables=chosen(table or (), scope.ceiling, services.prompts))
        asked = Question(question, scope)
        who = by or this_person()
        asking = Asking(services, asked, given, model, supersedes, None if tier is None else tier.value, who)
        if estimate:
            show_estimate(asking.estimate(prompt or ()), as_json=as_json)
            return
        documents = [asking.answer(prompt or ())]
        if against is not None:
            documents.append(asking.answer([*(prompt or ()), against]))
        hanging = [attributed(services, one) for one in documents] if attribution else []
    for document, told in zip(documents, hanging, strict=False):
        document["attribution"] = told["attribution"] if told else []
    if as_json:
        print_json(documents[0] if against is None else documents)
    elif against is None:
        show_decision(documents[0], Console(highlight=False))
        if hanging and hanging[0] is not None:
            show_attribution(documents[0], hanging[0], Console(highlight=False))
    else:
        show_side_by_side(documents, Console(highlight=False))


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
    with opened(ctx, store, adapter) as (services, settings), progress(quiet=as_json) as (told, screen):
        scope = scope_of_options(settings, dataset, as_of, known_as_of, ceiling)
        report = ask_all(questions, services, scope, told, recall=recall)
    if before is not None:
        report["against"] = compare(before, report)
    if as_json:
        print_json(report)
    else:
        show_report(report, screen)


@app.command()
def explain(
    ctx: typer.Context,
    decision: Annotated[str, typer.Argument(help="A decision id, as `ask` prints it.")],
    form: Annotated[
        str, typer.Option("--format", help="text, words, json, turtle, jsonld, trig, cypher, graphml or svg.")
    ] = "text",
    attribution: Attribution = False,
    store: Store = None,
) -> None:
    """Explain a recorded decision, from its record alone; with --attribution also from the graph as known then."""
    from kg.answer.formats import render

    with opened(ctx, store) as (services, settings):
        document = recorded(services, decision)
        if form == "words":
            document = services.reviews.told(document)
        told = told_attribution(services, document) if attribution else None
    if told is not None and form == "json":
        print_json(told)
    elif told is not None and form == "text":
        show_attribution(document, told, Console(highlight=False))
    elif told is not None:
        raise InvalidInput(f"an attribution comes as text or json, not as {form!r}")
    elif form == "text":
        show_decision(document, Console(highlight=False))
    else:
        text = render(document, form, settings.contact)
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
    with opened(ctx, store) as (services, settings):
        view = services.store.view(scope_of_options(settings, dataset, None, None, ceiling))
        found = find_entities(view, text, [kind] if kind else [], limit)
    if as_json:
        print_json(found)
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

    with opened(ctx, store) as (services, settings):
        view = services.store.view(scope_of_options(settings, dataset, None, None, ceiling))
        found = paths_between(view, start, end, max_hops)
    if as_json:
        print_json(found)
    else:
        typer.echo(printable(found.text, lines=True))


@app.command()
def sources(ctx: typer.Context, ceiling: Ceiling = None, store: Store = None, as_json: AsJson = False) -> None:
    """List the sources in use: dataset, publisher, classification, file, checksum."""
    with opened(ctx, store) as (services, settings):
        found = services.store.view(scope_of_options(settings, None, None, None, ceiling)).sources()
    if as_json:
        print_json(list(found.values()))
    else:
        rows = [
            (
                f"{s.dataset}@{s.version}",
                s.publisher,
                s.classification.label,
                s.issued or "",
                s.id.removeprefix(f"{s.dataset}@{s.version}/"),
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
def serve(
    ctx: typer.Context,
    host: Annotated[
        str, typer.Option("--host", help="Address to bind; others than loopback with WHENCE_ACCESS=on.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535)] = 8000,
    adapter: AdapterFile = None,
    store: Store = None,
) -> None:
    """Serve the HTTP API (described at /openapi.json)."""
    from api.serve import serve as run_server

    run_server(settings_of(ctx, store, adapter), host, port)


if __name__ == "__main__":
    main()
