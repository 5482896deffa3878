"""``whence keys``: who may call a server that has access control on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from api.options import AsJson, Store, opened, print_json
from api.retirement import By
from api.terminal import show_table, shown

if TYPE_CHECKING:
    from kg.domain.access import Key

keys = typer.Typer(help="Make, list, rotate and revoke the keys of callers.", no_args_is_help=True)
KeyId = Annotated[str, typer.Argument(metavar="KEY", help="Id of a key, as `whence keys list` shows it.")]
Lasts = Annotated[str, typer.Option("--expires", help="How long it opens: 30d, 12h, 15m.")]


@keys.command()
def create(
    ctx: typer.Context,
    caller: Annotated[str, typer.Argument(help="Who it is for; decisions and reviews are told of under this name.")],
    role: Annotated[
        list[str],
        typer.Option("--role", help="reader, analyst, reviewer, approver, engineer, auditor or admin. Repeatable."),
    ],
    dataset: Annotated[
        list[str] | None, typer.Option("--dataset", help="A dataset that is there for them. Repeatable; else all.")
    ] = None,
    ceiling: Annotated[str, typer.Option("--ceiling", help="Highest classification that they read.")] = "confidential",
    expires: Lasts = "90d",
    rate: Annotated[int | None, typer.Option("--rate", min=1, help="Requests a minute (else WHENCE_RATE).")] = None,
    kind: Annotated[
        str, typer.Option("--kind", help="human, service, or advisory: advice satisfies no stage of a review.")
    ] = "human",
    by: By = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Make a key. It is shown this once: what is kept is a hash of it."""
    from api.key_making import Grant, lasting
    from api.key_making import create as make
    from loaders.retirement import this_person

    grant = Grant(caller, role, dataset, ceiling, lasting(expires), rate, kind)
    with opened(ctx, store) as (services, _):
        made, token = make(grant, services.keys, services.clock, by or this_person())
    _told(made, token, as_json=as_json)


@keys.command("list")
def listed(ctx: typer.Context, store: Store = None, as_json: AsJson = False) -> None:
    """The keys there are and were, oldest first."""
    from kg.ports.clock import instant

    with opened(ctx, store) as (services, _):
        now, held = instant(services.clock()), services.keys.keys()
        found = [_shown(key) | {"state": key.state(now)} for key in held]
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one["id"],
            one["caller"],
            one["kind"],
            ", ".join(one["roles"]),
            "all" if one["datasets"] is None else ", ".join(one["datasets"]),
            one["ceiling"],
            one["state"],
            one["expires_at"][:16],
        )
        for one in found
    ]
    columns = ("key", "caller", "kind", "roles", "datasets", "ceiling", "is", "expires")
    show_table(columns, rows, Console(highlight=False))


@keys.command()
def rotate(
    ctx: typer.Context,
    key: KeyId,
    overlap: Annotated[str, typer.Option("--overlap", help="How long the old one opens still: 24h.")] = "24h",
    expires: Lasts = "90d",
    by: By = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Make a key that allows the same; the old one opens for a while beside it."""
    from api.key_making import lasting
    from api.key_making import rotate as renew
    from loaders.retirement import this_person

    with opened(ctx, store) as (services, _):
        actor = by or this_person()
        made, token = renew(key, lasting(overlap), lasting(expires), services.keys, services.clock, actor)
    _told(made, token, as_json=as_json)


@keys.command()
def revoke(
    ctx: typer.Context,
    key: KeyId,
    reason: Annotated[str, typer.Option("--reason", help="Why; it stands in the audit log.")],
    by: By = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """End a key at once."""
    from api.key_making import revoke as end
    from loaders.retirement import this_person

    with opened(ctx, store) as (services, _):
        gone = end(key, reason, services.keys, services.clock, by or this_person())
    if as_json:
        print_json(_shown(gone))
    else:
        Console(highlight=False).print(shown(f"key {gone.id} of {gone.caller} opens nothing any more"), soft_wrap=True)


def _shown(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "caller": key.caller,
        "kind": key.kind,
        "roles": list(key.roles),
        "datasets": None if key.datasets is None else list(key.datasets),
        "ceiling": key.ceiling.label,
        "rate": key.rate,
        "created_at": key.created_at,
        "created_by": key.created_by,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "follows": key.follows,
    }


def _told(key: Key, token: str, *, as_json: bool) -> None:
    if as_json:
        print_json(_shown(key) | {"token": token})
        return
    screen = Console(highlight=False)
    screen.print(shown(token), soft_wrap=True)
    screen.print(
        shown(f"key {key.id} of {key.caller}, until {key.expires_at[:16]}; it is shown this once", style="dim"),
        soft_wrap=True,
    )
