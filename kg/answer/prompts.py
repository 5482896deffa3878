"""Prompts in use: which version a reference means, saving one, moving a label, and the forms that people read."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import yaml

from kg.answer.prompt_table import given, released, table
from kg.answer.templates import check, render
from kg.domain.prompt import LABELS, LATEST, RELEASED, LabelMove, PromptChoice, PromptVersion, Template
from kg.errors import PromptInvalid, PromptNotFound
from kg.ports.prompts import UNSEEN, PromptRegistry

PRODUCTION = LABELS[0]
MAX_MESSAGE = 500
MAX_ACTOR = 100
MAX_SCHEMA = 50_000
"""Characters of a schema as JSON; the longest that is shipped has 1,000."""
MAX_TOKENS = 1_000_000
HASH = re.compile(r"sha256:[0-9a-f]{8,64}")
"""A hash, or the first digits of one."""
_FILE_KEYS = ("prompt", "version", "message", "parameters", "schema", "system", "user")


def names() -> tuple[str, ...]:
    """The prompts there are."""
    return tuple(table())


# --- which version ---------------------------------------------------------------------------------------------


def all_versions(name: str, registry: PromptRegistry) -> tuple[PromptVersion, ...]:
    """The released version, then the saved ones, oldest first. Raises PromptNotFound."""
    return (released(name), *registry.prompt_versions(name))


def resolve(reference: str, registry: PromptRegistry) -> PromptChoice:
    """What is meant by ``NAME``, ``NAME@3``, ``NAME@production``, ``NAME@latest`` or ``NAME@sha256:…``.

    A bare name is the version labelled ``production``, or the released one if none is. Raises PromptNotFound.
    """
    name, _, wanted = reference.partition("@")
    given(name)
    if not wanted or wanted in LABELS:
        # Labels first: what they point at is there when the versions are read.
        number = registry.prompt_labels(name).get(wanted or PRODUCTION)
        if number is not None:
            return PromptChoice(_numbered(name, number, registry), wanted or PRODUCTION)
        if not wanted:
            return PromptChoice(released(name))
        raise PromptNotFound(f"prompt {name!r} has no label {wanted!r}; see `whence prompts list {name}`")
    if wanted == LATEST:
        return PromptChoice(all_versions(name, registry)[-1], LATEST)
    if wanted.isascii() and wanted.isdecimal() and len(wanted) < 10:
        return PromptChoice(_numbered(name, int(wanted), registry))
    if HASH.fullmatch(wanted):
        return PromptChoice(_hashed(name, wanted, registry))
    raise PromptNotFound(
        f"{wanted[:40]!r} is no version of {name!r}: give a number, {', '.join(LABELS)}, {LATEST} or sha256:…"
    )


def _numbered(name: str, number: int, registry: PromptRegistry) -> PromptVersion:
    found = next((one for one in all_versions(name, registry) if one.number == number), None)
    if found is None:
        raise PromptNotFound(f"prompt {name!r} has no version {number}; see `whence prompts list {name}`")
    return found


def _hashed(name: str, start: str, registry: PromptRegistry) -> PromptVersion:
    """A saved version goes before the released one of the same content, since it keeps its number."""
    found = {one.hash: one for one in all_versions(name, registry) if one.hash.startswith(start)}
    if len(found) != 1:
        raise PromptNotFound(f"prompt {name!r} has {len(found) or 'no'} versions whose hash begins with {start!r}")
    return found.popitem()[1]


@dataclass(frozen=True, slots=True)
class Prompts:
    """The prompts of one decision: looked up when first used, so that a label moves between decisions, not in one."""

    registry: PromptRegistry
    wanted: Mapping[str, str] = field(default_factory=dict)
    """By name of a prompt, the reference to use in its place."""
    chosen: dict[str, PromptChoice] = field(default_factory=dict, init=False)

    def choose(self, name: str) -> PromptChoice:
        """Raises PromptNotFound."""
        if name not in self.chosen:
            self.chosen[name] = resolve(self.wanted.get(name, name), self.registry)
        return self.chosen[name]

    def render(self, version: PromptVersion, variables: Mapping[str, Any]) -> tuple[str, str]:
        """The system and the user text. Raises PromptInvalid."""
        return render(version, variables)


# --- changing --------------------------------------------------------------------------------------------------


def save(name: str, template: Template, message: str, actor: str, registry: PromptRegistry) -> PromptVersion:
    """The next version, or the one that has this content already. Raises PromptNotFound, PromptInvalid."""
    check_prompt(name, template)
    check_words(message, actor)
    return registry.save_prompt(name, template, message, actor)


def check_words(message: str, actor: str) -> None:
    """What is new, and who says so. Raises PromptInvalid."""
    _words(message, "message", MAX_MESSAGE)
    _words(actor, "actor", MAX_ACTOR)


def check_prompt(name: str, template: Template) -> None:
    """Texts, schema and parameters. Raises PromptNotFound, PromptInvalid naming the place."""
    check(name, template)
    _check_schema(name, template.schema)
    _check_parameters(name, template.parameters)


def move(  # noqa: PLR0913 (as the port has it)
    name: str,
    label: str,
    number: int | None,
    *,
    actor: str,
    reason: str,
    registry: PromptRegistry,
    expected: int | None = UNSEEN,
) -> LabelMove:
    """Point a label at a version, or remove it. Raises PromptNotFound, PromptInvalid, LabelMoved."""
    given(name)
    check_label(label)
    if number == RELEASED:
        raise PromptInvalid(
            f"{name}@{RELEASED} changes with the release: remove the label to use it, or save it as a version"
        )
    _words(reason, "reason", MAX_MESSAGE)
    _words(actor, "actor", MAX_ACTOR)
    return registry.move_label(name, label, number, actor, reason, expected)


def check_label(label: str) -> None:
    """Raises PromptInvalid for one that there is not, or that is computed."""
    if label == LATEST:
        raise PromptInvalid(f"{LATEST!r} is always the newest version: it is not set; save a version")
    if label not in LABELS:
        raise PromptInvalid(f"no label {label[:40]!r}; there are {', '.join(LABELS)}")


def _words(text: str, what: str, most: int) -> None:
    if not text.strip() or len(text) > most or any(c < " " or "\ud800" <= c <= "\udfff" for c in text):
        raise PromptInvalid(f"{what}: expected one line of 1 to {most} characters")


def _check_schema(name: str, schema: Mapping[str, Any]) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    where = f"{name}: schema"
    try:
        text = json.dumps(schema, allow_nan=False)
        Draft202012Validator.check_schema(json.loads(text))
    except SchemaError as exc:
        raise PromptInvalid(f"{where}, {exc.json_path}: {exc.message[:200]}") from exc
    except (TypeError, ValueError, RecursionError) as exc:
        raise PromptInvalid(f"{where} is not JSON: {str(exc)[:200]}") from exc
    if len(text) > MAX_SCHEMA:
        raise PromptInvalid(f"{where} has {len(text):,} characters; at most {MAX_SCHEMA:,} are taken")
    if foreign := _foreign_reference(schema):
        raise PromptInvalid(f"{where}: $ref {foreign[:80]!r} leads out of the schema; write what it stands for")
    if schema.get("type") != "object":
        raise PromptInvalid(f"{where}: a reply is an object; its type is {schema.get('type')!r}")
    for key in given(name).reply:
        if key not in schema.get("properties", {}) or key not in schema.get("required", ()):
            raise PromptInvalid(f"{where}: Whence reads {key!r} of the reply: it has to be a property, and required")


def _foreign_reference(schema: Any) -> str | None:
    """A reference that a validator would have to fetch."""
    if isinstance(schema, Mapping):
        target = schema.get("$ref", schema.get("$dynamicRef", "#"))
        if isinstance(target, str) and not target.startswith("#"):
            return target
        schema = list(schema.values())
    return next(filter(None, map(_foreign_reference, schema)), None) if isinstance(schema, list) else None


def _check_parameters(name: str, parameters: Mapping[str, Any]) -> None:
    bounds = {"temperature": (0, 2), "max_tokens": (1, MAX_TOKENS), "seed": (0, 2**31 - 1)}
    for key, value in parameters.items():
        if key not in bounds:
            raise PromptInvalid(f"{name}: parameters: no {str(key)[:40]!r}; there are {', '.join(bounds)}")
        kinds = int | float if key == "temperature" else int
        low, high = bounds[key]
        right = isinstance(value, kinds) and not isinstance(value, bool) and math.isfinite(value)
        if not right or not low <= value <= high:
            kind = "a number" if key == "temperature" else "a whole number"
            raise PromptInvalid(f"{name}: parameters: {key}: expected {kind} from {low} to {high}")


# --- reading ---------------------------------------------------------------------------------------------------


def overview(name: str, registry: PromptRegistry) -> dict[str, Any]:
    """A prompt as programs read it: which version is used, its versions, its labels and how they moved."""
    used, labels = resolve(name, registry).version, registry.prompt_labels(name)
    versions = all_versions(name, registry)
    return {
        "name": name,
        "used": used.ref,
        "latest": versions[-1].ref,
        "labels": labels,
        "versions": [described(one, labels) for one in versions],
        "history": [asdict(move) for move in registry.label_history(name)],
    }


def described(version: PromptVersion, labels: Mapping[str, int]) -> dict[str, Any]:
    """A version without its texts."""
    return {
        "ref": version.ref,
        "number": version.number,
        "hash": version.hash,
        "labels": [label for label, number in labels.items() if number == version.number],
        "message": version.message,
        "actor": version.actor,
        "created_at": version.created_at,
    }


def whole(version: PromptVersion, registry: PromptRegistry) -> dict[str, Any]:
    """A version with its texts."""
    return {"name": version.name, **described(version, registry.prompt_labels(version.name)), **_content(version)}


def example(name: str) -> dict[str, Any]:
    """What the prompt is given in the fixed example. Raises PromptNotFound."""
    return dict(given(name).examples[0])


def rendered_example(version: PromptVersion) -> tuple[str, str]:
    """The system and the user text for the fixed example of the prompt."""
    return render(version, example(version.name))


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, so that git shows which line changed."""


