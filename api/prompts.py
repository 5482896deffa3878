"""``whence prompts``: versions of what a model is told, and the labels that say which one is used."""

from __future__ import annotations

import contextlib
import json
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from api.options import AsJson, Store, opened, print_json
from api.retirement import By
from api.terminal import printable, show_table, shown
from api.versions import at, read_text, read_yaml, show_overview
from kg.domain.prompt import PromptVersion
from kg.errors import ExportRefused, InvalidInput, PromptInvalid
from kg.ports.prompts import UNSEEN, PromptRegistry

prompts = typer.Typer(
    help="What a language model is told: versions, labels, and what is sent with them.", no_args_is_help=True
)
FILES = (".yml", ".yaml")
Reference = Annotated[
    str, typer.Argument(metavar="REF", help="NAME, NAME@3, NAME@production, NAME@latest or NAME@sha256:…")
]
OneOrFile = Annotated[str, typer.Argument(metavar="REF|FILE", help="A version, or a prompt file (.yml).")]
Message = Annotated[str | None, typer.Option("--message", help="What is new in it (default: what the file says).")]


class Label(StrEnum):
    """Labels there are."""

    production = "production"
    staging = "staging"
    canary = "canary"


@prompts.command("list")
def listed(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="A prompt; without it, all of them.")] = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """The prompts and which version of each is used; of one its versions, and how its labels moved."""
    from kg.answer.prompts import names, overview

    with opened(ctx, store) as (services, _):
        found = [overview(one, services.prompts) for one in ([name] if name else names())]
    if as_json:
        print_json(found[0] if name else {"prompts": found})
        return
    screen = Console(highlight=False)
    if name:
        show_overview(found[0], screen)
        return
    rows = [
        (one["name"], one["used"], one["latest"], ", ".join(f"{label} {at}" for label, at in one["labels"].items()))
        for one in found
    ]
    show_table(("prompt", "used", "latest", "labels"), rows, screen)


@prompts.command()
def show(ctx: typer.Context, ref: Reference, store: Store = None, as_json: AsJson = False) -> None:
    """A version as a prompt file: its texts, schema and parameters."""
    from kg.answer.prompts import as_file, resolve, whole

    with opened(ctx, store) as (services, _):
        version = resolve(ref, services.prompts).version
        document = whole(version, services.prompts)
    if as_json:
        print_json(document)
    else:
        typer.echo(printable(as_file(version), lines=True), nl=False)


