"""The prompts there are, and what each of them is given; one table, kept as data in ``kg/prompts``."""

from __future__ import annotations

import functools
import importlib.resources
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from kg.domain.prompt import RELEASED, PromptVersion, Template
from kg.errors import PromptNotFound


@dataclass(frozen=True, slots=True)
class Variable:
    """Something a template is given."""

    name: str
    means: str
    example: Any
    least: Any
    """The least it can be: an empty list, or none; else the example."""


@dataclass(frozen=True, slots=True)
class Given:
    """What one prompt is given, and the fields that are read of its reply."""

    variables: tuple[Variable, ...]
    reply: tuple[str, ...]
    examples: tuple[dict[str, Any], ...]
    """What a template is tried with; the first is shown."""
    optional: frozenset[str] = frozenset()
    """Variables that are none where they are not given."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(variable.name for variable in self.variables)


@functools.cache
def table() -> Mapping[str, Given]:
    """By name of the prompt."""
    made: dict[str, Given] = {}
    for name, entry in yaml.safe_load(_text("variables.yml")).items():
        own = tuple(
            Variable(variable, said["means"], said["example"], said.get("least", said["example"]))
            for variable, said in entry["variables"].items()
        )
        told = {one.name: one.example for one in own}
        examples: tuple[dict[str, Any], ...] = (told, {one.name: one.least for one in own})
        of = [made[other] for other in entry.get("of", ())]
        others = {one.name: one for other in of for one in other.variables}
        if of:
            blank = dict.fromkeys(others)
            examples = tuple(blank | failed | told for other in of for failed in other.examples)
        made[name] = Given((*others.values(), *own), tuple(entry["reply"]), examples, frozenset(others))
    return made


def given(name: str) -> Given:
    """What the prompt is given. Raises PromptNotFound."""
    found = table().get(name)
    if found is None:
        raise PromptNotFound(f"no prompt {name!r}; there are {', '.join(table())}")
    return found


@functools.cache
def released(name: str) -> PromptVersion:
    """The version that is shipped with this release of Whence, number 0. Raises PromptNotFound."""
    given(name)
    said = yaml.safe_load(_text(f"{name}.yml"))
    template = Template(said["system"], said["user"], said["schema"], said["parameters"])
    return PromptVersion(
        name, RELEASED, template, said["message"], "Whence", f"{said['released'].isoformat()}T00:00:00.000000Z"
    )


@functools.cache
def plan_language() -> str:
    """How plans are written as JSON, with an example of each operator: what ``plan`` is given under this name."""
    return _text("plan_language.md").strip()


def _text(file: str) -> str:
    return importlib.resources.files("kg").joinpath("prompts", file).read_text("utf-8")
