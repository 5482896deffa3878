"""Options that commands share, and what they do with them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from api.telemetry import export
from api.terminal import in_json, printable, shown
from kg.bootstrap import Services, open_services
from kg.domain.lineage import Classification
from kg.domain.scope import Scope
from kg.settings import Settings
from kg.telemetry.log import write

if TYPE_CHECKING:
    from loaders.sending import Send

Store = Annotated[
    str | None,
    typer.Option("--store", help="sqlite:PATH, neo4j://host:port/database or attached:FILE.yml (else WHENCE_STORE)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]
Attribution = Annotated[
    bool,
    typer.Option("--attribution", help="Say what the answer hangs on: facts, paths and sources, taken away in turn."),
]
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


class Tier(StrEnum):
    """How much depends on a decision."""

    low = "low"
    medium = "medium"
    high = "high"
    critical = "critical"


@contextmanager
def opened(ctx: typer.Context, store: str | None, adapter: str | None = None) -> Iterator[tuple[Services, Settings]]:
    settings = settings_of(ctx, store, adapter)
    services = open_services(settings)
    try:
        yield services, settings
    finally:
        services.store.close()


def settings_of(ctx: typer.Context, store: str | None, adapter: str | None = None) -> Settings:
    """The settings of the environment, with what the command line says in their place."""
    settings = Settings.from_environment()
    write(settings.log)
    export(settings.environment)
    return replace(settings, store=store or ctx.obj or settings.store, adapter=adapter or settings.adapter)


def sends_to(settings: Settings) -> Send:
    """What sends lineage events to the receiver that is set; what goes wrong is said on standard error."""
    from loaders.sending import sender

    return sender(settings.openlineage_url, lambda text: typer.echo(printable(f"whence: {text}"), err=True))


def scope_of_options(
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


def print_json(value: Any) -> None:
    typer.echo(in_json(json.dumps(value, ensure_ascii=False, indent=2, default=_plain)))


def _plain(value: Any) -> Any:
    return value.label if isinstance(value, Classification) else asdict(value)


def tell_draft(written: Sequence[Path], notes: Sequence[str], following: str, *, as_json: bool) -> None:
    """Say which files were drafted, what to look at in them, and what to do next."""
    if as_json:
        print_json({"written": [str(path) for path in written], "notes": notes})
        return
    screen = Console(highlight=False)
    for path in written:
        screen.print(shown(f"wrote {path}"), soft_wrap=True)
    for note in notes:
        screen.print(shown(f"  {note}", "yellow"), soft_wrap=True)
    screen.print(shown(f"next: {following}"), soft_wrap=True)