@prompts.command("save")
def save_one(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A prompt file, as `show` prints it.")],
    message: Message = None,
    by: By = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Check a prompt file, and keep it as the next version. The same content again is the version that it is."""
    _keep(ctx, [_read(file)], message, by, store, as_json=as_json)


@prompts.command("import")
def import_files(
    ctx: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="Prompt files, or folders of them.")],
    message: Message = None,
    by: By = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Keep what prompt files say, those of one prompt in order of their version. All are checked first."""
    files = [file for path in paths for file in (_in_folder(path) if path.is_dir() else [path])]
    _keep(ctx, sorted(map(_read, files), key=lambda one: (one.name, one.number)), message, by, store, as_json=as_json)


def _in_folder(folder: Path) -> list[Path]:
    found = sorted(file for file in folder.iterdir() if file.suffix in FILES)
    if not found:
        raise InvalidInput(f"{str(folder)!r} holds no prompt files ({', '.join(FILES)})")
    return found


def _keep(
    ctx: typer.Context,
    given: list[PromptVersion],
    message: str | None,
    by: str | None,
    store: str | None,
    *,
    as_json: bool,
) -> None:
    from kg.answer.prompts import all_versions, check_words, described, save
    from loaders.retirement import this_person

    actor = by or this_person()
    for one in given:
        check_words(message or one.message, actor)
    with opened(ctx, store) as (services, _):
        kept = []
        for one in given:
            known = {held.hash for held in all_versions(one.name, services.prompts) if held.number}
            version = save(one.name, one.template, message or one.message, actor, services.prompts)
            labels = services.prompts.prompt_labels(one.name)
            kept.append(described(version, labels) | {"new": version.hash not in known})
    if as_json:
        print_json({"versions": kept})
        return
    for told in kept:
        said = "saved" if told["new"] else "has this content already; nothing changed"
        typer.echo(printable(f"{told['ref']} {said} ({told['hash'][:19]})"))


@prompts.command()
def diff(
    ctx: typer.Context,
    before: OneOrFile,
    after: OneOrFile,
    rendered: Annotated[
        bool, typer.Option("--rendered", help="Compare what would be sent for the fixed example.")
    ] = False,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """What changed from one version to another, line by line."""
    from kg.answer.prompts import diff as changed

    with opened(ctx, store) as (services, _):
        old, new = _version(before, services.prompts), _version(after, services.prompts)
    text = changed(old, new, rendered=rendered, titles=(before, after))
    if as_json:
        print_json({"before": before, "after": after, "rendered": rendered, "diff": text})
    else:
        typer.echo(printable(text or "nothing differs\n", lines=True), nl=False)


@prompts.command("label")
def label_one(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The prompt.")],
    label: Annotated[Label, typer.Argument(help="The label to set, move or remove.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept with the move.")],
    version: Annotated[int | None, typer.Argument(min=0, help="Number of the version it shall point at.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove it.")] = False,
    seen: Annotated[
        str | None,
        typer.Option("--from", help="Move it only if it points at this version now; none for a label that is not set."),
    ] = None,
    by: By = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Point a label at a version. Decisions use it from then on; the version before is one move away."""
    from kg.answer.prompts import move
    from loaders.retirement import this_person

    if (version is None) != remove:
        raise typer.BadParameter("give either the number of a version or --remove")
    expected = UNSEEN if seen is None else None if seen == "none" else _number(seen)
    with opened(ctx, store) as (services, _):
        done = move(
            name,
            label.value,
            version,
            actor=by or this_person(),
            reason=reason,
            registry=services.prompts,
            expected=expected,
        )
    if as_json:
        print_json(done)
    else:
        typer.echo(printable(f"{name}@{label.value}: {at(done.before)} -> {at(done.number)}"))


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise typer.BadParameter("--from takes the number of a version, or none")
    return int(text)


@prompts.command()
def render(
    ctx: typer.Context,
    ref: OneOrFile,
    variables: Annotated[
        Path | None, typer.Option("--variables", help="A JSON object to use in the place of the fixed example.")
    ] = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """What would be sent to a model: for the fixed example of the prompt, or for these variables."""
    from kg.answer.prompts import example
    from kg.answer.templates import render as rendered

    with opened(ctx, store) as (services, _):
        version = _version(ref, services.prompts)
    system, user = rendered(version, example(version.name) | ({} if variables is None else _variables(variables)))
    if as_json:
        print_json({"ref": version.ref, "hash": version.hash, "system": system, "user": user})
    else:
        typer.echo(printable(f"--- system\n{system}\n--- user\n{user}", lines=True))


@prompts.command()
def export(
    ctx: typer.Context,
    out: Annotated[Path, typer.Option("--out", help="Folder to write to; what it holds of these is written over.")],
    refs: Annotated[
        list[str] | None, typer.Argument(metavar="REF", help="Versions, one of a prompt (default: those in use).")
    ] = None,
    whole: Annotated[bool, typer.Option("--all", help="Every saved version, as NAME@NUMBER.yml.")] = False,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Write versions as prompt files, NAME.yml, for git; `import` reads them back."""
    from kg.answer.prompts import as_file, names, resolve

    if whole and refs:
        raise typer.BadParameter("--all takes no versions")
    with opened(ctx, store) as (services, _):
        registry = services.prompts
        if whole:
            files = {f"{one.ref}.yml": one for name in names() for one in registry.prompt_versions(name)}
        else:
            chosen = [resolve(ref, registry).version for ref in refs or names()]
            files = {f"{one.name}.yml": one for one in chosen}
            if len(files) < len(chosen):
                raise InvalidInput("two versions of one prompt would be one file: name one, or export --all")
    with _writing(out):
        out.mkdir(parents=True, exist_ok=True)
        for name, version in files.items():
            _write(out / name, as_file(version))
    if as_json:
        print_json({"written": [str(out / name) for name in files]})
    else:
        screen = Console(highlight=False)
        for name, version in files.items():
            screen.print(shown(f"wrote {out / name} ({version.ref})"), soft_wrap=True)
        if not files:
            screen.print(shown("nothing is saved yet; without --all the released versions are written"))


@contextlib.contextmanager
def _writing(out: Path) -> Any:
    try:
        yield
    except OSError as exc:
        raise ExportRefused(f"cannot write to {str(out)!r}: {exc.strerror}") from exc


def _write(path: Path, text: str) -> None:
    """Wholly or not at all."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
        file.write(text)
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)


def _version(reference: str, registry: PromptRegistry) -> PromptVersion:
    from kg.answer.prompts import resolve

    return _read(Path(reference)) if reference.endswith(FILES) else resolve(reference, registry).version


def _read(path: Path) -> PromptVersion:
    from kg.answer.prompts import from_file

    return from_file(read_yaml(path, PromptInvalid), str(path))


def _variables(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_text(path, PromptInvalid, "utf-8"))
    except (ValueError, RecursionError) as exc:
        raise PromptInvalid(f"{str(path)!r} is not JSON: {str(exc)[:200]}") from exc
    if not isinstance(found, dict):
        raise PromptInvalid(f"{str(path)!r}: expected a JSON object of variables")
    return found
