"""``whence tables``: decision tables in files, their versions, and the labels that say which one is used."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from api.options import AsJson, Store, opened, print_json
from api.prompts import Label
from api.retirement import By
from api.show_reviews import tell_ended
from api.terminal import printable, show_table
from api.versions import at, read_text, read_yaml, show_overview
from kg.errors import TableInvalid
from kg.ports.prompts import UNSEEN

tables = typer.Typer(help="Decision tables: checking files, versions, labels.", no_args_is_help=True)
File = Annotated[Path, typer.Argument(help="A decision table: .yml, or a .csv alone.")]
Data = Annotated[Path | None, typer.Option("--data", help="Folder the path of a CSV starts from.")]
Reference = Annotated[str, typer.Argument(metavar="REF", help="NAME, NAME@3, NAME@production or NAME@sha256:…")]
OneOrFile = Annotated[str, typer.Argument(metavar="REF|FILE", help="A version, or a file (.yml, .csv).")]


@tables.command()
def check(ctx: typer.Context, file: File, data: Data = None, store: Store = None, as_json: AsJson = False) -> None:
    """Check a table against the graph and against itself: every case needs a row, and no two may claim one."""
    from kg.decisions.tables import checked

    with opened(ctx, store) as (services, settings):
        name, content = _read(file, data or _folder(settings.data))
        found = checked(content, services.store)
    if as_json:
        print_json({"table": name, "rows": found.rows, "cases": found.cases, "notes": list(found.notes)})
        return
    typer.echo(printable(f"{name}: {found.rows:,} rows for {found.cases:,} cases; none is left out, none overlap"))
    for note in found.notes:
        typer.echo(printable(f"  {note}"))


@tables.command()
def save(
    ctx: typer.Context,
    file: File,
    message: Annotated[str, typer.Option("--message", help="What is new in it, and why.")],
    data: Data = None,
    by: By = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Check a table and keep it as the next version. The same content again is the version that it is.

    Decisions use it once `whence tables label NAME production NUMBER` points there.
    """
    from kg.decisions.rule_files import described
    from kg.decisions.tables import save as keep
    from loaders.retirement import this_person

    with opened(ctx, store) as (services, settings):
        _, content = _read(file, data or _folder(settings.data))
        version = keep(content, message, by or this_person(), services.store, services.prompts)
        told = described(version, services.prompts.rule_labels("table", version.name))
    if as_json:
        print_json(told)
    else:
        typer.echo(printable(f"{version.ref} saved ({version.hash[:19]})"))


@tables.command("list")
def listed(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="A table; without it, all of them.")] = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """The saved tables and which version of each is used; of one its versions, and how its labels moved."""
    from kg.decisions.rule_files import overview

    with opened(ctx, store) as (services, _):
        names = services.prompts.rule_names("table") if name is None else (name,)
        found = [overview("table", one, services.prompts) for one in names]
    if as_json:
        print_json({"tables": found} if name is None else found[0])
        return
    screen = Console(highlight=False)
    if name is not None:
        show_overview(found[0], screen)
    elif not found:
        screen.print("no decision table is saved; those that datasets bring are in their ontologies")
    else:
        rows = [(one["name"], one["used"] or "none", one["latest"]) for one in found]
        show_table(("table", "used", "latest"), rows, screen)


@tables.command()
def show(ctx: typer.Context, ref: Reference, store: Store = None, as_json: AsJson = False) -> None:
    """A version: its inputs, its rows, what it decides."""
    from kg.decisions.rule_files import resolve, whole

    with opened(ctx, store) as (services, _):
        version = resolve("table", ref, services.prompts)
        told = whole(version, services.prompts)
    if as_json:
        print_json(told)
        return
    screen = Console(highlight=False)
    content = version.content
    of = "anything" if content["of"] == "*" else content["of"]
    screen.print(printable(f"{version.ref}: for {of}, hit policy {content['hit']}"))
    columns = ("row", *(item["name"] for item in content["inputs"]), content["outcome"])
    show_table(columns, [(row, *cells, then) for row, cells, then in content["rows"]], screen)


@tables.command()
def diff(
    ctx: typer.Context,
    before: OneOrFile,
    after: OneOrFile,
    data: Data = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """What changed from one version to another, line by line."""
    from kg.decisions.rule_files import diff as changed

    with opened(ctx, store) as (services, settings):
        folder = data or _folder(settings.data)
        old, new = (_content(one, folder, services.prompts) for one in (before, after))
    text = changed(old, new, (before, after))
    if as_json:
        print_json({"before": before, "after": after, "diff": text})
    else:
        typer.echo(printable(text or "nothing differs\n", lines=True), nl=False)


@tables.command("label")
def label_one(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The table.")],
    label: Annotated[Label, typer.Argument(help="The label to set, move or remove; production is used.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept with the move.")],
    version: Annotated[int | None, typer.Argument(min=1, help="Number of the version it shall point at.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove it.")] = False,
    seen: Annotated[int | None, typer.Option("--from", min=0, help="Only if it points there now; 0 for none.")] = None,
    by: By = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Point a label at a version. Decisions use `production` from then on; approvals that rest on another lapse."""
    from kg.decisions.rule_files import move
    from loaders.retirement import this_person

    if (version is None) != remove:
        raise typer.BadParameter("give either the number of a version or --remove")
    with opened(ctx, store) as (services, _):
        done = move(
            "table",
            name,
            label.value,
            version,
            actor=by or this_person(),
            reason=reason,
            registry=services.prompts,
            expected=UNSEEN if seen is None else seen or None,
        )
        tell_ended(services, None if as_json else Console(highlight=False))
    if as_json:
        print_json(done)
    else:
        typer.echo(printable(f"{name}@{label.value}: {at(done.before)} -> {at(done.number)}"))


def _content(reference: str, folder: Path | None, registry: Any) -> Any:
    from kg.decisions.rule_files import resolve

    if reference.endswith((".yml", ".yaml", ".csv")):
        return _read(Path(reference), folder)[1]
    return resolve("table", reference, registry).content


def _folder(data: str | None) -> Path | None:
    return Path(data) if data else None


def _read(file: Path, folder: Path | None) -> tuple[str, dict[str, Any]]:
    """The table in a file; a CSV that it names lies in the folder of the data, else beside it."""
    from kg.decisions.table_file import csv_content, table_content

    if file.suffix == ".csv":
        return csv_content(read_text(file, TableInvalid), str(file))
    document = read_yaml(file, TableInvalid)
    return table_content(document, str(file), lambda name: _rows(name, folder or file.parent))


def _rows(name: str, folder: Path) -> str:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise TableInvalid(f"csv: {name!r} leads out of the folder of the data")
    return read_text(path, TableInvalid)
