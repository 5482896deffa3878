"""The reply as the JSON object that was asked for, or what is wrong with it. What it says is never in an error."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable

from kg.errors import ModelMalformed, ModelRejected

PLACES = 50
"""Opening braces of a text that are tried, so that a reply of nothing else takes no time."""
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)


def _refuse(name: str) -> float:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def parsed(text: str, schema: Mapping[str, Any], name: str, *, is_json: bool) -> dict[str, Any]:
    """The object in the text; all of the text, where the server was held to JSON. Raises ModelMalformed."""
    refused: ModelMalformed | None = None
    for found in [_whole(text)] if is_json else _within(_THOUGHT.sub("", text)):
        try:
            check(found, schema, name)
        except ModelMalformed as exc:
            refused = refused or exc
        else:
            return dict(found)
    raise refused or ModelMalformed(f"what {name} replied is no JSON object")


def _whole(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _within(text: str) -> Iterator[Any]:
    """Objects in the text, outermost ones, in order."""
    start = -1
    for _ in range(PLACES):
        if (start := text.find("{", start + 1)) < 0:
            return
        try:
            found, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        yield found
        start = end - 1


def check(content: Any, schema: Mapping[str, Any], name: str) -> None:
    """Raises ModelMalformed naming the first place that does not fit the schema."""
    if not isinstance(content, dict):
        raise ModelMalformed(f"what {name} replied is no JSON object")
    # With a registry of nothing, so that no reference in a schema is fetched from anywhere.
    validator = Draft202012Validator(schema, registry=Registry())
    try:
        error = next(iter(sorted(validator.iter_errors(content), key=lambda one: one.json_path)), None)
    except (Unresolvable, SchemaError, RecursionError, re.error) as exc:
        raise ModelRejected(f"the schema that {name} was given cannot be used: {type(exc).__name__}") from exc
    if error is not None:
        raise ModelMalformed(
            f"what {name} replied does not fit the schema: {error.json_path[:120]} ({error.validator})"
        )


def is_strict(schema: Any) -> bool:
    """Whether every object in it is closed and requires all its properties: what strict outputs ask for."""
    if isinstance(schema, list):
        return all(is_strict(one) for one in schema)
    if not isinstance(schema, Mapping):
        return True
    if schema.get("type") == "object" or "properties" in schema:
        properties = schema.get("properties", {})
        if schema.get("additionalProperties") is not False or set(schema.get("required", ())) != set(properties):
            return False
    return all(is_strict(one) for one in schema.values())
