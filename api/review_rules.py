"""``whence review rules``: which decisions need whom."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from api.options import AsJson, Store, opened, print_json
from api.retirement import By
from api.show_reviews import fillers_of
from api.terminal import printable, shown
from api.versions import read_yaml, show_overview
from kg.errors import ReviewInvalid, RulesNotFound

rules = typer.Typer(help="Which decisions need whom: saving rules, and showing them.", no_args_is_help=True)


@rules.command()
def save(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file of review rules (.yml), as `show` prints it.")],
    message: Annotated[str, typer.Option("--message", help="What is new in it, and why.")],
    by: By = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Check rules, keep them as the next version, and use them for the decisions from now on.

    A version that was saved before is used again by saving it again.
    """
    from kg.decisions.review_file import review_content, rules_of
    from kg.decisions.reviews import put_in_use
    from kg.decisions.rule_files import described
    from loaders.retirement import this_person

    name, content = review_content(read_yaml(file, ReviewInvalid), str(file))
    with opened(ctx, store) as (services, settings):
        version = put_in_use(name, content, message, by or this_person(), services.prompts)
        told = described(version, services.prompts.rule_labels("review", name))
        warnings = fillers_of(services, settings).warnings(rules_of(version))
    if as_json:
        print_json(told | {"warnings": warnings})
        return
    typer.echo(printable(f"{version.ref} is used from now on ({version.hash[:19]})"))
    for one in warnings:
        Console(highlight=False).print(shown(f"nobody can fill a stage of {one}", "yellow"), soft_wrap=True)


@rules.command()
def show(
    ctx: typer.Context,
    ref: Annotated[str, typer.Argument(metavar="REF", help="NAME, NAME@3 or NAME@sha256:…")] = "default",
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """The rules in use, or those of a version, as a file."""
    from kg.decisions.rule_files import as_file, resolve, whole

    with opened(ctx, store) as (services, _):
        version = resolve("review", ref, services.prompts)
        told = whole(version, services.prompts)
    if as_json:
        print_json(told)
    else:
        typer.echo(printable(as_file(version.content), lines=True), nl=False)


@rules.command("list")
def listed(ctx: typer.Context, store: Store = None, as_json: AsJson = False) -> None:
    """The versions, which one is used, and since when."""
    from kg.decisions.reviews import RULES
    from kg.decisions.rule_files import overview

    with opened(ctx, store) as (services, _):
        try:
            found: dict[str, Any] | None = overview("review", RULES, services.prompts)
        except RulesNotFound:
            found = None
    if as_json:
        print_json(found)
    elif found is None:
        typer.echo("no review rules are saved: no decision needs a review")
    else:
        show_overview(found, Console(highlight=False))
