"""``whence models`` and ``whence demo-model``."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from api.options import AsJson, Store, opened, print_json
from api.terminal import show_table, shown
from kg.bootstrap import Services, check_model
from kg.domain.completion import ModelSpec
from kg.domain.spending import Most
from kg.errors import InvalidInput
from kg.ports.clock import instant

models = typer.Typer(help="Show the language models that are set; try one; show what was spent.", no_args_is_help=True)
NONE_SET = "no model is set: questions are read and answered without one (docs/models.md)"


@models.command("list")
def list_models(ctx: typer.Context, store: Store = None, as_json: AsJson = False) -> None:
    """List the models of WHENCE_MODELS, or the one of OPENAI_BASE_URL or OPENAI_API_KEY and WHENCE_MODEL."""
    with opened(ctx, store) as (services, _):
        specs, used = _models(services)
    if as_json:
        print_json([_document(spec, used) for spec in specs])
        return
    if not specs:
        typer.echo(NONE_SET)
        return
    rows = [
        (
            f"{'* ' if spec.name == used else '  '}{spec.name}",
            f"{spec.model}{' (scripted)' if spec.scripted else ''}",
            spec.base_url or "OpenAI",
            spec.api,
            spec.structured,
            spec.ceiling.label,
            f"{spec.price.input:g} / {spec.price.output:g}",
            _most(spec.limits.day),
        )
        for spec in specs
    ]
    columns = ("name", "model", "server", "api", "structured", "sees up to", "price in / out", "day")
    show_table(columns, rows, Console(highlight=False))


@models.command("check")
def check(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="A model of the list (default: the one that is used).")] = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Send one small request, and say what the server can do."""
    with opened(ctx, store) as (services, settings):
        spec, reply, structured = check_model(name, services, settings)
    found = {
        "name": spec.name,
        "model": reply.model,
        "scripted": spec.scripted,
        "structured": structured,
        "counts_tokens": reply.tokens.input is not None,
        "tokens": {"input": reply.tokens.input, "output": reply.tokens.output},
        "cost": reply.cost,
        "calls": reply.calls,
        "ms": round(reply.ms, 1),
    }
    if as_json:
        print_json(found)
        return
    said = {"schema": "a JSON Schema", "object": "JSON", "none": "nothing: the JSON is found in its text"}
    counted = f"{reply.tokens.input} + {reply.tokens.output}" if found["counts_tokens"] else "not counted by the server"
    rows = [
        ("model", f"{reply.model}{', scripted: no model' if spec.scripted else ''}"),
        ("held to", said[structured]),
        ("tokens", counted),
        ("cost", f"{reply.cost:.6g}"),
        ("took", f"{reply.ms:.0f} ms in {reply.calls} {'call' if reply.calls == 1 else 'calls'}"),
    ]
    if structured != spec.structured:
        rows.append(("to do", f"set structured: {structured} for it, which saves a call after each start"))
    show_table(("", ""), rows, Console(highlight=False))


@models.command("spent")
def spent(
    ctx: typer.Context,
    day: Annotated[str | None, typer.Option("--day", help="In UTC, YYYY-MM-DD (default: today).")] = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Show what was spent on a day: by model, caller and purpose."""
    try:
        day = day and date.fromisoformat(day).isoformat()
    except ValueError:
        raise InvalidInput(f"--day: {day!r} is no day; write it like 2026-03-31") from None
    with opened(ctx, store) as (services, _):
        on = day or instant(services.clock())[:10]
        found = () if services.models is None else services.models.spending.spendings(on)
    if as_json:
        print_json(list(found))
        return
    rows = [
        (one.model, one.caller or "-", one.purpose, one.requests, f"{one.tokens:,}", f"{one.cost:.6g}") for one in found
    ]
    show_table(("model", "caller", "for", "requests", "tokens", "cost"), rows, Console(highlight=False))


def demo_model(
    port: Annotated[int, typer.Option("--port", min=0, max=65535)] = 8089,
    script: Annotated[
        Path | None, typer.Option("--script", help='Lines {"question", "plan"}: the plan to return for a question.')
    ] = None,
    replies: Annotated[
        Path | None,
        typer.Option("--replies", help='Lines {"contains", "reply"}: the reply to a request with these texts in it.'),
    ] = None,
    list_all: Annotated[bool, typer.Option("--list-all", help="List the models that misbehave, too.")] = False,
) -> None:
    """Serve a scripted stand-in for a language model on 127.0.0.1. It is no model: it repeats evidence and hints.

    By the model's name it answers (scripted), or misbehaves: scripted-e500, scripted-hang, scripted-wrong and others,
    which docs/models.md lists.
    """
    import uvicorn

    from api.demo_model import create_demo_model
    from api.scripted import read_script

    app = create_demo_model(read_script(script, replies), list_all=list_all)
    screen = Console(highlight=False, stderr=True)
    screen.print(shown(f"scripted, no model: OPENAI_BASE_URL=http://127.0.0.1:{port}/v1 whence ask …"), soft_wrap=True)
    uvicorn.run(app, host="127.0.0.1", port=port, server_header=False, log_level="warning", timeout_graceful_shutdown=1)


def _models(services: Services) -> tuple[tuple[ModelSpec, ...], str | None]:
    """All of them, and the name of the one that is used."""
    if services.models is None:
        return (), None
    used = services.models.chosen()
    return services.models.specs(), None if used is None else used.name


def _document(spec: ModelSpec, used: str | None) -> dict[str, Any]:
    limits = {
        name: {"tokens": most.tokens, "cost": most.cost}
        for name, most in (
            ("request", spec.limits.request),
            ("caller", spec.limits.caller),
            ("day", spec.limits.day),
        )
    }
    return {
        "name": spec.name,
        "model": spec.model,
        "base_url": spec.base_url or None,
        "key_variable": spec.key_variable,
        "api": spec.api,
        "structured": spec.structured,
        "ceiling": spec.ceiling.label,
        "redact": list(spec.redact),
        "context_tokens": spec.context_tokens,
        "deadline_s": spec.deadline_s,
        "retries": spec.retries,
        "price": {"input": spec.price.input, "output": spec.price.output, "cached": spec.price.cached},
        "limits": limits,
        "cache": spec.cache,
        "scripted": spec.scripted,
        "used": spec.name == used,
    }


def _most(most: Most) -> str:
    said = [] if most.tokens is None else [f"{most.tokens:,} tokens"]
    said += [] if most.cost is None else [f"{most.cost:g}"]
    return ", ".join(said) or "no limit"
