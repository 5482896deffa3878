"""``whence adapters``: train an adapter from questions with gold answers, and show what is in one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from api.terminal import in_json, progress, show_table
from kg.answer.adapter import Adapter, chosen, save, to_document
from kg.bootstrap import open_services
from kg.domain.scope import Scope
from kg.settings import Settings

adapters = typer.Typer(help="Train an adapter from questions with gold answers; show one.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]


@adapters.command("train")
def train_one(
    ctx: typer.Context,
    questions: Annotated[Path, typer.Argument(help="Questions with gold answers, one JSON object a line.")],
    out: Annotated[Path, typer.Option("--out", help="The file to write.")],
    error: Annotated[
        float, typer.Option("--error", min=0.0, max=1.0, help="How many of the answers given may be wrong.")
    ] = 0.1,
    store: Annotated[
        str | None, typer.Option("--store", help="sqlite:PATH or neo4j://host:port/database (else WHENCE_STORE).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Learn how people ask about this graph; needs the extra `train`. Asking with the file does not."""
    from api.questions import read_questions
    from kg.answer.train import TrainingSet, train

    settings = Settings.from_environment()
    golds = read_questions([questions])
    services = open_services(replace(settings, store=store or ctx.obj or settings.store, adapter=None))
    try:
        with progress(quiet=as_json) as (told, _):
            adapter = train([TrainingSet(golds, services.store, Scope(ceiling=settings.ceiling))], told, error=error)
    finally:
        services.store.close()
    save(adapter, out)
    _show(adapter, as_json=as_json)


@adapters.command("show")
def show_one(
    file: Annotated[str, typer.Argument(help="An adapter file, or default for the one that is shipped.")] = "default",
    as_json: AsJson = False,
) -> None:
    """Show what an adapter was trained on, and its measured quality."""
    _show(chosen(file), as_json=as_json)


def _show(adapter: Adapter, *, as_json: bool) -> None:
    if as_json:
        document = to_document(adapter)
        typer.echo(in_json(json.dumps(document, ensure_ascii=False, indent=2)))
        return
    learned, calibrator = adapter.learned, adapter.calibrator
    rows: list[tuple[Any, ...]] = [
        ("id", adapter.id or "none"),
        ("words learned", f"{len(learned.words):,}" if learned is not None else "none"),
        ("calibrator", "none" if calibrator is None else json.dumps({"bias": calibrator.bias, **calibrator.signs})),
        ("threshold", adapter.threshold),
        *(
            (name, value if isinstance(value, str | int) else json.dumps(value))
            for name, value in adapter.manifest.items()
        ),
    ]
    show_table(("", ""), rows, Console(highlight=False))
