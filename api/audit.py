"""``whence audit``: read the audit log, take checkpoints of it, verify it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from api.options import AsJson, Limit, Store, opened, print_json
from api.retirement import By
from api.terminal import show_table, shown

if TYPE_CHECKING:
    from kg.decisions.audit import Verification
    from kg.domain.erasure import Erased

audit = typer.Typer(help="Read, checkpoint and verify the log of all that changed or decided.", no_args_is_help=True)
HOME_KEY = Path("~/.config/whence/audit.key")
"""Away from the database and from the checkpoints, so that who has these has not the key."""
SHOWN = 20


@audit.command("list")
def listed(
    ctx: typer.Context,
    after: Annotated[int, typer.Option("--after", min=0, help="Number of an entry; those after it are shown.")] = 0,
    limit: Limit = 100,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """What was done, by whom and why, oldest first."""
    from kg.decisions.audit import read_log

    with opened(ctx, store) as (services, _):
        found = read_log(services.audit, after, limit)
        last = services.audit.audit_head().seq
    if as_json:
        print_json([asdict(one) for one in found])
        return
    rows = [
        (str(one.seq), one.at[:19], one.kind, one.subject, one.detail, one.actor or "", one.reason or "")
        for one in found
    ]
    show_table(("entry", "at", "what", "of", "how", "by", "why"), rows, Console(highlight=False))
    if found and found[-1].seq < last:
        typer.echo(f"of {last}: go on with --after {found[-1].seq}")


@audit.command()
def checkpoint(
    ctx: typer.Context,
    to: Annotated[Path, typer.Option("--to", help="File to append it to; keep it where the database is not.")],
    key: Annotated[
        Path, typer.Option("--key", help="File of the private key; it is made where there is none.")
    ] = HOME_KEY,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Write down, signed, how far the log has come (needs the extra access)."""
    from kg.decisions.checkpoint import take

    key = key.expanduser()
    new = not key.exists()
    with opened(ctx, store) as (services, _):
        made = take(services.audit, to, key, services.clock)
    if as_json:
        print_json(asdict(made))
        return
    screen = Console(highlight=False)
    screen.print(shown(f"entry {made.seq:,} of {made.database}, written to {to}"), soft_wrap=True)
    if new:
        said = f"made the key {key}; give {key.with_suffix('.pub')} to who verifies (whence audit verify --key)"
        screen.print(shown(said, "yellow"), soft_wrap=True)


@audit.command()
def verify(
    ctx: typer.Context,
    checkpoints: Annotated[
        Path | None, typer.Option("--checkpoint", help="File of checkpoints to hold the log against.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", help="The public key (PEM) that the checkpoints have to be signed with.")
    ] = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Say whether the log is unchanged, whether all of it is there, and how old that is. Exit code 1 if it is not."""
    from kg.decisions.audit import verify as hold
    from kg.decisions.checkpoint import read_checkpoints

    seen = [] if checkpoints is None else read_checkpoints(checkpoints, key)
    with opened(ctx, store) as (services, _):
        found = hold(services.audit, seen, services.clock)
    if as_json:
        print_json(asdict(found) | {"key_compared": bool(seen) and key is not None})
    else:
        _told(found, Console(highlight=False), key_compared=key is not None)
    if not found.sound:
        raise typer.Exit(1)


@audit.command()
def erase(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(help="A name, or a reason as a whole; of a token with `oidc:` before it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Erase it: there is no way back.")] = False,
    by: By = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Erase who or why, from the log, decisions, reviews, holds and keys; ids and hashes stay as they are."""
    from kg.decisions.audit import erase as forget
    from kg.errors import InvalidInput
    from loaders.retirement import this_person

    if not yes:
        raise InvalidInput("what is erased cannot be brought back: say --yes")
    with opened(ctx, store) as (services, _):
        erased = forget(text, by or this_person(), services.audit, services.keys, services.clock)
    if as_json:
        print_json(asdict(erased) | {"erased": erased.log})
        return
    _told_erased(erased, Console(highlight=False))


def _told_erased(erased: Erased, screen: Console) -> None:
    counts = {"decisions": erased.decisions, "reviews and feedback": erased.said, "holds": erased.holds}
    if erased.any:
        of = "".join(f", {count:,} in {what}" for what, count in (counts | {"keys": erased.keys}).items() if count)
        screen.print(shown(f"erased, {erased.log:,} in the log{of}"), soft_wrap=True)
        screen.print(shown(f"{erased.instead} stands in its place", "dim"), soft_wrap=True)
    else:
        screen.print("nothing of it is there")
    if erased.held:
        said = f"{erased.held:,} decisions under legal hold were left as they are"
        screen.print(shown(said, "yellow"), soft_wrap=True)
    if erased.kept:
        said = f"{erased.kept:,} decisions of an earlier form keep it until they are expired: their ids are made of it"
        screen.print(shown(said, "yellow"), soft_wrap=True)


def _told(found: Verification, screen: Console, *, key_compared: bool) -> None:
    for name, said, style in (*_integrity(found), *_completeness(found, key_compared=key_compared), *_besides(found)):
        screen.print(shown(f"{name:<13}", "dim").append_text(shown(said, style or "not dim")), soft_wrap=True)


Line = tuple[str, str, str]


def _integrity(found: Verification) -> Iterator[Line]:
    yield "database", f"{found.database}, {found.entries:,} entries", ""
    if found.integrity:
        yield "integrity", "unchanged: each entry is as it was written and follows the one before", "green"
    for one in found.problems[:SHOWN]:
        yield "integrity", f"entry {one.seq}: {one.problem}", "red"
    if found.problems_found > SHOWN:
        yield "integrity", f"and {found.problems_found - SHOWN:,} more", "red"


def _completeness(found: Verification, *, key_compared: bool) -> Iterator[Line]:
    if found.complete is None:
        yield "completeness", f"not known without a checkpoint: {found.unanchored:,} entries are unanchored", "yellow"
        return
    if found.complete:
        yield "completeness", f"all that the checkpoints saw is there, up to entry {found.anchored:,}", "green"
    for said in found.completeness:
        yield "completeness", said, "red"
    yield "", f"{found.unanchored:,} entries came since and are unanchored", ""
    if not key_compared:
        yield "", "whose key signed it was not compared: give --key", "yellow"


def _besides(found: Verification) -> Iterator[Line]:
    last = "no entry yet" if found.last_at is None else f"the last entry is of {found.last_at[:19]}"
    seen = "" if found.checkpoint_at is None else f", the last checkpoint of {found.checkpoint_at[:19]}"
    yield "freshness", last + seen, ""
    if found.set_back:
        yield "clock", f"was set back before entries {', '.join(map(str, found.set_back[:SHOWN]))}", "yellow"
    if found.erased:
        yield "erased", f"{found.erased:,} names and reasons", ""