def _as_block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _as_block)


def as_file(version: PromptVersion) -> str:
    """The version as YAML; ``from_file`` reads it back."""
    head = {"prompt": version.name, "version": version.number, "message": version.message}
    return _yaml(head | _content(version))


def _content(version: PromptVersion) -> dict[str, Any]:
    template = version.template
    return {
        "parameters": dict(template.parameters),
        "schema": dict(template.schema),
        "system": template.system,
        "user": template.user,
    }


def _yaml(document: dict[str, Any]) -> str:
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return text


def from_file(document: Any, where: str) -> PromptVersion:
    """What a prompt file says; its number and actor mean nothing yet. Raises PromptNotFound, PromptInvalid."""
    if not isinstance(document, dict):
        raise PromptInvalid(f"{where}: expected {', '.join(_FILE_KEYS)}")
    if unknown := sorted(str(key) for key in set(document) - set(_FILE_KEYS)):
        raise PromptInvalid(f"{where}: no key {unknown[0][:40]!r}; there are {', '.join(_FILE_KEYS)}")
    texts = [document.get(key, "") for key in ("prompt", "system", "user", "message")]
    maps = [document.get(key) or {} for key in ("schema", "parameters")]
    if not all(isinstance(text, str) for text in texts) or not all(isinstance(one, dict) for one in maps):
        raise PromptInvalid(f"{where}: prompt, system, user and message are texts; schema and parameters are mappings")
    number = document.get("version", RELEASED)
    if not isinstance(number, int) or isinstance(number, bool):
        raise PromptInvalid(f"{where}: version: expected a whole number")
    name, system, user, message = texts
    template = Template(system, user, *maps)
    try:
        check_prompt(name, template)
    except (PromptInvalid, PromptNotFound) as exc:
        raise type(exc)(f"{where}: {exc}") from exc
    return PromptVersion(name, number, template, message, "", "")


def diff(
    before: PromptVersion, after: PromptVersion, *, rendered: bool = False, titles: tuple[str, str] | None = None
) -> str:
    """Line by line what changed: of the content, or of what would be sent for the fixed example; empty if nothing."""
    old, new = ((_sent(one) if rendered else _yaml(_content(one))).splitlines() for one in (before, after))
    lines = difflib.unified_diff(old, new, *(titles or (before.ref, after.ref)), lineterm="")
    return "".join(f"{line}\n" for line in lines)


def _sent(version: PromptVersion) -> str:
    system, user = rendered_example(version)
    return f"--- system\n{system}\n--- user\n{user}\n"
